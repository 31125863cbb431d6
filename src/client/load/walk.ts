import type { Link, Resolution } from "../../wire/resolve.ts";
import { filesOf, nameOfLink } from "./files.ts";
import type { ChainWatch, Loaded, LoadedFile, PlayReport } from "./loader.ts";
import type { Objects } from "./objects.ts";

/** One way down a chain. A link that failed is not tried again, even where the chain is replaced on the way. */
export class Walk {
  readonly #objects: Objects;
  readonly #watch: ChainWatch | null;
  readonly #firstChain: readonly string[];
  readonly #failed = new Map<string, { readonly link: Link; readonly error: unknown }>();
  #resolution: Resolution;

  constructor(objects: Objects, resolution: Resolution, watch: ChainWatch | null) {
    this.#objects = objects;
    this.#resolution = resolution;
    this.#watch = watch;
    this.#firstChain = resolution.chain.map(nameOfLink);
  }

  /** Only an app that cannot show its own default comes so far. */
  get isOver(): boolean {
    return this.#failed.has(nameOfLink(DEFAULT));
  }

  /** What holds from now on. */
  turnTo(resolution: Resolution): void {
    this.#resolution = resolution;
  }

  /** The first link that has not failed and can be had. */
  async load(): Promise<Loaded> {
    const { chain, reason } = this.#resolution;
    for (const link of chain) {
      if (this.#failed.has(nameOfLink(link))) continue;
      try {
        const files = await this.#loadFiles(link);
        this.#watch?.loaded(this.#placeOf(link));
        return this.#loaded(link, files, reason);
      } catch (error) {
        this.fail(link, "load", error);
      }
    }
    return this.#loaded(DEFAULT, [], reason);
  }

  fail(link: Link, phase: "load" | "play", error: unknown): void {
    this.#watch?.failed(this.#placeOf(link), phase, error);
    this.#failed.set(nameOfLink(link), { link, error });
  }

  end(link: Link): void {
    this.#watch?.shown(this.isOver ? this.#firstChain.length : this.#placeOf(link), link);
  }

  reportOf(link: Link): PlayReport {
    const at = this.#placeOf(link);
    return {
      firstFrame: () => this.#watch?.firstFrame(at),
      frames: (frames, dropped) => this.#watch?.frames(at, frames, dropped),
    };
  }

  #loaded(link: Link, files: readonly LoadedFile[], reason: Resolution["reason"]): Loaded {
    let next: Promise<Loaded> | undefined;
    const goOn = (error: unknown) => {
      this.fail(link, "play", error);
      return this.load();
    };
    return {
      link,
      files,
      reason,
      failed: [...this.#failed.values()],
      next: (error) => {
        next ??= goOn(error);
        return next;
      },
    };
  }

  #loadFiles(link: Link): Promise<readonly LoadedFile[]> {
    return Promise.all(
      filesOf(link).map(async ({ gift, file }) => ({
        ...file,
        gift,
        content: await this.#objects.get(file),
      })),
    );
  }

  /** What was not in the first chain stands behind it. */
  #placeOf(link: Link): number {
    const at = this.#firstChain.indexOf(nameOfLink(link));
    return at < 0 ? this.#firstChain.length : at;
  }
}

const DEFAULT: Link = { kind: "default" };
