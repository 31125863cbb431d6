import { askGitHub } from "./askGitHub.ts";
import { statusOf } from "./keepAsking.ts";
import type { GitHub } from "./openGitHub.ts";
import { writeOnce } from "./writeOnce.ts";

/** A commit to make on a branch of the repository. */
export interface CommitOrder {
  readonly branch: string;
  /** The commit that it is built on. */
  readonly parent: string;
  /** Main's commit, merged into the branch: all files but those below are as it has them. Without it they are as in the parent. */
  readonly onto?: string;
  readonly message: string;
  /** A text of null takes the file away. */
  readonly files: readonly { readonly path: string; readonly text: string | null }[];
  /** The branch is made by this commit, and must not be there yet. */
  readonly isNew: boolean;
}

export type Committed =
  | { readonly kind: "committed"; readonly sha: string }
  /** The branch is no longer where it was taken to be; for a new one, it is there already. */
  | { readonly kind: "moved" }
  /** The files are like that already. */
  | { readonly kind: "unchanged" };

const FIX = "give the job the permission contents: write, then run it again";

/**
 * Commits by the API, so that GitHub signs it and workflows follow an app's token. A branch is never forced.
 * @throws GiftError of `askGitHub`
 */
export async function commitFiles(
  github: GitHub,
  { branch, parent, onto = parent, message, files, isNew }: CommitOrder,
): Promise<Committed> {
  const { octokit, owner, repo } = github;
  return await askGitHub(`commit to ${branch} in ${owner}/${repo}`, FIX, async () => {
    if (!isNew && (await readBranch(github, branch)) !== parent) return { kind: "moved" };
    const base = await readCommit(github, onto);
    const { data: tree } = await octokit.git.createTree({
      owner,
      repo,
      base_tree: base.tree.sha,
      tree: files.map(({ path, text }) => ({
        path,
        mode: "100644",
        type: "blob",
        ...(text === null ? { sha: null } : { content: text }),
      })),
    });
    const before = onto === parent ? base : await readCommit(github, parent);
    if (tree.sha === before.tree.sha) return { kind: "unchanged" };
    const { data: commit } = await octokit.git.createCommit({
      owner,
      repo,
      message,
      tree: tree.sha,
      parents: onto === parent ? [parent] : [parent, onto],
    });
    const { sha } = commit;
    try {
      if (isNew) await createBranch(github, branch, sha);
      else await octokit.git.updateRef({ owner, repo, ref: `heads/${branch}`, sha, force: false });
    } catch (error) {
      // It is there already, or it is not a fast-forward, or it was deleted: unless the commit is on it after all.
      if (statusOf(error) !== 422 && statusOf(error) !== 409) throw error;
      const now = await readBranch(github, branch);
      if (now === sha) return { kind: "committed", sha };
      if (now === (isNew ? null : parent)) throw error;
      return { kind: "moved" };
    }
    return { kind: "committed", sha };
  });
}

async function readCommit({ octokit, owner, repo }: GitHub, sha: string) {
  return (await octokit.git.getCommit({ owner, repo, commit_sha: sha })).data;
}

/** The commit that a branch stands at; null where there is none of that name. */
export async function readBranch({ octokit, owner, repo }: GitHub, branch: string): Promise<string | null> {
  try {
    return (await octokit.git.getRef({ owner, repo, ref: `heads/${branch}` })).data.object.sha;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}

async function createBranch(github: GitHub, branch: string, sha: string): Promise<void> {
  const { octokit, owner, repo } = github;
  await writeOnce(
    github,
    async () => {
      await octokit.git.createRef({ owner, repo, ref: `refs/heads/${branch}`, sha });
      return sha;
    },
    async () => ((await readBranch(github, branch)) === sha ? sha : null),
  );
}
