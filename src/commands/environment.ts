import { resolve } from "node:path";
import { environmentPath, rootPath } from "../model/paths.ts";
import type { EnvironmentFile } from "../model/schemas.ts";
import { type Edge, toEdges } from "../publish/edges.ts";
import { GiftError } from "../report/error.ts";
import { findingsToText } from "../report/text.ts";
import { parseFile } from "../source/readProject.ts";
import type { Tree } from "../source/tree.ts";
import { fileStore } from "../store/fileStore.ts";
import type { Store } from "../store/store.ts";

/** An environment with its drivers chosen. */
export interface Environment {
  readonly name: string;
  readonly file: EnvironmentFile;
  readonly store: Store;
  readonly edges: readonly Edge[];
  /** The trusted root, or null before `keys init`. */
  readonly root: Uint8Array | null;
}

/** @throws GiftError `ENVIRONMENT_MISSING` or `ENVIRONMENT_BROKEN` */
export async function openEnvironment(
  repository: string,
  tree: Tree,
  name: string,
  edges: readonly Edge[] = [],
): Promise<Environment> {
  const path = environmentPath(name);
  const files = await tree.read([path, rootPath(name)]);
  const bytes = files.get(path);
  if (!bytes)
    throw new GiftError(
      "ENVIRONMENT_MISSING",
      `${path} is not there`,
      "name one that exists with --env, or write that file",
    );
  const { located, findings } = parseFile("environment", path, bytes);
  if (!located)
    throw new GiftError(
      "ENVIRONMENT_BROKEN",
      `${path} cannot be used:\n${findingsToText(findings).trimEnd()}`,
      "mend that file first",
    );
  const file = located.value;
  return {
    name,
    file,
    store: fileStore(resolve(repository, file.store.folder)),
    edges: edges.length > 0 ? edges : toEdges(file.edges),
    root: files.get(rootPath(name)) ?? null,
  };
}

/** @throws GiftError `ROOT_MISSING` */
export function trustedRootOf(environment: Environment): Uint8Array {
  if (environment.root) return environment.root;
  throw new GiftError(
    "ROOT_MISSING",
    `${rootPath(environment.name)} is not in this commit, so nothing could be trusted`,
    `make keys and a root with npx giftwrap keys init --env ${environment.name}, and commit the root`,
  );
}
