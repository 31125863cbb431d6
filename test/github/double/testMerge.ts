import { commitTree, git, mergeTrees, readRef } from "./git.ts";
import { type GitHubState, type Issue, homeOf, timeOf } from "./state.ts";

/**
 * Brings `refs/pull/N/merge` up to date with head and base: the commit that a merge would give; the reference is removed
 * when there are conflicts, and its last one stays away until they are gone.
 */
export async function testMerge(state: GitHubState, issue: Issue): Promise<void> {
  const { pull } = issue;
  if (!pull || issue.state !== "open") return;
  const { folder } = homeOf(state);
  const base = await readRef(folder, `refs/heads/${pull.baseRef}`);
  if (!base) return;
  const of = `${base} ${pull.headSha}`;
  if (pull.test?.of === of) return;

  const tree = await mergeTrees(folder, base, pull.headSha);
  const who = { name: "GitHub", email: "noreply@github.com", date: timeOf(state) };
  const sha = tree
    ? await commitTree(folder, {
        tree,
        parents: [base, pull.headSha],
        message: `Merge ${pull.headSha} into ${base}`,
        author: who,
        committer: who,
      })
    : null;
  const ref = `refs/pull/${issue.number}/merge`;
  await git(folder, sha ? ["update-ref", ref, sha] : ["update-ref", "-d", ref]);
  pull.test = { of, sha };
}

/** All of them: before somebody fetches. */
export async function testMerges(state: GitHubState): Promise<void> {
  for (const issue of state.issues.values()) if (issue.pull) await testMerge(state, issue);
}
