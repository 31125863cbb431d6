import type { Catalog, ObjectFile } from "../../wire/catalog.ts";
import type { Link, Resolution } from "../../wire/resolve.ts";
import type { ObjectCache } from "../ports.ts";
import { nameOfLink } from "./files.ts";
import { namedDigests } from "./namedDigests.ts";
import { Objects, type ObjectsOptions } from "./objects.ts";
import { type PrefetchOptions, type Prefetched, prefetch, type Wanted } from "./prefetch.ts";
import { Walk } from "./walk.ts";

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
  /** This one could not be played, because of `error`: the next link, loaded, without asking again. It ends with the default. */
  next(error: unknown): Promise<Loaded>;
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

/** Hears how a chain is walked; `at` is the link's place in the chain that the walk began with. Nothing of it throws. */
export interface ChainWatch {
  /** Every file of the link is there, and has its digest. */
  loaded(at: number): void;
  failed(at: number, phase: "load" | "play", error: unknown): void;
  /** The walk is over. */
  shown(at: number, link: Link): void;
  firstFrame(at: number): void;
  frames(at: number, frames: number, dropped: number): void;
}

export type LoaderOptions = ObjectsOptions;

/** So often may the answer change between loading and playing; then the app's own default ends it. */
const MOST_CHANGES = 16;

/** Turns what the resolver says into verified bytes, or into the next link, with the reason. Every walk ends. */
export class Loader {
  readonly #objects: Objects;
  readonly #cache: ObjectCache | undefined;

  constructor(options: LoaderOptions) {
    this.#objects = new Objects(options);
    this.#cache = options.cache;
  }

  /** Tells the cache what the catalog names, which it keeps longest. To be called with each newer catalog. */
  retain(catalog: Catalog): void {
    this.#cache?.retain?.(namedDigests(catalog));
  }

  /** The first link that can be had. Never rejects: the default, which ends every chain, needs nothing. */
  load(resolution: Resolution, watch: ChainWatch | null = null): Promise<Loaded> {
    return new Walk(this.#objects, resolution, watch).load();
  }

  /**
   * Hands the first link that can be had to `play`, and goes on to the next when that rejects. What holds is asked again just
   * before: a link that an override took away meanwhile is not shown, and the walk goes on with what is left for this viewer.
   */
  async play(ask: () => Resolution, play: Play = () => {}, watch: ChainWatch | null = null): Promise<Loaded> {
    const walk = new Walk(this.#objects, ask(), watch);
    let loaded = await walk.load();
    for (let changes = 0; !walk.isOver; ) {
      const now = ask();
      if (!isAmong(now.chain, loaded.link)) {
        walk.turnTo(++changes < MOST_CHANGES ? now : { ...now, chain: [] });
        loaded = await walk.load();
        continue;
      }
      try {
        await play(loaded, walk.reportOf(loaded.link));
        break;
      } catch (error) {
        loaded = await loaded.next(error);
      }
    }
    walk.end(loaded.link);
    return loaded;
  }

  /** Fetches ahead what will be played, as far as the options allow, and never in the way of a play. Never rejects. */
  prefetch(wanted: readonly Wanted[], options: PrefetchOptions): Promise<Prefetched> {
    return prefetch(this.#objects, wanted, options);
  }
}

/** Every chain ends with the default, so that always may be shown. */
function isAmong(chain: readonly Link[], link: Link): boolean {
  return link.kind === "default" || chain.some((other) => nameOfLink(other) === nameOfLink(link));
}
