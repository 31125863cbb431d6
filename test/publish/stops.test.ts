import { describe, expect, test } from "vitest";
import {
  addStops,
  coarsenStops,
  isNarrowed,
  MAX_OVERRIDE_BYTES,
  planStops,
} from "../../src/publish/stops.ts";
import type { Override } from "../../src/wire/override.ts";
import type { Rollout } from "../../src/wire/rollout.ts";

const FULL: Rollout = {
  salt: "rose/1.1.0",
  canary: { cohorts: ["staff"] },
  regional: { regions: { SG: 500 } },
  full: true,
};

describe("which changes are stops", () => {
  test("closing, deleting, lowering and holding back are; opening, raising and nothing are not", () => {
    const { full: _, ...regional } = FULL;
    const canary: Rollout = { salt: FULL.salt, canary: { cohorts: ["staff"], basisPoints: 100 } };
    expect(isNarrowed(FULL, null)).toBe(true);
    expect(isNarrowed(FULL, regional)).toBe(true);
    expect(isNarrowed(regional, { ...regional, regional: { regions: { SG: 499 } } })).toBe(true);
    expect(isNarrowed(regional, { ...regional, regional: { regions: { ID: 500 } } })).toBe(true);
    expect(isNarrowed(canary, { ...canary, canary: { basisPoints: 99 } })).toBe(true);
    expect(isNarrowed(FULL, { ...FULL, holdback: { salt: "h", basisPoints: 1 } })).toBe(true);
    expect(isNarrowed(FULL, { ...FULL, salt: "another" })).toBe(true);
    expect(isNarrowed(null, FULL)).toBe(false);
    expect(isNarrowed(FULL, FULL)).toBe(false);
    expect(isNarrowed(regional, FULL)).toBe(false);
    expect(isNarrowed(regional, { ...regional, regional: { regions: { SG: 501, ID: 1 } } })).toBe(false);
    expect(isNarrowed({ ...FULL, holdback: { salt: "h", basisPoints: 200 } }, FULL)).toBe(false);
  });

  test("a stop is limited to what the release still reaches, and names the generation that will carry it", () => {
    const { full: _, ...regional } = FULL;
    expect(planStops([{ gift: "rose", version: "1.1.0", before: FULL, after: regional }], 8)).toEqual([
      {
        id: "stop/rose/1.1.0",
        origin: "stop",
        gifts: ["rose"],
        versions: [
          [
            [1, 1, 0],
            [1, 1, 1, 0],
          ],
        ],
        limit: regional,
        untilGeneration: 8,
      },
    ]);
  });
});

describe("the list of overrides", () => {
  const fileOverride: Override = {
    id: "hold",
    origin: "git",
    gifts: ["rose"],
    scope: { regions: ["SG"] },
    limit: {},
  };

  test("keeps the old form of a changed override beside the new one: nothing widens with a stop", () => {
    const changed: Override = { ...fileOverride, scope: { regions: ["ID"] } };
    expect(addStops([fileOverride], [changed])).toEqual([{ ...fileOverride, id: "hold/before" }, changed]);
    expect(addStops([fileOverride], [fileOverride])).toEqual([fileOverride]);
  });

  test("stays below half of what TUF clients accept: stops get coarser, they are never refused", () => {
    const many = (gifts: number): Override[] =>
      Array.from({ length: gifts }, (_, at) => ({
        id: `stop/gift-${at}/1.0.0`,
        origin: "stop",
        gifts: [`gift-${at}`],
        versions: [
          [
            [1, 0, 0],
            [1, 0, 1, 0],
          ],
        ],
        limit: {},
        untilGeneration: 3,
      }));
    const sizeOf = (list: readonly Override[]) => JSON.stringify(list).length;
    expect(coarsenStops(many(10))).toEqual(many(10));
    const hundred = coarsenStops([fileOverride, ...many(100)]);
    expect(sizeOf(hundred)).toBeLessThanOrEqual(MAX_OVERRIDE_BYTES);
    expect(hundred).toContainEqual(fileOverride);
    expect(hundred.find((it) => it.id === "stop/coarse/3")?.gifts).toHaveLength(100);
    const thousand = coarsenStops([fileOverride, ...many(5_000)]);
    expect(sizeOf(thousand)).toBeLessThanOrEqual(MAX_OVERRIDE_BYTES);
    expect(thousand.find((it) => it.id === "stop/coarse/3")).toMatchObject({
      gifts: "*",
      untilGeneration: 3,
    });
  });
});
