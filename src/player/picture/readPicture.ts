import { readAvif } from "./avif.ts";
import { type PictureFacts, textAt } from "./facts.ts";
import { readGif } from "./gif.ts";
import { readPng } from "./png.ts";
import { readWebp } from "./webp.ts";

/** A picture's headers, told by its bytes and never by its name. @throws Error when it is of another type, cut off or damaged */
export function readPicture(bytes: Uint8Array): PictureFacts {
  if (textAt(bytes, 0, 4) === "RIFF" && textAt(bytes, 8, 4) === "WEBP") return readWebp(bytes);
  if (textAt(bytes, 0, 8) === "\x89PNG\r\n\x1a\n") return readPng(bytes);
  if (/^GIF8[79]a$/.test(textAt(bytes, 0, 6))) return readGif(bytes);
  if (/^ftyp(avif|avis|mif1)$/.test(textAt(bytes, 4, 8))) return readAvif(bytes);
  throw new Error("it is not a picture of a type that is known");
}
