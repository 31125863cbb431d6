import type { Act, ActOutcome } from "../../page/smoke/act.ts";
import { askedMeasures } from "../../rollout/smoke/askedMeasures.ts";
import type { Sample } from "../../rollout/smoke/measures.ts";
import type { Scenario, SmokePlan } from "../../rollout/smoke/smokePlan.ts";
import type { Tier } from "../../wire/viewer.ts";
import { sendingOf } from "./acts.ts";
import type { Contender } from "./contender.ts";
import type { Played } from "./playUntilDecided.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { growthOf, peakOf } from "./residentMemory.ts";
import { type Room, RoomFailed, type SmokeBrowser, type Watched } from "./smokeBrowser.ts";
import { quantileOf } from "./traceFrames.ts";

/** A contender that is served. */
export interface Staged {
  readonly contender: Contender;
  readonly rehearsal: Rehearsal;
}

/** One scenario once, with a new viewer. */
export async function playScenario(
  browser: SmokeBrowser,
  { contender, rehearsal }: Staged,
  scenario: Scenario,
  tier: Tier,
  plan: SmokePlan,
): Promise<Played> {
  const act = actOf(contender, scenario, tier, plan);
  const network = scenario === "slow" ? plan.slowNetwork : null;
  if (scenario === "slow") rehearsal.loseFirstAnswers();
  try {
    return await browser.visit(rehearsal.url, act, network, async (room) => {
      if (scenario === "kill") return { sample: {}, faults: await kill(room, act, contender, rehearsal) };
      const watched = await room.watch(act, contender.player === "webp");
      return { sample: toSample(scenario, watched), faults: faultsOf(watched.outcome, contender) };
    });
  } catch (error) {
    if (!(error instanceof RoomFailed)) throw error;
    return { sample: {}, faults: [error.message] };
  } finally {
    rehearsal.loseNothing();
  }
}

export function actOf(contender: Contender, scenario: Scenario, tier: Tier, plan: SmokePlan): Act {
  const { gift, platform, appVersion } = contender;
  return { gift, platform, appVersion, tier, ...sendingOf(scenario, plan) };
}

/** On-call stops the release while it plays: what plays next is something else, and has nothing of it. */
async function kill(
  room: Room,
  act: Act,
  contender: Contender,
  rehearsal: Rehearsal,
): Promise<readonly string[]> {
  try {
    const playing = room.act(act);
    // It is awaited below; until then a failure must not end the process.
    playing.catch(() => {});
    const over = await Promise.race([room.started(), playing]);
    if (over) return [...faultsOf(over, contender), "it was over before its first frame was on the screen"];
    await rehearsal.stop();
    await room.refresh();
    const next = await room.act({ ...act, shownMilliseconds: 50 });
    const name = nameOf(contender);
    const stopped = next.plays.filter((it) => it.shown === name || it.shown.startsWith(`${name}/`));
    const before = faultsOf(await playing, contender);
    return [...before, ...stopped.map((it) => `${it.shown} was started after it had been stopped`)];
  } finally {
    await rehearsal.lift();
  }
}

function faultsOf({ plays }: ActOutcome, contender: Contender): readonly string[] {
  const name = nameOf(contender);
  return plays
    .filter((it) => it.shown !== name)
    .map(({ shown, failed }) => {
      const why = failed.length > 0 ? `: ${failed.join("; ")}` : "";
      return `${shown === "default" ? "the app's default" : shown} was shown instead${why}`;
    });
}

function nameOf({ gift, version }: Contender): string {
  return `${gift}@${version}`;
}

/** What is left out was not measured. */
function toSample(scenario: Scenario, watched: Watched): Sample {
  const { outcome, frames, busyMilliseconds, cpuMilliseconds, wallMilliseconds, resident } = watched;
  const all: { readonly [K in keyof Sample]: number | null } = {
    // A cold device has to learn first what is live.
    load:
      (scenario === "cold" ? outcome.updateMilliseconds : 0) +
      Math.max(...outcome.plays.map((it) => it.loadMilliseconds)),
    start: Math.max(...outcome.plays.map((it) => it.startMilliseconds)),
    decodeP50: quantileOf(frames, 0.5),
    decodeP95: quantileOf(frames, 0.95),
    dropped: droppedPercent(outcome),
    saturation: (100 * busyMilliseconds) / wallMilliseconds,
    cpu: (100 * cpuMilliseconds) / wallMilliseconds,
    memory: peakOf(resident),
    growth: growthOf(resident),
  };
  const sample: { -readonly [K in keyof Sample]: number } = {};
  for (const measure of askedMeasures("chromium", scenario)) {
    const value = all[measure];
    if (value !== null && value !== undefined) sample[measure] = value;
  }
  return sample;
}

/** Null where the player counts no frames. */
function droppedPercent({ plays }: ActOutcome): number | null {
  const frames = plays.reduce((sum, it) => sum + it.frames, 0);
  const dropped = plays.reduce((sum, it) => sum + it.dropped, 0);
  return frames > 0 ? (100 * dropped) / frames : null;
}
