import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resolve } from "../../src/wire/resolve.ts";
import type { Rollout } from "../../src/wire/rollout.ts";
import { type Standing, standingOf } from "../../src/wire/trial.ts";
import type { Viewer } from "../../src/wire/viewer.ts";
import { catalogs, giftIds, hints, overridesOf, viewers } from "./arbitraries.ts";
import {
  catalogOf,
  EVERY_APP,
  FULL,
  type Gifts,
  overrideOf,
  releaseOf,
  unitIdWhere,
  viewerOf,
} from "./catalogOf.ts";
import { runsOf } from "../support/runs.ts";

const SALT = "rose/1.1.0";
const REGIONAL: Rollout = {
  salt: SALT,
  canary: { cohorts: ["staff"] },
  regional: { regions: { SG: 2_000 }, eligible: { tiers: ["mid", "high"], exclude: ["vip"] } },
};
const HOLDBACK = { salt: `holdback/${SALT}`, basisPoints: 1_000 };

function gifts(rollout: Rollout, parts: object = {}): Gifts {
  return { rose: [releaseOf("1.1.0", { rollout, ...parts }), releaseOf("1.0.0")] };
}

function standing(
  world: Gifts,
  viewer: Viewer,
  hint?: string,
  overrides = [] as ReturnType<typeof overrideOf>[],
): Standing {
  const catalog = catalogOf(world);
  return standingOf(catalog, overrides, viewer, "rose", resolve(catalog, overrides, viewer, "rose", hint));
}

/** How often each arm is there among many viewers who differ in nothing but their unit ids, and the one share that they were told. */
function armsAmong(world: Gifts, viewer: Viewer, hint?: string) {
  const arms = { trial: 0, baseline: 0, cohort: 0, live: 0 };
  const shares = new Set<number>();
  for (let unit = 0; unit < 1_000; unit++) {
    const it = standing(world, { ...viewer, unitId: `unit-${unit}` }, hint);
    arms[it.arm]++;
    if (it.arm === "trial" || it.arm === "baseline") shares.add(it.sharePerMillion);
  }
  return { ...arms, shares: [...shares] };
}

/** Whether the count is where chance puts it but for once in ten million times (5.3 standard deviations, and room for few). */
function expectShare(trial: number, all: number, sharePerMillion: number): void {
  const p = sharePerMillion / 1_000_000;
  expect(Math.abs(trial - all * p)).toBeLessThanOrEqual(5.3 * Math.sqrt(all * p * (1 - p)) + 3);
}

describe("a play counts for the trial or its baseline", () => {
  test.each([
    ["a regional slice", REGIONAL, 200_000],
    ["a slice with a holdback", { ...REGIONAL, holdback: HOLDBACK }, 180_000],
    ["a canary of a percentage", { salt: SALT, canary: { basisPoints: 3_000 } }, 300_000],
    ["a percentage larger than the region's share", { ...REGIONAL, canary: { basisPoints: 3_000 } }, 300_000],
    ["a percentage smaller than the region's share", { ...REGIONAL, canary: { basisPoints: 100 } }, 200_000],
    ["full with a holdback", { ...REGIONAL, full: true as const, holdback: HOLDBACK }, 900_000],
  ])("as chance has it, with the share that is said: %s", (_name, rollout, share) => {
    const found = armsAmong(gifts(rollout), viewerOf());
    expect(found).toMatchObject({ cohort: 0, live: 0, shares: [share] });
    expectShare(found.trial, 1_000, share);
  });

  test("also when its room names the release on trial, which the others are refused", () => {
    expect(armsAmong(gifts(REGIONAL), viewerOf(), "1.1.0")).toEqual(armsAmong(gifts(REGIONAL), viewerOf()));
  });

  test("at full with a holdback also for cohorts of the canary: everyone is treated alike there", () => {
    const found = armsAmong(
      gifts({ ...REGIONAL, full: true, holdback: HOLDBACK }),
      viewerOf({ cohorts: ["staff"] }),
    );
    expect(found).toMatchObject({ cohort: 0, live: 0, shares: [900_000] });
  });

  test("while a requirement is on its way with a bucket of its own", () => {
    const kit = [
      releaseOf("2.0.0", { rollout: { salt: "kit", canary: { basisPoints: 5_000 } } }),
      releaseOf("1.0.0"),
    ];
    const world = { ...gifts(REGIONAL, { requires: { kit: EVERY_APP } }), kit };
    const found = armsAmong(world, viewerOf());
    expect(found.live).toBe(0);
    expectShare(found.trial, 1_000, 200_000);
  });
});

describe("a play is live", () => {
  test.each([
    ["the gift is nowhere on trial", gifts(FULL), {}],
    ["the region has no share", gifts(REGIONAL), { region: "BR" }],
    ["the region is unknown", gifts(REGIONAL), { region: "" }],
    ["the tier is not in the low-risk slice", gifts(REGIONAL), { tier: "low" as const }],
    ["the viewer is excluded from it", gifts(REGIONAL), { cohorts: ["vip"] }],
    ["the app is too old for the release", gifts(REGIONAL, { app: { android: [[[9, 0, 0], null]] } }), {}],
    ["the platform is not served", gifts(REGIONAL, { app: { ios: EVERY_APP } }), {}],
    ["the release has nothing for the tier", gifts(REGIONAL, { files: [] }), {}],
    [
      "what the release requires does not serve the viewer",
      gifts(REGIONAL, { requires: { kit: EVERY_APP } }),
      {},
    ],
    [
      "a newer release is open to all",
      { rose: [releaseOf("1.2.0"), ...(gifts(REGIONAL)["rose"] ?? [])] },
      {},
    ],
  ])("for everyone when %s", (_name, world, parts) => {
    expect(armsAmong(world, viewerOf(parts))).toMatchObject({
      trial: 0,
      baseline: 0,
      cohort: 0,
      live: 1_000,
    });
  });

  test("for everyone in a room that shows the older release to all: only the trial's viewers would be missing there", () => {
    expect(armsAmong(gifts(REGIONAL), viewerOf(), "1.0.0")).toMatchObject({
      trial: 0,
      baseline: 0,
      live: 1_000,
    });
  });

  test("for everyone when a requirement is on its way in the very same bucket", () => {
    const kit = [releaseOf("2.0.0", { rollout: { salt: SALT, canary: { basisPoints: 2_000 } } })];
    const world = { ...gifts(REGIONAL, { requires: { kit: EVERY_APP } }), kit };
    expect(armsAmong(world, viewerOf())).toMatchObject({ trial: 0, baseline: 0, live: 1_000 });
  });

  test("for everyone while an override takes away what the others would get: nobody would be left to compare with", () => {
    const inSlice = unitIdWhere((id) => standing(gifts(REGIONAL), viewerOf({ unitId: id })).arm === "trial");
    for (const unitId of ["user-1", inSlice]) {
      const stopped = overrideOf("rose", {
        versions: [
          [
            [1, 0, 0],
            [1, 1, 0],
          ],
        ],
      });
      expect(standing(gifts(REGIONAL), viewerOf({ unitId }), undefined, [stopped]).arm).toBe("live");
    }
  });

  test("without a unit id", () => {
    expect(standing(gifts(REGIONAL), viewerOf({ unitId: "" })).arm).toBe("live");
  });

  test("while an override speaks of the release for this viewer, and only then", () => {
    const limit = { canary: true as const, regional: true as const };
    const arm = (parts: object) =>
      standing(gifts(REGIONAL), viewerOf(), undefined, [overrideOf("rose", { limit, ...parts })]).arm;
    expect(arm({})).toBe("live");
    expect(arm({ scope: { regions: ["BR"] } })).not.toBe("live");
    expect(
      arm({
        versions: [
          [
            [0, 1, 0],
            [0, 9, 0],
          ],
        ],
      }),
    ).not.toBe("live");
  });
});

test("a gift's first release has no baseline, and everyone who gets it by chance is in the trial", () => {
  const found = armsAmong({ rose: [releaseOf("1.1.0", { rollout: REGIONAL })] }, viewerOf());
  expect(found).toMatchObject({ baseline: 0, cohort: 0, shares: [1_000_000] });
  expectShare(found.trial, 1_000, 200_000);
});

test("what a named cohort gets is compared with nobody, in the slice or not", () => {
  const found = armsAmong(gifts({ ...REGIONAL, holdback: HOLDBACK }), viewerOf({ cohorts: ["staff"] }));
  expect(found).toMatchObject({ trial: 0, baseline: 0, shares: [] });
  expectShare(found.live, 1_000, 100_000);
  const staff = viewerOf({ cohorts: ["staff"], unitId: "user-1" });
  expect(standing(gifts(REGIONAL), staff)).toEqual({ arm: "cohort", trial: "1.1.0", sharePerMillion: 0 });
});

test("a share too small to be told in millionths is not nobody", () => {
  const world = gifts({
    salt: SALT,
    canary: { basisPoints: 1 },
    holdback: { salt: "h", basisPoints: 9_999 },
  });
  const unitId = unitIdWhere((id) => standing(world, viewerOf({ unitId: id })).arm === "baseline");
  expect(standing(world, viewerOf({ unitId })).sharePerMillion).toBe(1);
});

const world = fc.record({
  gifts: catalogs(),
  overrides: overridesOf(),
  viewer: viewers(),
  gift: giftIds(),
  hint: hints(),
});

test("in every catalog the arm agrees with what the viewer gets", () => {
  fc.assert(
    fc.property(world, ({ gifts, overrides, viewer, gift, hint }) => {
      const catalog = catalogOf(gifts);
      const resolution = resolve(catalog, overrides, viewer, gift, hint);
      const { arm, trial, sharePerMillion } = standingOf(catalog, overrides, viewer, gift, resolution);
      const first = resolution.chain[0];
      if (arm === "live") expect([trial, sharePerMillion]).toEqual(["", 0]);
      else {
        expect(first).toMatchObject({ kind: "release", gift });
        const version = first?.kind === "release" ? first.version : "";
        const order = catalog.get(gift)?.releases.map((it) => it.release.version) ?? [];
        if (arm === "baseline") expect(order.indexOf(version)).toBeGreaterThan(order.indexOf(trial));
        else expect(version).toBe(trial);
        expect(sharePerMillion > 0).toBe(arm !== "cohort");
      }
    }),
    runsOf(400, 100),
  );
});

/** Catalogs in which a rose is on trial for many, over an older one; much of what could spoil the comparison is often there. */
function trials() {
  const basisPoints = fc.constantFrom(500, 3_000, 5_000, 10_000);
  const rollout: fc.Arbitrary<Rollout> = fc.record(
    {
      salt: fc.constantFrom("a", "b"),
      canary: fc.record({ basisPoints, cohorts: fc.constant(["staff"]) }, { requiredKeys: [] }),
      regional: fc.record({ regions: fc.record({ SG: basisPoints }) }),
      full: fc.constant(true as const),
      holdback: fc.record({ salt: fc.constant("holdback/a"), basisPoints: fc.constantFrom(500, 5_000) }),
    },
    { requiredKeys: ["salt", "canary"] },
  );
  const olderRollout = fc.oneof({ weight: 2, arbitrary: fc.constant(FULL) }, rollout);
  return fc
    .record({ rollout, older: olderRollout, kit: olderRollout, requires: fc.boolean() })
    .map(({ rollout, older, kit, requires }) => ({
      rose: [
        releaseOf("2.0.0", { rollout, ...(requires && { requires: { kit: EVERY_APP } }) }),
        releaseOf("1.1.0", { rollout: older }),
      ],
      kit: [releaseOf("1.0.0", { rollout: kit })],
    }));
}

test("in every catalog, over viewers who differ in their unit ids alone, the trial's share is the one that is said", () => {
  const rose = fc.record({
    gifts: trials(),
    overrides: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, overridesOf()),
    viewer: viewers().map((it) => ({ ...it, platform: "android", region: "SG" })),
    gift: fc.constant("rose"),
    hint: fc.option(fc.constantFrom("1.1.0", "2.0.0"), { nil: undefined }),
  });
  let compared = 0;
  fc.assert(
    fc.property(
      fc.oneof(world, { weight: 4, arbitrary: rose }),
      ({ gifts, overrides, viewer, gift, hint }) => {
        const catalog = catalogOf(gifts);
        const arms = { trial: 0, baseline: 0, cohort: 0, live: 0 };
        const shares = new Set<number>();
        for (let unit = 0; unit < 300; unit++) {
          const it = { ...viewer, unitId: `unit-${unit}` };
          const found = standingOf(catalog, overrides, it, gift, resolve(catalog, overrides, it, gift, hint));
          arms[found.arm]++;
          if (found.arm === "trial" || found.arm === "baseline") shares.add(found.sharePerMillion);
        }
        expect(shares.size).toBeLessThanOrEqual(1);
        for (const share of shares) expectShare(arms.trial, arms.trial + arms.baseline, share);
        if (arms.trial > 0 && arms.baseline > 0) compared++;
      },
    ),
    { numRuns: 250 },
  );
  // Or the law would be about nothing.
  expect(compared).toBeGreaterThan(20);
});

test("in every catalog the arm depends on nothing of the viewer but what resolution asks for", () => {
  fc.assert(
    fc.property(world, ({ gifts, overrides, viewer, gift, hint }) => {
      const catalog = catalogOf(gifts);
      const of = (it: Viewer) =>
        standingOf(catalog, overrides, it, gift, resolve(catalog, overrides, it, gift, hint));
      const stranger = { ...viewer, cohorts: [...viewer.cohorts, "nobody-names-this"], name: "Ana" };
      expect(of(stranger)).toEqual(of(viewer));
      expect(of({ ...viewer })).toEqual(of(viewer));
    }),
    runsOf(300, 80),
  );
});
