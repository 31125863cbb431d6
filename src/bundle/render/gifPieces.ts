import { MAX_FRAMES } from "../../formats/limits.ts";
import { MediaError } from "../../formats/media.ts";
import { u16 } from "../../formats/riff.ts";
import type { Piece } from "./composedFrames.ts";

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const GRAPHIC_CONTROL = 0xf9;
const TRANSPARENCY_FLAG = 0x01;

/**
 * Takes a GIF apart: each image as a GIF of its own, of the image's size. A place that is given up becomes clear whatever background
 * the file names, as browsers have it. Source: Graphics Interchange Format, version 89a (CompuServe 1990): logical screen 18, image
 * descriptor 20, graphic control extension 23.
 * @param bytes a file that was inspected
 * @throws MediaError when it is damaged
 */
export function splitGif(bytes: Uint8Array): readonly Piece[] {
  const pieces: Piece[] = [];
  const screenEnd = 13 + colourTableBytes(bytes[10] ?? 0);
  const screen = bytes.subarray(0, screenEnd);
  let control: Control = PLAIN;
  for (let at = screenEnd; bytes[at] !== TRAILER; ) {
    if (bytes[at] === EXTENSION) {
      if (bytes[at + 1] === GRAPHIC_CONTROL) control = readControl(bytes, at);
      at = afterBlocks(bytes, at + 2);
    } else if (bytes[at] === IMAGE) {
      // One byte of the compression's code size stands before the pixels.
      const end = afterBlocks(bytes, at + 11 + colourTableBytes(bytes[at + 9] ?? 0));
      pieces.push(toPiece(screen, control, bytes.subarray(at, end)));
      control = PLAIN;
      at = end;
    } else throw damaged("a block is missing in it");
    if (pieces.length > MAX_FRAMES) throw damaged("it has too many frames");
  }
  return pieces;
}

interface Control {
  readonly dispose: Piece["dispose"];
  /** The colour that is clear. */
  readonly clear: number | null;
}

const PLAIN: Control = { dispose: "keep", clear: null };

function readControl(bytes: Uint8Array, at: number): Control {
  const flags = bytes[at + 3] ?? 0;
  // What the specification leaves open counts as nothing said.
  const dispose = (["keep", "keep", "clear", "restore"] as const)[(flags >> 2) & 7] ?? "keep";
  return { dispose, clear: flags & TRANSPARENCY_FLAG ? (bytes[at + 6] ?? 0) : null };
}

function toPiece(screen: Uint8Array, { dispose, clear }: Control, image: Uint8Array): Piece {
  return {
    left: u16(image, 1),
    top: u16(image, 3),
    width: u16(image, 5),
    height: u16(image, 7),
    dispose,
    blend: "over",
    file() {
      const head = Buffer.from(screen);
      head.write("GIF89a", 0, "latin1");
      head.set(image.subarray(5, 9), 6);
      const placed = Buffer.from(image);
      placed.fill(0, 1, 5);
      const control =
        clear === null ? [] : [EXTENSION, GRAPHIC_CONTROL, 4, TRANSPARENCY_FLAG, 0, 0, clear, 0];
      return Buffer.concat([head, Buffer.from(control), placed, Buffer.of(TRAILER)]);
    },
  };
}

/** Behind the data blocks that begin here: each says its length, and one of no length ends them. */
function afterBlocks(bytes: Uint8Array, from: number): number {
  for (let at = from; ; ) {
    const length = bytes[at];
    if (length === undefined) throw damaged("it is cut off");
    at += 1 + length;
    if (length === 0) return at;
  }
}

function colourTableBytes(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

function damaged(how: string): MediaError {
  return new MediaError(`the GIF is damaged: ${how}`, "export it again and upload the whole file");
}
