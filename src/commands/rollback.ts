import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { classifyPath } from "../model/paths.ts";
import { readRollout } from "../publish/readChanges.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { toOneLine } from "../report/text.ts";
import { nearestWord } from "../report/nearest.ts";
import { type LimitWord, planRollback, type Rollback } from "../rollout/planRollback.ts";
import { revisionTree, type Tree, workTree } from "../source/tree.ts";
import { compareVersions, parseVersion } from "../wire/version.ts";
import {
  type Arguments,
  type Command,
  ENVIRONMENT_OPTION,
  EXIT,
  type Exit,
  type Io,
  JSON_OPTION,
  parseReleaseWord,
} from "./command.ts";
import { commitFile, refuseOtherChanges } from "./commitFile.ts";
import { requireGitHub } from "../github/openGitHub.ts";
import { mergeRollbacks } from "./moves/mergeRollbacks.ts";
import { recordRollback } from "./moves/recordRollback.ts";
import { plannedToLines, planTree } from "./plan.ts";
import { describeRollout } from "./status.ts";

const LIMITS: readonly LimitWord[] = ["none", "canary", "regional"];

export const command: Command = {
  summary: "close the stages of a gift's newest release, so that viewers get the next older one",
  usage: "GIFT [--limit none|canary|regional] [--version VERSION] [--pull-request]",
  example: 'giftwrap rollback rose --limit canary --commit --reason "Crashes on Mali GPUs"',
  options: {
    limit: { type: "string", value: "LIMIT", help: "how far it may still go (default: none)" },
    version: {
      type: "string",
      value: "VERSION",
      help: "the release to close (default: the newest that reaches anybody beyond the limit)",
    },
    reason: { type: "string", value: "TEXT", help: "why, for the commit's message" },
    commit: { type: "boolean", help: "commit the change, and nothing else" },
    "pull-request": {
      type: "boolean",
      help: "close them on main as GitHub has it, in a pull request that is merged where that is allowed",
    },
    incident: { type: "string", value: "ID", help: "where it is followed up, for the pull request" },
    override: {
      type: "string",
      value: "ID",
      help: "the break-glass override that stopped it already: its file goes with the pull request",
    },
    merge: { type: "boolean", help: "merge the rollbacks that --pull-request opened and could not merge" },
    branch: { type: "string", value: "NAME", help: "the branch that pull requests go to (default: main)" },
    env: ENVIRONMENT_OPTION,
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    if (args.flag("merge")) return mergeOpen(args, io);
    const { gift, version: named } = readWord(args.words);
    const version = args.text("version") ?? named;
    const limit = readLimit(args.text("limit"));
    const reason = args.text("reason");
    if (args.flag("commit") && !reason)
      throw new UsageError('say why, such as: --commit --reason "Crashes on Mali GPUs"');
    if (args.flag("pull-request")) return propose(args, io, gift, version, limit);

    const files = await readReleases(workTree(io.root), gift);
    requireVersion(gift, version, files);
    const rollback = planRollback(gift, files, limit, version);
    if (!rollback) throw new UsageError(explainNothing(gift, files, limit, version));

    if (args.flag("commit")) await refuseOtherChanges(io.root, rollback.path);
    await writeFile(join(io.root, rollback.path), rollback.text);
    const left = describeLeft(gift, new Map(files).set(rollback.version, rollback.text));
    const commit = args.flag("commit")
      ? await commitFile(io.root, rollback.path, toMessage(gift, rollback, limit, reason ?? ""))
      : null;
    if (args.flag("json")) {
      io.line(JSON.stringify({ gift, limit, ...rollback, left, commit }));
      return EXIT.ok;
    }
    for (const line of rollbackToLines(gift, rollback)) io.line(line);
    io.line("");
    io.line(`${gift} in this work tree, newest first:`);
    for (const line of left) io.line(`  ${line}`);
    io.line("");
    for (const line of await explainPlan(io, args.text("env") ?? "production")) io.line(line);
    io.line(
      commit === null
        ? `nothing is committed: commit ${rollback.path}, or run it again with --commit --reason TEXT`
        : `committed as ${commit.slice(0, 10)}: publish it, or open a pull request`,
    );
    return EXIT.ok;
  },
};

/** The form *Roll back a gift*: git as GitHub has it, whatever is checked out here. */
async function propose(
  args: Arguments,
  io: Io,
  gift: string,
  version: string | undefined,
  limit: LimitWord,
): Promise<Exit> {
  const reason = toOneLine(args.text("reason") ?? "");
  if (!reason) throw new UsageError('say why, such as: --reason "Crashes on Mali GPUs"');
  const order = {
    gift,
    version,
    limit,
    reason,
    incident: args.text("incident"),
    override: args.text("override"),
    environment: args.text("env") ?? "production",
    base: args.text("branch") ?? "main",
    isJson: args.flag("json"),
  };
  return recordRollback(io, order, async (tip) => {
    const files = await readReleases(revisionTree(io.root, tip), gift);
    requireVersion(gift, version, files);
    const rollback = planRollback(gift, files, limit, version);
    return {
      rollback,
      why: explainNothing(gift, files, limit, version),
      left: describeLeft(gift, rollback ? new Map(files).set(rollback.version, rollback.text) : files),
    };
  });
}

async function mergeOpen(args: Arguments, io: Io): Promise<Exit> {
  const done = await mergeRollbacks(await requireGitHub(io.variables));
  if (args.flag("json")) io.line(JSON.stringify({ rollbacks: done }));
  else if (done.length === 0) io.line("no rollback waits to be merged");
  else
    for (const { url, merged } of done)
      io.line(merged.kind === "merged" ? `merged: ${url}` : `merge it now: ${url} (GitHub: ${merged.why})`);
  return EXIT.ok;
}

function requireVersion(gift: string, version: string | undefined, files: ReadonlyMap<string, string>): void {
  if (version === undefined || files.has(version)) return;
  throw new UsageError(`there is no release ${gift} ${version}; there are ${[...files.keys()].join(", ")}`);
}

function readWord([word, ...rest]: readonly string[]): { gift: string; version?: string } {
  if (word === undefined || rest.length > 0)
    throw new UsageError("name one gift, such as: giftwrap rollback rose");
  return parseReleaseWord(word);
}

function readLimit(text = "none"): LimitWord {
  const limit = LIMITS.find((it) => it === text);
  if (limit === undefined) throw new UsageError(`--limit ${text}: write ${LIMITS.join(", ")}`);
  return limit;
}

/** The texts of a gift's releases by version, newest first. Nothing else is read: no other gift's mistake stands in the way. */
async function readReleases(tree: Tree, gift: string): Promise<ReadonlyMap<string, string>> {
  const paths = await tree.list(`releases/${gift}`);
  const releases = paths.flatMap((path) => {
    const it = classifyPath(path);
    return it.kind === "release" && it.gift === gift ? [{ path, version: it.version }] : [];
  });
  if (releases.length === 0) {
    const gifts = (await tree.list("gifts")).flatMap((path) => {
      const it = classifyPath(path);
      return it.kind === "gift" ? [it.gift] : [];
    });
    const near = nearestWord(
      gift,
      gifts.filter((it) => it !== gift),
    );
    throw new UsageError(`${gift} has no release here${near === null ? "" : `; did you mean ${near}?`}`);
  }
  const contents = await tree.read(releases.map((it) => it.path));
  const decoder = new TextDecoder();
  return new Map(
    releases
      .sort((a, b) => compareVersions(toVersion(b.version), toVersion(a.version)))
      .map(({ path, version }) => [version, decoder.decode(contents.get(path))]),
  );
}

function explainNothing(
  gift: string,
  files: ReadonlyMap<string, string>,
  limit: LimitWord,
  version: string | undefined,
): string {
  const who = version === undefined ? `no release of ${gift} reaches` : `${gift} ${version} does not reach`;
  const whom = limit === "none" ? "anybody" : `anybody beyond ${limit}`;
  return `${who} ${whom}, so there is nothing to close: ${describeLeft(gift, files).join("; ")}`;
}

/** Each release and whom it reaches, newest first. */
function describeLeft(gift: string, files: ReadonlyMap<string, string>): readonly string[] {
  return [...files].map(([version, text]) => {
    const rollout = readRollout(gift, version, text, null);
    return `${gift} ${version}: ${describeRollout(rollout ?? undefined)}`;
  });
}

function rollbackToLines(gift: string, { version, path, closed, lines }: Rollback): readonly string[] {
  return [
    `${gift} ${version}: ${closed.join(", ")} closed`,
    path,
    ...lines.flatMap(({ number, before, after }) => [`${number} - ${before}`, `${number} + ${after}`]),
  ];
}

/** What publishing would change. A store out of reach does not hold a rollback up. */
export async function explainPlan(io: Io, environment: string): Promise<readonly string[]> {
  try {
    return plannedToLines(await planTree(io, environment));
  } catch (error) {
    if (!(error instanceof GiftError)) throw error;
    return [`what is live in ${environment} could not be compared: ${error.message}`];
  }
}

function toMessage(gift: string, { version }: Rollback, limit: LimitWord, reason: string): string {
  const reach = limit === "none" ? "" : ` to ${limit}`;
  return `Roll back ${gift} ${version}${reach}: ${reason}`;
}

function toVersion(text: string) {
  return parseVersion(text) ?? ([0, 0, 0] as const);
}
