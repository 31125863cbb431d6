import { encode } from "../../bundle/encode.ts";
import { type Located, type Project, releaseKey } from "../../model/project.ts";
import type { GiftFile, LockFile, PolicyFile, ReleaseFile, Variant } from "../../model/schemas.ts";
import { digestOf } from "../../trust/nodeCrypto.ts";
import type { Tier } from "../../wire/viewer.ts";
import type { Contender } from "./contender.ts";

const GIFT = "smoke-reference";
const VERSION = "1.0.0";
const SECONDS = 1.5;
const MEDIA_TYPE = "image/webp";

/** A clip as large, as fast and as good as the policy encodes folders of frames for each tier: glowing drops on a clear ground. */
export async function drawClip(policy: PolicyFile, tiers: readonly Tier[]): Promise<Contender> {
  const objects = new Map<string, Uint8Array>();
  const variants: Record<string, Variant> = {};
  for (const tier of tiers) {
    const { longSide, fps, quality } = policy.tiers[tier].frames;
    const bytes = await drawVariant(longSide, fps, quality);
    const digest = digestOf(bytes);
    objects.set(digest, bytes);
    variants[tier] = {
      width: longSide,
      height: longSide,
      frames: Math.round(SECONDS * fps),
      fps,
      decodedBytes: 3 * 4 * longSide * longSide,
      files: [{ role: "animation", mediaType: MEDIA_TYPE, digest, bytes: bytes.length }],
    };
  }
  const platform = Object.keys(policy.platforms)[0] ?? "web";
  return {
    gift: GIFT,
    version: VERSION,
    name: "a drawn clip",
    player: "webp",
    tiers,
    platform,
    appVersion: "1.0.0",
    project: toProject(platform, tiers, variants),
    objects: async (digest) => objects.get(digest) ?? null,
  };
}

function drawVariant(side: number, fps: number, quality: number): Promise<Uint8Array> {
  const count = Math.round(SECONDS * fps);
  const frames = Array.from({ length: count }, (_, at) => drawFrame(side, at / count));
  const byDigest = new Map(frames.map((it) => [digestOf(it), it]));
  const step = {
    kind: "animate",
    role: "animation",
    mediaType: MEDIA_TYPE,
    frames: frames.map((it) => digestOf(it)),
    delays: frames.map(() => Math.round(1_000 / fps)),
    width: side,
    height: side,
    quality,
  } as const;
  return encode(step, (digest) => ({ path: digest, bytes: byDigest.get(digest) ?? new Uint8Array() }));
}

const DROPS = 40;

/** One moment of the clip, of 0 to 1, as SVG; the same moment is always the same picture. */
function drawFrame(side: number, moment: number): Uint8Array {
  const drops = Array.from({ length: DROPS }, (_, at) => {
    const angle = at * 2.4 + moment * 2 * Math.PI;
    const far = (side * 0.44 * (at + 1)) / DROPS;
    const [x, y] = [side / 2 + far * Math.cos(angle), side / 2 + far * Math.sin(angle)];
    return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${(side / 9).toFixed(1)}" fill="url(#glow${at % 4})"/>`;
  });
  const glows = ["#ff5d8f", "#ffd166", "#5de0ff", "#b18cff"].map(
    (colour, at) =>
      `<radialGradient id="glow${at}"><stop offset="0" stop-color="${colour}"/><stop offset="1" stop-color="${colour}" stop-opacity="0"/></radialGradient>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><defs>${glows.join("")}</defs>${drops.join("")}</svg>`;
  return new TextEncoder().encode(svg);
}

function toProject(platform: string, tiers: readonly Tier[], variants: LockFile["tiers"]): Project {
  const key = releaseKey(GIFT, VERSION);
  const gift: GiftFile = { id: GIFT, name: "Reference", owner: "@giftwrap", animation: "source/frames" };
  const release: ReleaseFile = {
    gift: GIFT,
    version: VERSION,
    title: "Reference",
    compat: { app: { [platform]: "*" }, tiers: [...tiers] },
    rollout: {
      canary: { open: true, percent: 100 },
      regional: { open: true, regions: { SG: 100 } },
      full: { open: true },
    },
  };
  const lock: LockFile = {
    gift: GIFT,
    version: VERSION,
    sources: [],
    builder: {},
    player: { name: "webp", version: "1.0.0" },
    slots: [],
    tiers: variants,
  };
  return {
    gifts: new Map([[GIFT, drawn(gift)]]),
    releases: new Map([[key, drawn(release)]]),
    locks: new Map([[key, drawn(lock)]]),
    policy: null,
    environments: new Map(),
    overrides: new Map(),
    paths: [],
  };
}

/** Written nowhere. */
function drawn<T>(value: T): Located<T> {
  const file = "drawn here";
  return { file, value, place: () => ({ file, line: 1, column: 1 }) };
}
