import { resolve } from "node:path";
import { buildCache } from "../bundle/objectCache.ts";
import type { TrustedMetadata } from "../client/update/trusted.ts";
import { environmentPath, formerRootPath, rootPath } from "../model/paths.ts";
import type { EnvironmentFile } from "../model/schemas.ts";
import type { ObjectSource } from "../publish/apply.ts";
import { type Edge, toEdges } from "../publish/edges.ts";
import { readLiveTimestamp, trustRoot } from "../publish/live.ts";
import { GiftError } from "../report/error.ts";
import { findingsToText } from "../report/text.ts";
import type { Io } from "./command.ts";
import { parseFile } from "../source/readProject.ts";
import type { Tree } from "../source/tree.ts";
import type { Store } from "../store/store.ts";
import { keyFolder, readSigner } from "../trust/keyring.ts";
import type { Signer } from "../trust/keys.ts";
import { digestOf, nodeCrypto } from "../trust/nodeCrypto.ts";
import { parseRoot } from "../trust/rootFile.ts";
import { objectKey } from "../wire/keys.ts";
import type { Timestamp } from "../wire/metadata.ts";

/** An environment with its drivers chosen. */
export interface Environment {
  readonly name: string;
  readonly file: EnvironmentFile;
  readonly store: Store;
  readonly edges: readonly Edge[];
  /** The trusted root, or null before `keys init`. */
  readonly root: Uint8Array | null;
  /** The roots that it replaced, oldest first, as far back as git has them without a gap. */
  readonly formerRoots: readonly Uint8Array[];
}

/** @throws GiftError `ENVIRONMENT_MISSING` or `ENVIRONMENT_BROKEN` */
export async function openEnvironment(
  { root, variables }: Pick<Io, "root" | "variables">,
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
  const trustedRoot = files.get(rootPath(name)) ?? null;
  return {
    name,
    file,
    store: await openStore(root, file.store, variables),
    edges: edges.length > 0 ? edges : toEdges(file.edges),
    root: trustedRoot,
    formerRoots: trustedRoot ? await readFormerRoots(tree, name, trustedRoot) : [],
  };
}

async function readFormerRoots(tree: Tree, name: string, root: Uint8Array): Promise<readonly Uint8Array[]> {
  const { version } = parseRoot(rootPath(name), root).signed;
  // Most have one root only, and a stop does not wait for files that cannot be there.
  if (version === 1) return [];
  const paths = Array.from({ length: version - 1 }, (_, at) => formerRootPath(name, version - 1 - at));
  const files = await tree.read(paths);
  const found: Uint8Array[] = [];
  for (const path of paths) {
    const bytes = files.get(path);
    if (!bytes) break;
    found.unshift(bytes);
  }
  return found;
}

/** @throws GiftError `ROOT_MISSING`, `ROOT_BROKEN` */
export async function trustEnvironment(environment: Environment): Promise<TrustedMetadata> {
  return trustRoot(trustedRootOf(environment), nodeCrypto, environment.formerRoots);
}

/**
 * The live timestamp as a key signed it that one of the roots calls leaked; null where that is not what is wrong with it.
 * @throws GiftError when the store cannot be read
 */
export async function readLeakedTimestamp(environment: Environment): Promise<Timestamp | null> {
  const root = trustedRootOf(environment);
  const trusted = await trustRoot(root, nodeCrypto, environment.formerRoots, true);
  try {
    await readLiveTimestamp(environment.store, trusted);
  } catch (error) {
    if (!isLiveBroken(error)) throw error;
  }
  // Also one whose version number is beyond counting: that is how it is told.
  return trusted.timestamp ?? null;
}

/** Whether what is live cannot be believed, rather than not be read. */
export function isLiveBroken(error: unknown): error is GiftError {
  return error instanceof GiftError && error.code === "LIVE_BROKEN";
}

/** The private key that the environment's root names. @throws GiftError `KEY_MISSING`, `KEY_UNREADABLE`, `KEY_WRONG` */
export async function readSignerOf(
  { root, variables }: Pick<Io, "root" | "variables">,
  environment: Environment,
  name: "release" | "timestamp",
): Promise<Signer> {
  const owner = { environment: environment.name, root: (await trustEnvironment(environment)).root };
  return readSigner(name, owner, keyFolder(root, environment.name), variables);
}

/** Drivers are loaded when they are asked for: a stop does not wait for one that it does not use. */
async function openStore(
  repository: string,
  store: EnvironmentFile["store"],
  variables: NodeJS.ProcessEnv,
): Promise<Store> {
  if ("folder" in store) {
    const { fileStore } = await import("../store/fileStore.ts");
    return fileStore(resolve(repository, store.folder));
  }
  const { s3Store } = await import("../store/s3Store.ts");
  return s3Store(store.s3, variables);
}

/** Where bytes come from that the environment has not yet: this machine's builds, then the store that it copies from. */
export async function objectSource(
  io: Pick<Io, "root" | "variables">,
  { file }: Environment,
  tree: Tree,
): Promise<ObjectSource> {
  const cache = buildCache(io.root);
  if (file.objectsFrom === undefined) return cache.object;
  const other = await openEnvironment(io, tree, file.objectsFrom);
  const damaged = new Set<string>();
  const copy = async (digest: string, mediaType: string) => {
    const built = await cache.object(digest, mediaType);
    if (built) return built;
    const stored = await other.store.get(objectKey(digest, mediaType));
    if (!stored || digestOf(stored.bytes) === digest) return stored?.bytes ?? null;
    damaged.add(digest);
    return null;
  };
  return Object.assign(copy, {
    whyNot: (digest: string) =>
      damaged.has(digest)
        ? `is damaged in ${other.name}: run npx giftwrap reconcile --env ${other.name}`
        : `is neither built here nor in ${other.name}: publish to ${other.name} first, or run npx giftwrap build`,
  });
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

/** Failures of what is done in an environment say which one it was. */
export async function speakingOf<T>(environment: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof GiftError) || error.message.includes(environment)) throw error;
    throw new GiftError(error.code, `${environment}: ${error.message}`, error.fix, { cause: error.cause });
  }
}
