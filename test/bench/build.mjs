import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { buildCache } from "../../dist/bundle/objectCache.js";
import { inspect } from "../../dist/formats/inspect.js";
import { importTyped } from "./importTyped.mjs";
import { writeLargeRepository } from "./largeRepository.mjs";
import { against, toRow } from "./measure.mjs";
import { meanSsim } from "./ssim.mjs";

const run = promisify(execFile);
const ROOT = new URL("../..", import.meta.url).pathname;
const CLI = join(ROOT, "dist/main/cli.js");
const BARE = new URL("bareSharp.mjs", import.meta.url).pathname;

const SIDE = 750;
const FRAMES = 60;
const FPS = 30;
const QUALITY = 75;
/** WebP's own scale; the one that the build uses. */
const EFFORT = 4;
const TIERS = { low: 375, mid: 560, high: 750 };

/** @returns {AsyncGenerator<import("./measure.mjs").Figure>} */
export async function* measureBuild({
  runs = 3,
  gifts = 1_000,
  samples = process.env.GIFTWRAP_SAMPLES,
} = {}) {
  yield await measureEncoding(runs);
  yield await measureRebuild(gifts, 7);
  yield await measureInspect(samples);
}

/**
 * One gift of frames into three tiers, beside what others encode the same frames with: every one of them as processes, as many at a time as
 * there are cores, a tier each. What cannot scale is given scaled frames, which costs it nothing here.
 */
async function measureEncoding(runs) {
  const folder = await mkdtemp(join(tmpdir(), "giftwrap-bench-"));
  try {
    const frames = await drawFrames(join(folder, "frames"));
    const scaled = {};
    for (const [tier, side] of Object.entries(TIERS))
      scaled[tier] = await scaleFrames(folder, tier, side, frames);
    const contenders = {
      "bare sharp, a process a tier": (out) =>
        each((tier, side) => [
          process.execPath,
          [
            BARE,
            join(folder, "frames"),
            String(side),
            String(QUALITY),
            String(EFFORT),
            String(FPS),
            join(out, `${tier}.webp`),
          ],
        ]),
      giftwrap: async (out) => {
        const gift = await writeGift(join(out, "repository"), frames);
        const started = performance.now();
        await run(process.execPath, [CLI, "build"], { cwd: gift });
        const milliseconds = performance.now() - started;
        await collectVariants(gift, out);
        return milliseconds;
      },
      img2webp: (out) =>
        each((tier) => [
          "img2webp",
          [
            "-loop",
            "1",
            ...scaled[tier].flatMap((file, at) => [
              "-d",
              String(delayOf(at)),
              "-lossy",
              "-q",
              String(QUALITY),
              "-m",
              String(EFFORT),
              file,
            ]),
            "-o",
            join(out, `${tier}.webp`),
          ],
        ]),
      "ffmpeg libwebp_anim": (out) =>
        each((tier, side) => [
          "ffmpeg",
          [
            "-v",
            "error",
            "-threads",
            "1",
            "-framerate",
            String(FPS),
            "-i",
            join(folder, "frames", "%03d.png"),
            "-vf",
            `scale=${side}:${side}:flags=lanczos`,
            "-c:v",
            "libwebp_anim",
            "-quality",
            String(QUALITY),
            "-compression_level",
            String(EFFORT),
            "-loop",
            "1",
            "-y",
            join(out, `${tier}.webp`),
          ],
        ]),
    };
    const times = Object.fromEntries(Object.keys(contenders).map((it) => [it, []]));
    const facts = {};
    for (let at = 0; at < runs; at++) {
      for (const [name, encode] of Object.entries(contenders)) {
        const out = join(folder, `out-${at}-${name.split(" ")[0]}`);
        await mkdir(out, { recursive: true });
        try {
          times[name].push(await encode(out));
          facts[name] ??= await factsOf(out, scaled);
        } catch (error) {
          // Not installed here: then it is not compared with.
          if (!String(error.syscall).startsWith("spawn ")) throw error;
          delete contenders[name];
        }
        await rm(out, { recursive: true, force: true });
      }
    }
    const base = toRow(
      "bare sharp, a process a tier",
      "s",
      times["bare sharp, a process a tier"].map((it) => it / 1_000),
    );
    const rows = [base];
    for (const name of Object.keys(contenders)) {
      if (name !== base.what)
        rows.push(
          against(
            toRow(
              name,
              "s",
              times[name].map((it) => it / 1_000),
            ),
            base,
          ),
        );
      rows.push(toRow(`  its three files together`, "kB", [facts[name].bytes / 1_000]));
      rows.push(toRow(`  mean SSIM of their frames`, "", [facts[name].ssim]));
    }
    return {
      title: `build: ${FRAMES} frames of ${SIDE}x${SIDE} into three tiers`,
      about: `quality ${QUALITY}, effort ${EFFORT}, on ${availableParallelism()} cores; giftwrap with all that a build does, its still and previews too, as one process with Node's start; img2webp is given frames scaled before; SSIM over grey, against frames scaled by lanczos3`,
      rows,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The commands for the tiers, as many at a time as there are cores; the time of all of them. */
async function each(commandOf) {
  const waiting = Object.entries(TIERS)
    .sort(([, a], [, b]) => b - a)
    .map(([tier, side]) => commandOf(tier, side));
  const started = performance.now();
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [program, args] = next;
      await run(program, args, { maxBuffer: 1 << 26 });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return performance.now() - started;
}

function delayOf(at) {
  return Math.round(((at + 1) * 1_000) / FPS) - Math.round((at * 1_000) / FPS);
}

/** Glowing balls on their ways over a transparent canvas, with a burst in the middle: what gifts are made of. */
async function drawFrames(folder) {
  await mkdir(folder, { recursive: true });
  const files = [];
  for (let at = 0; at < FRAMES; at++) {
    const time = at / FRAMES;
    const balls = Array.from({ length: 36 }, (_, ball) => {
      const angle = (ball / 36 + time * (1 + (ball % 5) / 4)) * 2 * Math.PI;
      const reach = 60 + 260 * Math.abs(Math.sin(Math.PI * (time + ball / 36)));
      const [x, y] = [SIDE / 2 + reach * Math.cos(angle), SIDE / 2 + reach * Math.sin(angle)];
      return `<circle cx="${x.toFixed(2)}" cy="${y.toFixed(2)}" r="${20 + (ball % 7) * 6}" fill="url(#g${ball % 4})" opacity="${(0.35 + (0.6 * ((ball * 7) % 10)) / 10).toFixed(2)}"/>`;
    });
    const colours = ["#ff5470", "#ffd166", "#4cc9f0", "#b388ff"];
    const gradients = colours.map(
      (colour, index) =>
        `<radialGradient id="g${index}"><stop offset="0" stop-color="#fff"/><stop offset="0.4" stop-color="${colour}"/><stop offset="1" stop-color="${colour}" stop-opacity="0"/></radialGradient>`,
    );
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}"><defs>${gradients.join("")}</defs>${balls.join("")}</svg>`;
    const file = join(folder, `${String(at).padStart(3, "0")}.png`);
    await writeFile(file, await sharp(Buffer.from(svg)).png().toBuffer());
    files.push(file);
  }
  return files;
}

async function scaleFrames(folder, tier, side, frames) {
  await mkdir(join(folder, tier));
  const files = [];
  for (const [at, file] of frames.entries()) {
    const to = join(folder, tier, `${String(at).padStart(3, "0")}.png`);
    await writeFile(
      to,
      await sharp(file).resize({ width: side, height: side, kernel: "lanczos3" }).png().toBuffer(),
    );
    files.push(to);
  }
  return files;
}

/** A repository with the one gift, and a policy with the bench's tiers. */
async function writeGift(root, frames) {
  const tier = (longSide) =>
    `{ frames: { longSide: ${longSide}, fps: ${FPS}, quality: ${QUALITY} }, budget: { downloadBytes: 90000000, decodedBytes: 900000000 } }`;
  const files = {
    "releases/policy.yaml": `platforms:\n  web:\n    apps: "*"\n    players:\n      - { name: webp, apps: "*", formats: "*" }\ntiers:\n  low: ${tier(TIERS.low)}\n  mid: ${tier(TIERS.mid)}\n  high: ${tier(TIERS.high)}\n`,
    "releases/balls/1.0.0.yaml": `gift: balls\nversion: 1.0.0\ntitle: Balls\n\ncompat:\n  app: { web: "*" }\n  tiers: [low, mid, high]\n\nrollout:\n  canary:\n    open: false\n    cohorts:\n      - staff\n\n  regional:\n    open: false\n    regions:\n      SG: 5\n\n  full:\n    open: false\n\n  holdback:\n    percent: 0\n`,
    "gifts/balls/gift.yaml": `id: balls\nname: Balls\nowner: "@acme/art"\nanimation: source/frames\nfps: ${FPS}\n`,
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(root, path, ".."), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await mkdir(join(root, "gifts/balls/source/frames"), { recursive: true });
  for (const file of frames)
    await writeFile(join(root, "gifts/balls/source/frames", file.slice(-7)), await readFile(file));
  await run("git", ["init", "--quiet"], { cwd: root });
  return root;
}

/** What is measured is what was built: nothing is left out without a word. */
async function collectVariants(root, out) {
  const lock = JSON.parse(await readFile(join(root, "releases/balls/1.0.0.lock.json"), "utf8"));
  const cache = buildCache(root);
  for (const [tier, { files }] of Object.entries(lock.tiers)) {
    const { digest, mediaType } = files.find((it) => it.role === "animation");
    await writeFile(join(out, `${tier}.webp`), await cache.object(digest, mediaType));
  }
}

async function factsOf(out, scaled) {
  let bytes = 0;
  const ssims = [];
  for (const tier of Object.keys(TIERS)) {
    const file = join(out, `${tier}.webp`);
    bytes += (await stat(file)).size;
    ssims.push(await meanSsim(file, scaled[tier]));
  }
  return { bytes, ssim: ssims.reduce((sum, it) => sum + it, 0) / ssims.length };
}

/** A build of a tree in which everything is locked and built. */
async function measureRebuild(gifts, runs) {
  const root = await mkdtemp(join(tmpdir(), "giftwrap-bench-"));
  try {
    const shared = new Map();
    await writeLargeRepository(root, gifts, shared);
    const cache = buildCache(root);
    for (const { content, mediaType } of shared.values())
      await cache.keepObject(Buffer.from(content), mediaType);
    await writeFile(join(root, ".git/info/exclude"), ".giftwrap/\n");
    const first = await timeOf([CLI, "build"], root);
    const again = [];
    const node = [];
    for (let at = 0; at < runs; at++) {
      node.push(await timeOf(["-e", "0"], root));
      again.push(await timeOf([CLI, "build"], root));
    }
    const bare = toRow("node alone", "ms", node);
    return {
      title: `build: nothing has changed, ${gifts} gifts`,
      about: "three releases each, all locked and built; the whole process with Node's start",
      rows: [
        bare,
        toRow("the first time, every object looked for", "ms", [first]),
        against(toRow("again", "ms", again), bare),
      ],
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function timeOf(args, cwd) {
  const started = performance.now();
  await run(process.execPath, args, { cwd, maxBuffer: 1 << 26 });
  return performance.now() - started;
}

const INSPECT_MILLISECONDS = 1_500;

/** One core: one process, one file after another, from bytes that are in memory. */
async function measureInspect(samples) {
  const { fixtures } = await importTyped("test/formats/fixtures.ts");
  const files = (await fixtures()).map(({ name, bytes }) => ({ name, bytes }));
  const given = samples ? await readSamples(samples) : [];
  const groups = [
    ["SVGA, drawn here", files.filter((it) => /svga/.test(it.name))],
    ["MP4, made here", files.filter((it) => /vap|yyeva|mp4/.test(it.name))],
    ["PAG, made here", files.filter((it) => /pag/.test(it.name))],
    ["SVGA, MP4 and PAG of others", given.filter((it) => /\.(svga|mp4|pag)$/.test(it.name))],
  ];
  const rows = [];
  for (const [what, group] of groups) {
    if (group.length === 0) continue;
    const speeds = [];
    for (let at = 0; at < 3; at++) speeds.push(await speedOf(group.map((it) => it.bytes)));
    const mean = group.reduce((sum, it) => sum + it.bytes.length, 0) / group.length;
    rows.push(
      toRow(
        `${what}, ${group.length} files of ${(mean / 1_000).toFixed(0)} kB in the mean`,
        "files/s",
        speeds,
      ),
    );
  }
  return {
    title: "inspect: what a file is, from its bytes",
    about: "one core; files of others from the folder GIFTWRAP_SAMPLES, where it is given",
    rows,
  };
}

async function speedOf(files) {
  for (const bytes of files) await inspect(bytes).catch(() => null);
  let count = 0;
  const started = performance.now();
  while (performance.now() - started < INSPECT_MILLISECONDS) {
    for (const bytes of files) await inspect(bytes).catch(() => null);
    count += files.length;
  }
  return (count * 1_000) / (performance.now() - started);
}

async function readSamples(folder) {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    names
      .filter((it) => it.isFile())
      .map(async (it) => ({ name: it.name, bytes: await readFile(join(it.parentPath, it.name)) })),
  );
}
