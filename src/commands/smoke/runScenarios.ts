import { isOpen, judgeSmoke } from "../../rollout/smoke/judgeSmoke.ts";
import type { Scenario, SmokePlan } from "../../rollout/smoke/smokePlan.ts";
import type { ScenarioRun, SmokeRun } from "../../rollout/smoke/smokeRun.ts";
import type { Tier } from "../../wire/viewer.ts";
import { type Played, playScenario, type Staged } from "./playScenario.ts";
import type { SmokeBrowser } from "./smokeBrowser.ts";

/** These are right or wrong, and comparing them says nothing. */
const ONCE: readonly Scenario[] = ["kill"];

/**
 * Every scenario on every tier, the release and its reference in turns, so that whatever else the machine does befalls both. What is
 * left open after the plan's rounds goes on until it is decided, or the plan's patience ends.
 */
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
    // The first visit of a browser pays for what all others find ready.
    for (const it of [subject, reference]) await playScenario(browser, it, "single", tier, plan);
    for (const scenario of plan.scenarios) {
      let run: ScenarioRun = { tier, scenario, subject: [], reference: [], faults: [], referenceFaults: 0 };
      const most = ONCE.includes(scenario) ? 1 : plan.mostRounds;
      for (let round = 1; round <= most && isWanted(run, round, plan); round++) {
        say(`${tier}, ${scenario}: round ${round}`);
        run = await playRound(browser, subject, reference, run, round, plan);
      }
      runs.push(run);
    }
  }
  return runs;
}

function isWanted(run: ScenarioRun, round: number, plan: SmokePlan): boolean {
  return round <= plan.rounds || isOpen(judgeSmoke(alone(run), plan), run);
}

/** Who is first takes turns, too. */
async function playRound(
  browser: SmokeBrowser,
  subject: Staged,
  reference: Staged,
  run: ScenarioRun,
  round: number,
  plan: SmokePlan,
): Promise<ScenarioRun> {
  const { tier, scenario } = run;
  const play = (it: Staged) => playScenario(browser, it, scenario, tier, plan);
  if (ONCE.includes(scenario)) return { ...run, faults: (await play(subject)).faults };
  let own: Played;
  let other: Played;
  if (round % 2 === 1) {
    own = await play(subject);
    other = await play(reference);
  } else {
    other = await play(reference);
    own = await play(subject);
  }
  return {
    ...run,
    subject: [...run.subject, own.sample],
    reference: [...run.reference, other.sample],
    faults: [...run.faults, ...own.faults],
    referenceFaults: run.referenceFaults + other.faults.length,
  };
}

function alone(run: ScenarioRun): SmokeRun {
  return {
    gift: "",
    version: "",
    method: "chromium",
    reference: "",
    runs: [run],
    excesses: [],
    gaps: [],
  };
}
