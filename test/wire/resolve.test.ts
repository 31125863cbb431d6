import { describe, expect, test } from "vitest";
import { isInSlice } from "../../src/wire/bucket.ts";
import { explain, resolve } from "../../src/wire/resolve.ts";
import type { Rollout } from "../../src/wire/rollout.ts";
import type { Interval } from "../../src/wire/version.ts";
import type { Viewer } from "../../src/wire/viewer.ts";
import {
  catalogOf,
  EVERY_APP,
  fileOf,
  FULL,
  type Gifts,
  overrideOf,
  releaseOf,
  STAFF_ONLY,
  unitIdWhere,
  viewerOf,
  wordsOf,
} from "./catalogOf.ts";

const STAFF = viewerOf({ cohorts: ["staff"] });

function resolved(gifts: Gifts, viewer: Viewer, gift: string, hint?: string) {
  const { chain, reason } = resolve(catalogOf(gifts), [], viewer, gift, hint);
  return { chain: wordsOf(chain), reason };
}

/** 1.0.0 for everyone, 1.1.0 for the slice of Singapore, 1.2.0 for staff. */
const ROSE: Gifts = {
  rose: [
    releaseOf("1.2.0", { rollout: STAFF_ONLY }),
    releaseOf("1.1.0", { rollout: { salt: "rose/1.1.0", canary: {}, regional: { regions: { SG: 500 } } } }),
    releaseOf("1.0.0"),
  ],
};
const IN_SLICE = viewerOf({ unitId: unitIdWhere((id) => isInSlice("rose/1.1.0", id, 500)) });
const OUTSIDE = viewerOf({ unitId: unitIdWhere((id) => !isInSlice("rose/1.1.0", id, 500)) });

describe("the newest release that covers the viewer wins", () => {
  test("and the reason is the stage that reached them", () => {
    expect(resolved(ROSE, OUTSIDE, "rose")).toEqual({
      chain: ["rose@1.0.0", "still of rose@1.0.0", "default"],
      reason: "full",
    });
    expect(resolved(ROSE, IN_SLICE, "rose")).toEqual({
      chain: ["rose@1.1.0", "rose@1.0.0", "still of rose@1.1.0", "default"],
      reason: "regional",
    });
    expect(resolved(ROSE, STAFF, "rose").reason).toBe("canary");
  });

  test("and the older ones that also qualify stand behind it, newest first", () => {
    const viewer = { ...IN_SLICE, cohorts: ["staff"] };
    expect(resolved(ROSE, viewer, "rose").chain).toEqual([
      "rose@1.2.0",
      "rose@1.1.0",
      "rose@1.0.0",
      "still of rose@1.2.0",
      "default",
    ]);
  });

  test("so that closing it is the way back", () => {
    const { rose = [] } = ROSE;
    expect(resolved({ rose: rose.slice(1) }, STAFF, "rose").chain[0]).toBe("rose@1.0.0");
  });

  test("unless the viewer is in its holdback", () => {
    const holdback = { salt: "holdback/x", basisPoints: 200 };
    const gifts = { rose: [releaseOf("1.1.0", { rollout: { ...FULL, holdback } }), releaseOf("1.0.0")] };
    const held = viewerOf({ unitId: unitIdWhere((id) => isInSlice(holdback.salt, id, 200)) });
    const free = viewerOf({ unitId: unitIdWhere((id) => !isInSlice(holdback.salt, id, 200)) });
    expect(resolved(gifts, held, "rose").chain[0]).toBe("rose@1.0.0");
    expect(resolved(gifts, free, "rose").chain[0]).toBe("rose@1.1.0");
  });

  test("unless their app is too old, or their platform is not served", () => {
    const gifts = {
      rose: [releaseOf("1.1.0", { app: { android: [[[8, 3, 0], null]] } }), releaseOf("1.0.0")],
    };
    expect(resolved(gifts, viewerOf({ app: [8, 2, 9] }), "rose").chain[0]).toBe("rose@1.0.0");
    expect(resolved(gifts, viewerOf({ app: [8, 3, 0, "beta", 1] }), "rose").chain[0]).toBe("rose@1.0.0");
    expect(resolved(gifts, viewerOf({ app: [8, 3, 0] }), "rose").chain[0]).toBe("rose@1.1.0");
    expect(resolved(gifts, viewerOf({ platform: "ios", app: [9, 0, 0] }), "rose").chain[0]).toBe(
      "rose@1.0.0",
    );
    for (const platform of ["web", "", "constructor"])
      expect(resolved(gifts, viewerOf({ platform, app: [9, 0, 0] }), "rose").chain).toEqual(["default"]);
  });

  test("unless it has nothing for their tier", () => {
    const gifts = { rose: [releaseOf("1.1.0", { files: [] }), releaseOf("1.0.0")] };
    expect(resolved(gifts, viewerOf(), "rose").chain[0]).toBe("rose@1.0.0");
  });
});

test("a gift that nobody knows is the app's default", () => {
  expect(resolved(ROSE, viewerOf(), "tulip")).toEqual({ chain: ["default"], reason: "default" });
  expect(resolved({ rose: [] }, viewerOf(), "rose")).toEqual({ chain: ["default"], reason: "default" });
});

describe("a hint names one version for a whole room", () => {
  test("and is honoured for a viewer whom that release covers, with only older ones behind it", () => {
    expect(resolved(ROSE, IN_SLICE, "rose", "1.0.0")).toEqual({
      chain: ["rose@1.0.0", "still of rose@1.0.0", "default"],
      reason: "hint",
    });
    expect(resolved(ROSE, { ...IN_SLICE, cohorts: ["staff"] }, "rose", "1.1.0")).toEqual({
      chain: ["rose@1.1.0", "rose@1.0.0", "still of rose@1.1.0", "default"],
      reason: "hint",
    });
  });

  test("and is honoured when it names what the viewer would get anyway", () => {
    expect(resolved(ROSE, IN_SLICE, "rose", "1.1.0")).toEqual({
      chain: resolved(ROSE, IN_SLICE, "rose").chain,
      reason: "hint",
    });
  });

  test.each([
    ["a release that does not cover the viewer", "1.2.0"],
    ["a release that is not there", "9.9.9"],
    ["no version at all", "latest"],
    ["an empty text", ""],
  ])("and is refused for %s", (_, hint) => {
    expect(resolved(ROSE, IN_SLICE, "rose", hint)).toEqual({
      chain: resolved(ROSE, IN_SLICE, "rose").chain,
      reason: "hint_refused",
    });
  });

  test("and never reaches past a stop", () => {
    const stop = overrideOf("rose", {
      versions: [
        [
          [1, 0, 0],
          [1, 0, 1, 0],
        ],
      ],
    });
    const { chain, reason } = resolve(catalogOf(ROSE), [stop], IN_SLICE, "rose", "1.0.0");
    expect(reason).toBe("hint_refused");
    expect(wordsOf(chain)).not.toContain("rose@1.0.0");
  });
});

describe("what a release requires", () => {
  const needs = (requires: Record<string, typeof EVERY_APP>) => releaseOf("1.1.0", { requires });

  test("comes with it: the newest release in range that serves this very viewer, without its still", () => {
    const gifts = {
      rose: [
        needs({
          kit: [
            [
              [2, 0, 0],
              [3, 0, 0, 0],
            ],
          ],
        }),
      ],
      kit: [
        releaseOf("3.0.0"),
        releaseOf("2.2.0", { rollout: STAFF_ONLY }),
        releaseOf("2.1.0"),
        releaseOf("2.0.0"),
      ],
    };
    const [forAll] = resolve(catalogOf(gifts), [], viewerOf(), "rose").chain;
    expect(forAll).toMatchObject({ requires: [{ gift: "kit", version: "2.1.0", files: [fileOf("2.1.0")] }] });
    const [forStaff] = resolve(catalogOf(gifts), [], STAFF, "rose").chain;
    expect(forStaff).toMatchObject({ requires: [{ gift: "kit", version: "2.2.0" }] });
  });

  test("is one version of a gift: two requirements that lead to two versions cannot both be met", () => {
    const spark = [releaseOf("2.0.0"), releaseOf("1.0.0")];
    const gifts = (old: Interval) => ({
      rose: [releaseOf("1.1.0", { requires: { kit: EVERY_APP, drum: EVERY_APP } }), releaseOf("1.0.0")],
      kit: [releaseOf("1.0.0", { requires: { spark: EVERY_APP } })],
      drum: [releaseOf("1.0.0", { requires: { spark: [old] } })],
      spark,
    });
    const apart = catalogOf(
      gifts([
        [1, 0, 0],
        [2, 0, 0, 0],
      ]),
    );
    expect(resolve(apart, [], viewerOf(), "rose").chain[0]).toMatchObject({ version: "1.0.0" });
    expect(explain(apart, [], viewerOf(), "rose")[0]).toEqual({
      version: "1.1.0",
      verdict: {
        kind: "conflict",
        gift: "spark",
        paths: [
          ["rose", "kit", "spark 2.0.0"],
          ["rose", "drum", "spark 1.0.0"],
        ],
      },
    });
    const together = catalogOf(gifts([[1, 0, 0], null]));
    expect(resolve(together, [], viewerOf(), "rose").chain[0]).toMatchObject({ version: "1.1.0" });
  });

  test("brings along what it requires itself, each once", () => {
    const gifts = {
      rose: [needs({ kit: EVERY_APP, spark: EVERY_APP })],
      kit: [releaseOf("2.0.0", { requires: { spark: EVERY_APP } })],
      spark: [releaseOf("3.0.0")],
    };
    const [link] = resolve(catalogOf(gifts), [], viewerOf(), "rose").chain;
    expect(link?.kind === "release" && link.requires.map((it) => `${it.gift}@${it.version}`)).toEqual([
      "kit@2.0.0",
      "spark@3.0.0",
    ]);
  });

  test.each([
    ["is not there", {}],
    ["is out of range", { kit: [releaseOf("1.9.0")] }],
    ["does not cover the viewer", { kit: [releaseOf("2.0.0", { rollout: STAFF_ONLY })] }],
    ["has nothing for the tier", { kit: [releaseOf("2.0.0", { files: [] })] }],
    [
      "requires something that is not there itself",
      { kit: [releaseOf("2.0.0", { requires: { x: EVERY_APP } })] },
    ],
  ])("skips the release for a viewer for whom it %s", (_, others) => {
    const gifts = { rose: [needs({ kit: [[[2, 0, 0], null]] }), releaseOf("1.0.0")], ...others };
    expect(resolved(gifts, viewerOf(), "rose").chain[0]).toBe("rose@1.0.0");
    expect(explain(catalogOf(gifts), [], viewerOf(), "rose")[0]?.verdict).toEqual({
      kind: "requires",
      gift: "kit",
    });
  });

  test("stops its dependents when it is stopped", () => {
    const gifts = { rose: [needs({ kit: EVERY_APP }), releaseOf("1.0.0")], kit: [releaseOf("2.0.0")] };
    const { chain } = resolve(catalogOf(gifts), [overrideOf("kit")], viewerOf(), "rose");
    expect(wordsOf(chain)[0]).toBe("rose@1.0.0");
  });

  test("skips releases that require each other in a circle", () => {
    const gifts = {
      rose: [needs({ kit: EVERY_APP }), releaseOf("1.0.0")],
      kit: [releaseOf("2.0.0", { requires: { rose: [[[1, 1, 0], null]] } })],
      narcissus: [releaseOf("1.0.0", { requires: { narcissus: EVERY_APP } })],
    };
    expect(resolved(gifts, viewerOf(), "rose").chain).toEqual([
      "rose@1.0.0",
      "still of rose@1.0.0",
      "default",
    ]);
    expect(resolved(gifts, viewerOf(), "narcissus").chain).toEqual(["default"]);
  });
});

describe("when nothing of a gift can be used", () => {
  const classic = { "rose-classic": [releaseOf("1.0.0")] };

  test("its fallback gifts follow in order, then its still, and at last the default", () => {
    const gifts = {
      rose: [releaseOf("1.0.0", { fallback: ["rose-classic", "unknown", "tulip"] })],
      ...classic,
      tulip: [releaseOf("3.0.0")],
    };
    expect(resolved(gifts, viewerOf(), "rose").chain).toEqual([
      "rose@1.0.0",
      "rose-classic@1.0.0",
      "tulip@3.0.0",
      "still of rose@1.0.0",
      "default",
    ]);
  });

  test("a viewer whose app cannot play it is sent where the release says", () => {
    const gifts = { rose: [releaseOf("1.0.0", { app: {}, fallback: ["rose-classic"] })], ...classic };
    expect(resolved(gifts, viewerOf(), "rose")).toEqual({
      chain: ["rose-classic@1.0.0", "default"],
      reason: "fallback",
    });
  });

  test("a viewer whom it does not cover is not: the release says nothing to them", () => {
    const gifts = {
      rose: [releaseOf("1.0.0", { rollout: STAFF_ONLY, fallback: ["rose-classic"] })],
      ...classic,
    };
    expect(resolved(gifts, viewerOf(), "rose")).toEqual({ chain: ["default"], reason: "default" });
  });

  test("fallbacks of fallbacks follow, and a circle of them ends", () => {
    const gifts = {
      a: [releaseOf("1.0.0", { fallback: ["b"] })],
      b: [releaseOf("1.0.0", { fallback: ["c", "a"] })],
      c: [releaseOf("1.0.0", { fallback: ["b", "c"] })],
    };
    expect(resolved(gifts, viewerOf(), "a").chain).toEqual([
      "a@1.0.0",
      "b@1.0.0",
      "c@1.0.0",
      "still of a@1.0.0",
      "default",
    ]);
  });

  test("the fallback is the winner's, not an older release's", () => {
    const gifts = {
      rose: [releaseOf("1.1.0"), releaseOf("1.0.0", { fallback: ["rose-classic"] })],
      ...classic,
    };
    expect(resolved(gifts, viewerOf(), "rose").chain).not.toContain("rose-classic@1.0.0");
  });

  test("a release without a still goes straight to the default", () => {
    expect(
      resolved({ rose: [releaseOf("1.0.0", { files: [fileOf("a")] })] }, viewerOf(), "rose").chain,
    ).toEqual(["rose@1.0.0", "default"]);
  });
});

describe("a stopped release", () => {
  test("contributes no bytes, and its still neither", () => {
    const { chain, reason } = resolve(catalogOf(ROSE), [overrideOf("rose")], STAFF, "rose");
    expect({ chain: wordsOf(chain), reason }).toEqual({ chain: ["default"], reason: "default" });
  });

  test("gives way to an older one that is not stopped, and its still", () => {
    const stop = overrideOf("rose", { versions: [[[1, 1, 0], null]] });
    const { chain } = resolve(catalogOf(ROSE), [stop], { ...IN_SLICE, cohorts: ["staff"] }, "rose");
    expect(wordsOf(chain)).toEqual(["rose@1.0.0", "still of rose@1.0.0", "default"]);
  });

  test("is no fallback for another gift", () => {
    const gifts = { ...ROSE, tulip: [releaseOf("1.0.0", { fallback: ["rose"] })] };
    const { chain } = resolve(catalogOf(gifts), [overrideOf("rose")], viewerOf(), "tulip");
    expect(wordsOf(chain)).toEqual(["tulip@1.0.0", "still of tulip@1.0.0", "default"]);
  });

  test("limited to canary still serves its testers, and the reason is the stage that is left", () => {
    const gifts = { rose: [releaseOf("1.0.0", { rollout: { ...FULL, canary: { cohorts: ["staff"] } } })] };
    const limit = overrideOf("rose", { limit: { canary: true } });
    expect(resolve(catalogOf(gifts), [limit], STAFF, "rose").reason).toBe("canary");
    expect(resolve(catalogOf(gifts), [limit], viewerOf(), "rose").reason).toBe("default");
  });

  test("is stopped for those in the override's scope alone", () => {
    const stop = overrideOf("rose", { scope: { platforms: ["ios"] } });
    const first = (viewer: Viewer) => wordsOf(resolve(catalogOf(ROSE), [stop], viewer, "rose").chain)[0];
    expect([first(viewerOf({ platform: "ios" })), first(OUTSIDE)]).toEqual(["default", "rose@1.0.0"]);
  });
});

describe("why a release does or does not serve a viewer", () => {
  const holdback: Rollout["holdback"] = { salt: "holdback/x", basisPoints: 10_000 };
  const GIFT: Gifts = {
    rose: [
      releaseOf("1.6.0", { requires: { kit: EVERY_APP } }),
      releaseOf("1.5.0", { files: [] }),
      releaseOf("1.4.0", { app: { ios: EVERY_APP } }),
      releaseOf("1.3.0", { rollout: { ...FULL, holdback } }),
      releaseOf("1.2.0", { rollout: STAFF_ONLY }),
      releaseOf("1.1.0"),
    ],
  };

  test("is said for each release, newest first", () => {
    expect(explain(catalogOf(GIFT), [], viewerOf(), "rose")).toEqual([
      { version: "1.6.0", verdict: { kind: "requires", gift: "kit" } },
      { version: "1.5.0", verdict: { kind: "tier" } },
      { version: "1.4.0", verdict: { kind: "app_version" } },
      { version: "1.3.0", verdict: { kind: "held_back" } },
      { version: "1.2.0", verdict: { kind: "not_covered" } },
      { version: "1.1.0", verdict: { kind: "serves", stage: "full" } },
    ]);
  });

  const last = (overrides: Parameters<typeof explain>[1], viewer = viewerOf()) =>
    explain(catalogOf(GIFT), overrides, viewer, "rose").at(-1)?.verdict;

  test("names the override that limits it", () => {
    expect(last([overrideOf("kit"), overrideOf("rose")])).toEqual({ kind: "limited", override: "stop-rose" });
  });

  test("names the first of several overrides that each would limit it", () => {
    const again = overrideOf("rose", { id: "again", gifts: "*" });
    expect(last([overrideOf("rose"), again])).toEqual({ kind: "limited", override: "stop-rose" });
  });

  test("does not blame an override for a viewer whom the release never covered", () => {
    const verdicts = explain(catalogOf(GIFT), [overrideOf("rose")], viewerOf(), "rose");
    expect(verdicts.find(({ version }) => version === "1.2.0")?.verdict).toEqual({ kind: "not_covered" });
  });

  test("of a gift that is not listed is nothing", () => {
    expect(explain(catalogOf(GIFT), [], viewerOf(), "tulip")).toEqual([]);
  });
});
