/*
 * UTF-8 by hand (RFC 3629): some app runtimes have neither TextEncoder nor TextDecoder. Both give what those would, but for a
 * byte order mark, which is a character like any other here.
 */

const UNITS_AT_ONCE = 8192;

/** Half of a pair that stands alone becomes U+FFFD. */
export function encodeUtf8(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(3 * text.length);
  return bytes.slice(0, writeUtf8(text, bytes, 0));
}

/** The same into `bytes` from `at` on, which must have room for three bytes a UTF-16 unit; gives where it ends. */
export function writeUtf8(text: string, bytes: Uint8Array, at: number): number {
  let end = at;
  for (let i = 0; i < text.length; i++) {
    let point = text.codePointAt(i) ?? 0;
    if (point < 0x80) {
      bytes[end++] = point;
      continue;
    }
    if (point > 0xffff) i++;
    else if (point >= 0xd800 && point < 0xe000) point = 0xfffd;
    if (point < 0x800) bytes[end++] = 0xc0 | (point >> 6);
    else {
      if (point < 0x10000) bytes[end++] = 0xe0 | (point >> 12);
      else {
        bytes[end++] = 0xf0 | (point >> 18);
        bytes[end++] = 0x80 | ((point >> 12) & 0x3f);
      }
      bytes[end++] = 0x80 | ((point >> 6) & 0x3f);
    }
    bytes[end++] = 0x80 | (point & 0x3f);
  }
  return end;
}

/** @throws TypeError for what is not UTF-8: cut, overlong, half of a pair, or beyond U+10FFFF */
export function decodeUtf8(bytes: Uint8Array): string {
  const units = new Uint16Array(Math.min(bytes.length, UNITS_AT_ONCE) + 1);
  let text = "";
  let end = 0;
  for (let at = 0; at < bytes.length; ) {
    if (end >= UNITS_AT_ONCE) {
      text += toText(units, end);
      end = 0;
    }
    const first = bytes[at++] ?? 0;
    if (first < 0x80) {
      units[end++] = first;
      continue;
    }
    const more = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 0;
    let point = first & (0x3f >> more);
    for (let i = 0; i < more; i++) {
      const next = bytes[at++] ?? 0;
      if ((next & 0xc0) !== 0x80) throw notUtf8();
      point = (point << 6) | (next & 0x3f);
    }
    const isHalf = point >= 0xd800 && point < 0xe000;
    const isOverlong = (more === 2 && point < 0x800) || (more === 3 && point < 0x10000);
    if (more === 0 || isHalf || isOverlong || point > 0x10ffff) throw notUtf8();
    if (point < 0x10000) units[end++] = point;
    else {
      units[end++] = 0xd800 | ((point - 0x10000) >> 10);
      units[end++] = 0xdc00 | (point & 0x3ff);
    }
  }
  return text + toText(units, end);
}

function toText(units: Uint16Array, end: number): string {
  return Reflect.apply(String.fromCharCode, null, units.subarray(0, end));
}

function notUtf8(): TypeError {
  return new TypeError("these bytes are not UTF-8");
}
