import type { Scenario, SmokePlan } from "../../rollout/smoke/smokePlan.ts";
import { emptyRun, type ScenarioRun } from "../../rollout/smoke/smokeRun.ts";
import type { Tier } from "../../wire/viewer.ts";
import { playScenario, type Staged } from "./playScenario.ts";
import { playUntilDecided } from "./playUntilDecided.ts";
import type { SmokeBrowser } from "./smokeBrowser.ts";

/** These are right or wrong, and comparing them says nothing. */
const ONCE: readonly Scenario[] = ["kill"];

/** Every scenario on every tier, the release and its reference in turns. */
export async function runScenarios(
  browser: SmokeBrowser,
  subject: Staged,
  reference: Staged,
  tiers: readonly Tier[],
  plan: SmokePlan,
  say: (text: string) => void,
): Promise<readonly ScenarioRun[]> {
  const runs: ScenarioRun[] = [];
  for (const tier of tiers) {
    const play = (it: Staged, scenario: Scenario) => playScenario(browser, it, scenario, tier, plan);
    // The first visit of a browser pays for what all others find ready.
    for (const it of [subject, reference]) await play(it, "cold");
    for (const scenario of plan.scenarios) {
      say(`${tier} devices: ${scenario}`);
      const run = emptyRun(tier, scenario);
      const once = async () => {
        const { sample, faults } = await play(subject, scenario);
        return { ...run, subject: [sample], faults };
      };
      runs.push(
        ONCE.includes(scenario)
          ? await once()
          : await playUntilDecided(
              run,
              () => play(subject, scenario),
              () => play(reference, scenario),
              "chromium",
              plan,
            ),
      );
    }
  }
  return runs;
}
