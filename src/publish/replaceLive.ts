import { isRecord } from "../wire/isRecord.ts";
import type { Store } from "../store/store.ts";
import { TIMESTAMP_KEY } from "../wire/keys.ts";
import type { Timestamp } from "../wire/metadata.ts";
import type { Override } from "../wire/override.ts";
import type { Live, LiveTimestamp } from "./live.ts";

/** Version numbers above this were not reached by publishing; nothing is counted on from them. */
const MAX_PLAUSIBLE = 2 ** 31;
/** No log says which version the targets had, and if they are lost, another file must not have theirs: apps would not ask for it. */
const SURELY_UNUSED = 1_000;

/** Where to go on from when what is live is not believed. */
export interface Replacement {
  /** Nothing but where to count on from, what to carry, and what the timestamp is to be swapped for. */
  readonly live: Live;
  /** What was carried of the overrides, and why. */
  readonly carried: readonly { readonly id: string; readonly from: string }[];
}

/**
 * What can be kept of a live state that is not believed: numbers to count on from, so that clients go forward, and the
 * overrides, so that none is lost. Catalogs come from git alone. The log is not signed, but what signed the timestamp is in
 * other hands or unknown, so the log is the best that there is; a person hears what was taken from where.
 * @param believed the timestamp, when it at least is trusted
 * @param leaked the timestamp as somebody signed it with a key that is no longer trusted; nothing of it that widens is taken
 */
export async function readReplacement(
  store: Store,
  believed: LiveTimestamp | null,
  leaked: Timestamp | null,
): Promise<Replacement> {
  const stored = await store.get(TIMESTAMP_KEY);
  const logged = await readNewestLog(store);
  const carried = believed
    ? believed.signed.giftwrap.overrides.map((it) => ({ it, from: "what is live" }))
    : carriedFrom(logged, leaked);
  const numbers = await store.list("metadata/");
  const generation = Math.max(
    highest(numbers, "snapshot"),
    logged?.generation ?? 0,
    believed?.signed.meta["snapshot.json"].version ?? 0,
  );
  const revisions = [versionOf(stored?.bytes), logged?.revision ?? 0];
  const live: Live = {
    timestamp: {
      signed: {
        _type: "timestamp",
        spec_version: "",
        version: Math.max(...revisions.filter((it) => it <= MAX_PLAUSIBLE), 0),
        expires: "",
        meta: { "snapshot.json": { version: generation } },
        giftwrap: {
          format: "",
          pollSeconds: 0,
          commit: believed?.signed.giftwrap.commit ?? logged?.commit ?? "",
          overrides: carried.map((it) => it.it),
        },
      },
      tag: stored?.tag ?? null,
      bytes: stored?.bytes ?? new Uint8Array(),
    },
    generation,
    targetsMeta: { version: highest(numbers, "targets") + SURELY_UNUSED },
    targets: {},
    catalogs: { low: "", mid: "", high: "" },
  };
  return { live, carried: carried.map(({ it, from }) => ({ id: it.id, from })) };
}

interface Logged {
  readonly revision: number;
  readonly generation: number;
  readonly commit: string;
  readonly overrides: readonly Override[];
}

function carriedFrom(
  logged: Logged | null,
  leaked: Timestamp | null,
): readonly { readonly it: Override; readonly from: string }[] {
  const sure = (logged?.overrides ?? []).map((it) => ({
    it,
    from: `the log of revision ${logged?.revision}`,
  }));
  const known = new Set(sure.map(({ it }) => it.id));
  // Stops and drills end with the catalogs that are written now; only a person's override goes on.
  const unsure = (leaked?.giftwrap.overrides ?? [])
    .filter((it) => isOverride(it) && it.origin === "break-glass" && !known.has(it.id))
    .map((it) => ({ it, from: "what was live alone, so perhaps from whoever has the leaked key" }));
  return [...sure, ...unsure];
}

/** The newest record that can be read. */
async function readNewestLog(store: Store): Promise<Logged | null> {
  const revisions = (await store.list("log/"))
    .flatMap((key) => /^log\/(\d{1,10})\.json$/.exec(key)?.[1] ?? [])
    .map(Number)
    .filter((it) => it <= MAX_PLAUSIBLE)
    .sort((a, b) => b - a);
  for (const revision of revisions) {
    const stored = await store.get(`log/${revision}.json`);
    const record = stored && parse(stored.bytes);
    if (!isRecord(record)) continue;
    const { generation, commit, overrides } = record;
    if (typeof generation !== "number" || typeof commit !== "string" || !Array.isArray(overrides)) continue;
    return { revision, generation, commit, overrides: overrides.filter(isOverride) };
  }
  return null;
}

function highest(keys: readonly string[], role: "snapshot" | "targets"): number {
  const pattern = new RegExp(`^metadata/(\\d{1,10})\\.${role}\\.json$`);
  const versions = keys.flatMap((key) => pattern.exec(key)?.[1] ?? []).map(Number);
  return Math.max(0, ...versions.filter((it) => it <= MAX_PLAUSIBLE));
}

/** Of a timestamp that nobody vouches for. */
function versionOf(bytes: Uint8Array | undefined): number {
  const parsed = bytes && parse(bytes);
  const signed = isRecord(parsed) ? parsed["signed"] : undefined;
  const version = isRecord(signed) ? signed["version"] : undefined;
  return typeof version === "number" && Number.isSafeInteger(version) && version > 0 ? version : 0;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}

function isOverride(value: unknown): value is Override {
  if (!isRecord(value) || typeof value["id"] !== "string" || !isRecord(value["limit"])) return false;
  const { gifts, origin, untilGeneration } = value;
  return (
    (origin === "git" || origin === "break-glass" || origin === "stop" || origin === "drill") &&
    (gifts === "*" || (Array.isArray(gifts) && gifts.every((it) => typeof it === "string"))) &&
    (untilGeneration === undefined || Number.isSafeInteger(untilGeneration))
  );
}
