import type { CanvasKit, Image } from "canvaskit-wasm";
import { checkSize } from "../../../formats/limits.ts";
import { MediaError } from "../../../formats/media.ts";
import { quoteName } from "../../../formats/quoteName.ts";

/** What decoded images may take together; the one used longest ago goes first. */
const MOST_BYTES = 192_000_000;
/** Of one image. */
const MOST_PIXELS = 40_000_000;

/** Decoded images of an SVGA, each when it is first drawn. */
export class ImageShelf {
  readonly #kit: CanvasKit;
  readonly #files: ReadonlyMap<string, Uint8Array>;
  /** In the order of their last use. */
  readonly #images = new Map<string, Image>();
  #bytes = 0;

  constructor(kit: CanvasKit, files: ReadonlyMap<string, Uint8Array>) {
    this.#kit = kit;
    this.#files = files;
  }

  /** The image of this key, lent until the next call; null where there is none. @throws MediaError when it is damaged */
  get(key: string): Image | null {
    const known = this.#images.get(key);
    if (known) {
      this.#images.delete(key);
      this.#images.set(key, known);
      return known;
    }
    const file = this.#files.get(key);
    if (!file || file.length === 0) return null;
    const image = this.#decode(key, file);
    const bytes = bytesOf(image);
    for (const [oldest, other] of this.#images) {
      if (this.#bytes + bytes <= MOST_BYTES) break;
      this.#images.delete(oldest);
      this.#bytes -= bytesOf(other);
      other.delete();
    }
    this.#images.set(key, image);
    this.#bytes += bytes;
    return image;
  }

  free(): void {
    for (const image of this.#images.values()) image.delete();
    this.#images.clear();
  }

  #decode(key: string, file: Uint8Array): Image {
    const encoded = this.#kit.MakeImageFromEncoded(file);
    if (!encoded)
      throw new MediaError(
        `the image ${quoteName(key)} in the SVGA is damaged: its pixels cannot be decoded`,
        "give it a sound picture and export it again",
      );
    try {
      const { width, height } = checkSize("image", encoded.width(), encoded.height());
      if (width * height > MOST_PIXELS)
        throw new MediaError(
          `the image ${quoteName(key)} in the SVGA is ${width} x ${height} pixels, which is too large to be drawn`,
          "make it as large as it is shown and export it again",
        );
      // Decoded now and once: what comes from the file is decoded whenever it is drawn.
      return encoded.makeCopyWithDefaultMipmaps();
    } finally {
      encoded.delete();
    }
  }
}

/** With its smaller copies, which take a third of it. */
function bytesOf(image: Image): number {
  return Math.ceil((image.width() * image.height() * 16) / 3);
}
