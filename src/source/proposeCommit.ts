import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { explainError, GiftError } from "../report/error.ts";
import { commitOf, git } from "./git.ts";
import { remoteOf } from "./mainBranch.ts";

/** One file changed on top of a commit, to be looked at by people on a branch of its own. */
export interface ProposedCommit {
  readonly branch: string;
  /** The commit that it is made on. */
  readonly base: string;
  /** The main branch: where it is kept for everyone, the proposal is kept, too. */
  readonly main: string;
  readonly path: string;
  readonly text: string;
  readonly message: string;
  /** Its date, epoch seconds. The same proposal made twice is the same commit. */
  readonly seconds: number;
  /**
   * What the proposal is for, of a branch whose name may come again: where the branch that is there was for something else, this is
   * built on top of it. It stands in the commit's message.
   */
  readonly opening?: string;
}

export type Proposed =
  | { readonly kind: "proposed"; readonly commit: string; readonly remote: string | null }
  /** The branch is there: somebody proposed it before, and what became of it is for people to say. */
  | { readonly kind: "already"; readonly remote: string | null };

const AUTHOR = { name: "Giftwrap", email: "giftwrap@giftwrap.invalid" };

/**
 * Makes the commit without touching the work tree, and the branch only where it is not there yet: of two that do so at once one
 * succeeds. With a remote the branch is made there.
 * @throws GiftError `GIT_FAILED`, `PROPOSAL_REFUSED`
 */
export async function proposeCommit(root: string, proposed: ProposedCommit): Promise<Proposed> {
  const remote = await remoteOf(root, proposed.main);
  const left = await findBranch(root, remote, proposed.branch);
  if (left !== null && !(await isForAnother(root, left, proposed))) return { kind: "already", remote };
  const commit = await makeCommit(root, proposed, left);
  try {
    await moveBranch(root, remote, proposed.branch, commit, left);
  } catch (cause) {
    // Another one was faster; whether it is so the branch itself says, not the words of the refusal.
    if ((await findBranch(root, remote, proposed.branch)) !== left) return { kind: "already", remote };
    throw new GiftError(
      "PROPOSAL_REFUSED",
      `the branch ${proposed.branch} could not be made${remote === null ? "" : ` on ${remote}`}: ${explainError(cause)}`,
      "allow this account to push branches that begin with giftwrap/, then run it again",
      { cause },
    );
  }
  return { kind: "proposed", commit, remote };
}

/** The line of a commit's message that says what it is for. */
export function toOpeningLine(opening: string): string {
  return `Giftwrap-Opening: ${opening}`;
}

/** The commit at which the branch is, in this clone; null where there is none. */
async function findBranch(root: string, remote: string | null, branch: string): Promise<string | null> {
  const ref = `refs/heads/${branch}`;
  if (remote === null) return commitOf(root, ref);
  const [commit = ""] = (await git(root, ["ls-remote", remote, ref])).split("\t");
  if (commit !== "" && (await commitOf(root, commit)) === null)
    await git(root, ["fetch", "--quiet", remote, ref]);
  return commit === "" ? null : commit;
}

/** Whether no commit of the branch that was left is for this opening. */
async function isForAnother(root: string, left: string, { base, opening }: ProposedCommit): Promise<boolean> {
  if (opening === undefined) return false;
  const messages = await git(root, ["log", "--format=%B", left, `^${base}`]);
  return !messages.split("\n").includes(toOpeningLine(opening));
}

/** By git's plumbing and an index of its own: whatever is checked out, or begun, is left alone. No branch names it. */
export async function makeCommit(
  root: string,
  it: Omit<ProposedCommit, "branch" | "main">,
  left: string | null = null,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "giftwrap-index-"));
  const variables = { GIT_INDEX_FILE: join(folder, "index") };
  try {
    await git(root, ["read-tree", it.base], { variables });
    const blob = await git(root, ["hash-object", "-w", "--no-filters", "--stdin"], { stdin: it.text });
    const entry = `100644,${blob.trim()},${it.path}`;
    await git(root, ["update-index", "--add", "--cacheinfo", entry], { variables });
    const tree = (await git(root, ["write-tree"], { variables })).trim();
    const date = `${it.seconds} +0000`;
    const parents = [...(left === null ? [] : ["-p", left]), "-p", it.base];
    const commit = await git(root, ["commit-tree", "--no-gpg-sign", tree, ...parents], {
      stdin:
        it.opening === undefined ? it.message : `${it.message.trimEnd()}\n\n${toOpeningLine(it.opening)}\n`,
      variables: {
        GIT_AUTHOR_NAME: AUTHOR.name,
        GIT_AUTHOR_EMAIL: AUTHOR.email,
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_NAME: AUTHOR.name,
        GIT_COMMITTER_EMAIL: AUTHOR.email,
        GIT_COMMITTER_DATE: date,
      },
    });
    return commit.trim();
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function moveBranch(
  root: string,
  remote: string | null,
  branch: string,
  commit: string,
  left: string | null,
): Promise<void> {
  const ref = `refs/heads/${branch}`;
  if (remote === null) await git(root, ["update-ref", ref, commit, left ?? "0".repeat(commit.length)]);
  else
    await git(root, [
      "push",
      "--quiet",
      `--force-with-lease=${ref}:${left ?? ""}`,
      remote,
      `${commit}:${ref}`,
    ]);
}
