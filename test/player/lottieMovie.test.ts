import { describe, expect, test } from "vitest";
import { parseLottie } from "../../src/player/vector/lottieMovie.ts";
import { pngChunk } from "./mediaFixtures.ts";

const MOVIE = { v: "5.7.0", w: 100, h: 100, fr: 30, ip: 0, op: 60, layers: [{ ty: 4 }] };
const parse = (changes: object) => parseLottie(JSON.stringify({ ...MOVIE, ...changes }));

describe("a Lottie before it is played", () => {
  test("has as many frames as lie between its first and its last", () => {
    expect(parse({})).toMatchObject({ frames: 60, fps: 30 });
  });

  test("may name fonts that the device has", () => {
    expect(() =>
      parse({ fonts: { list: [{ fName: "a", fFamily: "Noto Sans, sans-serif" }] } }),
    ).not.toThrow();
  });

  test.each([
    ["no layers", { layers: {} }, "no layers"],
    ["no size", { w: undefined }, "pixels"],
    ["a giant size", { w: 16_000, h: 16_000 }, "takes at most"],
    ["no frame rate", { fr: 0 }, "frames per second"],
    ["too many frames", { op: 1e9 }, "frames"],
    ["code", { layers: [{ ks: { o: { k: 1, x: "alert(1)" } } }] }, "program code"],
    ["a picture beside it", { assets: [{ id: "a", p: "https://example.com/a.png" }] }, "a file beside it"],
    ["a folder for its picture", { assets: [{ p: pngUrl(1, 1), u: "https://example.com/" }] }, "beside it"],
    [
      "a picture spelt otherwise",
      { assets: [{ p: pngUrl(1, 1).replace("png", "PNG") }] },
      "type that is known",
    ],
    [
      "a picture with parameters",
      { assets: [{ p: pngUrl(1, 1).replace(";", ";x=y;") }] },
      "type that is known",
    ],
    ["a drawing as its picture", { assets: [{ p: "data:image/svg+xml;base64,AAAA" }] }, "type that is known"],
    ["a list for a picture", { assets: [{ p: ["https://example.com/a.png"] }] }, "type that is known"],
    [
      "other bytes than a picture's",
      { assets: [{ p: "data:image/png;base64,Qk0AAAAA" }] },
      "type that is known",
    ],
    ["a giant JPEG", { assets: [{ p: "data:image/png;base64,/9j/wAARCD6APoAD" }] }, "takes at most"],
    ["a font from elsewhere", { fonts: { list: [{ fPath: "https://example.com/a.woff" }] } }, "a font"],
    ["a font of its own", { fonts: { list: [{ fPath: "data:font/woff;base64,AAAA')} body{}" }] } }, "a font"],
    ["a list of fonts", { fonts: { list: [{ fPath: ["https://example.com/a.css"] }] } }, "a font"],
    [
      "styles for a font's family",
      { fonts: { list: [{ fFamily: "a; } body { opacity: 0 } b {" }] } },
      "family",
    ],
    ["a giant picture", { assets: [{ p: pngUrl(20_000, 20_000) }] }, "takes at most"],
    [
      "too many pictures",
      { assets: Array.from({ length: 5 }, () => ({ p: pngUrl(3_000, 3_000) })) },
      "together",
    ],
  ])("is refused with %s", (_what, changes, message) => {
    expect(() => parse(changes)).toThrow(message);
  });

  test("is refused when compositions in compositions become too many layers", () => {
    expect(() => parse({ layers: uses("0", 10), assets: compositions(12, 10) })).toThrow("too many values");
    expect(() => parse({ layers: uses("0", 2), assets: compositions(12, 2) })).not.toThrow();
  });

  test("may show one composition in many places, each of which counts", () => {
    const assets = [{ id: "a", layers: [{ ty: 4, shapes: Array.from({ length: 1_000 }, () => 0) }] }];
    expect(() => parse({ layers: uses("a", 900), assets })).not.toThrow();
    expect(() => parse({ layers: uses("a", 1_000), assets })).toThrow("too many values");
  });

  test.each([
    ["itself", [{ id: "a", layers: uses("a", 1) }]],
    [
      "one that shows it",
      [
        { id: "a", layers: uses("b", 1) },
        { id: "b", layers: uses("a", 1) },
      ],
    ],
  ])("is refused with a composition that shows %s", (_what, assets) => {
    expect(() => parse({ layers: uses("a", 1), assets })).toThrow("shows itself");
  });

  test("is refused with a composition that any layer without a name would find", () => {
    expect(() => parse({ layers: [{ ty: 0, ks: {} }], assets: [{ layers: [] }] })).toThrow("without a name");
  });

  test("is refused with letters that are compositions, or with endless text", () => {
    const assets = [{ id: "a", layers: [] }];
    expect(() => parse({ chars: [{ t: 1, data: { refId: "a" } }], assets })).toThrow("letters");
    const text = { d: { k: [{ s: { t: "a".repeat(1_000_001) } }] } };
    expect(() => parse({ layers: [{ ty: 5, t: text }] })).toThrow("too many values");
  });

  test("names no element of the page, and keeps whether a mask is closed", () => {
    const named = { ty: 4, ln: "wallet", cl: "secret", masksProperties: [{ cl: false }] };
    const shapes = [{ ty: "gr", ln: ["wallet"], cl: ["secret"], it: [{ ty: "fl", ln: "wallet" }] }];
    const { json } = parse({ layers: [{ ...named, shapes }], assets: [{ id: "a", layers: [named] }] });
    expect(JSON.stringify(json)).not.toMatch(/"ln"|wallet|secret/);
    expect(json).toMatchObject({ layers: [{ masksProperties: [{ cl: false }] }] });
  });

  test("may be nested as deep as it likes", () => {
    const deep = `${"[".repeat(5_000)}1${"]".repeat(5_000)}`;
    const text = JSON.stringify(MOVIE).replace("{", `{"deep":${deep},`);
    expect(parseLottie(text).frames).toBe(60);
  });
});

/** Layers that show a composition. */
function uses(refId: string, count: number): readonly object[] {
  return Array.from({ length: count }, () => ({ ty: 0, refId, ks: {} }));
}

/** Compositions named by their numbers, each of which shows the next one so often. */
function compositions(count: number, times: number): readonly object[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `${at}`,
    layers: at + 1 < count ? uses(`${at + 1}`, times) : [{ ty: 4 }],
  }));
}

/** A PNG without any pixels behind its header. */
function pngUrl(width: number, height: number): string {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const png = Buffer.concat([signature, pngChunk("IHDR", header), pngChunk("IEND", Buffer.alloc(0))]);
  return `data:image/png;base64,${png.toString("base64")}`;
}
