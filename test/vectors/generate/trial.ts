import { resolve } from "../../../src/wire/resolve.ts";
import { isInSlice } from "../../../src/wire/bucket.ts";
import type { CatalogRelease } from "../../../src/wire/catalog.ts";
import type { Rollout } from "../../../src/wire/rollout.ts";
import { type Standing, standingOf } from "../../../src/wire/trial.ts";
import { EVERY_APP, FULL, type Gifts, overrideOf, releaseOf, unitIdWhere } from "../../wire/catalogOf.ts";
import { drawsFrom } from "./draws.ts";
import { toCase } from "./resolve.ts";
import type { VectorFile } from "./vectorFile.ts";
import {
  type Asked,
  CatalogList,
  drawGift,
  drawGifts,
  drawHint,
  drawOverrides,
  drawTrialRollout,
  drawViewer,
  open,
  type Reported,
  SOMEONE,
} from "./worlds.ts";

const DRAWN_CATALOGS = 10;
const CASES_OF_EACH = 40;

/** 20 % of Singapore's mid and high devices, without the very important, and staff. */
const REGIONAL: Rollout = {
  salt: "rose/1.1.0",
  canary: { cohorts: ["staff"] },
  regional: { regions: { SG: 2_000 }, eligible: { tiers: ["mid", "high"], exclude: ["vip"] } },
};
const HOLDBACK = { salt: "holdback/rose", basisPoints: 1_000 };
const IN: Reported = {
  ...SOMEONE,
  unitId: unitIdWhere((id) => isInSlice("rose/1.1.0", id, 2_000) && !isInSlice(HOLDBACK.salt, id, 1_000)),
};
const OUT: Reported = { ...SOMEONE, unitId: unitIdWhere((id) => !isInSlice("rose/1.1.0", id, 2_000)) };
const HELD: Reported = {
  ...SOMEONE,
  unitId: unitIdWhere((id) => isInSlice("rose/1.1.0", id, 2_000) && isInSlice(HOLDBACK.salt, id, 1_000)),
};

type More = Partial<Pick<Asked, "overrides" | "hint">>;
const LIVE = "live, , 0";

/** A play and how it counts, written by hand: the arm, the version on trial, the share in parts per million. */
const NAMED: readonly (readonly [
  name: string,
  gifts: Gifts,
  viewer: Reported,
  standing: string,
  more?: More,
])[] = [
  ["in the slice", onTrial(REGIONAL), IN, "trial, 1.1.0, 200000"],
  ["out of it", onTrial(REGIONAL), OUT, "baseline, 1.1.0, 200000"],
  [
    "in the slice and held back",
    onTrial({ ...REGIONAL, holdback: HOLDBACK }),
    HELD,
    "baseline, 1.1.0, 180000",
  ],
  [
    "in the slice and not held back",
    onTrial({ ...REGIONAL, holdback: HOLDBACK }),
    IN,
    "trial, 1.1.0, 180000",
  ],
  ["a cohort", onTrial(REGIONAL), { ...OUT, cohorts: ["staff"] }, "cohort, 1.1.0, 0"],
  [
    "a cohort that is held back",
    onTrial({ ...REGIONAL, holdback: HOLDBACK }),
    { ...HELD, cohorts: ["staff"] },
    LIVE,
  ],
  [
    "a cohort at full, where it is like everyone",
    onTrial({ ...REGIONAL, full: true, holdback: HOLDBACK }),
    { ...IN, cohorts: ["staff"] },
    "trial, 1.1.0, 900000",
  ],
  ["a region without a share", onTrial(REGIONAL), { ...OUT, region: "ID" }, LIVE],
  ["a region by a name that some languages know", onTrial(REGIONAL), { ...OUT, region: "constructor" }, LIVE],
  ["a tier that is not eligible", onTrial(REGIONAL), { ...OUT, tier: "low" }, LIVE],
  ["an excluded cohort", onTrial(REGIONAL), { ...OUT, cohorts: ["vip"] }, LIVE],
  ["no unit id", onTrial(REGIONAL), { ...OUT, unitId: "" }, LIVE],
  ["nothing on trial", { rose: [releaseOf("1.0.0")] }, OUT, LIVE],
  ["a gift that is not there", {}, OUT, LIVE],
  ["an app that cannot play it", onTrial(REGIONAL, { app: { ios: EVERY_APP } }), OUT, LIVE],
  [
    "no older release: everyone who plays it is on trial",
    { rose: [releaseOf("1.1.0", { rollout: REGIONAL })] },
    IN,
    "trial, 1.1.0, 1000000",
  ],
  [
    "no older release, and out of the slice",
    { rose: [releaseOf("1.1.0", { rollout: REGIONAL })] },
    OUT,
    LIVE,
  ],
  [
    "an override that touches it",
    onTrial(REGIONAL),
    IN,
    LIVE,
    { overrides: [overrideOf("rose", { limit: { canary: true, regional: true, full: true } })] },
  ],
  [
    "an override for others",
    onTrial(REGIONAL),
    IN,
    "trial, 1.1.0, 200000",
    { overrides: [overrideOf("rose", { scope: { regions: ["ID"] } })] },
  ],
  [
    "an override that touches the older one alone",
    onTrial(REGIONAL),
    IN,
    LIVE,
    {
      overrides: [
        overrideOf("rose", {
          versions: [
            [
              [1, 0, 0],
              [1, 0, 1, 0],
            ],
          ],
        }),
      ],
    },
  ],
  ["a hint for the trial", onTrial(REGIONAL), IN, "trial, 1.1.0, 200000", { hint: "1.1.0" }],
  [
    "a hint for the trial that is refused",
    onTrial(REGIONAL),
    OUT,
    "baseline, 1.1.0, 200000",
    { hint: "1.1.0" },
  ],
  ["a hint for an older one", onTrial(REGIONAL), OUT, LIVE, { hint: "1.0.0" }],
  [
    "a newer release that is open to all",
    { rose: [releaseOf("1.2.0"), ...(onTrial(REGIONAL)["rose"] ?? [])] },
    IN,
    LIVE,
  ],
  [
    "a percentage that is larger than the region's share",
    onTrial({ ...REGIONAL, canary: { basisPoints: 3_000 } }),
    IN,
    "trial, 1.1.0, 300000",
  ],
  [
    "a percentage in a region without a share",
    onTrial({ ...REGIONAL, canary: { basisPoints: 3_000 } }),
    { ...IN, region: "ID" },
    "trial, 1.1.0, 300000",
  ],
  [
    "a share that is half of a part is rounded up: 0.5 to 1",
    onTrial({ ...FULL, holdback: { ...HOLDBACK, basisPoints: 9_999 } }),
    OUT,
    "baseline, 1.1.0, 100",
  ],
  [
    "a share that ends in a half is rounded up",
    onTrial({
      salt: "rose/1.1.0",
      canary: { basisPoints: 5 },
      holdback: { ...HOLDBACK, basisPoints: 9_950 },
    }),
    OUT,
    "baseline, 1.1.0, 3",
  ],
  [
    "a share of less than one part is one part",
    onTrial({
      salt: "rose/1.1.0",
      canary: { basisPoints: 1 },
      holdback: { ...HOLDBACK, basisPoints: 9_999 },
    }),
    OUT,
    "baseline, 1.1.0, 1",
  ],
  ["everyone held back", onTrial({ ...FULL, holdback: { ...HOLDBACK, basisPoints: 10_000 } }), OUT, LIVE],
  [
    "an older release on its way by the same bucket",
    {
      rose: [
        releaseOf("1.1.0", { rollout: REGIONAL }),
        releaseOf("1.0.1", { rollout: { salt: "rose/1.1.0", canary: { basisPoints: 1 } } }),
        releaseOf("1.0.0"),
      ],
    },
    IN,
    LIVE,
  ],
  [
    "an older release on its way by a bucket of its own",
    {
      rose: [
        releaseOf("1.1.0", { rollout: REGIONAL }),
        releaseOf("1.0.1", { rollout: { salt: "x", canary: { basisPoints: 1 } } }),
        releaseOf("1.0.0"),
      ],
    },
    IN,
    "trial, 1.1.0, 200000",
  ],
  [
    "a requirement on its way by the same bucket",
    {
      ...onTrial(REGIONAL, { requires: { kit: EVERY_APP } }),
      kit: [releaseOf("2.0.0", { rollout: REGIONAL }), releaseOf("1.0.0")],
    },
    IN,
    LIVE,
  ],
  [
    "a requirement further down that shares the holdback's bucket",
    {
      ...onTrial({ ...REGIONAL, holdback: HOLDBACK }, { requires: { kit: EVERY_APP } }),
      kit: [releaseOf("1.0.0", { requires: { spark: EVERY_APP } })],
      spark: [releaseOf("2.0.0", { rollout: { salt: HOLDBACK.salt, canary: {} } }), releaseOf("1.0.0")],
    },
    IN,
    LIVE,
  ],
  [
    "a requirement on its way by a bucket of its own",
    {
      ...onTrial(REGIONAL, { requires: { kit: EVERY_APP } }),
      kit: [releaseOf("2.0.0", { rollout: { salt: "x", canary: { basisPoints: 1 } } }), releaseOf("1.0.0")],
    },
    IN,
    "trial, 1.1.0, 200000",
  ],
  [
    "an older release that the app cannot play",
    { rose: [releaseOf("1.1.0", { rollout: REGIONAL }), releaseOf("1.0.0", { app: {} })] },
    IN,
    LIVE,
  ],
];

export function trialVectors(): VectorFile {
  const list = new CatalogList();
  const named = NAMED.map(([name, gifts, viewer, expected, more]) => {
    const asked: Asked = { gifts, overrides: [], viewer, gift: "rose", ...more };
    const standing = standingIn(asked);
    const found = `${standing.arm}, ${standing.trial}, ${standing.sharePerMillion}`;
    if (found !== expected) throw new Error(`${name}: ${found}`);
    return { name, ...toCase(list, asked), ...standing };
  });
  const draws = drawsFrom(11);
  const drawn = Array.from({ length: DRAWN_CATALOGS }, () => drawGifts(draws, drawTrialRollout)).flatMap(
    (gifts) =>
      Array.from({ length: CASES_OF_EACH }, () => {
        const overrides = draws.isIn(30) ? drawOverrides(draws) : [];
        const asked: Asked = {
          gifts,
          overrides,
          viewer: drawViewer(draws),
          gift: drawGift(draws),
          ...drawHint(draws),
        };
        return { ...toCase(list, asked), ...standingIn(asked) };
      }),
  );
  return {
    about:
      "How a play counts while a release is on trial: the arm, the version on trial, and the chance of the trial in parts per million, as a beacon says them. `catalog` is a number of the list `catalogs`.",
    lists: { catalogs: list.texts, named, drawn },
  };
}

function standingIn(asked: Asked): Standing {
  const { catalog, overrides, viewer } = open(asked);
  const resolution = resolve(catalog, overrides, viewer, asked.gift, asked.hint);
  return standingOf(catalog, overrides, viewer, asked.gift, resolution);
}

function onTrial(rollout: Rollout, parts: Partial<CatalogRelease> = {}): Gifts {
  return { rose: [releaseOf("1.1.0", { rollout, ...parts }), releaseOf("1.0.0")] };
}
