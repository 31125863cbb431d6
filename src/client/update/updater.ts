import { Catalog, writeCatalog } from "../../wire/catalog.ts";
import { applyDelta, type Delta } from "../../wire/delta.ts";
import {
  catalogTarget,
  deltaKey,
  TIMESTAMP_CACHE_SECONDS,
  TIMESTAMP_KEY,
  targetKey,
} from "../../wire/keys.ts";
import { keepStops, type Override, overridesFor } from "../../wire/override.ts";
import { decodeUtf8, encodeUtf8 } from "../../wire/utf8.ts";
import type { Tier } from "../../wire/viewer.ts";
import { bodyOf } from "../bodyOf.ts";
import { ClientError, codeOf, isRefusal } from "../error.ts";
import type { Crypto, Fetch, FetchOptions, FetchResult, ReadBundled, StateStore } from "../ports.ts";
import { quietly } from "../quietly.ts";
import { Clock } from "./clock.ts";
import { MAX_BYTES, type MetadataPorts, refreshRoot, refreshSnapshot, refreshTargets } from "./refresh.ts";
import { areOverrides } from "./readTimestamp.ts";
import { OlderTimestamp, OWN_SHAPES, TrustedMetadata } from "./trusted.ts";
import { type StateName, WriteQueue } from "./writeQueue.ts";

const MAX_CATALOG_BYTES = 64_000_000;
const DAY_MILLISECONDS = 86_400_000;
/** An address that does not answer for the next root is not waited for with every poll. */
const ROOT_RETRY_MILLISECONDS = 900_000;
/** An edge may be so far behind without anything being wrong. */
const STALE_MILLISECONDS = 2 * TIMESTAMP_CACHE_SECONDS * 1000;
/** A date before all expiries. */
const ALWAYS = Number.NEGATIVE_INFINITY;

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
  /** The last refresh found nothing that is signed for today. What was taken up before it holds on; nothing new comes in. */
  readonly expired: boolean;
}

export interface UpdaterOptions {
  readonly tier: Tier;
  /** The root that came with the app. */
  readonly root: Uint8Array;
  readonly fetch: Fetch;
  readonly crypto: Crypto;
  readonly store?: StateStore;
  /** What the app ships inside; it is begun with when it is newer than what is stored, also when it has expired. */
  readonly bundled?: ReadBundled;
  /** Asks for the next root with every refresh, as the letter of TUF wants it, and not with the first and once a day. */
  readonly strict?: boolean;
  /** Milliseconds since 1970, for expiry. */
  readonly now?: () => number;
}

/** Keeps one tier's catalog and the overrides fresh. Every failure leaves the last good state as it was. */
export class Updater {
  readonly #options: UpdaterOptions;
  readonly #trusted: TrustedMetadata;
  readonly #clock: Clock;
  readonly #queue: WriteQueue;
  readonly #ports: MetadataPorts;
  #state: ClientState;
  #known: readonly Override[] = [];
  /** Whether the stops that were known before the restart are known still. */
  #hasStops = false;
  #catalogText = "";
  #catalogDigest = "";
  #etag: string | undefined;
  /** Verified metadata whose catalog is not there yet: what is stored must fit together, or a restart would lose it all. */
  readonly #staged = new Map<"snapshot" | "targets", Uint8Array>();
  #refreshing: Promise<boolean> | undefined;
  #rootAskedAt: number | undefined;
  #rootPauseMilliseconds = 0;
  /** In this refresh; and whether something that was refused may be right by a newer root. */
  #hasAskedRoot = false;
  #hasNewerRoot = false;
  /** Since when addresses answer with an older timestamp. */
  #staleSince: number | undefined;

  private constructor(options: UpdaterOptions, trusted: TrustedMetadata) {
    this.#options = options;
    this.#trusted = trusted;
    this.#clock = new Clock(options.now ?? Date.now);
    this.#queue = new WriteQueue(options.store);
    this.#ports = {
      ask: (file, maxBytes, accept) =>
        this.#take(`metadata/${file}`, { maxBytes }, (result) =>
          accept(result.kind === "body" ? result.bytes : null),
        ),
      keep: async (role, bytes) => {
        if (role === "root") this.#queue.add(role, bytes);
        if (role === "snapshot" || role === "targets") this.#staged.set(role, bytes);
      },
    };
    const catalog = new Catalog(writeCatalog(options.tier, new Map()));
    this.#state = {
      catalog,
      generation: 0,
      revision: 0,
      overrides: [],
      commit: "",
      pollSeconds: 60,
      expired: false,
    };
  }

  /** Starts from the stored state, without the network; what is stored is verified again, expiry apart. */
  static async open(options: UpdaterOptions): Promise<Updater> {
    const { store, bundled, tier } = options;
    const readStored = (name: string) => quietly(() => store?.read(name));
    const readBundled = (name: string) => quietly(() => bundled?.(name));
    const trusted = await newestRoot(options, await readStored("root"));
    const updater = new Updater(options, trusted);
    // Whoever serves what an app ships is nobody to say whom it trusts: only keys that it trusts already do.
    const root = await readBundled("root.json");
    if (root && (await accepted(() => trusted.updateRoot(root, true)))) updater.#queue.add("root", root);
    const stops = parseOverrides(await readStored("overrides"));
    updater.#hasStops = stops !== null;
    updater.#known = stops ?? [];
    if (store) await updater.#restore(readStored, () => {});
    const catalog = `catalog.${tier}.jsonl`;
    const readAsset: ReadState = (name) => readBundled(name === "catalog" ? catalog : `${name}.json`);
    // It is stored with the first refresh: a newer timestamp alone would leave a store that nobody can start from.
    if (bundled) await updater.#restore(readAsset, (name, bytes) => updater.#queue.add(name, bytes));
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
    this.#clock.start();
    this.#hasAskedRoot = false;
    this.#hasNewerRoot = false;
    try {
      const { strict = false } = this.#options;
      if (strict) await this.#refreshRoot();
      let changed = await this.#refreshFromTimestamp();
      // A stop must not wait for a root that an address has wrong, or does not answer for.
      if (!strict && this.#isRootDue) changed = (await this.#followNewRoot()) || changed;
      const { expired } = this.#state;
      if (expired) this.#state = { ...this.#state, expired: false };
      return changed || expired;
    } catch (error) {
      if (codeOf(error) === "expired" && !this.#state.expired)
        this.#state = { ...this.#state, expired: true };
      throw error;
    } finally {
      await this.#queue.flush();
    }
  }

  async #refreshFromTimestamp(): Promise<boolean> {
    try {
      return await this.#followTimestamp();
    } catch (error) {
      if (!this.#hasNewerRoot) throw error;
      return this.#followTimestamp();
    }
  }

  /**
   * With the first refresh and once a day after one. A publisher writes a new root just before the timestamp of its keys: between
   * the two what was taken up holds on.
   */
  async #followNewRoot(): Promise<boolean> {
    const { root } = this.#trusted;
    let refusal: unknown;
    await this.#refreshRoot().catch((error: unknown) => {
      refusal = error;
    });
    let changed = false;
    try {
      // Also where the walk ended at a root that is wrong: those before it are trusted now.
      if (this.#trusted.root !== root) changed = await this.#followTimestamp();
    } catch (error) {
      if (codeOf(error) !== "signature") throw error;
    }
    if (refusal) throw refusal;
    return changed;
  }

  async #followTimestamp(): Promise<boolean> {
    const changed = await this.#refreshTimestamp();
    const { timestamp, targets } = this.#trusted;
    const isBehind = !targets || this.#state.generation !== timestamp?.meta["snapshot.json"].version;
    if (isBehind) await this.#refreshCatalog(this.#clock.now);
    return changed || isBehind;
  }

  async #refreshTimestamp(): Promise<boolean> {
    const etag = this.#trusted.timestamp && this.#etag;
    try {
      const changed = await this.#take(
        TIMESTAMP_KEY,
        { maxBytes: MAX_BYTES.timestamp, revalidate: true },
        (result) => this.#acceptTimestamp(result),
        etag === undefined ? {} : { etag },
      );
      this.#staleSince = undefined;
      return changed;
    } catch (error) {
      if (!(error instanceof OlderTimestamp) || this.#hasNewerRoot) throw error;
      const { device, now } = this.#clock;
      this.#staleSince ??= device;
      if (Math.abs(device - this.#staleSince) > STALE_MILLISECONDS) throw error;
      this.#trusted.checkFresh(now);
      return false;
    }
  }

  async #acceptTimestamp(result: FetchResult): Promise<boolean> {
    const trusted = this.#trusted;
    if (result.kind === "missing" || (result.kind === "not_modified" && !trusted.timestamp))
      throw new ClientError("missing", `${TIMESTAMP_KEY} is not there`);
    const clock = this.#clock.read(result.date);
    const changed = result.kind === "body" && (await trusted.updateTimestamp(result.bytes, clock.now));
    trusted.checkFresh(clock.now);
    clock.accept();
    if (result.kind === "body") this.#etag = result.etag;
    if (!changed) return false;
    this.#takeOverrides();
    this.#queue.add("timestamp", result.bytes);
    this.#queue.add("overrides", encodeUtf8(JSON.stringify(this.#known)));
    await this.#queue.flush();
    return true;
  }

  #takeOverrides(): void {
    const signed = this.#trusted.timestamp;
    if (!signed) return;
    const { commit, pollSeconds } = signed.giftwrap;
    this.#change({
      revision: signed.version,
      commit,
      pollSeconds: Math.min(300, Math.max(30, pollSeconds)),
    });
  }

  /** Takes up what is new, and with it the overrides that hold then. */
  #change(news: Partial<ClientState>): void {
    const state = { ...this.#state, ...news };
    const { generation } = state;
    this.#known = keepStops(generation, this.#known, this.#trusted.timestamp?.giftwrap.overrides ?? []);
    this.#state = { ...state, overrides: overridesFor(generation, this.#known) };
  }

  get #isRootDue(): boolean {
    const sinceAsked = Math.abs(this.#clock.device - (this.#rootAskedAt ?? ALWAYS));
    return sinceAsked >= this.#rootPauseMilliseconds;
  }

  /** Where it cannot be asked for, what else there is must do. */
  async #refreshRoot(): Promise<boolean> {
    this.#hasAskedRoot = true;
    this.#rootAskedAt = this.#clock.device;
    this.#rootPauseMilliseconds = ROOT_RETRY_MILLISECONDS;
    try {
      const isNewer = await refreshRoot(this.#trusted, this.#ports);
      this.#rootPauseMilliseconds = DAY_MILLISECONDS;
      return isNewer;
    } catch (error) {
      if (this.#options.strict || codeOf(error) !== "network") throw error;
      return false;
    }
  }

  async #refreshCatalog(now: number): Promise<void> {
    const trusted = this.#trusted;
    if (trusted.snapshot?.version !== trusted.timestamp?.meta["snapshot.json"].version)
      await refreshSnapshot(trusted, now, this.#ports);
    if (trusted.targets?.version !== trusted.snapshot?.meta["targets.json"].version)
      await refreshTargets(trusted, now, this.#ports);
    const target = this.#catalogMeta();
    if (target.digest === this.#catalogDigest) this.#change({ generation: trusted.snapshot?.version ?? 0 });
    else {
      const text = (await this.#fetchDelta(target)) ?? (await this.#fetchWholeCatalog(target));
      this.#useCatalog(text, target.digest);
      this.#queue.add("catalog", encodeUtf8(text));
    }
    for (const [name, bytes] of this.#staged) this.#queue.add(name, bytes);
    this.#staged.clear();
  }

  #useCatalog(text: string, digest: string): void {
    const catalog = readable(() => new Catalog(text));
    this.#catalogText = text;
    this.#catalogDigest = digest;
    this.#change({ catalog, generation: this.#trusted.snapshot?.version ?? 0 });
  }

  /** The newer catalog from the one at hand, or null: a delta that is missing or wrong costs only the whole catalog. */
  async #fetchDelta(target: CatalogMeta): Promise<string | null> {
    if (!this.#catalogDigest) return null;
    try {
      const key = deltaKey(this.#catalogDigest, target.digest);
      const { bytes } = bodyOf(await this.#options.fetch(key, { maxBytes: target.length }), key);
      const delta: Delta = JSON.parse(decodeUtf8(bytes));
      const text = applyDelta(this.#options.tier, this.#catalogText, delta);
      await this.#checkCatalog(target, encodeUtf8(text));
      return text;
    } catch {
      return null;
    }
  }

  async #fetchWholeCatalog(target: CatalogMeta): Promise<string> {
    const key = targetKey(target.name, target.digest);
    return this.#take(key, { maxBytes: target.length }, async (result) => {
      const { bytes } = bodyOf(result, key);
      await this.#checkCatalog(target, bytes);
      return readable(() => decodeUtf8(bytes));
    });
  }

  #checkCatalog({ name, length, digest }: CatalogMeta, bytes: Uint8Array): Promise<void> {
    return this.#trusted.checkFile(name, bytes, { length, hashes: { sha256: digest } });
  }

  /**
   * An answer that is of no use is asked for once more, in full: another address may have a better one.
   * @param held what is said of the copy that is there already, the first time alone
   */
  async #take<T>(
    key: string,
    options: FetchOptions,
    accept: (result: FetchResult) => Promise<T>,
    held: Pick<FetchOptions, "etag"> = {},
  ): Promise<T> {
    const { fetch } = this.#options;
    try {
      return await accept(await fetch(key, { ...options, ...held }));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // Keys may have been rotated since: a newer root, asked for once, makes all of it be asked for again.
      const mayHelp = ["signature", "rollback", "expired", "hash"].includes(error.code) || this.#isRootDue;
      if (mayHelp && !this.#hasAskedRoot) {
        this.#hasNewerRoot = await this.#refreshRoot();
        if (this.#hasNewerRoot) throw error;
      }
      return fetch(key, { ...options, attempt: 1 })
        .then(accept)
        .catch(() => {
          throw error;
        });
    }
  }

  /**
   * Takes what is newer than what is there already, as far as it fits together; the next refresh brings what is missing. A
   * catalog beside an older timestamp is left alone: stops that it does not carry may have been forgotten since.
   */
  async #restore(read: ReadState, keep: KeepState): Promise<void> {
    const trusted = this.#trusted;
    const timestamp = await read("timestamp");
    if (!timestamp) return;
    const isNewest = await accepted(async () => {
      if (!(await trusted.updateTimestamp(timestamp, ALWAYS))) return true;
      this.#takeOverrides();
      keep("timestamp", timestamp);
      keep("overrides", encodeUtf8(JSON.stringify(this.#known)));
      return true;
    });
    if (!isNewest) return;
    const { snapshot, targets } = trusted;
    if (await accepted(() => this.#restoreCatalog(read, keep))) return;
    trusted.snapshot = snapshot;
    trusted.targets = targets;
  }

  /** Whether there is a whole one, and it is newer. @throws ClientError */
  async #restoreCatalog(read: ReadState, keep: KeepState): Promise<boolean> {
    const trusted = this.#trusted;
    const [snapshot, targets, catalog] = [
      await read("snapshot"),
      await read("targets"),
      await read("catalog"),
    ];
    if (!snapshot || !targets || !catalog) return false;
    await trusted.restoreSnapshot(snapshot);
    const version = trusted.snapshot?.version ?? 0;
    if (version <= this.#state.generation) return false;
    // The timestamp need not name the stops any more that its own catalog carries.
    if (!this.#hasStops && version < trusted.metaOf("snapshot").version) return false;
    await trusted.updateTargets(targets, ALWAYS);
    const target = this.#catalogMeta();
    await this.#checkCatalog(target, catalog);
    this.#useCatalog(
      readable(() => decodeUtf8(catalog)),
      target.digest,
    );
    keep("catalog", catalog);
    keep("targets", targets);
    keep("snapshot", snapshot);
    return true;
  }

  #catalogMeta(): CatalogMeta {
    const name = catalogTarget(this.#options.tier);
    const meta = this.#trusted.targets?.targets[name];
    const digest = meta?.hashes["sha256"];
    if (!meta || !digest) throw new ClientError("schema", `targets do not name ${name}`);
    return { name, digest, length: Math.min(meta.length, MAX_CATALOG_BYTES) };
  }
}

type ReadState = (name: StateName) => Promise<Uint8Array | null>;
type KeepState = (name: StateName, bytes: Uint8Array) => void;

interface CatalogMeta {
  readonly name: string;
  readonly digest: string;
  readonly length: number;
}

/** The stored one, if it is newer; one that was damaged since only costs the rotations that led to it. */
async function newestRoot(
  { root, crypto }: UpdaterOptions,
  stored: Uint8Array | null,
): Promise<TrustedMetadata> {
  const own = await TrustedMetadata.from(root, crypto, OWN_SHAPES);
  let newest = own;
  if (stored)
    await accepted(async () => {
      const other = await TrustedMetadata.from(stored, crypto, OWN_SHAPES);
      if (other.root.version > own.root.version) newest = other;
    });
  return newest;
}

/** Whether it was; what is refused is none of it. */
async function accepted(act: () => Promise<boolean | void>): Promise<boolean> {
  try {
    return (await act()) !== false;
  } catch (error) {
    if (error instanceof ClientError) return false;
    throw error;
  }
}

/** The overrides that were kept, or null when they cannot be read. */
function parseOverrides(bytes: Uint8Array | null): readonly Override[] | null {
  try {
    const kept: unknown = bytes && JSON.parse(decodeUtf8(bytes));
    return areOverrides(kept) ? kept : null;
  } catch {
    return null;
  }
}

/** The signature says whose bytes they are; they may still be nothing that this app can read. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ClientError("schema", `cannot read the catalog: ${why}`, { cause });
  }
}
