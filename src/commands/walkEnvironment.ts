import { httpFetch } from "../client/platform/httpFetch.ts";
import type { Edge } from "../publish/edges.ts";
import { readEarlierDigests } from "../publish/earlier.ts";
import type { Problem } from "../publish/problem.ts";
import { type ReadKey, type Walked, walkPublished } from "../publish/walkPublished.ts";
import { walkRecords } from "../publish/walkRecords.ts";
import { commitOf } from "../source/git.ts";
import { revisionTree, type Tree } from "../source/tree.ts";
import { TIMESTAMP_KEY } from "../wire/keys.ts";
import { writeCatalog } from "../wire/catalog.ts";
import { TIERS } from "../wire/viewer.ts";
import type { Io } from "./command.ts";
import { type Environment, trustedRootOf } from "./environment.ts";
import { readDesired } from "./readDesired.ts";

/** An edge that does not answer is asked once more for each file; that must not take hours. */
const EDGE_PATIENCE_MILLISECONDS = 10_000;

/**
 * Walks an environment through its store: what apps are led to, and what is kept beside it.
 * @param tree where git's files are read when this clone does not have the live commit
 */
export async function walkStore(
  io: Pick<Io, "root" | "now">,
  environment: Environment,
  tree: Tree,
): Promise<Walked> {
  const { store, formerRoots } = environment;
  const read: ReadKey = async (key) => (await store.get(key))?.bytes ?? null;
  const treeOf = async (commit: string): Promise<Tree> => {
    const live = await commitOf(io.root, commit);
    return live === null ? tree : revisionTree(io.root, live);
  };
  const walked = await walkPublished(read, trustedRootOf(environment), {
    now: io.now(),
    formerRoots,
    readEarlier: (revision) => readEarlierDigests(store, revision),
    readGitCatalogs: async (commit) => {
      const { wanted } = await readDesired(await treeOf(commit), environment, io.now());
      return wanted ? Object.fromEntries(TIERS.map((it) => [it, writeCatalog(it, wanted.lines[it])])) : {};
    },
  });
  if (!walked.timestamp) return walked;
  const locks = await treeOf(walked.timestamp.giftwrap.commit);
  const records = await walkRecords(store, {
    root: walked.root,
    revision: walked.timestamp.version,
    releases: walked.releases,
    readLocks: (paths) => locks.read(paths),
  });
  return {
    ...walked,
    problems: [...walked.problems, ...records.problems].sort(byKey),
    files: walked.files + records.files,
    bytes: walked.bytes + records.bytes,
  };
}

/** Walks what an edge serves. Deltas are asked for as the store's log knows them. */
export async function walkEdge(
  io: Pick<Io, "now">,
  environment: Environment,
  edge: Edge,
  readEarlier: (revision: number) => ReturnType<typeof readEarlierDigests>,
): Promise<Walked> {
  const fetch = httpFetch({ baseUrl: edge.url, timeoutMilliseconds: EDGE_PATIENCE_MILLISECONDS });
  const read: ReadKey = async (key, maxBytes) => {
    const result = await fetch(key, { maxBytes, revalidate: key === TIMESTAMP_KEY });
    return result.kind === "body" ? result.bytes : null;
  };
  const { formerRoots } = environment;
  const options = { now: io.now(), formerRoots, readEarlier };
  const walked = await walkPublished(read, trustedRootOf(environment), options);
  return { ...walked, problems: [...walked.problems].sort(byKey) };
}

function byKey(a: Problem, b: Problem): number {
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}
