import { isDigest } from "../../wire/digest.ts";
import { decodeUtf8, encodeUtf8 } from "../../wire/utf8.ts";
import type { ObjectCache } from "../ports.ts";
import type { Blobs } from "./blobs.ts";
import { planEviction } from "./planEviction.ts";

export interface BoundedCacheOptions {
  /** What the objects may take together; the list of their order comes on top, 65 bytes for each. */
  readonly maxBytes: number;
}

/** In which order objects were used, least recently first, as digests with a line feed behind each. */
const ORDER_NAME = "order";
/** So many uses a crash may forget. */
const USES_PER_SAVE = 16;

/**
 * Keeps objects within a number of bytes. What goes first is what the current catalog does not name, then what was used longest
 * ago. Nothing of it throws: a full disk, or a platform that clears up, costs downloads. What it gives is not verified.
 * What is there is counted anew at each start, so a crash between an object and the list of the order leaves nothing uncounted.
 */
export function boundedCache(blobs: Blobs, options: BoundedCacheOptions): Required<ObjectCache> {
  return new BoundedCache(blobs, options.maxBytes);
}

class BoundedCache implements Required<ObjectCache> {
  readonly #blobs: Blobs;
  readonly #maxBytes: number;
  /** Digest to size, least recently used first. */
  readonly #sizes = new Map<string, number>();
  /** On their way to the disk. */
  readonly #arriving = new Map<string, Uint8Array>();
  #isNamed: (digest: string) => boolean = () => false;
  #opening: Promise<void> | undefined;
  /** Changes happen one after the other: each decides by what the one before it left. */
  #last: Promise<void> = Promise.resolve();
  #usesSinceSave = 0;

  constructor(blobs: Blobs, maxBytes: number) {
    this.#blobs = blobs;
    this.#maxBytes = maxBytes;
  }

  async get(digest: string): Promise<Uint8Array | null> {
    await this.#open();
    const arriving = this.#arriving.get(digest);
    if (arriving) return arriving;
    if (!this.#sizes.has(digest)) return null;
    this.#touch(digest);
    const bytes = await attempt(() => this.#blobs.read(digest));
    if (!bytes) void this.#inTurn(() => this.#dropUnreadable(digest));
    if (++this.#usesSinceSave >= USES_PER_SAVE) void this.#inTurn(() => this.#saveOrder());
    return bytes;
  }

  /** Resolves when it is written, or was given up. */
  put(digest: string, bytes: Uint8Array): Promise<void> {
    if (!isDigest(digest)) return Promise.resolve();
    this.#arriving.set(digest, bytes);
    return this.#inTurn(async () => {
      await this.#add(digest, bytes);
      if (this.#arriving.get(digest) === bytes) this.#arriving.delete(digest);
    });
  }

  remove(digest: string): Promise<void> {
    this.#arriving.delete(digest);
    return this.#inTurn(async () => {
      await this.#drop(digest);
      // Also where it could not be taken away: the right bytes will be written over it.
      this.#sizes.delete(digest);
    });
  }

  retain(isNamed: (digest: string) => boolean): void {
    this.#isNamed = isNamed;
  }

  async #add(digest: string, bytes: Uint8Array): Promise<void> {
    this.#touch(digest);
    if (this.#sizes.has(digest)) return;
    if (!(await this.#makeRoom(digest, bytes.length, this.#maxBytes))) return;
    if (!(await this.#write(digest, bytes))) {
      // The disk has less room than was allowed: what this one needs is taken from the others.
      const held = this.#heldBytes();
      if (held === 0 || !(await this.#makeRoom(digest, bytes.length, held))) return;
      if (!(await this.#write(digest, bytes))) return;
    }
    if (++this.#usesSinceSave >= USES_PER_SAVE) await this.#saveOrder();
  }

  async #makeRoom(digest: string, bytes: number, maxBytes: number): Promise<boolean> {
    const entries = [...this.#sizes].map(([name, size]) => ({ name, bytes: size }));
    const leaving = planEviction([...entries, { name: digest, bytes }], maxBytes, this.#isNamed);
    if (leaving.some(({ name }) => name === digest)) return false;
    for (const { name } of leaving) if (!(await this.#drop(name))) return false;
    return true;
  }

  async #write(digest: string, bytes: Uint8Array): Promise<boolean> {
    const isWritten = await attempt(() => this.#blobs.write(digest, bytes).then(() => true));
    if (isWritten) this.#sizes.set(digest, bytes.length);
    // Half of it may be there.
    else await attempt(() => this.#blobs.remove(digest));
    return isWritten ?? false;
  }

  async #drop(digest: string): Promise<boolean> {
    const isGone = await attempt(() => this.#blobs.remove(digest).then(() => true));
    // What stays goes on being counted.
    if (isGone) this.#sizes.delete(digest);
    return isGone ?? false;
  }

  /** The platform took it away, or it cannot be read; unless somebody wrote it anew meanwhile. */
  async #dropUnreadable(digest: string): Promise<void> {
    if (!(await attempt(() => this.#blobs.read(digest)))) await this.#drop(digest);
  }

  #touch(digest: string): void {
    const size = this.#sizes.get(digest);
    if (size === undefined) return;
    this.#sizes.delete(digest);
    this.#sizes.set(digest, size);
  }

  #heldBytes(): number {
    let bytes = 0;
    for (const size of this.#sizes.values()) bytes += size;
    return bytes;
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(async () => {
      await this.#open();
      await act();
    });
    return this.#last;
  }

  #open(): Promise<void> {
    this.#opening ??= this.#count();
    return this.#opening;
  }

  async #count(): Promise<void> {
    const listed = (await attempt(() => this.#blobs.list())) ?? [];
    const sizes = new Map(
      listed.filter(({ name }) => isDigest(name)).map(({ name, bytes }) => [name, bytes]),
    );
    const order = await attempt(() => this.#blobs.read(ORDER_NAME));
    // What the list does not know was written after it.
    for (const name of [...parseOrder(order), ...sizes.keys()]) {
      const size = sizes.get(name);
      if (size !== undefined && !this.#sizes.has(name)) this.#sizes.set(name, size);
    }
  }

  async #saveOrder(): Promise<void> {
    this.#usesSinceSave = 0;
    const text = [...this.#sizes.keys()].map((digest) => `${digest}\n`).join("");
    await attempt(() => this.#blobs.write(ORDER_NAME, encodeUtf8(text)));
  }
}

/** What of it can be read: it decides about order only. */
function parseOrder(bytes: Uint8Array | null): readonly string[] {
  try {
    return bytes ? decodeUtf8(bytes).split("\n").filter(isDigest) : [];
  } catch {
    return [];
  }
}

async function attempt<T>(act: () => Promise<T>): Promise<T | null> {
  try {
    return await act();
  } catch {
    return null;
  }
}
