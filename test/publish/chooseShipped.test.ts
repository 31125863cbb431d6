import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseShipped, type ShippedWish } from "../../src/publish/chooseShipped.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { type CatalogRelease, type ObjectFile, type Role, writeCatalog } from "../../src/wire/catalog.ts";
import { EVERY_APP, type Gifts, linesOf, releaseOf } from "../wire/catalogOf.ts";

const file = (name: string, bytes: number, role: Role = "animation"): ObjectFile => ({
  role,
  mediaType: role === "still" ? "image/webp" : "application/vnd.lottie+json",
  digest: digestOf(name),
  bytes,
});

/** A release with an animation of so many bytes and a still of a tenth. */
function release(gift: string, version: string, bytes: number, changes: Partial<CatalogRelease> = {}) {
  const files = [
    file(`${gift} ${version}`, bytes),
    file(`still of ${gift} ${version}`, Math.ceil(bytes / 10), "still"),
  ];
  return releaseOf(version, { files, ...changes });
}

const ON_TRIAL = { rollout: { salt: "x", canary: { cohorts: ["staff"] } } };

function choose(
  gifts: Gifts,
  wish: Partial<ShippedWish>,
  overrides: Parameters<typeof chooseShipped>[1] = [],
) {
  const catalogs = { mid: writeCatalog("mid", linesOf(gifts)) };
  const whole = { tiers: ["mid"] as const, gifts: [], maxBytes: 1_000_000, ...wish };
  const { objects, leftOut } = chooseShipped(catalogs, overrides, whole);
  const words = objects.flatMap(({ parts }) => parts.map(({ release: of, shows }) => `${of} ${shows}`));
  return {
    objects,
    chosen: [...new Set(words)].sort(),
    leftOut: leftOut.map(({ release: of, shows }) => `${of} ${shows}`),
  };
}

describe("what an app ships inside", () => {
  const world: Gifts = {
    rose: [release("rose", "1.1.0", 300, ON_TRIAL), release("rose", "1.0.0", 200)],
    crown: [release("crown", "1.0.0", 1_000)],
    star: [release("star", "2.0.0", 100)],
  };

  test("is everything, where there is room", () => {
    const { chosen, leftOut } = choose(world, {});
    expect(chosen).toHaveLength(8);
    expect(leftOut).toEqual([]);
  });

  test("is every gift's still first, then small animations, and what is on trial last", () => {
    expect(choose(world, { maxBytes: 130 }).chosen).toEqual([
      "crown@1.0.0 still",
      "rose@1.0.0 still",
      "star@2.0.0 still",
    ]);
    const { chosen, leftOut } = choose(world, { maxBytes: 460 });
    expect(chosen).toContain("star@2.0.0 animation");
    expect(chosen).toContain("rose@1.0.0 animation");
    expect(leftOut).toEqual(["crown@1.0.0 animation", "rose@1.1.0 animation"]);
  });

  test("is what was asked for before all others", () => {
    expect(choose(world, { maxBytes: 555, gifts: ["rose"] }).chosen).toEqual([
      "rose@1.0.0 animation",
      "rose@1.0.0 still",
      "rose@1.1.0 animation",
      "rose@1.1.0 still",
    ]);
  });

  test("has with an animation all that it requires, and pays for a shared part once", () => {
    const requires = { kit: EVERY_APP };
    const shared: Gifts = {
      anchor: [releaseOf("1.0.0", { files: [file("anchor", 10)], requires })],
      boat: [releaseOf("1.0.0", { files: [file("boat", 10)], requires })],
      kit: [releaseOf("1.0.0", { files: [file("kit", 100)] })],
    };
    expect(choose(shared, { maxBytes: 120 }).chosen).toEqual([
      "anchor@1.0.0 animation",
      "boat@1.0.0 animation",
      "kit@1.0.0 animation",
    ]);
    const missing = { anchor: shared["anchor"] ?? [] };
    expect(choose(missing, {}).chosen).toEqual([]);
  });

  test("is nothing that an override speaks of, nor what would have to lie beside it", () => {
    const stop = { id: "x", origin: "git", gifts: ["star"], limit: {} } as const;
    expect(choose(world, {}, [stop]).chosen.filter((it) => it.startsWith("star"))).toEqual([]);
  });

  test("never takes more than it may, leaves nothing out that fits, and is the same for the same input", () => {
    const anyGifts = fc.dictionary(
      fc.stringMatching(/^[a-z]{1,6}$/),
      fc.record({ bytes: fc.integer({ min: 1, max: 500 }), isTrial: fc.boolean() }),
      { maxKeys: 8 },
    );
    fc.assert(
      fc.property(anyGifts, fc.nat(2_000), (written, maxBytes) => {
        const gifts = Object.fromEntries(
          Object.entries(written).map(([id, { bytes, isTrial }]) => [
            id,
            [release(id, "1.0.0", bytes, isTrial ? ON_TRIAL : {})],
          ]),
        );
        const { objects, leftOut } = choose(gifts, { maxBytes });
        const used = objects.reduce((sum, it) => sum + it.bytes, 0);
        expect(used).toBeLessThanOrEqual(maxBytes);
        for (const part of chooseShipped({ mid: writeCatalog("mid", linesOf(gifts)) }, [], {
          tiers: ["mid"],
          gifts: [],
          maxBytes,
        }).leftOut)
          expect(used + part.bytes).toBeGreaterThan(maxBytes);
        const reversed = Object.fromEntries(Object.entries(gifts).reverse());
        expect(choose(reversed, { maxBytes })).toMatchObject({ objects, leftOut });
      }),
      { numRuns: 50 },
    );
  });
});
