import { planShards, type Shard } from "../../bundle/shards.ts";
import { GiftError, UsageError } from "../../report/error.ts";
import { commitOf } from "../../source/git.ts";
import type { ReadProject } from "../../source/readProject.ts";
import type { Tree } from "../../source/tree.ts";
import type { Store } from "../../store/store.ts";
import { digestOf } from "../../trust/nodeCrypto.ts";
import { isRecord } from "../../wire/isRecord.ts";
import { builtShardsKey } from "../../wire/keys.ts";
import type { Io } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { costsOf } from "./costsOf.ts";
import { openCache } from "./openCache.ts";
import { selectReleases } from "./selectReleases.ts";

/** One of so many shares, counted from 1. */
export interface ShardWord {
  readonly number: number;
  readonly of: number;
}

/** More runners than any account has. */
const MOST_SHARDS = 256;

/** @throws UsageError */
export function parseShard(text: string): ShardWord {
  const [, number = "", of = ""] = /^([1-9]\d{0,3})\/([1-9]\d{0,3})$/.exec(text) ?? [];
  const word = { number: Number(number), of: Number(of) };
  if (word.of < 1 || word.number > word.of || word.of > MOST_SHARDS)
    throw new UsageError(`--shard ${text}: write it as 3/16, of at most ${MOST_SHARDS}`);
  return word;
}

/** @throws UsageError */
export function parseShardCount(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= MOST_SHARDS) return Number(text);
  throw new UsageError(`--count ${text}: write a whole number from 1 to ${MOST_SHARDS}`);
}

/**
 * How the releases are spread over so many runners. All of them must take their shares of one plan, while costs change as soon as the first
 * has measured something: so with a shared store whoever asks first writes the plan down, and the others read it. Without
 * one the sizes of the sources decide, which are the same everywhere.
 * @throws GiftError `SHARDS_DAMAGED`
 */
export async function planShares(
  io: Io,
  tree: Tree,
  read: ReadProject,
  { words, environment }: { readonly words: readonly string[]; readonly environment: string | undefined },
  count: number,
): Promise<readonly Shard[]> {
  const { project } = read;
  const releases = selectReleases(read, words);
  if (environment === undefined) return planShards(await costsOf(null, tree, project, releases), count);
  const cache = await openCache(io, tree, environment);
  const { store } = await openEnvironment(io, tree, environment);
  const plan = planShards(await costsOf(cache, tree, project, releases), count);
  const commit = await commitOf(io.root, "HEAD");
  return agree(store, builtShardsKey(digestOf(JSON.stringify([commit, count, releases]))), plan, releases);
}

/** The plan that was written down first. */
async function agree(
  store: Store,
  key: string,
  plan: readonly Shard[],
  releases: readonly string[],
): Promise<readonly Shard[]> {
  if (await store.putIfAbsent(key, new TextEncoder().encode(JSON.stringify(plan)))) return plan;
  const written = parsePlan((await store.get(key))?.bytes ?? new Uint8Array(), releases, plan.length);
  if (written) return written;
  throw new GiftError(
    "SHARDS_DAMAGED",
    `${key} in the store is no plan of these releases`,
    "delete that key, then run all shards again",
  );
}

/** Null for what is no plan of exactly these releases. */
function parsePlan(bytes: Uint8Array, releases: readonly string[], count: number): readonly Shard[] | null {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
  if (!Array.isArray(value) || value.length !== count || !value.every(isShard)) return null;
  const planned = value.flatMap((it) => it.releases).sort();
  const isWhole =
    planned.length === releases.length && [...releases].sort().every((it, at) => it === planned[at]);
  return isWhole ? value : null;
}

function isShard(value: unknown): value is Shard {
  return (
    isRecord(value) &&
    typeof value["seconds"] === "number" &&
    Array.isArray(value["releases"]) &&
    value["releases"].every((it) => typeof it === "string")
  );
}
