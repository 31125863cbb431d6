import { openGitHub, readGitHubAccess } from "../../github/openGitHub.ts";
import { findPullRequest, openPullRequest } from "../../github/pullRequests.ts";
import type { Proposal } from "../../rollout/planWatch.ts";
import { verdictToMarkdown } from "../../rollout/verdict/verdictMarkdown.ts";
import { proposeCommit } from "../../source/proposeCommit.ts";
import type { Io } from "../command.ts";
import type { Bench, JudgedTrial } from "../gate/judgeTrials.ts";

export interface ProposalPorts {
  readonly bench: Bench;
  readonly io: Io;
  /** The branch that it should go to. */
  readonly main: string;
}

/**
 * A branch with the commit, and a pull request for it where GitHub can be asked; each of them once. Gives what there is now, in words.
 * @throws GiftError `GIT_FAILED`, `PROPOSAL_REFUSED`, and those of `askGitHub`
 */
export async function propose(
  { bench, io, main }: ProposalPorts,
  { branch, path, text, title }: Proposal,
  { story, verdict }: JudgedTrial,
): Promise<string> {
  const access = readGitHubAccess(io.variables);
  // Whoever closes a pull request often deletes its branch: that must not bring both back.
  const github = access && (await openGitHub(access));
  const before = github && (await findPullRequest(github, branch));
  if (before) return `proposed already: ${before.url} (${before.state})`;
  const body = verdictToMarkdown(story);
  const proposed = await proposeCommit(bench.root, {
    branch,
    base: bench.commit,
    main,
    path,
    text,
    message: `${title}\n\n${story.why}\n`,
    seconds: verdict.asOfSeconds,
  });
  const where = proposed.remote === null ? branch : `${branch} on ${proposed.remote}`;
  if (!github || proposed.remote === null)
    return proposed.kind === "already" ? `proposed already: ${where}` : `proposed "${title}": ${where}`;
  const opened = await openPullRequest(github, { branch, base: main, title, body });
  return opened.kind === "opened"
    ? `proposed "${title}": ${opened.url}`
    : `proposed already: ${opened.url} (${opened.state})`;
}
