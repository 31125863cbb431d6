import { type Box, boxesOf, findBox, isCutOff } from "../boxes.ts";
import { cutOff, type PictureFacts, textAt, viewOf } from "./facts.ts";

/**
 * AVIF, still and sequence. Source: ISO/IEC 14496-12 (mvhd, tkhd), ISO/IEC 23008-12, section 6.5.3 (ispe), and AV1 Image File
 * Format (AOMedia), section 3. How many frames a sequence has only a decoder tells.
 * @throws Error when it is cut off or says no size
 */
export function readAvif(bytes: Uint8Array): PictureFacts {
  const isWhole = findBox(bytes, "mdat") && !isCutOff(bytes, ["ftyp", "meta", "moov", "mdat"]);
  if (!isWhole) throw cutOff("AVIF");
  const sizes = [...itemSizes(bytes), ...trackSizes(bytes)];
  if (sizes.length === 0) throw new Error("the AVIF says no size");
  const size = {
    width: Math.max(...sizes.map(([width]) => width)),
    height: Math.max(...sizes.map(([, height]) => height)),
  };
  if (textAt(bytes, 8, 4) !== "avis") return { ...size, frames: 1, milliseconds: 0, plays: 1 };
  return { ...size, frames: null, milliseconds: movieMilliseconds(bytes), plays: Number.POSITIVE_INFINITY };
}

function* itemSizes(bytes: Uint8Array): Generator<readonly [number, number]> {
  const meta = findBox(bytes, "meta");
  const properties = meta && findBox(bytes, "iprp", { start: meta.start + 4, end: meta.end });
  const container = properties && findBox(bytes, "ipco", properties);
  if (!container) return;
  const view = viewOf(bytes);
  for (const box of boxesOf(bytes, container.start, container.end)) {
    if (box.type === "ispe" && box.start + 12 <= box.end)
      yield [view.getUint32(box.start + 4), view.getUint32(box.start + 8)];
  }
}

function* trackSizes(bytes: Uint8Array): Generator<readonly [number, number]> {
  const movie = findBox(bytes, "moov");
  if (!movie) return;
  for (const track of boxesOf(bytes, movie.start, movie.end)) {
    const header = track.type === "trak" ? findBox(bytes, "tkhd", track) : null;
    // Width and height are its last two fields, with 16 bits behind the point.
    if (header && header.end - header.start >= 84) yield sizeAt(viewOf(bytes), header);
  }
}

function sizeAt(view: DataView, { end }: Box): readonly [number, number] {
  return [view.getUint32(end - 8) / 65_536, view.getUint32(end - 4) / 65_536];
}

/** 0 where the file does not say. */
function movieMilliseconds(bytes: Uint8Array): number {
  const movie = findBox(bytes, "moov");
  const header = movie && findBox(bytes, "mvhd", movie);
  if (!header || header.end - header.start < 32) return 0;
  const view = viewOf(bytes);
  const isLong = view.getUint8(header.start) === 1;
  const scale = view.getUint32(header.start + (isLong ? 20 : 12));
  const duration = isLong ? Number(view.getBigUint64(header.start + 24)) : view.getUint32(header.start + 16);
  // All bits set means that the file does not know (section 8.2.2.3).
  const isKnown = scale > 0 && duration < (isLong ? 2 ** 63 : 0xffffffff);
  return isKnown ? (1000 * duration) / scale : 0;
}
