import { crc32, inflateRawSync } from "node:zlib";
import { checkName } from "./limits.ts";
import { MediaError } from "./media.ts";
import { quoteName } from "./quoteName.ts";
import { u16, u32 } from "./riff.ts";

/** An animation has tens of files; what is beyond this was made to keep a reader busy. */
const MAX_ENTRIES = 2_000;
/** As much as an SVGA may unpack to, in one file or in all of them together. */
const MAX_INFLATED_BYTES = 64_000_000;
/** The record at the end, and the longest comment behind it. */
const END_BYTES = 22;
const MAX_END_BYTES = END_BYTES + 0xffff;

const LOCAL_MARK = 0x04_03_4b_50;
const ENTRY_MARK = 0x02_01_4b_50;
const END_MARK = 0x06_05_4b_50;
const ENCRYPTED = 1;
const STORED = 0;
const DEFLATED = 8;

const AGAIN = "export it again and upload the whole file";

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly check: number;
  readonly storedBytes: number;
  readonly bytes: number;
  readonly headerAt: number;
}

/** Whether the bytes begin as a zip archive with a file in it does. */
export function isZip([a, b, c, d]: Uint8Array): boolean {
  return a === 0x50 && b === 0x4b && c === 3 && d === 4;
}

/** Whether a zip archive has a file of this name, even one that is damaged or cut off. */
export function isZipWith(name: string, bytes: Uint8Array): boolean {
  return (
    isZip(bytes) && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(name, 0, "latin1")
  );
}

/**
 * The files in a zip archive by their paths, in the order of its directory; folders are left out. Source: APPNOTE.TXT 6.3.10, .ZIP File Format
 * Specification (PKWARE), sections 4.3.6 to 4.3.16. No entry is unpacked beyond the size that it states, and all of them together state at most
 * 64 MB: `unzipSync` of fflate keeps to that memory, but goes on through a bomb to its end and compares no check values.
 * @param noun what the archive is, as in "the dotLottie"
 * @throws MediaError when it is damaged, encrypted, too large, or names files that would lie outside of it
 */
export function readZip(noun: string, bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let total = 0;
  for (const entry of entriesOf(noun, bytes)) {
    checkPath(noun, entry.name);
    checkName(noun, "a file", entry.name);
    if (entry.name.endsWith("/")) continue;
    if (files.has(entry.name))
      throw new MediaError(`the ${noun} has two files named ${quoteName(entry.name)}`, AGAIN);
    total += entry.bytes;
    if (total > MAX_INFLATED_BYTES)
      throw new MediaError(
        `the ${noun} unpacks to more than ${MAX_INFLATED_BYTES / 1_000_000} MB, reached at its file ${quoteName(entry.name)}`,
        "use fewer or smaller images and export it again",
      );
    files.set(entry.name, unpack(noun, bytes, entry));
  }
  return files;
}

function* entriesOf(noun: string, bytes: Uint8Array): Generator<Entry> {
  const end = findEnd(noun, bytes);
  const count = u16(bytes, end + 10);
  const from = u32(bytes, end + 16);
  // All ones send a reader to the 64-bit records (section 4.4.1.4); no gift needs them.
  if (count === 0xffff || from === 0xff_ff_ff_ff)
    throw new MediaError(
      `the ${noun} is a zip archive in the 64-bit form, which is for more than 4 GB`,
      "pack it again with ordinary zip, or export it again",
    );
  if (u16(bytes, end + 4) !== 0 || u16(bytes, end + 8) !== count)
    throw damaged(noun, "it is one part of several");
  if (count > MAX_ENTRIES)
    throw new MediaError(
      `the ${noun} has ${count} files in it, at most ${MAX_ENTRIES} are allowed`,
      "export it again with fewer images",
    );
  let at = from;
  for (let index = 0; index < count; index++) {
    if (at + 46 > end || u32(bytes, at) !== ENTRY_MARK) throw damaged(noun, "its list of files is not whole");
    const nameLength = u16(bytes, at + 28);
    const next = at + 46 + nameLength + u16(bytes, at + 30) + u16(bytes, at + 32);
    if (next > end) throw damaged(noun, "its list of files is not whole");
    yield {
      name: nameOf(noun, bytes.subarray(at + 46, at + 46 + nameLength)),
      flags: u16(bytes, at + 8),
      method: u16(bytes, at + 10),
      check: u32(bytes, at + 16),
      storedBytes: u32(bytes, at + 20),
      bytes: u32(bytes, at + 24),
      headerAt: u32(bytes, at + 42),
    };
    at = next;
  }
}

function findEnd(noun: string, bytes: Uint8Array): number {
  const last = bytes.length - END_BYTES;
  for (let at = last; at >= 0 && at > bytes.length - MAX_END_BYTES; at--)
    if (bytes[at] === 0x50 && u32(bytes, at) === END_MARK) return at;
  throw damaged(noun, "the list of files at its end is missing");
}

/** UTF-8, as programs write it whether they say so or not (section 4.4.4, bit 11). */
function nameOf(noun: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const seen = Buffer.from(bytes).toString("latin1");
    throw new MediaError(
      `the ${noun} has a file whose name is not in UTF-8: ${quoteName(seen)}`,
      "name its files with the letters a to z, and export it again",
      { cause },
    );
  }
}

/** A name that a program could unpack to somewhere else, or take for another one. */
function checkPath(noun: string, name: string): void {
  const isOutside = name === "" || /^\/|^[a-z]:|\\|(?:^|\/)\.\.?(?:\/|$)|\p{Cc}/iu.test(name);
  if (isOutside)
    throw new MediaError(
      `the ${noun} has a file with a name that leads out of it: ${quoteName(name)}`,
      "do not use this file: ask where it comes from, or export it again",
    );
}

function unpack(noun: string, bytes: Uint8Array, entry: Entry): Uint8Array {
  const { name, flags, method, storedBytes, headerAt } = entry;
  if (flags & ENCRYPTED)
    throw new MediaError(
      `the ${noun} is encrypted: its file ${quoteName(name)} needs a password`,
      "export it again without a password",
    );
  if (headerAt + 30 > bytes.length || u32(bytes, headerAt) !== LOCAL_MARK)
    throw damaged(noun, `its file ${quoteName(name)} is not where its list of files says`);
  const from = headerAt + 30 + u16(bytes, headerAt + 26) + u16(bytes, headerAt + 28);
  if (from + storedBytes > bytes.length) throw damaged(noun, `its file ${quoteName(name)} is not all there`);
  const stored = bytes.subarray(from, from + storedBytes);
  if (method !== STORED && method !== DEFLATED)
    throw new MediaError(
      `the ${noun} packs its file ${quoteName(name)} in a way (${method}) that players do not know`,
      "pack it again with ordinary zip (deflate), or export it again",
    );
  const data = method === STORED ? stored : inflate(noun, stored, entry);
  if (data.length !== entry.bytes || crc32(data) !== entry.check)
    throw damaged(noun, `its file ${quoteName(name)} is not what its list of files says`);
  return data;
}

function inflate(noun: string, stored: Uint8Array, { name, bytes }: Entry): Uint8Array {
  try {
    // One byte more than it says, so that what is longer is found and nothing is unpacked for long.
    return inflateRawSync(stored, { maxOutputLength: bytes + 1 });
  } catch (cause) {
    const how = cause instanceof RangeError ? "is longer than it says" : "cannot be unpacked";
    throw damaged(noun, `its file ${quoteName(name)} ${how}`, cause);
  }
}

function damaged(noun: string, how: string, cause?: unknown): MediaError {
  return new MediaError(`the ${noun} is damaged or cut off: ${how}`, AGAIN, { cause });
}
