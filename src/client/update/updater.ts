import { Catalog, CatalogFormatError } from "../../wire/catalog.ts";
import { applyDelta, type Delta } from "../../wire/delta.ts";
import { catalogTarget, deltaKey, metadataKey, TIMESTAMP_KEY, targetKey } from "../../wire/keys.ts";
import type { FileMeta } from "../../wire/metadata.ts";
import { keepStops, type Override, overridesFor } from "../../wire/override.ts";
import type { Tier } from "../../wire/viewer.ts";
import { ClientError } from "../error.ts";
import type { Crypto, Fetch, StateStore } from "../ports.ts";
import { TrustedMetadata } from "./trusted.ts";

/** TUF asks every download to have a limit; these hold where no signed length does. */
const MAX_BYTES = { root: 512_000, timestamp: 16_384, metadata: 2_000_000, catalog: 64_000_000 };
const MAX_ROOT_ROTATIONS = 256;

/** What a client knows at one moment. It is replaced whole: nobody sees a catalog with another generation's overrides. */
export interface ClientState {
  readonly catalog: Catalog;
  /** The version of the snapshot that the catalog came with; 0 before the first. */
  readonly generation: number;
  /** The version of the timestamp. */
  readonly revision: number;
  /** The overrides that hold over this catalog. */
  readonly overrides: readonly Override[];
  readonly commit: string;
  readonly pollSeconds: number;
}

export interface UpdaterOptions {
  readonly tier: Tier;
  readonly root: Uint8Array;
  readonly fetch: Fetch;
  readonly crypto: Crypto;
  readonly store?: StateStore;
  /** Milliseconds since 1970, for expiry. */
  readonly now?: () => number;
}

/** Keeps one tier's catalog and the overrides fresh. Every failure leaves the last good state as it was. */
export class Updater {
  readonly #options: UpdaterOptions;
  readonly #trusted: TrustedMetadata;
  #state: ClientState;
  #known: readonly Override[] = [];
  #catalogText = "";
  #catalogDigest = "";
  #etag: string | undefined;
  /** Verified metadata whose catalog is not there yet: what is stored must fit together, or a restart would lose it all. */
  readonly #unsaved = new Map<string, Uint8Array>();
  #refreshing: Promise<boolean> | undefined;

  private constructor(options: UpdaterOptions, trusted: TrustedMetadata) {
    this.#options = options;
    this.#trusted = trusted;
    const catalog = new Catalog(`${JSON.stringify({ format: "1.0", tier: options.tier })}\n`);
    this.#state = { catalog, generation: 0, revision: 0, overrides: [], commit: "", pollSeconds: 60 };
  }

  /** Starts from the stored state, without the network; what is stored is verified again, expiry apart. */
  static async open(options: UpdaterOptions): Promise<Updater> {
    const updater = new Updater(options, await restoreRoot(options));
    await updater.#restore();
    return updater;
  }

  get state(): ClientState {
    return this.#state;
  }

  /**
   * Asks for the timestamp and follows it to a newer catalog. True when anything changed. An override takes effect even
   * when the catalog that should follow it cannot be had.
   * Asked again while it is under way, it is the same refresh.
   * @throws ClientError; the last good state stands
   */
  refresh(): Promise<boolean> {
    this.#refreshing ??= this.#refreshOnce().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #refreshOnce(): Promise<boolean> {
    try {
      return await this.#refreshFromTimestamp();
    } catch (error) {
      // The timestamp's key may have stayed and those below it not: a newer root makes all of it be asked for again.
      if (!(error instanceof ClientError) || error.code !== "signature" || !(await this.#refreshRoot()))
        throw error;
      return this.#refreshFromTimestamp();
    }
  }

  async #refreshFromTimestamp(): Promise<boolean> {
    const changed = await this.#refreshTimestamp();
    this.#trusted.checkFresh(this.#now());
    const behind = this.#state.generation !== this.#snapshotMeta().version || !this.#trusted.targets;
    if (behind) await this.#refreshCatalog();
    return changed || behind;
  }

  async #refreshTimestamp(): Promise<boolean> {
    const etag = this.#trusted.timestamp ? this.#etag : undefined;
    const result = await this.#options.fetch(TIMESTAMP_KEY, {
      maxBytes: MAX_BYTES.timestamp,
      revalidate: true,
      ...(etag !== undefined && { etag }),
    });
    if (result.kind === "missing") throw new ClientError("missing", `${TIMESTAMP_KEY} is not there`);
    if (result.kind === "not_modified") return false;
    const changed = await this.#acceptTimestamp(result.bytes);
    this.#etag = result.etag;
    return changed;
  }

  async #acceptTimestamp(bytes: Uint8Array): Promise<boolean> {
    let changed: boolean;
    try {
      changed = await this.#trusted.updateTimestamp(bytes, this.#now());
    } catch (error) {
      // Keys may have been rotated since: a newer root is asked for before a failure is declared.
      if (!(error instanceof ClientError) || error.code === "schema" || !(await this.#refreshRoot()))
        throw error;
      changed = await this.#trusted.updateTimestamp(bytes, this.#now());
    }
    if (!changed) return false;
    this.#takeOverrides();
    await this.#options.store?.write("timestamp", bytes);
    await this.#options.store?.write("overrides", encode(JSON.stringify(this.#known)));
    return true;
  }

  #takeOverrides(): void {
    const signed = this.#trusted.timestamp;
    if (!signed) return;
    const { generation, catalog } = this.#state;
    this.#known = keepStops(generation, this.#known, signed.giftwrap.overrides);
    this.#state = {
      catalog,
      generation,
      revision: signed.version,
      overrides: overridesFor(generation, this.#known),
      commit: signed.giftwrap.commit,
      pollSeconds: Math.min(300, Math.max(30, signed.giftwrap.pollSeconds)),
    };
  }

  async #refreshRoot(): Promise<boolean> {
    for (let rotations = 0; rotations < MAX_ROOT_ROTATIONS; rotations++) {
      const key = metadataKey("root", this.#trusted.root.version + 1);
      const result = await this.#options.fetch(key, { maxBytes: MAX_BYTES.root });
      if (result.kind !== "body") return rotations > 0;
      await this.#trusted.updateRoot(result.bytes);
      await this.#options.store?.write("root", result.bytes);
    }
    return true;
  }

  async #refreshCatalog(): Promise<void> {
    const snapshotMeta = this.#snapshotMeta();
    if (this.#trusted.snapshot?.version !== snapshotMeta.version) {
      const bytes = await this.#fetchBody(
        metadataKey("snapshot", snapshotMeta.version),
        snapshotMeta.length ?? MAX_BYTES.metadata,
      );
      await this.#trusted.updateSnapshot(bytes, this.#now());
      this.#unsaved.set("snapshot", bytes);
    }
    const targetsMeta = this.#trusted.snapshot?.meta["targets.json"];
    if (targetsMeta && this.#trusted.targets?.version !== targetsMeta.version) {
      const bytes = await this.#fetchBody(
        metadataKey("targets", targetsMeta.version),
        targetsMeta.length ?? MAX_BYTES.metadata,
      );
      await this.#trusted.updateTargets(bytes, this.#now());
      this.#unsaved.set("targets", bytes);
    }
    const target = this.#catalogMeta();
    if (target.digest !== this.#catalogDigest) {
      const text = (await this.#fetchDelta(target)) ?? (await this.#fetchWholeCatalog(target));
      this.#useCatalog(text, target.digest);
      this.#unsaved.set("catalog", encode(text));
    } else this.#useCatalog(this.#catalogText, target.digest);
    for (const [name, bytes] of this.#unsaved) {
      await this.#options.store?.write(name, bytes);
      this.#unsaved.delete(name);
    }
  }

  #useCatalog(text: string, digest: string): void {
    const catalog = readCatalog(text);
    const generation = this.#trusted.snapshot?.version ?? 0;
    this.#catalogText = text;
    this.#catalogDigest = digest;
    this.#known = keepStops(generation, this.#known, this.#trusted.timestamp?.giftwrap.overrides ?? []);
    this.#state = { ...this.#state, catalog, generation, overrides: overridesFor(generation, this.#known) };
  }

  /** The newer catalog from the one at hand, or null: a delta that is missing or wrong costs only the whole catalog. */
  async #fetchDelta(target: CatalogMeta): Promise<string | null> {
    if (!this.#catalogDigest) return null;
    try {
      const result = await this.#options.fetch(deltaKey(this.#catalogDigest, target.digest), {
        maxBytes: target.length,
      });
      if (result.kind !== "body") return null;
      const delta: Delta = JSON.parse(decode(result.bytes));
      const text = applyDelta(this.#options.tier, this.#catalogText, delta);
      await this.#trusted.checkFile("catalog", encode(text), {
        length: target.length,
        hashes: { sha256: target.digest },
      });
      return text;
    } catch {
      return null;
    }
  }

  async #fetchWholeCatalog(target: CatalogMeta): Promise<string> {
    const bytes = await this.#fetchBody(targetKey(target.name, target.digest), target.length);
    await this.#trusted.checkFile(target.name, bytes, {
      length: target.length,
      hashes: { sha256: target.digest },
    });
    return decode(bytes);
  }

  async #fetchBody(key: string, maxBytes: number): Promise<Uint8Array> {
    const result = await this.#options.fetch(key, { maxBytes });
    if (result.kind !== "body") throw new ClientError("missing", `${key} is not there`);
    return result.bytes;
  }

  async #restore(): Promise<void> {
    const { store } = this.#options;
    if (!store) return;
    const always = Number.NEGATIVE_INFINITY;
    try {
      const timestamp = await store.read("timestamp");
      if (!timestamp) return;
      await this.#trusted.updateTimestamp(timestamp, always);
      this.#known = parseOverrides(await store.read("overrides"));
      this.#takeOverrides();
      const [snapshot, targets, catalog] = [
        await store.read("snapshot"),
        await store.read("targets"),
        await store.read("catalog"),
      ];
      if (!snapshot || !targets || !catalog) return;
      await this.#trusted.restoreSnapshot(snapshot);
      await this.#trusted.updateTargets(targets, always);
      const target = this.#catalogMeta();
      await this.#trusted.checkFile(target.name, catalog, {
        length: target.length,
        hashes: { sha256: target.digest },
      });
      this.#useCatalog(decode(catalog), target.digest);
    } catch (error) {
      // A half-written or older file is not trusted; the next refresh brings what is missing.
      if (!(error instanceof ClientError)) throw error;
    }
  }

  #snapshotMeta(): FileMeta {
    const timestamp = this.#trusted.timestamp;
    if (!timestamp) throw new ClientError("missing", "no timestamp has been accepted yet");
    return timestamp.meta["snapshot.json"];
  }

  #catalogMeta(): CatalogMeta {
    const name = catalogTarget(this.#options.tier);
    const meta = this.#trusted.targets?.targets[name];
    const digest = meta?.hashes["sha256"];
    if (!meta || !digest) throw new ClientError("schema", `targets do not name ${name}`);
    return { name, digest, length: Math.min(meta.length, MAX_BYTES.catalog) };
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }
}

interface CatalogMeta {
  readonly name: string;
  readonly digest: string;
  readonly length: number;
}

/** The newest root that was stored; one that was damaged since only costs the rotations that led to it. */
async function restoreRoot({ root, crypto, store }: UpdaterOptions): Promise<TrustedMetadata> {
  const stored = await store?.read("root");
  if (stored) {
    try {
      return await TrustedMetadata.from(stored, crypto);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
    }
  }
  return TrustedMetadata.from(root, crypto);
}

/** The overrides that were kept; when they cannot be read, those of the timestamp are what is left. */
function parseOverrides(bytes: Uint8Array | null): readonly Override[] {
  try {
    const kept: unknown = bytes && JSON.parse(decode(bytes));
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

function readCatalog(text: string): Catalog {
  try {
    return new Catalog(text);
  } catch (cause) {
    if (!(cause instanceof CatalogFormatError)) throw cause;
    throw new ClientError("schema", cause.message, { cause });
  }
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
