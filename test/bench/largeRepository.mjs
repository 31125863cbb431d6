import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { crc32, deflateSync } from "node:zlib";
import { writeLock } from "../../dist/bundle/build.js";
import { environmentPath, giftPath, lockPath, POLICY_PATH, releasePath } from "../../dist/model/paths.js";

const run = promisify(execFile);

/** One in so many gifts is a plain one that plays everywhere: others fall back to it and require it. */
const PLAIN_EVERY = 10;
const PLATFORMS = { android: ">=8.0.0", ios: ">=8.0.0", web: "*" };
const NEWER_APPS = [">=8.2.0", ">=8.3.1 <12.0.0", "^8.4.0 || ^9.0.0", ">=9.0.0", ">=8.10.2"];
const REGIONS = ["BR", "ID", "IN", "JP", "MY", "PH", "SG", "TH", "US", "VN"];
const NAMES = ["Rose", "Crown", "Rocket", "Lantern", "Comet", "Koi", "Castle", "Tulip", "Drum", "Phoenix"];
const OCCASIONS = [
  "lunar new year colours",
  "for the summer games",
  "softer glow",
  "with a chime",
  "redrawn",
];
const COHORTS = ["beta", "partners", "qa", "staff"];
const HEADER = (kind) => `# yaml-language-server: $schema=../../schemas/${kind}.schema.json\n`;

/**
 * A repository with so many gifts, three releases each, in a folder of its own: a branch `main` with one commit, checked
 * out. The same number gives the same bytes. Everything in it is in order: `giftwrap validate` has nothing to say.
 * @param {string} root
 * @param {number} gifts
 * @param {Shared} [shared]
 */
export async function writeLargeRepository(root, gifts, shared) {
  await mkdir(root, { recursive: true });
  const git = (...args) => run("git", args, { cwd: root });
  await git("init", "--quiet", "--initial-branch=main");
  await git("config", "user.name", "Bench");
  await git("config", "user.email", "bench@giftwrap.invalid");
  await git("config", "commit.gpgsign", "false");
  // One pack instead of a hundred thousand files of git's own; then the tree comes out of it as it does in a clone.
  const child = spawn("git", ["fast-import", "--quiet"], { cwd: root, stdio: ["pipe", "ignore", "inherit"] });
  const closed = once(child, "close");
  await pipeline(Readable.from(importStream(largeRepositoryFiles(gifts, shared))), child.stdin);
  const [code] = await closed;
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
  await git("reset", "--quiet", "--hard", "main");
}

/** @param {Iterable<[path: string, content: string | Uint8Array]>} files */
function* importStream(files) {
  yield "commit refs/heads/main\ncommitter Bench <bench@giftwrap.invalid> 1767225600 +0000\ndata 5\nGifts\n";
  let chunk = [];
  for (const [path, content] of files) {
    const bytes = Buffer.from(content);
    chunk.push(Buffer.from(`M 100644 inline ${path}\ndata ${bytes.length}\n`), bytes, Buffer.from("\n"));
    if (chunk.length < 3_000) continue;
    yield Buffer.concat(chunk);
    chunk = [];
  }
  yield Buffer.concat(chunk);
}

/**
 * The objects of the locks, by digest, when all gifts share a few small ones: then a store can be filled with them.
 * @typedef {Map<string, { content: string, mediaType: string }>} Shared
 */

/** How many drawings, and how many stills, the gifts share then. */
const SHARED_OBJECTS = 12;

/**
 * The files of that repository.
 * @param {number} gifts
 * @param {Shared} [shared] takes the objects up
 * @returns {Generator<[path: string, content: string | Uint8Array]>}
 */
export function* largeRepositoryFiles(gifts, shared) {
  yield [".gitignore", ".giftwrap/\n"];
  yield [POLICY_PATH, POLICY];
  yield [environmentPath("production"), ENVIRONMENT];
  for (let at = 0; at < gifts; at++) yield* filesOfGift(at, shared);
}

/**
 * All files of one gift.
 * @param {number} at
 * @param {Shared} [shared]
 */
export function* filesOfGift(at, shared) {
  const chance = seeded(at + 1);
  const id = giftId(at);
  const isPlain = at % PLAIN_EVERY === 0;
  const draw = () => drawing(shared ? seeded(chance.below(SHARED_OBJECTS) + 1) : chance);
  const art = draw();
  const still = picture(chance);
  yield [giftPath(id), giftText(id, chance)];
  yield [giftPath(id, "source/art.json"), art];
  yield [giftPath(id, "source/still.png"), still];

  const versions = isPlain
    ? ["1.0.0", "1.1.0", "1.2.0"]
    : chance.pick([
        ["1.0.0", "1.0.1", "1.1.0"],
        ["1.0.0", "1.1.0", "2.0.0"],
        ["0.9.0", "1.0.0", "1.4.2"],
      ]);
  const helper = giftId(chance.below(Math.ceil(at / PLAIN_EVERY) || 1) * PLAIN_EVERY);
  const requires = !isPlain && chance.in(10) ? helper : null;
  const fallback = !isPlain && chance.in(40) ? helper : null;
  for (const [age, version] of versions.entries()) {
    const isNewest = age === versions.length - 1;
    const tiers = isNewest && !isPlain && chance.in(15) ? ["mid", "high"] : ["low", "mid", "high"];
    const app = isPlain || age === 0 ? PLATFORMS : newerApps(chance);
    // Older releases were drawn from other files.
    const sources = isNewest ? { art, still } : { art: draw(), still: picture(chance) };
    yield [
      releasePath(id, version),
      releaseText({ id, version, app, tiers, requires, fallback, isNewest, isPlain }, chance),
    ];
    yield [lockPath(id, version), writeLock(lockOf(id, version, tiers, sources, shared))];
  }
}

/** @param {number} at */
export function giftId(at) {
  return `${NAMES[at % NAMES.length].toLowerCase()}-${String(at).padStart(5, "0")}`;
}

function giftText(id, chance) {
  return `${HEADER("gift")}id: ${id}
name: ${chance.pick(NAMES)} ${chance.below(1_000)}
owner: "@acme/${chance.pick(["gift-art", "events", "studio-two"])}"
animation: source/art.json
still: source/still.png
`;
}

function newerApps(chance) {
  const apps = { android: chance.pick(NEWER_APPS), ios: chance.pick(NEWER_APPS), web: "*" };
  if (chance.in(20)) delete apps.web;
  return apps;
}

function releaseText({ id, version, app, tiers, requires, fallback, isNewest, isPlain }, chance) {
  const open = isNewest && !isPlain ? stagesOf(chance) : { canary: true, regional: true, full: true };
  const regions = REGIONS.filter(() => chance.in(30));
  const cohorts = COHORTS.filter((it) => it === "staff" || chance.in(30));
  const apps = Object.entries(app).map(([platform, range]) => `${platform}: "${range}"`);
  const holdback = isNewest && !isPlain ? chance.pick([0, 2, 5]) : 0;
  const blocks = [
    `${HEADER("release")}gift: ${id}\nversion: ${version}\ntitle: ${chance.pick(NAMES)}, ${chance.pick(OCCASIONS)}`,
    `compat:\n  app: { ${apps.join(", ")} }\n  tiers: [${tiers.join(", ")}]`,
    ...(requires ? [`requires:\n  ${requires}: "^1.0.0"`] : []),
    ...(fallback ? [`fallback:\n  - gift: ${fallback}`] : []),
    [
      "rollout:",
      "  canary:",
      `    open: ${open.canary}`,
      "    cohorts:",
      ...cohorts.map((it) => `      - ${it}`),
      ...(chance.in(20) ? ["    percent: 1"] : []),
    ].join("\n"),
    [
      "  regional:",
      `    open: ${open.regional}`,
      "    regions: # percent of the eligible viewers",
      ...(regions.length > 0 ? regions : ["SG"]).map((it) => `      ${it}: ${chance.pick([1, 5, 12.5, 50])}`),
      ...(chance.in(50) ? ["    eligible: { tiers: [mid, high], exclude: [vip] }"] : []),
    ].join("\n"),
    `  full:\n    open: ${open.full}`,
    ...(holdback > 0 || chance.in(70) ? [`  holdback:\n    percent: ${holdback}`] : []),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function stagesOf(chance) {
  const opened = chance.pick([0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3]);
  return { canary: opened > 0, regional: opened > 1, full: opened > 2 };
}

function lockOf(gift, version, tiers, { art, still }, shared) {
  const toFile = (role, mediaType, content, bytes) => {
    const digest = sha256(content);
    shared?.set(digest, { content, mediaType });
    return { role, mediaType, digest, bytes: shared ? content.length : bytes };
  };
  const stillOf = (tier) =>
    shared ? `${tier} still ${art.length % SHARED_OBJECTS}` : `${tier} still of ${gift} ${version}`;
  const variantOf = (tier) => ({
    width: 120,
    height: 80,
    frames: 60,
    fps: 30,
    decodedBytes: 38_400,
    files: [
      toFile("animation", "application/vnd.lottie+json", art, art.length),
      toFile("still", "image/webp", stillOf(tier), 900),
    ],
  });
  return {
    gift,
    version,
    sources: [
      { path: "source/art.json", digest: sha256(art), bytes: art.length },
      { path: "source/still.png", digest: sha256(still), bytes: still.length },
    ],
    builder: { recipe: "1", sharp: "0.35.5", vips: "8.18.7", webp: "1.6.0", platform: "linux-x64" },
    player: { name: "lottie", version: "5.7.4" },
    slots: [],
    tiers: Object.fromEntries(tiers.map((tier) => [tier, variantOf(tier)])),
  };
}

/** A rectangle that turns. */
function drawing(chance) {
  const colour = [chance.below(256) / 255, chance.below(256) / 255, chance.below(256) / 255, 1];
  const still = (k) => ({ a: 0, k });
  return JSON.stringify({
    v: "5.7.4",
    fr: 30,
    ip: 0,
    op: 60,
    w: 120,
    h: 80,
    assets: [],
    layers: [
      {
        ty: 4,
        nm: "petals",
        ip: 0,
        op: 60,
        st: 0,
        ks: { o: still(100), p: still([60, 40]), s: still([100, 100]), r: turn(chance.below(360)) },
        shapes: [
          {
            ty: "rc",
            p: still([0, 0]),
            s: still([10 + chance.below(60), 10 + chance.below(40)]),
            r: still(2),
          },
          { ty: "fl", c: still(colour), o: still(100) },
        ],
      },
    ],
  });
}

function turn(degrees) {
  return {
    a: 1,
    k: [
      { t: 0, s: [0], e: [degrees] },
      { t: 60, s: [degrees] },
    ],
  };
}

/** 16 x 16 pixels of one colour. */
function picture(chance) {
  const size = 16;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const pixel = [chance.below(256), chance.below(256), chance.below(256), 255];
  const row = Buffer.from([0, ...Array.from({ length: size }, () => pixel).flat()]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: size }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    pngChunk("IHDR", header),
    pngChunk("IDAT", pixels),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

function pngChunk(type, data) {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

function sha256(content) {
  return createHash("sha256").update(content).digest("hex");
}

/**
 * Numbers that look thrown and are the same each time: mulberry32, public domain, by Tommy Ettinger.
 * @param {number} seed
 */
function seeded(seed) {
  let state = Math.imul(seed, 0x9e3779b1);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit) => Math.floor(next() * limit);
  return { below, pick: (list) => list[below(list.length)], in: (percent) => next() * 100 < percent };
}

const PLAYERS = (apps) =>
  `    players:
      - { name: webp, apps: "${apps}", formats: "*" }
      - { name: svga, apps: "${apps}", formats: "^2.0.0" }
      - { name: lottie, apps: "${apps}", formats: ">=5.0.0 <6.0.0" }
`;
const TIER = (longSide, megabytes) =>
  `    frames: { longSide: ${longSide}, fps: 24, quality: 70 }
    budget: { downloadBytes: ${megabytes}000000, decodedBytes: ${megabytes}0000000 }
`;
const POLICY = `${HEADER("policy").replace("../../", "../")}platforms:
${Object.entries(PLATFORMS)
  .map(([platform, apps]) => `  ${platform}:\n    apps: "${apps}"\n${PLAYERS(apps)}`)
  .join("")}
tiers:
  low:
${TIER(256, 1)}  mid:
${TIER(384, 2)}  high:
${TIER(512, 4)}`;
const ENVIRONMENT = `${HEADER("environment")}rollout: as-written
store: { folder: .giftwrap/store/production }
pollSeconds: 60
edges: {}
`;
