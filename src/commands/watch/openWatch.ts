import { classifyPath, POLICY_PATH } from "../../model/paths.ts";
import { isOnTrial, toRollout } from "../../model/rollout.ts";
import type { Gate } from "../../model/schemas.ts";
import { UsageError } from "../../report/error.ts";
import type { ReleaseName } from "../../rollout/readPinned.ts";
import { readProject } from "../../source/readProject.ts";
import { revisionTree } from "../../source/tree.ts";
import type { Arguments, Io } from "../command.ts";
import { openJudgeThreads } from "../gate/judgeThreads.ts";
import type { Bench, JudgeTrialsOptions } from "../gate/judgeTrials.ts";
import { openBench } from "../gate/openBench.ts";

export interface Opened {
  readonly bench: Bench;
  readonly gate: Gate;
  /** Release files that cannot be read: what is live of them goes on, and nobody watches it. */
  readonly unread: readonly string[];
}

/**
 * What every release on trial at a commit is judged by.
 * @throws UsageError where the policy has no gate, and what `openBench` throws
 */
export async function openWatch(args: Arguments, io: Io, commit: string): Promise<Opened> {
  const { project, findings } = await readProject(revisionTree(io.root, commit));
  const broken = findings.filter(
    (it) => it.severity === "error" && classifyPath(it.place.file).kind === "release",
  );
  const unread = [...new Set(broken.map((it) => it.place.file))];
  if (!project.policy)
    throw new UsageError(
      `${POLICY_PATH} is not there, or cannot be read: run npx giftwrap validate, and mend what it says of that file`,
    );
  const { gate } = project.policy.value;
  if (!gate) throw new UsageError(`${POLICY_PATH} has no gate to watch by: write gate: there`);
  return { bench: await openBench(args, io, commit, project), gate, unread };
}

/** The releases of the bench's commit that are open to somebody and not yet to everyone. */
export function releasesOnTrial({ project }: Bench): readonly ReleaseName[] {
  return [...project.releases.values()]
    .filter((it) => isOnTrial(toRollout(it.value)))
    .map(({ value: { gift, version } }) => ({ gift, version }));
}

/** Threads read by themselves, which only a server bears. */
export function threadsOf(
  { environment }: Bench,
  args: Arguments,
  { variables }: Io,
): JudgeTrialsOptions["openThreads"] {
  const { metrics } = environment.file;
  if (args.text("recorded") !== undefined || !metrics || !("prometheus" in metrics)) return undefined;
  return () => openJudgeThreads({ options: metrics.prometheus, variables: { ...variables } });
}
