import type { ExposedSample } from "./parseExposition.ts";
import {
  RECORDED_FORMAT,
  type RecordedFile,
  type RecordedSeries,
  type RecordedValue,
  toRecordedValue,
} from "./recordedFile.ts";
import { seriesKey } from "./selector.ts";

/** What was scraped of collectors over time, as a Prometheus server would keep it. */
export interface ScrapeLog {
  /** Adds one scrape, later than the one before; `target` are the labels that a server would add, such as `instance`. */
  add(seconds: number, target: Readonly<Record<string, string>>, samples: readonly ExposedSample[]): void;
  toRecorded(): RecordedFile;
}

/** Keeps scrapes; a series that a target had and has no more is marked as stale, as Prometheus does. */
export function scrapeLog(): ScrapeLog {
  const kept = new Map<string, RecordedSeries & { readonly samples: [number, RecordedValue][] }>();
  const lastByTarget = new Map<string, ReadonlySet<string>>();
  return {
    add: (seconds, target, samples) => {
      const now = new Set<string>();
      for (const { name, labels, value } of samples) {
        const all = { ...labels, ...target };
        const key = seriesKey(name, all);
        let series = kept.get(key);
        if (!series) kept.set(key, (series = { name, labels: all, samples: [] }));
        series.samples.push([seconds, toRecordedValue(value)]);
        now.add(key);
      }
      const of = seriesKey("", target);
      for (const key of lastByTarget.get(of) ?? [])
        if (!now.has(key)) kept.get(key)?.samples.push([seconds, "stale"]);
      lastByTarget.set(of, now);
    },
    toRecorded: () => ({ format: RECORDED_FORMAT, series: [...kept.values()] }),
  };
}
