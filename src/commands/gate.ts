import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { record, toRecordedText } from "../metrics/recordedFile.ts";
import { newestQuery, trialQueries } from "../metrics/readTrial.ts";
import { releaseKey } from "../model/project.ts";
import { UsageError } from "../report/error.ts";
import type { Finding } from "../report/finding.ts";
import { findingsToText } from "../report/text.ts";
import { differenceOverTime } from "../rollout/gate/differenceOverTime.ts";
import type { VerdictStory } from "../rollout/verdict/story.ts";
import { drawVerdict } from "../rollout/verdict/pictures.ts";
import { verdictToJson } from "../rollout/verdict/verdictJson.ts";
import { verdictToMarkdown } from "../rollout/verdict/verdictMarkdown.ts";
import { verdictToText } from "../rollout/verdict/verdictText.ts";
import { gatedIn } from "../rules/checkGate.ts";
import { commitOf, pathsChangedSince, untrackedPaths } from "../source/git.ts";
import { giftOfPath } from "../model/paths.ts";
import { readProject } from "../source/readProject.ts";
import { revisionTree, workTree } from "../source/tree.ts";
import {
  type Arguments,
  type Command,
  ENVIRONMENT_OPTION,
  EXIT,
  type Exit,
  type Io,
  JSON_OPTION,
} from "./command.ts";
import { forkPoint } from "./forkPoint.ts";
import { gatePulls, isAboutPulls } from "./gate/gatePulls.ts";
import { judgeGated } from "./gate/judgeChange.ts";
import { type Bench, judgeTrials, type JudgedTrial, type NotJudged } from "./gate/judgeTrials.ts";
import { AT_OPTION, openBench, RECORDED_OPTION } from "./gate/openBench.ts";
import { gatherChange } from "./gatherChange.ts";
import { RUN_HEAD_OPTIONS } from "./pulls/heads.ts";
import { requireBase } from "./gatherFacts.ts";
import { readReleaseWord } from "./releaseWord.ts";

/** Looks at which a picture shows the difference. */
const POINTS = 24;

export const command: Command = {
  summary: "say whether a release may go further, from what its viewers' apps told: pass, hold or fail",
  usage: "GIFT@VERSION | --base REVISION | --pull NUMBER | --all",
  example: "giftwrap gate rose@1.1.0 --pictures out",
  options: {
    base: {
      type: "string",
      value: "REVISION",
      help: "judge every promotion that the work tree holds against this revision; ends with 0 only if all pass",
    },
    pull: {
      type: "string",
      value: "NUMBER",
      help: "a pull request on GitHub, which gets the check giftwrap gate",
    },
    ...RUN_HEAD_OPTIONS,
    all: { type: "boolean", help: "every open pull request" },
    "dry-run": { type: "boolean", help: "with a pull request: print what the check would say" },
    env: ENVIRONMENT_OPTION,
    at: AT_OPTION,
    recorded: RECORDED_OPTION,
    record: { type: "string", value: "FILE", help: "write what was read into a file, for --recorded" },
    pictures: { type: "string", value: "FOLDER", help: "draw the verdict as SVG and PNG, light and dark" },
    markdown: { type: "boolean", help: "print it for a pull request" },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    if (isAboutPulls(args)) return gatePulls(args, io);
    const base = args.text("base");
    return base === undefined ? gateRelease(args, io) : gateChange(args, io, base);
  },
};

/** Ends with 0 for pass, 1 for hold and fail. */
async function gateRelease(args: Arguments, io: Io): Promise<Exit> {
  const name = readReleaseWord(args.words, "gate rose@1.1.0");
  const bench = await openRevision(args, io, "HEAD", new Set([name.gift]));
  const judged = (await judgeTrials(bench, [name])).get(releaseKey(name.gift, name.version));
  if (!judged) throw new TypeError("every release that is asked for is answered");
  if (!("verdict" in judged)) throw new UsageError(`${judged.why}: ${judged.next}`);
  const file = args.text("record");
  if (file !== undefined && bench.source) {
    const now = Math.floor(bench.now / 1000);
    const newestOf = newestQuery(judged.plan, now);
    const queries = trialQueries(judged.plan, now);
    const recorded = await record(bench.source, queries, newestOf ? [newestOf] : []);
    await writeFile(resolve(io.root, file), toRecordedText(recorded));
  }
  const folder = args.text("pictures");
  const drawn = folder === undefined ? [] : await draw(judged, resolve(io.root, folder));
  if (args.flag("json")) io.line(verdictToJson(judged.verdict, judged.story));
  else if (args.flag("markdown")) {
    const pictures = drawn.map((it) => ({
      ...it,
      light: `${folder}/${it.light}`,
      dark: `${folder}/${it.dark}`,
    }));
    io.line(verdictToMarkdown(judged.story, { pictures }).trimEnd());
  } else {
    io.line(verdictToText(judged.story).trimEnd());
    for (const { light, dark } of drawn) io.progress(`drawn: ${folder}/${light} and ${dark}`);
  }
  return judged.verdict.kind === "pass" ? EXIT.ok : EXIT.findings;
}

/** Each promotion of the change is judged by the plans, the environment and the waivers of the base: it cannot bring its own. */
async function gateChange(args: Arguments, io: Io, asked: string): Promise<Exit> {
  if (args.words.length > 0) throw new UsageError("name a release or say --base, not both");
  const base = await requireBase(io.root, asked);
  const { judged, stories, findings } = await judgeGated(args, io, base, await gatedSince(io, asked));
  if (args.flag("json")) {
    const verdicts = [...judged].map(([key, it]) => ({ release: key, ...toJson(it) }));
    io.line(JSON.stringify({ verdicts, findings }));
  } else for (const line of changeToLines(stories, findings, args.flag("markdown"))) io.line(line);
  return findings.some((it) => it.severity === "error") ? EXIT.findings : EXIT.ok;
}

/** Each verdict, then what stands against the change as findings, for a terminal or a pull request. */
function changeToLines(
  stories: readonly VerdictStory[],
  findings: readonly Finding[],
  isMarkdown: boolean,
): readonly string[] {
  const told = findings.length > 0 ? [findingsToText(findings).trimEnd()] : [];
  const isUngated = stories.length === 0 && findings.length === 0;
  return [
    ...stories.map((it) => `${(isMarkdown ? verdictToMarkdown(it) : verdictToText(it)).trimEnd()}\n`),
    ...(isMarkdown ? told.map((text) => `\`\`\`\n${text}\n\`\`\``) : told),
    ...(isUngated ? ["nothing in this change has to pass the gate: no release reaches more viewers"] : []),
  ];
}

function toJson(judged: JudgedTrial | NotJudged): object {
  return "verdict" in judged
    ? JSON.parse(verdictToJson(judged.verdict, judged.story))
    : { kind: "hold", ...judged };
}

async function gatedSince(io: Io, asked: string) {
  const fork = await forkPoint(io.root, asked);
  const [changed, untracked] = await Promise.all([pathsChangedSince(io.root, fork), untrackedPaths(io.root)]);
  const paths = [...new Set([...changed, ...untracked])].sort();
  const gifts = new Set(paths.flatMap((path) => giftOfPath(path) ?? []));
  const tree = workTree(io.root);
  const { project } = await readProject(tree, { gifts, others: [] });
  return gatedIn((await gatherChange(io.root, fork, tree, project, paths)).change);
}

async function openRevision(
  args: Arguments,
  io: Io,
  revision: string,
  gifts: ReadonlySet<string>,
): Promise<Bench> {
  const commit = await commitOf(io.root, revision);
  if (commit === null) throw new UsageError("there is no commit yet: commit the release first");
  const { project } = await readProject(revisionTree(io.root, commit), { gifts, others: [] });
  return openBench(args, io, commit, project);
}

interface Drawn {
  readonly alt: string;
  readonly light: string;
  readonly dark: string;
}

/** Writes each picture as SVG and PNG, light and dark, and gives the names of the PNG files. */
async function draw({ plan, counts, verdict }: JudgedTrial, folder: string): Promise<readonly Drawn[]> {
  if (!counts) throw new TypeError("what is drawn was judged to be shown");
  const { drawPng } = await import("../rollout/drawPng.ts");
  await mkdir(folder, { recursive: true });
  const differences = verdict.metrics.map((it) => differenceOverTime(plan, counts, it.name, POINTS));
  const drawn: Drawn[] = [];
  for (const { name, alt, ...svg } of drawVerdict(verdict, plan, differences)) {
    for (const theme of ["light", "dark"] as const) {
      await writeFile(join(folder, `${name}.${theme}.svg`), svg[theme]);
      await writeFile(join(folder, `${name}.${theme}.png`), await drawPng(svg[theme]));
    }
    drawn.push({ alt, light: `${name}.light.png`, dark: `${name}.dark.png` });
  }
  return drawn;
}
