import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { requireGitHub } from "../github/openGitHub.ts";
import { type Diagnosis, diagnose, type HealthFiles } from "../github/settings/diagnose.ts";
import { readHealth } from "../github/settings/readHealth.ts";
import { environmentPath, POLICY_PATH, rootPath } from "../model/paths.ts";
import { count } from "../report/text.ts";
import { type Command, EXIT, JSON_OPTION } from "./command.ts";
import { readMainFile } from "./setup/readMainFile.ts";

export const command: Command = {
  summary: "look at how this repository is set up on GitHub, and say what is missing and what mends it",
  usage: "",
  example: "giftwrap doctor",
  options: { json: JSON_OPTION },
  run: async (args, io) => {
    const github = await requireGitHub(io.variables);
    const health = await readHealth(github, await readFiles(io.root));
    const found = diagnose(health, io.now());
    const where = `${github.owner}/${github.repo}`;
    if (args.flag("json")) io.line(JSON.stringify({ repository: where, found }));
    else {
      io.line(where);
      for (const line of toLines(found)) io.line(line);
      io.line(summarise(found));
    }
    return found.some((it) => it.state === "missing") ? EXIT.findings : EXIT.ok;
  },
};

const WORDS: Readonly<Record<Diagnosis["state"], string>> = {
  well: "well   ",
  missing: "missing",
  look: "look   ",
  unread: "unknown",
};

function toLines(found: readonly Diagnosis[]): readonly string[] {
  return found.flatMap(({ state, what, fix }) => [
    `  ${WORDS[state]}  ${what}`,
    ...(fix === undefined ? [] : [`           fix: ${fix}`]),
  ]);
}

function summarise(found: readonly Diagnosis[]): string {
  const numberOf = (state: Diagnosis["state"]) => found.filter((it) => it.state === state).length;
  const [missing, look, unread] = [numberOf("missing"), numberOf("look"), numberOf("unread")];
  const parts = [
    ...(missing > 0 ? [`${count(missing, "thing")} missing`] : []),
    ...(look > 0 ? [`${look} worth a look`] : []),
    ...(unread > 0 ? [`${unread} could not be read: ask an owner of the repository to run this`] : []),
  ];
  return parts.length > 0 ? parts.join("; ") : "all is well";
}

async function readFiles(root: string): Promise<HealthFiles> {
  return {
    policy: await readMainFile(root, "policy", POLICY_PATH),
    production: await readMainFile(root, "environment", environmentPath("production")),
    codeowners: await readFile(join(root, ".github/CODEOWNERS"), "utf8").catch(() => null),
    hasRoot: await readFile(join(root, rootPath("production"))).then(
      () => true,
      () => false,
    ),
    workflows: (await readdir(join(root, ".github/workflows")).catch(() => []))
      .filter((name) => name.endsWith(".yml"))
      .sort(),
  };
}
