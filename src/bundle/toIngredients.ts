import { inspect } from "../formats/inspect.ts";
import { type Declared, declaredOf, type Media, MediaError } from "../formats/media.ts";
import type { GiftFile } from "../model/schemas.ts";
import type { GiftSources, SourceFile } from "../model/sources.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";
import { readFrameTimes } from "./frameTimes.ts";
import type { Animation, Ingredient, Ingredients, ScaledFormat } from "./recipe.ts";

/** A gift's sources as a recipe wants them, and what each of the files is. */
export interface Prepared {
  readonly ingredients: Ingredients;
  /** Of the animation; of a folder, its first frame. */
  readonly media: Media;
  /** Of the animation's files, by digest. */
  readonly mediaOf: ReadonlyMap<string, Media>;
}

/** @throws MediaError when a source cannot be used, or a tier's own file does not belong to the animation */
export async function toIngredients(gift: GiftFile, sources: GiftSources): Promise<Prepared> {
  const declared = declaredOf(gift);
  const animation = await Promise.all(sources.animation.map((file) => inspectSource(file, declared)));
  const [main] = animation;
  if (!main) throw new TypeError("a gift without an animation cannot be built");
  const variants = await inspectVariants(gift, sources, main, declared);
  const sound = sources.sound && (await inspectSource(sources.sound));
  const still = sources.still && (await inspectSource(sources.still));
  return {
    ingredients: {
      animation: sources.isFolder
        ? {
            kind: "folder",
            frames: animation.map((it) => it.ingredient),
            fps: gift.fps ?? main.media.fps,
          }
        : toAnimation(main, variants),
      ...(gift.alpha !== undefined && { alpha: gift.alpha }),
      ...(sound && { sound: sound.ingredient }),
      ...(still && { still: still.ingredient }),
    },
    media: main.media,
    mediaOf: new Map(
      [...animation, ...variants.values()].map(({ ingredient, media }) => [ingredient.digest, media]),
    ),
  };
}

interface Inspected {
  readonly file: SourceFile;
  readonly ingredient: Ingredient;
  readonly media: Media;
}

async function inspectSource(file: SourceFile, declared: Declared = {}): Promise<Inspected> {
  const media = await inspect(file.bytes, declared);
  const { mediaType, width, height } = media;
  return { file, media, ingredient: { digest: digestOf(file.bytes), mediaType, width, height } };
}

function toAnimation(main: Inspected, variants: ReadonlyMap<Tier, Inspected>): Animation {
  const { file, media, ingredient: source } = main;
  const delays = readFrameTimes(media.format, file.bytes);
  if (media.kind === "animation" && delays.length > 1) return { kind: "pictures", source, delays };
  const format = scaledFormatOf(media, file.bytes);
  if (format) return { kind: "scaled", source, format };
  return {
    kind: "whole",
    source,
    variants: Object.fromEntries([...variants].map(([tier, it]) => [tier, it.ingredient])),
  };
}

/** The formats whose bitmaps are scaled inside of them. An SVGA 1.x, which is a zip archive, is not one. */
export function scaledFormatOf({ format }: Media, bytes: Uint8Array): ScaledFormat | null {
  if (format === "svga") return bytes[0] === ZLIB ? "svga" : null;
  return format === "lottie" || format === "dotlottie" ? format : null;
}

/** The first byte of every zlib stream that SVGA 2.x is (RFC 1950, section 2.2). */
const ZLIB = 0x78;

/** Formats that are carried as they are, so that an author can give smaller files. */
const WHOLE: readonly Media["format"][] = ["vap", "yyeva", "mp4", "pag", "avif"];

async function inspectVariants(
  gift: GiftFile,
  sources: GiftSources,
  main: Inspected,
  declared: Declared,
): Promise<ReadonlyMap<Tier, Inspected>> {
  const found = new Map<Tier, Inspected>();
  for (const tier of TIERS) {
    const path = gift.variants?.[tier];
    if (path === undefined) continue;
    const file = sources.variants?.[tier];
    if (!file)
      throw new MediaError(
        `the ${tier} tier's own file ${path} is not there`,
        `upload it, or take the line ${tier}: ${path} out of variants`,
      );
    if (sources.isFolder || !WHOLE.includes(main.media.format))
      throw new MediaError(
        `the ${tier} tier has a file of its own, but ${sources.isFolder ? "a folder of frames" : gift.animation} is made smaller by the build`,
        "take variants out; they are for MP4, PAG and AVIF",
      );
    const variant = await inspectSource(file, declared);
    checkBelongs(tier, path, gift.animation, variant.media, main.media);
    found.set(tier, variant);
  }
  return found;
}

/** Frames that a player may be slower by, in seconds: exporters round lengths differently. */
const SAME_LENGTH_SECONDS = 0.1;

/** A tier's own file is the same animation: of the same format, as long, with the same slots, so that a viewer misses nothing. */
function checkBelongs(tier: Tier, path: string, animation: string, own: Media, main: Media): void {
  const refuse = (how: string, fix: string) => new MediaError(`${path}, for the ${tier} tier, ${how}`, fix);
  if (own.format !== main.format)
    throw refuse(
      `is of the format ${own.format}, but ${animation} is of the format ${main.format}`,
      `export it in the same format as ${animation}`,
    );
  if (Math.abs(own.durationSeconds - main.durationSeconds) > SAME_LENGTH_SECONDS)
    throw refuse(
      `plays for ${own.durationSeconds.toFixed(2)} s, but ${animation} for ${main.durationSeconds.toFixed(2)} s`,
      "export both from the same project, with the same length",
    );
  if (own.slots.join() !== main.slots.join())
    throw refuse(
      `has the slots ${own.slots.join(", ") || "(none)"}, but ${animation} has ${main.slots.join(", ") || "(none)"}`,
      "give both the same replaceable images and texts",
    );
}
