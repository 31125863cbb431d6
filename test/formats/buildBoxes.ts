/** Boxes of the ISO base media file format: ISO/IEC 14496-12, section 4.2. Numbers are written with the highest byte first. */
export function box(type: string, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([u32be(8 + body.length), Buffer.from(type, "latin1"), body]);
}

/** A box with a version and flags. */
export function fullBox(type: string, ...content: readonly Uint8Array[]): Buffer {
  return box(type, u32be(0), ...content);
}

export function u16be(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt16BE(value, 2 * at);
  return bytes;
}

export function u32be(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, 4 * at);
  return bytes;
}

export function letters(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** The same file with another 32-bit number at a place inside of the first box of this type, counted from its content. */
export function withNumber(file: Uint8Array, type: string, at: number, value: number): Buffer {
  const bytes = Buffer.from(file);
  bytes.writeUInt32BE(value, bytes.indexOf(type, 0, "latin1") + 4 + at);
  return bytes;
}
