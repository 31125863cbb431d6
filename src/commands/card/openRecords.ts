import { trustRoot } from "../../publish/live.ts";
import { explainError, GiftError } from "../../report/error.ts";
import type { EvidenceFact, EvidenceKind } from "../../rules/checkChecklist.ts";
import { readEvidence } from "../../trust/evidence.ts";
import { nodeCrypto } from "../../trust/nodeCrypto.ts";
import type { Environment } from "../environment.ts";

/** Records of one kind in one environment, by the lock's digest; null for what nobody recorded. */
export interface Records {
  readonly environment: string;
  read(lock: string): Promise<EvidenceFact | null>;
}

/**
 * Whatever cannot be opened, trusted or read is a problem in words.
 * @param open null where there is no such environment: then nothing is on record
 */
export async function openRecords(
  kind: EvidenceKind,
  open: () => Promise<Environment | null>,
): Promise<Records> {
  try {
    const opened = await open();
    if (!opened?.root) return { environment: opened?.name ?? "", read: async () => null };
    const { name: environment, store } = opened;
    const { root } = await trustRoot(opened.root, nodeCrypto);
    const read = (lock: string) => readEvidence(store, root, nodeCrypto, { lock, environment, kind });
    return { environment, read: (lock) => read(lock).catch(toProblem) };
  } catch (error) {
    const problem = toProblem(error);
    return { environment: "", read: async () => problem };
  }
}

function toProblem(error: unknown): { readonly problem: string } {
  if (!(error instanceof GiftError)) throw error;
  return { problem: explainError(error) };
}
