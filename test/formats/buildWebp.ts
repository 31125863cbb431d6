import { buildRiff, riffChunk, u16, u24, u32 } from "./buildRiff.ts";

export interface WebpFrame {
  readonly width: number;
  readonly height: number;
  readonly durationMs: number;
  /** Even. */
  readonly left?: number;
}

/** A WebP of headers only: the pixels are missing. */
export function buildLossyWebp(width: number, height: number): Buffer {
  return buildRiff("WEBP", [lossy(width, height)]);
}

export function buildLosslessWebp(width: number, height: number): Buffer {
  const size = u32(((width - 1) | ((height - 1) << 14)) >>> 0);
  return buildRiff("WEBP", [riffChunk("VP8L", Buffer.concat([Buffer.from([0x2f]), size]))]);
}

export function buildAnimatedWebp(width: number, height: number, frames: readonly WebpFrame[]): Buffer {
  return buildRiff("WEBP", [
    header(0x02, width, height),
    riffChunk("ANIM", Buffer.alloc(6)),
    ...frames.map(frameChunk),
  ]);
}

export function buildExtendedWebp(width: number, height: number, bitmap: readonly [number, number]): Buffer {
  return buildRiff("WEBP", [header(0, width, height), lossy(...bitmap)]);
}

function header(flags: number, width: number, height: number): Buffer {
  return riffChunk("VP8X", Buffer.concat([u32(flags), u24(width - 1), u24(height - 1)]));
}

function frameChunk({ width, height, durationMs, left = 0 }: WebpFrame): Buffer {
  const place = [u24(left / 2), u24(0), u24(width - 1), u24(height - 1), u24(durationMs), Buffer.from([0])];
  return riffChunk("ANMF", Buffer.concat([...place, lossy(width, height)]));
}

function lossy(width: number, height: number): Buffer {
  return riffChunk(
    "VP8 ",
    Buffer.concat([Buffer.from([0, 0, 0, 0x9d, 0x01, 0x2a]), u16(width), u16(height)]),
  );
}
