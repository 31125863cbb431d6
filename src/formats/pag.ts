import { checkFps, checkFrames, checkSeconds, checkSize, MAX_ANIMATION_SECONDS } from "./limits.ts";
import {
  type Advice,
  type DeadWeight,
  type EmbeddedPicture,
  MediaError,
  type MediaFormat,
  pictureOf,
} from "./media.ts";
import { PAG_LAYER, type PagComposition, type PagImage, type PagMovie, parsePag } from "./pagMovie.ts";
import { readWebp, webp } from "./webp.ts";

const MAX_NESTING = 32;
const MAX_LAYERS = 10_000;
/** What a decoder keeps at hand, at one byte for the light and half a byte for the colours of a pixel. */
const PICTURES_OF_A_DECODER = 6;
const BYTES_OF_A_VIDEO_PIXEL = 1.5;

/** Where PAG's own exporter begins to warn: github.com/libpag/pag-docs, pag-export-verify.md. */
const ADVISED_BITMAPS = 50;
const ADVISED_BITMAP_COMPOSITIONS = 3;
const ADVISED_LAYERS = 60;

/**
 * PAG, the Portable Animated Graphics of Tencent; {@link parsePag} names its source. It is drawn by its own player only, and its players
 * play no sound: they hand it to the app (`PAGComposition::audioBytes` in include/pag/pag.h).
 */
export const pag: MediaFormat = {
  name: "PAG",
  matches: ([p, a, g, version = 0]) => p === 0x50 && a === 0x41 && g === 0x47 && version >= 1 && version <= 3,
  read(bytes) {
    const movie = parsePag(bytes);
    const main = movie.compositions.at(-1);
    if (!main)
      throw new MediaError(
        "the PAG draws nothing: it has no compositions",
        "export it again from its project",
      );
    const { width, height } = checkSize("PAG", main.width, main.height);
    const { duration: frames, fps } = main;
    checkFps("PAG", fps);
    checkFrames("PAG", frames);
    checkSeconds("PAG", frames / fps, MAX_ANIMATION_SECONDS);
    const reach = followCompositions(movie, main);
    const pictures = movie.images.filter((it) => it.bytes.length > 0).map((it) => toPicture(it, reach));
    const soundBytes = movie.compositions.reduce((sum, it) => sum + it.soundBytes, 0);
    return {
      ...pictureOf("pag", "application/x-pag", ["pag"], { width, height }),
      kind: "animation",
      frames,
      fps: Math.round(fps * 1_000) / 1_000,
      durationSeconds: frames / fps,
      decodedBytes: Math.ceil(
        width * height * 4 +
          pictures.reduce((sum, it) => sum + it.width * it.height * 4, 0) +
          movie.compositions.reduce((sum, it) => sum + sequenceBytes(it), 0),
      ),
      memoryRule: `one canvas, every image and the largest size of each bitmap sequence at 4 bytes a pixel, and ${PICTURES_OF_A_DECODER} pictures of the largest size of each video at ${BYTES_OF_A_VIDEO_PIXEL}`,
      images: pictures.length,
      pictures,
      slots: slotsOf(movie, reach),
      player: { name: "pag", version: `${movie.tagLevel}.0.0` },
      drawnBy: "browser",
      deadWeight: [...pictures.filter((it) => !it.isUsed).map(unusedImage), ...unheard(soundBytes)],
      warnings: adviceOf(movie, pictures.length, soundBytes),
    };
  },
};

interface Reach {
  /** Ids of the images that are shown, in the order in which players number them. */
  readonly images: ReadonlySet<number>;
  readonly texts: number;
}

/** Follows the layers from the composition that is played, as `File::updateEditables` in src/base/File.cpp does. */
function followCompositions({ compositions }: PagMovie, main: PagComposition): Reach {
  const byId = new Map(compositions.map((it) => [it.id, it]));
  const images = new Set<number>();
  const sizes = new Map<PagComposition, number>();
  const path: PagComposition[] = [];
  let texts = 0;
  const sizeOf = (composition: PagComposition): number => {
    const known = sizes.get(composition);
    if (known !== undefined) return known;
    if (path.includes(composition) || path.length >= MAX_NESTING)
      throw new MediaError(
        `the PAG has compositions within compositions without end, or more than ${MAX_NESTING} deep: ${path.map((it) => it.id).join(" > ")}`,
        "put the layers of some compositions beside each other, then export it again",
      );
    path.push(composition);
    let size = 0;
    for (const { type, shows } of composition.layers) {
      if (type === PAG_LAYER.text) texts += 1;
      if (type === PAG_LAYER.image) images.add(shows);
      const shown = type === PAG_LAYER.precomp ? byId.get(shows) : undefined;
      size += 1 + (shown ? sizeOf(shown) : 0);
    }
    path.pop();
    sizes.set(composition, size);
    return size;
  };
  const layers = sizeOf(main);
  if (layers > MAX_LAYERS)
    throw new MediaError(
      `the PAG comes to ${layers} layers when its compositions are laid out, at most ${MAX_LAYERS} are allowed`,
      "use fewer layers, or show a composition fewer times, then export it again",
    );
  return { images, texts };
}

function toPicture({ id, bytes }: PagImage, { images }: Reach): EmbeddedPicture {
  const name = `image ${id}`;
  try {
    if (!webp.matches(bytes)) throw new MediaError("it is not a WebP", "export it again from its project");
    const { width, height } = readWebp(bytes);
    return { name, width, height, bytes: bytes.length, isUsed: images.has(id) };
  } catch (cause) {
    if (!(cause instanceof MediaError)) throw cause;
    throw new MediaError(`${name} in the PAG: ${cause.message}`, cause.fix, { cause });
  }
}

function sequenceBytes({ kind, sequences }: PagComposition): number {
  const pixels = sequences.map((it) => {
    const { width, height } = checkSize("PAG's sequence", it.width, it.height);
    return width * height;
  });
  const bytesOfAPixel = kind === "video" ? PICTURES_OF_A_DECODER * BYTES_OF_A_VIDEO_PIXEL : 4;
  return Math.max(0, ...pixels) * bytesOfAPixel;
}

/** Apps replace an image or a text by its number (`replaceImage`, `replaceText` in include/pag/pag.h). */
function slotsOf({ editable }: PagMovie, { images, texts }: Reach): string[] {
  const all = (count: number) => Array.from({ length: count }, (_, at) => at);
  const named = (noun: string, numbers: readonly number[], count: number) =>
    numbers.filter((it) => it >= 0 && it < count).map((it) => `${noun}-${it}`);
  const slots = [
    ...named("image", editable?.images ?? all(images.size), images.size),
    ...named("text", editable?.texts ?? all(texts), texts),
  ];
  return [...new Set(slots)].sort();
}

function unusedImage({ name, bytes }: EmbeddedPicture): DeadWeight {
  return { what: "image", name, bytes, isRemovable: false };
}

function unheard(bytes: number): DeadWeight[] {
  return bytes === 0 ? [] : [{ what: "sound", name: "audio", bytes, isRemovable: false }];
}

function adviceOf({ compositions }: PagMovie, images: number, soundBytes: number): Advice[] {
  // As `File::numLayers` counts: what shows a composition is no layer of its own, a sequence is one.
  const layersOf = ({ kind, layers }: PagComposition) =>
    kind === "vector" ? layers.filter((it) => it.type !== PAG_LAYER.precomp).length : 1;
  const layers = compositions.reduce((sum, it) => sum + layersOf(it), 0);
  const sequences = compositions.filter((it) => it.kind === "bitmap").length;
  const tooMany = (count: number, most: number, noun: string, fix: string) =>
    count <= most
      ? []
      : [{ message: `the PAG has ${count} ${noun}, more than ${most} make it slow on small devices`, fix }];
  return [
    ...tooMany(images, ADVISED_BITMAPS, "images", "join images, or export the part as one video sequence"),
    ...tooMany(
      sequences,
      ADVISED_BITMAP_COMPOSITIONS,
      "bitmap compositions",
      "join compositions whose names end in _bmp, or draw them as vectors",
    ),
    ...tooMany(layers, ADVISED_LAYERS, "layers", "join layers, or export the part as one video sequence"),
    ...(soundBytes === 0
      ? []
      : [
          {
            message: "the PAG has sound in it, which its players do not play",
            fix: "give the gift its sound as a file of its own, as `sound:` in gift.yaml",
          },
        ]),
  ];
}
