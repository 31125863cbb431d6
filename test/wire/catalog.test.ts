import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Catalog, CatalogFormatError, catalogLines, toLine, writeCatalog } from "../../src/wire/catalog.ts";
import { applyDelta, joinDeltas, makeDelta } from "../../src/wire/delta.ts";
import { TIERS } from "../../src/wire/viewer.ts";
import { catalogs } from "./arbitraries.ts";
import { linesOf, releaseOf, textOf } from "./catalogOf.ts";

describe("a catalog", () => {
  test("begins with its format and tier, then has one line for each gift, sorted", () => {
    const text = textOf({ rose: [releaseOf("1.0.0")], crown: [], "10": [], "9": [] });
    const [header, ...lines] = text.trimEnd().split("\n");
    expect(header).toBe('{"format":"1.0","tier":"mid"}');
    expect(lines.map((line) => JSON.parse(line).id)).toEqual(["10", "9", "crown", "rose"]);
    expect(text.endsWith("}\n")).toBe(true);
  });

  test("without a gift is its header line", () => {
    expect(textOf({})).toBe('{"format":"1.0","tier":"mid"}\n');
    expect(new Catalog(textOf({})).size).toBe(0);
  });

  test("says of each gift what was written of it", () => {
    fc.assert(
      fc.property(catalogs(), fc.constantFrom(...TIERS), (gifts, tier) => {
        const catalog = new Catalog(writeCatalog(tier, linesOf(gifts)));
        expect(catalog.header.tier).toBe(tier);
        expect([...catalog.ids()]).toEqual(Object.keys(gifts).sort());
        for (const [id, releases] of Object.entries(gifts)) {
          const gift = catalog.get(id);
          expect(gift?.id).toBe(id);
          expect(gift?.releases.map(({ release }) => release)).toEqual(releases);
          expect(catalog.get(id)).toBe(gift);
        }
      }),
    );
  });

  test.each([
    ["breaks off", '{"id":"kit","releases":[{"version":'],
    ["has no releases", '{"id":"kit"}'],
    ["calls itself otherwise further on", '{"id":"kit","id":"rose","releases":[]}'],
  ])("with a line that %s has nothing of that gift, and all of the others", (_, line) => {
    const catalog = new Catalog(`${textOf({ rose: [releaseOf("1.0.0")] })}${line}\n`);
    expect(catalog.get("kit")).toBeUndefined();
    expect(catalog.get("rose")?.releases).toHaveLength(1);
  });

  test("is the same text whatever the order in which gifts were given", () => {
    fc.assert(
      fc.property(catalogs(), (gifts) => {
        const lines = linesOf(gifts);
        const reversed = new Map([...lines].reverse());
        expect(writeCatalog("low", reversed)).toBe(writeCatalog("low", lines));
      }),
    );
  });

  test("can be taken apart into its lines and put together again", () => {
    fc.assert(
      fc.property(catalogs(), (gifts) => {
        const lines = catalogLines(textOf(gifts));
        expect(lines).toEqual(linesOf(gifts));
        expect(writeCatalog("mid", lines)).toBe(textOf(gifts));
      }),
    );
  });

  test("knows nothing of a gift that it does not list", () => {
    const catalog = new Catalog(textOf({ rose: [] }));
    expect([catalog.get("tulip"), catalog.get("ros"), catalog.get("")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("of a newer minor format is read, with fields that are not known yet", () => {
    const text = `{"format":"1.9","tier":"mid","glitter":true}\n${toLine({ id: "rose", releases: [releaseOf("1.0.0")] })}\n`;
    expect(new Catalog(text).get("rose")?.releases).toHaveLength(1);
  });

  test.each(["2.0", "10.0", "0.9", ""])("of format %j is refused, since it may mean anything", (format) => {
    expect(() => new Catalog(`{"format":"${format}","tier":"mid"}\n`)).toThrow(CatalogFormatError);
  });

  test.each(["", "\n", "<!doctype html>", "null", "[]", "1", '{"tier":"mid"}', '{"format":1}'])(
    "is not what begins with %j",
    (text) => expect(() => new Catalog(text)).toThrow(CatalogFormatError),
  );

  test("with a line that does not begin with an id is refused", () => {
    const header = '{"format":"1.0","tier":"mid"}';
    expect(() => new Catalog(`${header}\n{"releases":[],"id":"rose"}\n`)).toThrow(CatalogFormatError);
    expect(() => new Catalog(`${header}\n{"id":"rose\n`)).toThrow(CatalogFormatError);
  });
});

describe("a delta", () => {
  test("turns the older catalog into the newer one, byte for byte", () => {
    fc.assert(
      fc.property(catalogs(), catalogs(), (a, b) => {
        const [from, to] = [textOf(a), textOf(b)];
        expect(applyDelta("mid", from, makeDelta(from, to))).toBe(to);
      }),
    );
  });

  test("survives being written as JSON and read again", () => {
    fc.assert(
      fc.property(catalogs(), catalogs(), (a, b) => {
        const [from, to] = [textOf(a), textOf(b)];
        expect(applyDelta("mid", from, JSON.parse(JSON.stringify(makeDelta(from, to))))).toBe(to);
      }),
    );
  });

  test("joined to the next one does what both do, without the catalog that they begin with", () => {
    fc.assert(
      fc.property(catalogs(), catalogs(), catalogs(), (a, b, c) => {
        const [from, between, to] = [textOf(a), textOf(b), textOf(c)];
        const joined = joinDeltas(makeDelta(from, between), makeDelta(between, to), catalogLines(to));
        expect(applyDelta("mid", from, joined)).toBe(to);
      }),
    );
  });

  test("of another catalog is refused where that shows", () => {
    expect(() => applyDelta("mid", textOf({}), { rose: [5, 5, "x"] })).toThrow(RangeError);
    expect(() => applyDelta("mid", textOf({}), { rose: [-1, 0, "x"] })).toThrow(RangeError);
  });

  test("between two equal catalogs is empty", () => {
    fc.assert(
      fc.property(catalogs(), (gifts) => {
        expect(makeDelta(textOf(gifts), textOf(gifts))).toEqual({});
      }),
    );
  });

  test("names the gifts that changed and no others, and of a line only what is new", () => {
    const from = textOf({
      rose: [releaseOf("1.0.0")],
      kit: [releaseOf("1.0.0")],
      crown: [releaseOf("1.0.0")],
    });
    const to = textOf({ rose: [releaseOf("1.1.0")], kit: [releaseOf("1.0.0")], spark: [] });
    const beforeMinor = '{"id":"rose","releases":[{"version":"1.';
    expect(makeDelta(from, to)).toEqual({
      rose: [beforeMinor.length, expect.any(Number), expect.stringMatching(/^1\.0"/)],
      crown: null,
      spark: '{"id":"spark","releases":[]}',
    });
  });
});
