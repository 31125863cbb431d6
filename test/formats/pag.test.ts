import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import {
  buildPag,
  END,
  pagComposition,
  pagImage,
  pagLayer,
  pagSound,
  pagTag,
  pagVideo,
  signed,
  unsigned,
} from "./buildPag.ts";
import { buildLossyWebp } from "./buildWebp.ts";
import { refusal } from "./refusal.ts";

const [TEXT, IMAGE, PRECOMP] = [3, 5, 6];
const [SHOWS_IMAGE, SHOWS_COMPOSITION] = [11, 12];
const CANVAS_BYTES = 300 * 200 * 4;
const showing = (id: number) => pagLayer(PRECOMP, [SHOWS_COMPOSITION, id]);

describe("a PAG", () => {
  test("says what the last of its compositions is, and which player it needs", async () => {
    expect(await inspect(buildPag({ before: [pagComposition(1, [pagLayer(2)])] }))).toEqual({
      kind: "animation",
      format: "pag",
      mediaType: "application/x-pag",
      extensions: ["pag"],
      width: 300,
      height: 200,
      frames: 40,
      fps: 20,
      durationSeconds: 2,
      decodedBytes: CANVAS_BYTES,
      memoryRule:
        "one canvas, every image and the largest size of each bitmap sequence at 4 bytes a pixel, and 6 pictures of the largest size of each video at 1.5",
      images: 0,
      pictures: [],
      embeddedSound: false,
      sound: null,
      video: null,
      slots: [],
      player: { name: "pag", version: "5.0.0" },
      drawnBy: "browser",
      deadWeight: [],
      warnings: [],
    });
  });

  test("needs a player that knows its highest tag, inside of layers and their texts as well", async () => {
    const animator = pagTag(70, pagTag(76), END);
    const layers = [pagLayer(TEXT, undefined, [pagTag(64), animator])];
    expect((await inspect(buildPag({ layers }))).player).toEqual({ name: "pag", version: "76.0.0" });
    const group = [pagLayer(4, undefined, [pagTag(15)])];
    expect((await inspect(buildPag({ layers: group }))).player?.version).toBe("26.0.0");
  });

  test("says its images with their sizes, which are shown, and which may be replaced", async () => {
    const before = [
      pagImage(7, buildLossyWebp(30, 20)),
      pagImage(8, buildLossyWebp(10, 10)),
      pagImage(9, Buffer.alloc(0)),
      pagComposition(1, [pagLayer(IMAGE, [SHOWS_IMAGE, 7]), pagLayer(TEXT)]),
    ];
    const media = await inspect(buildPag({ before, layers: [showing(1), showing(1), pagLayer(TEXT)] }));
    const bytes = buildLossyWebp(1, 1).length;
    expect(media).toMatchObject({
      decodedBytes: CANVAS_BYTES + 4 * (600 + 100),
      pictures: [
        { name: "image 7", width: 30, height: 20, bytes, isUsed: true },
        { name: "image 8", width: 10, height: 10, bytes, isUsed: false },
      ],
      slots: ["image-0", "text-0", "text-1"],
      deadWeight: [{ what: "image", name: "image 8", bytes }],
    });
  });

  test("offers only what its author left open", async () => {
    const open = pagTag(83, unsigned(0), unsigned(1), signed(1));
    const media = await inspect(buildPag({ before: [open], layers: [pagLayer(TEXT), pagLayer(TEXT)] }));
    expect(media.slots).toEqual(["text-1"]);
  });

  test("costs the largest size of each video, colour and transparency together", async () => {
    const sizes = [
      [180, 100],
      [720, 400],
    ] as const;
    const media = await inspect(buildPag({ before: [pagVideo(1, sizes)], layers: [showing(1)] }));
    expect(media.decodedBytes).toBe(CANVAS_BYTES + 720 * 800 * 6 * 1.5);
  });

  test("with sound has none that its players play, and the artist hears where sound belongs", async () => {
    const media = await inspect(buildPag({ layers: [pagLayer(2), pagSound(Buffer.alloc(500))] }));
    expect(media).toMatchObject({
      embeddedSound: false,
      sound: null,
      deadWeight: [{ what: "sound", name: "audio", bytes: 500 }],
    });
    expect(media.warnings.map((it) => it.message)).toEqual([
      "the PAG has sound in it, which its players do not play",
    ]);
  });

  test("beyond what PAG's own exporter advises gets the same advice", async () => {
    const before = [
      ...Array.from({ length: 51 }, (_, at) => pagImage(at + 1, buildLossyWebp(1, 1))),
      ...[1, 2, 3, 4].map((id) => pagTag(45, unsigned(id), END)),
    ];
    const layers = Array.from({ length: 60 }, () => pagLayer(2));
    expect((await inspect(buildPag({ before, layers }))).warnings.map((it) => it.message)).toEqual([
      "the PAG has 51 images, more than 50 make it slow on small devices",
      "the PAG has 4 bitmap compositions, more than 3 make it slow on small devices",
      "the PAG has 64 layers, more than 60 make it slow on small devices",
    ]);
  });

  test.each([
    ["encryption", buildPag({ version: 3 }), "the PAG is encrypted: only players with its key open it"],
    [
      "encrypted parts",
      buildPag({ before: [pagTag(89)] }),
      "the PAG is encrypted: only players with its key open it",
    ],
    ["no size", buildPag({ width: 0 }), "the PAG is 0 x 200 pixels"],
    ["a size below nothing", buildPag({ height: -5 }), "the PAG is 300 x -5 pixels"],
    ["no frames", buildPag({ frames: 0 }), "the PAG has no frames"],
    ["a year of frames", buildPag({ frames: 2 ** 40 }), /at most 2000 are allowed/],
    ["no frame rate", buildPag({ fps: Number.NaN }), "the PAG plays NaN frames per second"],
    [
      "an image that is none",
      buildPag({ before: [pagImage(4, Buffer.from("JFIF"))] }),
      "image 4 in the PAG: it is not a WebP",
    ],
    [
      "a million images",
      buildPag({ before: [pagTag(4, unsigned(1e6), Buffer.alloc(2e6))] }),
      /more than 1000 images/,
    ],
    [
      "a million layers",
      buildPag({ layers: Array.from({ length: 20_000 }, () => pagLayer(2)) }),
      /more than 10000 layers/,
    ],
    [
      "a million empty parts",
      buildPag({ before: [Buffer.alloc(2_200_000, pagTag(31))] }),
      /more than 1000000 parts/,
    ],
    [
      "a composition that shows itself",
      buildPag({
        before: [pagComposition(1, [showing(2)]), pagComposition(2, [showing(1)])],
        layers: [showing(1)],
      }),
      /within compositions without end.*: 99 > 1 > 2/,
    ],
  ])("with %s is refused in words", async (_, bytes, words) => {
    expect((await refusal(bytes)).message).toMatch(words);
  });

  test("that is packed is refused", async () => {
    const bytes = buildPag();
    bytes[8] = 0x5a;
    expect((await refusal(bytes)).message).toMatch(/packed in a way that its players do not open/);
  });

  test("that was cut off at any byte is refused", async () => {
    const whole = buildPag({ before: [pagVideo(1, [[180, 100]])] });
    for (let length = 4; length < whole.length; length++)
      expect((await refusal(whole.subarray(0, length))).message).toMatch(/^the PAG is damaged or cut off/);
  });

  test("whose length lies is refused, however the lie goes", async () => {
    for (const by of [-20, -1, 1, 1_000_000]) {
      const bytes = buildPag();
      bytes.writeUInt32LE(bytes.readUInt32LE(4) + by, 4);
      expect((await refusal(bytes)).message).toMatch(/^the PAG is damaged or cut off/);
    }
  });
});
