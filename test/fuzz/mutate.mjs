// Damages a file as chance does, and as somebody would who means harm: the same number gives the same damage.
import { crc32, deflateSync, inflateSync } from "node:zlib";
import { unzipSync, zipSync } from "fflate";

/** Numbers that readers stumble over: signs, ends of ranges, sizes of everything. */
const NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const MANY = 40;
const YYEVA_START = "yyeffectmp4json[[";
const YYEVA_END = "]]yyeffectmp4json";

/**
 * A stream of numbers from 0 up to, not with, 1 (mulberry32, Tommy Ettinger, public domain description).
 * @param {number} seed
 */
export function chance(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * @param {Uint8Array} bytes
 * @param {() => number} random
 */
export function mutate(bytes, random) {
  if (random() < 0.5) return damage(bytes, random);
  return damageInside(bytes, random) ?? damage(bytes, random);
}

/** What is packed is damaged inside and packed again, so that the damage reaches the reader behind the checks; null where nothing is. */
function damageInside(bytes, random) {
  const file = Buffer.from(bytes);
  try {
    if (file[0] === 0x78) return deflateSync(damage(inflateSync(file), random), { level: 1 });
    if (file.readUInt32BE(0) === 0x504b0304) return damageArchive(file, random);
    if (file.readUInt32BE(0) === 0x89504e47) return withRightSums(damage(file, random));
    if (file[0] === 0x7b) return damageJson(file, random);
    if (file.toString("latin1", 4, 8) === "ftyp") return damageSettings(file, random);
  } catch {
    // Not what it began as.
  }
  return null;
}

function damageArchive(file, random) {
  const entries = unzipSync(file);
  const names = Object.keys(entries);
  const name = names[Math.floor(random() * names.length)] ?? "";
  const entry = entries[name] ?? new Uint8Array();
  entries[name] = entry[0] === 0x7b ? damageJson(entry, random) : damage(entry, random);
  return Buffer.from(zipSync(entries, { level: 1, mtime: new Date(Date.UTC(2000, 0, 1)) }));
}

/** The check values of a PNG's chunks, as far as its chunks can be followed. */
function withRightSums(file) {
  for (let at = 8; at + 12 <= file.length; ) {
    const length = file.readUInt32BE(at);
    if (at + 12 + length > file.length) break;
    file.writeUInt32BE(crc32(file.subarray(at + 4, at + 8 + length)), at + 8 + length);
    at += 12 + length;
  }
  return file;
}

const ODD_VALUES = [
  "1e308",
  "-1",
  "0",
  "null",
  "[]",
  "{}",
  '"x"',
  "true",
  "9007199254740993",
  "1e-9",
  "[[[[[[]]]]]]",
  '{"toString":1}',
  '{"toString":1,"length":-1,"k":[{"s":{}}]}',
  `[${"7,".repeat(199_999)}7]`,
  `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
  `${'{"k":'.repeat(300)}0${"}".repeat(300)}`,
  `"${"x".repeat(100_000)}"`,
];

/** What a VAP or a YYEVA says as JSON of its own; null where there is none. */
function damageSettings(file, random) {
  const vapc = file.indexOf("vapc", 0, "latin1") - 4;
  if (vapc >= 0) {
    const end = vapc + file.readUInt32BE(vapc);
    const settings = toBox("vapc", damageJson(file.subarray(vapc + 8, end), random));
    return Buffer.concat([file.subarray(0, vapc), settings, file.subarray(end)]);
  }
  const from = file.indexOf(YYEVA_START, 0, "latin1");
  const to = file.indexOf(YYEVA_END, from, "latin1");
  if (from < 0 || to < 0) return null;
  const packed = file.toString("latin1", from + YYEVA_START.length, to);
  const settings = deflateSync(damageJson(inflateSync(Buffer.from(packed, "base64")), random), { level: 1 });
  // The marks may stand in any box: a box behind all others needs no other one to become longer.
  const note = Buffer.from(`${YYEVA_START}${settings.toString("base64")}${YYEVA_END}`, "latin1");
  const without = Buffer.from(file);
  without.write("x", from, "latin1");
  return Buffer.concat([without, toBox("udta", note)]);
}

function toBox(type, content) {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.length);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, content]);
}

/** Another value in a place of one: a number, a text, a list; now and then one that is deeper, longer or odder than any writer's. */
function damageJson(bytes, random) {
  const text = Buffer.from(bytes).toString("utf8");
  const places = [...text.matchAll(/(?<=[:,[])(-?\d+(?:\.\d+)?|"[^"]{0,200}"|true|false|null)(?=[,\]}])/g)];
  const chosen = [];
  for (let times = 1 + Math.floor(random() * 3); times > 0 && places.length > 0; times--)
    chosen.push(...places.splice(Math.floor(random() * places.length), 1));
  let damaged = text;
  // From the end, so that no place moves before its turn.
  for (const { index, 0: value } of chosen.sort((a, b) => b.index - a.index)) {
    const odd = ODD_VALUES[Math.floor(random() * ODD_VALUES.length)];
    damaged = damaged.slice(0, index) + odd + damaged.slice(index + value.length);
  }
  return Buffer.from(damaged);
}

/** One to four pieces of damage. */
function damage(bytes, random) {
  let damaged = Buffer.from(bytes);
  for (let times = 1 + Math.floor(random() * 4); times > 0; times--) damaged = hurt(damaged, random);
  return damaged;
}

function hurt(bytes, random) {
  const at = Math.floor(random() * bytes.length);
  const length = 1 + Math.floor(random() * MANY);
  const number = NUMBERS[Math.floor(random() * NUMBERS.length)];
  switch (Math.floor(random() * 9)) {
    case 0:
      return changed(bytes, at, bytes[at] ^ (1 << Math.floor(random() * 8)));
    case 1:
      return changed(bytes, at, number & 0xff);
    case 2:
      return withNumber(bytes, at, number, "BE");
    case 3:
      return withNumber(bytes, at, number, "LE");
    case 4:
      return bytes.subarray(0, at);
    case 5:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 6:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)]);
    case 7:
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(length, number & 0xff), bytes.subarray(at)]);
    default: {
      const from = Math.floor(random() * bytes.length);
      const copy = Buffer.from(bytes);
      bytes.copy(copy, at, from, from + length);
      return copy;
    }
  }
}

function changed(bytes, at, value) {
  const copy = Buffer.from(bytes);
  if (at < copy.length) copy[at] = value;
  return copy;
}

function withNumber(bytes, at, number, order) {
  const copy = Buffer.from(bytes);
  if (at + 4 <= copy.length) copy[`writeUInt32${order}`](number, at);
  return copy;
}
