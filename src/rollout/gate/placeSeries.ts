import { FAMILIES, UNIT_LABELS } from "../../metrics/families.ts";
import type { Series } from "../../metrics/source.ts";
import type { AnalysisPlan, MetricName } from "./analysisPlan.ts";
import type { DataProblem } from "./counts.ts";

export const TRIAL = 0;
export const BASELINE = 1;

/** What is summed by arm and stratum. */
const MEASURES = {
  units: 0,
  failed: 1,
  crashed: 2,
  fellBack: 3,
  mismatched: 4,
  decoded: 5,
  decodedInTime: 6,
  played: 7,
  playedWell: 8,
  devices: 9,
} as const;
export type Measure = keyof typeof MEASURES;

/** One counter of one collector, and the sums that it belongs to. */
export interface PlacedCounter {
  /** All that was given of it; more than one entry where a source repeats itself. */
  readonly series: Series[];
  readonly slots: Addend[];
  /** Its place among the counters of its collector. */
  readonly column: number;
}

/** A sum that a counter is added to: always, or only where another column is there with it. */
export interface Addend {
  readonly slot: number;
  readonly partner: number;
}
const ALONE = -1;

/** Everything that one collector said: its counters begin and end together. */
export interface Instance {
  readonly counters: PlacedCounter[];
  /** Its own start time, as a gauge. */
  readonly started: Series[];
  /** What shows that it was there, and is in no sum. */
  readonly others: Series[];
}

export interface PlacedSeries {
  readonly instances: readonly Instance[];
  /** How many sums there are. `slotOf` says which is whose. */
  readonly slots: number;
  readonly bounds: readonly number[];
  /** Whether there is a decode histogram of an arm. */
  readonly hasDecode: boolean;
  /** The sum of one histogram's bound, as an index of `bounds`. */
  readonly decodeSlot: (arm: number, bound: number) => number;
  readonly apps: readonly { readonly arm: number; readonly app: string; readonly slot: number }[];
  /** Units in strata that the plan does not have. */
  readonly strangers: readonly { readonly text: string; readonly slot: number }[];
  readonly hasTrial: boolean;
  readonly hasBaseline: boolean;
  readonly problems: readonly DataProblem[];
}

const COUNTED: Readonly<Record<string, Measure>> = {
  [FAMILIES.units]: "units",
  [FAMILIES.failed]: "failed",
  [FAMILIES.crashed]: "crashed",
  [FAMILIES.fellBack]: "fellBack",
  [FAMILIES.mismatched]: "mismatched",
};
const BAD_FAMILIES: Readonly<Partial<Record<MetricName, string>>> = {
  failed: FAMILIES.failed,
  crashed: FAMILIES.crashed,
  fellBack: FAMILIES.fellBack,
  mismatched: FAMILIES.mismatched,
};
export const DECODE_BUCKET = `${FAMILIES.decode}_bucket`;
export const DROPPED_BUCKET = `${FAMILIES.dropped}_bucket`;
/** Labels that say what is counted. All the others say who counted it. */
const OWN_LABELS: ReadonlySet<string> = new Set([...UNIT_LABELS, "le", "share", "app", "cause", "to"]);
/** How far a share may be from the plan's, in parts per million: both are rounded. */
const SHARE_TOLERANCE = 1;

/** What one collector counts of one set of labels. */
interface LabelSet {
  /** By name and bucket. */
  readonly counters: Map<string, PlacedCounter>;
  readonly histograms: Map<string, Buckets>;
}

interface Bucket {
  readonly counter: PlacedCounter;
  readonly bound: number;
}

interface Buckets {
  readonly name: string;
  readonly arm: number;
  readonly stratum: number;
  readonly members: Bucket[];
}

/** The sum of a measure in one arm and stratum. */
export function slotOf(strata: number, measure: Measure, arm: number, stratum: number): number {
  return (MEASURES[measure] * 2 + arm) * strata + stratum;
}

/** Says of each series which collector it is from and which sums it belongs to. */
export function placeSeries(plan: AnalysisPlan, series: readonly Series[]): PlacedSeries {
  const strata = new Map(plan.strata.map(({ region, tier }, at) => [`${region}/${tier}`, at]));
  const instances = new Map<string, Instance>();
  const sets = new Map<string, LabelSet>();
  const groups: Buckets[] = [];
  const appSlots = new Map<string, { arm: number; app: string; slot: number }>();
  const strangers: { text: string; slot: number }[] = [];
  const units: { readonly set: LabelSet; readonly counter: PlacedCounter }[] = [];
  const problems: DataProblem[] = [];
  const seen = [false, false];
  let slots = Object.keys(MEASURES).length * 2 * plan.strata.length;

  let shape = toShape([]);
  for (const one of series) {
    const names = Object.keys(one.labels);
    // Series come in families, and the labels of one in one order.
    if (!hasNames(shape, names)) shape = toShape(names);
    const who = joinLabels(shape.who, one.labels);
    let instance = instances.get(who);
    if (!instance) instances.set(who, (instance = { counters: [], started: [], others: [] }));
    if (one.name === FAMILIES.started) {
      instance.started.push(one);
      continue;
    }
    const arm = armOf(plan, one);
    if (arm === null) {
      instance.others.push(one);
      continue;
    }
    const { le = "", region = "", tier = "", share = "", platform = "", app = "" } = one.labels;
    const of = `${who}\n${joinLabels(shape.what, one.labels)}`;
    let set = sets.get(of);
    if (!set) sets.set(of, (set = { counters: new Map(), histograms: new Map() }));
    const key = `${one.name}\n${le}`;
    const known = set.counters.get(key);
    if (known) {
      known.series.push(one);
      continue;
    }
    const counter: PlacedCounter = { series: [one], slots: [], column: instance.counters.length };
    set.counters.set(key, counter);
    instance.counters.push(counter);

    const stratum = strata.get(`${region}/${tier}`);
    const measure = COUNTED[one.name];
    if (measure !== undefined) {
      if (measure === "units") {
        seen[arm] = true;
        units.push({ set, counter });
      }
      if (stratum !== undefined)
        counter.slots.push({ slot: slotOf(plan.strata.length, measure, arm, stratum), partner: ALONE });
      else if (measure === "units") {
        strangers.push({ text: textOf([one]), slot: slots });
        counter.slots.push({ slot: slots++, partner: ALONE });
      }
    } else if (one.name === FAMILIES.devices) {
      const expected = plan.shares[region];
      if (stratum !== undefined && expected !== undefined && isShare(share, expected))
        counter.slots.push({ slot: slotOf(plan.strata.length, "devices", arm, stratum), partner: ALONE });
    } else if (one.name === FAMILIES.apps) {
      const name = `${platform} ${app}`;
      let place = appSlots.get(`${arm} ${name}`);
      if (!place) appSlots.set(`${arm} ${name}`, (place = { arm, app: name, slot: slots++ }));
      counter.slots.push({ slot: place.slot, partner: ALONE });
    } else if (stratum !== undefined && (one.name === DECODE_BUCKET || one.name === DROPPED_BUCKET)) {
      const bound = toBound(le);
      if (bound === null) {
        problems.push({ kind: "invalid_counters", series: textOf([one]), why: `le="${le}" is no bound` });
        continue;
      }
      let group = set.histograms.get(one.name);
      if (!group) {
        set.histograms.set(one.name, (group = { name: one.name, arm, stratum, members: [] }));
        groups.push(group);
      }
      group.members.push({ counter, bound });
    }
  }

  for (const { name } of plan.metrics) {
    const family = BAD_FAMILIES[name];
    if (family === undefined) continue;
    const lone = units.find(({ set }) => !set.counters.has(`${family}\n`));
    if (lone)
      problems.push({
        kind: "invalid_counters",
        series: textOf(lone.counter.series),
        why: `there is no ${family} beside it, so nobody knows how many of its units are in it`,
      });
  }

  problems.push(...placeObjective(plan, groups, "slow"), ...placeObjective(plan, groups, "dropped"));
  const decode = groups.filter(({ name }) => name === DECODE_BUCKET);
  const bounds = sharedBounds(decode);
  const firstDecode = slots;
  const decodeSlot = (arm: number, bound: number) => firstDecode + arm * bounds.length + bound;
  slots += 2 * bounds.length;
  for (const { arm, members } of decode)
    for (const { counter, bound } of members) {
      const at = bounds.indexOf(bound);
      if (at >= 0) counter.slots.push({ slot: decodeSlot(arm, at), partner: ALONE });
    }

  return {
    instances: [...instances.values()],
    slots,
    bounds,
    hasDecode: decode.length > 0,
    decodeSlot,
    apps: [...appSlots.values()],
    strangers,
    hasTrial: seen[TRIAL] === true,
    hasBaseline: seen[BASELINE] === true,
    problems,
  };
}

/** Puts a metric's objective on two buckets of each histogram: all its units, and those within the bound. */
function placeObjective(
  plan: AnalysisPlan,
  groups: readonly Buckets[],
  metric: "slow" | "dropped",
): DataProblem[] {
  const planned = plan.metrics.find(({ name }) => name === metric);
  if (!planned) return [];
  const isSlow = metric === "slow";
  const family = isSlow ? DECODE_BUCKET : DROPPED_BUCKET;
  const problems: DataProblem[] = [];
  for (const { name, arm, stratum, members } of groups) {
    if (name !== family) continue;
    const within = members.find(({ bound }) => bound === planned.over);
    const all = members.find(({ bound }) => bound === Number.POSITIVE_INFINITY);
    if (within && all && within !== all) {
      const [whole, part] = isSlow
        ? (["decoded", "decodedInTime"] as const)
        : (["played", "playedWell"] as const);
      all.counter.slots.push({
        slot: slotOf(plan.strata.length, whole, arm, stratum),
        partner: within.counter.column,
      });
      within.counter.slots.push({
        slot: slotOf(plan.strata.length, part, arm, stratum),
        partner: all.counter.column,
      });
      continue;
    }
    const has = members.map(({ bound }) => bound).sort((a, b) => a - b);
    const lacks = all ? `bucket for "${metric}" over ${planned.over ?? "nothing"}` : "bucket for all, +Inf";
    problems.push({
      kind: "invalid_counters",
      series: textOf(members[0]?.counter.series ?? []),
      why: `no ${lacks}; it has ${has.join(", ")}`,
    });
  }
  return problems.slice(0, 1);
}

/** Bounds that every collector's histogram has, ascending: others cannot be added up. */
function sharedBounds(groups: readonly Buckets[]): number[] {
  const counts = new Map<number, number>();
  for (const { members } of groups)
    for (const bound of new Set(members.map((it) => it.bound)))
      counts.set(bound, (counts.get(bound) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count === groups.length)
    .map(([bound]) => bound)
    .sort((a, b) => a - b);
}

/** The arm that a counter is of, or null: of another release, of other bytes, of later plays, or of nobody comparable. */
function armOf(plan: AnalysisPlan, { name, labels }: Series): number | null {
  if (labels["gift"] !== plan.gift || labels["trial"] !== plan.version) return null;
  const isUnit = name !== FAMILIES.devices && name !== FAMILIES.apps;
  if (isUnit && labels["play"] !== "first") return null;
  if (labels["arm"] === "baseline") return plan.method === "compare" ? BASELINE : null;
  // Where nobody is comparable all who have the release count: the cohort, and of a gift's first release everyone.
  if (labels["arm"] !== "trial" && (plan.method === "compare" || labels["arm"] !== "cohort")) return null;
  return isUnit && labels["build"] !== plan.build ? null : TRIAL;
}

/** The names of labels in one order: of those who counted, and of what they counted. */
interface Shape {
  readonly names: readonly string[];
  readonly who: readonly string[];
  readonly what: readonly string[];
}

/** `le` is left out, so that the buckets of one histogram are together. */
function toShape(names: readonly string[]): Shape {
  const sorted = names.filter((name) => name !== "le").sort();
  return {
    names,
    who: sorted.filter((name) => !OWN_LABELS.has(name)),
    what: sorted.filter((name) => OWN_LABELS.has(name)),
  };
}

function hasNames({ names }: Shape, others: readonly string[]): boolean {
  return names.length === others.length && names.every((name, at) => name === others[at]);
}

function joinLabels(names: readonly string[], labels: Series["labels"]): string {
  let text = "";
  for (const name of names) text += `${name}=${labels[name] ?? ""}\n`;
  return text;
}

function isShare(share: string, expected: number): boolean {
  return /^\d+$/.test(share) && Math.abs(Number(share) - expected) <= SHARE_TOLERANCE;
}

function toBound(le: string): number | null {
  if (le === "+Inf") return Number.POSITIVE_INFINITY;
  const bound = le.trim() === "" ? Number.NaN : Number(le);
  return Number.isFinite(bound) ? bound : null;
}

/** A series as people of the field write it. */
export function textOf([one]: readonly Series[]): string {
  if (!one) return "";
  const pairs = Object.keys(one.labels)
    .sort()
    .map((label) => `${label}="${(one.labels[label] ?? "").replaceAll(/["\n\\]/g, "?")}"`);
  return `${one.name}{${pairs.join(",")}}`;
}
