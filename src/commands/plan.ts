import { type Live, type LiveTimestamp, readLive, readLiveTimestamp } from "../publish/live.ts";
import { isEmptyPlan, type Plan, planPublish } from "../publish/plan.ts";
import { planToLines } from "../publish/planText.ts";
import { readChanges } from "../publish/readChanges.ts";
import { planStops } from "../publish/stops.ts";
import { commitOf } from "../source/git.ts";
import { workTree } from "../source/tree.ts";
import { type Command, ENVIRONMENT_OPTION, EXIT, type Io, JSON_OPTION } from "./command.ts";
import { type Environment, openEnvironment, speakingOf, trustEnvironment } from "./environment.ts";
import { mustReadDesired } from "./readDesired.ts";

export interface PlannedPublish {
  readonly environment: string;
  /** The live revision, or null before the first publish. */
  readonly revision: number | null;
  /** Releases that would be stopped first, as ids. */
  readonly stops: readonly string[];
  readonly plan: Plan;
}

export const command: Command = {
  summary: "show what publishing the work tree would change",
  usage: "[--env NAME]",
  example: "giftwrap plan --env production",
  options: { env: ENVIRONMENT_OPTION, json: JSON_OPTION },
  run: async (args, io) => {
    const name = args.text("env") ?? "production";
    const planned = await speakingOf(name, () => planTree(io, name));
    if (args.flag("json")) io.line(JSON.stringify(toJson(planned)));
    else for (const line of plannedToLines(planned)) io.line(line);
    return EXIT.ok;
  },
};

export async function planTree(io: Io, name: string): Promise<PlannedPublish> {
  const tree = workTree(io.root);
  const environment = await openEnvironment(io, tree, name);
  const live = await readLiveOf(environment);
  const { wanted, kept } = await mustReadDesired(tree, environment, io.now());
  const head = await commitOf(io.root, "HEAD");
  const liveCommit = live && (await commitOf(io.root, live.timestamp.signed.giftwrap.commit));
  // Stops are computed between commits; what is not committed yet shows as a change of stage below.
  const changes =
    live && head && liveCommit
      ? await readChanges(io.root, liveCommit, head, environment.file.rollout, io.now())
      : null;
  const stops = changes ? [...planStops(changes.rollouts, 0), ...changes.overrides].map((it) => it.id) : [];
  return {
    environment: name,
    revision: live?.timestamp.signed.version ?? null,
    stops,
    plan: planPublish(wanted, live, kept),
  };
}

/** What is live in an environment, verified; null before the first publish or without a root. */
export async function readLiveOf(environment: Environment): Promise<Live | null> {
  if (!environment.root) return null;
  const trusted = await trustEnvironment(environment);
  const timestamp = await readLiveTimestamp(environment.store, trusted);
  return timestamp && readLive(environment.store, trusted, timestamp);
}

/** The live timestamp, by one read; null before the first publish or without a root. */
export async function readTimestampOf(environment: Environment): Promise<LiveTimestamp | null> {
  return environment.root && readLiveTimestamp(environment.store, await trustEnvironment(environment));
}

/** The live revision; 0 before the first publish or without a root. */
export async function readRevision(environment: Environment): Promise<number> {
  return (await readTimestampOf(environment))?.signed.version ?? 0;
}

export function plannedToLines({ environment, revision, stops, plan }: PlannedPublish): readonly string[] {
  const head =
    revision === null
      ? `${environment}: nothing is published yet`
      : `${environment}: live is revision ${revision}`;
  if (isEmptyPlan(plan) && stops.length === 0)
    return [head, "nothing would change for any viewer", ...planToLines(plan)];
  return [head, ...stops.map((id) => `first: ${id}`), ...planToLines(plan)];
}

function toJson({ plan, ...rest }: PlannedPublish) {
  const { changes, kept, objects, overrides } = plan;
  return {
    ...rest,
    changes,
    kept: Object.fromEntries(kept),
    objects: objects.map((it) => it.file),
    overrides,
  };
}
