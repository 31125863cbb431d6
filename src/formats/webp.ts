import { checkFrames, checkPictures, checkSize } from "./limits.ts";
import { type Media, MediaError, type MediaFormat, pictureOf } from "./media.ts";
import { toAnimation } from "./pictureRow.ts";
import { chunksWithin, cutOff, isRiff, type RiffChunk, riffChunks, u16, u24 } from "./riff.ts";

const ANIMATION_FLAG = 0x02;
/** Transparency, the bitmap, and what nobody has thought of yet. */
const MAX_FRAME_CHUNKS = 100;

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * WebP, still and animated; an animation of one frame is a picture. The rate is the mean: frames may last differently.
 * Source: RFC 9649, WebP Image Format, section 2.7 (VP8X, ANIM, ANMF); the sizes in the bitstreams from its section 3
 * (lossless: the RIFF header) and RFC 6386, section 9.1 (lossy: the uncompressed data chunk). Pixels are not decoded.
 */
export const webp: MediaFormat = {
  name: "WebP",
  matches: (bytes) => isRiff(bytes, "WEBP"),
  read: readWebp,
};

/** @throws MediaError as {@link MediaFormat.read} does */
export function readWebp(bytes: Uint8Array): Media {
  const chunks = riffChunks("WebP", bytes);
  const first = chunks.next();
  if (first.done) throw cutOff("WebP", "it has no picture");
  if (first.value.id !== "VP8X") return picture(requireBitmap([first.value]));
  const { data } = first.value;
  if (data.length < 10) throw cutOff("WebP", "its header is too short");
  const canvas = checkSize("WebP", 1 + u24(data, 4), 1 + u24(data, 7));
  return (data[0] ?? 0) & ANIMATION_FLAG ? animation(canvas, chunks) : still(canvas, chunks);
}

function still(canvas: Size, chunks: Iterable<RiffChunk>): Media {
  const bitmap = requireBitmap(chunks);
  if (bitmap.width !== canvas.width || bitmap.height !== canvas.height)
    throw cutOff("WebP", "its picture and its header have different sizes");
  return picture(canvas);
}

function animation(canvas: Size, chunks: Iterable<RiffChunk>): Media {
  let frames = 0;
  let durationMs = 0;
  for (const { id, data } of chunks) {
    if (id !== "ANMF") continue;
    checkFrames("WebP", ++frames);
    durationMs += readFrame(canvas, data);
  }
  checkPictures("WebP", frames, canvas);
  if (frames === 1) return picture(canvas);
  if (durationMs === 0)
    throw new MediaError(
      "the frames of the WebP last no time at all",
      "export it with a duration for each frame",
    );
  return toAnimation("WebP", picture(canvas), frames, durationMs / 1_000, { name: "webp", version: "1.0.0" });
}

/** Checks one ANMF chunk and gives how long it is shown, in milliseconds. */
function readFrame(canvas: Size, data: Uint8Array): number {
  if (data.length < 16) throw cutOff("WebP", "a frame's header is too short");
  const left = 2 * u24(data, 0);
  const top = 2 * u24(data, 3);
  const width = 1 + u24(data, 6);
  const height = 1 + u24(data, 9);
  if (left + width > canvas.width || top + height > canvas.height)
    throw cutOff("WebP", "a frame lies outside its canvas");
  const bitmap = requireBitmap(chunksWithin("WebP", data.subarray(16), MAX_FRAME_CHUNKS));
  if (bitmap.width !== width || bitmap.height !== height)
    throw cutOff("WebP", "a frame and its picture have different sizes");
  return u24(data, 12);
}

/** The size of the first bitmap among the chunks, from its own header. */
function requireBitmap(chunks: Iterable<RiffChunk>): Size {
  for (const { id, data } of chunks) {
    const size = id === "VP8 " ? lossySize(data) : id === "VP8L" ? losslessSize(data) : null;
    if (size) return checkSize("WebP", size.width, size.height);
  }
  throw cutOff("WebP", "a picture is missing in it");
}

/** A key frame's header: three bytes of frame tag, the start code 9D 01 2A, then width and height in 14 bits each. */
function lossySize(data: Uint8Array): Size | null {
  const isKeyFrame = data.length >= 10 && ((data[0] ?? 1) & 1) === 0;
  if (!isKeyFrame || u24(data, 3) !== 0x2a_01_9d) return null;
  return { width: u16(data, 6) & 0x3fff, height: u16(data, 8) & 0x3fff };
}

/** The signature byte 2F, then width - 1 and height - 1 in 14 bits each. */
function losslessSize(data: Uint8Array): Size | null {
  if (data.length < 5 || data[0] !== 0x2f) return null;
  return { width: 1 + (u16(data, 1) & 0x3fff), height: 1 + ((u24(data, 2) >> 6) & 0x3fff) };
}

function picture(size: Size): Media {
  return pictureOf("webp", "image/webp", ["webp"], size);
}
