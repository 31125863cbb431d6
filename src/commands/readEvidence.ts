import { lockPath } from "../model/paths.ts";
import { type Project, releaseKey } from "../model/project.ts";
import { trustRoot } from "../publish/live.ts";
import { explainError, GiftError } from "../report/error.ts";
import { type EvidenceFact, type EvidenceFacts, evidenceName } from "../rules/checkChecklist.ts";
import type { Widened } from "../rules/checkFreezes.ts";
import type { Tree } from "../source/tree.ts";
import { type EvidenceSubject, readEvidence } from "../trust/evidence.ts";
import { digestOf, nodeCrypto } from "../trust/nodeCrypto.ts";
import type { Environment } from "./environment.ts";

/** Reads one record of the environment that it was opened for. */
type ReadRecord = (subject: EvidenceSubject) => Promise<EvidenceFact | null>;

/**
 * What is on record of everything that the checklist asks of the releases that leave canary. Whatever cannot be opened,
 * trusted or read is a problem in words, for that environment alone.
 * @param tree where the locks are
 * @param open opens an environment by its name; its root decides whose signatures count, so give it a tree to be trusted
 */
export async function gatherEvidence(
  tree: Tree,
  project: Project,
  leaving: readonly Widened[],
  open: (name: string) => Promise<Environment>,
): Promise<EvidenceFacts> {
  const checklist = project.policy?.value.checklist ?? [];
  if (checklist.length === 0 || leaving.length === 0) return { locks: new Map(), records: new Map() };

  const locks = await readDigests(tree, leaving);
  const records = new Map<string, EvidenceFact>();
  for (const environment of new Set(checklist.map((it) => it.environment))) {
    const read = await openRecords(environment, open);
    const kinds = checklist.flatMap((it) => (it.environment === environment ? it.evidence : []));
    for (const lock of locks.values()) {
      for (const kind of kinds) {
        const record = await read({ lock, environment, kind });
        if (record) records.set(evidenceName(lock, environment, kind), record);
      }
    }
  }
  return { locks, records };
}

async function readDigests(tree: Tree, leaving: readonly Widened[]): Promise<ReadonlyMap<string, string>> {
  const files = await tree.read(leaving.map((it) => lockPath(it.gift, it.version)));
  return new Map(
    leaving.flatMap(({ gift, version }) => {
      const bytes = files.get(lockPath(gift, version));
      return bytes ? [[releaseKey(gift, version), digestOf(bytes)] as const] : [];
    }),
  );
}

/** Opens an environment once for all of its records. */
async function openRecords(name: string, open: (name: string) => Promise<Environment>): Promise<ReadRecord> {
  const opened = await orProblem(async () => {
    const { store, root } = await open(name);
    return { store, root: root && (await trustRoot(root, nodeCrypto)).root };
  });
  if ("problem" in opened) return async () => opened;
  const { store, root } = opened;
  if (!root) {
    const problem = `${name} has no trusted root: run npx giftwrap keys init --env ${name}`;
    return async () => ({ problem });
  }
  return (subject) => orProblem(() => readEvidence(store, root, nodeCrypto, subject));
}

async function orProblem<T>(act: () => Promise<T>): Promise<T | { readonly problem: string }> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof GiftError)) throw error;
    return { problem: `${explainError(error)}; ${error.fix}` };
  }
}
