import type { ObjectFile, ReleaseLink, StillLink } from "../../wire/catalog.ts";
import { toHex } from "../../wire/digest.ts";
import { objectKey } from "../../wire/keys.ts";
import type { Link, Resolution } from "../../wire/resolve.ts";
import { ClientError } from "../error.ts";
import type { Crypto, Fetch, ObjectCache } from "../ports.ts";

/** Verified bytes of one file; nothing else is ever handed to a player. */
export interface LoadedFile extends ObjectFile {
  readonly gift: string;
  readonly content: Uint8Array;
}

/** A link of the chain with its bytes. The default has none: the app shows what it carries itself. */
export interface Loaded {
  readonly link: Link;
  readonly files: readonly LoadedFile[];
  readonly reason: Resolution["reason"];
  /** The links before this one, and why each could not be used. */
  readonly failed: readonly { readonly link: Link; readonly error: unknown }[];
}

/**
 * Shows a loaded link, and resolves when the animation is over; a rejection means that it could not be decoded, and the next link
 * is tried. What it reports is for telemetry, and may be left out.
 */
export type Play = (loaded: Loaded, report: PlayReport) => Promise<void> | void;

/** What only the player knows of a play. */
export interface PlayReport {
  /** To be called when the first frame is on the screen. */
  firstFrame(): void;
  /** How many frames were to be shown, and how many of these were not; the last word counts. */
  frames(frames: number, dropped: number): void;
}

/** Hears how a chain is walked; `at` is the link's place in it. Nothing of it throws. */
export interface ChainWatch {
  /** Every file of the link is there, and has its digest. */
  loaded(at: number): void;
  failed(at: number, phase: "load" | "play", error: unknown): void;
  /** The walk is over. */
  shown(at: number, link: Link): void;
  firstFrame(at: number): void;
  frames(at: number, frames: number, dropped: number): void;
}

export interface LoaderOptions {
  readonly fetch: Fetch;
  readonly crypto: Crypto;
  readonly cache?: ObjectCache;
}

/** Walks a chain until a link is loaded, verified and played. It always ends: the last link needs nothing. */
export async function playChain(
  options: LoaderOptions,
  { chain, reason }: Resolution,
  play: Play = () => {},
  watch: ChainWatch | null = null,
): Promise<Loaded> {
  const failed: { link: Link; error: unknown }[] = [];
  for (const [at, link] of chain.entries()) {
    let phase: "load" | "play" = "load";
    try {
      const loaded: Loaded = { link, files: await loadLink(options, link), reason, failed: [...failed] };
      watch?.loaded(at);
      phase = "play";
      await play(loaded, reportTo(watch, at));
      watch?.shown(at, link);
      return loaded;
    } catch (error) {
      watch?.failed(at, phase, error);
      failed.push({ link, error });
    }
  }
  // Only an app that cannot show its own default comes here.
  const link: Link = { kind: "default" };
  watch?.shown(chain.length, link);
  return { link, files: [], reason, failed };
}

function reportTo(watch: ChainWatch | null, at: number): PlayReport {
  return {
    firstFrame: () => watch?.firstFrame(at),
    frames: (frames, dropped) => watch?.frames(at, frames, dropped),
  };
}

async function loadLink(options: LoaderOptions, link: Link): Promise<readonly LoadedFile[]> {
  return Promise.all(filesOf(link).map(({ gift, file }) => loadFile(options, gift, file)));
}

function filesOf(link: Link): { gift: string; file: ObjectFile }[] {
  if (link.kind === "default") return [];
  return link.kind === "still" ? [fileOfStill(link)] : filesOfRelease(link);
}

function fileOfStill(link: StillLink): { gift: string; file: ObjectFile } {
  return { gift: link.gift, file: link.file };
}

function filesOfRelease(link: ReleaseLink): { gift: string; file: ObjectFile }[] {
  const own = link.files.filter((file) => file.role !== "still").map((file) => ({ gift: link.gift, file }));
  return [...own, ...link.requires.flatMap(({ gift, files }) => files.map((file) => ({ gift, file })))];
}

async function loadFile(
  { fetch, crypto, cache }: LoaderOptions,
  gift: string,
  file: ObjectFile,
): Promise<LoadedFile> {
  const cached = await cache?.get(file.digest).catch(() => null);
  if (cached && (await hasDigest(crypto, cached, file.digest))) return { ...file, gift, content: cached };

  const content = await download(fetch, crypto, file);
  // A full cache costs a download later, never the gift now.
  await cache?.put(file.digest, content).catch(() => {});
  return { ...file, gift, content };
}

async function download(fetch: Fetch, crypto: Crypto, file: ObjectFile): Promise<Uint8Array> {
  const key = objectKey(file.digest, file.mediaType);
  // Objects are cached for a year: damaged bytes would stay in the platform's cache if nobody asked past it.
  for (const revalidate of [false, true]) {
    const result = await fetch(key, { maxBytes: file.bytes, revalidate });
    if (result.kind !== "body") throw new ClientError("missing", `${key} is not there`);
    if (await hasDigest(crypto, result.bytes, file.digest)) return result.bytes;
  }
  throw new ClientError(
    "hash",
    `${key} does not have its own SHA-256: the bytes were damaged or swapped on the way`,
  );
}

async function hasDigest(crypto: Crypto, bytes: Uint8Array, digest: string): Promise<boolean> {
  return toHex(await crypto.sha256(bytes)) === digest;
}
