import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PROMOTION_LABEL } from "../github/labels.ts";
import { requireGitHub } from "../github/openGitHub.ts";
import { escapeCell } from "../report/github.ts";
import { promotionBranch, raiseBranch } from "../rollout/proposalBranches.ts";
import { type ReleaseName, readPinned } from "../rollout/readPinned.ts";
import { bringMain } from "./moves/bringMain.ts";
import { checkStep } from "./moves/checkStep.ts";
import { proposeEdit, readOnMain } from "./moves/proposeEdit.ts";
import { releasePath } from "../model/paths.ts";
import { releaseKey } from "../model/project.ts";
import { GiftError, UsageError } from "../report/error.ts";
import type { Finding } from "../report/finding.ts";
import { findingsToText, toOneLine } from "../report/text.ts";
import { planPromotion, type Promotion, type Target } from "../rollout/planPromotion.ts";
import { commitOf } from "../source/git.ts";
import { workTree } from "../source/tree.ts";
import {
  accountOf,
  type Arguments,
  type Command,
  ENVIRONMENT_OPTION,
  EXIT,
  type Exit,
  type Io,
  JSON_OPTION,
} from "./command.ts";
import { commitFile, refuseOtherChanges } from "./commitFile.ts";
import { readReleaseWord } from "./releaseWord.ts";
import { explainPlan } from "./rollback.ts";
import { validate } from "./validate.ts";

const STAGES = ["canary", "regional", "full"] as const;

export const command: Command = {
  summary: "open a release's next stage, or raise a percentage of it, by one value in its file",
  usage: "GIFT@VERSION --to canary|regional|full | --percent REGION=NUMBER | --holdback NUMBER",
  example: "giftwrap promote rose@1.1.0 --to full --commit",
  options: {
    to: { type: "string", value: "STAGE", help: "the stage to open: canary, regional or full" },
    percent: {
      type: "string",
      value: "REGION=NUMBER",
      help: "a region's percentage to raise, such as SG=20; canary=2 for that of the canary",
    },
    holdback: { type: "string", value: "NUMBER", help: "the holdback's percentage to lower, such as 0" },
    commit: { type: "boolean", help: "commit the change, and nothing else" },
    "pull-request": { type: "boolean", help: "propose it on main as GitHub has it, in a pull request" },
    reason: { type: "string", value: "TEXT", help: "why, for the pull request" },
    branch: {
      type: "string",
      value: "NAME",
      help: "the branch that the pull request goes to (default: main)",
    },
    env: ENVIRONMENT_OPTION,
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const { gift, version } = readReleaseWord(args.words, "promote rose@1.1.0 --to regional");
    const target = readTarget(args);
    if (args.flag("pull-request")) return propose(args, io, { gift, version }, target);
    const path = releasePath(gift, version);
    const before = await readText(io, gift, version);
    const planned = planPromotion(gift, version, before, target);
    if (planned.kind === "refused") throw new UsageError(planned.why);
    if (args.flag("commit")) await refuseOtherChanges(io.root, path);

    await writeFile(join(io.root, path), planned.text);
    const refused = await findRefusals(io, gift);
    if (refused.length > 0) {
      await writeFile(join(io.root, path), before);
      if (args.flag("json")) io.line(JSON.stringify({ gift, version, refused }));
      else for (const line of refusalToLines(gift, version, planned, refused)) io.line(line);
      return EXIT.findings;
    }
    const message = `Promote ${gift} ${version}: ${planned.what}`;
    const commit = args.flag("commit") ? await commitFile(io.root, path, message) : null;
    if (args.flag("json")) {
      io.line(JSON.stringify({ gift, version, path, what: planned.what, line: planned.line, commit }));
      return EXIT.ok;
    }
    for (const line of promotionToLines(gift, version, planned)) io.line(line);
    io.line("");
    for (const line of await explainPlan(io, args.text("env") ?? "production")) io.line(line);
    io.line(
      commit === null
        ? `nothing is committed: commit ${path}, or run it again with --commit`
        : `committed as ${commit.slice(0, 10)}: open a pull request`,
    );
    io.line(`it is merged only while npx giftwrap gate ${gift}@${version} says pass`);
    return EXIT.ok;
  },
};

/** The form *Promote a release*: the same pull request that is opened when the gate passes, at a person's word. */
async function propose(args: Arguments, io: Io, release: ReleaseName, target: Target): Promise<Exit> {
  const { gift, version } = release;
  const reason = toOneLine(args.text("reason") ?? "");
  if (!reason) throw new UsageError('say why, such as: --reason "The test group likes it"');
  const github = await requireGitHub(io.variables);
  const base = args.text("branch") ?? "main";
  const tip = await bringMain(io, github, base);
  const planned = planPromotion(gift, version, await readOnMain(io, tip, release), target);
  if (planned.kind === "refused") throw new UsageError(planned.why);
  const { path, text, what } = planned;
  const refused = await checkStep(io, { tip, path, text });
  if (refused.length > 0) {
    if (args.flag("json")) io.line(JSON.stringify({ gift, version, refused }));
    else for (const line of refusalToLines(gift, version, planned, refused)) io.line(line);
    io.annotate(refused);
    return EXIT.findings;
  }
  const pinned = (await readPinned(io.root, tip, [release])).get(releaseKey(gift, version));
  const opened = await proposeEdit(io, github, {
    release,
    branch: toBranch(release, target),
    base,
    tip,
    text,
    title: `Promote ${gift} ${version}: ${what}`,
    reason,
    body: `**Why:** ${escapeCell(reason)}\n\nAsked for by hand (${escapeCell(accountOf(io))}). It is merged only while the gate passes, and once those whom the policy names have approved.\n`,
    label: PROMOTION_LABEL,
    ...(pinned && { opening: pinned.commit }),
  });
  if (args.flag("json"))
    io.line(JSON.stringify({ gift, version, what, pull: opened.number, url: opened.url }));
  else io.line(opened.said);
  io.summary(`### 📈 ${escapeCell(opened.said)}\n`);
  return EXIT.ok;
}

/** A stage has the branch on which it would be opened by itself, too; a percentage has its own. */
function toBranch({ gift, version }: ReleaseName, target: Target): string {
  switch (target.kind) {
    case "stage":
      return promotionBranch({ gift, version, step: target.stage });
    case "region":
      return raiseBranch(gift, version, target.region);
    case "holdback":
      if (target.percent === 0) return promotionBranch({ gift, version, step: "holdback" });
      return raiseBranch(gift, version, "holdback");
    case "canary":
      return raiseBranch(gift, version, "canary");
  }
}

function readTarget(args: Arguments): Target {
  const [stage, share, holdback] = [args.text("to"), args.text("percent"), args.text("holdback")];
  if ([stage, share, holdback].filter((it) => it !== undefined).length !== 1)
    throw new UsageError(
      "say one of --to STAGE, --percent REGION=NUMBER and --holdback NUMBER: one step at a time",
    );
  if (stage !== undefined) {
    const known = STAGES.find((it) => it === stage);
    if (!known) throw new UsageError(`--to ${stage}: write ${STAGES.join(", ")}`);
    return { kind: "stage", stage: known };
  }
  if (holdback !== undefined) return { kind: "holdback", percent: readPercent("holdback", holdback) };
  const [, name = "", percent = ""] = /^([A-Z]{2}|canary)=(.+)$/.exec(share ?? "") ?? [];
  if (name === "") throw new UsageError(`--percent ${share}: write it as SG=20 or canary=2`);
  return name === "canary"
    ? { kind: "canary", percent: readPercent("percent", percent) }
    : { kind: "region", region: name, percent: readPercent("percent", percent) };
}

function readPercent(option: string, text: string): number {
  const percent = /^\d{1,3}(?:\.\d{1,2})?$/.test(text) ? Number(text) : Number.NaN;
  if (percent >= 0 && percent <= 100) return percent;
  throw new UsageError(`--${option} ${text}: write a number from 0 to 100, with at most two decimals`);
}

async function readText(io: Io, gift: string, version: string): Promise<string> {
  const path = releasePath(gift, version);
  const bytes = (await workTree(io.root).read([path])).get(path);
  if (!bytes) throw new UsageError(`there is no ${path} in this work tree`);
  return new TextDecoder().decode(bytes);
}

/** What the rules say of this step, as the work tree now has it beside the last commit. */
async function findRefusals(io: Io, gift: string): Promise<readonly Finding[]> {
  if ((await commitOf(io.root, "HEAD")) === null)
    throw new GiftError(
      "BASE_MISSING",
      "there is no commit yet",
      "commit the release first, then promote it",
    );
  const { findings } = await validate(io, "HEAD");
  return findings.filter((it) => it.severity === "error" && (it.gift === undefined || it.gift === gift));
}

function promotionToLines(gift: string, version: string, { what, path, line }: Promotion): readonly string[] {
  return [
    `${releaseKey(gift, version)}: ${what}`,
    path,
    `${line.number} - ${line.before}`,
    `${line.number} + ${line.after}`,
  ];
}

function refusalToLines(
  gift: string,
  version: string,
  { what }: Promotion,
  refused: readonly Finding[],
): readonly string[] {
  return [
    findingsToText(refused).trimEnd(),
    "",
    `${releaseKey(gift, version)} stays as it is: the rules refuse "${what}"`,
  ];
}
