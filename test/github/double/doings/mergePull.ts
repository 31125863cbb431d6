import { emitPull } from "../events.ts";
import { commitTree, git, moveRef, readCommits, readRef } from "../git.ts";
import { mergeBlock } from "../mergeBlock.ts";
import { Refusal } from "../refusal.ts";
import { emailOf } from "../shapes/toCommit.ts";
import { type Actor, type GitHubState, type Issue, homeOf, timeOf } from "../state.ts";
import { testMerge } from "../testMerge.ts";
import { branchMoved } from "./branchMoved.ts";

export interface MergeToDo {
  readonly method: "merge" | "squash" | "rebase";
  readonly title?: string | undefined;
  readonly message?: string | undefined;
  /** What the head must be. */
  readonly sha?: string | undefined;
  /** Past the rules, as a ruleset's bypass list allows. */
  readonly isBypassing?: boolean;
}

/** Merges as GitHub does: one commit on the base, whose id is the answer. @throws Refusal 405 blocked, 409 the head is another */
export async function mergePull(
  state: GitHubState,
  actor: Actor,
  issue: Issue,
  asked: MergeToDo,
): Promise<string> {
  const { pull } = issue;
  const home = homeOf(state);
  const { folder } = home;
  if (!pull || issue.state !== "open") throw new Refusal(405, "Pull Request is not mergeable");
  if (asked.sha !== undefined && asked.sha !== pull.headSha) {
    throw new Refusal(409, "Head branch was modified. Review and try the merge again.");
  }
  refuseMethod(state, asked.method);
  const block = asked.isBypassing ? null : mergeBlock(state, issue);
  if (block) throw new Refusal(405, block);

  const base = await readRef(folder, `refs/heads/${pull.baseRef}`);
  await testMerge(state, issue);
  const test = pull.test;
  if (!base || !test?.sha) throw new Refusal(405, "Pull Request is not mergeable");
  const head = pull.headSha;
  if (test.of !== `${base} ${head}`) throw baseModified();

  const text = await messageOf(state, issue, asked, base);
  const sha = await commitTree(folder, {
    tree: await git(folder, ["rev-parse", `${test.sha}^{tree}`]),
    parents: asked.method === "merge" ? [base, head] : [base],
    message: text,
    author: { name: actor.login, email: emailOf(actor.login), date: timeOf(state) },
    committer: { name: "GitHub", email: "noreply@github.com", date: timeOf(state) },
  });
  // Two at once: both have looked, one is first.
  if (pull.merged || !(await moveRef(folder, `refs/heads/${pull.baseRef}`, base, sha))) throw baseModified();

  state.signed.add(sha);
  pull.baseSha = base;
  pull.merged = { at: timeOf(state), by: actor.login, sha };
  issue.state = "closed";
  issue.closedAt = issue.updatedAt = timeOf(state);
  issue.closedBy = actor.login;
  await branchMoved(state, actor, home, { branch: pull.baseRef, from: base, to: sha });
  await emitPull(state, actor, issue, "closed");
  await deleteHead(state, actor, issue);
  return sha;
}

function refuseMethod(state: GitHubState, method: MergeToDo["method"]): void {
  const { allowMergeCommit, allowSquashMerge } = state.settings;
  if (method === "merge" && !allowMergeCommit) {
    throw new Refusal(405, "Merge commits are not allowed on this repository.");
  }
  if (method === "squash" && !allowSquashMerge) {
    throw new Refusal(405, "Squash merges are not allowed on this repository.");
  }
  // The double does not rebase; nobody here asks for it.
  if (method === "rebase") throw new Refusal(405, "Rebase merges are not allowed on this repository.");
}

async function messageOf(state: GitHubState, issue: Issue, asked: MergeToDo, base: string): Promise<string> {
  const { pull } = issue;
  const { squashTitle, squashMessage } = state.settings;
  if (asked.method === "merge") {
    const title =
      asked.title ?? `Merge pull request #${issue.number} from ${pull?.headOwner}/${pull?.headRef}`;
    return `${title}\n\n${asked.message ?? issue.title}\n`;
  }
  const commits = await readCommits(homeOf(state).folder, ["--reverse", `${base}..${pull?.headSha}`, "--"]);
  const [only] = commits.length === 1 ? commits : [];
  const first = squashTitle === "COMMIT_OR_PR_TITLE" && only ? only.message.split("\n")[0] : issue.title;
  const title = asked.title ?? `${first} (#${issue.number})`;
  const listed = commits.map(({ message }) => `* ${message}`).join("\n\n");
  const message =
    asked.message ??
    (squashMessage === "PR_BODY" ? (issue.body ?? "") : squashMessage === "BLANK" ? "" : listed);
  return message === "" ? `${title}\n` : `${title}\n\n${message}\n`;
}

async function deleteHead(state: GitHubState, actor: Actor, issue: Issue): Promise<void> {
  const { pull } = issue;
  const home = homeOf(state);
  if (!pull || !state.settings.deleteBranchOnMerge || pull.headRepo !== home.fullName) return;
  const at = await readRef(home.folder, `refs/heads/${pull.headRef}`);
  if (!at || !(await moveRef(home.folder, `refs/heads/${pull.headRef}`, at, null))) return;
  await branchMoved(state, actor, home, { branch: pull.headRef, from: at, to: null });
}

function baseModified(): Refusal {
  return new Refusal(405, "Base branch was modified. Review and try the merge again.");
}
