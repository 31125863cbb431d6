import { listProposals } from "../github/keepProposal.ts";
import { requireGitHub } from "../github/openGitHub.ts";
import { overridePath } from "../model/paths.ts";
import { toRangeText } from "../model/range.ts";
import { explainError, GiftError } from "../report/error.ts";
import { escapeCell } from "../report/github.ts";
import { stopId } from "../rollout/planWatch.ts";
import { revisionTree } from "../source/tree.ts";
import type { Override } from "../wire/override.ts";
import { type Command, ENVIRONMENT_OPTION, EXIT, JSON_OPTION } from "./command.ts";
import { openEnvironment } from "./environment.ts";
import { proposeOverride } from "./moves/adoptOverride.ts";
import { bringMain } from "./moves/bringMain.ts";
import { readFileOn, readStanding } from "./moves/overrideFile.ts";

export const command: Command = {
  summary: "open a pull request for each break-glass override that git does not say yet; lifts nothing",
  usage: "[--env NAME] [--dry-run]",
  example: "giftwrap adopt --dry-run",
  options: {
    env: ENVIRONMENT_OPTION,
    "dry-run": { type: "boolean", help: "say what would be opened, and open nothing" },
    branch: { type: "string", value: "NAME", help: "the branch that pull requests go to (default: main)" },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const github = await requireGitHub(io.variables);
    const base = args.text("branch") ?? "main";
    const tip = await bringMain(io, github, base);
    const tree = revisionTree(io.root, tip);
    const environment = await openEnvironment(io, tree, args.text("env") ?? "production");
    const adopted = await tree.list("releases/overrides");
    const standing = await readStanding(environment, (it) => !adopted.includes(overridePath(it.id)));

    const done: { id: string; said: string; problem: string | null }[] = [];
    for (const it of standing) {
      const { id } = it.override;
      const say = (said: string, problem: string | null = null) => done.push({ id, said, problem });
      if (isGatesOwn(it.override)) {
        say("it is the gate's own stop: giftwrap watch lifts it once its release is closed in git");
        continue;
      }
      try {
        const rollback = await findCarrier(id);
        if (rollback !== null) say(`it comes with ${rollback}`);
        else if (args.flag("dry-run")) say(`would open a pull request with ${overridePath(id)}`);
        else say((await proposeOverride(io, github, { standing: it, tip, base })).said);
      } catch (error) {
        if (!(error instanceof GiftError)) throw error;
        say("", `${explainError(error)}; ${error.fix}`);
      }
    }

    if (args.flag("json")) io.line(JSON.stringify({ environment: environment.name, overrides: done }));
    else if (done.length === 0) io.line(`git says every override that stands in ${environment.name}`);
    else
      for (const { id, said, problem } of done)
        io.line(`${id}: ${problem === null ? said : `FAILED: ${problem}`}`);
    io.summary(
      done.length === 0
        ? "Git says every override that stands.\n"
        : done.map(({ id, said, problem }) => `- ${escapeCell(`${id}: ${problem ?? said}`)}\n`).join(""),
    );
    return done.some((it) => it.problem !== null) ? EXIT.failure : EXIT.ok;

    /** The open rollback that brings its file with it, by its address. */
    async function findCarrier(id: string): Promise<string | null> {
      for (const { url, headSha } of await listProposals(github, "giftwrap/rollback-"))
        if ((await readFileOn(github, headSha, overridePath(id))) !== null) return url;
      return null;
    }
  },
};

/** By its name, and what it holds: one version of one gift, for nobody. */
function isGatesOwn({ id, gifts, versions, scope }: Override): boolean {
  const [gift, ...others] = gifts === "*" ? [] : gifts;
  if (gift === undefined || others.length > 0 || !versions || scope) return false;
  return stopId(gift, toRangeText(versions)) === id;
}
