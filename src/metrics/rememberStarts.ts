import { FAMILIES } from "./families.ts";
import { seriesKey } from "./selector.ts";
import type { MetricSource, Series } from "./source.ts";

/** Answers that are kept: releases that began together are read one after the other. */
const KEPT = 4;

/** A source that asks once when the collectors began, for all releases with the same instants: that is of no release. */
export function rememberStarts(source: MetricSource): MetricSource {
  const known = new Map<string, Promise<readonly Series[]>>();
  return {
    name: source.name,
    newest: (query) => source.newest(query),
    read: (query) => {
      if (query.name !== FAMILIES.started || query.matching) return source.read(query);
      const { startSeconds, endSeconds, stepSeconds } = query;
      const key = `${seriesKey(query.name, query.labels)} ${startSeconds} ${endSeconds} ${stepSeconds}`;
      let answer = known.get(key);
      if (answer) return answer;
      known.set(key, (answer = source.read(query)));
      // What failed is asked again; whoever waits for it hears of it.
      answer.catch(() => known.delete(key));
      const [oldest] = known.keys();
      if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
      return answer;
    },
  };
}
