import { listProposals } from "../../github/keepProposal.ts";
import type { GitHub } from "../../github/openGitHub.ts";
import { type Merged, mergePullRequest } from "../../github/pullRequests.ts";

/** What became of an open rollback. */
export interface MergedRollback {
  readonly number: number;
  readonly url: string;
  readonly merged: Merged;
}

/**
 * Merges the open rollbacks that the form made, as far as GitHub lets it: its rules say what is still missing. One whose head is not
 * the very commit that the form made is left to people.
 * @param only this pull request and no other
 * @throws GiftError of `askGitHub`
 */
export async function mergeRollbacks(github: GitHub, only?: number): Promise<readonly MergedRollback[]> {
  const done: MergedRollback[] = [];
  for (const { number, url, title, headSha, notes } of await listProposals(github, "giftwrap/rollback-")) {
    if (notes.built?.head !== headSha || (only !== undefined && number !== only)) continue;
    const merged = await mergePullRequest(github, { number, headSha }, { title: `${title} (#${number})` });
    done.push({ number, url, merged });
  }
  return done;
}
