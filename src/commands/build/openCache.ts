import { type BuildCache, buildCache } from "../../bundle/objectCache.ts";
import { sharedCache } from "../../bundle/sharedCache.ts";
import type { Tree } from "../../source/tree.ts";
import type { Io } from "../command.ts";
import { openEnvironment } from "../environment.ts";

/** This machine's cache, and behind it the store of an environment where one is named. */
export async function openCache(io: Io, tree: Tree, environment: string | undefined): Promise<BuildCache> {
  const local = buildCache(io.root);
  if (environment === undefined) return local;
  const { store } = await openEnvironment(io, tree, environment);
  return sharedCache(local, store);
}
