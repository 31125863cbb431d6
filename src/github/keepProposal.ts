import type { RestEndpointMethodTypes } from "@octokit/rest";
import { GiftError } from "../report/error.ts";
import type { FileText } from "../source/fileText.ts";
import { askGitHub } from "./askGitHub.ts";
import { commitFiles, readBranch } from "./commitFiles.ts";
import type { GitHub } from "./openGitHub.ts";
import {
  contentOf,
  NO_NOTES,
  type PastProposal,
  type ProposalNotes,
  readNotes,
  writeNotes,
} from "./proposalNotes.ts";
import { openPullRequest } from "./pullRequests.ts";
import { readPage } from "./readPage.ts";
import { breakSkipWords } from "./skipWords.ts";

/** Files to be changed by one pull request of this account, on a branch that is always the same. */
export interface KeptProposal {
  readonly branch: string;
  /** The branch that it goes to, and its commit. */
  readonly base: string;
  readonly tip: string;
  readonly files: readonly FileText[];
  /** The same files as the tip has them. */
  readonly onMain: readonly FileText[];
  readonly message: string;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  /** The commit that opened the stage which a promotion goes on from. */
  readonly opening?: string;
  /** A person asked for it by a form. */
  readonly isAskedFor?: boolean;
  /** It is written once: one that is open is left as it is, whatever would be written now. */
  readonly isOnce?: boolean;
  /** Whether it may be opened again after this one was closed or merged; unless given, always. */
  mayReopen?(past: PastProposal): boolean;
}

/** One that is open. */
export interface OpenProposal {
  readonly number: number;
  readonly url: string;
  readonly branch: string;
  readonly headSha: string;
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly notes: ProposalNotes;
}

export type Kept =
  /** `current`: nothing had to be written. */
  | {
      readonly kind: "opened" | "refreshed" | "current";
      readonly number: number;
      readonly url: string;
      readonly headSha: string;
    }
  /** Somebody else pushed to the branch, or opened the pull request: it is left as it is. */
  | { readonly kind: "theirs"; readonly number: number; readonly url: string }
  | { readonly kind: "past"; readonly past: PastProposal };

type Listed = RestEndpointMethodTypes["pulls"]["list"]["response"]["data"][number];

const FIX = "give the job the permissions contents: write and pull-requests: write, then run it again";
const ATTEMPTS = 4;
/** By whom commits are that were pushed with git, without an account of GitHub. */
const OWN_EMAIL = "giftwrap@giftwrap.invalid";

/**
 * Opens the pull request, or brings the open one up to date: by a commit on top, never by force, and never over what a person pushed. Done
 * twice, or by two at once, it is done once.
 * @throws GiftError of `askGitHub`, `BRANCH_BUSY`
 */
export async function keepProposal(github: GitHub, wanted: KeptProposal): Promise<Kept> {
  const proposal = {
    ...wanted,
    title: breakSkipWords(wanted.title),
    body: breakSkipWords(wanted.body),
    message: breakSkipWords(wanted.message),
  };
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const { open, past } = await readProposals(github, proposal.branch);
    if (!open && past && proposal.mayReopen && !proposal.mayReopen(past)) return { kind: "past", past };
    const kept = open ? await refresh(github, proposal, open) : await openNew(github, proposal);
    if (kept) return kept;
  }
  throw new GiftError(
    "BRANCH_BUSY",
    `${proposal.branch} moves while it is written to`,
    "run it again when nobody else writes there",
  );
}

/** Null when the branch moved meanwhile. */
async function refresh(github: GitHub, proposal: KeptProposal, found: Listed): Promise<Kept | null> {
  const { number, html_url: url } = found;
  const open = toOpen(found);
  const content = contentOf(proposal.files, proposal.onMain);
  const { built } = open.notes;
  if (found.user?.login !== github.login || (await isTheirs(github, open)))
    return { kind: "theirs", number, url };
  if (proposal.isOnce) return { kind: "current", number, url, headSha: open.headSha };
  const isCurrent = built?.head === open.headSha && built.content === content;
  const headSha = isCurrent ? open.headSha : await commitOnTop(github, proposal, open.headSha);
  if (headSha === null) return null;
  const isReworded = await describeProposal(github, open, {
    ...proposal,
    notes: toNotes(proposal, headSha, content),
  });
  const isNew = headSha !== open.headSha;
  return { kind: isNew || isReworded ? "refreshed" : "current", number, url, headSha };
}

/**
 * A branch that an earlier proposal left is built on: whatever stands there stays in its history. What a person put there makes the pull
 * request theirs, for nobody asked this account to propose it.
 */
async function openNew(github: GitHub, proposal: KeptProposal): Promise<Kept | null> {
  const { branch, base, tip, files, message, title, labels } = proposal;
  const left = await askGitHub(`say where ${branch} is`, FIX, () => readBranch(github, branch));
  const headSha =
    left === null
      ? toHead(await commitFiles(github, { branch, parent: tip, message, files, isNew: true }), tip)
      : await commitOnTop(github, proposal, left);
  if (headSha === null) return null;
  const notes = toNotes(proposal, headSha, contentOf(files, proposal.onMain));
  // Named as its own only once it is known to be.
  const first = left === null ? notes : { ...notes, built: null };
  const body = writeNotes(proposal.body, first);
  const opened = await openPullRequest(github, { branch, base, title, body, labels });
  if (opened.kind === "already") return opened.state === "open" ? null : toNotOpened(branch);
  const { number, url } = opened;
  if (left !== null) {
    const open = { number, url, branch, headSha, title, body, labels, notes: first };
    if (await isTheirs(github, open)) return { kind: "theirs", number, url };
    await describeProposal(github, open, { title, body: proposal.body, labels, notes });
  }
  return { kind: "opened", number, url, headSha };
}

function toNotes(
  { opening, isAskedFor = false }: Pick<KeptProposal, "opening" | "isAskedFor">,
  head: string,
  content: string,
): ProposalNotes {
  return { ...NO_NOTES, opening: opening ?? null, built: { head, content }, isAskedFor };
}

/** GitHub takes no pull request without a difference. */
function toNotOpened(branch: string): never {
  throw new GiftError(
    "GITHUB_FAILED",
    `GitHub did not open a pull request for ${branch}`,
    "look whether main has the change already; delete the branch, then run it again",
  );
}

/** Main is merged into the branch, so that nothing but the files differs from it. */
async function commitOnTop(
  github: GitHub,
  { branch, tip, files, message }: KeptProposal,
  parent: string,
): Promise<string | null> {
  const order = { branch, parent, message, files, isNew: false };
  try {
    return toHead(await commitFiles(github, { ...order, onto: tip }), parent);
  } catch (error) {
    // An account may be refused main's own new workflow files: the files alone are enough for GitHub to merge.
    if (!(error instanceof GiftError) || !/workflow/i.test(error.message)) throw error;
    return toHead(await commitFiles(github, order), parent);
  }
}

function toHead(committed: Awaited<ReturnType<typeof commitFiles>>, parent: string): string | null {
  if (committed.kind === "committed") return committed.sha;
  return committed.kind === "moved" ? null : parent;
}

/** Writes title, body and labels where they differ; whether anything was written. Notes that the body has already may stay. */
export async function describeProposal(
  { octokit, owner, repo }: GitHub,
  open: OpenProposal,
  {
    title,
    body,
    labels,
    notes = open.notes,
  }: {
    readonly title: string;
    readonly body: string;
    readonly labels: readonly string[];
    readonly notes?: ProposalNotes;
  },
): Promise<boolean> {
  const text = writeNotes(body, notes);
  const isNew = open.title !== title || normalise(open.body) !== normalise(text);
  const missing = labels.filter((it) => !open.labels.includes(it));
  await askGitHub(`describe pull request #${open.number}`, FIX, async () => {
    if (isNew) await octokit.pulls.update({ owner, repo, pull_number: open.number, title, body: text });
    if (missing.length > 0)
      await octokit.issues.addLabels({ owner, repo, issue_number: open.number, labels: missing });
  });
  return isNew || missing.length > 0;
}

/** The open pull request of a branch of this repository, and the newest one that is not open any more. */
export async function readProposals(
  github: GitHub,
  branch: string,
): Promise<{ readonly open: Listed | null; readonly past: PastProposal | null }> {
  const { octokit, owner, repo } = github;
  const all = await askGitHub(`say whether there is a pull request for ${branch}`, FIX, () =>
    octokit.paginate(
      octokit.pulls.list,
      { owner, repo, head: `${owner}:${branch}`, state: "all", per_page: 100 },
      readPage,
    ),
  );
  const ours = all.filter((it) => it.head.ref === branch);
  const closed = ours.filter((it) => it.state !== "open").sort((a, b) => b.number - a.number)[0];
  return { open: ours.find((it) => it.state === "open") ?? null, past: closed ? toPast(closed) : null };
}

/** The newest pull request for a branch that is not open any more; null where there is none. */
export async function findPast(github: GitHub, branch: string): Promise<PastProposal | null> {
  return (await readProposals(github, branch)).past;
}

/** All that are open on this repository's branches that begin so, by this account. */
export async function listProposals(github: GitHub, prefix: string): Promise<readonly OpenProposal[]> {
  const { octokit, owner, repo, login } = github;
  const all = await askGitHub(`list the pull requests of ${owner}/${repo}`, FIX, () =>
    octokit.paginate(octokit.pulls.list, { owner, repo, state: "open", per_page: 100 }, readPage),
  );
  const name = `${owner}/${repo}`.toLowerCase();
  return all
    .filter(
      ({ head, user }) =>
        head.ref.startsWith(prefix) && head.repo?.full_name.toLowerCase() === name && user?.login === login,
    )
    .map(toOpen);
}

/** Whether anybody else pushed to its branch. Only a head that the notes do not name is looked into. */
export async function isTheirs(
  { octokit, owner, repo, login }: GitHub,
  { number, headSha, notes }: OpenProposal,
): Promise<boolean> {
  if (notes.built?.head === headSha) return false;
  const commits = await askGitHub(`list the commits of pull request #${number}`, FIX, () =>
    octokit.paginate(
      octokit.pulls.listCommits,
      { owner, repo, pull_number: number, per_page: 100 },
      readPage,
    ),
  );
  return commits.some(({ author, commit }) => author?.login !== login && commit.author?.email !== OWN_EMAIL);
}

function toOpen(it: Listed): OpenProposal {
  return {
    number: it.number,
    url: it.html_url,
    branch: it.head.ref,
    headSha: it.head.sha,
    title: it.title,
    body: it.body ?? "",
    labels: it.labels.map((label) => label.name),
    notes: readNotes(it.body ?? ""),
  };
}

function toPast(it: Listed): PastProposal {
  return {
    number: it.number,
    url: it.html_url,
    isMerged: Boolean(it.merged_at),
    notes: readNotes(it.body ?? ""),
  };
}

/** GitHub may give line breaks as browsers do, and drop space at the end. */
function normalise(body: string): string {
  return body.replace(/\r\n/g, "\n").trimEnd();
}
