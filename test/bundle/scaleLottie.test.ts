import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { scaleDotLottie } from "../../src/bundle/vector/scaleDotLottie.ts";
import { scaleLottie } from "../../src/bundle/vector/scaleLottie.ts";
import { inspect } from "../../src/formats/inspect.ts";
import { buildLayer, buildLottie, dataUrl } from "../formats/buildLottie.ts";
import { drawPng } from "./drawSvga.ts";

interface Movie {
  readonly assets: readonly {
    readonly id: string;
    readonly w: number;
    readonly h: number;
    readonly p: string;
  }[];
  readonly layers: readonly { readonly ks: Record<string, { readonly k: readonly unknown[] }> }[];
}

const open = (bytes: Uint8Array): Movie => JSON.parse(new TextDecoder().decode(bytes));
const sizeOf = async (url: string) => {
  const { width, height } = await sharp(Buffer.from(url.replace(/^.*,/, ""), "base64")).metadata();
  return [width, height];
};
const imageOf = async (id: string, width: number, height: number) => ({
  id,
  w: width,
  h: height,
  e: 1,
  u: "",
  p: dataUrl("image/png", await drawPng(width, height)),
});
const showing = (refId: string, parts: Readonly<Record<string, unknown>> = {}) =>
  buildLayer({
    ty: 2,
    refId,
    ks: { a: { a: 0, k: [60, 40, 0] }, s: { a: 0, k: [100, 100, 100] } },
    ...parts,
  });
/** Where a corner of the picture lands: the anchor taken off, then scaled. */
const cornerOf = ({ layers: [layer], assets: [asset] }: Movie) => {
  const [x, y] = (layer?.ks["a"]?.k ?? []) as number[];
  const [sx = 0, sy = 0] = (layer?.ks["s"]?.k ?? []) as number[];
  return [(((asset?.w ?? 0) - (x ?? 0)) * sx) / 100, (((asset?.h ?? 0) - (y ?? 0)) * sy) / 100];
};

describe("scaling the images of a Lottie", () => {
  test("leaves no more pixels than they cover; the picture lands where it did, in players that go by either size", async () => {
    const bytes = buildLottie({ assets: [await imageOf("petal", 120, 80)], layers: [showing("petal")] });
    const { bytes: scaled } = await scaleLottie(bytes, 40);
    const movie = open(scaled);
    expect(movie.assets[0]).toMatchObject({ w: 40, h: 27 });
    expect(await sizeOf(movie.assets[0]?.p ?? "")).toEqual([40, 27]);
    expect(cornerOf(movie).map((it) => Math.round(it * 100) / 100)).toEqual(cornerOf(open(bytes)));
    const [before, after] = [await inspect(bytes), await inspect(scaled)];
    expect({ ...after, decodedBytes: 0, pictures: [] }).toEqual({ ...before, decodedBytes: 0, pictures: [] });
    expect(after.decodedBytes).toBeLessThan(before.decodedBytes);
  });

  test("knows how large an image is shown: by its layer, the layer's parents, and the compositions around it", async () => {
    const assets = [await imageOf("petal", 120, 80), { id: "inner", layers: [showing("petal")] }];
    const half = {
      s: {
        a: 1,
        k: [
          { t: 0, s: [10, 10, 100] },
          { t: 30, s: [50, 50, 100] },
        ],
      },
    };
    const layers = [
      buildLayer({ ind: 1, ty: 3, ks: half }),
      buildLayer({ ind: 2, ty: 0, refId: "inner", parent: 1, ks: half }),
    ];
    const { bytes } = await scaleLottie(buildLottie({ assets, layers }), 4_000);
    expect(open(bytes).assets[0]).toMatchObject({ w: 30, h: 20 });
  });

  test("knows it of a layer with very many key frames, too", async () => {
    const k = Array.from({ length: 100_000 }, (_, t) => ({ t, s: [50, 50] }));
    const layers = [showing("petal", { ks: { s: { a: 1, k } } })];
    const { bytes } = await scaleLottie(
      buildLottie({ assets: [await imageOf("petal", 120, 80)], layers }),
      4_000,
    );
    expect(open(bytes).assets[0]).toMatchObject({ w: 60, h: 40 });
  });

  test("leaves an image alone whose layer holds more than the picture", async () => {
    const assets = [await imageOf("petal", 120, 80)];
    for (const layers of [
      [showing("petal", { masksProperties: [{ mode: "a" }] })],
      [showing("petal", { ef: [{ ty: 5 }] })],
      [showing("petal", { ind: 1 }), buildLayer({ ind: 2, parent: 1 })],
      [showing("petal", { ks: { s: { a: 0, k: 100 } } })],
    ]) {
      const bytes = buildLottie({ assets, layers });
      expect((await scaleLottie(bytes, 40)).bytes).toBe(bytes);
    }
  });

  test("gives the very file back where nothing is to do, however it is written", async () => {
    const text = JSON.stringify(open(buildLottie({ layers: [showing("none")] })), null, 3);
    const bytes = new TextEncoder().encode(text.replace('"fr": 30', '"fr": 30.000'));
    expect((await scaleLottie(bytes, 40)).bytes).toBe(bytes);
  });

  test("drops what no layer shows, with the compositions that only it was in, and keeps slots", async () => {
    const assets = [
      await imageOf("petal", 20, 20),
      await imageOf("old", 20, 20),
      await imageOf("avatar", 20, 20),
      { id: "unused", layers: [showing("old")] },
      { id: "loop", layers: [buildLayer({ ty: 0, refId: "loop" })] },
    ];
    const { bytes, changes } = await scaleLottie(buildLottie({ assets, layers: [showing("petal")] }), 4_000);
    expect(open(bytes).assets.map((it) => it.id)).toEqual(["petal", "avatar"]);
    expect(changes.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "dropped old",
      "dropped unused",
      "dropped loop",
    ]);
  });
});

describe("a character that is a composition itself", () => {
  const chars = [{ ch: "A", t: 1, data: { refId: "glyph", ks: {} } }];

  test("stays, with everything in it, whatever size its text has", async () => {
    const assets = [await imageOf("petal", 120, 80), { id: "glyph", layers: [showing("petal")] }];
    const bytes = buildLottie({ assets, chars, layers: [buildLayer()] });
    expect((await scaleLottie(bytes, 40)).bytes).toBe(bytes);
    expect((await inspect(bytes)).deadWeight).toEqual([]);
  });

  test("keeps an image as it is that a layer shows, too", async () => {
    const assets = [await imageOf("petal", 120, 80), { id: "glyph", layers: [showing("petal")] }];
    const bytes = buildLottie({ assets, chars, layers: [buildLayer({ ty: 0, refId: "glyph" })] });
    expect((await scaleLottie(bytes, 40)).bytes).toBe(bytes);
  });
});

describe("scaling the images of a dotLottie", () => {
  const movie = (parts: Readonly<Record<string, unknown>>) => strToU8(strFromU8(buildLottie(parts)));
  const build = async () => {
    const asset = { id: "petal", w: 120, h: 80, u: "/i/", p: "petal.png", e: 0 };
    return zipSync({
      "manifest.json": strToU8('{"version":"2","animations":[{"id":"one"},{"id":"two"}]}'),
      "a/one.json": movie({ assets: [asset], layers: [showing("petal")] }),
      "a/two.json": movie({ w: 60, h: 40, layers: [buildLayer()] }),
      "t/dark.json": strToU8('{"rules":[{"value":{"p":"night.png"}}]}'),
      "i/petal.png": await drawPng(120, 80),
      "i/night.png": await drawPng(10, 10),
      "i/old.png": await drawPng(10, 10),
      "__MACOSX/i/._petal.png": strToU8("dirt"),
    });
  };

  test("writes the archive again with smaller images, and everything else as it was", async () => {
    const bytes = await build();
    const [before, after] = [unzipSync(bytes), unzipSync((await scaleDotLottie(bytes, 60)).bytes)];
    expect(Object.keys(after)).toEqual(Object.keys(before).filter((it) => !/old|MACOSX/.test(it)));
    const petal = await sharp(after["i/petal.png"]).metadata();
    expect([petal.width, petal.height]).toEqual([60, 40]);
    for (const path of ["manifest.json", "a/two.json", "t/dark.json", "i/night.png"])
      expect(after[path]).toEqual(before[path]);
    expect(open(after["a/one.json"] ?? new Uint8Array()).assets[0]).toMatchObject({
      w: 60,
      h: 40,
      p: "petal.png",
    });
  });

  test("scales the images that stand in the animation itself, too", async () => {
    const asset = await imageOf("petal", 120, 80);
    const bytes = zipSync({
      "manifest.json": strToU8('{"version":"2","animations":[{"id":"one"}]}'),
      "a/one.json": movie({ assets: [asset], layers: [showing("petal")] }),
    });
    const { bytes: scaled, changes } = await scaleDotLottie(bytes, 60);
    expect(changes).toMatchObject([{ kind: "scaled", name: "petal", after: { width: 60, height: 40 } }]);
    const [after] = open(unzipSync(scaled)["a/one.json"] ?? new Uint8Array()).assets;
    expect(after).toMatchObject({ w: 60, h: 40 });
    expect(await sizeOf(after?.p ?? "")).toEqual([60, 40]);
    expect((await inspect(scaled)).decodedBytes).toBeLessThan((await inspect(bytes)).decodedBytes);
    expect((await scaleDotLottie(scaled, 60)).bytes).toBe(scaled);
  });

  test("copies other animations byte for byte, even what is no JSON, and leaves their images alone", async () => {
    const asset = { id: "petal", w: 120, h: 80, u: "/i/", p: "petal.png", e: 0 };
    const bytes = zipSync({
      "manifest.json": strToU8('{"version":"2","animations":[{"id":"one"},{"id":"two"}]}'),
      "a/one.json": movie({ assets: [asset], layers: [showing("petal")] }),
      "a/two.json": strToU8('{ "assets": [{ "p": "night\\u002epng" }, '),
      "i/petal.png": await drawPng(120, 80),
      "i/night.png": await drawPng(10, 10),
    });
    const [before, after] = [unzipSync(bytes), unzipSync((await scaleDotLottie(bytes, 60)).bytes)];
    expect(after["a/two.json"]).toEqual(before["a/two.json"]);
    expect(after["i/night.png"]).toEqual(before["i/night.png"]);
    expect((await sharp(after["i/petal.png"]).metadata()).width).toBe(60);
  });

  test("reads names as UTF-8, whether the archive says so or not", async () => {
    const name = "\u82b1.png";
    const asset = { id: "petal", w: 120, h: 80, u: "/i/", p: name, e: 0 };
    const bytes = Buffer.from(
      zipSync({
        "manifest.json": strToU8('{"version":"2","animations":[{"id":"one"}]}'),
        "a/one.json": movie({ assets: [asset], layers: [showing("petal")] }),
        [`i/${name}`]: await drawPng(120, 80),
      }),
    );
    withoutUtf8Flags(bytes);
    const { bytes: scaled, changes } = await scaleDotLottie(bytes, 60);
    expect(changes).toMatchObject([{ kind: "scaled", name: "petal" }]);
    expect(await inspect(scaled)).toMatchObject({ images: 1, pictures: [{ width: 60, isUsed: true }] });
  });

  test("gives the same bytes in every time zone, and the very file back once nothing is to do", async () => {
    const bytes = await build();
    const first = (await scaleDotLottie(bytes, 60)).bytes;
    const zone = process.env["TZ"];
    process.env["TZ"] = "Pacific/Kiritimati";
    try {
      expect(Buffer.from((await scaleDotLottie(bytes, 60)).bytes).equals(first)).toBe(true);
    } finally {
      if (zone === undefined) delete process.env["TZ"];
      else process.env["TZ"] = zone;
    }
    expect((await scaleDotLottie(first, 60)).bytes).toBe(first);
  });
});

/** As many programs write archives: names in UTF-8, and bit 11 not set (APPNOTE.TXT, section 4.4.4). */
function withoutUtf8Flags(zip: Buffer): void {
  for (const [mark, flags] of [
    ["PK\u0003\u0004", 6],
    ["PK\u0001\u0002", 8],
  ] as const)
    for (let at = zip.indexOf(mark); at >= 0; at = zip.indexOf(mark, at + 4))
      zip.writeUInt16LE(zip.readUInt16LE(at + flags) & ~0x800, at + flags);
}
