import { describe, expect, test } from "vitest";
import { parseLottie } from "../../src/player/vector/lottieMovie.ts";
import { pngChunk } from "./mediaFixtures.ts";

const MOVIE = { v: "5.7.0", w: 100, h: 100, fr: 30, ip: 0, op: 60, layers: [{ ty: 4 }] };
const parse = (changes: object) => parseLottie(JSON.stringify({ ...MOVIE, ...changes }));

describe("a Lottie before it is played", () => {
  test("has as many frames as lie between its first and its last", () => {
    expect(parse({})).toMatchObject({ frames: 60, fps: 30 });
  });

  test.each([
    ["no layers", { layers: {} }, "no layers"],
    ["no size", { w: undefined }, "pixels"],
    ["a giant size", { w: 16_000, h: 16_000 }, "takes at most"],
    ["no frame rate", { fr: 0 }, "frames per second"],
    ["too many frames", { op: 1e9 }, "frames"],
    ["code", { layers: [{ ks: { o: { k: 1, x: "alert(1)" } } }] }, "program code"],
    ["a picture beside it", { assets: [{ id: "a", p: "https://example.com/a.png" }] }, "a file beside it"],
    ["a font from elsewhere", { fonts: { list: [{ fPath: "https://example.com/a.woff" }] } }, "a font"],
    ["a giant picture", { assets: [{ p: pngUrl(20_000, 20_000) }] }, "takes at most"],
    [
      "too many pictures",
      { assets: Array.from({ length: 5 }, () => ({ p: pngUrl(3_000, 3_000) })) },
      "together",
    ],
  ])("is refused with %s", (_what, changes, message) => {
    expect(() => parse(changes)).toThrow(message);
  });

  test("may be nested as deep as it likes", () => {
    const deep = `${"[".repeat(5_000)}1${"]".repeat(5_000)}`;
    const text = JSON.stringify(MOVIE).replace("{", `{"deep":${deep},`);
    expect(parseLottie(text).frames).toBe(60);
  });
});

/** A PNG without any pixels behind its header. */
function pngUrl(width: number, height: number): string {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const png = Buffer.concat([signature, pngChunk("IHDR", header), pngChunk("IEND", Buffer.alloc(0))]);
  return `data:image/png;base64,${png.toString("base64")}`;
}
