import { inspect } from "../formats/inspect.ts";
import type { Media } from "../formats/media.ts";
import type { GiftFile, LockFile, PolicyFile, ReleaseFile, Variant } from "../model/schemas.ts";
import { allSourceFiles, type GiftSources, type SourceFile } from "../model/sources.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { extensionOf } from "../wire/keys.ts";
import { TIERS } from "../wire/viewer.ts";
import { encode } from "./encode.ts";
import type { BuildCache } from "./objectCache.ts";
import { type Ingredient, planRecipe, type Step, stepKey } from "./recipe.ts";

export interface BuildInput {
  readonly gift: GiftFile;
  readonly release: ReleaseFile;
  readonly sources: GiftSources;
  readonly policy: PolicyFile;
  readonly builder: Readonly<Record<string, string>>;
}

export interface BuildOptions {
  readonly cache: BuildCache;
  /** Encode again even what the cache has: the check that a build is repeatable. */
  readonly afresh?: boolean;
  /** Told before each object that really has to be made. */
  readonly onStep?: (description: string) => void;
}

/** Builds a release's objects into the cache and gives its lock. What is built already costs a look into the cache. */
export async function buildRelease(input: BuildInput, options: BuildOptions): Promise<LockFile> {
  const { gift, release, sources, policy, builder } = input;
  const files = allSourceFiles(sources);
  const bytesOf = new Map(files.map((file) => [digestOf(file.bytes), file.bytes]));
  const sourceOf = (digest: string): Uint8Array => {
    const bytes = bytesOf.get(digest);
    if (!bytes) throw new TypeError(`a recipe names ${digest}, which is no source`);
    return bytes;
  };

  const animation = await Promise.all(sources.animation.map(toIngredient));
  const [main] = animation;
  if (!main) throw new TypeError("a gift without an animation cannot be built");
  const recipe = planRecipe(
    {
      isFolder: sources.isFolder,
      animation: animation.map((it) => it.ingredient),
      fps: gift.fps ?? main.media.fps,
      ...(sources.sound && { sound: (await toIngredient(sources.sound)).ingredient }),
      ...(sources.still && { still: (await toIngredient(sources.still)).ingredient }),
    },
    release.compat.tiers,
    policy,
  );

  const tiers: LockFile["tiers"] = {};
  let player = main.media.player;
  for (const tier of TIERS) {
    const steps = recipe[tier];
    if (!steps) continue;
    const variantFiles: Variant["files"] = [];
    let facts: Media | null = null;
    for (const step of steps) {
      const { digest, bytes } = await make(
        step,
        builder,
        sourceOf,
        `${gift.id} ${release.version} ${tier}`,
        options,
      );
      variantFiles.push({ role: step.role, mediaType: step.mediaType, digest, bytes: bytes.length });
      if (step.role === "animation") facts = await inspect(bytes);
    }
    if (!facts) throw new TypeError("a variant without an animation");
    player = facts.player ?? player;
    const { width, height, frames, fps, decodedBytes, images } = facts;
    tiers[tier] = {
      width,
      height,
      frames,
      fps: Math.round(fps * 1000) / 1000,
      decodedBytes,
      files: variantFiles,
      images,
    };
  }
  return {
    gift: gift.id,
    version: release.version,
    sources: files.map(({ path, bytes }) => ({ path, digest: digestOf(bytes), bytes: bytes.length })),
    builder: { ...builder },
    player: {
      ...(player ?? { name: "webp", version: "1.0.0" }),
      ...(main.media.embeddedSound && { embeddedSound: true as const }),
    },
    slots: [...main.media.slots].sort(),
    tiers,
  };
}

/** The lock's text: the same lock gives the same bytes. */
export function writeLock(lock: LockFile): string {
  return `${JSON.stringify(lock, null, 2)}\n`;
}

async function make(
  step: Step,
  builder: Readonly<Record<string, string>>,
  sourceOf: (digest: string) => Uint8Array,
  what: string,
  { cache, afresh = false, onStep }: BuildOptions,
): Promise<{ digest: string; bytes: Uint8Array }> {
  const key = stepKey(step, builder);
  const known = afresh ? null : await cache.made(key);
  const kept = known && (await cache.object(known, step.mediaType));
  if (known && kept) return { digest: known, bytes: kept };

  if (step.kind !== "carry")
    onStep?.(
      `${what}: encoding the ${step.role} (${extensionOf(step.mediaType)}, ${step.width}x${step.height})`,
    );
  const bytes = await encode(step, sourceOf);
  const digest = await cache.keepObject(bytes, step.mediaType);
  await cache.keepMade(key, digest);
  return { digest, bytes };
}

async function toIngredient(file: SourceFile): Promise<{ ingredient: Ingredient; media: Media }> {
  const media = await inspect(file.bytes);
  const { mediaType, width, height } = media;
  return { ingredient: { digest: digestOf(file.bytes), mediaType, width, height }, media };
}
