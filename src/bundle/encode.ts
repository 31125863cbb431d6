import type { Step } from "./recipe.ts";

type SourceOf = (digest: string) => Uint8Array;

/** WebP effort: 4 is the last that costs milliseconds rather than seconds a frame. */
const EFFORT = 4;

/** Makes one object. Sharp is loaded here and only here: most commands never encode. */
export async function encode(step: Step, sourceOf: SourceOf): Promise<Uint8Array> {
  if (step.kind === "carry") return sourceOf(step.source);
  const { default: sharp } = await import("sharp");
  const { width, height, quality } = step;
  const resize = (bytes: Uint8Array) =>
    sharp(bytes).ensureAlpha().resize({ width, height, fit: "fill", kernel: "lanczos3" });

  if (step.kind === "animate") {
    const frames: Buffer[] = [];
    for (const digest of step.frames)
      frames.push(await resize(sourceOf(digest)).png({ compressionLevel: 0 }).toBuffer());
    return sharp(frames, { join: { animated: true } })
      .webp({ quality, effort: EFFORT, delay: [...step.delays], loop: 1 })
      .toBuffer();
  }
  const source = await fullest(step.sources.map(sourceOf), async (bytes) => {
    const { channels } = await sharp(bytes).ensureAlpha().stats();
    return channels.at(-1)?.mean ?? 0;
  });
  return resize(source).webp({ quality, effort: EFFORT }).toBuffer();
}

/** What made the bytes. Equal identities are expected to give equal bytes; another libvips or platform may not. */
export async function builderIdentity(): Promise<Readonly<Record<string, string>>> {
  const { default: sharp } = await import("sharp");
  const { vips, webp = "" } = sharp.versions;
  return {
    recipe: "1",
    sharp: sharp.versions.sharp ?? "",
    vips,
    webp,
    platform: `${process.platform}-${process.arch}`,
  };
}

/** The picture that covers most: frame 0 is often empty. The first of equals. */
async function fullest(
  pictures: readonly Uint8Array[],
  coverage: (bytes: Uint8Array) => Promise<number>,
): Promise<Uint8Array> {
  let best: Uint8Array | undefined;
  let most = -1;
  for (const picture of pictures) {
    const covered = pictures.length === 1 ? 0 : await coverage(picture);
    if (covered > most) [best, most] = [picture, covered];
  }
  if (!best) throw new TypeError("a still needs a picture");
  return best;
}
