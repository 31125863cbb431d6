import type { Located, Project } from "../../model/project.ts";
import { reachedStage, STAGES } from "../../model/rollout.ts";
import type { PolicyFile } from "../../model/schemas.ts";
import type { Finding } from "../../report/finding.ts";
import { compareVersions, type Interval, isWithin } from "../../wire/version.ts";
import { TIERS, type Tier } from "../../wire/viewer.ts";
import { appsThatPlay, describeApps, joinIntervals } from "./apps.ts";
import { TooManyAudiences } from "./audiences.ts";
import { cellsOf } from "./cells.ts";
import { type Flaw, proveCell } from "./prove.ts";
import {
  closureOf,
  openTo,
  releaseOnTrial,
  requiredBy,
  toWorld,
  versionOf,
  type World,
  type WorldRelease,
} from "./world.ts";

/** One kind of flaw of one release on one platform, and where: pieces of the app-version line by tier. */
export interface Failure {
  readonly flaw: Flaw;
  readonly platform: string;
  readonly apps: Interval;
  readonly tiers: readonly Tier[];
}

/**
 * Whatever is open plays on every device that it claims, or falls back to something that does: now, after each rollback, and
 * at every later stage of the release that is on its way. As the releases are written; testers see no less.
 */
export function checkMatrix(project: Project, gifts?: ReadonlySet<string>): Finding[] {
  const { policy } = project;
  if (!policy) return [];
  const world = toWorld(project, { mode: "as-written" });
  const proven = new Set<string>();
  return [...world.releases.keys()].flatMap((gift) => {
    if (gifts && !gifts.has(gift)) return [];
    const shape = shapeOf(world, gift);
    if (proven.has(shape)) return [];
    try {
      const failures = failuresOf(world, policy.value, gift);
      if (failures.length === 0) proven.add(shape);
      return failures.flatMap((it) => toFinding(policy, world, gift, it));
    } catch (error) {
      if (!(error instanceof TooManyAudiences)) throw error;
      return toTooMany(world, gift, error);
    }
  });
}

/** What does not hold anywhere: the smallest intervals, each with the tiers that it concerns. */
export function failuresOf(world: World, policy: PolicyFile, gift: string): readonly Failure[] {
  const spots = new Map<string, { flaw: Flaw; platform: string; pieces: Map<Tier, Map<string, Interval>> }>();
  for (const { world: staged, isNow } of stagesOf(world, gift)) {
    for (const cell of cellsOf(policy, [staged], closureOf(staged, gift))) {
      for (const flaw of proveCell(gift, policy, cell).flaws) {
        if (!isNow && !STRUCTURAL.has(flaw.kind)) continue;
        if (flaw.kind === "irreversible" && !isBeyondCanary(staged, gift, flaw.version)) continue;
        if (isToldElsewhere(staged, gift, flaw)) continue;
        const key = `${cell.platform} ${JSON.stringify(flaw)}`;
        const spot = spots.get(key) ?? { flaw, platform: cell.platform, pieces: new Map() };
        spots.set(key, spot);
        const pieces = spot.pieces.get(cell.tier) ?? new Map<string, Interval>();
        spot.pieces.set(cell.tier, pieces.set(JSON.stringify(cell.apps), cell.apps));
      }
    }
  }
  return [...spots.values()].flatMap(({ flaw, platform, pieces }) => toFailures(flaw, platform, pieces));
}

/** The world now, and with the release on trial opened to each later stage. */
export function stagesOf(
  world: World,
  gift: string,
): readonly { readonly stage: (typeof STAGES)[number]; readonly isNow: boolean; readonly world: World }[] {
  const trial = releaseOnTrial(world, gift);
  const reached = trial && reachedStage(trial.rollout);
  if (!trial || !reached) return [{ stage: "full", isNow: true, world }];
  return STAGES.slice(STAGES.indexOf(reached)).map((stage) => ({
    stage,
    isNow: stage === reached,
    world: stage === reached ? world : openTo(world, trial, stage),
  }));
}

/** Found ahead of its stage too: waiting would not help. */
const STRUCTURAL: ReadonlySet<Flaw["kind"]> = new Set(["unplayable", "unresolved", "conflict"]);

/** A test group may be left with nothing for a while; a region may not. A release that is settled is where others come back to. */
function isBeyondCanary(world: World, gift: string, version: string): boolean {
  const trial = releaseOnTrial(world, gift);
  return trial?.version === version && reachedStage(trial.rollout) !== "canary";
}

/** Nothing open in range, or a circle: checkRequires says so without looking at viewers. */
function isToldElsewhere(world: World, gift: string, flaw: Flaw): boolean {
  if (flaw.kind !== "unresolved" && flaw.kind !== "narrower") return false;
  const release = world.releases.get(gift)?.find((it) => it.version === flaw.version);
  const range = release?.entries.low.requires?.[flaw.requires] ?? [];
  const isThere = world.releases.get(flaw.requires)?.some((it) => isWithin(versionOf(it), range));
  return !isThere || requiredBy(world, flaw.requires).includes(gift);
}

/** Tiers with the same pieces together; neighbouring pieces as one. */
function toFailures(
  flaw: Flaw,
  platform: string,
  pieces: ReadonlyMap<Tier, ReadonlyMap<string, Interval>>,
): Failure[] {
  const byPiece = new Map<string, { apps: Interval; tiers: Tier[] }>();
  for (const tier of TIERS) {
    for (const apps of joinIntervals(sorted([...(pieces.get(tier)?.values() ?? [])]))) {
      const key = JSON.stringify(apps);
      const known = byPiece.get(key);
      if (known) known.tiers.push(tier);
      else byPiece.set(key, { apps, tiers: [tier] });
    }
  }
  return [...byPiece.values()].map((it) => ({ flaw, platform, ...it }));
}

function toFinding(
  policy: Located<PolicyFile>,
  world: World,
  gift: string,
  { flaw, platform, apps, tiers }: Failure,
): Finding[] {
  const release = world.releases.get(gift)?.find((it) => it.version === flaw.version);
  if (!release) return [];
  const where = `${platform} ${describeApps(apps)}, ${describeTiers(tiers)}`;
  const name = `${gift}@${flaw.version}`;
  const about = { gift, version: flaw.version, place: placeOf(release, platform, flaw) };
  switch (flaw.kind) {
    case "unplayable":
      return [
        {
          ...about,
          code: "PLAYER_MISSING",
          severity: "error",
          message: `${where}: ${name} needs a player for ${describePlayer(release)}, and these apps have none`,
          fix: howToPlay(policy, release, platform),
        },
      ];
    case "unresolved":
      return [
        {
          ...about,
          code: "REQUIRES_UNRESOLVED",
          severity: "error",
          message: `${where}: ${name} requires ${flaw.requires}, and no release of that in range serves there, so these viewers never get it`,
          fix: `claim fewer apps or tiers in compat, or widen compat of ${flaw.requires} in a new version of it`,
        },
      ];
    case "narrower":
      // Only ever a warning: closing a stage of what is required is a rollback, and what depends on it stops by itself.
      return [
        {
          ...about,
          code: "REQUIRES_NARROWER",
          severity: "warning",
          message: `${where}: ${name} requires ${flaw.requires}, which is not open to all of its viewers, so they do not get it`,
          fix: `open ${flaw.requires} as far as ${name} first`,
        },
      ];
    case "conflict":
      return [
        {
          ...about,
          code: "REQUIRES_CONFLICT",
          severity: "error",
          message: `${where}: ${name} needs two versions of ${flaw.requires} at once: ${flaw.paths.map((path) => path.join(" -> ")).join(", and ")}`,
          fix: `write ranges that have one version of ${flaw.requires} in common as their newest`,
        },
      ];
    case "unanswered":
      return [
        {
          ...about,
          code: "NO_ANSWER",
          severity: "warning",
          message: `${where}: ${name} is open to these viewers but does not serve them, and nothing stands in for it: they see the app's own picture`,
          fix: "add a fallback gift that serves them, or widen compat",
        },
      ];
    case "irreversible":
      return [
        {
          ...about,
          code: "NO_WAY_BACK",
          severity: "warning",
          message: `${where}: when ${name} is rolled back, these viewers are left with the app's own picture`,
          fix: "keep an older release open that serves them, or add a fallback gift",
        },
      ];
  }
}

function placeOf({ file }: WorldRelease, platform: string, flaw: Flaw): Finding["place"] {
  if (flaw.kind === "unresolved" || flaw.kind === "narrower") return file.place(["requires", flaw.requires]);
  if (flaw.kind === "conflict") return file.place(["requires"], "key");
  return file.place(["compat", "app", platform]);
}

function describePlayer({ player }: WorldRelease): string {
  return `${player.name} ${player.version}${player.embeddedSound ? " with sound inside" : ""}`;
}

/** The nearest range that would do, as the policy writes it. */
function howToPlay({ value, file }: Located<PolicyFile>, release: WorldRelease, platform: string): string {
  const known = value.platforms[platform];
  const [apps] = known ? appsThatPlay(known, release.player) : [];
  if (apps !== undefined)
    return `write ${platform}: "${apps}" in compat.app, which is where ${file} has that player, or give the older apps a fallback gift`;
  const players = [...new Set(known?.players.map((it) => it.name))].join(", ");
  return `take ${platform} out of compat.app, or export the animation for what ${platform} has: ${players}`;
}

function describeTiers(tiers: readonly Tier[]): string {
  if (tiers.length === TIERS.length) return "all tiers";
  return `${tiers.join(" and ")} tier${tiers.length > 1 ? "s" : ""}`;
}

function toTooMany(world: World, gift: string, error: TooManyAudiences): Finding[] {
  const [release] = world.releases.get(gift) ?? [];
  if (!release) return [];
  return [
    {
      code: "MATRIX_TOO_LARGE",
      severity: "error",
      gift,
      version: release.version,
      place: release.file.place(["rollout"], "key"),
      message: `${gift} and the gifts that it leads to are on their way in too many shares and cohorts at once to look at each viewer (${error.message})`,
      fix: "bring releases that are on their way to full, or close them, before opening another",
    },
  ];
}

function sorted(pieces: readonly Interval[]): readonly Interval[] {
  return [...pieces].sort(([a], [b]) => compareVersions(a, b));
}

/**
 * All that the proofs depend on, without names: gifts that are alike need one proof. Not used where an override holds, for
 * those name gifts and versions.
 */
function shapeOf(world: World, gift: string): string {
  const closure = closureOf(world, gift);
  const nameOf = (id: string) => closure.indexOf(id);
  const isHeld = world.overrides.some(
    (it) => it.gifts === "*" || it.gifts.some((id) => closure.includes(id)),
  );
  return JSON.stringify([
    isHeld ? gift : null,
    closure.map((id) =>
      (world.releases.get(id) ?? []).map(({ version, file, player, entries }) => {
        const { compat, requires = {}, fallback = [], rollout } = file.value;
        return [
          version,
          compat,
          Object.entries(requires).map(([to, range]) => [nameOf(to), range]),
          fallback.map((it) => nameOf(it.gift)),
          rollout,
          player,
          TIERS.map((tier) => entries[tier].files.map((it) => it.role)),
        ];
      }),
    ),
  ]);
}
