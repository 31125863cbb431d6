import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { releasePath } from "../model/paths.ts";
import { UsageError } from "../report/error.ts";
import { insertBlock, removeBlock } from "../source/edit.ts";
import { parseFile } from "../source/readProject.ts";
import { workTree } from "../source/tree.ts";
import { type Command, EXIT, JSON_OPTION } from "./command.ts";
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
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const { gift, version } = readReleaseWord(args.words, 'hold rose@1.1.0 --reason "..."');
    const reason = args.text("reason")?.trim();
    if (args.flag("lift") === Boolean(reason)) throw new UsageError("say --reason TEXT, or --lift");
    const path = releasePath(gift, version);
    const bytes = (await workTree(io.root).read([path])).get(path);
    const release = parseFile("release", path, bytes).located?.value;
    if (!bytes || !release) throw new UsageError(`${path} is not there, or cannot be read`);
    if (args.flag("lift") && !release.hold) throw new UsageError(`${gift}@${version} is not on hold`);
    if (!args.flag("lift") && release.hold)
      throw new UsageError(`${gift}@${version} is on hold already: ${release.hold.reason}`);
    if (args.flag("commit")) await refuseOtherChanges(io.root, path);

    const before = new TextDecoder().decode(bytes);
    const text = reason
      ? insertBlock(before, "rollout", `hold:\n  reason: ${JSON.stringify(reason)}`)
      : removeBlock(before, "hold");
    await writeFile(join(io.root, path), text);
    const message = reason ? `Hold ${gift} ${version}: ${reason}` : `Let ${gift} ${version} go on`;
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
