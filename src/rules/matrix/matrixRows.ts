import type { Interval } from "../../wire/version.ts";
import { TIERS, type Tier } from "../../wire/viewer.ts";
import { describeApps, joinIntervals } from "./apps.ts";
import type { Reach } from "./audiences.ts";
import type { Matrix, MatrixCell, MatrixStage, Outcome } from "./matrix.ts";

export const MATRIX_HEADER: readonly string[] = ["platform", "apps", "tiers", "viewers", "plays", "then", ""];

/** `rose now`, or `rose, once it is open at full`. */
export function titleOf({ gift }: Matrix, { stage, isNow }: MatrixStage): string {
  return isNow ? `${gift} now` : `${gift}, once it is open at ${stage}`;
}

/**
 * A stage's cells as people read them, under {@link MATRIX_HEADER}: whatever gets the same is one row. How other gifts reach
 * the viewers is told only of those that the gift requires; of a fallback gift the name is enough, for it has a matrix itself.
 */
export function toRows(matrix: Matrix, { cells }: MatrixStage): readonly (readonly string[])[] {
  const regions = new Set(cells.map((it) => it.region)).size;
  let rows = joinApps(cells.map((it) => toRow(matrix, it)));
  for (const field of ["tiers", "regions", "kinds", "platforms"] as const) rows = merge(rows, field);
  return rows.map(({ platforms, apps, tiers, regions: named, kinds, plays, next, wrong, before }) => [
    platforms.join(", "),
    describeApps(apps),
    tiers.length === TIERS.length ? "all" : tiers.join(", "),
    describeViewers(named.length === regions ? [] : named, kinds),
    plays,
    next,
    [wrong, before === "" ? "" : `changed, was ${before}`].filter(Boolean).join("; "),
  ]);
}

interface Row {
  readonly platforms: readonly string[];
  readonly apps: Interval;
  readonly tiers: readonly Tier[];
  readonly regions: readonly string[];
  readonly kinds: readonly string[];
  readonly plays: string;
  readonly next: string;
  readonly wrong: string;
  /** What they get at the base; empty when that is the same. */
  readonly before: string;
}

function toRow({ gift, required }: Matrix, cell: MatrixCell): Row {
  const { platform, apps, tier, region, reach, outcome, before, flaws } = cell;
  const [plays, ...next] = describeOutcome(gift, outcome);
  return {
    platforms: [platform],
    apps,
    tiers: [tier],
    regions: [region],
    kinds: [describeReach([gift, ...required], reach)],
    plays: plays ?? "",
    next: next.join(", "),
    wrong: flaws.flatMap((it) => describeFlaw(gift, it, reach)).join("; "),
    before: before ? describeOutcome(gift, before).join(", ") : "",
  };
}

/** Neighbouring pieces of the app-version line as one, where all else is the same. */
function joinApps(rows: readonly Row[]): readonly Row[] {
  return [...groupBy(rows, (it) => ({ ...it, apps: null })).values()].flatMap((group) => {
    const pieces = new Map(group.map((it) => [JSON.stringify(it.apps), it.apps]));
    return joinIntervals([...pieces.values()]).flatMap((apps) =>
      group.slice(0, 1).map((it) => ({ ...it, apps })),
    );
  });
}

function merge(rows: readonly Row[], field: "platforms" | "tiers" | "regions" | "kinds"): readonly Row[] {
  return [...groupBy(rows, (it) => ({ ...it, [field]: null })).values()].flatMap((group) =>
    group.slice(0, 1).map((it) => ({ ...it, [field]: [...new Set(group.flatMap((other) => other[field]))] })),
  );
}

function groupBy(rows: readonly Row[], keyOf: (row: Row) => unknown): ReadonlyMap<string, readonly Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify(keyOf(row));
    const known = groups.get(key);
    if (known) known.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

const REACH_WORDS: Readonly<Record<Reach, string>> = {
  canary: "canary",
  regional: "regional share",
  full: "everyone",
  held_back: "held back",
  none: "others",
};

function describeReach(gifts: readonly string[], reach: Readonly<Record<string, Reach>>): string {
  const kinds = Object.entries(reach).filter(([release]) => gifts.some((it) => release.startsWith(`${it}@`)));
  const [only, ...more] = kinds;
  if (!only) return "everyone";
  if (more.length === 0) return REACH_WORDS[only[1]];
  const reached = kinds.filter(([, it]) => it !== "none");
  return reached.map(([release, it]) => `${REACH_WORDS[it]} of ${release}`).join(" and ") || "others";
}

/** `canary, others in SG, ID`; viewers of all regions need none named. */
function describeViewers(regions: readonly string[], kinds: readonly string[]): string {
  const where = regions.map((it) => (it === "" ? "elsewhere" : it)).join(", ");
  return `${kinds.join(", ")}${where === "" ? "" : ` (${where})`}`;
}

/** Each link in words. The app's own picture ends every chain and is told only where it is all there is. */
function describeOutcome(gift: string, { chain }: Outcome): readonly string[] {
  const words = chain.flatMap((link): string[] => {
    if (link === "default") return [];
    if (link.startsWith("still of ")) return ["a still"];
    const [of = "", version = ""] = link.split("@");
    return [of === gift ? `${of} ${version}` : of];
  });
  return words.length === 0 ? ["the app's own picture"] : [...new Set(words)];
}

function describeFlaw(
  gift: string,
  flaw: MatrixCell["flaws"][number],
  reach: Readonly<Record<string, Reach>>,
): string[] {
  switch (flaw.kind) {
    case "unplayable":
      return [`${flaw.version} has no player here`];
    case "unresolved":
    case "narrower":
      return [`${flaw.version} waits for ${flaw.requires}`];
    case "conflict":
      return [`${flaw.version} needs two versions of ${flaw.requires}`];
    case "unanswered":
      return [`${flaw.version} is not for them, and nothing stands in`];
    case "irreversible":
      // A release that is settled is where others come back to.
      return `${gift}@${flaw.version}` in reach ? [`nothing to go back to from ${flaw.version}`] : [];
  }
}
