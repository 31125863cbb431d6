import { openGitHub, readGitHubAccess } from "../../github/openGitHub.ts";
import { PROMOTION_LABEL, ROLLBACK_LABEL } from "../../github/labels.ts";
import { readProposals } from "../../github/keepProposal.ts";
import { promotionBody } from "../../github/promotionBody.ts";
import { NO_NOTES, wasAnswered, writeNotes } from "../../github/proposalNotes.ts";
import { openPullRequest } from "../../github/pullRequests.ts";
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
  { kind, branch, path, text, title, opening }: Proposal,
  { story, verdict }: JudgedTrial,
): Promise<string> {
  const access = readGitHubAccess(io.variables);
  const github = access && (await openGitHub(access));
  // Whoever closes a pull request often deletes its branch: that must not bring both back.
  const before = github && (await readProposals(github, branch));
  if (before?.open) return `proposed already: ${before.open.html_url} (open)`;
  if (before?.past && (kind === "roll_back" || wasAnswered(before.past, opening)))
    return `proposed already: ${before.past.url} (${before.past.isMerged ? "merged" : "closed"})`;
  const proposed = await proposeCommit(bench.root, {
    branch,
    base: bench.commit,
    main,
    path,
    text,
    message: `${title}\n\n${story.why}\n`,
    seconds: verdict.asOfSeconds,
    ...(kind === "promote" && { opening }),
  });
  const where = proposed.remote === null ? branch : `${branch} on ${proposed.remote}`;
  if (!github || proposed.remote === null)
    return proposed.kind === "already" ? `proposed already: ${where}` : `proposed "${title}": ${where}`;
  const [body, labels] =
    kind === "promote"
      ? [writeNotes(promotionBody(story), { ...NO_NOTES, opening }), [PROMOTION_LABEL]]
      : [verdictToMarkdown(story), [ROLLBACK_LABEL]];
  const opened = await openPullRequest(github, { branch, base: main, title, body, labels });
  return opened.kind === "opened"
    ? `proposed "${title}": ${opened.url}`
    : `proposed already: ${opened.url} (${opened.state})`;
}
