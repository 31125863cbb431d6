import type { Measure } from "./measures.ts";
import type { Scenario } from "./smokePlan.ts";
import type { Method } from "./smokeRun.ts";

/** Each scenario is asked what it alone can tell. A stop is right or wrong, so nothing of it is measured. */
const IN_BROWSER: Readonly<Record<Scenario, readonly Measure[]>> = {
  single: ["start", "decodeP50", "decodeP95", "dropped", "cpu", "memory"],
  combo: ["start", "dropped", "saturation", "cpu", "memory"],
  burst: ["start", "dropped", "saturation", "cpu", "memory"],
  "long-room": ["cpu", "memory", "growth"],
  cold: ["load", "start"],
  slow: ["load"],
  kill: [],
};

/** Not every player counts frames: where neither gift's does, there are none to be dropped. */
const OPTIONAL: readonly Measure[] = ["dropped"];

/** What is taken down of a play. */
export function askedMeasures(method: Method, scenario: Scenario): readonly Measure[] {
  return method === "sharp" ? ["decodeP50"] : IN_BROWSER[scenario];
}

/** What every round must have told of both gifts before anything can pass. */
export function requiredMeasures(method: Method, scenario: Scenario): readonly Measure[] {
  return askedMeasures(method, scenario).filter((it) => !OPTIONAL.includes(it));
}
