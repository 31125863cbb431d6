import { findPullRequestOfRun, readPullRequest } from "../../github/pullRequest.ts";
import type { GitHub } from "../../github/openGitHub.ts";
import { UsageError } from "../../report/error.ts";
import { fetchRefs } from "../../source/fetchRefs.ts";
import { commitOf } from "../../source/git.ts";
import type { Arguments, Io, OptionHelp } from "../command.ts";

/** How a person or a workflow says which pull request is meant. */
export const HEAD_OPTIONS: Readonly<Record<string, OptionHelp>> = {
  pull: { type: "string", value: "N", help: "the pull request's number" },
  "head-repo": { type: "string", value: "OWNER/NAME", help: "where its branch is kept, as a run says" },
  "head-branch": { type: "string", value: "BRANCH", help: "its branch, as a run says" },
  "head-sha": { type: "string", value: "SHA", help: "its newest commit, as a run says" },
};

/** An open pull request and the commit that is asked about; `number` is null where nobody has it open any more. */
export interface PullHead {
  readonly number: number | null;
  readonly headSha: string;
}

/** Found by what the event says and GitHub confirms, never by what a job handed over. @throws UsageError, GiftError of `askGitHub` */
export async function findPullHead(args: Arguments, github: GitHub): Promise<PullHead> {
  const pull = args.text("pull");
  if (pull !== undefined) {
    if (!/^[1-9]\d{0,9}$/.test(pull))
      throw new UsageError(`--pull ${pull}: write the number of a pull request`);
    const { number, headSha, state } = await readPullRequest(github, Number(pull));
    return { number: state === "open" ? number : null, headSha };
  }
  const headRepo = args.text("head-repo");
  const headBranch = args.text("head-branch");
  const headSha = args.text("head-sha");
  if (headRepo === undefined || headBranch === undefined || headSha === undefined)
    throw new UsageError("say which pull request: --pull N, or --head-repo, --head-branch and --head-sha");
  if (!/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(headSha))
    throw new UsageError(`--head-sha ${headSha}: write a whole commit id`);
  return { number: await findPullRequestOfRun(github, { headRepo, headBranch, headSha }), headSha };
}

/** Brings the commit into this clone; false when the pull request has moved on, and nobody keeps it any more. */
export async function fetchPullHead(
  { root, variables }: Pick<Io, "root" | "variables">,
  branch: string,
  number: number,
  headSha: string,
): Promise<boolean> {
  if ((await commitOf(root, headSha)) !== null) return true;
  const ref = `+refs/pull/${number}/head:refs/giftwrap/pulls/${number}`;
  await fetchRefs(root, branch, [ref], variables);
  return (await commitOf(root, headSha)) !== null;
}
