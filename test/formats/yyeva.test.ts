import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { box, letters } from "./buildBoxes.ts";
import { buildMp4, buildYyeva, sampleYyeva, yyevaNote } from "./buildMp4.ts";
import { answersOfPieces } from "./everyPiece.ts";
import { refusal } from "./refusal.ts";

const withNote = (note: Buffer): Buffer => buildMp4({ inIndex: [note] });

describe("a YYEVA", () => {
  test("is as large as its colour, and says its slots and player itself", async () => {
    const effects = [{ effectTag: "nickname" }, { effectTag: "avatar" }, { effectTag: "avatar" }, 3];
    expect(await inspect(buildYyeva({ rgbFrame: [0, 0, 150, 120] }, effects))).toMatchObject({
      kind: "animation",
      format: "yyeva",
      mediaType: "video/mp4",
      width: 150,
      height: 120,
      frames: 25,
      fps: 25,
      durationSeconds: 1,
      decodedBytes: 320 * 160 * 1.5 * 6,
      video: { width: 320, height: 160, saysItsAlpha: true },
      slots: ["avatar", "nickname"],
      player: { name: "yyeva", version: "1.0.0" },
      drawnBy: "browser",
      warnings: [],
    });
  });

  test("without places for its pictures and texts has no slots: players put nothing in", async () => {
    expect((await inspect(buildYyeva({}, [{ effectTag: "avatar" }], {}, []))).slots).toEqual([]);
  });

  test("says which version of its player it needs", async () => {
    expect((await inspect(buildYyeva({ version: 3 }))).player?.version).toBe("3.0.0");
    expect((await inspect(buildYyeva({ version: undefined }))).player?.version).toBe("1.0.0");
  });

  test("may have its settings behind everything else, but not among the coded pictures", async () => {
    const settings = Buffer.from(
      JSON.stringify({
        descript: { width: 320, height: 160, rgbFrame: [0, 0, 160, 160], alphaFrame: [160, 0, 80, 80] },
      }),
    );
    expect((await inspect(buildMp4({ after: [yyevaNote(settings)] }))).format).toBe("yyeva");
    expect((await inspect(buildMp4({ after: [box("mdat", yyevaNote(settings))] }))).format).toBe("mp4");
  });

  test("whose settings are of another video is read with a warning", async () => {
    const { warnings } = await inspect(buildYyeva({ width: 640 }));
    expect(warnings[0]?.message).toBe("the YYEVA says its video is 640 x 160 pixels, and it is 320 x 160");
  });

  test.each([
    [
      "with a rectangle beyond its video",
      buildYyeva({ alphaFrame: [300, 0, 80, 80] }),
      /^the alphaFrame of the YYEVA is \[300,0,80,80\]/,
    ],
    ["with no rectangle", buildYyeva({ rgbFrame: "all" }), /^the rgbFrame of the YYEVA is "all"/],
    ["with a rectangle of nothing", buildYyeva({ rgbFrame: [0, 0, 0, 160] }), /0 x 160 pixels/],
    ["without a size", withNote(yyevaNote(Buffer.from('{"descript":{}}'))), /does not say the width/],
    [
      "without a layout",
      withNote(yyevaNote(Buffer.from('{"effect":[]}'))),
      /does not say where its transparency is/,
    ],
    [
      "with a version that is none",
      buildYyeva({ version: "two" }),
      'the YYEVA does not say which version it is: found "two"',
    ],
    [
      "with settings that unpack to megabytes",
      withNote(yyevaNote(Buffer.alloc(5_000_000, 0x20))),
      /unpack to more than 4 MB/,
    ],
    [
      "with settings that are no JSON",
      withNote(yyevaNote(Buffer.from("{{{"))),
      "the YYEVA's description is damaged or cut off: its JSON cannot be parsed",
    ],
    [
      "with settings that are nested half a million times",
      withNote(
        yyevaNote(Buffer.from(`{"descript":{"version":${"[".repeat(500_000)}${"]".repeat(500_000)}}}`)),
      ),
      "the YYEVA's description is nested more than 256 levels deep",
    ],
    [
      "with settings that are not packed",
      withNote(letters("\0\0\0\x30udtayyeffectmp4json[[AAAA]]yyeffectmp4json~~~")),
      /its settings cannot be unpacked/,
    ],
    [
      "with settings that do not end",
      withNote(box("udta", letters("yyeffectmp4json[[AAAA"))),
      /its settings cannot be unpacked/,
    ],
  ])("%s is refused", async (_, bytes, message) => {
    const words = await refusal(bytes);
    expect(words.message).toMatch(message);
    expect(words.fix).not.toBe("");
  });

  test("that was cut off anywhere is refused", async () => {
    expect(new Set(await answersOfPieces(sampleYyeva()))).toEqual(new Set(["refused"]));
  });
});
