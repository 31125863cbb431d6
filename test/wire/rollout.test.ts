import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucketOf, isInSlice } from "../../src/wire/bucket.ts";
import { keepStops, overridesFor, limitedRollouts } from "../../src/wire/override.ts";
import { coveringStage, isHeldBack, limitRollout, type Rollout } from "../../src/wire/rollout.ts";
import { limitOf, rolloutOf, viewers } from "./arbitraries.ts";
import { FULL, overrideOf, unitIdWhere, viewerOf } from "./catalogOf.ts";

const SALT = "rose/1.4.0";
const STAFF = { cohorts: ["staff"] };

/** Staff in canary, 5 % of Singapore's better phones without VIPs in regional, and everyone in full. */
const OPEN: Rollout = {
  salt: SALT,
  canary: STAFF,
  regional: { regions: { SG: 500 }, eligible: { tiers: ["mid", "high"], exclude: ["vip"] } },
  full: true,
};
const { full: _full, ...beforeFull } = OPEN;
const inSlice = unitIdWhere((id) => isInSlice(SALT, id, 500));
const outOfSlice = unitIdWhere((id) => !isInSlice(SALT, id, 500));

describe("the stage that reaches a viewer", () => {
  test("is the first one: a staff member in the slice is in canary", () => {
    expect(coveringStage(beforeFull, viewerOf({ cohorts: ["staff"], unitId: inSlice }))).toBe("canary");
  });

  test("is regional inside the slice and none outside of it", () => {
    expect(coveringStage(beforeFull, viewerOf({ unitId: inSlice }))).toBe("regional");
    expect(coveringStage(beforeFull, viewerOf({ unitId: outOfSlice }))).toBeNull();
  });

  test("is full for everyone once that is open, staff and the slice included", () => {
    expect(coveringStage(OPEN, viewerOf({ cohorts: ["staff"] }))).toBe("full");
    expect(coveringStage(OPEN, viewerOf({ unitId: inSlice }))).toBe("full");
    expect(coveringStage(OPEN, viewerOf({ unitId: outOfSlice, tier: "low" }))).toBe("full");
  });

  test("may be a share of everyone in canary", () => {
    const rollout: Rollout = { salt: SALT, canary: { cohorts: ["qa"], basisPoints: 500 } };
    expect(coveringStage(rollout, viewerOf({ unitId: inSlice, region: "" }))).toBe("canary");
    expect(coveringStage(rollout, viewerOf({ unitId: outOfSlice }))).toBeNull();
  });

  test("is full, or none, for a viewer without a unit id: they are in no slice", () => {
    const everyone: Rollout = {
      salt: SALT,
      canary: { basisPoints: 10_000 },
      regional: { regions: { SG: 10_000 } },
    };
    expect(coveringStage(everyone, viewerOf({ unitId: "" }))).toBeNull();
    expect(coveringStage({ ...everyone, full: true }, viewerOf({ unitId: "" }))).toBe("full");
  });

  test("is never a region that is not named", () => {
    expect(coveringStage(beforeFull, viewerOf({ unitId: inSlice, region: "BR" }))).toBeNull();
    expect(coveringStage(beforeFull, viewerOf({ unitId: inSlice, region: "" }))).toBeNull();
    expect(coveringStage(beforeFull, viewerOf({ unitId: inSlice, region: "constructor" }))).toBeNull();
  });

  test("is not regional for a viewer who is not eligible, whatever their bucket", () => {
    expect(coveringStage(beforeFull, viewerOf({ unitId: inSlice }))).toBe("regional");
    expect(coveringStage(beforeFull, viewerOf({ unitId: inSlice, tier: "low" }))).toBeNull();
    expect(coveringStage(beforeFull, viewerOf({ unitId: inSlice, cohorts: ["vip"] }))).toBeNull();
  });

  test("is canary for an excluded viewer whose cohort is named: exclusion is of the slice alone", () => {
    expect(coveringStage(beforeFull, viewerOf({ cohorts: ["vip", "staff"] }))).toBe("canary");
  });
});

describe("a later stage counts only while every earlier one is open", () => {
  test("without canary nobody is reached", () => {
    const { canary: _, ...rest } = OPEN;
    fc.assert(
      fc.property(viewers(), (viewer) => {
        expect(coveringStage(rest, viewer)).toBeNull();
      }),
    );
  });

  test("without regional only canary is reached, even when full is open", () => {
    const { regional: _, ...rest } = OPEN;
    fc.assert(
      fc.property(viewers(), (viewer) => {
        expect(coveringStage(rest, viewer)).toBe(viewer.cohorts.includes("staff") ? "canary" : null);
      }),
    );
  });

  test("closing any stage never reaches anyone new", () => {
    fc.assert(
      fc.property(
        rolloutOf(),
        viewers(),
        fc.constantFrom("canary", "regional", "full"),
        (rollout, viewer, stage) => {
          const closed = { ...rollout };
          delete closed[stage];
          if (coveringStage(closed, viewer) !== null) expect(coveringStage(rollout, viewer)).not.toBeNull();
        },
      ),
    );
  });
});

describe("a holdback", () => {
  const holdback = { salt: `holdback/${SALT}`, basisPoints: 200 };

  test("keeps its own share of the viewers, not the slice's", () => {
    const held = unitIdWhere((id) => isInSlice(holdback.salt, id, 200));
    expect(bucketOf(holdback.salt, held)).toBeLessThan(200);
    expect(isHeldBack({ ...OPEN, holdback }, viewerOf({ unitId: held }))).toBe(true);
    expect(isHeldBack({ ...OPEN, holdback }, viewerOf({ unitId: "" }))).toBe(false);
    const inSliceOnly = unitIdWhere((id) => isInSlice(SALT, id, 200) && !isInSlice(holdback.salt, id, 200));
    expect(isHeldBack({ ...OPEN, holdback }, viewerOf({ unitId: inSliceOnly }))).toBe(false);
  });

  test("that is not there, or is 0, keeps nobody", () => {
    fc.assert(
      fc.property(viewers(), (viewer) => {
        expect(isHeldBack(OPEN, viewer)).toBe(false);
        expect(isHeldBack({ ...OPEN, holdback: { ...holdback, basisPoints: 0 } }, viewer)).toBe(false);
      }),
    );
  });
});

describe("a limit is a ceiling", () => {
  test("of nothing stops the release for everyone", () => {
    fc.assert(
      fc.property(rolloutOf(), viewers(), (rollout, viewer) => {
        expect(coveringStage(limitRollout(rollout, {}), viewer)).toBeNull();
      }),
    );
  });

  test("of canary leaves canary as the release has it, and closes what follows", () => {
    expect(limitRollout(OPEN, { canary: true })).toEqual({ salt: SALT, canary: STAFF });
  });

  test("of regional leaves both as the release has them", () => {
    expect(limitRollout(OPEN, { canary: true, regional: true })).toEqual(beforeFull);
  });

  test("never opens a stage that the release has closed", () => {
    const closed: Rollout = { salt: SALT, canary: STAFF };
    expect(limitRollout(closed, { canary: true, regional: true })).toEqual(closed);
  });

  test("may have shares, a salt and a holdback of its own", () => {
    const limit = {
      salt: "x",
      canary: { basisPoints: 100 },
      full: true,
      holdback: { salt: "h", basisPoints: 9 },
    } as const;
    expect(limitRollout(OPEN, limit)).toEqual(limit);
  });

  test("covers nobody whom the release does not cover, since both must", () => {
    fc.assert(
      fc.property(rolloutOf(), limitOf(), viewers(), (rollout, limit, viewer) => {
        const limited = limitedRollouts([overrideOf("rose", { limit })], "rose", [1, 4, 0], rollout, viewer);
        expect(limited).toEqual([limitRollout(rollout, limit)]);
      }),
    );
  });
});

describe("an override speaks", () => {
  const limitsOn = (parts: Parameters<typeof overrideOf>[1], gift = "rose", viewer = viewerOf()) =>
    limitedRollouts([overrideOf("rose", parts)], gift, [1, 4, 0], FULL, viewer).length;

  test("of the gifts it names, or of all", () => {
    expect([
      limitsOn({}),
      limitsOn({}, "kit"),
      limitsOn({ gifts: "*" }, "kit"),
      limitsOn({ gifts: [] }),
    ]).toEqual([1, 0, 1, 0]);
  });

  test("of the versions in its range alone", () => {
    expect(
      limitsOn({
        versions: [
          [
            [1, 4, 0],
            [1, 4, 1, 0],
          ],
        ],
      }),
    ).toBe(1);
    expect(limitsOn({ versions: [[[1, 4, 1], null]] })).toBe(0);
  });

  test.each([
    ["regions", { regions: ["SG"] }, { regions: ["BR"] }],
    ["platforms", { platforms: ["android"] }, { platforms: ["ios"] }],
    ["tiers", { tiers: ["mid"] }, { tiers: ["low"] }],
    ["app versions", { app: { android: [[[8, 0, 0], null]] } }, { app: { android: [[[9, 0, 0], null]] } }],
    [
      "app versions by platform",
      { app: { android: [[[8, 0, 0], null]] } },
      { app: { ios: [[[8, 0, 0], null]] } },
    ],
  ] as const)("to viewers in its scope alone: %s", (_, scope, other) => {
    expect(limitsOn({ scope })).toBe(1);
    expect(limitsOn({ scope: other })).toBe(0);
  });

  test("to nobody on a platform that only sounds like a word of the language", () => {
    const viewer = viewerOf({ platform: "constructor" });
    expect(limitsOn({ scope: { app: { android: [[[0, 0, 0], null]] } } }, "rose", viewer)).toBe(0);
  });
});

describe("a stop", () => {
  const stop = overrideOf("rose", { id: "stop/rose/1.4.0", origin: "stop", untilGeneration: 5 });
  const fromGit = overrideOf("kit");

  test("holds over older catalogs, not over the one that carries the change itself", () => {
    expect(overridesFor(4, [stop, fromGit])).toEqual([stop, fromGit]);
    expect(overridesFor(5, [stop, fromGit])).toEqual([fromGit]);
    expect(overridesFor(6, [stop])).toEqual([]);
  });

  test("is kept by a client with an older catalog when the publisher names it no more", () => {
    expect(keepStops(4, [stop], [fromGit])).toEqual([fromGit, stop]);
    expect(keepStops(5, [stop], [fromGit])).toEqual([fromGit]);
  });

  test("is replaced by its own newer form", () => {
    const newer = { ...stop, untilGeneration: 9 };
    expect(keepStops(4, [stop], [newer])).toEqual([newer]);
  });

  test("is the only kind that outlives its naming: an override from git ends with its file", () => {
    expect(keepStops(4, [fromGit], [])).toEqual([]);
  });
});
