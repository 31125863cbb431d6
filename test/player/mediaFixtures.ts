import { crc32 } from "node:zlib";
import sharp from "sharp";

/** A picture of one colour with a square that is at another place in each frame; smooth, so that no encoder has trouble. */
export async function drawFrames(count: number, side = 64): Promise<readonly Buffer[]> {
  return Promise.all(
    Array.from({ length: count }, (_, at) =>
      sharp({
        create: { width: side, height: side, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
      })
        .composite([
          {
            input: { create: { width: 16, height: 16, channels: 4, background: "#ff3060" } },
            left: (at * 16) % (side - 16),
            top: 16,
          },
        ])
        .png()
        .toBuffer(),
    ),
  );
}

/** @param loop how often it plays; 0 for without end */
export async function animatedWebp(count: number, delay: number, loop: number): Promise<Buffer> {
  return sharp([...(await drawFrames(count))], { join: { animated: true } })
    .webp({ delay: Array.from({ length: count }, () => delay), loop, effort: 0 })
    .toBuffer();
}

export async function animatedGif(count: number, delay: number, loop: number): Promise<Buffer> {
  return sharp([...(await drawFrames(count))], { join: { animated: true } })
    .gif({ delay: Array.from({ length: count }, () => delay), loop })
    .toBuffer();
}

/** PNG frames in one file. Source: PNG Specification (Third Edition, W3C), section 11.3.6. */
export async function apng(count: number, delay: number, plays: number): Promise<Buffer> {
  const frames = await drawFrames(count);
  const [first] = frames;
  if (!first) throw new TypeError("an animation has a frame");
  let sequence = 0;
  const control = () => {
    const data = Buffer.alloc(26);
    data.writeUInt32BE(sequence++, 0);
    data.writeUInt32BE(64, 4);
    data.writeUInt32BE(64, 8);
    data.writeUInt16BE(delay, 20);
    data.writeUInt16BE(1000, 22);
    return pngChunk("fcTL", data);
  };
  const number = (value: number) => {
    const data = Buffer.alloc(4);
    data.writeUInt32BE(value);
    return data;
  };
  const body = frames.flatMap((frame, at) => [
    control(),
    ...dataChunks(frame).map((data) =>
      at === 0 ? pngChunk("IDAT", data) : pngChunk("fdAT", Buffer.concat([number(sequence++), data])),
    ),
  ]);
  return Buffer.concat([
    first.subarray(0, 33),
    pngChunk("acTL", Buffer.concat([number(count), number(plays)])),
    ...body,
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

export function pngChunk(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

function dataChunks(png: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    if (png.toString("latin1", at + 4, at + 8) === "IDAT") found.push(png.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return found;
}

/** A box of the ISO base media file format. */
export function box(type: string, content: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.length);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, content]);
}

export function vapcBox(info: object): Buffer {
  return box("vapc", Buffer.from(JSON.stringify({ info })));
}
