import fc from "fast-check";
import { expect, test } from "vitest";
import type { ReleaseLink } from "../../src/wire/catalog.ts";
import { explain, resolve } from "../../src/wire/resolve.ts";
import { catalogs, giftIds, hints, overridesOf, viewers } from "./arbitraries.ts";
import { catalogOf, overrideOf, wordsOf } from "./catalogOf.ts";
import { runsOf } from "../support/runs.ts";

const world = fc.record({
  gifts: catalogs(),
  overrides: overridesOf(),
  viewer: viewers(),
  gift: giftIds(),
  hint: hints(),
});
const RUNS = runsOf(300, 100);

test("every chain ends with the one default, and tries no release twice", () => {
  fc.assert(
    fc.property(world, ({ gifts, overrides, viewer, gift, hint }) => {
      const words = wordsOf(resolve(catalogOf(gifts), overrides, viewer, gift, hint).chain);
      expect(words.indexOf("default")).toBe(words.length - 1);
      expect(new Set(words).size).toBe(words.length);
    }),
    RUNS,
  );
});

test("every release in a chain serves the viewer, and what it requires is not itself", () => {
  fc.assert(
    fc.property(world, ({ gifts, overrides, viewer, gift, hint }) => {
      const catalog = catalogOf(gifts);
      const links = resolve(catalog, overrides, viewer, gift, hint).chain.filter(
        (link): link is ReleaseLink => link.kind === "release",
      );
      for (const link of links) {
        const verdict = explain(catalog, overrides, viewer, link.gift).find(
          (it) => it.version === link.version,
        );
        expect(verdict?.verdict.kind).toBe("serves");
        expect(link.requires.map((it) => it.gift)).not.toContain(link.gift);
        for (const it of link.requires) {
          const required = explain(catalog, overrides, viewer, it.gift).find(
            ({ version }) => version === it.version,
          );
          expect(required?.verdict.kind).toBe("serves");
        }
      }
    }),
    RUNS,
  );
});

test("the winner is the newest release that is said to serve, and the reason is its stage", () => {
  fc.assert(
    fc.property(world, ({ gifts, overrides, viewer, gift }) => {
      const catalog = catalogOf(gifts);
      const { chain, reason } = resolve(catalog, overrides, viewer, gift);
      const newest = explain(catalog, overrides, viewer, gift).find(
        ({ verdict }) => verdict.kind === "serves",
      );
      if (!newest) {
        expect(["fallback", "default"]).toContain(reason);
        return;
      }
      expect(chain[0]).toMatchObject({ kind: "release", gift, version: newest.version });
      expect(newest.verdict).toEqual({ kind: "serves", stage: reason });
    }),
    RUNS,
  );
});

test("a still is the winner's own, or there is none", () => {
  fc.assert(
    fc.property(world, ({ gifts, overrides, viewer, gift, hint }) => {
      const { chain } = resolve(catalogOf(gifts), overrides, viewer, gift, hint);
      const stills = chain.filter((link) => link.kind === "still");
      expect(stills.length).toBeLessThanOrEqual(1);
      for (const still of stills) expect(chain[0]).toMatchObject({ gift, version: still.version });
    }),
    RUNS,
  );
});

test("a stop of a gift leaves nothing of it in any chain", () => {
  fc.assert(
    fc.property(
      world,
      fc.constantFrom("rose", "kit", "*"),
      ({ gifts, overrides, viewer, gift, hint }, stopped) => {
        const stop = stopped === "*" ? overrideOf("x", { gifts: "*" }) : overrideOf(stopped);
        const { chain } = resolve(catalogOf(gifts), [...overrides, stop], viewer, gift, hint);
        for (const link of chain) {
          if (link.kind === "default") continue;
          const used = [link.gift, ...(link.kind === "release" ? link.requires.map((it) => it.gift) : [])];
          expect(stopped).not.toBe("*");
          expect(used).not.toContain(stopped);
        }
      },
    ),
    RUNS,
  );
});

test("an override never lets a viewer have a release that the catalog alone would not give them", () => {
  fc.assert(
    fc.property(world, ({ gifts, overrides, viewer, gift }) => {
      const catalog = catalogOf(gifts);
      const free = explain(catalog, [], viewer, gift);
      explain(catalog, overrides, viewer, gift).forEach(({ verdict }, at) => {
        if (verdict.kind === "serves") expect(free[at]?.verdict.kind).toBe("serves");
      });
    }),
    RUNS,
  );
});
