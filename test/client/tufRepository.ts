import { ClientError } from "../../src/client/error.ts";
import type { Fetch } from "../../src/client/ports.ts";
import { encodeName } from "../../src/client/update/refresh.ts";
import { type MetadataStore, TufClient, type TufClientOptions } from "../../src/client/update/tufClient.ts";
import type { Signer } from "../../src/trust/keys.ts";
import { digestOf, nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { signMetadata } from "../../src/trust/sign.ts";
import type { FileMeta, TargetMeta } from "../../src/wire/metadata.ts";
import { encode, newSigner, NOW } from "./repositoryOf.ts";

const EXPIRES = "2027-03-01T00:00:00Z";

interface Role {
  version: number;
  signers: readonly Signer[];
  threshold: number;
  expires: string;
}

/** How a role delegates to another one. */
export interface Delegation {
  readonly name: string;
  readonly paths?: readonly string[];
  readonly path_hash_prefixes?: readonly string[];
  readonly terminating?: boolean;
  /** Instead of the keys that the role signs with. */
  readonly signers?: readonly Signer[];
}

/** A repository of The Update Framework that nothing of this project is in, with whatever delegations a test wants. */
export class TufRepository {
  /** What an address holds, by `metadata/…` and `targets/…`. */
  readonly files = new Map<string, Uint8Array>();
  readonly asked: string[] = [];
  readonly roles = new Map<string, Role>();
  readonly delegations = new Map<string, Delegation[]>();
  readonly targets = new Map<string, Map<string, TargetMeta>>();
  /** What the snapshot lists. */
  readonly meta = new Map<string, FileMeta>();
  isConsistent = true;
  /** Whether files are named with their length and hash. */
  hasHashes = false;
  /** What stands in a signed part besides, or instead of what would stand there. */
  readonly extra = new Map<string, Readonly<Record<string, unknown>>>();

  private constructor() {
    for (const name of ["root", "timestamp", "snapshot", "targets"]) this.add(name);
  }

  static async create(): Promise<TufRepository> {
    const repository = new TufRepository();
    await repository.publish("root", "targets", "snapshot", "timestamp");
    return repository;
  }

  role(name: string): Role {
    const role = this.roles.get(name);
    if (!role) throw new Error(`there is no role ${name}`);
    return role;
  }

  /** A role with one key of its own. */
  add(name: string): void {
    this.roles.set(name, { version: 0, signers: [newSigner()], threshold: 1, expires: EXPIRES });
    this.targets.set(name, new Map());
  }

  delegate(from: string, ...delegations: readonly Delegation[]): void {
    for (const { name } of delegations) if (!this.roles.has(name)) this.add(name);
    this.delegations.set(from, [...(this.delegations.get(from) ?? []), ...delegations]);
  }

  addTarget(role: string, path: string, content: string, hashes = ["sha256"]): void {
    const bytes = encode(content);
    const known = { sha256: digestOf(bytes) };
    const named = Object.fromEntries(hashes.map((it) => [it, it === "sha256" ? known.sha256 : "00"]));
    this.targets.get(role)?.set(path, { length: bytes.length, hashes: named });
    const slash = path.lastIndexOf("/") + 1;
    const folder = path.slice(0, slash);
    this.files.set(`targets/${folder}${known.sha256}.${path.slice(slash)}`, bytes);
    this.files.set(`targets/${path}`, bytes);
  }

  /** New versions of these roles, in this order. */
  async publish(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      this.role(name).version++;
      await this.sign(name);
    }
  }

  /** The roles that clients ask for, with those that are named before. */
  async publishAll(...names: readonly string[]): Promise<void> {
    await this.publish(...names, "targets", "snapshot", "timestamp");
  }

  /** The role as it is now, under its present number. */
  async sign(name: string, signers = this.role(name).signers): Promise<Uint8Array> {
    const { version } = this.role(name);
    const bytes = await signMetadata(this.signed(name), signers);
    this.put(name, bytes);
    const meta = {
      version,
      ...(this.hasHashes && { length: bytes.length, hashes: { sha256: digestOf(bytes) } }),
    };
    if (name !== "root" && name !== "timestamp") this.meta.set(name, meta);
    return bytes;
  }

  put(name: string, bytes: Uint8Array): void {
    this.files.set(this.fileOf(name), bytes);
  }

  fileOf(name: string): string {
    const { version } = this.role(name);
    const isNumbered = name === "root" || (this.isConsistent && name !== "timestamp");
    return `metadata/${isNumbered ? `${version}.` : ""}${encodeName(name)}.json`;
  }

  bytesOf(name: string): Uint8Array {
    const bytes = this.files.get(this.fileOf(name));
    if (!bytes) throw new Error(`${name} was never signed`);
    return bytes;
  }

  signed(name: string): Record<string, unknown> {
    const { version, expires } = this.role(name);
    const isTop = ["root", "timestamp", "snapshot"].includes(name);
    return {
      _type: isTop ? name : "targets",
      spec_version: "1.0.34",
      version,
      expires,
      ...(isTop ? this.#contentOf(name) : this.#targetsOf(name)),
      ...this.extra.get(name),
    };
  }

  #contentOf(name: string): Record<string, unknown> {
    if (name === "timestamp") return { meta: { "snapshot.json": this.meta.get("snapshot") } };
    if (name === "snapshot") {
      const others = [...this.meta].filter(([it]) => it !== "snapshot");
      return { meta: Object.fromEntries(others.map(([role, meta]) => [`${role}.json`, meta])) };
    }
    const names = ["root", "timestamp", "snapshot", "targets"];
    return {
      consistent_snapshot: this.isConsistent,
      keys: keysOf(names.flatMap((it) => this.role(it).signers)),
      roles: Object.fromEntries(
        names.map((it) => {
          const { signers, threshold } = this.role(it);
          return [it, { keyids: signers.map(({ keyId }) => keyId), threshold }];
        }),
      ),
    };
  }

  #targetsOf(name: string): Record<string, unknown> {
    const delegations = this.delegations.get(name);
    const targets = Object.fromEntries(this.targets.get(name) ?? []);
    if (!delegations) return { targets };
    const signersOf = (it: Delegation) => it.signers ?? this.role(it.name).signers;
    const roles = delegations.map((it) => ({
      name: it.name,
      keyids: signersOf(it).map(({ keyId }) => keyId),
      threshold: this.role(it.name).threshold,
      terminating: it.terminating ?? false,
      ...(it.paths && { paths: it.paths }),
      ...(it.path_hash_prefixes && { path_hash_prefixes: it.path_hash_prefixes }),
    }));
    return { targets, delegations: { keys: keysOf(delegations.flatMap(signersOf)), roles } };
  }

  readonly fetch: Fetch = async (key, { maxBytes }) => {
    this.asked.push(key);
    const bytes = this.files.get(key);
    if (!bytes) return { kind: "missing" };
    if (bytes.length > maxBytes) throw new ClientError("too_large", `${key} is too long`);
    return { kind: "body", bytes };
  };

  /** A client that has this repository's first root. */
  async client(options: Partial<TufClientOptions> = {}): Promise<TufClient> {
    const store = options.store ?? (await this.newStore());
    return TufClient.open({ fetch: this.fetch, crypto: nodeCrypto, now: () => NOW, ...options, store });
  }

  async newStore(): Promise<MetadataFolder> {
    const store = metadataFolder();
    const root = this.files.get("metadata/1.root.json");
    if (root) await store.write("root", root);
    return store;
  }
}

export interface MetadataFolder extends MetadataStore {
  readonly files: Map<string, Uint8Array>;
}

export function metadataFolder(): MetadataFolder {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    read: async (name) => files.get(name) ?? null,
    write: async (name, bytes) => void files.set(name, bytes),
    remove: async (name) => void files.delete(name),
  };
}

function keysOf(signers: readonly Signer[]): Record<string, unknown> {
  return Object.fromEntries(signers.map((it) => [it.keyId, it.publicKey]));
}
