import type { PastRecord } from "../../publish/readLog.ts";
import { reachedStage, STAGES } from "../../model/rollout.ts";
import { isNarrowed } from "../../publish/stops.ts";
import { isOpenToAll, type Rollout } from "../../wire/rollout.ts";

/** The first line of the comment that tells what became of a merge. */
export const TIMELINE_MARKER = "giftwrap:timeline";

/** How far one release reached before the commit, and how far it does by it; null is nobody. */
export interface ReleaseMove {
  readonly gift: string;
  readonly version: string;
  readonly before: Rollout | null;
  readonly after: Rollout | null;
}

/** An override that came with the commit. The texts are whatever somebody wrote. */
export interface OverrideMove {
  readonly name: string;
  readonly reason: string;
  readonly incident: string | null;
}

/** A release that reaches somebody. */
export interface SeenRelease {
  readonly version: string;
  readonly rollout: Rollout;
}

export interface TimelineFacts {
  readonly environment: string;
  readonly commit: string;
  /** Epoch milliseconds; the commit's own date, which is when GitHub merged it. */
  readonly mergedAt: number;
  readonly moves: readonly ReleaseMove[];
  readonly overrides: readonly OverrideMove[];
  /** What viewers get of each gift now, the newest release first. */
  readonly seen: ReadonlyMap<string, readonly SeenRelease[]>;
  /** Of this commit or of a later one that carried it, oldest first. */
  readonly records: readonly PastRecord[];
  /** The break-glass override that was thrown before the merge. */
  readonly thrown: PastRecord | null;
  /** Gifts whose live entry stays, and why. */
  readonly kept: Readonly<Record<string, string>>;
}

/** A step on the way of a commit to viewers. */
export interface TimelineStep {
  readonly kind: "thrown" | "merged" | "stop" | "edges" | "published";
  /** Epoch milliseconds; null while it has not happened. */
  readonly at: number | null;
  /** After the merge; less than 0 before it. */
  readonly seconds: number | null;
  /** For edges: which regions have it, and which have not. */
  readonly seen: readonly string[];
  readonly unseen: readonly string[];
  /** For what was published. */
  readonly revision: number | null;
  readonly generation: number | null;
}

/** What became of a merge, for viewers. */
export interface Timeline {
  readonly kind: "rollback" | "stop" | "change";
  readonly environment: string;
  readonly commit: string;
  readonly mergedAt: number;
  readonly moves: readonly ReleaseMove[];
  readonly overrides: readonly OverrideMove[];
  readonly steps: readonly TimelineStep[];
  readonly gifts: readonly { readonly gift: string; readonly seen: readonly SeenRelease[] }[];
  /** Releases that nothing but a person opens again. */
  readonly closed: readonly Pick<ReleaseMove, "gift" | "version">[];
  readonly kept: readonly { readonly gift: string; readonly why: string }[];
}

/** From what was read; touches nothing. */
export function toTimeline(facts: TimelineFacts): Timeline {
  const { environment, commit, mergedAt, moves, overrides, records, thrown, kept } = facts;
  const isRollback = moves.some((it) => isNarrowed(it.before, it.after));
  const kind = isRollback ? "rollback" : overrides.length > 0 ? "stop" : "change";
  const gifts = [...new Set(moves.map((it) => it.gift))].sort();
  return {
    kind,
    environment,
    commit,
    mergedAt,
    moves,
    overrides,
    steps: toSteps(kind, mergedAt, records, thrown),
    gifts: gifts.map((gift) => ({ gift, seen: untilEveryone(facts.seen.get(gift) ?? []) })),
    closed: moves.filter(isClosing).map(({ gift, version }) => ({ gift, version })),
    kept: gifts.flatMap((gift) => {
      const why = kept[gift];
      return why === undefined ? [] : [{ gift, why }];
    }),
  };
}

/** Whether a stage was closed: a share that was lowered may be raised again by the gate. */
export function isClosing({ before, after }: Pick<ReleaseMove, "before" | "after">): boolean {
  const [then, now] = [reachedStage(before), reachedStage(after)];
  return then !== null && (now === null || STAGES.indexOf(now) < STAGES.indexOf(then));
}

function toSteps(
  kind: Timeline["kind"],
  mergedAt: number,
  records: readonly PastRecord[],
  thrown: PastRecord | null,
): readonly TimelineStep[] {
  const step = (
    kind: TimelineStep["kind"],
    at: number | null,
    more: Partial<TimelineStep> = {},
  ): TimelineStep => ({
    kind,
    at,
    seconds: at === null ? null : Math.round((at - mergedAt) / 1000),
    seen: [],
    unseen: [],
    revision: null,
    generation: null,
    ...more,
  });
  const stop = records.find((it) => it.kind === "stop") ?? null;
  const published = records.find((it) => it.kind === "publish" || it.kind === "repair") ?? null;
  const first = kind === "change" ? published : (stop ?? published);
  const edges = first?.edges ?? [];
  const seenAt = edges.map((it) => (it.ok && first ? first.at + (it.milliseconds ?? 0) : null));
  const lastSeen = seenAt.every((it) => it !== null) && seenAt.length > 0 ? Math.max(...seenAt) : null;
  const regions = (ok: boolean) =>
    [...new Set(edges.filter((it) => it.ok === ok).map((it) => it.region))].sort();
  return [
    ...(thrown ? [step("thrown", thrown.at, { revision: thrown.revision })] : []),
    step("merged", mergedAt),
    // Where the override was out already, or the publish itself was the first write, there is nothing to wait for.
    ...(kind === "change" || (!stop && (published || thrown))
      ? []
      : [step("stop", stop?.at ?? null, { revision: stop?.revision ?? null })]),
    ...(edges.length > 0 ? [step("edges", lastSeen, { seen: regions(true), unseen: regions(false) })] : []),
    step("published", published?.at ?? null, {
      revision: published?.revision ?? null,
      generation: published?.generation ?? null,
    }),
  ];
}

/** Older releases than the one that everyone has reach nobody. */
function untilEveryone(seen: readonly SeenRelease[]): readonly SeenRelease[] {
  const last = seen.findIndex((it) => isOpenToAll(it.rollout));
  return last < 0 ? seen : seen.slice(0, last + 1);
}
