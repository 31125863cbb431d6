import type { Expiries } from "../publish/expiry.ts";
import { type Live, readLive, readLiveTimestamp } from "../publish/live.ts";
import { isEmptyPlan, type Kept, type Plan, planPublish } from "../publish/plan.ts";
import type { Desired } from "../publish/desired.ts";
import type { TrustedMetadata } from "../client/update/trusted.ts";
import { commitOf, git, isAncestor } from "../source/git.ts";
import { type Tree } from "../source/tree.ts";
import type { Override } from "../wire/override.ts";
import type { Io } from "./command.ts";
import { type Environment, trustEnvironment } from "./environment.ts";
import { mustReadDesired } from "./readDesired.ts";

/** How the live commit stands to the one that is checked out here. */
export type Standing =
  | { readonly kind: "same" }
  /** Live is that many commits older, or newer. */
  | { readonly kind: "older" | "newer"; readonly commits: number }
  /** Neither was built on the other, or this clone does not have the live one. */
  | { readonly kind: "unrelated" | "unknown" };

/** Git and what is live, side by side. */
export interface Drift {
  readonly live: Live | null;
  readonly expires: Expiries;
  /** Null before the first publish. */
  readonly standing: Standing | null;
  readonly wanted: Desired;
  readonly kept: Kept;
  readonly plan: Plan;
  /** Whether a publish would change anything for anybody. */
  readonly isUnfinished: boolean;
  /** Written with break-glass, and git does not say them yet. */
  readonly unadopted: readonly Override[];
}

/** @throws GiftError `FILES_BROKEN`, `LIVE_BROKEN`, or what the store says */
export async function gatherDrift(
  io: Io,
  environment: Environment,
  tree: Tree,
  head: string | null,
): Promise<Drift> {
  const trusted = environment.root && (await trustEnvironment(environment));
  const timestamp = trusted && (await readLiveTimestamp(environment.store, trusted));
  const live = timestamp && (await readLive(environment.store, trusted, timestamp));
  const { wanted, kept } = await mustReadDesired(tree, environment, io.now());
  const plan = planPublish(wanted, live, kept);
  const present = live?.timestamp.signed.giftwrap.overrides ?? [];
  return {
    live,
    expires: expiriesOf(trusted),
    standing: live && (await standingOf(io.root, live.timestamp.signed.giftwrap.commit, head)),
    wanted,
    kept,
    plan,
    isUnfinished: !isEmptyPlan(plan),
    unadopted: unadoptedOf(present, wanted),
  };
}

export function unadoptedOf(present: readonly Override[], wanted: Desired): readonly Override[] {
  const inGit = new Set(wanted.overrides.map((it) => it.id));
  return present.filter((it) => it.origin === "break-glass" && !inGit.has(it.id));
}

export async function standingOf(root: string, live: string, head: string | null): Promise<Standing> {
  if (head === live) return { kind: "same" };
  if (head === null || (await commitOf(root, live)) === null) return { kind: "unknown" };
  const distance = async (from: string, to: string) =>
    Number((await git(root, ["rev-list", "--count", `${from}..${to}`])).trim());
  if (await isAncestor(root, live, head)) return { kind: "older", commits: await distance(live, head) };
  if (await isAncestor(root, head, live)) return { kind: "newer", commits: await distance(head, live) };
  return { kind: "unrelated" };
}

function expiriesOf(trusted: TrustedMetadata | null): Expiries {
  if (!trusted) return {};
  const { root, timestamp, snapshot, targets } = trusted;
  return {
    root: root.expires,
    ...(timestamp && { timestamp: timestamp.expires }),
    ...(snapshot && { snapshot: snapshot.expires }),
    ...(targets && { targets: targets.expires }),
  };
}
