import type { Box } from "../player/boxes.ts";
import { codecName } from "./codecName.ts";
import {
  type BoxFile,
  boxNamed,
  contentOf,
  fourLetters,
  innerBoxes,
  printable,
  topBoxes,
} from "./isobmff.ts";
import { MediaError } from "./media.ts";
import { cutOff } from "./riff.ts";

/** An index says some twenty bytes about each frame; the rest of it are a tool's notes, such as YYEVA's. */
const MAX_INDEX_BYTES = 8_000_000;
const MAX_TRACKS = 16;

/** A movie's index: what is in the file, without what is coded. */
export interface Movie {
  readonly tracks: readonly Track[];
  /** Whether the index stands behind the coded data, so that it is known only once the file is there whole. */
  readonly isIndexLast: boolean;
}

export interface Track {
  /** What it is: `vide`, `soun`, `pict` for a row of pictures, `auxv` for what belongs to another, such as its transparency. */
  readonly handler: string;
  /** As RFC 6381 writes it. */
  readonly codec: string;
  /** In pixels as they are coded; 0 for sound. */
  readonly width: number;
  readonly height: number;
  /** Whether players are asked to turn or mirror it. */
  readonly isTurned: boolean;
  readonly samples: number;
  /** The sum of what the samples last. */
  readonly seconds: number;
  /** As they are stored. */
  readonly bytes: number;
}

/** Handlers whose tracks are read; others hold subtitles, time codes and hints for servers. */
const HANDLERS: ReadonlySet<string> = new Set(["vide", "soun", "pict", "auxv"]);

/** Tables about samples, and how long an entry is. They are counted though they are not read: players believe what they say. */
const TABLES: readonly (readonly [type: string, entryBytes: number])[] = [
  ["ctts", 8],
  ["stsc", 12],
  ["stco", 4],
  ["co64", 8],
  ["stss", 4],
];

/**
 * The tracks of an ISO base media file, from its boxes `moov` alone. Durations in headers are not believed: tools write any number
 * there for a movie that repeats (`0xffffffffffffffff` in AVIF). What lasts how long is the sum over its samples; edit lists are not
 * applied. Source: ISO/IEC 14496-12, sections 8.2 (moov), 8.3 (trak), 8.4 (mdia), 8.5 (stsd), 8.6.1 (stts) and 8.7.3 (stsz).
 * @throws MediaError when it is damaged, cut off, encrypted or in fragments, or a table says more than there is
 */
export function readMovie(file: BoxFile): Movie {
  const top = topBoxes(file);
  const index = boxNamed(top, "moov");
  if (boxNamed(top, "moof")) throw inFragments(file);
  if (!index) throw cutOff(file.noun, "it has no index (moov)");
  if (index.end - index.start > MAX_INDEX_BYTES)
    throw new MediaError(
      `the index of the ${file.noun} has ${index.end - index.start} bytes, at most ${MAX_INDEX_BYTES} are allowed`,
      "make it shorter, or leave out notes and chapters, and export it again",
    );
  const boxes = innerBoxes(file, index);
  if (boxNamed(boxes, "mvex")) throw inFragments(file);
  const data = top.filter((it) => it.type === "mdat");
  const dataBytes = data.reduce((sum, { start, end }) => sum + end - start, 0);
  const trackBoxes = boxes.filter((it) => it.type === "trak");
  if (trackBoxes.length > MAX_TRACKS)
    throw new MediaError(
      `the ${file.noun} has ${trackBoxes.length} tracks, at most ${MAX_TRACKS} are allowed`,
      "export it with one picture and at most one sound",
    );
  const tracks: Track[] = [];
  for (const box of trackBoxes) {
    const track = readTrack(file, box);
    if (!track) continue;
    if (track.bytes > dataBytes)
      throw cutOff(file.noun, `its index speaks of ${track.bytes} bytes where ${dataBytes} are`);
    tracks.push(track);
  }
  return { tracks, isIndexLast: data.some((it) => it.start < index.start) };
}

function readTrack(file: BoxFile, box: Box): Track | null {
  const parts = innerBoxes(file, box);
  const media = inside(file, parts, "mdia");
  const handler = fourLetters(file.bytes, startOf(file, media, "hdlr", 12) + 8);
  if (!HANDLERS.has(handler)) return null;
  const table = inside(file, inside(file, media, "minf"), "stbl");
  for (const [type, entryBytes] of TABLES) checkTable(file, boxNamed(table, type), type, entryBytes);
  const { samples, bytes: sampleBytes } = readSizes(file, table);
  const ticks = readTicks(file, table, samples);
  return {
    handler,
    ...readEntry(file, table, handler),
    isTurned: handler !== "soun" && isTurned(file, parts),
    samples,
    seconds: ticks / readTimescale(file, media),
    bytes: sampleBytes,
  };
}

/** Ticks per second: the version of mdhd says how wide the times before it are. */
function readTimescale(file: BoxFile, media: readonly Box[]): number {
  const header = contentOf(file, boxNamed(media, "mdhd"), "mdhd", 24);
  const timescale = header.getUint32(header.getUint8(0) === 1 ? 20 : 12);
  if (timescale === 0) throw cutOff(file.noun, "its clock stands still");
  return timescale;
}

/** The matrix stands 44 bytes before the end of tkhd; all but a turn leaves its second and fourth number 0. */
function isTurned(file: BoxFile, track: readonly Box[]): boolean {
  const header = contentOf(file, boxNamed(track, "tkhd"), "tkhd", 84);
  const [scaleX, shearX, , shearY, scaleY] = Array.from({ length: 5 }, (_, at) =>
    header.getInt32(header.byteLength - 44 + 4 * at),
  );
  return shearX !== 0 || shearY !== 0 || (scaleX ?? 0) < 0 || (scaleY ?? 0) < 0;
}

/** The first entry of stsd. A second one would be a second way of coding inside of one track, which no tool for gifts writes. */
function readEntry(
  file: BoxFile,
  table: readonly Box[],
  handler: string,
): Pick<Track, "codec" | "width" | "height"> {
  const start = startOf(file, table, "stsd", 8) + 8;
  const end = boxNamed(table, "stsd")?.end ?? start;
  const [entry] = innerBoxes(file, { start, end });
  if (!entry) throw cutOff(file.noun, "it does not say how it is coded");
  if (entry.type === "encv" || entry.type === "enca")
    throw new MediaError(`the ${file.noun} is encrypted`, "export it without protection (DRM)");
  const isSound = handler === "soun";
  const fields = contentOf(file, entry, entry.type, isSound ? 28 : 78);
  // QuickTime's second and third version of a sound's entry are longer.
  const more = isSound ? ([0, 16, 36][fields.getUint16(8)] ?? 0) : 0;
  const from = entry.start + (isSound ? 28 + more : 78);
  const boxes = from < entry.end ? innerBoxes(file, { start: from, end: entry.end }) : [];
  const codec = codecName(file, entry.type, boxes);
  if (isSound) return { codec, width: 0, height: 0 };
  return { codec, width: fields.getUint16(24), height: fields.getUint16(26) };
}

/** How many samples there are, and how many bytes they have together. */
function readSizes(file: BoxFile, table: readonly Box[]): { samples: number; bytes: number } {
  if (boxNamed(table, "stz2"))
    throw new MediaError(
      `the ${file.noun} has an index that phones do not read (stz2)`,
      "export it with another tool",
    );
  const sizes = contentOf(file, boxNamed(table, "stsz"), "stsz", 12);
  const one = sizes.getUint32(4);
  const samples = sizes.getUint32(8);
  if (one > 0) return { samples, bytes: one * samples };
  checkEntries(file, "stsz", samples, 4, sizes.byteLength - 12);
  let sum = 0;
  for (let at = 0; at < samples; at++) sum += sizes.getUint32(12 + 4 * at);
  return { samples, bytes: sum };
}

/** What all samples last together. */
function readTicks(file: BoxFile, table: readonly Box[], samples: number): number {
  checkTable(file, boxNamed(table, "stts"), "stts", 8);
  const times = contentOf(file, boxNamed(table, "stts"), "stts", 8);
  const entries = times.getUint32(4);
  let ticks = 0;
  let counted = 0;
  for (let at = 0; at < entries; at++) {
    const count = times.getUint32(8 + 8 * at);
    counted += count;
    ticks += count * times.getUint32(12 + 8 * at);
  }
  if (counted !== samples)
    throw cutOff(
      file.noun,
      `its index speaks of ${samples} samples in one place and of ${counted} in another`,
    );
  return ticks;
}

function checkTable(file: BoxFile, box: Box | undefined, type: string, entryBytes: number): void {
  if (!box) return;
  const table = contentOf(file, box, type, 8);
  checkEntries(file, type, table.getUint32(4), entryBytes, table.byteLength - 8);
}

function checkEntries(file: BoxFile, type: string, count: number, entryBytes: number, room: number): void {
  if (count * entryBytes > room)
    throw cutOff(
      file.noun,
      `its table ${type} speaks of ${count} entries and has room for ${Math.floor(room / entryBytes)}`,
    );
}

function inside(file: BoxFile, boxes: readonly Box[], type: string): Box[] {
  const box = boxNamed(boxes, type);
  if (!box) throw cutOff(file.noun, `its part ${printable(type)} is missing`);
  return innerBoxes(file, box);
}

/** Where the content of a box begins that has at least so many bytes. */
function startOf(file: BoxFile, boxes: readonly Box[], type: string, least: number): number {
  return contentOf(file, boxNamed(boxes, type), type, least).byteOffset - file.bytes.byteOffset;
}

function inFragments(file: BoxFile): MediaError {
  return new MediaError(
    `the ${file.noun} is in fragments, as it is made for streaming`,
    "export it as one plain MP4; ffmpeg does it without coding it anew: ffmpeg -i IN.mp4 -c copy -movflags +faststart OUT.mp4",
  );
}
