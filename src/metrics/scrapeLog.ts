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

type KeptSeries = RecordedSeries & { readonly samples: [number, RecordedValue][] };

/** Of one target. */
interface Target {
  /** By the parser's labels object, which is the same one again while the parser knows it. */
  readonly known: WeakMap<ExposedSample["labels"], KeptSeries>;
  /** What the last scrape had. */
  last: ReadonlySet<KeptSeries>;
}

/** Keeps scrapes; a series that a target had and has no more is marked as stale, as Prometheus does. */
export function scrapeLog(): ScrapeLog {
  const kept = new Map<string, KeptSeries>();
  const targets = new Map<string, Target>();
  const keep = (name: string, labels: ExposedSample["labels"], target: ExposedSample["labels"]) => {
    const all = { ...labels, ...target };
    const key = seriesKey(name, all);
    let series = kept.get(key);
    if (!series) kept.set(key, (series = { name, labels: all, samples: [] }));
    return series;
  };
  return {
    add: (seconds, target, samples) => {
      const of = seriesKey("", target);
      let state = targets.get(of);
      if (!state) targets.set(of, (state = { known: new WeakMap(), last: new Set() }));
      const now = new Set<KeptSeries>();
      for (const { name, labels, value } of samples) {
        let series = state.known.get(labels);
        if (series?.name !== name) state.known.set(labels, (series = keep(name, labels, target)));
        series.samples.push([seconds, toRecordedValue(value)]);
        now.add(series);
      }
      for (const series of state.last) if (!now.has(series)) series.samples.push([seconds, "stale"]);
      state.last = now;
    },
    toRecorded: () => ({ format: RECORDED_FORMAT, series: [...kept.values()] }),
  };
}
