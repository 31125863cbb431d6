import { bucketOf, isInSlice } from "../../../src/wire/bucket.ts";
import type { CatalogRelease } from "../../../src/wire/catalog.ts";
import type { Override } from "../../../src/wire/override.ts";
import type { Rollout } from "../../../src/wire/rollout.ts";
import type { Interval } from "../../../src/wire/version.ts";
import {
  EVERY_APP,
  fileOf,
  FULL,
  type Gifts,
  overrideOf,
  releaseOf,
  STAFF_ONLY,
  unitIdWhere,
} from "../../wire/catalogOf.ts";
import { type Asked, type Reported, SOMEONE } from "./worlds.ts";

/** A sentence about who gets what, its answer written by hand. */
export interface ResolveCase {
  readonly name: string;
  readonly asked: Asked;
  readonly chain: readonly string[];
  readonly reason: string;
}

const ONLY_1_0_0: readonly Interval[] = [
  [
    [1, 0, 0],
    [1, 0, 1, 0],
  ],
];
const FROM_2: readonly Interval[] = [[[2, 0, 0], null]];

/** 1.0.0 for everyone, 1.1.0 for 5 % of Singapore, 1.2.0 for staff. */
const REGIONAL: Rollout = { salt: "rose/1.1.0", canary: {}, regional: { regions: { SG: 500 } } };
const STAGES: Gifts = {
  rose: [
    releaseOf("1.2.0", { rollout: STAFF_ONLY }),
    releaseOf("1.1.0", { rollout: REGIONAL }),
    releaseOf("1.0.0"),
  ],
};
const IN_SLICE = who({ unitId: unitIdWhere((id) => isInSlice("rose/1.1.0", id, 500)) });
const OUTSIDE = who({ unitId: unitIdWhere((id) => !isInSlice("rose/1.1.0", id, 500)) });
const LAST_IN = who({ unitId: unitIdWhere((id) => bucketOf("rose/1.1.0", id) === 499) });
const FIRST_OUT = who({ unitId: unitIdWhere((id) => bucketOf("rose/1.1.0", id) === 500) });
const STAFF = who({ cohorts: ["staff"] });

const HOLDBACK = { salt: "holdback/x", basisPoints: 200 };
const HELD_BACK = who({ unitId: unitIdWhere((id) => isInSlice(HOLDBACK.salt, id, 200)) });
const NOT_HELD = who({ unitId: unitIdWhere((id) => !isInSlice(HOLDBACK.salt, id, 200)) });
const WITH_HOLDBACK = newer({ rollout: { ...FULL, holdback: HOLDBACK } });

const ROSE_1_0_0 = ["rose@1.0.0", "still of rose@1.0.0", "default"];
const ROSE_1_1_0 = ["rose@1.1.0", "rose@1.0.0", "still of rose@1.1.0", "default"];

export const RESOLVE_CASES: readonly ResolveCase[] = [
  ...group("stages", STAGES, [
    ["outside of every slice a viewer gets what is open to everyone", OUTSIDE, ROSE_1_0_0, "full"],
    ["in the region's slice the newer one, the older behind it", IN_SLICE, ROSE_1_1_0, "regional"],
    ["the last bucket of the slice is in it", LAST_IN, ROSE_1_1_0, "regional"],
    ["the next bucket is not", FIRST_OUT, ROSE_1_0_0, "full"],
    ["another region has no share", { ...IN_SLICE, region: "ID" }, ROSE_1_0_0, "full"],
    ["a region is as it is written", { ...IN_SLICE, region: "sg" }, ROSE_1_0_0, "full"],
    [
      "a region by a name that some languages know has no share",
      { ...IN_SLICE, region: "constructor" },
      ROSE_1_0_0,
      "full",
    ],
    ["without a unit id a viewer is in no slice", { ...IN_SLICE, unitId: "" }, ROSE_1_0_0, "full"],
    [
      "a cohort needs no unit id",
      { ...STAFF, unitId: "", region: "" },
      ["rose@1.2.0", "rose@1.0.0", "still of rose@1.2.0", "default"],
      "canary",
    ],
    ["a cohort is as it is written", { ...OUTSIDE, cohorts: ["Staff", "vip"] }, ROSE_1_0_0, "full"],
    [
      "all that reach a viewer stand in the chain, newest first",
      { ...IN_SLICE, cohorts: ["staff"] },
      ["rose@1.2.0", "rose@1.1.0", "rose@1.0.0", "still of rose@1.2.0", "default"],
      "canary",
    ],
  ]),
  one("a gift that nobody knows is the app's default", STAGES, OUTSIDE, ["default"], "default", {
    gift: "tulip",
  }),
  one("so is one by a name that some languages know", STAGES, OUTSIDE, ["default"], "default", {
    gift: "constructor",
  }),
  one("and one without releases", { rose: [] }, OUTSIDE, ["default"], "default"),
  one(
    "an empty canary block is open, and reaches nobody itself",
    newer({ rollout: { salt: "s", canary: {} } }),
    OUTSIDE,
    ROSE_1_0_0,
    "full",
  ),
  one(
    "a stage counts only while every earlier one is there: no canary",
    newer({ rollout: { salt: "s", regional: { regions: {} }, full: true } }),
    OUTSIDE,
    ROSE_1_0_0,
    "full",
  ),
  one(
    "a stage counts only while every earlier one is there: no regional",
    newer({ rollout: { salt: "s", canary: {}, full: true } }),
    OUTSIDE,
    ROSE_1_0_0,
    "full",
  ),
  one(
    "a release that is open to everyone reaches a cohort of its canary by that",
    newer({ rollout: { ...FULL, canary: { cohorts: ["staff"] } } }),
    STAFF,
    ROSE_1_1_0,
    "full",
  ),
  one(
    "and a viewer without a unit id",
    newer({}),
    { ...OUTSIDE, unitId: "", region: "" },
    ROSE_1_1_0,
    "full",
  ),
  one(
    "a canary of a percentage is of the release's bucket",
    newer({ rollout: { salt: "rose/1.1.0", canary: { basisPoints: 500 } } }),
    LAST_IN,
    ROSE_1_1_0,
    "canary",
  ),
  one(
    "and ends where its bucket does",
    newer({ rollout: { salt: "rose/1.1.0", canary: { basisPoints: 499 } } }),
    LAST_IN,
    ROSE_1_0_0,
    "full",
  ),
  one(
    "the first stage that reaches is the reason",
    newer({ rollout: { ...REGIONAL, canary: { basisPoints: 10_000 } } }),
    LAST_IN,
    ROSE_1_1_0,
    "canary",
  ),
  ...eligible(),
  one("whom a holdback holds keeps the older release", WITH_HOLDBACK, HELD_BACK, ROSE_1_0_0, "full"),
  one("whom it does not gets the newer one", WITH_HOLDBACK, NOT_HELD, ROSE_1_1_0, "full"),
  one(
    "nobody is held back without a unit id",
    WITH_HOLDBACK,
    { ...HELD_BACK, unitId: "" },
    ROSE_1_1_0,
    "full",
  ),
  one(
    "a holdback of everyone",
    newer({ rollout: { ...FULL, holdback: { ...HOLDBACK, basisPoints: 10_000 } } }),
    NOT_HELD,
    ROSE_1_0_0,
    "full",
  ),
  one(
    "a holdback of 0",
    newer({ rollout: { ...FULL, holdback: { ...HOLDBACK, basisPoints: 0 } } }),
    HELD_BACK,
    ROSE_1_1_0,
    "full",
  ),
  one(
    "a cohort is held back as well",
    newer({ rollout: { ...STAFF_ONLY, holdback: HOLDBACK } }),
    { ...HELD_BACK, cohorts: ["staff"] },
    ROSE_1_0_0,
    "full",
  ),
  ...apps(),
  ...tiers(),
  ...hints(),
  ...requirements(),
  ...fallbacks(),
  ...stops(),
];

function eligible(): ResolveCase[] {
  const regional = {
    regions: { SG: 10_000 },
    eligible: { tiers: ["mid" as const, "high" as const], exclude: ["vip"] },
  };
  return group("the low-risk slice", newer({ rollout: { salt: "s", canary: {}, regional } }), [
    ["one of its tiers", who({ tier: "high" }), ROSE_1_1_0, "regional"],
    ["another tier", who({ tier: "low" }), ROSE_1_0_0, "full"],
    ["an excluded cohort, whatever else they are", who({ cohorts: ["staff", "vip"] }), ROSE_1_0_0, "full"],
    ["another cohort", who({ cohorts: ["staff"] }), ROSE_1_1_0, "regional"],
  ]);
}

function apps(): ResolveCase[] {
  const intervals: readonly Interval[] = [
    [
      [8, 3, 0],
      [9, 0, 0, 0],
    ],
    [[10, 0, 0], null],
  ];
  return group("app versions", newer({ app: { android: intervals } }), [
    ["too old", who({ appVersion: "8.2.9" }), ROSE_1_0_0, "full"],
    ["a pre-release is older than its release", who({ appVersion: "8.3.0-rc.1" }), ROSE_1_0_0, "full"],
    ["just new enough, with a build number", who({ appVersion: "8.3.0.117" }), ROSE_1_1_0, "full"],
    ["between two intervals", who({ appVersion: "9.0.0" }), ROSE_1_0_0, "full"],
    [
      "a pre-release of the version that an interval ends before",
      who({ appVersion: "9.0.0-rc.1" }),
      ROSE_1_0_0,
      "full",
    ],
    ["in the second interval", who({ appVersion: "v10.1" }), ROSE_1_1_0, "full"],
    ["one that cannot be read is the oldest", who({ appVersion: "newest" }), ROSE_1_0_0, "full"],
    [
      "a platform that the newer one does not name",
      who({ platform: "ios", appVersion: "9.9.9" }),
      ROSE_1_0_0,
      "full",
    ],
    ["a platform that no release names", who({ platform: "web" }), ["default"], "default"],
    [
      "a platform by a name that some languages know",
      who({ platform: "constructor" }),
      ["default"],
      "default",
    ],
  ]);
}

function tiers(): ResolveCase[] {
  const soundOnly = newer({ files: [fileOf("1.1.0", "sound")] });
  return [
    one(
      "a release without files for the tier is passed over",
      newer({ files: [] }),
      SOMEONE,
      ROSE_1_0_0,
      "full",
    ),
    one(
      "a release without a still has none in the chain, not even an older one's",
      soundOnly,
      SOMEONE,
      ["rose@1.1.0", "rose@1.0.0", "default"],
      "full",
    ),
    one(
      "all of a gift without files is the default",
      { rose: [releaseOf("1.0.0", { files: [] })] },
      SOMEONE,
      ["default"],
      "default",
    ),
  ];
}

function hints(): ResolveCase[] {
  const asked = (name: string, hint: string, viewer: Reported, chain: readonly string[], reason: string) =>
    one(`a hint: ${name}`, STAGES, viewer, chain, reason, { hint });
  return [
    asked(
      "an older release that covers the viewer, with only older ones behind it",
      "1.0.0",
      IN_SLICE,
      ROSE_1_0_0,
      "hint",
    ),
    asked("what the viewer would get anyway", "1.1.0", IN_SLICE, ROSE_1_1_0, "hint"),
    asked("the one in the middle", "1.1.0", { ...IN_SLICE, cohorts: ["staff"] }, ROSE_1_1_0, "hint"),
    asked(
      "a release that does not cover the viewer is refused",
      "1.2.0",
      IN_SLICE,
      ROSE_1_1_0,
      "hint_refused",
    ),
    asked("a release that is not there is refused", "9.9.9", OUTSIDE, ROSE_1_0_0, "hint_refused"),
    asked("an empty one is refused", "", OUTSIDE, ROSE_1_0_0, "hint_refused"),
    asked("a version is as it is written", "1.0", OUTSIDE, ROSE_1_0_0, "hint_refused"),
    one("a hint for a gift that nobody knows is refused", STAGES, OUTSIDE, ["default"], "hint_refused", {
      gift: "tulip",
      hint: "1.0.0",
    }),
    one(
      "a hint is not for the fallback gifts",
      {
        rose: [],
        tulip: [releaseOf("1.0.0", { app: {}, fallback: ["lily"] })],
        lily: [releaseOf("1.0.0")],
      },
      OUTSIDE,
      ["lily@1.0.0", "default"],
      "hint_refused",
      { gift: "tulip", hint: "1.0.0" },
    ),
    one(
      "the fallback is the hinted release's",
      {
        rose: [releaseOf("1.1.0", { fallback: ["lily"] }), releaseOf("1.0.0", { fallback: ["kit"] })],
        lily: [releaseOf("3.0.0")],
        kit: [releaseOf("2.0.0")],
      },
      OUTSIDE,
      ["rose@1.0.0", "kit@2.0.0", "still of rose@1.0.0", "default"],
      "hint",
      { hint: "1.0.0" },
    ),
  ];
}

function requirements(): ResolveCase[] {
  const needs = (gift: string, range: readonly Interval[] = EVERY_APP) =>
    releaseOf("1.1.0", { requires: { [gift]: range } });
  const rose = (first: CatalogRelease) => ({ rose: [first, releaseOf("1.0.0")] });
  const both = { requires: { a: EVERY_APP, b: EVERY_APP } };
  const kits = [releaseOf("2.0.0"), releaseOf("1.0.0")];
  return [
    one(
      "a requirement: its newest release comes along, without its still",
      { ...rose(needs("kit")), kit: kits },
      SOMEONE,
      ["rose@1.1.0 with kit@2.0.0", "rose@1.0.0", "still of rose@1.1.0", "default"],
      "full",
    ),
    one(
      "a requirement: the newest that is in range",
      { ...rose(needs("kit", ONLY_1_0_0)), kit: kits },
      SOMEONE,
      ["rose@1.1.0 with kit@1.0.0", "rose@1.0.0", "still of rose@1.1.0", "default"],
      "full",
    ),
    one(
      "a requirement: none in range",
      { ...rose(needs("kit", FROM_2)), kit: [releaseOf("1.0.0")] },
      SOMEONE,
      ROSE_1_0_0,
      "full",
    ),
    one("a requirement: a gift that is not there", rose(needs("kit")), SOMEONE, ROSE_1_0_0, "full"),
    one("a requirement: of nothing", rose(releaseOf("1.1.0", { requires: {} })), SOMEONE, ROSE_1_1_0, "full"),
    one(
      "a requirement: a newer one that does not reach the viewer is passed over",
      { ...rose(needs("kit")), kit: [releaseOf("2.0.0", { rollout: STAFF_ONLY }), releaseOf("1.0.0")] },
      SOMEONE,
      ["rose@1.1.0 with kit@1.0.0", "rose@1.0.0", "still of rose@1.1.0", "default"],
      "full",
    ),
    one(
      "a requirement: one for another platform does not serve",
      { ...rose(needs("kit")), kit: [releaseOf("1.0.0", { app: { ios: EVERY_APP } })] },
      SOMEONE,
      ROSE_1_0_0,
      "full",
    ),
    one(
      "requirements: of requirements, after them",
      {
        ...rose(needs("kit")),
        kit: [releaseOf("2.0.0", { requires: { spark: EVERY_APP } })],
        spark: [releaseOf("3.0.0")],
      },
      SOMEONE,
      ["rose@1.1.0 with kit@2.0.0 + spark@3.0.0", "rose@1.0.0", "still of rose@1.1.0", "default"],
      "full",
    ),
    one(
      "requirements: an older kit whose own are met",
      {
        ...rose(needs("kit")),
        kit: [releaseOf("2.0.0", { requires: { spark: EVERY_APP } }), releaseOf("1.0.0")],
      },
      SOMEONE,
      ["rose@1.1.0 with kit@1.0.0", "rose@1.0.0", "still of rose@1.1.0", "default"],
      "full",
    ),
    one(
      "requirements: in a circle are not met",
      { ...rose(needs("kit")), kit: [releaseOf("2.0.0", { requires: { rose: EVERY_APP } })] },
      SOMEONE,
      ROSE_1_0_0,
      "full",
    ),
    one("requirements: of itself are not met", rose(needs("rose", ONLY_1_0_0)), SOMEONE, ROSE_1_0_0, "full"),
    one(
      "requirements: two ways to one version are one",
      { ...rose(releaseOf("1.1.0", both)), a: [needs("kit")], b: [needs("kit")], kit: kits },
      SOMEONE,
      ["rose@1.1.0 with a@1.1.0 + kit@2.0.0 + b@1.1.0", "rose@1.0.0", "still of rose@1.1.0", "default"],
      "full",
    ),
    one(
      "requirements: two ways to two versions are a conflict",
      { ...rose(releaseOf("1.1.0", both)), a: [needs("kit")], b: [needs("kit", ONLY_1_0_0)], kit: kits },
      SOMEONE,
      ROSE_1_0_0,
      "full",
    ),
    one(
      "requirements: a conflict is not settled by an older release of one side",
      {
        ...rose(releaseOf("1.1.0", both)),
        a: [needs("kit"), releaseOf("1.0.0")],
        b: [needs("kit", ONLY_1_0_0)],
        kit: kits,
      },
      SOMEONE,
      ROSE_1_0_0,
      "full",
    ),
    one(
      "a requirement that is stopped stops what needs it",
      { ...rose(needs("kit")), kit: kits },
      SOMEONE,
      ROSE_1_0_0,
      "full",
      { overrides: [overrideOf("kit")] },
    ),
  ];
}

function fallbacks(): ResolveCase[] {
  const lily = [releaseOf("3.0.0")];
  const stopped = { overrides: [overrideOf("rose")] };
  return [
    one(
      "fallback gifts stand between the gift's own and its still",
      { rose: [releaseOf("1.0.0", { fallback: ["lily"] })], lily },
      SOMEONE,
      ["rose@1.0.0", "lily@3.0.0", "still of rose@1.0.0", "default"],
      "full",
    ),
    one(
      "the winner's list counts, not an older one's",
      { rose: [releaseOf("1.1.0", { fallback: [] }), releaseOf("1.0.0", { fallback: ["lily"] })], lily },
      SOMEONE,
      ROSE_1_1_0,
      "full",
    ),
    one(
      "a winner without a list leaves that of a newer one that only its app cannot play",
      { rose: [releaseOf("1.1.0", { app: {}, fallback: ["lily"] }), releaseOf("1.0.0")], lily },
      SOMEONE,
      ["rose@1.0.0", "lily@3.0.0", "still of rose@1.0.0", "default"],
      "full",
    ),
    one(
      "whom a release reaches but whose app cannot play it is sent where it says",
      { rose: [releaseOf("1.1.0", { app: {}, fallback: ["lily"] })], lily },
      SOMEONE,
      ["lily@3.0.0", "default"],
      "fallback",
    ),
    one(
      "of several such the newest says where",
      { rose: [releaseOf("1.1.0", { app: {} }), releaseOf("1.0.0", { app: {}, fallback: ["lily"] })], lily },
      SOMEONE,
      ["default"],
      "default",
    ),
    one(
      "so is whose tier has no files",
      { rose: [releaseOf("1.1.0", { files: [], fallback: ["lily"] })], lily },
      SOMEONE,
      ["lily@3.0.0", "default"],
      "fallback",
    ),
    one(
      "so is for whom a requirement is not met",
      { rose: [releaseOf("1.1.0", { requires: { kit: EVERY_APP }, fallback: ["lily"] })], lily },
      SOMEONE,
      ["lily@3.0.0", "default"],
      "fallback",
    ),
    one(
      "whom it does not reach is not",
      { rose: [releaseOf("1.1.0", { rollout: STAFF_ONLY, fallback: ["lily"] })], lily },
      SOMEONE,
      ["default"],
      "default",
    ),
    one(
      "whom it holds back is not",
      { rose: [releaseOf("1.1.0", { rollout: { ...FULL, holdback: HOLDBACK }, fallback: ["lily"] })], lily },
      HELD_BACK,
      ["default"],
      "default",
    ),
    one(
      "a stopped release contributes nothing, its fallback included",
      { rose: [releaseOf("1.0.0", { fallback: ["lily"] })], lily },
      SOMEONE,
      ["default"],
      "default",
      stopped,
    ),
    one(
      "fallbacks of fallbacks follow each their own, and circles end",
      {
        rose: [releaseOf("1.0.0", { fallback: ["lily", "kit"] })],
        lily: [releaseOf("3.0.0", { fallback: ["spark", "rose"] })],
        kit: [releaseOf("2.0.0", { fallback: ["lily"] })],
        spark: [releaseOf("4.0.0", { fallback: ["kit", "tulip"] })],
      },
      SOMEONE,
      ["rose@1.0.0", "lily@3.0.0", "spark@4.0.0", "kit@2.0.0", "still of rose@1.0.0", "default"],
      "full",
    ),
    one(
      "a fallback gift brings all its releases that serve, and no still of its own",
      {
        rose: [releaseOf("1.0.0", { fallback: ["lily"] })],
        lily: [releaseOf("3.1.0", { rollout: STAFF_ONLY }), releaseOf("3.0.1"), releaseOf("3.0.0")],
      },
      SOMEONE,
      ["rose@1.0.0", "lily@3.0.1", "lily@3.0.0", "still of rose@1.0.0", "default"],
      "full",
    ),
  ];
}

function stops(): ResolveCase[] {
  const stop = (parts: Partial<Override>) => ({ overrides: [overrideOf("rose", parts)] });
  const only1_1_0: readonly Interval[] = [
    [
      [1, 1, 0],
      [1, 1, 1, 0],
    ],
  ];
  const stopped = (
    name: string,
    viewer: Reported,
    chain: readonly string[],
    reason: string,
    parts: Partial<Override>,
  ) => one(`an override: ${name}`, newer({}), viewer, chain, reason, stop(parts));
  return [
    stopped("the whole gift", SOMEONE, ["default"], "default", {}),
    stopped("every gift", SOMEONE, ["default"], "default", { gifts: "*" }),
    stopped("another gift", SOMEONE, ROSE_1_1_0, "full", { gifts: ["kit"] }),
    stopped("one version", SOMEONE, ROSE_1_0_0, "full", { versions: only1_1_0 }),
    stopped("no version at all", SOMEONE, ROSE_1_1_0, "full", { versions: [] }),
    stopped("in a region", SOMEONE, ["default"], "default", { scope: { regions: ["SG"] } }),
    stopped("in another region", SOMEONE, ROSE_1_1_0, "full", { scope: { regions: ["ID"] } }),
    stopped("in no region", SOMEONE, ROSE_1_1_0, "full", { scope: { regions: [] } }),
    stopped("on a platform", SOMEONE, ["default"], "default", { scope: { platforms: ["android"] } }),
    stopped("on another platform", SOMEONE, ROSE_1_1_0, "full", { scope: { platforms: ["ios"] } }),
    stopped("on a tier", SOMEONE, ["default"], "default", { scope: { tiers: ["mid"] } }),
    stopped("on another tier", SOMEONE, ROSE_1_1_0, "full", { scope: { tiers: ["low", "high"] } }),
    stopped("for an app version", SOMEONE, ["default"], "default", {
      scope: { app: { android: EVERY_APP } },
    }),
    stopped("for a newer app version", SOMEONE, ROSE_1_1_0, "full", {
      scope: { app: { android: [[[8, 2, 1, 0], null]] } },
    }),
    stopped("for an app of another platform", SOMEONE, ROSE_1_1_0, "full", {
      scope: { app: { ios: EVERY_APP } },
    }),
    stopped("a scope must fit whole", SOMEONE, ROSE_1_1_0, "full", {
      scope: { regions: ["SG"], tiers: ["low"] },
    }),
    stopped("left as it is", SOMEONE, ROSE_1_1_0, "full", {
      limit: { canary: true, regional: true, full: true },
    }),
    stopped("down to the regional stage, which has no share here", SOMEONE, ["default"], "default", {
      limit: { canary: true, regional: true },
    }),
    stopped("down to a cohort, for one of them", STAFF, ROSE_1_1_0, "canary", {
      limit: { canary: { cohorts: ["staff"] } },
    }),
    stopped("down to a cohort, for another", SOMEONE, ["default"], "default", {
      limit: { canary: { cohorts: ["staff"] } },
    }),
    stopped("with a holdback, for whom it holds", HELD_BACK, ["default"], "default", {
      limit: { canary: true, regional: true, full: true, holdback: HOLDBACK },
    }),
    stopped("with a holdback, for others", NOT_HELD, ROSE_1_1_0, "full", {
      limit: { canary: true, regional: true, full: true, holdback: HOLDBACK },
    }),
    stopped("down to a share of the release's bucket", LAST_IN, ROSE_1_0_0, "full", {
      versions: only1_1_0,
      limit: { salt: "rose/1.1.0", canary: {}, regional: { regions: { SG: 499 } } },
    }),
    stopped("down to a larger share of it", LAST_IN, ROSE_1_1_0, "regional", {
      versions: only1_1_0,
      limit: { salt: "rose/1.1.0", canary: {}, regional: { regions: { SG: 500 } } },
    }),
    one(
      "an override widens nothing",
      STAGES,
      OUTSIDE,
      ROSE_1_0_0,
      "full",
      stop({ limit: { canary: {}, regional: { regions: {} }, full: true } }),
    ),
    one("every override must cover the viewer", newer({}), STAFF, ["default"], "default", {
      overrides: [
        overrideOf("rose", { limit: { canary: { cohorts: ["staff"] } } }),
        overrideOf("rose", { id: "two", limit: { canary: { cohorts: ["qa"] } } }),
      ],
    }),
    one("the last one says the stage", newer({}), { ...STAFF, cohorts: ["staff"] }, ROSE_1_1_0, "full", {
      overrides: [
        overrideOf("rose", { limit: { canary: { cohorts: ["staff"] } } }),
        overrideOf("rose", { id: "two", limit: { canary: true, regional: true, full: true } }),
      ],
    }),
    one(
      "a hint does not reach past a stop",
      STAGES,
      IN_SLICE,
      ["rose@1.1.0", "still of rose@1.1.0", "default"],
      "hint_refused",
      { ...stop({ versions: ONLY_1_0_0 }), hint: "1.0.0" },
    ),
  ];
}

/** A newer rose beside 1.0.0 for everyone. */
function newer(parts: Partial<CatalogRelease>): Gifts {
  return { rose: [releaseOf("1.1.0", parts), releaseOf("1.0.0")] };
}

function who(parts: Partial<Reported>): Reported {
  return { ...SOMEONE, ...parts };
}

function one(
  name: string,
  gifts: Gifts,
  viewer: Reported,
  chain: readonly string[],
  reason: string,
  more: Partial<Pick<Asked, "overrides" | "gift" | "hint">> = {},
): ResolveCase {
  return { name, asked: { gifts, overrides: [], viewer, gift: "rose", ...more }, chain, reason };
}

function group(
  about: string,
  gifts: Gifts,
  cases: readonly (readonly [name: string, viewer: Reported, chain: readonly string[], reason: string])[],
): ResolveCase[] {
  return cases.map(([name, viewer, chain, reason]) => one(`${about}: ${name}`, gifts, viewer, chain, reason));
}
