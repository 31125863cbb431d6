import { commitOf } from "../source/git.ts";
import { revisionTree, type Tree, workTree } from "../source/tree.ts";
import { type Arguments, type Io, parseEdges } from "./command.ts";
import { type Environment, openEnvironment } from "./environment.ts";

export interface Committed {
  /** Null in a repository without a commit. */
  readonly head: string | null;
  readonly tree: Tree;
  readonly environment: Environment;
}

/** The environment as HEAD has it, or the work tree before the first commit, with the edges that `--edge` names. */
export async function openCommitted(args: Arguments, io: Io, name: string): Promise<Committed> {
  const head = await commitOf(io.root, "HEAD");
  const tree = head === null ? workTree(io.root) : revisionTree(io.root, head);
  return { head, tree, environment: await openEnvironment(io, tree, name, parseEdges(args.texts("edge"))) };
}
