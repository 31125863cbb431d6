import { type GitHub, requireGitHub } from "../../github/openGitHub.ts";
import { publishCheck } from "../../github/publishCheck.ts";
import { findPullRequestOfRun, type PullRequest, readPullRequest } from "../../github/pullRequest.ts";
import { toGateReport } from "../../github/gateReport.ts";
import { GiftError } from "../../report/error.ts";
import { checkOutData } from "../../source/checkOutData.ts";
import { workTree } from "../../source/tree.ts";
import { listOpenPulls } from "../card/listOpenPulls.ts";
import { type Arguments, EXIT, type Exit, type Io, parseWholeNumber } from "../command.ts";
import { asMerged, fetchHead, fetchQueued, isQueued, MAIN, mainCommit, readRunHead } from "../pulls/heads.ts";
import { judgeChange, type JudgedChange } from "./judgeChange.ts";

/** Whether the gate is asked about pull requests, and not about a release or the work tree. */
export function isAboutPulls(args: Arguments): boolean {
  return args.flag("all") || args.text("pull") !== undefined || args.text("head-sha") !== undefined;
}

/**
 * Says by the check `giftwrap gate` whether what a pull request opens further is proven, by the gate and the numbers of main: one pull request,
 * every open one, or the commit of a merge queue. What is said already is not written again. Ends with 0 also where the gate says no: the
 * check says it, and the job that asked did what it is for.
 * @throws GiftError of GitHub, git and the environment
 */
export async function gatePulls(args: Arguments, io: Io): Promise<Exit> {
  const github = await requireGitHub(io.variables);
  if (args.flag("all")) return gateAll(args, io, github);
  const pull = args.text("pull");
  if (pull !== undefined)
    return gatePull(args, io, github, await readPullRequest(github, parseWholeNumber("pull", pull, 0)));

  const head = readRunHead(args);
  const { headBranch, headSha } = head;
  if (isQueued(github, head)) return gateQueued(args, io, github, headBranch, headSha);
  const number = await findPullRequestOfRun(github, head);
  if (number === null) {
    io.line(`no open pull request has ${headSha.slice(0, 10)} as its head: nothing is judged`);
    return EXIT.ok;
  }
  return gatePull(args, io, github, await readPullRequest(github, number));
}

/** The one that was touched longest ago first. What fails for one is said, and holds up no other. */
async function gateAll(args: Arguments, io: Io, github: GitHub): Promise<Exit> {
  let worst: Exit = EXIT.ok;
  for (const pull of await listOpenPulls(github, MAIN)) {
    try {
      await gatePull(args, io, github, pull);
    } catch (error) {
      if (!(error instanceof GiftError)) throw error;
      io.line(`#${pull.number}: ${error.message} [${error.code}]; fix: ${error.fix}`);
      worst = EXIT.failure;
      if (error.code === "GITHUB_LIMITED") break;
    }
  }
  return worst;
}

async function gatePull(args: Arguments, io: Io, github: GitHub, pull: PullRequest): Promise<Exit> {
  const { number, headSha } = pull;
  if (pull.state !== "open" || pull.baseRef !== MAIN) {
    io.line(`#${number} is not open towards ${MAIN}: nothing is judged`);
    return EXIT.ok;
  }
  if (!(await fetchHead(io, pull))) {
    io.line(`#${number} is no longer at ${headSha.slice(0, 10)}: the newer head has its own run`);
    return EXIT.ok;
  }
  return sayVerdict(args, io, github, `#${number}`, headSha);
}

async function gateQueued(
  args: Arguments,
  io: Io,
  github: GitHub,
  branch: string,
  headSha: string,
): Promise<Exit> {
  if (await fetchQueued(io, branch, headSha)) return sayVerdict(args, io, github, branch, headSha);
  io.line(`${branch} is elsewhere by now: nothing is judged`);
  return EXIT.ok;
}

async function sayVerdict(
  args: Arguments,
  io: Io,
  github: GitHub,
  name: string,
  headSha: string,
): Promise<Exit> {
  const report = toGateReport(await judgeHead(args, io, headSha), headSha);
  io.summary(`### ${report.title}\n\n${report.summary}\n`);
  if (args.flag("markdown") || args.flag("dry-run")) io.line(report.summary);
  const isSaid = args.flag("dry-run") ? false : !(await publishCheck(github, report)).isChanged;
  io.line(`${name}: ${report.title}${isSaid ? ", as it stands already" : ""}`);
  return EXIT.ok;
}

/** As main would be with the head, by the plans, the metrics and the waivers of main. */
async function judgeHead(args: Arguments, io: Io, headSha: string): Promise<JudgedChange> {
  const { base, after } = await asMerged(io.root, await mainCommit(io), headSha);
  const checkout = await checkOutData(io.root, after);
  try {
    return await judgeChange(args, io, { base, after, tree: workTree(checkout.root) });
  } finally {
    await checkout.remove();
  }
}
