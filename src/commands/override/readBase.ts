import { revisionOf } from "../../publish/edges.ts";
import { type LiveTimestamp, readLiveTimestamp } from "../../publish/live.ts";
import { putRoots } from "../../publish/putRoots.ts";
import { explainError, GiftError } from "../../report/error.ts";
import { count } from "../../report/text.ts";
import type { Store, Stored } from "../../store/store.ts";
import { TIMESTAMP_KEY } from "../../wire/keys.ts";
import { trustedRootOf, trustEnvironment } from "../environment.ts";
import type { Switch } from "./openSwitch.ts";
import { type LastKnown, readLastKnown } from "./readLastKnown.ts";

/** Errors that nothing found elsewhere would help against. */
const FINAL = ["NOTHING_PUBLISHED", "ROOT_BROKEN"];

/**
 * Reads the timestamp to write on: the store's, or, where that cannot be read or trusted, the newest that an edge or the copy
 * has. Writing is by compare-and-swap, so on one that is too old it is refused and nobody's change is lost.
 */
export function baseReader(opened: Switch, say: (line: string) => void): () => Promise<LiveTimestamp> {
  let hasFallenBack = false;
  return async () => {
    try {
      return await readFromStore(opened);
    } catch (error) {
      if (!(error instanceof GiftError) || FINAL.includes(error.code)) throw error;
      // What is known elsewhere does not change by asking again.
      if (hasFallenBack) throw toUnreadable(opened, error, "and what is known elsewhere is not what is live");
      hasFallenBack = true;
      return readFromElsewhere(opened, error, say);
    }
  };
}

async function readFromStore({ environment }: Switch): Promise<LiveTimestamp> {
  const trusted = await trustEnvironment(environment);
  const live = await readLiveTimestamp(environment.store, trusted);
  if (live) {
    // The key of a root that was never published signs what no client takes until it finds that root.
    if (trusted.vouchedBy.timestamp !== trusted.root.version)
      await putRoots(environment.store, [...environment.formerRoots, trustedRootOf(environment)]);
    return live;
  }
  throw new GiftError(
    "NOTHING_PUBLISHED",
    `nothing is published to ${environment.name}, so there is nothing to hold back`,
    "check --env, and the store that the environment's file names",
  );
}

async function readFromElsewhere(
  opened: Switch,
  problem: GiftError,
  say: (line: string) => void,
): Promise<LiveTimestamp> {
  const { environment, saved } = opened;
  say(`the store of ${environment.name} does not help: ${explainError(problem)}`);
  const copy = saved?.timestamp && {
    bytes: new TextEncoder().encode(saved.timestamp.text),
    where: `the copy of ${saved.savedAt}`,
  };
  const last = await readLastKnown(environment.edges, copy ?? null, () => trustEnvironment(environment));
  if (!last) throw problem;
  const { version, giftwrap } = last.signed;
  const ids = giftwrap.overrides.map((it) => it.id);
  say(
    `last known is revision ${version}, from ${last.where}, with ${count(ids.length, "override")}${ids.length > 0 ? `: ${ids.join(", ")}` : ""}`,
  );
  const tag = await findTag(opened, last, problem);
  say("what was written after that is not known here; the store takes the override only if that is nothing");
  return { signed: last.signed, bytes: last.bytes, tag };
}

/** What the store must still hold for the write to be taken. */
async function findTag(opened: Switch, last: LastKnown, problem: GiftError): Promise<string> {
  const { environment, saved } = opened;
  const stored = await getOrNull(environment.store);
  if (stored) {
    if (revisionOf(stored.bytes) <= last.signed.version) return stored.tag;
    const claimed = `and it says that it is revision ${revisionOf(stored.bytes)}, newer than what is known elsewhere`;
    throw toUnreadable(opened, problem, claimed);
  }
  const isCopied = saved?.timestamp?.text === new TextDecoder().decode(last.bytes);
  if (isCopied && saved?.timestamp) return saved.timestamp.tag;
  throw toUnreadable(
    opened,
    problem,
    saved
      ? `and the copy of ${saved.savedAt} is older than what is live`
      : "and there is no copy to write on",
  );
}

async function getOrNull(store: Store): Promise<Stored | null> {
  try {
    return await store.get(TIMESTAMP_KEY);
  } catch (error) {
    if (error instanceof GiftError) return null;
    throw error;
  }
}

function toUnreadable({ environment }: Switch, cause: GiftError, why: string): GiftError {
  return new GiftError(
    "STORE_UNREADABLE",
    `what is live in ${environment.name} cannot be read, ${why}: writing could take somebody else's change back, so nothing was written`,
    "run the command again when the store answers; until then only a commit is left",
    { cause },
  );
}
