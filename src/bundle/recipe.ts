import { canonicalJson } from "../wire/metadata.ts";
import type { AlphaSide, Role } from "../wire/catalog.ts";
import { fitInside } from "./render/fitInside.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";
import type { PolicyFile } from "../model/schemas.ts";

/** A source as a recipe names it: by its bytes, not by its place. */
export interface Ingredient {
  readonly digest: string;
  readonly mediaType: string;
  readonly width: number;
  readonly height: number;
}

/** The formats whose bitmaps are scaled inside of the file. */
export type ScaledFormat = "svga" | "lottie" | "dotlottie";

/** What moves, and so what can be made of it. */
export type Animation =
  /** A folder of pictures in playing order, with its frames per second. */
  | { readonly kind: "folder"; readonly frames: readonly Ingredient[]; readonly fps: number }
  /** A file of whole pictures, each with how long it stays, in milliseconds: animated WebP, GIF and APNG. */
  | { readonly kind: "pictures"; readonly source: Ingredient; readonly delays: readonly number[] }
  | { readonly kind: "scaled"; readonly source: Ingredient; readonly format: ScaledFormat }
  /** A file that is made nothing of; the author may give another one for a tier. */
  | {
      readonly kind: "whole";
      readonly source: Ingredient;
      readonly variants: Readonly<Partial<Record<Tier, Ingredient>>>;
    };

export interface Ingredients {
  readonly animation: Animation;
  /** What the author says about the animation's file. */
  readonly alpha?: AlphaSide;
  readonly sound?: Ingredient;
  readonly still?: Ingredient;
}

/** Frames to encode, in order: how long each stays in milliseconds, how large and how well. */
interface Moving {
  readonly role: "animation";
  readonly mediaType: "image/webp";
  readonly delays: readonly number[];
  readonly width: number;
  readonly height: number;
  readonly quality: number;
}

interface Still {
  readonly role: "still";
  readonly mediaType: "image/webp";
  readonly width: number;
  readonly height: number;
  readonly quality: number;
}

/** One object to make. Equal steps by equal builders give equal bytes, so a step is also the key of the cache. */
export type Step =
  | { readonly kind: "carry"; readonly role: Role; readonly mediaType: string; readonly source: string }
  /** The digests of a folder's frames that are shown. */
  | ({ readonly kind: "animate"; readonly frames: readonly string[] } & Moving)
  /** The indexes of a file's frames that are shown. */
  | ({ readonly kind: "convert"; readonly source: string; readonly frames: readonly number[] } & Moving)
  /** A file with its bitmaps scaled for a canvas of at most `longSide` pixels. */
  | {
      readonly kind: "scale";
      readonly role: "animation";
      readonly mediaType: string;
      readonly source: string;
      readonly format: ScaledFormat;
      readonly longSide: number;
    }
  /** One picture, or the frames of which the fullest is taken. */
  | ({ readonly kind: "still"; readonly sources: readonly string[] } & Still)
  /** The fullest frame of a file. */
  | ({ readonly kind: "draw"; readonly source: string; readonly alpha?: AlphaSide } & Still);

export type Recipe = Readonly<Partial<Record<Tier, readonly Step[]>>>;

/**
 * Which objects a release consists of, per tier: pictures become animated WebP, bitmaps inside of SVGA and Lottie are scaled, and
 * everything else is carried as it is.
 */
export function planRecipe(ingredients: Ingredients, tiers: readonly Tier[], policy: PolicyFile): Recipe {
  return Object.fromEntries(
    TIERS.filter((tier) => tiers.includes(tier)).map((tier) => [
      tier,
      planVariant(ingredients, tier, policy.tiers[tier].frames),
    ]),
  );
}

export function stepKey(step: Step, builder: Readonly<Record<string, string>>): string {
  return canonicalJson({ step, builder });
}

/** The bytes of pixels that a step holds at its peak, about. */
export function loadOf(step: Step): number {
  switch (step.kind) {
    case "carry":
      return 0;
    case "animate":
    case "convert":
      return 4 * step.width * step.height * step.frames.length;
    case "scale":
      return SCALING_BYTES;
    default:
      return 4 * step.width * step.height;
  }
}

/** One bitmap at a time is decoded; a large one. */
const SCALING_BYTES = 32_000_000;

interface Encoding {
  readonly longSide: number;
  readonly fps: number;
  readonly quality: number;
}

function planVariant(ingredients: Ingredients, tier: Tier, encoding: Encoding): readonly Step[] {
  const { animation, sound } = ingredients;
  const still = planStill(ingredients, tier, encoding);
  return [
    planAnimation(animation, tier, encoding),
    ...(sound
      ? [{ kind: "carry", role: "sound", mediaType: sound.mediaType, source: sound.digest } as const]
      : []),
    still,
  ];
}

function planAnimation(animation: Animation, tier: Tier, { longSide, fps, quality }: Encoding): Step {
  const webp = { role: "animation", mediaType: "image/webp", quality } as const;
  switch (animation.kind) {
    case "folder": {
      const [first] = animation.frames;
      if (!first) throw new TypeError("a recipe needs an animation");
      const { picks, delays } = thinFrames(animation.frames.length, animation.fps, fps);
      const frames = picks.map((at) => animation.frames[at]?.digest ?? first.digest);
      return { kind: "animate", ...webp, frames, delays, ...fitInside(first, longSide) };
    }
    case "pictures": {
      const { source } = animation;
      const { picks: frames, delays } = thinTimes(animation.delays, fps);
      return {
        kind: "convert",
        ...webp,
        source: source.digest,
        frames,
        delays,
        ...fitInside(source, longSide),
      };
    }
    case "scaled": {
      const { source, format } = animation;
      const { mediaType, digest } = source;
      return { kind: "scale", role: "animation", mediaType, source: digest, format, longSide };
    }
    case "whole": {
      const { mediaType, digest } = animation.variants[tier] ?? animation.source;
      return { kind: "carry", role: "animation", mediaType, source: digest };
    }
  }
}

/** The author's picture; else the fullest frame, of the animation as all tiers have it. */
function planStill({ animation, alpha, still }: Ingredients, tier: Tier, encoding: Encoding): Step {
  const { longSide, quality } = encoding;
  const webp = { role: "still", mediaType: "image/webp", quality } as const;
  if (still || animation.kind === "folder") {
    const pictures = still ? [still] : animation.kind === "folder" ? animation.frames : [];
    const [first] = pictures;
    if (!first) throw new TypeError("a still needs a picture");
    return {
      kind: "still",
      ...webp,
      sources: pictures.map((it) => it.digest),
      ...fitInside(first, longSide),
    };
  }
  const source = (animation.kind === "whole" ? animation.variants[tier] : undefined) ?? animation.source;
  return {
    kind: "draw",
    ...webp,
    source: source.digest,
    ...(alpha !== undefined && { alpha }),
    ...fitInside(source, longSide),
  };
}

interface Thinned {
  readonly picks: number[];
  readonly delays: number[];
}

/**
 * Which of `count` frames drawn at `fps` to show at most `maxFps` times a second, and for how long each, in milliseconds.
 * The whole keeps its length: delays are differences of rounded times, so rounding never adds up.
 */
export function thinFrames(count: number, fps: number, maxFps: number): Thinned {
  const shown = Math.max(1, Math.floor((count * Math.min(fps, maxFps)) / fps));
  const total = (count * 1000) / fps;
  const timeOf = (at: number) => Math.round((at * total) / shown);
  const indexes = Array.from({ length: shown }, (_, at) => at);
  return {
    picks: indexes.map((at) => Math.min(count - 1, Math.floor((at * count) / shown))),
    delays: indexes.map((at) => timeOf(at + 1) - timeOf(at)),
  };
}

/**
 * Which frames of a file to show at most `maxFps` times a second, and for how long each, where every frame has a time of its own
 * in milliseconds. Frames that are all slow enough stay as they are; else what is on the screen at even times is shown, and a frame that is on for several
 * of these is one frame still. The whole keeps its length.
 */
export function thinTimes(times: readonly number[], maxFps: number): Thinned {
  const shortest = 1000 / maxFps;
  // Times in files are whole milliseconds or hundredths: 33 stands for a thirtieth of a second.
  if (times.every((it) => it + 1 > shortest)) return { picks: times.map((_, at) => at), delays: [...times] };
  const total = times.reduce((sum, it) => sum + it, 0);
  const shown = Math.max(1, Math.floor(total / shortest + 1e-9));
  const timeOf = (slot: number) => Math.round((slot * total) / shown);
  const thinned: Thinned = { picks: [], delays: [] };
  let at = 0;
  let ends = times[0] ?? 0;
  for (let slot = 0; slot < shown; slot++) {
    const starts = timeOf(slot);
    while (ends <= starts && at < times.length - 1) {
      at += 1;
      ends += times[at] ?? 0;
    }
    const delay = timeOf(slot + 1) - starts;
    const last = thinned.picks.length - 1;
    if (thinned.picks[last] === at) thinned.delays[last] = (thinned.delays[last] ?? 0) + delay;
    else {
      thinned.picks.push(at);
      thinned.delays.push(delay);
    }
  }
  return thinned;
}
