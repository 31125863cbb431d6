import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { box } from "./buildBoxes.ts";
import { buildMp4, buildVap, sampleVap, soundTrack } from "./buildMp4.ts";
import { answersOfPieces } from "./everyPiece.ts";
import { refusal } from "./refusal.ts";

describe("a VAP", () => {
  test("is as large as its colour, and says frames, rate and player itself", async () => {
    expect(await inspect(buildVap({ w: 150, h: 120 }))).toMatchObject({
      kind: "animation",
      format: "vap",
      mediaType: "video/mp4",
      width: 150,
      height: 120,
      frames: 25,
      fps: 25,
      durationSeconds: 1,
      decodedBytes: 320 * 160 * 1.5 * 6,
      video: { codec: "avc1.640028", width: 320, height: 160, saysItsAlpha: true },
      player: { name: "vap", version: "2.0.0" },
      drawnBy: "browser",
      slots: [],
      warnings: [],
    });
  });

  test("names what an app puts in: each once, sorted", async () => {
    const tags = ["nickname", "avatar", "nickname", "", 7, null].map((srcTag) => ({ srcTag }));
    expect((await inspect(buildVap({}, [...tags, "avatar", null]))).slots).toEqual(["avatar", "nickname"]);
  });

  test("that says it takes no pictures and texts has no slots, whatever it lists", async () => {
    expect((await inspect(buildVap({ isVapx: 0 }, [{ srcTag: "avatar" }]))).slots).toEqual([]);
  });

  test("with sound says so", async () => {
    expect((await inspect(buildVap({}, [], { sound: soundTrack() }))).sound?.codec).toBe("aac");
  });

  test("needs no declaration, and none changes it", async () => {
    const media = await inspect(sampleVap(), { alpha: "top" });
    expect(media).toMatchObject({ width: 160, height: 160, player: { name: "vap", version: "2.0.0" } });
  });

  test("whose settings are not its video's is read with a warning", async () => {
    for (const info of [{ videoW: 336 }, { f: 24 }, { fps: 30 }]) {
      const { warnings, frames, fps } = await inspect(buildVap(info));
      expect(warnings[0]?.message).toMatch(
        /^the VAP says its video is .* and it is 320 x 160 pixels, 25 frames, 25 per second/,
      );
      expect(frames / fps).toBe((info.f ?? 25) / (info.fps ?? 25));
    }
  });

  test.each([
    ["of another version", buildVap({ v: 1 }), "the VAP cannot be played: its vapc box has version 1"],
    [
      "with a rectangle beyond its video",
      buildVap({ aFrame: [300, 0, 80, 80] }),
      /names a rectangle beyond the video/,
    ],
    ["with no rectangle", buildVap({ rgbFrame: [1] }), /has no rectangles/],
    ["without a canvas", buildVap({ w: 0 }), "the VAP is 0 x 160 pixels"],
    [
      "with half a frame",
      buildVap({ f: 2.5 }),
      "the VAP does not say its number of frames (f) as a whole number",
    ],
    ["without an orientation", buildVap({ orien: undefined }), /does not say its orientation \(orien\)/],
    ["without frames", buildVap({ f: 0 }), "the VAP has no frames"],
    ["with too many frames", buildVap({ f: 3_000 }), /has 3000 frames/],
    ["that is too long", buildVap({ f: 100, fps: 1 }), /lasts 100 seconds/],
    ["that is too fast", buildVap({ fps: 240 }), /plays 240 frames per second/],
    [
      "whose settings are no JSON",
      buildMp4({ before: [box("vapc", Buffer.from("{{{"))] }),
      "the VAP cannot be played: its vapc box is not JSON",
    ],
    ["whose settings are no text", buildMp4({ before: [box("vapc", Buffer.alloc(9, 0xff))] }), /is not JSON/],
    [
      "whose settings are nested three hundred times",
      buildVap({}, [JSON.parse(`${"[".repeat(300)}${"]".repeat(300)}`)]),
      "the VAP's vapc box is nested more than 256 levels deep",
    ],
    [
      "whose version is no text that can be shown",
      buildMp4({ before: [box("vapc", Buffer.from('{"info":{"v":{"toString":1}}}'))] }),
      /is not JSON that can be understood/,
    ],
    ["whose settings are nothing", buildMp4({ before: [box("vapc", Buffer.from("[]"))] }), /has no info/],
    [
      "whose settings are endless",
      buildMp4({ before: [box("vapc", Buffer.alloc(1_000_001, 0x20))] }),
      /is too long/,
    ],
  ])("%s is refused", async (_, bytes, message) => {
    const words = await refusal(bytes);
    expect(words.message).toMatch(message);
    expect(words.fix).not.toBe("");
  });

  test("that was cut off anywhere is refused", async () => {
    expect(new Set(await answersOfPieces(sampleVap()))).toEqual(new Set(["refused"]));
  });
});
