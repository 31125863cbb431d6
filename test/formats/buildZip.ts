import { crc32, deflateRawSync } from "node:zlib";

export interface ZipFile {
  readonly name: string;
  readonly data: Uint8Array;
  /** Lies and oddities: what stands in the directory instead of the truth. */
  readonly says?: Partial<Record<"flags" | "method" | "check" | "bytes" | "headerAt", number>>;
}

/** A zip archive of these files, deflated; `says` is for archives that are not what they say. */
export function buildZip(files: readonly ZipFile[] | Readonly<Record<string, Uint8Array>>): Buffer {
  const list: readonly ZipFile[] = Array.isArray(files)
    ? files
    : Object.entries(files).map(([name, data]) => ({ name, data }));
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, data, says = {} } of list) {
    const packed = deflateRawSync(data);
    const title = Buffer.from(name);
    const facts = { flags: 0, method: 8, check: crc32(data), bytes: data.length, headerAt: at, ...says };
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(facts.flags, 2);
    shared.writeUInt16LE(facts.method, 4);
    shared.writeUInt32LE(facts.check, 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(facts.bytes, 18);
    shared.writeUInt16LE(title.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), shared, title, packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(facts.headerAt, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), shared, tail, title]));
    locals.push(local);
    at += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(list.length, 8);
  end.writeUInt16LE(list.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...locals, entries, end]);
}
