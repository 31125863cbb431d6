import fc from "fast-check";
import { satisfies } from "semver";
import { describe, expect, test } from "vitest";
import { type Located, type Project, releaseKey } from "../../src/model/project.ts";
import { STAGES, toRollout } from "../../src/model/rollout.ts";
import type { LockFile, OverrideFile, PolicyFile, ReleaseFile } from "../../src/model/schemas.ts";
import { desired } from "../../src/publish/desired.ts";
import { checkMatrix } from "../../src/rules/matrix/checkMatrix.ts";
import { failuresOf, isFailure, stagesOf } from "../../src/rules/matrix/failures.ts";
import { matrixOf, toOutcome } from "../../src/rules/matrix/matrix.ts";
import { releaseOnTrial, toWorld } from "../../src/rules/matrix/world.ts";
import { isInSlice } from "../../src/wire/bucket.ts";
import { Catalog, writeCatalog } from "../../src/wire/catalog.ts";
import { explain, type Resolution, resolve } from "../../src/wire/resolve.ts";
import type { Rollout } from "../../src/wire/rollout.ts";
import { isWithin, parseVersion } from "../../src/wire/version.ts";
import { TIERS, type Tier, toViewer, type Viewer } from "../../src/wire/viewer.ts";
import { ENVIRONMENT, GIFTS, projectOf, releaseOf, releases } from "../support/trees.ts";

/*
 * The matrix reasons with intervals and with shares that are all or nothing. Here the same worlds are looked at by brute
 * force: real catalogs as they are published, real unit ids that are really hashed, each app version for itself.
 */

const APPS = ["8.0.0-beta.1", "8.0.0", "8.1.0", "8.1.9", "8.2.1", "8.3.0-beta.1", "8.3.0"];
const REGIONS = ["SG", "ID", "BR"];
const COHORTS = [[], ["staff"], ["vip"], ["staff", "vip"]];
const UNITS = ["", ...Array.from({ length: 4_000 }, (_, at) => `unit-${at}`)];

const range = fc.constantFrom("*", ">=8.1.0", ">=8.0.0 <8.2.0", ">=8.2.1", "^8.1.0", "<8.3.0");
const player = fc.constantFrom<LockFile["player"]>(
  { name: "webp", version: "1.0.0" },
  { name: "svga", version: "2.0.0" },
  { name: "svga", version: "2.0.0", embeddedSound: true },
  { name: "lottie", version: "5.7.0" },
);
const policy: fc.Arbitrary<PolicyFile> = fc
  .record({ apps: range, svga: range, lottie: range, sound: fc.boolean() })
  .map(({ apps, svga, lottie, sound }) => ({
    platforms: {
      android: {
        apps,
        players: [
          { name: "webp", apps: ">=8.1.0", formats: "*" },
          { name: "svga", apps: svga, formats: "^2.0.0", embeddedSound: sound },
          { name: "lottie", apps: lottie, formats: ">=5.0.0 <6.0.0" },
        ],
      },
      web: { apps: "*", players: [{ name: "webp", apps: "*", formats: "*" }] },
    },
    tiers: { low: TIER, mid: TIER, high: TIER },
  }));
const TIER = {
  frames: { longSide: 64, fps: 10, quality: 50 },
  budget: { downloadBytes: 100_000, decodedBytes: 1_000_000 },
};
const override: fc.Arbitrary<OverrideFile> = fc
  .record({
    gifts: fc.oneof(fc.constant<"*">("*"), fc.subarray(GIFTS, { minLength: 1 })),
    versions: fc.option(fc.constantFrom("1.x", ">=1.1.0", "2.0.0")),
    regions: fc.option(fc.subarray(REGIONS, { minLength: 1 })),
    app: fc.option(range),
    tiers: fc.option(fc.subarray<Tier>([...TIERS], { minLength: 1 })),
    limit: fc.constantFrom<OverrideFile["limit"]>("none", "canary", "regional"),
  })
  .map(({ gifts, versions, regions, app, tiers, limit }) => ({
    gifts,
    limit,
    reason: "generated",
    ...(versions !== null && { versions }),
    ...((regions ?? app ?? tiers) !== null && {
      scope: {
        ...(regions && { regions }),
        ...(app !== null && { app: { android: app } }),
        ...(tiers && { tiers }),
      },
    }),
  }));

interface Generated {
  readonly project: Project;
  readonly policy: PolicyFile;
}

const few: fc.Arbitrary<readonly ReleaseFile[]> = releases.map((it) => it.slice(0, 6));

/** Requirements that lead to two versions of one gift, wherever all of them serve: that seldom happens by itself. */
const tangled: fc.Arbitrary<readonly ReleaseFile[]> = fc
  .tuple(
    releaseOf("anchor", "1.1.0"),
    releaseOf("balloon", "1.0.0"),
    releaseOf("balloon", "2.0.0"),
    releaseOf("comet", "1.0.0"),
  )
  .map(([anchor, older, newer, comet]) => [
    { ...withCanaryOpen(anchor), requires: { balloon: "1.x", comet: "*" } },
    { ...withCanaryOpen(older), requires: {} },
    { ...withCanaryOpen(newer), requires: {} },
    { ...withCanaryOpen(comet), requires: { balloon: "2.x" } },
  ]);

function withCanaryOpen(release: ReleaseFile): ReleaseFile {
  const { canary, ...rest } = release.rollout;
  return { ...release, rollout: { ...rest, canary: { ...canary, open: true } } };
}

const worlds: fc.Arbitrary<Generated> = fc
  .record({
    list: fc.oneof({ arbitrary: few, weight: 3 }, tangled),
    policy,
    players: fc.array(player, { minLength: 15, maxLength: 15 }),
    overrides: fc.array(override, { maxLength: 1 }),
  })
  .map(({ list, policy, players, overrides }) => {
    const project = projectOf(list.map(withCoarseShares));
    const locks = new Map(
      [...project.locks].map(([key, lock], at) => [
        key,
        { ...lock, value: { ...lock.value, player: players[at] ?? lock.value.player } },
      ]),
    );
    return {
      policy,
      project: {
        ...project,
        locks,
        overrides: new Map(overrides.map((it, at) => [`override-${at}`, { ...nowhere, value: it }])),
      },
    };
  });
/** Shares so large that some of the unit ids are in every combination of them. */
function withCoarseShares(release: ReleaseFile): ReleaseFile {
  const coarse = (percent: number) => (percent === 100 ? 100 : percent < 10 ? 30 : 60);
  const { canary, regional, holdback, ...rest } = release.rollout;
  return {
    ...release,
    rollout: {
      ...rest,
      canary: { ...canary, ...(canary.percent !== undefined && { percent: coarse(canary.percent) }) },
      regional: {
        ...regional,
        regions: Object.fromEntries(
          Object.entries(regional.regions).map(([region, percent]) => [region, coarse(percent)]),
        ),
      },
      ...(holdback && { holdback: { percent: 40 } }),
    },
  };
}
const nowhere = {
  file: "generated",
  place: () => ({ file: "generated", line: 1, column: 1 }),
} satisfies Omit<Located<unknown>, "value">;

/** What is published for a project, and what a viewer gets of it. */
function publish(project: Project) {
  const { lines, overrides } = desired(project, ENVIRONMENT, 0);
  const catalogs = Object.fromEntries(
    TIERS.map((tier) => [tier, new Catalog(writeCatalog(tier, lines[tier]))]),
  );
  const catalogOf = (viewer: Viewer) => catalogs[viewer.tier] ?? new Catalog("");
  return {
    resolve: (viewer: Viewer, gift: string) => resolve(catalogOf(viewer), overrides, viewer, gift),
    explain: (viewer: Viewer, gift: string) => explain(catalogOf(viewer), overrides, viewer, gift),
  };
}

function withoutRelease(project: Project, gift: string, version: string): Project {
  const rest = new Map([...project.releases].filter(([key]) => key !== releaseKey(gift, version)));
  return { ...project, releases: rest };
}

function withOthersOpen(project: Project, gift: string): Project {
  const open = ([key, it]: [string, Located<ReleaseFile>]): [string, Located<ReleaseFile>] => {
    const { rollout } = it.value;
    if (it.value.gift === gift || !rollout.canary.open) return [key, it];
    const { salt, canary, regional } = rollout;
    const opened = {
      ...(salt !== undefined && { salt }),
      canary,
      regional: { ...regional, open: true },
      full: { open: true },
    };
    return [key, { ...it, value: { ...it.value, rollout: opened } }];
  };
  return { ...project, releases: new Map([...project.releases].map(open)), overrides: new Map() };
}

/** One unit id of each kind that the shares of this project tell apart, found by hashing all of them. */
function distinctUnits(project: Project): readonly string[] {
  const shares: [string, number][] = [];
  const add = (rollout: Rollout | null) => {
    if (!rollout) return;
    if (rollout.canary?.basisPoints) shares.push([rollout.salt, rollout.canary.basisPoints]);
    for (const it of Object.values(rollout.regional?.regions ?? {})) shares.push([rollout.salt, it]);
    if (rollout.holdback) shares.push([rollout.holdback.salt, rollout.holdback.basisPoints]);
  };
  for (const { value } of project.releases.values()) add(toRollout(value));
  const kinds = new Map<string, string>();
  for (const unit of UNITS) {
    const kind = `${unit === ""} ${shares.map(([salt, share]) => Number(isInSlice(salt, unit, share))).join("")}`;
    if (!kinds.has(kind)) kinds.set(kind, unit);
  }
  return [...kinds.values()];
}

function playsIn(policy: PolicyFile, viewer: { platform: string; appVersion: string }, lock: LockFile) {
  const { name, version, embeddedSound } = lock.player;
  return policy.platforms[viewer.platform]?.players.some(
    (it) =>
      it.name === name &&
      satisfies(version, it.formats, { includePrerelease: true }) &&
      satisfies(viewer.appVersion, it.apps, { includePrerelease: true }) &&
      !(embeddedSound && it.embeddedSound === false),
  );
}

/** What is wrong for one viewer, worked out the long way. */
function flawsFor(
  { project, policy }: Generated,
  gift: string,
  viewer: Viewer & { appVersion: string },
  live: ReturnType<typeof publish>,
  rest: (gift: string, version: string) => ReturnType<typeof publish>,
  opened: ReturnType<typeof publish>,
): readonly string[] {
  const resolution = live.resolve(viewer, gift);
  const found = new Set<string>();
  const unplayable = ({ chain }: Resolution) => {
    for (const link of chain) {
      if (link.kind !== "release" || link.gift !== gift) continue;
      const lock = project.locks.get(releaseKey(gift, link.version));
      if (!lock || !playsIn(policy, viewer, lock.value)) found.add(`unplayable ${link.version}`);
    }
  };
  unplayable(resolution);
  const verdicts = live.explain(viewer, gift);
  for (const { version, verdict } of verdicts) {
    if (verdict.kind === "conflict") found.add(`conflict ${version} ${verdict.gift}`);
    if (verdict.kind !== "requires") continue;
    const then = opened.explain(viewer, gift).find((it) => it.version === version)?.verdict.kind;
    const kind = then === "requires" || then === "conflict" ? "unresolved" : "narrower";
    found.add(`${kind} ${version} ${verdict.gift}`);
  }
  const reaching = verdicts.find(({ verdict }) => ["app_version", "tier"].includes(verdict.kind));
  const isNamed = [...project.releases.values()].some(
    ({ value }) => value.gift === gift && value.rollout.canary.open && viewer.platform in value.compat.app,
  );
  if (resolution.chain.length === 1 && reaching && isNamed) found.add(`unanswered ${reaching.version}`);
  for (const link of resolution.chain) {
    if (link.kind !== "release") continue;
    for (const taken of [link, ...link.requires]) {
      const after = rest(taken.gift, taken.version).resolve(viewer, gift);
      unplayable(after);
      const [first] = resolution.chain;
      const isWinner = first === link && taken === link && taken.gift === gift;
      if (isWinner && !after.chain.some((it) => it.kind === "release"))
        found.add(`irreversible ${taken.version}`);
    }
  }
  return [...found].sort();
}

/** What every viewer of one platform, app version, tier and region may get, and what is wrong with it. */
type Spot = { outcomes: Set<string>; flaws: Set<string> };

function bruteForce(generated: Generated, gift: string): ReadonlyMap<string, Spot> {
  const { project, policy } = generated;
  const live = publish(project);
  const opened = publish(withOthersOpen(project, gift));
  const rests = new Map<string, ReturnType<typeof publish>>();
  const rest = (of: string, version: string) => {
    const key = releaseKey(of, version);
    const known = rests.get(key) ?? publish(withoutRelease(project, of, version));
    rests.set(key, known);
    return known;
  };
  const units = distinctUnits(project);
  const spots = new Map<string, Spot>();
  for (const platform of Object.keys(policy.platforms)) {
    for (const appVersion of APPS) {
      const supported = policy.platforms[platform]?.apps ?? "";
      if (!satisfies(appVersion, supported, { includePrerelease: true })) continue;
      for (const tier of TIERS) {
        for (const region of REGIONS) {
          const spot: Spot = { outcomes: new Set(), flaws: new Set() };
          for (const cohorts of COHORTS) {
            for (const unitId of units) {
              const viewer = {
                ...toViewer({ platform, appVersion, tier, region, cohorts, unitId }),
                appVersion,
              };
              spot.outcomes.add(JSON.stringify(toOutcome(live.resolve(viewer, gift))));
              for (const it of flawsFor(generated, gift, viewer, live, rest, opened)) spot.flaws.add(it);
            }
          }
          spots.set(`${platform} ${appVersion} ${tier} ${region}`, spot);
        }
      }
    }
  }
  return spots;
}

function fromMatrix({ project, policy }: Generated, gift: string): ReadonlyMap<string, Spot> {
  const [now] = matrixOf(toWorld(project, { mode: "as-written" }), policy, gift).stages;
  const spots = new Map<string, Spot>();
  const named = new Set(now?.cells.map((it) => it.region));
  for (const cell of now?.cells ?? []) {
    const regions = REGIONS.filter((it) => (cell.region === "" ? !named.has(it) : it === cell.region));
    for (const appVersion of APPS) {
      const version = parseVersion(appVersion);
      if (!version || !isWithin(version, [cell.apps])) continue;
      for (const region of regions) {
        const key = `${cell.platform} ${appVersion} ${cell.tier} ${region}`;
        const spot = spots.get(key) ?? { outcomes: new Set(), flaws: new Set() };
        spots.set(key, spot);
        spot.outcomes.add(JSON.stringify(cell.outcome));
        for (const flaw of cell.flaws)
          spot.flaws.add([flaw.kind, flaw.version, "requires" in flaw ? flaw.requires : []].flat().join(" "));
      }
    }
  }
  return spots;
}

function toPlain(spots: ReadonlyMap<string, Spot>) {
  return Object.fromEntries(
    [...spots]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { outcomes, flaws }]) => [
        key,
        { outcomes: [...outcomes].sort(), flaws: [...flaws].sort() },
      ]),
  );
}

describe("the compatibility matrix", () => {
  test("agrees with brute force over every version, cohort, region and real unit id", () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(...GIFTS), (generated, gift) => {
        expect(toPlain(fromMatrix(generated, gift))).toEqual(toPlain(bruteForce(generated, gift)));
      }),
      { numRuns: 10 },
    );
  });

  test("of these worlds is often flawed, in every way: else the laws would prove nothing", () => {
    const flawed = fc
      .sample(worlds, { seed: 1, numRuns: 40 })
      .flatMap(({ project, policy }) =>
        GIFTS.map((gift) => failuresOf(toWorld(project, { mode: "as-written" }), policy, gift)),
      )
      .filter((it) => it.length > 0);
    expect(flawed.length).toBeGreaterThan(20);
    expect([...new Set(flawed.flat().map((it) => it.flaw.kind))].sort()).toEqual([
      "conflict",
      "irreversible",
      "narrower",
      "unanswered",
      "unplayable",
      "unresolved",
    ]);
  });

  test("is proved by kinds of viewers and devices with the very flaws that its cells have", () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(...GIFTS), ({ project, policy }, gift) => {
        const world = toWorld(project, { mode: "as-written" });
        const expected = new Set<string>();
        const { stages } = matrixOf(world, policy, gift);
        const staged = stagesOf(world, gift);
        stages.forEach(({ cells }, at) => {
          const { world: here = world, isNow = true } = staged[at] ?? {};
          for (const { platform, apps, tier, flaws } of cells)
            for (const flaw of flaws)
              if (isFailure(flaw, here, gift, isNow))
                for (const app of APPS)
                  if (isWithin(parseVersion(app) ?? [0, 0, 0], [apps]))
                    expected.add(`${platform} ${app} ${tier} ${JSON.stringify(flaw)}`);
        });
        const found = new Set<string>();
        for (const { platform, apps, tiers, flaw } of failuresOf(world, policy, gift))
          for (const app of APPS)
            if (isWithin(parseVersion(app) ?? [0, 0, 0], [apps]))
              for (const tier of tiers) found.add(`${platform} ${app} ${tier} ${JSON.stringify(flaw)}`);
        expect([...found].sort()).toEqual([...expected].sort());
      }),
      { numRuns: 20 },
    );
  });

  test("of gifts of one shape is proved once, and nothing is missed by that", () => {
    fc.assert(
      fc.property(fc.array(worlds, { minLength: 4, maxLength: 8 }), (several) => {
        const [first] = several;
        if (!first) return;
        const project = together(several.map((it) => it.project));
        const located = { file: "releases/policy.yaml", value: first.policy, place: nowhere.place };
        const found = checkMatrix({ ...project, policy: located });
        const flawed = new Set(found.map((it) => it.gift));
        for (const gift of project.gifts.keys()) {
          const failures = failuresOf(toWorld(project, { mode: "as-written" }), first.policy, gift);
          expect([gift, flawed.has(gift)]).toEqual([gift, failures.length > 0]);
        }
      }),
      { numRuns: 6 },
    );
  });

  test("of a later stage is the matrix of the tree in which that stage is open", () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom(...GIFTS), ({ project, policy }, gift) => {
        const world = toWorld(project, { mode: "as-written" });
        const trial = releaseOnTrial(world, gift);
        for (const { stage, isNow, cells } of matrixOf(world, policy, gift).stages) {
          if (isNow || !trial) continue;
          const opened = withStage(project, trial.gift, trial.version, STAGES.indexOf(stage));
          const [there] = matrixOf(toWorld(opened, { mode: "as-written" }), policy, gift).stages;
          expect(cells).toEqual(there?.cells);
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** The projects beside each other, each with gifts, cohorts and regions of its own names, and without its overrides. */
function together(projects: readonly Project[]): Project {
  const renamed = projects.map((project, at) => {
    const text = JSON.stringify({
      releases: [...project.releases].map(([key, { value }]) => [key, value]),
      locks: [...project.locks].map(([key, { value }]) => [key, value]),
      gifts: [...project.gifts].map(([key, { value }]) => [key, value]),
    });
    const named = [...GIFTS, ...(at % 2 === 0 ? ["staff", "vip"] : [])].reduce(
      (all, name) => all.replaceAll(`"${name}`, `"${name}-${at}`),
      text,
    );
    const { releases, locks, gifts } = JSON.parse(named);
    const toMap = (list: [string, never][]) =>
      new Map(list.map(([key, value]) => [key, { ...nowhere, value }] as const));
    return { releases: toMap(releases), locks: toMap(locks), gifts: toMap(gifts) };
  });
  const [base] = projects;
  if (!base) throw new Error("there is a project");
  return {
    ...base,
    releases: new Map(renamed.flatMap((it) => [...it.releases])),
    locks: new Map(renamed.flatMap((it) => [...it.locks])),
    gifts: new Map(renamed.flatMap((it) => [...it.gifts])),
    overrides: new Map(),
  };
}

function withStage(project: Project, gift: string, version: string, last: number): Project {
  const key = releaseKey(gift, version);
  const file = project.releases.get(key);
  if (!file) throw new Error(`${key} is not there`);
  const { canary, regional, full, ...rest } = file.value.rollout;
  const rollout = {
    ...rest,
    canary: { ...canary, open: true },
    regional: { ...regional, open: last >= 1 },
    full: { ...full, open: last >= 2 },
  };
  return {
    ...project,
    releases: new Map([...project.releases, [key, { ...file, value: { ...file.value, rollout } }]]),
  };
}
