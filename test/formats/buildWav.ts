import { buildRiff, riffChunk, u16, u32 } from "./buildRiff.ts";

export interface WavParts {
  readonly codec: number;
  readonly channels: number;
  readonly samplesPerSecond: number;
  readonly bits: number;
  readonly sampleBytes: number;
}

/** By default one second of silence: mono, 16 bits, 8 kHz. */
export function buildWav(parts: Partial<WavParts> = {}): Buffer {
  const { codec, channels, samplesPerSecond, bits, sampleBytes } = {
    codec: 1,
    channels: 1,
    samplesPerSecond: 8_000,
    bits: 16,
    sampleBytes: 16_000,
    ...parts,
  };
  const frameBytes = (channels * bits) / 8;
  const format = [
    u16(codec),
    u16(channels),
    u32(samplesPerSecond),
    u32(samplesPerSecond * frameBytes),
    u16(frameBytes),
    u16(bits),
  ];
  return buildRiff("WAVE", [
    riffChunk("fmt ", Buffer.concat(format)),
    riffChunk("LIST", Buffer.from("odd")),
    riffChunk("data", Buffer.alloc(sampleBytes)),
  ]);
}
