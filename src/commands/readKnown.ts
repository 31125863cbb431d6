import { DECODE_BOUNDS } from "../metrics/families.ts";
import { type KnownRelease, KnownReleases } from "../metrics/knownReleases.ts";
import { lockPath } from "../model/paths.ts";
import { readProject } from "../source/readProject.ts";
import type { Tree } from "../source/tree.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { TIERS } from "../wire/viewer.ts";

/** What beacons may speak of. */
export interface Known {
  readonly releases: KnownReleases;
  /** Releases with a lock that can be read. */
  readonly count: number;
  readonly regions: ReadonlySet<string>;
  readonly platforms: ReadonlySet<string>;
  /** Milliseconds: the gate's objective for decoding, and a bound on either side of it, so that a quantile near it is told apart. */
  readonly decodeBounds: readonly number[];
}

/**
 * The releases that have a lock, the regions of the environment's edges, of the gate's traffic and those that any release has a
 * slice in, and the platforms that the policy or any release names. What cannot be read is left out: `validate` speaks of that.
 */
export async function readKnown(tree: Tree, environment: string): Promise<Known> {
  const { project } = await readProject(tree);
  const locks = [...project.locks.values()].map(({ value }) => value);
  const bytes = await tree.read(locks.map((it) => lockPath(it.gift, it.version)));
  const releases = locks.map(({ gift, version, tiers }): KnownRelease => {
    const files = TIERS.flatMap((tier) => tiers[tier]?.files ?? []);
    return {
      gift,
      version,
      build: digestOf(bytes.get(lockPath(gift, version)) ?? new Uint8Array()).slice(0, 12),
      digests: files.filter((it) => it.role === "animation").map((it) => it.digest),
    };
  });
  const written = [...project.releases.values()].map(({ value }) => value);
  const policy = project.policy?.value;
  const objective = policy?.gate?.metrics.slow?.overMilliseconds;
  const edges = project.environments.get(environment)?.value.edges ?? {};
  return {
    releases: new KnownReleases(releases),
    count: releases.length,
    regions: new Set([
      ...Object.keys(edges),
      ...Object.keys(policy?.gate?.traffic?.regions ?? {}),
      ...written.flatMap((it) => Object.keys(it.rollout.regional.regions)),
    ]),
    platforms: new Set([
      ...Object.keys(policy?.platforms ?? {}),
      ...written.flatMap((it) => Object.keys(it.compat.app)),
    ]),
    decodeBounds: objective === undefined ? [] : boundsAround(objective),
  };
}

/** The objective, and where the histogram has no bound near it one on that side. */
function boundsAround(objective: number): readonly number[] {
  const has = (from: number, to: number) =>
    DECODE_BOUNDS.some((it) => it >= from && it <= to && it !== objective);
  return [
    ...(has(0.8 * objective, objective) ? [] : [Math.round(0.9 * objective)]),
    objective,
    ...(has(objective, 1.25 * objective) ? [] : [Math.round(1.1 * objective)]),
  ];
}
