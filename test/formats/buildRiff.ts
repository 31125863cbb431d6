export function buildRiff(form: string, chunks: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from(form, "latin1"), ...chunks]);
  return Buffer.concat([Buffer.from("RIFF", "latin1"), u32(body.length), body]);
}

export function riffChunk(id: string, data: Buffer): Buffer {
  const padding = Buffer.alloc(data.length & 1);
  return Buffer.concat([Buffer.from(id, "latin1"), u32(data.length), data, padding]);
}

export function u16(value: number): Buffer {
  return Buffer.from([value & 0xff, value >> 8]);
}

export function u24(value: number): Buffer {
  return Buffer.from([value & 0xff, (value >> 8) & 0xff, value >> 16]);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
