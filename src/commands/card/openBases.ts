import type { Project } from "../../model/project.ts";
import { readProject } from "../../source/readProject.ts";
import { revisionTree, type Tree } from "../../source/tree.ts";
import type { Io } from "../command.ts";
import { type Environment, openEnvironment } from "../environment.ts";
import { readLiveOrProblem } from "./viewerLines.ts";

/** What a base says of every change to it. */
export interface Base {
  readonly tree: Tree;
  readonly project: Project;
}

export interface LiveAtBase {
  readonly environment: Environment;
  /** Null with a problem where the store cannot be read. */
  readonly now: Awaited<ReturnType<typeof readLiveOrProblem>>;
}

/** The bases that changes of one run are compared with; each is read once, however many changes there are. */
export interface Bases {
  /** @throws GiftError of git */
  read(commit: string): Promise<Base>;
  /** What is live in an environment as the base names it. @throws GiftError of `openEnvironment` */
  live(commit: string, name: string): Promise<LiveAtBase>;
}

/** Reads nothing yet. @param io its root is the repository whose code runs */
export function openBases(io: Pick<Io, "root" | "variables">): Bases {
  const read = once(async (commit): Promise<Base> => {
    const tree = revisionTree(io.root, commit);
    return { tree, project: (await readProject(tree)).project };
  });
  const live = once(async (key): Promise<LiveAtBase> => {
    const [commit = "", name = ""] = key.split("\0");
    const { tree } = await read(commit);
    const environment = await openEnvironment(io, tree, name);
    return { environment, now: await readLiveOrProblem(environment) };
  });
  return { read, live: (commit, name) => live(`${commit}\0${name}`) };
}

function once<T>(act: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (key) => {
    const before = known.get(key);
    if (before) return before;
    const begun = act(key);
    known.set(key, begun);
    return begun;
  };
}
