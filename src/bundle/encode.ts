import type { Media } from "../formats/media.ts";
import { MediaError } from "../formats/media.ts";
import type { SourceFile } from "../model/sources.ts";
import type { Drawing } from "./drawing.ts";
import { EFFORT, encodeFrames, type SharpFactory } from "./encodeFrames.ts";
import type { Step } from "./recipe.ts";
import type { Artwork, Raster } from "./render/frames.ts";
import { scaleDotLottie } from "./vector/scaleDotLottie.ts";
import { scaleLottie } from "./vector/scaleLottie.ts";
import { scaleSvga } from "./vector/scaleSvga.ts";

type SourceOf = (digest: string) => SourceFile;

/** What makes the steps that draw an animation; who only carries and encodes pictures needs none. */
export interface Studio {
  readonly drawing: Drawing;
  /** A source as an artwork. */
  artworkOf(digest: string): Artwork & { readonly media: Media };
}

const SCALE = { svga: scaleSvga, lottie: scaleLottie, dotlottie: scaleDotLottie } as const;

/**
 * Makes one object.
 * @throws MediaError when a source cannot be decoded, or cannot be drawn here
 */
export async function encode(step: Step, sourceOf: SourceOf, studio?: Studio): Promise<Uint8Array> {
  if (step.kind === "carry") return sourceOf(step.source).bytes;
  const sharp = await openSharp();
  if (step.kind === "scale")
    return (await SCALE[step.format](sourceOf(step.source).bytes, step.longSide)).bytes;
  const { width, height, quality } = step;
  const resize = ({ bytes }: SourceFile) =>
    sharp(bytes).ensureAlpha().resize({ width, height, fit: "fill", kernel: "lanczos3" });

  switch (step.kind) {
    case "animate": {
      const { frames } = step;
      return encodeFrames(sharp, step, async (at) => {
        const digest = frames[at];
        if (digest === undefined) throw new TypeError(`there is no frame ${at}`);
        const source = sourceOf(digest);
        const picture = resize(source).toColourspace("srgb").raw({ depth: "uchar" });
        const pixels = await inWords(source, picture.toBuffer());
        return { width, height, pixels };
      });
    }
    case "convert":
      return convert(step, studio, sharp);
    case "draw": {
      const raster = await drawStill(step, studio);
      const raw = { width: raster.width, height: raster.height, channels: 4 } as const;
      return sharp(raster.pixels, { raw }).webp({ quality, effort: EFFORT }).toBuffer();
    }
    case "still": {
      const source = await fullest(sharp, step.sources.map(sourceOf));
      return inWords(source, resize(source).webp({ quality, effort: EFFORT }).toBuffer());
    }
  }
}

/** The library's own words help nobody who draws. */
async function inWords<T>({ path }: SourceFile, decoded: Promise<T>): Promise<T> {
  try {
    return await decoded;
  } catch (cause) {
    throw new MediaError(
      `${path} cannot be decoded: its pixels are damaged or cut off`,
      "export it again and upload the whole file",
      { cause },
    );
  }
}

/** What made the bytes. Equal identities are expected to give equal bytes; another libvips or platform may not. */
export async function builderIdentity(): Promise<Readonly<Record<string, string>>> {
  const { default: sharp } = await import("sharp");
  const { vips, webp = "" } = sharp.versions;
  return {
    recipe: "2",
    sharp: sharp.versions.sharp ?? "",
    vips,
    webp,
    platform: `${process.platform}-${process.arch}`,
  };
}

/** One thread for each picture: AVIF's bytes depend on their number, and work beside each other uses the cores better. */
async function openSharp() {
  const { default: sharp } = await import("sharp");
  sharp.concurrency(1);
  sharp.cache(false);
  return sharp;
}

async function convert(
  step: Step & { readonly kind: "convert" },
  studio: Studio | undefined,
  sharp: SharpFactory,
): Promise<Uint8Array> {
  const { width, height, frames } = step;
  const opened = await studio?.drawing.openFrames(studio.artworkOf(step.source), Math.max(width, height));
  if (!opened)
    throw new MediaError(
      "the frames of the animation cannot be drawn here",
      "export them as PNG files into a folder, or the animation as WebP or GIF",
    );
  try {
    return await encodeFrames(sharp, step, (at) => opened.draw(frames[at] ?? 0));
  } finally {
    await opened.close();
  }
}

async function drawStill(
  step: Step & { readonly kind: "draw" },
  studio: Studio | undefined,
): Promise<Raster> {
  const { width, height } = step;
  const artwork = studio?.artworkOf(step.source);
  const raster = artwork && (await studio?.drawing.drawFullest(artwork, Math.max(width, height)));
  if (raster) return raster;
  const why =
    artwork?.media.drawnBy === "browser"
      ? "there is no browser here to draw one"
      : "none can be drawn from it";
  throw new MediaError(
    `the animation has no still, and ${why}`,
    "draw one picture of the gift, upload it as source/still.png and add the line still: source/still.png",
  );
}

/** The picture that covers most: frame 0 is often empty. The first of equals. */
async function fullest(sharp: SharpFactory, pictures: readonly SourceFile[]): Promise<SourceFile> {
  let best: SourceFile | undefined;
  let most = -1;
  for (const picture of pictures) {
    const covered = pictures.length === 1 ? 0 : await coverageOf(sharp, picture);
    if (covered > most) [best, most] = [picture, covered];
  }
  if (!best) throw new TypeError("a still needs a picture");
  return best;
}

/** By the very bytes: every tier asks about the same frames. */
const coverages = new WeakMap<Uint8Array, Promise<number>>();

/** The mean opacity, from 0 to 255. */
function coverageOf(sharp: SharpFactory, picture: SourceFile): Promise<number> {
  const known = coverages.get(picture.bytes) ?? inWords(picture, measureCoverage(sharp, picture.bytes));
  coverages.set(picture.bytes, known);
  return known;
}

async function measureCoverage(sharp: SharpFactory, picture: Uint8Array): Promise<number> {
  const alpha = await sharp(picture)
    .ensureAlpha()
    .extractChannel("alpha")
    .toColourspace("b-w")
    .raw({ depth: "uchar" })
    .toBuffer();
  let sum = 0;
  for (const value of alpha) sum += value;
  return sum / alpha.length;
}
