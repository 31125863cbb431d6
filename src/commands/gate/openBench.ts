import type { Project } from "../../model/project.ts";
import { revisionTree } from "../../source/tree.ts";
import { type Arguments, type Io, type OptionHelp, parseEdges } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { parseTime } from "../parseTime.ts";
import type { Bench } from "./judgeTrials.ts";
import { openMetrics } from "./openMetrics.ts";

export const AT_OPTION: OptionHelp = {
  type: "string",
  value: "TIME",
  help: "judge what was known then, such as 2026-11-20T21:00:00Z",
};
export const RECORDED_OPTION: OptionHelp = {
  type: "string",
  value: "FILE",
  help: "judge by this recording instead of the environment's metrics",
};

/**
 * What releases of a commit are judged by: the environment that `--env` or else the commit's gate names, its metrics or the recording
 * of `--recorded`, now or at the time of `--at`.
 * @throws UsageError, or GiftError as the environment and the metrics' drivers do
 */
export async function openBench(args: Arguments, io: Io, commit: string, project: Project): Promise<Bench> {
  const name = args.text("env") ?? project.policy?.value.gate?.environment ?? "production";
  const edges = parseEdges(args.texts("edge"));
  const environment = await openEnvironment(io, revisionTree(io.root, commit), name, edges);
  const at = args.text("at");
  const now = at === undefined ? io.now() : parseTime("at", at);
  const source = await openMetrics(io, environment, args.text("recorded"));
  return { root: io.root, commit, project, environment, source, now };
}
