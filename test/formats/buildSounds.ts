import { u16, u32 } from "./buildRiff.ts";

/** 128 kbit/s at 44.1 kHz, stereo, without check values: 417 bytes for 1,152 samples (ISO/IEC 11172-3, section 2.4.1.3). */
const MP3_HEADER = [0xff, 0xfb, 0x90, 0x00];
const MP3_FRAME_BYTES = 417;

export function mp3Frame(): Buffer {
  const frame = Buffer.alloc(MP3_FRAME_BYTES);
  frame.set(MP3_HEADER);
  return frame;
}

/** Frames of silence, or of nothing that any decoder cares for. */
export function mp3Frames(count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, mp3Frame));
}

/** A frame that says how many come after it, as encoders write it first. */
export function mp3Summary(frames: number): Buffer {
  const frame = mp3Frame();
  frame.write("Xing", 36, "latin1");
  frame.writeUInt32BE(1, 40);
  frame.writeUInt32BE(frames, 44);
  return frame;
}

/** An ID3v2 tag; `saidBytes` may be a lie. */
export function id3Tag(content: Buffer, saidBytes = content.length): Buffer {
  const size = [21, 14, 7, 0].map((shift) => (saidBytes >> shift) & 0x7f);
  return Buffer.concat([Buffer.from("ID3\x04\0\0", "latin1"), Buffer.from(size), content]);
}

/** AAC-LC at 44.1 kHz, stereo, without check values: ISO/IEC 13818-7, section 6.2. */
export function adtsFrame(content: Buffer, saidBytes = 7 + content.length): Buffer {
  const header = [
    0xff,
    0xf1,
    0x50,
    0x80 | (saidBytes >> 11),
    (saidBytes >> 3) & 0xff,
    ((saidBytes & 7) << 5) | 0x1f,
    0xfc,
  ];
  return Buffer.concat([Buffer.from(header), content]);
}

export function adtsFrames(count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, () => adtsFrame(Buffer.alloc(20))));
}

export interface OggPageParts {
  /** 1 for the rest of a packet, 2 for the first page, 4 for the last; added up. */
  readonly flags: number;
  readonly position: number;
  readonly sequence: number;
  readonly stream: number;
}

/** RFC 3533, section 6, without its check value. The last packet goes on where its length is a multiple of 255 and `goesOn` says so. */
export function oggPage(parts: Partial<OggPageParts>, packets: readonly Buffer[], goesOn = false): Buffer {
  const { flags, position, sequence, stream } = { flags: 0, position: 0, sequence: 0, stream: 7, ...parts };
  const lengths = packets.flatMap((it, at) => {
    const whole = Array.from({ length: Math.floor(it.length / 255) }, () => 255);
    return goesOn && at === packets.length - 1 ? whole : [...whole, it.length % 255];
  });
  return Buffer.concat([
    Buffer.from("OggS\0", "latin1"),
    Buffer.from([flags]),
    u32(position),
    u32(0),
    u32(stream),
    u32(sequence),
    u32(0),
    Buffer.from([lengths.length, ...lengths]),
    ...packets,
  ]);
}

/** RFC 7845, section 5.1. */
export function opusHead(preSkip: number): Buffer {
  const head = [Buffer.from("OpusHead"), Buffer.from([1, 2]), u16(preSkip), u32(48_000), Buffer.alloc(3)];
  return Buffer.concat(head);
}

/** Packets of one frame of 20 ms each, coded by CELT for the full band (RFC 6716, table 2: 31). */
export function opusPacket(): Buffer {
  return Buffer.from([31 << 3, 0, 0]);
}

export function buildOpus(
  packets: number,
  parts: { position?: number; preSkip?: number; notes?: Buffer } = {},
): Buffer {
  const { position = packets * 960, preSkip = 312, notes = Buffer.alloc(8) } = parts;
  const sound = Array.from({ length: packets }, opusPacket);
  return Buffer.concat([
    oggPage({ flags: 2 }, [opusHead(preSkip)]),
    oggPage({ sequence: 1 }, [Buffer.concat([Buffer.from("OpusTags"), notes])]),
    oggPage({ sequence: 2, flags: 4, position }, sound),
  ]);
}

export function sampleMp3(): Buffer {
  return Buffer.concat([id3Tag(Buffer.alloc(30)), mp3Summary(4), mp3Frames(4)]);
}

export function sampleAac(): Buffer {
  return adtsFrames(12);
}

export function sampleOpus(): Buffer {
  return buildOpus(20);
}
