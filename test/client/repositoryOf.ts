import { ClientError } from "../../src/client/error.ts";
import type { Fetch, FetchOptions, StateStore } from "../../src/client/ports.ts";
import { generateKeyPem, type Signer, signerFromPem } from "../../src/trust/keys.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import {
  makeRoot,
  makeSnapshot,
  makeTargets,
  makeTimestamp,
  signMetadata,
  toFileMeta,
} from "../../src/trust/sign.ts";
import { type ObjectFile, writeCatalog } from "../../src/wire/catalog.ts";
import { makeDelta } from "../../src/wire/delta.ts";
import {
  catalogTarget,
  deltaKey,
  metadataKey,
  objectKey,
  TIMESTAMP_KEY,
  targetKey,
} from "../../src/wire/keys.ts";
import type { FileMeta, Root, Targets, Timestamp } from "../../src/wire/metadata.ts";
import type { Override } from "../../src/wire/override.ts";
import { TIERS, type Tier } from "../../src/wire/viewer.ts";
import { type Gifts, linesOf } from "../wire/catalogOf.ts";

/** When everything is published, unless a test says otherwise. */
export const NOW = Date.UTC(2027, 0, 31, 12);
export const HOUR = 3_600_000;

type Keys = Readonly<Record<"root" | "release" | "timestamp", Signer>>;

/** A published repository in memory: the keys and files that a CDN would hold, signed as the publisher signs them. */
export class Repository {
  readonly files = new Map<string, Uint8Array>();
  /** Every key that was asked for, in order. */
  readonly asked: string[] = [];
  /** The ETag that came with each question, in order; null when none did. */
  readonly etags: (string | null)[] = [];
  keys: Keys;
  root: Root;
  overrides: readonly Override[] = [];
  revision = 0;
  generation = 0;
  #snapshot: FileMeta = { version: 0 };
  #catalogs: Readonly<Record<Tier, string>> | null = null;

  private constructor(keys: Keys) {
    this.keys = keys;
    this.root = makeRoot(keys, NOW);
  }

  static async create(): Promise<Repository> {
    const repository = new Repository({ root: newSigner(), release: newSigner(), timestamp: newSigner() });
    await repository.signRoot([repository.keys.root]);
    return repository;
  }

  /** What is built into an app. */
  get trustedRoot(): Uint8Array {
    return this.bytesOf(metadataKey("root", 1));
  }

  bytesOf(key: string): Uint8Array {
    const bytes = this.files.get(key);
    if (!bytes) throw new Error(`the repository has no ${key}`);
    return bytes;
  }

  /** A new generation: catalogs, deltas from the one before, metadata, and last the timestamp. */
  async publish(gifts: Gifts, overrides: readonly Override[] = this.overrides): Promise<void> {
    await this.publishTexts(catalogTexts(gifts), overrides);
  }

  async publishTexts(
    texts: Readonly<Record<Tier, string>>,
    overrides: readonly Override[] = this.overrides,
  ): Promise<void> {
    this.generation++;
    const targets: Record<string, Targets["targets"][string]> = {};
    for (const tier of TIERS) {
      const bytes = encode(texts[tier]);
      const digest = digestOf(bytes);
      targets[catalogTarget(tier)] = { length: bytes.length, hashes: { sha256: digest } };
      this.files.set(targetKey(catalogTarget(tier), digest), bytes);
      if (!this.#catalogs) continue;
      const delta = makeDelta(this.#catalogs[tier], texts[tier]);
      this.files.set(deltaKey(digestOf(this.#catalogs[tier]), digest), encode(JSON.stringify(delta)));
    }
    this.#catalogs = texts;
    const { release } = this.keys;
    const signedTargets = await signMetadata(makeTargets(this.generation, targets, NOW), [release]);
    this.files.set(metadataKey("targets", this.generation), signedTargets);
    const snapshot = makeSnapshot(this.generation, toFileMeta(this.generation, signedTargets), NOW);
    const signedSnapshot = await signMetadata(snapshot, [release]);
    this.files.set(metadataKey("snapshot", this.generation), signedSnapshot);
    this.#snapshot = toFileMeta(this.generation, signedSnapshot);
    await this.publishOverrides(overrides);
  }

  /** One write: a new timestamp over the same catalogs. */
  async publishOverrides(overrides: readonly Override[], now = NOW): Promise<void> {
    this.overrides = overrides;
    this.revision++;
    const { revision: version } = this;
    const timestamp = makeTimestamp(
      { version, snapshot: this.#snapshot, pollSeconds: 60, commit: `commit-${version}`, overrides },
      now,
    );
    await this.signTimestamp(timestamp);
  }

  async signTimestamp(timestamp: Timestamp, signer = this.keys.timestamp): Promise<void> {
    this.files.set(TIMESTAMP_KEY, await signMetadata(timestamp, [signer]));
  }

  /** New keys for some roles, in the next root, which is signed by the old root key and the new one. */
  async rotate(...roles: readonly (keyof Keys)[]): Promise<void> {
    const before = this.keys.root;
    this.keys = { ...this.keys, ...Object.fromEntries(roles.map((role) => [role, newSigner()])) };
    this.root = { ...makeRoot(this.keys, NOW), version: this.root.version + 1 };
    await this.signRoot(before === this.keys.root ? [before] : [before, this.keys.root]);
  }

  async signRoot(signers: readonly Signer[]): Promise<void> {
    this.files.set(metadataKey("root", this.root.version), await signMetadata(this.root, signers));
  }

  /** The key of the catalog that is published now. */
  catalogKey(tier: Tier): string {
    return targetKey(catalogTarget(tier), digestOf(this.#catalogs?.[tier] ?? ""));
  }

  /** The delta that leads to the catalog that is published now. */
  deltaKeyTo(tier: Tier): string {
    const to = digestOf(this.#catalogs?.[tier] ?? "");
    const key = [...this.files.keys()].find((it) => it.endsWith(`-${to}.json`));
    if (key === undefined) throw new Error("no delta leads there");
    return key;
  }

  /** The bytes of an animation, which the edge serves from now on. */
  addObject(content: string): ObjectFile {
    const bytes = encode(content);
    const [digest, mediaType] = [digestOf(bytes), "image/webp"];
    this.files.set(objectKey(digest, mediaType), bytes);
    return { role: "animation", mediaType, digest, bytes: bytes.length };
  }

  /** Reads as an edge would serve: with an ETag for the timestamp, and never more than was asked for. */
  readonly fetch: Fetch = async (key, { maxBytes, etag }: FetchOptions) => {
    this.asked.push(key);
    this.etags.push(etag ?? null);
    const bytes = this.files.get(key);
    if (!bytes) return { kind: "missing" };
    const current = `"${digestOf(bytes)}"`;
    if (etag === current) return { kind: "not_modified" };
    if (bytes.length > maxBytes)
      throw new ClientError("too_large", `${key} is longer than ${maxBytes} bytes`);
    return { kind: "body", bytes, ...(key === TIMESTAMP_KEY && { etag: current }) };
  };

  /** Forgets what was asked for, so that a test sees only what comes next. */
  forgetQuestions(): void {
    this.asked.length = 0;
    this.etags.length = 0;
  }
}

export function newSigner(): Signer {
  return signerFromPem("test", generateKeyPem());
}

export function catalogTexts(gifts: Gifts): Record<Tier, string> {
  const lines = linesOf(gifts);
  return {
    low: writeCatalog("low", lines),
    mid: writeCatalog("mid", lines),
    high: writeCatalog("high", lines),
  };
}

/** A network that is down, for some keys or for all. */
export function offline(fetch: Fetch, isDown: (key: string) => boolean = () => true): Fetch {
  return async (key, options) => {
    if (isDown(key)) throw new ClientError("network", `${key} did not answer`);
    return fetch(key, options);
  };
}

export interface MemoryStore extends StateStore {
  readonly files: Map<string, Uint8Array>;
}

/** What survives a restart of the app. After `lastWrite` writes it fails, as a full disk or a killed app would. */
export function memoryStore(lastWrite = Number.POSITIVE_INFINITY): MemoryStore {
  const files = new Map<string, Uint8Array>();
  let writes = 0;
  return {
    files,
    read: async (name) => files.get(name) ?? null,
    write: async (name, bytes) => {
      writes++;
      if (writes > lastWrite) throw new Error("the disk is full");
      files.set(name, bytes);
    },
  };
}

/** The bytes with one letter changed, at the place where the text is found. */
export function tampered(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = new TextDecoder().decode(bytes);
  if (!text.includes(from)) throw new Error(`there is no ${from} to change`);
  return encode(text.replace(from, to));
}

export function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
