import { describe, expect, test } from "vitest";
import { findUncheckedSplit } from "../../../src/rollout/gate/uncheckedSplit.ts";
import { countsOf, drawArms, planOf } from "./trial.ts";

const PLAN = planOf();
const ARMS = [drawArms(1, { blocks: 4, trialUnits: 5, baselineUnits: 95, trial: 0, baseline: 0 })];
const NONE = [0, 0, 0, 0];
const DEVICES = { region: "SG", tier: "mid", sharePerMillion: 50_000, trial: [0, 1, 0, 0], baseline: NONE };
const APPS = { trial: new Map([["ios 8.3", 1]]), baseline: new Map() };

describe("plays without devices", () => {
  test("are not known to be split by chance, nor to be of the same apps", () => {
    const found = findUncheckedSplit(PLAN, countsOf(PLAN, ARMS, { devices: [{ ...DEVICES, trial: NONE }] }));
    expect(found).toMatchObject([
      { kind: "invalid_counters", series: 'giftwrap_trial_devices_total{region="SG"}' },
      { kind: "invalid_counters", series: "giftwrap_trial_apps_total" },
    ]);
  });

  test("are no matter once there is a device, where nothing is played, and where nobody is compared", () => {
    expect(findUncheckedSplit(PLAN, countsOf(PLAN, ARMS, { devices: [DEVICES], apps: APPS }))).toEqual([]);
    const nothing = drawArms(1, { blocks: 4, trialUnits: 0, baselineUnits: 0, trial: 0, baseline: 0 });
    expect(findUncheckedSplit(PLAN, countsOf(PLAN, [nothing]))).toEqual([]);
    expect(findUncheckedSplit({ ...PLAN, method: "cohort" }, countsOf(PLAN, ARMS))).toEqual([]);
  });
});
