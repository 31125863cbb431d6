import type { ObjectFile } from "../../wire/catalog.ts";
import type { Crypto, Fetch, ObjectCache, ReadBundled } from "../ports.ts";
import { quietly } from "../quietly.ts";
import { download, hasDigest } from "./download.ts";

export interface ObjectsOptions {
  readonly fetch: Fetch;
  readonly crypto: Crypto;
  readonly cache?: ObjectCache;
  /** What the app ships inside. */
  readonly bundled?: ReadBundled;
}

/**
 * Objects by digest, from the nearest place that has them: the cache, what the app ships, the network. Whatever those hold,
 * nothing but bytes with the right SHA-256 comes out, or goes into the cache.
 */
export class Objects {
  readonly #options: ObjectsOptions;
  readonly #downloads = new Map<string, Promise<Uint8Array>>();
  #urgent = 0;
  #waiting: (() => void)[] = [];

  constructor(options: ObjectsOptions) {
    this.#options = options;
  }

  /**
   * For a play: what is only fetched ahead waits until it is there. Who asks for an object that is on its way already gets that
   * one, or its error; an error is not remembered. The bytes are the caller's own: a player may change them or give them away.
   * @throws ClientError
   */
  async get(file: ObjectFile): Promise<Uint8Array> {
    this.#urgent++;
    try {
      return new Uint8Array(await this.#share(file));
    } finally {
      if (--this.#urgent === 0) for (const go of this.#waiting.splice(0)) go();
    }
  }

  /** Whether it can be had without the network. */
  async isAtHand(file: ObjectFile): Promise<boolean> {
    return (await this.#find(file)) !== null;
  }

  /** Brings an object into the cache, once no play waits for one. @throws ClientError */
  async bring(file: ObjectFile): Promise<void> {
    while (this.#urgent > 0) await new Promise<void>((go) => this.#waiting.push(go));
    await this.#share(file);
  }

  #share(file: ObjectFile): Promise<Uint8Array> {
    const known = this.#downloads.get(file.digest);
    if (known) return known;
    const started = this.#load(file).finally(() => this.#downloads.delete(file.digest));
    this.#downloads.set(file.digest, started);
    return started;
  }

  async #load(file: ObjectFile): Promise<Uint8Array> {
    const found = await this.#find(file);
    if (found) return found;
    const { fetch, crypto, cache } = this.#options;
    const bytes = await download(fetch, crypto, file);
    // Nobody waits for the disk, and a full one costs a download later, never the gift now.
    void quietly(() => cache?.put(file.digest, bytes));
    return bytes;
  }

  async #find({ digest }: ObjectFile): Promise<Uint8Array | null> {
    const { crypto, cache, bundled } = this.#options;
    const cached = await quietly(() => cache?.get(digest));
    if (cached) {
      if (await hasDigest(crypto, cached, digest)) return cached;
      void quietly(() => cache?.remove?.(digest));
    }
    const shipped = await quietly(() => bundled?.(`objects/${digest}`));
    return shipped && (await hasDigest(crypto, shipped, digest)) ? shipped : null;
  }
}
