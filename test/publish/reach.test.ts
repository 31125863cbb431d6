import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Edge } from "../../src/publish/edges.ts";
import { edgesFor, reachOf } from "../../src/publish/reach.ts";
import { isNarrowed } from "../../src/publish/stops.ts";
import { coveringStage, type Rollout } from "../../src/wire/rollout.ts";
import { toViewer } from "../../src/wire/viewer.ts";

const SALT = "rose/1.1.0";
const canary: Rollout = { salt: SALT, canary: { cohorts: ["staff"] } };
const regional = (regions: Readonly<Record<string, number>>): Rollout => ({
  ...canary,
  regional: { regions },
});
const full: Rollout = { ...regional({ SG: 500 }), full: true };

const SG: Edge = { region: "SG", url: "http://sg/" };
const SG_2: Edge = { region: "SG", url: "http://sg2/" };
const ID: Edge = { region: "ID", url: "http://id/" };
const BR: Edge = { region: "BR", url: "http://br/" };
const EDGES = [BR, ID, SG, SG_2];

describe("a widening", () => {
  test.each<[string, Rollout | null, Rollout | null, boolean, ReturnType<typeof reachOf>]>([
    ["to canary reaches cohorts wherever they are", null, canary, false, "everywhere"],
    ["straight to regional opens the canary too", null, regional({ SG: 500 }), false, "everywhere"],
    ["to regional reaches its regions", canary, regional({ SG: 500, ID: 1_000 }), false, ["SG", "ID"]],
    ["to regional passes over a region with nobody", canary, regional({ SG: 500, ID: 0 }), false, ["SG"]],
    ["of one share reaches the slice", regional({ SG: 500 }), regional({ SG: 900 }), false, ["SG"]],
    ["to full reaches everyone", regional({ SG: 500 }), full, false, "everywhere"],
    [
      "of a canary's share reaches the canary",
      canary,
      { ...canary, canary: { basisPoints: 100 } },
      false,
      "everywhere",
    ],
    [
      "by other files reaches all whom it served",
      regional({ SG: 500 }),
      regional({ SG: 500 }),
      true,
      "everywhere",
    ],
    ["by another salt draws other viewers", full, { ...full, salt: "other" }, false, "everywhere"],
    [
      "by a smaller holdback reaches those who were held back",
      { ...full, holdback: { salt: "h", basisPoints: 200 } },
      full,
      false,
      "everywhere",
    ],
    ["to a canary of nobody reaches nobody", null, { salt: SALT, canary: {} }, false, []],
    ["that closes reaches nobody", canary, null, false, []],
  ])("%s", (_, before, after, hasOtherFiles, reach) => {
    expect(reachOf(before, after, hasOtherFiles)).toEqual(reach);
  });

  test("is warmed through an edge of every viewer whom it serves and did not serve before", () => {
    const share = fc.integer({ min: 0, max: 10_000 });
    const rollout: fc.Arbitrary<Rollout | null> = fc.option(
      fc.record(
        {
          salt: fc.constant(SALT),
          canary: fc.record(
            { cohorts: fc.subarray(["staff", "qa"]), basisPoints: share },
            { requiredKeys: [] },
          ),
          regional: fc.record({ regions: fc.dictionary(fc.constantFrom("SG", "ID", "BR", "US"), share) }),
          full: fc.constant(true as const),
        },
        { requiredKeys: ["salt", "canary"] },
      ),
    );
    const viewer = fc.record({
      region: fc.constantFrom("SG", "ID", "BR", "US"),
      unitId: fc.uuid(),
      cohorts: fc.subarray(["staff", "qa"]),
    });
    fc.assert(
      fc.property(rollout, rollout, viewer, (before, after, of) => {
        const whom = toViewer({ platform: "web", appVersion: "1.0.0", tier: "mid", ...of });
        if (!after || !coveringStage(after, whom) || (before && coveringStage(before, whom))) return;
        expect(isNarrowed(after, before) || cohortsGrew(before, after)).toBe(true);
        const edges = edgesFor(reachOf(before, after, false), EDGES);
        // A viewer whose region has no edge may read from any.
        const own = EDGES.filter((it) => it.region === whom.region);
        expect(edges).toEqual(expect.arrayContaining(own.length > 0 ? own : EDGES));
      }),
      { numRuns: 2_000 },
    );
  });
});

function cohortsGrew(before: Rollout | null, after: Rollout): boolean {
  return after.canary?.cohorts?.some((it) => !before?.canary?.cohorts?.includes(it)) ?? false;
}

describe("the edges of a widening", () => {
  test("are all addresses of its regions", () => {
    expect(edgesFor(["SG", "ID"], EDGES)).toEqual([ID, SG, SG_2]);
    expect(edgesFor("everywhere", EDGES)).toEqual(EDGES);
    expect(edgesFor([], EDGES)).toEqual([]);
  });

  test("are all there are where a region has none: its viewers read from another region's", () => {
    expect(edgesFor(["SG", "US"], EDGES)).toEqual(EDGES);
  });

  test("leave out what is out of service, and its viewers read from the others", () => {
    const out = { ...ID, outOfService: "INC-4711" };
    expect(edgesFor("everywhere", [out, SG])).toEqual([SG]);
    expect(edgesFor(["ID"], [out, SG, BR])).toEqual([SG, BR]);
    expect(edgesFor(["SG"], [out, SG, BR])).toEqual([SG]);
    expect(edgesFor(["SG"], [{ ...SG, outOfService: "INC-4711" }, SG_2, BR])).toEqual([SG_2]);
    expect(edgesFor("everywhere", [out])).toEqual([]);
  });
});
