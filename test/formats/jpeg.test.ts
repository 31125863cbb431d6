import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { inspect } from "../../src/formats/inspect.ts";
import { buildJpeg, jpegSegment } from "./buildJpeg.ts";
import { refusal } from "./refusal.ts";

describe("a JPEG", () => {
  test("is a picture", async () => {
    expect(await inspect(buildJpeg())).toMatchObject({
      kind: "picture",
      format: "jpeg",
      mediaType: "image/jpeg",
      extensions: ["jpg", "jpeg"],
      width: 60,
      height: 40,
      decodedBytes: 60 * 40 * 4,
      player: null,
      drawnBy: "node",
    });
  });

  test("as an encoder writes it, progressive or not, in colour or grey, is read alike", async () => {
    const noise = Buffer.from(Array.from({ length: 70 * 50 * 3 }, (_, at) => (at * 7_919) % 251));
    const picture = sharp(noise, { raw: { width: 70, height: 50, channels: 3 } });
    for (const progressive of [true, false])
      for (const image of [picture.clone(), picture.clone().greyscale()]) {
        const bytes = await image.jpeg({ progressive }).toBuffer();
        expect(await inspect(bytes)).toMatchObject({ format: "jpeg", width: 70, height: 50 });
      }
  });

  test("with fill bytes before a mark, and with bytes behind its end, is read", async () => {
    const whole = buildJpeg();
    const filled = Buffer.concat([whole.subarray(0, 2), Buffer.from([0xff, 0xff]), whole.subarray(2)]);
    for (const bytes of [filled, Buffer.concat([whole, Buffer.from("thumbnail")])])
      expect((await inspect(bytes)).width).toBe(60);
  });

  test("that holds a smaller picture in its notes has its own size", async () => {
    const whole = buildJpeg();
    const note = jpegSegment(0xe1, buildJpeg({ width: 8, height: 8 }));
    expect((await inspect(Buffer.concat([whole.subarray(0, 2), note, whole.subarray(2)]))).width).toBe(60);
  });

  test.each([
    [
      "with CMYK colours",
      buildJpeg({ channels: 4 }),
      "the JPEG has CMYK colours for printing, which apps show wrongly",
    ],
    ["with 12 bits", buildJpeg({ bits: 12 }), "the JPEG has 3 channels of 12 bits"],
    ["with two channels", buildJpeg({ channels: 2 }), "the JPEG has 2 channels of 8 bits"],
    ["without loss", buildJpeg({ marker: 0xc3 }), /lossless, hierarchical or arithmetic/],
    ["with arithmetic coding", buildJpeg({ marker: 0xc9 }), /lossless, hierarchical or arithmetic/],
    ["whose height comes later", buildJpeg({ height: 0 }), "the JPEG is 60 x 0 pixels"],
    ["with too long sides", buildJpeg({ width: 40_000 }), "the JPEG is 40000 x 40 pixels"],
    [
      "without pixels",
      Buffer.from([0xff, 0xd8, 0xff, 0xd9]),
      "the JPEG is damaged or cut off: it has no pixels",
    ],
    [
      "with a part that is shorter than its own length",
      Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 1, 0]),
      /reaches beyond its end/,
    ],
  ])("%s is refused", async (_, bytes, message) => {
    expect((await refusal(bytes)).message).toMatch(message);
  });

  test("that a camera stored turned is refused; one that says it is upright is not", async () => {
    const picture = sharp({ create: { width: 30, height: 20, channels: 3, background: "#c04060" } });
    const stored = (orientation: number) => picture.clone().withMetadata({ orientation }).jpeg().toBuffer();
    expect((await inspect(await stored(1))).width).toBe(30);
    for (const orientation of [3, 6, 8])
      expect((await refusal(await stored(orientation))).message).toMatch(/stored turned or mirrored/);
  });

  test("whose camera's notes make no sense is read without them", async () => {
    const whole = buildJpeg();
    const notes = [
      "Exif\0\0",
      "Exif\0\0II*\0\xff\xff\xff\xff",
      "Exif\0\0MM\0*\0\0\0\x08\xff\xff",
      "http://ns.adobe.com/",
    ];
    for (const note of notes) {
      const segment = jpegSegment(0xe1, Buffer.from(note, "latin1"));
      const bytes = Buffer.concat([whole.subarray(0, 2), segment, whole.subarray(2)]);
      expect((await inspect(bytes)).width).toBe(60);
    }
  });

  test("of thousands of parts is refused before all are read", async () => {
    const parts = Buffer.alloc(4 * 1_000_000, Buffer.from([0xff, 0xe0, 0, 2]));
    const bytes = Buffer.concat([Buffer.from([0xff, 0xd8]), parts]);
    expect((await refusal(bytes)).message).toMatch(/it has more than 10000 parts/);
  });

  test("that was cut off at any byte is refused", async () => {
    const whole = buildJpeg();
    for (let length = 3; length < whole.length; length++)
      expect((await refusal(whole.subarray(0, length))).message).toMatch(/^the JPEG is damaged or cut off/);
  });
});
