import { inspect } from "../formats/inspect.ts";
import { declaredOf, type Media, MediaError } from "../formats/media.ts";
import { quoteName } from "../formats/quoteName.ts";
import type { GiftFile, LockFile, PolicyFile, ReleaseFile, Variant } from "../model/schemas.ts";
import { allSourceFiles, type GiftSources, type SourceFile } from "../model/sources.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import type { Player } from "../wire/catalog.ts";
import { canonicalJson } from "../wire/metadata.ts";
import { extensionOf } from "../wire/keys.ts";
import { type Tier, TIERS } from "../wire/viewer.ts";
import type { Drawing } from "./drawing.ts";
import { encode, type Studio } from "./encode.ts";
import { joinPlayers } from "./joinPlayers.ts";
import { inTurn, type Run } from "./lanes.ts";
import type { BuildCache } from "./objectCache.ts";
import { loadOf, planRecipe, type Step, stepKey } from "./recipe.ts";
import type { Artwork } from "./render/frames.ts";
import { type Prepared, toIngredients } from "./toIngredients.ts";

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
  /** Runs the making of objects, maybe beside each other; one after the other when nothing is said. */
  readonly run?: Run;
  /** Draws what has to be drawn; without it only what needs no drawing can be built. */
  readonly drawing?: Drawing;
  /** Makes the previews of an animation. */
  readonly makePreviews?: (artwork: Artwork) => Promise<readonly Preview[]>;
}

/** A picture for people. */
export interface Preview {
  readonly role: "sheet" | "motion";
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Builds a release's objects into the cache and gives its lock. What is built already costs a look into the cache. Which objects
 * are made beside each other changes nothing in them.
 * @throws MediaError when a source cannot be used
 */
export async function buildRelease(input: BuildInput, options: BuildOptions): Promise<LockFile> {
  const { gift, release, sources, policy } = input;
  const files = allSourceFiles(sources);
  const byDigest = new Map(files.map((file) => [digestOf(file.bytes), file]));
  const sourceOf = (digest: string): SourceFile => {
    const file = byDigest.get(digest);
    if (!file) throw new TypeError(`a recipe names ${digest}, which is no source`);
    return file;
  };
  const prepared = await toIngredients(gift, sources);
  const recipe = planRecipe(prepared.ingredients, release.compat.tiers, policy);
  const workshop: Workshop = { input, options, prepared, sourceOf, programs: new Map() };
  const made = await makeAll(workshop, Object.values(recipe).flat());

  const tiers: LockFile["tiers"] = {};
  const players: Partial<Record<Tier, Player>> = {};
  for (const tier of TIERS) {
    const steps = recipe[tier];
    if (!steps) continue;
    const variantFiles: Variant["files"] = [];
    let facts: Media | null = null;
    for (const step of steps) {
      const object = await made(step);
      const { role, mediaType } = step;
      variantFiles.push({ role, mediaType, digest: object.digest, bytes: object.bytes.length });
      if (step.role === "animation") facts = await readVariant(workshop, step, object);
    }
    if (facts && facts.kind !== "animation") throw doesNotMove(tier);
    if (!facts) throw new TypeError("a variant without an animation");
    if (facts.player) players[tier] = facts.player;
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
  const previews = await keepPreviews(workshop);
  return {
    gift: gift.id,
    version: release.version,
    sources: files.map(({ path, bytes }) => ({ path, digest: digestOf(bytes), bytes: bytes.length })),
    builder: {
      ...input.builder,
      ...Object.fromEntries([...workshop.programs].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
    player: {
      ...(joinPlayers(players) ?? { name: "webp", version: "1.0.0" }),
      ...(prepared.media.embeddedSound && { embeddedSound: true as const }),
    },
    slots: [...prepared.media.slots].sort(),
    ...(previews.length > 0 && { previews }),
    tiers,
  };
}

function doesNotMove(tier: Tier): MediaError {
  return new MediaError(
    `for the ${tier} tier a single picture is left of the animation: its frames all look the same, or it is over in a moment`,
    "export frames that differ, and an animation of at least half a second",
  );
}

/** The lock's text: the same lock gives the same bytes. */
export function writeLock(lock: LockFile): string {
  return `${JSON.stringify(lock, null, 2)}\n`;
}

interface Workshop {
  readonly input: BuildInput;
  readonly options: BuildOptions;
  readonly prepared: Prepared;
  readonly sourceOf: (digest: string) => SourceFile;
  /** What drew something of this release, with versions. */
  readonly programs: Map<string, string>;
}

interface Made {
  readonly digest: string;
  readonly bytes: Uint8Array;
}

/** Makes each different object once, the largest first, so that none is left to run alone at the end. */
async function makeAll(workshop: Workshop, steps: readonly Step[]): Promise<(step: Step) => Promise<Made>> {
  const { run = inTurn } = workshop.options;
  const byKey = new Map(steps.map((step) => [canonicalJson(step), step]));
  const largestFirst = [...byKey].sort(([, a], [, b]) => loadOf(b) - loadOf(a));
  const made = new Map<string, Promise<Made>>();
  for (const [key, step] of largestFirst) {
    const work = () => make(workshop, step);
    made.set(key, step.kind === "carry" ? work() : run({ bytes: loadOf(step) }, work));
  }
  // All of them end before anything is thrown: nothing goes on behind the back of who asked.
  const failed = (await Promise.allSettled(made.values())).find((it) => it.status === "rejected");
  if (failed) throw failed.reason;
  return async (step) => {
    const object = await made.get(canonicalJson(step));
    if (!object) throw new TypeError("a step that was not planned");
    return object;
  };
}

async function make(workshop: Workshop, step: Step): Promise<Made> {
  const { input, options, sourceOf } = workshop;
  const { cache, afresh = false, onStep } = options;
  const programs = await programsOf(workshop, step);
  const key = stepKey(step, { ...input.builder, ...programs });
  const known = afresh ? null : await cache.made(key);
  const kept = known && (await cache.object(known, step.mediaType));
  if (known && kept) return { digest: known, bytes: kept };

  if (step.kind !== "carry") onStep?.(describe(input, step));
  const bytes = await encode(step, sourceOf, toStudio(workshop));
  const digest = await cache.keepObject(bytes, step.mediaType);
  await cache.keepMade(key, digest);
  return { digest, bytes };
}

function describe(
  { gift, release }: BuildInput,
  step: Step & { kind: Exclude<Step["kind"], "carry"> },
): string {
  const size = step.kind === "scale" ? `for ${step.longSide} pixels` : `${step.width}x${step.height}`;
  const what =
    step.kind === "scale" ? "scaling the images of" : step.kind === "draw" ? "drawing" : "encoding";
  return `${gift.id} ${release.version}: ${what} the ${step.role} (${extensionOf(step.mediaType)}, ${size})`;
}

/** What the finished animation is; of what only its bitmaps were scaled, everything else must be as it was. */
async function readVariant(workshop: Workshop, step: Step, { digest, bytes }: Made): Promise<Media> {
  const { input, prepared } = workshop;
  const known = prepared.mediaOf.get(digest);
  if (known) return known;
  const media = await inspect(bytes, declaredOf(input.gift));
  if (step.kind !== "scale") return media;
  for (const fact of ["width", "height", "frames", "fps", "embeddedSound"] as const)
    if (media[fact] !== prepared.media[fact])
      throw new TypeError(
        `scaling the images changed the ${fact} from ${prepared.media[fact]} to ${media[fact]}`,
      );
  const left = new Set(media.pictures.filter((it) => it.isUsed).map((it) => it.name));
  for (const { name, isUsed } of prepared.media.pictures)
    if (isUsed && !left.has(name)) throw new TypeError(`scaling the images lost ${quoteName(name)}`);
  return media;
}

function toStudio(workshop: Workshop): Studio | undefined {
  const { drawing } = workshop.options;
  return drawing && { drawing, artworkOf: (digest) => artworkOf(workshop, digest) };
}

function artworkOf(
  { prepared, sourceOf, input }: Workshop,
  digest: string,
): Artwork & { readonly kind: "file" } {
  const media = prepared.mediaOf.get(digest);
  if (!media) throw new TypeError(`a recipe draws ${digest}, which is no animation`);
  return {
    kind: "file",
    bytes: sourceOf(digest).bytes,
    media,
    declared: declaredOf(input.gift),
  };
}

async function programsOf(workshop: Workshop, step: Step): Promise<Readonly<Record<string, string>>> {
  if (step.kind !== "draw" && step.kind !== "convert") return {};
  return notePrograms(workshop, artworkOf(workshop, step.source));
}

/** What draws the artwork is a part of who built the release. */
async function notePrograms(
  { options, programs }: Workshop,
  artwork: Artwork,
): Promise<Readonly<Record<string, string>>> {
  const drawing = (await options.drawing?.programs(artwork)) ?? {};
  for (const [name, version] of Object.entries(drawing)) programs.set(name, version);
  return drawing;
}

type KeptPreview = NonNullable<LockFile["previews"]>[number];

/** The previews of what the author delivered, made once for the same sources by the same builder. */
async function keepPreviews(workshop: Workshop): Promise<KeptPreview[]> {
  const { input, prepared, options } = workshop;
  const { makePreviews, cache, afresh = false, run = inTurn } = options;
  if (!makePreviews) return [];
  const { animation } = prepared.ingredients;
  const artwork: Artwork =
    animation.kind === "folder"
      ? { ...animation, frames: input.sources.animation.map((it) => it.bytes), ...sizeOf(animation.frames) }
      : artworkOf(workshop, animation.source.digest);
  const programs = await notePrograms(workshop, artwork);
  const previews = { animation, alpha: input.gift.alpha ?? null };
  const key = canonicalJson({ previews, builder: { ...input.builder, ...programs } });
  const known = afresh ? null : await cache.made(key);
  const kept = known && (await cache.object(known, LIST_TYPE));
  if (kept) {
    const list: KeptPreview[] = JSON.parse(new TextDecoder().decode(kept));
    const objects = await Promise.all(list.map((it) => cache.object(it.digest, it.mediaType)));
    if (!objects.includes(null)) return list;
  }
  const made: KeptPreview[] = [];
  for (const { role, mediaType, bytes, width, height } of await run({ bytes: PREVIEW_BYTES }, () =>
    makePreviews(artwork),
  )) {
    const digest = await cache.keepObject(bytes, mediaType);
    made.push({ role, mediaType, digest, bytes: bytes.length, width, height });
  }
  const list = new TextEncoder().encode(JSON.stringify(made));
  await cache.keepMade(key, await cache.keepObject(list, LIST_TYPE));
  return made;
}

/** Some hundred frames of a few hundred pixels. */
const PREVIEW_BYTES = 64_000_000;

/** How the cache remembers which previews belong together. */
const LIST_TYPE = "application/json";

function sizeOf([first]: readonly { readonly width: number; readonly height: number }[]): {
  width: number;
  height: number;
} {
  if (!first) throw new TypeError("a folder without frames");
  return { width: first.width, height: first.height };
}
