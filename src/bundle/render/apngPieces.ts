import { crc32 } from "node:zlib";
import { MAX_FRAMES } from "../../formats/limits.ts";
import { MediaError } from "../../formats/media.ts";
import { pngChunks } from "../../formats/png.ts";
import type { Piece } from "./composedFrames.ts";

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** What a decoder's pixels depend on, by the same standard, sections 11.3.1 and 11.3.2; texts and the like are not of the picture. */
const PIXEL_CHUNKS = new Set(["PLTE", "tRNS", "gAMA", "cHRM", "sRGB", "sBIT", "cICP", "iCCP"]);
/** The largest of them is a colour profile, which is written once for each frame that is drawn. */
const MAX_SHARED_BYTES = 100_000;

/**
 * Takes an animated PNG apart: each frame's data behind the header with its own size. Palette, transparency and colours are of
 * all of them; what else stands before the data is of none. Source: Portable Network Graphics (third edition, W3C 2025), sections 11.3.6.2 (fcTL, with how a frame is laid on
 * the ones before it) and 11.3.6.3 (fdAT).
 * @throws MediaError when it is damaged
 */
export function splitApng(bytes: Uint8Array): readonly Piece[] {
  let header: Uint8Array | null = null;
  let hasData = false;
  const shared = new Map<string, Uint8Array>();
  const pieces: { readonly control: Control; readonly data: Uint8Array[] }[] = [];
  for (const { type, data } of pngChunks(bytes)) {
    if (type === "IHDR") header = data;
    else if (type === "fcTL") pieces.push({ control: readControl(data, header), data: [] });
    else if (type === "IDAT") {
      hasData = true;
      // The default image is no frame where no control stands before it.
      pieces[0]?.data.push(data);
    } else if (type === "fdAT") pieces.at(-1)?.data.push(data.subarray(4));
    else if (!hasData && PIXEL_CHUNKS.has(type) && data.length <= MAX_SHARED_BYTES) shared.set(type, data);
    if (pieces.length > MAX_FRAMES) throw damaged("it has too many frames");
  }
  return pieces.map(({ control, data }, at) => {
    if (data.length === 0) throw damaged(`its frame ${at + 1} has no pixels`);
    return { ...control, file: () => toPng(header ?? new Uint8Array(), control, shared, data) };
  });
}

type Control = Omit<Piece, "file">;

function readControl(data: Uint8Array, header: Uint8Array | null): Control {
  if (data.length !== 26 || header?.length !== 13) throw damaged("a frame's control is not whole");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const canvas = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height, left, top] = [4, 8, 12, 16].map((at) => view.getUint32(at));
  const dispose = (["keep", "clear", "restore"] as const)[view.getUint8(24)];
  const blend = (["replace", "over"] as const)[view.getUint8(25)];
  if (!width || !height || left === undefined || top === undefined || !dispose || !blend)
    throw damaged("a frame's control describes no legal frame");
  if (left + width > canvas.getUint32(0) || top + height > canvas.getUint32(4))
    throw damaged("a frame lies outside its canvas");
  return { left, top, width, height, dispose, blend };
}

function toPng(
  header: Uint8Array,
  { width, height }: Control,
  shared: ReadonlyMap<string, Uint8Array>,
  data: readonly Uint8Array[],
): Uint8Array {
  const own = Uint8Array.from(header);
  const view = new DataView(own.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", own),
    ...[...shared].map(([type, it]) => chunk(type, it)),
    ...data.map((it) => chunk("IDAT", it)),
    chunk("IEND", new Uint8Array()),
  ]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

function damaged(how: string): MediaError {
  return new MediaError(`the APNG is damaged: ${how}`, "export it again and upload the whole file");
}
