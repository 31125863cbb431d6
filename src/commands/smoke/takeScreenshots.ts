import { setTimeout as pause } from "node:timers/promises";
import type { SmokePlan } from "../../rollout/smoke/smokePlan.ts";
import type { Tier } from "../../wire/viewer.ts";
import { actOf, type Staged } from "./playScenario.ts";
import { RoomFailed, type SmokeBrowser } from "./smokeBrowser.ts";
import type { Screenshots } from "./savePictures.ts";

/** When most animations show most of themselves. */
const LOOK_AFTER_MILLISECONDS = 900;

/** One gift alone, and many at once, on each tier; apart from what is measured, since a screenshot takes time of its own. */
export async function takeScreenshots(
  browser: SmokeBrowser,
  { contender, rehearsal }: Staged,
  tiers: readonly Tier[],
  plan: SmokePlan,
): Promise<Screenshots> {
  const taken = new Map<string, Uint8Array>();
  for (const tier of tiers) {
    for (const scenario of ["single", "burst"] as const) {
      const act = actOf(contender, scenario, tier, plan);
      try {
        const png = await browser.visit(rehearsal.url, act, null, async (room) => {
          const playing = room.act(act);
          // It is awaited below; until then a failure must not end the process.
          playing.catch(() => {});
          await pause(LOOK_AFTER_MILLISECONDS);
          const seen = await room.screenshot();
          await playing;
          return seen;
        });
        taken.set(`${tier}-${scenario}`, png);
      } catch (error) {
        // The measured rounds say what went wrong.
        if (!(error instanceof RoomFailed)) throw error;
      }
    }
  }
  return taken;
}
