import { timeDecoding } from "../../bundle/decode.ts";
import { releaseKey } from "../../model/project.ts";
import type { ScenarioRun } from "../../rollout/smoke/smokeRun.ts";
import type { Tier } from "../../wire/viewer.ts";
import { explainError } from "../../report/error.ts";
import type { Contender } from "./contender.ts";

/** Where there is no browser, decoding alone in turns with the reference: weaker, and nothing at all for what is no picture. */
export async function decodeOnly(
  subject: Contender,
  reference: Contender,
  tiers: readonly Tier[],
  rounds: number,
): Promise<{ readonly runs: readonly ScenarioRun[]; readonly gaps: readonly string[] }> {
  const strange = [subject, reference].find((it) => it.player !== "webp");
  if (strange)
    return {
      runs: [],
      gaps: [`${strange.name} needs the player "${strange.player}", which only a browser has`],
    };
  const runs: ScenarioRun[] = [];
  for (const tier of tiers) {
    const [own, other] = [await readAnimation(subject, tier), await readAnimation(reference, tier)];
    const faults: string[] = [];
    const samples = { subject: [] as { decodeP50: number }[], reference: [] as { decodeP50: number }[] };
    try {
      for (let round = 0; round < rounds; round++) {
        samples.subject.push({ decodeP50: (await timeDecoding(own.bytes)) / own.frames });
        samples.reference.push({ decodeP50: (await timeDecoding(other.bytes)) / other.frames });
      }
    } catch (error) {
      faults.push(`its animation cannot be decoded: ${explainError(error)}`);
    }
    runs.push({ tier, scenario: "single", ...samples, faults, referenceFaults: 0 });
  }
  return { runs, gaps: [] };
}

async function readAnimation(
  { gift, version, project, objects }: Contender,
  tier: Tier,
): Promise<{ readonly bytes: Uint8Array; readonly frames: number }> {
  const variant = project.locks.get(releaseKey(gift, version))?.value.tiers[tier];
  const file = variant?.files.find((it) => it.role === "animation");
  const bytes = file && (await objects(file.digest, file.mediaType));
  return { bytes: bytes ?? new Uint8Array(), frames: Math.max(1, variant?.frames ?? 1) };
}
