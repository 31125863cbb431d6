import { type GitHub, readGitHubAccess, requireGitHub } from "../github/openGitHub.ts";
import {
  type Drift,
  hasDrift,
  OPERATIONS_LABEL,
  OPERATIONS_MARKER,
  OPERATIONS_TITLE,
  operationsToMarkdown,
} from "../github/operationsIssue.ts";
import { upsertIssue } from "../github/upsertIssue.ts";
import { isRecord } from "../wire/isRecord.ts";
import { POLICY_PATH } from "../model/paths.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { commitOf } from "../source/git.ts";
import { parseFile, readProject } from "../source/readProject.ts";
import { revisionTree } from "../source/tree.ts";
import {
  type Arguments,
  type Command,
  EDGE_OPTION,
  ENVIRONMENT_OPTION,
  EXIT,
  type Exit,
  type Io,
  JSON_OPTION,
} from "./command.ts";
import { openEnvironment, speakingOf } from "./environment.ts";
import { AT_OPTION, openBench, RECORDED_OPTION } from "./gate/openBench.ts";
import { readRevision } from "./plan.ts";
import { gatherTimelines } from "./tell/gatherTimelines.ts";
import { readResult, toKept } from "./tell/readResult.ts";
import { tellMetrics } from "./tell/tellMetrics.ts";
import { type Told, tellPublish } from "./tell/tellPublish.ts";

const TOPICS = ["publish", "metrics", "drift"] as const;

export const command: Command = {
  summary:
    "tell pull requests what became of them after the merge: the time line, the numbers; and what is left to people",
  usage: "--publish | --metrics | --drift --result FILE",
  example: "giftwrap tell --publish --markdown",
  options: {
    publish: { type: "boolean", help: "the time line, on the pull requests that the newest publish brought" },
    metrics: { type: "boolean", help: "the numbers of each release on trial, where its stage was opened" },
    drift: { type: "boolean", help: "what reconcile left for people, as one issue" },
    result: {
      type: "string",
      multiple: true,
      value: "FILE",
      help: "what publish --json or reconcile --json said; for several environments several times",
    },
    commit: { type: "string", value: "REVISION", help: "the commit that was published (default: HEAD)" },
    env: ENVIRONMENT_OPTION,
    "dry-run": { type: "boolean", help: "ask GitHub where it would go, and print it instead" },
    markdown: { type: "boolean", help: "print it, and ask GitHub nothing" },
    at: AT_OPTION,
    recorded: RECORDED_OPTION,
    edge: EDGE_OPTION,
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const topics = TOPICS.filter((it) => args.flag(it));
    const [topic] = topics;
    if (topic === undefined || topics.length > 1)
      throw new UsageError("say one of --publish, --metrics and --drift");
    const said =
      topic === "publish"
        ? await sayPublish(args, io)
        : topic === "metrics"
          ? await sayMetrics(args, io)
          : await sayDrift(args, io);
    if (args.flag("json")) io.line(JSON.stringify({ topic, told: said.map(toJson) }));
    else for (const line of said.flatMap((it) => toLines(it, isPrinted(args)))) io.line(line);
    if (said.length === 0 && !args.flag("json")) io.line("nothing to tell");
    return EXIT.ok satisfies Exit;
  },
};

/** One text, where it went, or why it went nowhere. */
interface Said {
  readonly about: string;
  readonly told: Told | null;
  readonly why: string | null;
}

async function sayPublish(args: Arguments, io: Io): Promise<readonly Said[]> {
  const name = args.text("env") ?? "production";
  const word = args.text("commit") ?? "HEAD";
  const commit = await commitOf(io.root, word);
  if (commit === null)
    throw new GiftError("COMMIT_MISSING", `${word} is no commit here`, "commit first, or fetch it");
  const github = await openWhereAsked(args, io);
  const tree = revisionTree(io.root, commit);
  const results = await Promise.all(args.texts("result").map((path) => readResult(path)));
  return await speakingOf(name, async () => {
    const environment = await openEnvironment(io, tree, name);
    const gathered = await gatherTimelines({
      root: io.root,
      commit,
      environment: name,
      mode: environment.file.rollout,
      store: environment.store,
      newest: await readRevision(environment),
      kept: Object.assign({}, ...results.map(toKept)),
      now: io.now(),
    });
    const language = await readLanguage(io.root, commit);
    const said: Said[] = [];
    for (const it of gathered)
      for (const told of await tellPublish(github, it, language, args.flag("dry-run")))
        said.push({ about: it.facts.commit.slice(0, 10), told, why: whyNowhere(told, github) });
    return said;
  });
}

async function sayMetrics(args: Arguments, io: Io): Promise<readonly Said[]> {
  const commit = await commitOf(io.root, "HEAD");
  if (commit === null) throw new UsageError("there is no commit yet: commit the releases first");
  const { project } = await readProject(revisionTree(io.root, commit));
  if (!project.policy?.value.gate) return [];
  const github = await openWhereAsked(args, io);
  const bench = await openBench(args, io, commit, project);
  // What is said of another time, or by a recording, is to look at.
  const isDry = args.flag("dry-run") || ["at", "recorded"].some((it) => args.text(it) !== undefined);
  const told = await tellMetrics(github, bench, await readLanguage(io.root, commit), isDry);
  return told.map(({ release, told, why }) => ({ about: release, told, why }));
}

async function sayDrift(args: Arguments, io: Io): Promise<readonly Said[]> {
  const paths = args.texts("result");
  if (paths.length === 0)
    throw new UsageError("say what reconcile found: --result FILE, the output of reconcile --json");
  const drifts = await Promise.all(paths.map(async (path) => toDrift(path, await readResult(path))));
  const github = await openWhereAsked(args, io);
  const isOpen = hasDrift(drifts);
  const toBody = (before: string) => operationsToMarkdown(drifts, before, io.now());
  if (!github || args.flag("dry-run")) {
    const told = { pull: null, body: toBody(""), url: null, isChanged: false };
    return [{ about: OPERATIONS_TITLE, told, why: null }];
  }
  const written = await upsertIssue(github, {
    marker: OPERATIONS_MARKER,
    label: OPERATIONS_LABEL,
    title: OPERATIONS_TITLE,
    toBody,
    isOpen,
  });
  if (written.url === null) return [];
  return [{ about: OPERATIONS_TITLE, told: { pull: null, body: "", ...written }, why: null }];
}

/** What `reconcile --json` wrote, as far as it can be read. */
function toDrift(path: string, { environment, left, unconfirmed }: Readonly<Record<string, unknown>>): Drift {
  if (typeof environment !== "string" || !Array.isArray(left))
    throw new UsageError(`--result ${path}: it is not what reconcile --json writes`);
  const rows: readonly unknown[] = left;
  const edges: readonly unknown[] = Array.isArray(unconfirmed) ? unconfirmed : [];
  return {
    environment,
    left: rows.flatMap((it) =>
      isRecord(it) && typeof it["what"] === "string"
        ? [{ what: it["what"], fix: typeof it["fix"] === "string" ? it["fix"] : "" }]
        : [],
    ),
    unconfirmed: edges.filter((it) => typeof it === "string"),
  };
}

function isPrinted(args: Arguments): boolean {
  return ["dry-run", "markdown", "at", "recorded"].some((it) => args.flag(it) || args.text(it) !== undefined);
}

/** Null where the text is only printed; a dry run on a laptop needs no GitHub. */
async function openWhereAsked(args: Arguments, { variables }: Io): Promise<GitHub | null> {
  if (args.flag("markdown")) return null;
  if (args.flag("dry-run") && !readGitHubAccess(variables)) return null;
  return await requireGitHub(variables);
}

/** That of the people who read pull requests, as the policy says; a policy that cannot be read holds nothing up. */
async function readLanguage(root: string, commit: string): Promise<"en" | "zh"> {
  const bytes = (await revisionTree(root, commit).read([POLICY_PATH])).get(POLICY_PATH);
  return parseFile("policy", POLICY_PATH, bytes).located?.value.people?.language ?? "en";
}

function whyNowhere({ pull }: Told, github: GitHub | null): string | null {
  return github && pull === null ? "no pull request was merged as it" : null;
}

function toLines({ about, told, why }: Said, isPrinted: boolean): readonly string[] {
  if (!told) return [`${about}: ${why ?? "nothing to tell"}`];
  const where = told.pull === null ? about : `${about} on #${told.pull}`;
  if (isPrinted)
    return [`${where}${why === null ? "" : ` (${why})`}:`, ...told.body.trimEnd().split("\n"), ""];
  if (told.url === null) return [`${about}: told nobody: ${why ?? "GitHub was not asked"}`];
  return [`${where}: ${told.isChanged ? "told" : "told already"}: ${told.url}`];
}

function toJson({ about, told, why }: Said): object {
  return {
    about,
    why,
    ...(told && { pull: told.pull, url: told.url, isChanged: told.isChanged, body: told.body }),
  };
}
