import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { buildPng, pngChunk } from "./buildPng.ts";
import { refusal } from "./refusal.ts";

describe("a PNG", () => {
  test("says its size and what it costs in memory", async () => {
    expect(await inspect(buildPng(64, 32))).toEqual({
      kind: "picture",
      format: "png",
      mediaType: "image/png",
      extensions: ["png"],
      width: 64,
      height: 32,
      frames: 1,
      fps: 0,
      durationSeconds: 0,
      decodedBytes: 64 * 32 * 4,
      memoryRule: "its pixels at 4 bytes each",
      images: 0,
      pictures: [],
      embeddedSound: false,
      sound: null,
      video: null,
      slots: [],
      player: null,
      drawnBy: "node",
      deadWeight: [],
      warnings: [],
    });
  });

  test("may carry notes that a decoder skips, even when their check value is wrong", async () => {
    const note = pngChunk("tEXt", Buffer.from("Author\0Ada"));
    note[note.length - 1] = (note[note.length - 1] ?? 0) ^ 1;
    expect(await inspect(buildPng(8, 8, [note]))).toMatchObject({ width: 8 });
  });

  test("whose animation is announced behind its pixels is a still, as for every decoder", async () => {
    const still = buildPng(8, 8);
    const late = Buffer.concat([
      still.subarray(0, -12),
      pngChunk("acTL", Buffer.alloc(8)),
      still.subarray(-12),
    ]);
    expect(await inspect(late)).toMatchObject({ format: "png", kind: "picture" });
  });

  test("that was cut off at any byte is refused", async () => {
    const whole = buildPng(8, 8);
    for (let length = 4; length < whole.length; length++)
      expect((await refusal(whole.subarray(0, length))).message).toMatch(/damaged/);
  });

  test("in endless pieces is refused before all of them were followed", async () => {
    const piece = pngChunk("tEXt", Buffer.alloc(0));
    const notes = Buffer.alloc(piece.length * 1_000_000, piece);
    expect(await refusal(buildPng(9, 9, [notes]))).toEqual({
      message: "the PNG is in more than 100000 pieces",
      fix: "export it again, or save it anew with another program",
    });
    const few = notes.subarray(0, piece.length * 99_997);
    expect(await inspect(buildPng(9, 9, [few]))).toMatchObject({ width: 9 });
  });

  test("in which one bit of the pixels is wrong is refused", async () => {
    const bytes = buildPng(8, 8);
    const at = bytes.indexOf("IDAT") + 6;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    expect((await refusal(bytes)).message).toBe(
      "the PNG is damaged or cut off: the check value of its chunk IDAT is wrong",
    );
  });

  test("whose line endings were converted is refused with the way to prevent it", async () => {
    const spoilt = Buffer.from(buildPng(8, 8).toString("latin1").replace("\r\n", "\n"), "latin1");
    const { message, fix } = await refusal(spoilt);
    expect(message).toMatch(/as if it were text/);
    expect(fix).toMatch(/\.gitattributes/);
  });

  test("that is larger than any screen is refused", async () => {
    expect(await refusal(buildPng(20_000, 10))).toEqual({
      message: "the PNG is 20000 x 10 pixels",
      fix: "export it with sides of 1 to 16383 pixels",
    });
  });
});
