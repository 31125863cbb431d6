import { releaseKey } from "../model/project.ts";
import { toWarmEvidence, type WarmedRelease } from "../publish/warmEvidence.ts";
import { explainError, GiftError } from "../report/error.ts";
import { writeEvidence } from "../trust/evidence.ts";
import type { Signer } from "../trust/keys.ts";
import type { Environment } from "./environment.ts";

const PARALLEL_WRITES = 8;

/**
 * Writes signed evidence that edges have served each release. Gives those for which the store failed, and why: what is
 * published stays published.
 * @param now epoch milliseconds
 */
export async function recordWarmed(
  { name, store }: Environment,
  signer: Signer,
  warmed: readonly WarmedRelease[],
  now: number,
): Promise<readonly { readonly release: string; readonly why: string }[]> {
  const failed: { release: string; why: string }[] = [];
  const queue = [...warmed];
  const work = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const record = toWarmEvidence(next, { environment: name, recorded: now, result: "passed" });
      try {
        await writeEvidence(store, signer, record);
      } catch (error) {
        if (!(error instanceof GiftError)) throw error;
        failed.push({ release: releaseKey(next.gift, next.version), why: explainError(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_WRITES }, work));
  return failed;
}
