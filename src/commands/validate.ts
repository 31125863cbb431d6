import { stoppedGifts } from "../report/finding.ts";
import { type Finding, sortFindings } from "../report/finding.ts";
import { count, findingsToText, summariseFindings } from "../report/text.ts";
import { check } from "../rules/check.ts";
import { readProject } from "../source/readProject.ts";
import { workTree } from "../source/tree.ts";
import { type Command, EXIT, type Exit, JSON_OPTION } from "./command.ts";
import { baseRevision, gatherFacts } from "./gatherFacts.ts";

export interface Validation {
  readonly findings: readonly Finding[];
  readonly gifts: number;
  readonly releases: number;
  readonly exit: Exit;
}

export const command: Command = {
  summary: "check everything below gifts/ and releases/",
  usage: "[--base REVISION]",
  example: "giftwrap validate --base origin/main",
  options: {
    base: {
      type: "string",
      value: "REVISION",
      help: "what is merged already; its locks may not change (default: origin/main, or HEAD)",
    },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const { findings, gifts, releases, exit } = await validate(io.root, args.text("base"));
    if (args.flag("json")) io.line(JSON.stringify({ findings, gifts, releases }));
    else {
      if (findings.length > 0) io.line(findingsToText(findings));
      io.line(`${count(gifts, "gift")}, ${count(releases, "release")}: ${summariseFindings(findings)}`);
      const stopped = stoppedGifts(findings);
      if (!stopped.everything && stopped.gifts.size > 0)
        io.line(`stopped: ${[...stopped.gifts].sort().join(", ")}; the other gifts are not held up`);
    }
    return exit;
  },
};

export async function validate(root: string, base: string | undefined): Promise<Validation> {
  const tree = workTree(root);
  const { project, findings: unreadable } = await readProject(tree);
  const facts = await gatherFacts(root, tree, project, await baseRevision(root, base));
  const findings = sortFindings([...unreadable, ...check(project, facts)]);
  const exit = findings.some((it) => it.severity === "error") ? EXIT.findings : EXIT.ok;
  return { findings, gifts: project.gifts.size, releases: project.releases.size, exit };
}
