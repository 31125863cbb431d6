import type { Finding } from "../../report/finding.ts";
import type { VerdictStory } from "../../rollout/verdict/story.ts";
import type { Widened } from "../../rules/checkFreezes.ts";
import { checkGate, gatedIn } from "../../rules/checkGate.ts";
import { giftOfPath } from "../../model/paths.ts";
import { changedPaths } from "../../source/git.ts";
import { readProject } from "../../source/readProject.ts";
import { revisionTree, type Tree } from "../../source/tree.ts";
import type { Arguments, Io } from "../command.ts";
import { gatherChange } from "../gatherChange.ts";
import { judgeTrials, type JudgedTrial, type NotJudged, toGateFact } from "./judgeTrials.ts";
import { openBench } from "./openBench.ts";

/** What the gate says of each release that a change opens further. */
export interface JudgedChange {
  /** By `gift@version`. */
  readonly judged: ReadonlyMap<string, JudgedTrial | NotJudged>;
  readonly stories: readonly VerdictStory[];
  /** What stands against the change; a waiver makes a warning of it. */
  readonly findings: readonly Finding[];
  /** The base's policy asks for no proof at all. */
  readonly isUngated: boolean;
}

/** Each promotion is judged by the plans, the environment and the waivers of the base: a change cannot bring its own. */
export async function judgeChange(
  args: Arguments,
  io: Io,
  { base, after, tree }: { readonly base: string; readonly after: string; readonly tree: Tree },
): Promise<JudgedChange> {
  const paths = [...(await changedPaths(io.root, base, after, ["."]))].sort();
  const gifts = new Set(paths.flatMap((path) => giftOfPath(path) ?? []));
  const { project } = await readProject(tree, { gifts, others: [] });
  return judgeGated(
    args,
    io,
    base,
    gatedIn((await gatherChange(io.root, base, tree, project, paths)).change),
  );
}

/** The same where it is known already what is opened further. */
export async function judgeGated(
  args: Arguments,
  io: Io,
  base: string,
  gated: readonly Widened[],
): Promise<JudgedChange> {
  const gifts = new Set(gated.map((it) => it.gift));
  const { project } = await readProject(revisionTree(io.root, base), { gifts, others: [] });
  const isUngated = project.policy !== null && project.policy.value.gate === undefined;
  if (gated.length === 0) return { judged: new Map(), stories: [], findings: [], isUngated };
  const bench = await openBench(args, io, base, project);
  const judged = await judgeTrials(bench, gated);
  const facts = new Map([...judged].map(([key, it]) => [key, toGateFact(it)]));
  return {
    judged,
    stories: [...judged.values()].flatMap((it) => ("story" in it ? it.story : [])),
    findings: checkGate(gated, facts, bench.project, bench.now),
    isUngated,
  };
}
