import { httpFetch } from "../../client/platform/httpFetch.ts";
import { ClientError } from "../../client/error.ts";
import { lockPath } from "../../model/paths.ts";
import type { LockFile } from "../../model/schemas.ts";
import type { Edge } from "../../publish/edges.ts";
import type { ObjectSource } from "../../publish/apply.ts";
import { GiftError } from "../../report/error.ts";
import { parseFile } from "../../source/readProject.ts";
import type { Tree } from "../../source/tree.ts";
import { digestOf } from "../../trust/nodeCrypto.ts";
import { type ObjectFile, writeCatalog } from "../../wire/catalog.ts";
import { objectKey } from "../../wire/keys.ts";
import { TIERS } from "../../wire/viewer.ts";
import type { Io } from "../command.ts";
import { type Environment, objectSource } from "../environment.ts";
import { parseReleaseWord } from "../command.ts";
import { readDesired } from "../readDesired.ts";

/** Bytes that have the digest that was asked for, and where they were. */
export interface FoundBytes {
  readonly bytes: Uint8Array;
  readonly from: string;
}

/** Looks for bytes by their digest, from the nearest place to the farthest. Whatever does not have it is passed over. */
export interface ByteFinder {
  object(file: ObjectFile, releases: readonly string[]): Promise<FoundBytes>;
  /** Signed metadata or a catalog. */
  file(key: string, digest: string): Promise<FoundBytes>;
}

const EDGE_PATIENCE_MILLISECONDS = 5_000;
const MAX_BYTES = 64_000_000;

/**
 * @param tree of the commit whose locks count
 * @param liveTree of the live commit, if this clone has it: catalogs are compiled from it again
 * @param other another environment to copy from, besides the one that the environment names
 */
export async function byteFinder(
  io: Io,
  environment: Environment,
  tree: Tree,
  liveTree: Tree | null,
  other: Environment | null,
): Promise<ByteFinder> {
  const nearest = await objectSource(io, environment, tree);
  const { edges } = environment;
  const builds = new Map<string, Promise<string>>();
  let compiled: Promise<ReadonlyMap<string, Uint8Array>> | undefined;

  const throughEdges = async (key: string, digest: string): Promise<FoundBytes | null> => {
    for (const edge of edges) {
      const bytes = edge.outOfService === undefined ? await throughEdge(edge, key) : null;
      if (bytes && digestOf(bytes) === digest) return { bytes, from: `the ${edge.region} edge` };
    }
    return null;
  };
  const build = (release: string) => {
    const known = builds.get(release) ?? buildAgain(io, tree, release);
    builds.set(release, known);
    return known;
  };

  return {
    object: async (file, releases) => {
      const { digest, mediaType } = file;
      const key = objectKey(digest, mediaType);
      const near = await right(nearest, file);
      const from = environment.file.objectsFrom;
      if (near)
        return { bytes: near, from: from === undefined ? "the build cache" : `the build cache or ${from}` };
      const copied = other && (await other.store.get(key));
      if (other && copied && digestOf(copied.bytes) === digest)
        return { bytes: copied.bytes, from: other.name };
      const served = await throughEdges(key, digest);
      if (served) return served;
      const tried: string[] = [];
      for (const release of releases) {
        tried.push(`${release} ${await build(release)}`);
        const built = await right(nearest, file);
        if (built) return { bytes: built, from: `a build of ${release}` };
      }
      throw new GiftError("BYTES_NOWHERE", `no place has its bytes (${tried.join("; ")})`, "");
    },
    file: async (key, digest) => {
      compiled ??= compile(liveTree, environment, io.now());
      const bytes = (await compiled).get(digest);
      if (bytes) return { bytes, from: "git" };
      const served = await throughEdges(key, digest);
      if (served) return served;
      throw new GiftError("BYTES_NOWHERE", "no place has its bytes", "");
    },
  };
}

async function right(source: ObjectSource, { digest, mediaType }: ObjectFile): Promise<Uint8Array | null> {
  const bytes = await source(digest, mediaType);
  return bytes && digestOf(bytes) === digest ? bytes : null;
}

async function throughEdge(edge: Edge, key: string): Promise<Uint8Array | null> {
  const fetch = httpFetch({ baseUrl: edge.url, timeoutMilliseconds: EDGE_PATIENCE_MILLISECONDS });
  try {
    const result = await fetch(key, { maxBytes: MAX_BYTES });
    return result.kind === "body" ? result.bytes : null;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    return null;
  }
}

/** The catalogs of a commit by their digests; where a gift was kept they differ from what was published, and help nobody. */
async function compile(
  tree: Tree | null,
  environment: Environment,
  now: number,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const read = tree && (await readDesired(tree, environment, now));
  if (!read?.wanted) return new Map();
  const { lines } = read.wanted;
  return new Map(
    TIERS.map((tier) => {
      const bytes = new TextEncoder().encode(writeCatalog(tier, lines[tier]));
      return [digestOf(bytes), bytes];
    }),
  );
}

/** What came of it, in words. Its objects are in the build cache then, where the build gives the locked ones. */
async function buildAgain(io: Io, tree: Tree, release: string): Promise<string> {
  const { gift, version = "" } = parseReleaseWord(release);
  const path = lockPath(gift, version);
  const bytes = (await tree.read([path])).get(path);
  const lock: LockFile | undefined = bytes && parseFile("lock", path, bytes).located?.value;
  if (!lock) return "has no lock here";
  // Only now: it brings the image library along.
  const { bringBack } = await import("../build/buildReleases.ts");
  io.progress(`${release}: building its objects again`);
  return (await bringBack(io, lock)).message;
}
