import { canonicalJson } from "../wire/metadata.ts";
import type { Role } from "../wire/catalog.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";
import type { PolicyFile } from "../model/schemas.ts";

/** A source as a recipe names it: by its bytes, not by its place. */
export interface Ingredient {
  readonly digest: string;
  readonly mediaType: string;
  readonly width: number;
  readonly height: number;
}

export interface Ingredients {
  readonly isFolder: boolean;
  readonly animation: readonly Ingredient[];
  /** Frames per second of a frame folder. */
  readonly fps: number;
  readonly sound?: Ingredient;
  readonly still?: Ingredient;
}

/** One object to make. Equal steps by equal builders give equal bytes, so a step is also the key of the cache. */
export type Step =
  | { readonly kind: "carry"; readonly role: Role; readonly mediaType: string; readonly source: string }
  | {
      readonly kind: "animate";
      readonly role: "animation";
      readonly mediaType: "image/webp";
      /** Digests of the frames to show, in order, with how long each stays, in milliseconds. */
      readonly frames: readonly string[];
      readonly delays: readonly number[];
      readonly width: number;
      readonly height: number;
      readonly quality: number;
    }
  | {
      readonly kind: "still";
      readonly role: "still";
      readonly mediaType: "image/webp";
      /** One picture, or the frames of which the fullest is taken. */
      readonly sources: readonly string[];
      readonly width: number;
      readonly height: number;
      readonly quality: number;
    };

export type Recipe = Readonly<Partial<Record<Tier, readonly Step[]>>>;

/** Which objects a release consists of, per tier: frames become animated WebP, everything else is carried as it is. */
export function planRecipe(ingredients: Ingredients, tiers: readonly Tier[], policy: PolicyFile): Recipe {
  return Object.fromEntries(
    TIERS.filter((tier) => tiers.includes(tier)).map((tier) => [
      tier,
      planVariant(ingredients, policy.tiers[tier].frames),
    ]),
  );
}

export function stepKey(step: Step, builder: Readonly<Record<string, string>>): string {
  return canonicalJson({ step, builder });
}

interface Encoding {
  readonly longSide: number;
  readonly fps: number;
  readonly quality: number;
}

function planVariant(ingredients: Ingredients, encoding: Encoding): readonly Step[] {
  const { isFolder, animation, fps, sound, still } = ingredients;
  const steps: Step[] = [];
  const [first] = animation;
  if (!first) throw new TypeError("a recipe needs an animation");
  if (isFolder) {
    const { picks, delays } = thinFrames(animation.length, fps, encoding.fps);
    steps.push({
      kind: "animate",
      role: "animation",
      mediaType: "image/webp",
      frames: picks.map((at) => animation[at]?.digest ?? first.digest),
      delays,
      ...fitInside(first, encoding.longSide),
      quality: encoding.quality,
    });
  } else {
    steps.push({ kind: "carry", role: "animation", mediaType: first.mediaType, source: first.digest });
  }
  if (sound) steps.push({ kind: "carry", role: "sound", mediaType: sound.mediaType, source: sound.digest });
  const pictures = still ? [still] : isFolder ? animation : [];
  const [picture] = pictures;
  if (picture) {
    const sources = pictures.map((it) => it.digest);
    const size = fitInside(picture, encoding.longSide);
    steps.push({
      kind: "still",
      role: "still",
      mediaType: "image/webp",
      sources,
      ...size,
      quality: encoding.quality,
    });
  }
  return steps;
}

/**
 * Which of `count` frames drawn at `fps` to show at most `maxFps` times a second, and for how long each, in milliseconds.
 * The whole keeps its length: delays are differences of rounded times, so rounding never adds up.
 */
export function thinFrames(
  count: number,
  fps: number,
  maxFps: number,
): { picks: number[]; delays: number[] } {
  const shown = Math.max(1, Math.floor((count * Math.min(fps, maxFps)) / fps));
  const total = (count * 1000) / fps;
  const timeOf = (at: number) => Math.round((at * total) / shown);
  const indexes = Array.from({ length: shown }, (_, at) => at);
  return {
    picks: indexes.map((at) => Math.min(count - 1, Math.floor((at * count) / shown))),
    delays: indexes.map((at) => timeOf(at + 1) - timeOf(at)),
  };
}

/** The size that fits the long side, keeping the shape; never larger than the source. */
function fitInside({ width, height }: Ingredient, longSide: number): { width: number; height: number } {
  const scale = Math.min(1, longSide / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
