import { GiftError } from "../../report/error.ts";
import { makeEvidence, writeEvidence } from "../../trust/evidence.ts";
import type { Signer } from "../../trust/keys.ts";
import type { Io } from "../command.ts";
import { readSignerOf } from "../environment.ts";
import type { Bench, JudgedTrial } from "../gate/judgeTrials.ts";

/**
 * Writes down that these bytes failed in this stage, signed: the verdict stays, also when the numbers are gone. Null when there was
 * nothing to say; without a key it is said that it could not be written, for the numbers still say it.
 */
export async function recordFailure(
  { environment, now }: Bench,
  io: Io,
  { verdict, lockDigest, plan, why }: JudgedTrial,
): Promise<string | null> {
  let signer: Signer;
  try {
    signer = await readSignerOf(io, environment, "timestamp");
  } catch (error) {
    if (!(error instanceof GiftError)) throw error;
    return "the failure is not on record: the timestamp key is not at hand";
  }
  const record = makeEvidence({
    kind: "gate",
    environment: environment.name,
    gift: verdict.gift,
    version: verdict.version,
    lock: lockDigest,
    recorded: now,
    result: "failed",
    facts: { stage: plan.stage, opened: plan.commit, why },
    tool: "giftwrap watch",
  });
  await writeEvidence(environment.store, signer, record);
  return null;
}
