import {
  isTheirs,
  keepProposal,
  describeProposal,
  findPast,
  listProposals,
  type OpenProposal,
} from "../github/keepProposal.ts";
import { PROMOTION_LABEL } from "../github/labels.ts";
import { type GitHub, requireGitHub } from "../github/openGitHub.ts";
import {
  type OpenPromotion,
  planPromotions,
  type PromotionAct,
  wantedPromotion,
} from "../github/planPromotions.ts";
import { promotionBody } from "../github/promotionBody.ts";
import { wasAnswered } from "../github/proposalNotes.ts";
import { closePullRequest } from "../github/pullRequests.ts";
import { upsertComment } from "../github/upsertComment.ts";
import { releaseKey } from "../model/project.ts";
import { explainError, GiftError } from "../report/error.ts";
import { escapeCell, toMarkdownTable } from "../report/github.ts";
import { count } from "../report/text.ts";
import type { Proposal } from "../rollout/planWatch.ts";
import { parsePromotionBranch } from "../rollout/proposalBranches.ts";
import { toOpeningLine } from "../source/proposeCommit.ts";
import { type Command, EDGE_OPTION, EXIT, type Io, JSON_OPTION } from "./command.ts";
import { judgeTrials, type JudgedTrial } from "./gate/judgeTrials.ts";
import { bringMain } from "./moves/bringMain.ts";
import { openWatch, releasesOnTrial, threadsOf } from "./watch/openWatch.ts";

/** Marks the one comment that says whose a pull request is now. */
const THEIRS_MARKER = "giftwrap:theirs";

export const command: Command = {
  summary: "keep one pull request for each release that may go one stage further; for cron",
  usage: "[--env NAME] [--dry-run]",
  example: "giftwrap promotions --dry-run",
  options: {
    env: { type: "string", value: "NAME", help: "the environment (default: the gate's, else production)" },
    "dry-run": { type: "boolean", help: "say what would be done, and do nothing" },
    branch: { type: "string", value: "NAME", help: "the branch that pull requests go to (default: main)" },
    edge: EDGE_OPTION,
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const github = await requireGitHub(io.variables);
    const base = args.text("branch") ?? "main";
    const tip = await bringMain(io, github, base);
    const { bench, gate } = await openWatch(args, io, tip);
    const open = await readOpen(github);
    const judged = new Map(
      await judgeTrials(bench, releasesOnTrial(bench), {
        isShown: false,
        openThreads: threadsOf(bench, args, io),
      }),
    );
    // What people will read of a release is judged again whole.
    const shown = [...judged.values()].flatMap((it) =>
      "verdict" in it && isShown(it, open) ? [it.verdict] : [],
    );
    if (shown.length > 0) for (const [name, it] of await judgeTrials(bench, shown)) judged.set(name, it);
    const trials = [...judged.values()].flatMap((it) => ("verdict" in it ? [it] : []));

    const onPass = gate.onPass ?? "report";
    const refused = onPass === "propose" ? await readRefused(github, trials, open) : new Set<string>();
    const acts = planPromotions({
      trials,
      releases: new Map([...bench.project.releases].map(([name, { value }]) => [name, value])),
      open: open.map((it) => it.promotion),
      onPass,
      wasRefused: (branch) => refused.has(branch),
    });
    const isDry = args.flag("dry-run");
    const done: Done[] = [];
    for (const act of acts)
      done.push(isDry ? toIntention(act) : await carryOut(act, { github, io, base, tip, open }));

    if (args.flag("json")) io.line(JSON.stringify({ commit: tip, promotions: done }));
    else for (const line of toLines(trials.length, open.length, done)) io.line(line);
    io.summary(toSummary(done));
    return done.some((it) => it.problem !== null) ? EXIT.failure : EXIT.ok;
  },
};

interface Open {
  readonly promotion: OpenPromotion;
  readonly proposal: OpenProposal;
}

async function readOpen(github: GitHub): Promise<readonly Open[]> {
  const open: Open[] = [];
  for (const proposal of await listProposals(github, "giftwrap/promote-")) {
    const name = parsePromotionBranch(proposal.branch);
    if (!name) continue;
    const { number, branch, notes } = proposal;
    open.push({
      proposal,
      promotion: { ...name, number, branch, notes, isTheirs: await isTheirs(github, proposal) },
    });
  }
  return open;
}

function isShown(trial: JudgedTrial, open: readonly Open[]): boolean {
  const { gift, version } = trial.verdict;
  return (
    wantedPromotion(trial).proposal !== null ||
    open.some(({ promotion: it }) => it.gift === gift && it.version === version)
  );
}

/** The branches of promotions that people have decided about since the stage was opened. */
async function readRefused(
  github: GitHub,
  trials: readonly JudgedTrial[],
  open: readonly Open[],
): Promise<ReadonlySet<string>> {
  const refused = new Set<string>();
  for (const trial of trials) {
    const { proposal } = wantedPromotion(trial);
    if (!proposal || open.some((it) => it.promotion.branch === proposal.branch)) continue;
    const past = await findPast(github, proposal.branch);
    if (past && wasAnswered(past, proposal.opening)) refused.add(proposal.branch);
  }
  return refused;
}

type Act = PromotionAct<JudgedTrial>;

/** What became of one act, in words. */
interface Done {
  readonly release: string;
  readonly kind: Act["kind"];
  readonly said: string;
  readonly problem: string | null;
}

interface Ports {
  readonly github: GitHub;
  readonly io: Io;
  readonly base: string;
  readonly tip: string;
  readonly open: readonly Open[];
}

function toIntention(act: Act): Done {
  const said: Record<Act["kind"], () => string> = {
    open: () => `would open "${titleOf(act)}"`,
    refresh: () => `would make ${pullOf(act)} anew on main`,
    describe: () => `would keep ${pullOf(act)} as it is, with today's numbers`,
    close: () => `would close ${pullOf(act)}: ${whyOf(act)}`,
    leave: () => `${act.kind === "leave" && act.pull ? `${pullOf(act)}: ` : ""}${whyOf(act)}`,
  };
  return { release: releaseOf(act), kind: act.kind, said: said[act.kind](), problem: null };
}

/** What fails for one release is told, and the next one is not held up. */
async function carryOut(act: Act, ports: Ports): Promise<Done> {
  const done = { release: releaseOf(act), kind: act.kind };
  try {
    return { ...done, said: await apply(act, ports), problem: null };
  } catch (error) {
    if (!(error instanceof GiftError)) throw error;
    return { ...done, said: "", problem: `${explainError(error)}; ${error.fix}` };
  }
}

async function apply(act: Act, { github, base, tip, open }: Ports): Promise<string> {
  switch (act.kind) {
    case "open":
    case "refresh": {
      const { trial, proposal } = act;
      const before = act.kind === "refresh" ? find(open, act.pull) : null;
      // Of what a person asked for, the words are theirs.
      const asked = before?.notes.isAskedFor ? before : null;
      const kept = await keepProposal(github, {
        branch: proposal.branch,
        base,
        tip,
        files: [{ path: proposal.path, text: proposal.text }],
        onMain: [{ path: proposal.path, text: trial.text }],
        message: toMessage(proposal, trial),
        title: asked?.title ?? proposal.title,
        body: asked?.body ?? promotionBody(trial.story),
        labels: [PROMOTION_LABEL],
        opening: proposal.opening,
        isAskedFor: asked !== null,
        mayReopen: (past) => !wasAnswered(past, proposal.opening),
      });
      if (kept.kind === "past") return `decided by a person already: ${kept.past.url}`;
      if (kept.kind === "theirs") return `somebody else has it: ${kept.url}`;
      return `${kept.kind} "${proposal.title}": ${kept.url}`;
    }
    case "describe": {
      const it = find(open, act.pull);
      const isChanged = await describeProposal(github, it, {
        title: act.proposal.title,
        body: promotionBody(act.trial.story),
        labels: [PROMOTION_LABEL],
        notes: { ...it.notes, opening: act.proposal.opening, isClosedByItself: false },
      });
      return `${isChanged ? "described anew" : "current"}: ${it.url}`;
    }
    case "close": {
      const it = find(open, act.pull);
      // Noted first: should this end half-way, the next run finds it open and closes it.
      await describeProposal(github, it, {
        title: it.title,
        body: it.body,
        labels: [],
        notes: { ...it.notes, isClosedByItself: true },
      });
      await closePullRequest(github, it.number, closingWords(act.why));
      return `closed ${it.url}: ${act.why}`;
    }
    case "leave": {
      if (!act.pull) return act.why;
      if (act.isTheirs) await upsertComment(github, act.pull.number, THEIRS_MARKER, THEIRS_WORDS);
      return `left ${find(open, act.pull).url} alone: ${act.why}`;
    }
  }
}

const THEIRS_WORDS =
  "Somebody pushed to this branch, so this pull request is theirs now: giftwrap neither changes nor closes it any more. Its checks and approvals go on as for any other.\n";

/** What the last comment of a pull request says. @param why without its end */
export function closingWords(why: string): string {
  return `Closed by itself: ${escapeCell(why)}.\n\nWhen that has changed and the gate passes, giftwrap opens it again.\n`;
}

function find(open: readonly Open[], pull: OpenPromotion): OpenProposal {
  const found = open.find((it) => it.promotion.number === pull.number);
  if (!found) throw new TypeError("what is planned for was read");
  return found.proposal;
}

function toMessage({ title, opening }: Proposal, { story, verdict }: JudgedTrial): string {
  const { gift, version } = verdict;
  return `${title}\n\n${story.why}\n\nGift: ${gift}\nRelease: ${version}\n${toOpeningLine(opening)}\n`;
}

function releaseOf(act: Act): string {
  const about = "pull" in act && act.pull ? act.pull : "trial" in act ? act.trial?.verdict : undefined;
  return about ? releaseKey(about.gift, about.version) : "";
}

function titleOf(act: Act): string {
  return "proposal" in act ? act.proposal.title : "";
}

function pullOf(act: Act): string {
  return "pull" in act && act.pull ? `#${act.pull.number}` : "";
}

function whyOf(act: Act): string {
  return "why" in act ? act.why : "";
}

function toLines(trials: number, open: number, done: readonly Done[]): readonly string[] {
  return [
    `${count(trials, "release")} on trial, ${count(open, "promotion")} open`,
    ...done.map(({ release, said, problem }) =>
      problem === null ? `${release}: ${said}` : `${release}: FAILED: ${problem}`,
    ),
  ];
}

function toSummary(done: readonly Done[]): string {
  if (done.length === 0) return "No release may go further now, and no promotion is open.\n";
  return toMarkdownTable(
    ["release", "promotion"],
    done.map((it) => [
      escapeCell(it.release),
      escapeCell(it.problem === null ? it.said : `FAILED: ${it.problem}`),
    ]),
  );
}
