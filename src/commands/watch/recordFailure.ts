import { GiftError } from "../../report/error.ts";
import { makeEvidence, readEvidence, writeEvidence } from "../../trust/evidence.ts";
import type { Signer } from "../../trust/keys.ts";
import { nodeCrypto } from "../../trust/nodeCrypto.ts";
import type { Io } from "../command.ts";
import { readSignerOf, trustEnvironment } from "../environment.ts";
import type { Bench, JudgedTrial } from "../gate/judgeTrials.ts";

/**
 * Writes down that these bytes failed in this stage, and when, signed and beside the stages in which they failed before: the verdict
 * stays, also when the numbers are gone. Null when there was nothing to say; without a key it is said that it could not be written, for the numbers still say it.
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
  const { name, store } = environment;
  const { root } = await trustEnvironment(environment);
  const known = await readEvidence(store, root, nodeCrypto, {
    lock: lockDigest,
    environment: name,
    kind: "gate",
  });
  const before = known && !("problem" in known) ? known.facts : {};
  const record = makeEvidence({
    kind: "gate",
    environment: name,
    gift: verdict.gift,
    version: verdict.version,
    lock: lockDigest,
    recorded: now,
    result: "failed",
    facts: { ...before, [plan.stage]: new Date(now).toISOString(), why },
    tool: "giftwrap watch",
  });
  await writeEvidence(store, signer, record);
  return null;
}
