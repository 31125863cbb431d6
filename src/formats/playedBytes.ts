const SAMPLES_PER_SECOND = 48_000;
const CHANNELS = 2;
const BYTES_PER_SAMPLE = 2;

/** What coded sound is once a phone plays it: stereo at 48 kHz with 16 bits a sample, whatever it was recorded as. */
export function playedBytes(seconds: number): number {
  return Math.ceil(seconds * SAMPLES_PER_SECOND) * CHANNELS * BYTES_PER_SAMPLE;
}
