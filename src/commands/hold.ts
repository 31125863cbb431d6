import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HOLD_LABEL } from "../github/labels.ts";
import { type GitHub, requireGitHub } from "../github/openGitHub.ts";
import { escapeCell } from "../report/github.ts";
import { holdBranch } from "../rollout/proposalBranches.ts";
import type { ReleaseName } from "../rollout/readPinned.ts";
import { toYamlScalar } from "../source/yamlScalar.ts";
import { bringMain } from "./moves/bringMain.ts";
import { proposeEdit, readOnMain } from "./moves/proposeEdit.ts";
import { releasePath } from "../model/paths.ts";
import { UsageError } from "../report/error.ts";
import { toOneLine } from "../report/text.ts";
import { insertBlock, removeBlock } from "../source/edit.ts";
import { parseFile } from "../source/readProject.ts";
import { workTree } from "../source/tree.ts";
import { accountOf, type Command, EXIT, type Io, JSON_OPTION } from "./command.ts";
import { commitFile, refuseOtherChanges } from "./commitFile.ts";
import { readReleaseWord } from "./releaseWord.ts";

export const command: Command = {
  summary: "keep a release where it is, whatever the gate says, until a person lets it go on",
  usage: "GIFT@VERSION --reason TEXT | --lift",
  example: 'giftwrap hold rose@1.1.0 --reason "Wait for the new Mali driver" --commit',
  options: {
    reason: { type: "string", value: "TEXT", help: "why, and what is waited for" },
    lift: { type: "boolean", help: "let it go on" },
    commit: { type: "boolean", help: "commit the change, and nothing else" },
    "pull-request": { type: "boolean", help: "propose it on main as GitHub has it, in a pull request" },
    branch: {
      type: "string",
      value: "NAME",
      help: "the branch that the pull request goes to (default: main)",
    },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const { gift, version } = readReleaseWord(args.words, 'hold rose@1.1.0 --reason "..."');
    const typed = args.text("reason");
    const reason = typed === undefined ? undefined : toOneLine(typed);
    if (args.flag("lift") === Boolean(reason)) throw new UsageError("say --reason TEXT, or --lift");
    if (args.flag("pull-request")) {
      const github = await requireGitHub(io.variables);
      const opened = await proposeHold(io, github, { gift, version }, reason ?? null, args.text("branch"));
      io.line(
        args.flag("json") ? JSON.stringify({ gift, version, hold: reason ?? null, ...opened }) : opened.said,
      );
      io.summary(`### ${escapeCell(opened.said)}\n`);
      return EXIT.ok;
    }
    const path = releasePath(gift, version);
    const bytes = (await workTree(io.root).read([path])).get(path);
    const text = editHold({ gift, version }, bytes ? new TextDecoder().decode(bytes) : null, reason ?? null);
    if (args.flag("commit")) await refuseOtherChanges(io.root, path);

    await writeFile(join(io.root, path), text);
    const message = toTitle({ gift, version }, reason ?? null);
    const commit = args.flag("commit") ? await commitFile(io.root, path, message) : null;
    if (args.flag("json")) {
      io.line(JSON.stringify({ gift, version, hold: reason ?? null, commit }));
      return EXIT.ok;
    }
    io.line(
      reason
        ? `${gift}@${version} is on hold: nothing opens or raises a stage until it is lifted; closing is always allowed`
        : `${gift}@${version} may go on: promote it when the gate says pass`,
    );
    io.line(
      commit === null
        ? `nothing is committed: commit ${path}, or run it again with --commit`
        : `committed as ${commit.slice(0, 10)}: open a pull request`,
    );
    return EXIT.ok;
  },
};

/**
 * The pull request that holds a release on main as GitHub has it, or lets it go on (a reason of null).
 * @throws UsageError where it is so already
 */
export async function proposeHold(
  io: Io,
  github: GitHub,
  release: ReleaseName,
  reason: string | null,
  base = "main",
): Promise<{ readonly number: number; readonly url: string; readonly said: string }> {
  const tip = await bringMain(io, github, base);
  const text = editHold(release, await readOnMain(io, tip, release), reason);
  const why = reason === null ? "It may go on: promote it when the gate says pass." : reason;
  return proposeEdit(io, github, {
    release,
    branch: holdBranch(release.gift, release.version),
    base,
    tip,
    text,
    title: toTitle(release, reason),
    reason: why,
    body: `${escapeCell(why)}\n\nAsked for by ${escapeCell(accountOf(io))}. While a release is on hold nothing opens or raises a stage of it; closing is always allowed.\n`,
    label: HOLD_LABEL,
  });
}

/** The release's text with the hold put in, or taken out. */
function editHold({ gift, version }: ReleaseName, before: string | null, reason: string | null): string {
  const path = releasePath(gift, version);
  const bytes = before === null ? undefined : new TextEncoder().encode(before);
  const release = parseFile("release", path, bytes).located?.value;
  if (before === null || !release) throw new UsageError(`${path} is not there, or cannot be read`);
  if (reason === null && !release.hold) throw new UsageError(`${gift}@${version} is not on hold`);
  if (reason !== null && release.hold)
    throw new UsageError(`${gift}@${version} is on hold already: ${release.hold.reason}`);
  return reason === null
    ? removeBlock(before, "hold")
    : insertBlock(before, "rollout", `hold:\n  reason: ${toYamlScalar(reason)}`);
}

function toTitle({ gift, version }: ReleaseName, reason: string | null): string {
  return reason === null ? `Let ${gift} ${version} go on` : `Hold ${gift} ${version}: ${reason}`;
}
