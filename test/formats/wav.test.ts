import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { buildWav } from "./buildWav.ts";
import { refusal } from "./refusal.ts";

describe("a WAV", () => {
  test("says how long it is and what its samples cost", async () => {
    const bytes = buildWav({ channels: 2, samplesPerSecond: 44_100, sampleBytes: 88_200 });
    expect(await inspect(bytes)).toEqual({
      kind: "sound",
      format: "wav",
      mediaType: "audio/wav",
      extensions: ["wav"],
      width: 0,
      height: 0,
      frames: 0,
      fps: 0,
      durationSeconds: 0.5,
      decodedBytes: 88_200,
      memoryRule: "its samples as they are played",
      images: 0,
      pictures: [],
      embeddedSound: false,
      sound: { codec: "pcm", seconds: 0.5, bytes: bytes.length },
      video: null,
      slots: [],
      player: null,
      drawnBy: null,
      deadWeight: [],
      warnings: [],
    });
  });

  test("with compressed or floating-point samples is refused", async () => {
    for (const codec of [2, 3, 0x55])
      expect(await refusal(buildWav({ codec }))).toEqual({
        message: "the WAV holds compressed or floating-point samples",
        fix: "export the sound as WAV with uncompressed 16-bit PCM samples",
      });
  });

  test("without samples is refused", async () => {
    expect((await refusal(buildWav({ sampleBytes: 0 }))).message).toBe("the WAV has no sound in it");
  });

  test("with an impossible header is refused", async () => {
    expect((await refusal(buildWav({ channels: 0 }))).message).toMatch(/0 channels of 16 bits at 8000 Hz/);
    expect((await refusal(buildWav({ samplesPerSecond: 0 }))).message).toMatch(/at 0 Hz/);
  });

  test("that was cut off at any byte is refused", async () => {
    const whole = buildWav({ sampleBytes: 40 });
    for (let length = 12; length < whole.length; length++)
      expect((await refusal(whole.subarray(0, length))).message).toMatch(/^the WAV is damaged or cut off/);
  });
});
