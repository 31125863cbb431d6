/** Why a value stays in the store. */
export type KeepReason = "lock" | "catalog" | "rollback" | "announced" | "recent" | "unknown";

/** What names bytes at this moment, as SHA-256 digests, each with the first reason that was found. */
export interface Reachable {
  readonly objects: ReadonlyMap<string, KeepReason>;
  /** Catalogs that are live, or were within the time for catalogs. */
  readonly catalogs: ReadonlySet<string>;
  /** Catalogs that clients may still be on their way to: the live ones, and those of the last week. */
  readonly deltaTargets: ReadonlySet<string>;
  /** What publishers say that they are about to name. */
  readonly announced: ReadonlySet<string>;
}

export interface CollectionPlan {
  readonly remove: readonly { readonly key: string; readonly why: string }[];
  readonly keep: readonly { readonly key: string; readonly reason: KeepReason }[];
}

/**
 * Which of the store's keys nothing names any more. The rule:
 * - an object goes when its digest stands in no lock of main's first-parent history within the retention, of main's tip,
 *   of the live commit and the one that was live before it (what a rollback goes back to), or of a branch that is not merged;
 *   in no catalog that is live or was within the time for catalogs; and no publisher has announced it;
 * - a catalog goes when no revision within the time for catalogs had it, and no publisher has announced it;
 * - a delta goes when one of its two catalogs goes, or when the one that it leads to has not been live for a week.
 *
 * Everything else stays: metadata/, locks/, evidence/, log/, and whatever has a name that is not known here.
 */
export function planCollection(keys: readonly string[], reachable: Reachable): CollectionPlan {
  const remove: { key: string; why: string }[] = [];
  const keep: { key: string; reason: KeepReason }[] = [];
  for (const key of keys) {
    const verdict = judge(key, reachable);
    if ("reason" in verdict) keep.push({ key, reason: verdict.reason });
    else remove.push({ key, why: verdict.why });
  }
  return { remove, keep };
}

function judge(key: string, reachable: Reachable): { reason: KeepReason } | { why: string } {
  const { objects, catalogs, deltaTargets, announced } = reachable;
  const digests = digestsOfKey(key);
  const [first = "", second = ""] = digests;
  if (digests.length === 0) return { reason: "unknown" };
  if (key.startsWith("targets/delta/")) {
    if (!catalogs.has(first) || !catalogs.has(second)) return { why: "a delta between catalogs that go" };
    return deltaTargets.has(second)
      ? { reason: "recent" }
      : { why: "a delta to a catalog that has not been live for a week" };
  }
  if (announced.has(first)) return { reason: "announced" };
  if (key.startsWith("targets/catalog/"))
    return catalogs.has(first) ? { reason: "recent" } : { why: "a catalog of no recent revision" };
  const reason = objects.get(first);
  return reason === undefined ? { why: "no lock and no catalog names it" } : { reason };
}

const COLLECTABLE = [
  /^objects\/sha256\/[0-9a-f]{2}\/([0-9a-f]{64})\.[a-z0-9]+$/,
  /^targets\/catalog\/([0-9a-f]{64})\.(?:low|mid|high)\.jsonl$/,
  /^targets\/delta\/([0-9a-f]{64})-([0-9a-f]{64})\.json$/,
];

/** The digests in the name of an object, a catalog or a delta; none for every other key. */
export function digestsOfKey(key: string): readonly string[] {
  for (const pattern of COLLECTABLE) {
    const found = pattern.exec(key);
    if (found) return found.slice(1);
  }
  return [];
}

/** Every digest that stands in a text, whatever it is: a damaged or newer lock or catalog keeps what it names, too. */
export function digestsIn(text: string): ReadonlySet<string> {
  return new Set(text.match(/(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/g));
}
