import { checkSeconds, MAX_SOUND_SECONDS } from "./limits.ts";
import { type MediaFormat, soundOf } from "./media.ts";
import { playedBytes } from "./playedBytes.ts";
import { cutOff } from "./riff.ts";

/** By index; 13 to 15 are reserved. ISO/IEC 13818-7, table 35. */
const RATES: readonly number[] = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];
const SAMPLES_IN_A_BLOCK = 1_024;
const HEADER_BYTES = 7;
const CHECK_BYTES = 2;

/**
 * AAC as a row of ADTS frames; in an MP4 it is an M4A. Source: ISO/IEC 13818-7, section 6.2 (adts_frame). Every frame is followed to the
 * end. Sound that doubles its rate in the decoder (HE-AAC) lasts the same.
 */
export const aac: MediaFormat = {
  name: "AAC",
  matches: ([first = 0, second = 0]) => first === 0xff && (second & 0xf6) === 0xf0,
  read(bytes) {
    const rate = RATES[((bytes[2] ?? 0) >> 2) & 15];
    if (rate === undefined) throw cutOff("AAC", "its header names no rate");
    let samples = 0;
    for (let at = 0; at < bytes.length; ) {
      const frame = frameAt(bytes, at);
      samples += frame.samples;
      at += frame.bytes;
    }
    const seconds = samples / rate;
    checkSeconds("AAC", seconds, MAX_SOUND_SECONDS);
    const sound = { codec: "aac", seconds, bytes: bytes.length };
    return soundOf("aac", "audio/aac", ["aac"], sound, playedBytes(seconds));
  },
};

/** The rate must be that of the first frame: players set up their output once. */
function frameAt(bytes: Uint8Array, at: number): { bytes: number; samples: number } {
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0, b6 = 0] = bytes.subarray(at, at + HEADER_BYTES);
  const isFrame = b0 === 0xff && (b1 & 0xf6) === 0xf0 && (b2 & 0x3c) === ((bytes[2] ?? 0) & 0x3c);
  if (!isFrame) throw cutOff("AAC", `there is no sound at byte ${at}`);
  const length = ((b3 & 3) << 11) | (b4 << 3) | (b5 >> 5);
  const header = HEADER_BYTES + (b1 & 1 ? 0 : CHECK_BYTES);
  if (length < header || at + length > bytes.length) throw cutOff("AAC", "its last frame is not all there");
  return { bytes: length, samples: SAMPLES_IN_A_BLOCK * (1 + (b6 & 3)) };
}
