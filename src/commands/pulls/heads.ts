import type { GitHub } from "../../github/openGitHub.ts";
import type { PullRequest } from "../../github/pullRequest.ts";
import { GiftError, UsageError } from "../../report/error.ts";
import { fetchRefs } from "../../source/fetchRefs.ts";
import { commitOf, git } from "../../source/git.ts";
import { remoteOf } from "../../source/mainBranch.ts";
import { mergeInMemory } from "../../source/mergeInMemory.ts";
import type { Arguments, Io, OptionHelp } from "../command.ts";

/** The branch that is published. */
export const MAIN = "main";

/** Branches of GitHub's merge queue. */
const QUEUE = /^gh-readonly-queue\/main\/[\w./-]+$/;

/** How a workflow says which head it is about, beside a pull request's number. */
export const RUN_HEAD_OPTIONS = {
  "head-repo": { type: "string", value: "OWNER/NAME", help: "instead: the repository of its head" },
  "head-branch": { type: "string", value: "BRANCH", help: "with --head-repo" },
  "head-sha": { type: "string", value: "COMMIT", help: "with --head-repo; nothing is said of another one" },
} as const satisfies Readonly<Record<string, OptionHelp>>;

/** Where a run says that it ran: text that anybody may have written. */
export interface RunHead {
  /** `owner/name` */
  readonly headRepo: string;
  readonly headBranch: string;
  readonly headSha: string;
}

/** @throws UsageError */
export function readRunHead(args: Arguments): RunHead {
  const [headRepo, headBranch, headSha] = ["head-repo", "head-branch", "head-sha"].map((it) => args.text(it));
  if (headRepo === undefined || headBranch === undefined || headSha === undefined)
    throw new UsageError("--head-sha goes with --head-repo and --head-branch");
  if (!/^[0-9a-f]{40}$/.test(headSha)) throw new UsageError("--head-sha: write the whole id of a commit");
  return { headRepo, headBranch, headSha };
}

/** Whether it is a commit of this repository's merge queue, which is no pull request's head. */
export function isQueued({ owner, repo }: GitHub, { headRepo, headBranch }: RunHead): boolean {
  return QUEUE.test(headBranch) && headRepo.toLowerCase() === `${owner}/${repo}`.toLowerCase();
}

/** Brings main and a pull request's head here as git's objects; false when the head is another one by now. @throws GiftError `FETCH_FAILED` */
export async function fetchHead(
  io: Pick<Io, "root" | "variables">,
  { number, headSha }: Pick<PullRequest, "number" | "headSha">,
): Promise<boolean> {
  return fetchAs(io, `refs/pull/${number}/head`, `refs/giftwrap/pulls/${number}`, headSha);
}

/**
 * Brings main and the heads of many here with one question to the remote.
 * @returns the numbers of those that are where their pull requests say
 * @throws GiftError `FETCH_FAILED`
 */
export async function fetchHeads(
  { root, variables }: Pick<Io, "root" | "variables">,
  pulls: readonly Pick<PullRequest, "number" | "headSha">[],
): Promise<ReadonlySet<number>> {
  const specs = pulls.map(({ number }) => `+refs/pull/${number}/head:refs/giftwrap/pulls/${number}`);
  await fetchRefs(root, MAIN, [await mainSpec(root), ...specs], variables);
  const lines = (
    await git(root, ["for-each-ref", "--format=%(objectname) %(refname)", "refs/giftwrap/pulls"])
  )
    .split("\n")
    .filter(Boolean);
  const heads = new Set(lines);
  return new Set(
    pulls
      .filter(({ number, headSha }) => heads.has(`${headSha} refs/giftwrap/pulls/${number}`))
      .map((it) => it.number),
  );
}

/** The same for a commit of the merge queue. @throws GiftError `FETCH_FAILED` */
export async function fetchQueued(
  io: Pick<Io, "root" | "variables">,
  branch: string,
  headSha: string,
): Promise<boolean> {
  return fetchAs(io, `refs/heads/${branch}`, `refs/giftwrap/queue/${headSha}`, headSha);
}

/** @throws GiftError `MAIN_UNKNOWN` */
export async function mainCommit({ root }: Pick<Io, "root">): Promise<string> {
  const remote = await remoteOf(root, MAIN);
  const ref = remote === null ? `refs/heads/${MAIN}` : `refs/remotes/${remote}/${MAIN}`;
  const commit = await commitOf(root, ref);
  if (commit !== null) return commit;
  throw new GiftError(
    "MAIN_UNKNOWN",
    `there is no branch ${MAIN} here`,
    "check out with fetch-depth: 0, then run it again",
  );
}

/** Main before and after a head would be merged. */
export interface MergedSides {
  readonly base: string;
  /** Where the two conflict, the head itself, and the base is where it began. */
  readonly after: string;
  readonly isConflicted: boolean;
}

/** @throws GiftError `GIT_FAILED` */
export async function asMerged(root: string, base: string, head: string): Promise<MergedSides> {
  const after = await mergeInMemory(root, base, head);
  if (after !== null) return { base, after, isConflicted: false };
  return { base: (await git(root, ["merge-base", base, head])).trim(), after: head, isConflicted: true };
}

async function fetchAs(
  { root, variables }: Pick<Io, "root" | "variables">,
  from: string,
  to: string,
  headSha: string,
): Promise<boolean> {
  await fetchRefs(root, MAIN, [await mainSpec(root), `+${from}:${to}`], variables);
  return (await commitOf(root, to)) === headSha;
}

async function mainSpec(root: string): Promise<string> {
  const remote = (await remoteOf(root, MAIN)) ?? "origin";
  return `+refs/heads/${MAIN}:refs/remotes/${remote}/${MAIN}`;
}
