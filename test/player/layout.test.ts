import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boxesOf, isCutOff } from "../../src/player/boxes.ts";
import { readVapc, splitLayout } from "../../src/player/video/layout.ts";
import { box, vapcBox } from "./mediaFixtures.ts";

const FTYP = box("ftyp", Buffer.from("isom0000"));
const INFO = {
  v: 2,
  videoW: 752,
  videoH: 880,
  rgbFrame: [4, 4, 736, 576],
  aFrame: [4, 588, 368, 288],
};
const withInfo = (info: object) => Buffer.concat([FTYP, vapcBox(info), box("mdat", Buffer.alloc(9))]);

describe("where a video carries its transparency", () => {
  test("is two equal halves where the file does not say", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 4000 }),
        fc.integer({ min: 2, max: 4000 }),
        fc.constantFrom("left", "right", "top", "bottom"),
        (width, height, side) => {
          const { colour, alpha } = splitLayout(width, height, { side });
          expect([alpha.width, alpha.height]).toEqual([colour.width, colour.height]);
          for (const it of [colour, alpha]) {
            expect(it.x + it.width).toBeLessThanOrEqual(width);
            expect(it.y + it.height).toBeLessThanOrEqual(height);
          }
          const isApart =
            colour.x + colour.width <= alpha.x ||
            alpha.x + alpha.width <= colour.x ||
            colour.y + colour.height <= alpha.y ||
            alpha.y + alpha.height <= colour.y;
          expect(isApart).toBe(true);
        },
      ),
    );
    expect(splitLayout(200, 100).alpha).toEqual({ x: 100, y: 0, width: 100, height: 100 });
    expect(splitLayout(200, 100, { side: "none" }).colour).toEqual({ x: 0, y: 0, width: 200, height: 100 });
  });

  test("is what the box of a VAP file says", () => {
    expect(readVapc(withInfo(INFO))).toEqual({
      width: 752,
      height: 880,
      colour: { x: 4, y: 4, width: 736, height: 576 },
      alpha: { x: 4, y: 588, width: 368, height: 288 },
      isStraight: false,
    });
    expect(readVapc(Buffer.concat([FTYP, box("mdat", Buffer.alloc(9))]))).toBeNull();
  });

  test.each([
    ["another version", { ...INFO, v: 1 }, "version 1"],
    ["no rectangles", { ...INFO, aFrame: undefined }, "no rectangles"],
    ["three numbers", { ...INFO, aFrame: [1, 2, 3] }, "no rectangles"],
    ["a rectangle beyond the video", { ...INFO, aFrame: [400, 588, 368, 288] }, "beyond the video"],
    ["no size", { ...INFO, rgbFrame: [0, 0, 0, 10] }, "a side of 0"],
    ["a size without end", { ...INFO, videoW: 1e9 }, "a side of 1000000000"],
    ["a corner outside", { ...INFO, rgbFrame: [-4, 0, 10, 10] }, "a corner at -4"],
    ["halves of pixels", { ...INFO, rgbFrame: [0.5, 0, 10, 10] }, "a corner at 0.5"],
    ["a text for a number", { ...INFO, videoH: "880" }, "a side of 880"],
  ])("refuses %s", (_what, info, message) => {
    expect(() => readVapc(withInfo(info))).toThrow(message);
  });

  test.each([
    ["no JSON", Buffer.from("{")],
    ["no text", Buffer.from([0xff, 0xfe])],
    ["a list", Buffer.from("[]")],
    ["a name of every object", Buffer.from('{"__proto__":{"info":{"v":2}}}')],
    ["more than any layout needs", Buffer.alloc(70_000, 0x20)],
  ])("refuses a box with %s", (_what, content) => {
    expect(() => readVapc(Buffer.concat([FTYP, box("vapc", content)]))).toThrow();
  });
});

describe("the boxes of a file", () => {
  test("end, whatever the bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        let at = -1;
        for (const { start } of boxesOf(bytes)) {
          expect(start).toBeGreaterThan(at);
          at = start;
        }
        expect(at).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  test("show that a file is cut off, and padding behind it does not", () => {
    const whole = Buffer.concat([FTYP, box("moov", Buffer.alloc(20)), box("mdat", Buffer.alloc(50))]);
    expect(isCutOff(whole, ["mdat"])).toBe(false);
    expect(isCutOff(whole.subarray(0, -1), ["mdat"])).toBe(true);
    // As in files that a well-known tool made: four spaces where a box's length would be.
    expect(isCutOff(Buffer.concat([whole, Buffer.from("    free")]), ["mdat", "moov"])).toBe(false);
  });
});
