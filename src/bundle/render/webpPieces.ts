import { MAX_FRAMES } from "../../formats/limits.ts";
import { chunksWithin, cutOff, type RiffChunk, riffChunks, u24 } from "../../formats/riff.ts";
import type { Piece } from "./composedFrames.ts";

const ALPHA_FLAG = 0x10;
const PROFILE_FLAG = 0x20;
const DISPOSE_FLAG = 0x01;
const REPLACE_FLAG = 0x02;

/**
 * Takes an animated WebP apart: each frame's bitmap, with its opacity and the colours of all of them, as a WebP of its own. A place
 * that is given up becomes clear whatever background the file names, as browsers have it. Source: RFC 9649, sections 2.7.1.1 (ANMF) and
 * 2.7.1 (VP8X).
 * @param bytes a file that was inspected
 * @throws MediaError when it is damaged
 */
export function splitWebp(bytes: Uint8Array): readonly Piece[] {
  let profile: RiffChunk | null = null;
  const pieces: Piece[] = [];
  for (const chunk of riffChunks("WebP", bytes)) {
    if (chunk.id === "ICCP") profile ??= chunk;
    if (chunk.id === "ANMF") pieces.push(readFrame(chunk.data, profile));
    if (pieces.length > MAX_FRAMES) throw cutOff("WebP", "it has too many frames");
  }
  return pieces;
}

function readFrame(data: Uint8Array, profile: RiffChunk | null): Piece {
  const size = { width: 1 + u24(data, 6), height: 1 + u24(data, 9) };
  const flags = data[15] ?? 0;
  return {
    left: 2 * u24(data, 0),
    top: 2 * u24(data, 3),
    ...size,
    dispose: flags & DISPOSE_FLAG ? "clear" : "keep",
    blend: flags & REPLACE_FLAG ? "replace" : "over",
    file() {
      const bitmap = [...chunksWithin("WebP", data.subarray(16))].filter(({ id }) =>
        ["ALPH", "VP8 ", "VP8L"].includes(id),
      );
      return toWebp(size, profile ? [profile, ...bitmap] : bitmap);
    },
  };
}

function toWebp(size: { width: number; height: number }, chunks: readonly RiffChunk[]): Uint8Array {
  const header = Buffer.alloc(10);
  const isOpaque = chunks.every(({ id }) => id !== "ALPH" && id !== "VP8L");
  header[0] = (isOpaque ? 0 : ALPHA_FLAG) | (chunks[0]?.id === "ICCP" ? PROFILE_FLAG : 0);
  header.writeUIntLE(size.width - 1, 4, 3);
  header.writeUIntLE(size.height - 1, 7, 3);
  const body = Buffer.concat([
    Buffer.from("WEBP", "latin1"),
    ...[{ id: "VP8X", data: header }, ...chunks].flatMap(frame),
  ]);
  return Buffer.concat([head("RIFF", body.length), body]);
}

function frame({ id, data }: RiffChunk): Uint8Array[] {
  return [head(id, data.length), data, Buffer.alloc(data.length & 1)];
}

function head(id: string, length: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.write(id, 0, "latin1");
  bytes.writeUInt32LE(length, 4);
  return bytes;
}
