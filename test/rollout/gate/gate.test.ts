import { describe, expect, test } from "vitest";
import { gate } from "../../../src/rollout/gate/gate.ts";
import {
  collectorSeries,
  dueAt,
  type Happening,
  PLAN,
  STRATA,
  withMetrics,
} from "../../support/trialSeries.ts";

const INSTANTS = 40;

/** Counters of a collector over all instants; `failed` of 100 units of the trial at each. */
const samplesOf = (failed: number, devices = 1_000) => {
  const happenings = Array.from({ length: INSTANTS - 1 }, (_, at): Happening[] =>
    STRATA.flatMap(({ region, tier }) => {
      const inTrial = (devices * (PLAN.shares[region] ?? 0)) / 1_000_000;
      const all = { at: at + 1, region, tier };
      return [
        { ...all, arm: "trial", units: 100, failed, devices: inTrial },
        { ...all, arm: "baseline", units: 1_000, failed: 10, devices: devices - inTrial },
      ];
    }),
  ).flat();
  return {
    asOfSeconds: dueAt(INSTANTS - 1),
    series: collectorSeries(happenings, { instants: INSTANTS }),
    newest: [dueAt(INSTANTS - 1) - 15],
  };
};

describe("the gate, from raw counters to a verdict,", () => {
  const plan = { ...withMetrics("failed"), minimumSoakSeconds: 600, stratumShare: 0.05 };

  test("passes what is as the baseline is, and fails what is four times worse", () => {
    expect(gate(plan, samplesOf(1)).reasons).toEqual([{ kind: "proven" }]);
    expect(gate(plan, samplesOf(4)).kind).toBe("fail");
  });

  test("holds where no device says by what chance it is in the trial", () => {
    const verdict = gate(plan, samplesOf(1, 0));
    expect([verdict.kind, verdict.reasons[0]?.kind]).toEqual(["hold", "data"]);
  });

  test("holds without samples, and keeps a failure in mind", () => {
    const nothing = { asOfSeconds: dueAt(1), series: [], newest: [] };
    expect(gate(PLAN, nothing).kind).toBe("hold");
    expect(gate(PLAN, nothing, { failedSeconds: 5 }).kind).toBe("fail");
  });
});
