import { checkSeconds, MAX_SOUND_SECONDS } from "./limits.ts";
import { MediaError, type MediaFormat, soundOf } from "./media.ts";
import { cutOff, isRiff, riffChunks, u16, u32 } from "./riff.ts";

const PCM = 1;
const EXTENSIBLE = 0xfffe;
const MAX_CHANNELS = 8;
const SAMPLE_BITS: readonly number[] = [8, 16, 24, 32];
const EXPORT_AS = "export the sound as WAV with uncompressed 16-bit PCM samples";

/**
 * WAV with uncompressed samples. Source: Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft,
 * 1991), chapter 3, Waveform Audio File Format; WAVE_FORMAT_EXTENSIBLE from Microsoft's WAVEFORMATEXTENSIBLE.
 */
export const wav: MediaFormat = {
  name: "WAV",
  matches: (bytes) => isRiff(bytes, "WAVE"),
  read(bytes) {
    let bytesPerSecond = 0;
    let sampleBytes = 0;
    for (const { id, data } of riffChunks("WAV", bytes)) {
      if (id === "fmt ") bytesPerSecond = readRate(data);
      if (id === "data") sampleBytes += data.length;
    }
    if (bytesPerSecond === 0) throw cutOff("WAV", "it does not say how its samples are stored");
    if (sampleBytes === 0) throw new MediaError("the WAV has no sound in it", EXPORT_AS);
    const seconds = sampleBytes / bytesPerSecond;
    checkSeconds("WAV", seconds, MAX_SOUND_SECONDS);
    return soundOf("wav", "audio/wav", ["wav"], { codec: "pcm", seconds, bytes: bytes.length }, sampleBytes);
  },
};

/** Bytes of samples per second of sound. */
function readRate(format: Uint8Array): number {
  if (format.length < 16) throw cutOff("WAV", "its header is too short");
  const tag = u16(format, 0);
  // The first two bytes of an extensible format's sub-format identifier are the tag that it stands for.
  const codec = tag === EXTENSIBLE && format.length >= 40 ? u16(format, 24) : tag;
  if (codec !== PCM) throw new MediaError("the WAV holds compressed or floating-point samples", EXPORT_AS);
  const channels = u16(format, 2);
  const samplesPerSecond = u32(format, 4);
  const bits = u16(format, 14);
  const isLegal =
    channels >= 1 && channels <= MAX_CHANNELS && SAMPLE_BITS.includes(bits) && samplesPerSecond > 0;
  if (!isLegal || u16(format, 12) !== (channels * bits) / 8)
    throw cutOff("WAV", `its header says ${channels} channels of ${bits} bits at ${samplesPerSecond} Hz`);
  return samplesPerSecond * channels * (bits / 8);
}
