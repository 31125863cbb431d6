import { GiftError } from "../report/error.ts";
import { isShallow, mergeBase } from "../source/git.ts";
import { requireBase } from "./gatherFacts.ts";

/**
 * Where the work tree left the base: what others merged since is no part of this change.
 * @throws GiftError `BASE_MISSING`, `BASE_UNRELATED`
 */
export async function forkPoint(root: string, base: string): Promise<string> {
  const commit = await requireBase(root, base);
  const fork = await mergeBase(root, commit, "HEAD");
  if (fork !== null) return fork;
  const shallow = await isShallow(root);
  throw new GiftError(
    "BASE_UNRELATED",
    `nobody can say where this branch left ${base}: ${shallow ? "this clone leaves history out" : "the two have no commit in common"}`,
    shallow
      ? "run git fetch --unshallow (in a workflow, check out with fetch-depth: 0)"
      : "name the branch that this one was made from",
  );
}
