import { FAMILIES } from "./families.ts";
import { escapeExpression } from "./selector.ts";
import type { MetricQuery, MetricSource, NamedQuery, Series } from "./source.ts";
import type { TrialSamples } from "./trialSamples.ts";

/** What must be known of an analysis plan to read for it. */
export interface TrialToRead {
  readonly gift: string;
  readonly version: string;
  /** The grid is anchored here, epoch seconds. */
  readonly startSeconds: number;
  readonly gridSeconds: number;
}

/** How many requests are under way at once. */
const CONCURRENCY = 4;

const COUNTERS = [
  FAMILIES.units,
  FAMILIES.failed,
  FAMILIES.crashed,
  FAMILIES.fellBack,
  FAMILIES.mismatched,
  FAMILIES.devices,
  FAMILIES.apps,
];
const BUCKETS = [`${FAMILIES.decode}_bucket`, `${FAMILIES.dropped}_bucket`];
/** Devices and apps are not of a play. */
const FIRST_PLAYS = "first|";

/**
 * All that the gate asks for of one release, with every arm that counts for it, and when each collector began. Empty before the
 * stage opens. With `bounds` only the buckets up to these and those of all units are read, in one query with the counters: they are
 * enough to decide, and four times less.
 */
export function trialQueries(
  trial: TrialToRead,
  nowSeconds: number,
  bounds?: readonly number[],
): readonly MetricQuery[] {
  const { gift, version, gridSeconds } = trial;
  const range = toRange(trial, nowSeconds);
  if (!range) return [];
  const own = { labels: { gift, trial: version }, ...range, stepSeconds: gridSeconds };
  const of = (name: MetricQuery["name"], le: Readonly<Record<string, string>> = {}): MetricQuery => ({
    ...own,
    name,
    matching: { play: FIRST_PLAYS, ...le },
  });
  return [
    ...(bounds
      ? [of([...COUNTERS, ...BUCKETS], { le: ["", "\\+Inf", ...bounds.map(toExpression)].join("|") })]
      : [of(COUNTERS), ...BUCKETS.map((name) => of(name))]),
    { ...own, name: FAMILIES.started, labels: {} },
  ];
}

/** Asks when the units of a release were last really sampled, which says whether all of it is stale; null before the stage opens. */
export function newestQuery(trial: TrialToRead, nowSeconds: number): NamedQuery | null {
  const { gift, version, gridSeconds } = trial;
  const range = toRange(trial, nowSeconds);
  if (!range) return null;
  const labels = { gift, trial: version, play: "first" };
  return { name: FAMILIES.units, labels, ...range, endSeconds: nowSeconds, stepSeconds: gridSeconds };
}

/**
 * Reads one release on trial, from the opening of its stage until now: 5 requests, four at once, or 3 with `bounds`.
 * @throws GiftError as the source does; a part is never given for the whole
 */
export async function readTrial(
  source: MetricSource,
  trial: TrialToRead,
  nowSeconds: number,
  bounds?: readonly number[],
): Promise<TrialSamples> {
  const queries = trialQueries(trial, nowSeconds, bounds);
  const newestOf = newestQuery(trial, nowSeconds);
  if (!newestOf) return { asOfSeconds: nowSeconds, series: [], newest: [] };
  let newest: readonly number[] = [];
  const series: (readonly Series[])[] = [];
  const tasks = [
    async () => {
      newest = await source.newest(newestOf);
    },
    ...queries.map((query, at) => async () => {
      series[at] = await source.read(query);
    }),
  ];
  let next = 0;
  let hasFailed = false;
  const work = async () => {
    while (!hasFailed) {
      const task = tasks[next++];
      if (!task) return;
      try {
        await task();
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return { asOfSeconds: nowSeconds, series: series.flat(), newest, ...(bounds && { bounds }) };
}

function toRange(
  { startSeconds, gridSeconds }: TrialToRead,
  nowSeconds: number,
): Pick<MetricQuery, "startSeconds" | "endSeconds"> | null {
  const steps = Math.floor((nowSeconds - startSeconds) / gridSeconds);
  return steps >= 0 ? { startSeconds, endSeconds: startSeconds + steps * gridSeconds } : null;
}

/** A bound in each spelling that exporters and servers have for it, such as 200, 200.0 and 2e+02. */
function toExpression(bound: number): string {
  const text = escapeExpression(String(bound));
  const [digits = "", power = ""] = bound.toExponential().split("e");
  const sign = power.startsWith("-") ? "-" : "\\+?";
  const fixed = text.includes("e") ? [] : text.includes(".") ? [`${text}0*`] : [`${text}(\\.0*)?`];
  return [...fixed, `${escapeExpression(digits)}(\\.0*)?e${sign}0*${power.slice(1)}`].join("|");
}
