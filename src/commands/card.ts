import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { type ApprovalState, approversOf, decideApprovals } from "../github/approvals.ts";
import { cardToMarkdown } from "../github/card/cardMarkdown.ts";
import {
  CARD_MARKER,
  type CardFacts,
  type PullRequestCard,
  toPullRequestCard,
} from "../github/card/pullRequestCard.ts";
import { type CheckArtifact, parseReport } from "../github/checkArtifact.ts";
import { toCheckReport } from "../github/checkReport.ts";
import { type GitHub, openGitHub, readGitHubAccess, requireGitHub } from "../github/openGitHub.ts";
import { publishCheck } from "../github/publishCheck.ts";
import {
  findPullRequestOfRun,
  type PullRequest,
  readPullRequest,
  readReviews,
  readTeam,
} from "../github/pullRequest.ts";
import { setStatus } from "../github/setStatus.ts";
import { findSkipWords } from "../github/skipWords.ts";
import { type Comment, findComments, isOnly, upsertComment } from "../github/upsertComment.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { checkOutData } from "../source/checkOutData.ts";
import { peekRef } from "../source/fetchRefs.ts";
import { commitOf, git } from "../source/git.ts";
import { workTree } from "../source/tree.ts";
import { gatherCard, type GatheredCard } from "./card/gatherCard.ts";
import { listOpenPulls } from "./card/listOpenPulls.ts";
import { type Bases, openBases } from "./card/openBases.ts";
import { toProblem } from "./cardOutcome.ts";
import {
  type Arguments,
  type Command,
  ENVIRONMENT_OPTION,
  EXIT,
  type Exit,
  type Io,
  JSON_OPTION,
  parseWholeNumber,
} from "./command.ts";
import { forkPoint } from "./forkPoint.ts";
import { AT_OPTION, RECORDED_OPTION } from "./gate/openBench.ts";
import {
  asMerged,
  fetchHead,
  fetchHeads,
  fetchQueued,
  isQueued,
  MAIN,
  mainCommit,
  readRunHead,
  RUN_HEAD_OPTIONS,
} from "./pulls/heads.ts";

export const APPROVALS_CONTEXT = "giftwrap approvals";
/** What comes from the pull request's own run is read up to this, and not at all beyond. */
const MAX_REPORT_BYTES = 2_000_000;

export const command: Command = {
  summary:
    "say what a pull request does, what is wrong and who is waited for: its one comment, check and status",
  usage: "[--base REVISION] | --pull NUMBER | --all",
  example: "giftwrap card --base origin/main",
  options: {
    pull: {
      type: "string",
      value: "NUMBER",
      help: "a pull request on GitHub, whose comment is kept up to date",
    },
    ...RUN_HEAD_OPTIONS,
    all: { type: "boolean", help: "every open pull request, the one that was touched last at the end" },
    report: {
      type: "string",
      value: "FILE",
      help: "what its own run left behind; it is shown as that, and never relied on",
    },
    base: {
      type: "string",
      value: "REVISION",
      help: "what the work tree is compared with (default: origin/main), when it is no pull request",
    },
    env: ENVIRONMENT_OPTION,
    at: AT_OPTION,
    recorded: RECORDED_OPTION,
    markdown: { type: "boolean", help: "print the comment" },
    "dry-run": { type: "boolean", help: "print the comment and write nothing" },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const pull = args.text("pull");
    const headSha = args.text("head-sha");
    if (args.flag("all")) return allCards(args, io);
    if (pull !== undefined) return pullCard(args, io, parseWholeNumber("pull", pull, 0));
    return headSha === undefined ? treeCard(args, io) : headCard(args, io);
  },
};

/** What stays the same for every pull request of one run. */
interface Desk {
  readonly github: GitHub;
  /** Reads teams: GitHub's own token may not. */
  readonly teamGitHub: GitHub;
  readonly teams: Map<string, ReadonlySet<string> | null>;
  readonly bases: Bases;
}

/** On a laptop: the commit that is checked out, against main. Nothing is asked of GitHub. */
async function treeCard(args: Arguments, io: Io): Promise<Exit> {
  const asked =
    args.text("base") ?? ((await commitOf(io.root, "origin/main")) === null ? MAIN : "origin/main");
  const base = await forkPoint(io.root, asked);
  const after = await commitOf(io.root, "HEAD");
  if (after === null) throw new UsageError("there is no commit yet: commit the change first");
  const tree = workTree(io.root);
  const gathered = await gatherCard(args, io, { base, after, folder: io.root, tree }, environmentOf(args));
  const card = toPullRequestCard({ ...NOTHING, ...gathered.facts, ownRun: await readReport(args, io) });
  show(args, io, card);
  return card.todos.length > 0 ? EXIT.findings : EXIT.ok;
}

async function openDesk(io: Io): Promise<Desk> {
  const github = await requireGitHub(io.variables);
  const access = readGitHubAccess(io.variables);
  const teamToken = io.variables["GIFTWRAP_TEAM_TOKEN"];
  const teamGitHub = access && teamToken ? await openGitHub({ ...access, token: teamToken }) : github;
  return { github, teamGitHub, teams: new Map(), bases: openBases(io) };
}

async function pullCard(args: Arguments, io: Io, number: number): Promise<Exit> {
  const desk = await openDesk(io);
  const pull = await readPullRequest(desk.github, number);
  return (await refresh(args, io, desk, pull, await readReport(args, io))).exit;
}

/** A run says where it ran; which pull request that is, GitHub says. */
async function headCard(args: Arguments, io: Io): Promise<Exit> {
  const head = readRunHead(args);
  const { headBranch, headSha } = head;
  const desk = await openDesk(io);
  if (isQueued(desk.github, head)) return queueCheck(args, io, desk, headBranch, headSha);
  const number = await findPullRequestOfRun(desk.github, head);
  if (number === null) {
    io.line(`no open pull request has ${headSha.slice(0, 10)} as its head: nothing is said of it`);
    return EXIT.ok;
  }
  const pull = await readPullRequest(desk.github, number);
  if (pull.headSha !== headSha) return sayMoved(io, pull).exit;
  return (await refresh(args, io, desk, pull, await readReport(args, io))).exit;
}

/** The oldest first, so that none is left behind for ever; what fails for one is said, and stops no other. */
async function allCards(args: Arguments, io: Io): Promise<Exit> {
  const desk = await openDesk(io);
  let worst: Exit = EXIT.ok;
  const pulls = await listOpenPulls(desk.github, MAIN);
  const arrived = await fetchHeads(io, pulls);
  for (const pull of pulls) {
    try {
      const { exit } = await refresh(args, io, desk, pull, null, { isHere: arrived.has(pull.number) });
      if (exit > worst) worst = exit;
    } catch (error) {
      if (!(error instanceof GiftError)) throw error;
      io.line(`#${pull.number}: ${error.message} [${error.code}]; fix: ${error.fix}`);
      worst = EXIT.failure;
      // No later one would fare better, and asking on makes it longer.
      if (error.code === "GITHUB_LIMITED") break;
    }
  }
  return worst;
}

/** A merge queue's commit has no comment: its check alone is waited for. */
async function queueCheck(
  args: Arguments,
  io: Io,
  desk: Desk,
  branch: string,
  headSha: string,
): Promise<Exit> {
  if (!(await fetchQueued(io, branch, headSha))) {
    io.line(`${branch} is elsewhere by now: nothing is said of ${headSha.slice(0, 10)}`);
    return EXIT.ok;
  }
  const base = await mainCommit(io);
  const { facts, problem } = await gatherHead(args, io, desk.bases, base, headSha);
  const card = toPullRequestCard({ ...NOTHING, ...facts, problem, place: null });
  const report = toCheckReport(card, headSha);
  if (args.flag("dry-run")) show(args, io, card);
  else await publishCheck(desk.github, report);
  io.line(`${branch}: ${report.title}`);
  return problem ? EXIT.failure : EXIT.ok;
}

interface Refreshed {
  readonly exit: Exit;
}

/** Gathers, decides, and says it in the comment, the check and the status; what is said already is not written again. */
async function refresh(
  args: Arguments,
  io: Io,
  desk: Desk,
  pull: PullRequest,
  ownRun: CheckArtifact | null,
  sweep?: { readonly isHere: boolean },
): Promise<Refreshed> {
  const { github } = desk;
  if (pull.baseRef !== MAIN) {
    io.line(
      `#${pull.number} goes to ${pull.baseRef}, and only what goes to ${MAIN} is published: nothing is said of it`,
    );
    return { exit: EXIT.ok };
  }
  if (!(sweep ? sweep.isHere : await fetchHead(io, pull))) return sayMoved(io, pull);

  const base = pull.mergeCommit === null ? await mainCommit(io) : `${pull.mergeCommit}^1`;
  const gathered = await gatherPull(args, io, desk, pull, base);
  const approvals = await askApprovals(desk, pull, gathered);
  const card = toPullRequestCard({
    ...NOTHING,
    ...gathered.facts,
    problem: gathered.problem,
    pullRequest: {
      number: pull.number,
      state: pull.state,
      headSha: pull.headSha,
      author: pull.author,
      isFork: pull.isFork,
      isDraft: pull.isDraft,
      isConflicted: gathered.isConflicted,
      merged: await mergedAt(io, pull),
    },
    place: {
      webUrl: github.webUrl,
      owner: github.owner,
      repo: github.repo,
      headRepo: pull.headRepo,
      headBranch: pull.headRef,
    },
    skipWords: await findSkips(io, pull, base),
    approvals,
    ownRun,
  });
  const exit: Exit = gathered.problem ? EXIT.failure : EXIT.ok;
  if (show(args, io, card)) return { exit };

  io.output("pull", String(pull.number));
  const before = sweep ? await findComments(github, pull.number, CARD_MARKER) : undefined;
  if (before && isOnly(before, cardToMarkdown(card))) {
    io.line(`#${pull.number}: ${card.verdict}, as it stands already`);
    return { exit };
  }
  if ((await peekRef(io.root, MAIN, `refs/pull/${pull.number}/head`, io.variables)) !== pull.headSha)
    return sayMoved(io, pull);
  const written = await say(desk, pull, card, approvals, before);
  io.line(`#${pull.number}: ${card.verdict}${written ? "" : ", as it stands already"}`);
  return { exit };
}

/** The comment last: it is what a later sweep goes by. */
async function say(
  { github }: Desk,
  pull: PullRequest,
  card: PullRequestCard,
  approvals: ApprovalState | null,
  before: readonly Comment[] | undefined,
): Promise<boolean> {
  const { number, headSha } = pull;
  const body = cardToMarkdown(card);
  if (pull.state !== "open") return (await upsertComment(github, number, CARD_MARKER, body)).isChanged;
  const check = await publishCheck(github, toCheckReport(card, headSha));
  const state = approvals ?? UNKNOWN_APPROVALS;
  const status = await setStatus(github, {
    sha: headSha,
    context: APPROVALS_CONTEXT,
    state: state.state,
    description: state.description,
  });
  const comment = await upsertComment(github, number, CARD_MARKER, body, { ...(before && { before }) });
  return check.isChanged || status.isChanged || comment.isChanged;
}

/** Nobody's approval counts while nobody knows what the change opens. */
const UNKNOWN_APPROVALS: ApprovalState = {
  state: "pending",
  description: "what this opens could not be found out; it is tried again",
  asked: 0,
  missing: [],
};

/**
 * Whoever changes workflows names jobs as they like, and so checks of this commit; a status is nothing that a fork can write. So nobody's
 * gifts pass beside a change of what checks them, whatever the checks of the commit say.
 */
const MIXED_APPROVALS: ApprovalState = {
  state: "pending",
  description: "it holds what other people review: open a pull request for each",
  asked: 0,
  missing: [],
};

type Gathered = Partial<GatheredCard["facts"]>;

interface GatheredHead {
  readonly facts: Gathered;
  readonly gathered: GatheredCard | null;
  readonly problem: CardFacts["problem"];
  readonly isConflicted: boolean;
}

/** A merged one as it was merged; another one as main would be with it. */
async function gatherPull(
  args: Arguments,
  io: Io,
  { bases }: Desk,
  pull: PullRequest,
  base: string,
): Promise<GatheredHead> {
  return pull.mergeCommit === null
    ? gatherHead(args, io, bases, base, pull.headSha)
    : gatherOrProblem(args, io, bases, (await commitOf(io.root, base)) ?? base, pull.mergeCommit, false);
}

async function gatherHead(
  args: Arguments,
  io: Io,
  bases: Bases,
  base: string,
  head: string,
): Promise<GatheredHead> {
  const sides = await asMerged(io.root, base, head);
  return gatherOrProblem(args, io, bases, sides.base, sides.after, sides.isConflicted);
}

/** What the world does to us is told on the card, and nothing of the change is taken for right meanwhile. */
async function gatherOrProblem(
  args: Arguments,
  io: Io,
  bases: Bases,
  base: string,
  after: string,
  isConflicted: boolean,
): Promise<GatheredHead> {
  try {
    const checkout = await checkOutData(io.root, after);
    try {
      const { root: folder } = checkout;
      const sides = { base, after, folder, tree: workTree(folder) };
      const gathered = await gatherCard(args, io, sides, environmentOf(args), bases);
      return { facts: gathered.facts, gathered, problem: null, isConflicted };
    } finally {
      await checkout.remove();
    }
  } catch (error) {
    if (!(error instanceof GiftError)) throw error;
    const nothing = { gathered: null, isConflicted };
    if (error.code !== "COMMIT_UNSAFE") return { ...nothing, facts: {}, problem: toProblem(error) };
    // Who wrote such a path mends it.
    const { message, fix } = error;
    const place = { file: "gifts", line: 1, column: 1 };
    return {
      ...nothing,
      facts: { findings: [{ code: "FILE_NAME", severity: "error", place, message, fix }] },
      problem: null,
    };
  }
}

/** By the policy of main. Teams are only asked for when somebody of them is needed. */
async function askApprovals(
  { github, teamGitHub, teams }: Desk,
  { number, state, headSha, author }: PullRequest,
  { gathered }: GatheredHead,
): Promise<ApprovalState | null> {
  if (!gathered || state !== "open") return null;
  if (gathered.facts.findings.some((it) => it.code === "MIXED_CHANGE")) return MIXED_APPROVALS;
  const policy = gathered.base.policy?.value.approvals;
  const { asked } = gathered;
  const needed = [...approversOf(policy, asked).keys()];
  const reviews = needed.length > 0 ? await readReviews(github, number) : [];
  for (const team of needed) if (!teams.has(team)) teams.set(team, await readTeam(teamGitHub, team));
  return decideApprovals({ policy, asked, headSha, author, reviews, teams });
}

/** What would keep the merge from being published: GitHub makes its message of these. */
async function findSkips(io: Io, pull: PullRequest, base: string): Promise<CardFacts["skipWords"]> {
  if (pull.state !== "open") return [];
  const log = await git(io.root, ["log", "-z", "--format=%B", `${base}..${pull.headSha}`]);
  return findSkipWords(pull.title, pull.body, log.split("\0"));
}

async function mergedAt(io: Io, { mergeCommit }: PullRequest) {
  if (mergeCommit === null) return null;
  const seconds = Number(await git(io.root, ["show", "--no-patch", "--format=%ct", mergeCommit]));
  const at = new Date(seconds * 1000).toISOString().replace(/T(\d\d:\d\d):.*$/, " $1 UTC");
  return { at, commit: mergeCommit };
}

/** Prints what was asked for; true when nothing more is wanted. */
function show(args: Arguments, io: Io, card: PullRequestCard): boolean {
  const body = cardToMarkdown(card);
  const isDry = args.flag("dry-run") || card.pullRequest === null;
  if (args.flag("json")) io.line(JSON.stringify(card));
  else if (args.flag("markdown") || isDry) io.line(body.trimEnd());
  io.summary(body);
  return isDry;
}

function sayMoved(io: Io, { number, headSha }: PullRequest): Refreshed {
  io.line(
    `#${number} is no longer at ${headSha.slice(0, 10)}: nothing is said of it, and the newer head has its own run`,
  );
  return { exit: EXIT.ok };
}

/** Null without one, and for whatever is not one. It is never opened beyond its size. */
async function readReport(args: Arguments, io: Io): Promise<CheckArtifact | null> {
  const file = args.text("report");
  if (file === undefined || file === "") return null;
  let bytes: Uint8Array;
  try {
    const handle = await open(resolve(io.root, file), constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { size } = await handle.stat();
      bytes = size > MAX_REPORT_BYTES ? new Uint8Array() : await handle.readFile();
    } finally {
      await handle.close();
    }
  } catch {
    bytes = new Uint8Array();
  }
  const report = parseReport(bytes);
  if (!report) io.line("the report of the pull request's own run cannot be read, and is left out");
  return report;
}

function environmentOf(args: Arguments): string {
  return args.text("env") ?? "production";
}

const NOTHING: CardFacts = {
  kind: "none",
  pullRequest: null,
  place: null,
  environment: "production",
  files: 0,
  gifts: [],
  findings: [],
  problem: null,
  compared: { kind: "nothing" },
  unread: null,
  viewers: [],
  stops: [],
  kept: {},
  overrides: [],
  compat: [],
  costs: [],
  unbuilt: [],
  waysBack: [],
  previews: [],
  smokes: [],
  stories: [],
  unjudged: [],
  approvals: null,
  skipWords: [],
  missingReleases: [],
  ownRun: null,
  people: {},
};
