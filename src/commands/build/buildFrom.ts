import { buildRelease } from "../../bundle/build.ts";
import { builderIdentity } from "../../bundle/encode.ts";
import type { Run } from "../../bundle/lanes.ts";
import type { BuildCache } from "../../bundle/objectCache.ts";
import type { Project } from "../../model/project.ts";
import type { LockFile } from "../../model/schemas.ts";
import type { DrawingHere } from "./openDrawing.ts";
import { readSources } from "../../source/readSources.ts";
import type { Tree } from "../../source/tree.ts";

/** What every build of a run shares. */
export interface Builder {
  /** The repository's folder. */
  readonly root: string;
  readonly cache: BuildCache;
  readonly run: Run;
  readonly drawing: DrawingHere;
  /** The work tree. */
  readonly here: { readonly tree: Tree; readonly project: Project };
  onStep(description: string): void;
}

export interface BuildFromOptions {
  /** Encode again even what the cache has. */
  readonly afresh: boolean;
  /** Whether its lock is still to be written: only then previews are made, since people see them before it is merged. */
  readonly isNew: boolean;
}

/** Builds a release of a tree; null when its gift, its sources or the policy are missing or too big. */
export async function buildFrom(
  { cache, run, drawing, onStep }: Builder,
  { tree, project }: Builder["here"],
  key: string,
  { afresh, isNew }: BuildFromOptions,
): Promise<LockFile | null> {
  const release = project.releases.get(key)?.value;
  const gift = release && project.gifts.get(release.gift)?.value;
  if (!release || !gift || !project.policy) return null;
  const sources = await readSources(tree, gift);
  if (sources.tooBig.length > 0 || sources.animation.length === 0) return null;
  const input = { gift, release, sources, policy: project.policy.value, builder: await builderIdentity() };
  let milliseconds = 0;
  const measured: Run = (load, work) =>
    run(load, async () => {
      const begun = performance.now();
      try {
        return await work();
      } finally {
        milliseconds += performance.now() - begun;
      }
    });
  let isMade = false;
  const lock = await buildRelease(input, {
    cache,
    afresh,
    run: measured,
    drawing,
    ...(isNew && { makePreviews: drawing.makePreviews }),
    onStep: (description) => {
      isMade = true;
      onStep(description);
    },
  });
  if (isMade) await cache.keepSeconds(release.gift, release.version, milliseconds / 1_000);
  return lock;
}
