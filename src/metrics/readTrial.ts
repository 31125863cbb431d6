import { FAMILIES } from "./families.ts";
import type { MetricQuery, MetricSource, Series } from "./source.ts";
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

const OF_UNITS = [
  FAMILIES.units,
  FAMILIES.failed,
  FAMILIES.crashed,
  FAMILIES.fellBack,
  FAMILIES.mismatched,
  `${FAMILIES.decode}_bucket`,
  `${FAMILIES.dropped}_bucket`,
];

/**
 * All that the gate asks for of one release: a query for each family with every arm that counts for it. The first is that of the
 * units, whose newest samples say whether all this is stale. Empty before the stage opens.
 */
export function trialQueries(trial: TrialToRead, nowSeconds: number): readonly MetricQuery[] {
  const { gift, version, startSeconds, gridSeconds } = trial;
  const steps = Math.floor((nowSeconds - startSeconds) / gridSeconds);
  if (!(steps >= 0)) return [];
  const range = { startSeconds, endSeconds: startSeconds + steps * gridSeconds, stepSeconds: gridSeconds };
  const labels = { gift, trial: version };
  return [
    ...OF_UNITS.map((name) => ({ name, labels: { ...labels, play: "first" }, ...range })),
    ...[FAMILIES.devices, FAMILIES.apps].map((name) => ({ name, labels, ...range })),
    { name: FAMILIES.started, labels: {}, ...range },
  ];
}

/**
 * Reads one release on trial, from the opening of its stage until now: 11 requests, four at once.
 * @throws GiftError as the source does; a part is never given for the whole
 */
export async function readTrial(
  source: MetricSource,
  trial: TrialToRead,
  nowSeconds: number,
): Promise<TrialSamples> {
  const queries = trialQueries(trial, nowSeconds);
  const [units] = queries;
  if (!units) return { asOfSeconds: nowSeconds, series: [], newest: [] };
  let newest: readonly number[] = [];
  const series: (readonly Series[])[] = [];
  const tasks = [
    async () => {
      newest = await source.newest({ ...units, endSeconds: nowSeconds });
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
  return { asOfSeconds: nowSeconds, series: series.flat(), newest };
}
