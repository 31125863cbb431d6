import type { TrustedMetadata } from "../client/update/trusted.ts";
import type { Store } from "../store/store.ts";
import { makeSnapshot, makeTargets } from "../trust/sign.ts";
import { metadataKey } from "../wire/keys.ts";
import type { FileMeta } from "../wire/metadata.ts";
import type { Override } from "../wire/override.ts";
import { contentOf, type Signers, writeNext, writeTimestamp } from "./apply.ts";
import { type LiveHead, type LiveTimestamp, readLiveHead } from "./live.ts";
import { putRoots } from "./putRoots.ts";
import { prolongStops } from "./stops.ts";

/** All roots that git has, oldest first, the trusted one last. */
export type Roots = readonly Uint8Array[];

/**
 * Signs what is live with the keys that the root names now, where a former one named others, and says nothing else than
 * before: no tree is read, so nothing that is wrong in git can hold it up. A stop after it finds keys that every client takes.
 * @param trusted the one that `live` was just read with
 * @returns what is live then, or null when somebody else wrote meanwhile
 */
export async function signAnew(
  store: Store,
  trusted: TrustedMetadata,
  live: LiveTimestamp,
  { roots, signers, now }: { readonly roots: Roots; readonly signers: Signers; readonly now: number },
): Promise<LiveTimestamp | null> {
  if (roots.length === 1) return live;
  const head = await readLiveHead(store, trusted, live);
  const { version } = trusted.root;
  const keepsCatalogs = trusted.vouchedBy.snapshot === version && trusted.vouchedBy.targets === version;
  if (keepsCatalogs && trusted.vouchedBy.timestamp === version) {
    if (!(await store.head(metadataKey("root", version)))) await putRoots(store, roots);
    return live;
  }
  const { snapshot, overrides } = keepsCatalogs
    ? contentOf(live)
    : await signGeneration(store, head, signers, now);
  await putRoots(store, roots);
  const content = { ...contentOf(live), snapshot, overrides };
  return writeTimestamp(store, live, content, signers.timestamp, now);
}

/** The same targets under a new signature. A stop that waits for the next generation waits on, for this one does not carry it. */
export async function signGeneration(
  store: Store,
  head: LiveHead,
  { release }: Signers,
  now: number,
): Promise<{ snapshot: FileMeta; overrides: readonly Override[] }> {
  const targets = await writeNext(store, "targets", head.targetsMeta.version + 1, release, (version) =>
    makeTargets(version, head.targets, now),
  );
  const snapshot = await writeNext(store, "snapshot", head.generation + 1, release, (version) =>
    makeSnapshot(version, targets, now),
  );
  const present = head.timestamp.signed.giftwrap.overrides;
  return { snapshot, overrides: prolongStops(present, head.generation, snapshot.version) };
}
