import { timeDecoding } from "../../bundle/decode.ts";
import { releaseKey } from "../../model/project.ts";
import { explainError } from "../../report/error.ts";
import type { SmokePlan } from "../../rollout/smoke/smokePlan.ts";
import { emptyRun, type ScenarioRun, type SmokeRun } from "../../rollout/smoke/smokeRun.ts";
import type { Tier } from "../../wire/viewer.ts";
import type { Contender } from "./contender.ts";
import { type Played, playUntilDecided } from "./playUntilDecided.ts";

/** Where there is no browser, decoding alone in turns with the reference: weaker, and nothing at all for what is no picture. */
export async function decodeOnly(
  subject: Contender,
  reference: Contender,
  tiers: readonly Tier[],
  plan: SmokePlan,
): Promise<Pick<SmokeRun, "runs" | "gaps">> {
  const strange = [subject, reference].find((it) => it.player !== "webp");
  if (strange)
    return {
      runs: [],
      gaps: [`${strange.name} needs the player "${strange.player}", which only a browser has`],
    };
  const runs: ScenarioRun[] = [];
  for (const tier of tiers) {
    const own = await readAnimation(subject, tier);
    const other = await readAnimation(reference, tier);
    const run = emptyRun(tier, "single");
    runs.push(
      await playUntilDecided(
        run,
        () => decode(own),
        () => decode(other),
        "sharp",
        plan,
      ),
    );
  }
  return { runs, gaps: [] };
}

interface Animation {
  readonly bytes: Uint8Array;
  readonly frames: number;
}

async function decode({ bytes, frames }: Animation): Promise<Played> {
  try {
    return { sample: { decodeP50: (await timeDecoding(bytes)) / frames }, faults: [] };
  } catch (error) {
    return { sample: {}, faults: [`its animation cannot be decoded: ${explainError(error)}`] };
  }
}

async function readAnimation({ gift, version, project, objects }: Contender, tier: Tier): Promise<Animation> {
  const variant = project.locks.get(releaseKey(gift, version))?.value.tiers[tier];
  const file = variant?.files.find((it) => it.role === "animation");
  const bytes = file && (await objects(file.digest, file.mediaType));
  return { bytes: bytes ?? new Uint8Array(), frames: Math.max(1, variant?.frames ?? 1) };
}
