import { toHex } from "../../wire/digest.ts";
import type { Delegations, PlainTimestamp, TargetMeta, Targets } from "../../wire/metadata.ts";
import { encodeUtf8 } from "../../wire/utf8.ts";
import { ClientError } from "../error.ts";
import type { Fetch, StateStore } from "../ports.ts";
import { checkExpiry, checkFile, type TufCrypto } from "./checks.ts";
import { verifyThreshold } from "./countSigners.ts";
import { delegationsFor, isDelegatingTargets } from "./delegations.ts";
import { encodeName } from "./encodeName.ts";
import {
  demand,
  MAX_BYTES,
  type MetadataPorts,
  refreshRoot,
  refreshSnapshot,
  refreshTargets,
} from "./refresh.ts";
import { readNamed, type Shapes, TrustedMetadata } from "./trusted.ts";

/** Delegated roles that one search may visit: nobody makes a client wander about. */
const MAX_ROLES = 32;

/** Whole files by role name, each written atomically. `root` is there from the beginning. */
export interface MetadataStore extends StateStore {
  remove(name: string): Promise<void>;
}

export interface TufClientOptions {
  readonly store: MetadataStore;
  /** Reads `metadata/…` and `targets/…`; every part of a name is URL-encoded. */
  readonly fetch: Fetch;
  readonly crypto: TufCrypto;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** A role's targets that a search comes to, and who says which keys it has: null for the root. */
interface Visit {
  readonly role: string;
  readonly by: { readonly role: string; readonly delegations: Delegations } | null;
}

/**
 * A client for any repository of The Update Framework, specification 1.0.34, by the letter of section 5: roots are asked for
 * with every refresh, the device's clock alone counts, and what was verified is kept as the very bytes that were received.
 */
export class TufClient {
  readonly #options: TufClientOptions;
  readonly #trusted: TrustedMetadata<PlainTimestamp>;
  readonly #ports: MetadataPorts;
  /** When the last refresh began, for all that follows it; undefined before one has succeeded. */
  #start: number | undefined;

  private constructor(options: TufClientOptions, trusted: TrustedMetadata<PlainTimestamp>) {
    this.#options = options;
    this.#trusted = trusted;
    this.#ports = {
      ask: async (file, maxBytes, accept) => {
        const result = await options.fetch(`metadata/${encodeName(file)}`, { maxBytes });
        return accept(result.kind === "body" ? result.bytes : null);
      },
      keep: (role, bytes) => options.store.write(role, bytes),
    };
  }

  /** @throws ClientError `missing` or what is wrong with the stored root; nothing is asked for */
  static async open(options: TufClientOptions): Promise<TufClient> {
    const root = await options.store.read("root");
    if (!root) throw new ClientError("missing", "there is no trusted root to begin with");
    return new TufClient(options, await TrustedMetadata.from(root, options.crypto, ANY_SHAPES));
  }

  /** Sections 5.1 to 5.6.6. @throws ClientError; what was verified before it is kept */
  async refresh(): Promise<void> {
    const start = (this.#options.now ?? Date.now)();
    await this.#refreshRoot(start);
    await this.#refreshTimestamp(start);
    await this.#refreshSnapshot(start);
    await this.#refreshTargets(start);
    this.#start = start;
  }

  /**
   * Sections 5.6.7 and 5.7.1: what the first role that may speak for the target says of it. Refreshes when this client has not yet.
   * @throws ClientError `missing` when no role names it, and for metadata on the way that cannot be had or trusted
   */
  async find(path: string): Promise<TargetMeta> {
    if (this.#start === undefined) await this.refresh();
    const target = { path, digest: toHex(await this.#options.crypto.sha256(encodeUtf8(path))) };
    const visited = new Set<string>();
    const visits: Visit[] = [{ role: "targets", by: null }];
    for (let visit = visits.pop(); visit && visited.size <= MAX_ROLES; visit = visits.pop()) {
      const { role } = visit;
      if (visited.has(role)) continue;
      visited.add(role);
      const { targets, delegations } = await this.#targetsOf(visit);
      const found = Object.hasOwn(targets, path) ? targets[path] : undefined;
      if (found) return found;
      if (!delegations) continue;
      const next = delegationsFor(delegations, target);
      if (next.isTerminating) visits.length = 0;
      visits.push(...next.roles.map((it) => ({ role: it.name, by: { role, delegations } })).reverse());
    }
    throw new ClientError("missing", `no role names the target ${path}`);
  }

  /** Section 5.7: the target's verified bytes. @throws ClientError */
  async download(path: string, meta: TargetMeta): Promise<Uint8Array> {
    const parts = path.split("/").map(encodeName);
    const hash = meta.hashes["sha256"] ?? Object.values(meta.hashes)[0] ?? "";
    const prefix = this.#trusted.root.consistent_snapshot ? `${encodeName(hash)}.` : "";
    const key = ["targets", ...parts.slice(0, -1), prefix + (parts.at(-1) ?? "")].join("/");
    const result = await this.#options.fetch(key, { maxBytes: meta.length });
    if (result.kind !== "body") throw new ClientError("missing", `${key} is not there`);
    await checkFile(path, result.bytes, meta, this.#options.crypto);
    return result.bytes;
  }

  async #refreshRoot(start: number): Promise<void> {
    const trusted = this.#trusted;
    const onlineKeys = () =>
      JSON.stringify([trusted.root.roles.timestamp.keyids, trusted.root.roles.snapshot.keyids]);
    const before = onlineKeys();
    await refreshRoot(trusted, this.#ports);
    // Section 5.3.11, where it lasts.
    if (onlineKeys() !== before)
      for (const role of ["timestamp", "snapshot"]) await this.#options.store.remove(role);
    checkExpiry("root", trusted.root.expires, start);
  }

  async #refreshTimestamp(start: number): Promise<void> {
    const { timestamp } = this.#trusted;
    // One that has expired since is what no older one may replace.
    if (!timestamp) await this.#restore("timestamp", (bytes) => this.#trusted.updateTimestamp(bytes, ALWAYS));
    await this.#ports.ask("timestamp.json", MAX_BYTES.timestamp, async (bytes) => {
      if (!bytes) throw new ClientError("missing", "timestamp.json is not there");
      if (await this.#trusted.updateTimestamp(bytes, start)) await this.#ports.keep("timestamp", bytes);
    });
    this.#trusted.checkFresh(start);
  }

  async #refreshSnapshot(start: number): Promise<void> {
    const trusted = this.#trusted;
    if (!trusted.snapshot) await this.#restore("snapshot", (bytes) => trusted.restoreSnapshot(bytes));
    if (trusted.snapshot?.version !== trusted.timestamp?.meta["snapshot.json"].version)
      await refreshSnapshot(trusted, start, this.#ports);
    else if (trusted.snapshot) checkExpiry("snapshot", trusted.snapshot.expires, start);
  }

  async #refreshTargets(start: number): Promise<void> {
    const trusted = this.#trusted;
    const isKept = await this.#restore("targets", (bytes) => trusted.updateTargets(bytes, start));
    if (!isKept) await refreshTargets(trusted, start, this.#ports);
  }

  /** Verified against whoever delegates to it on this way: another way's keys vouch for nothing here. */
  async #targetsOf({ role, by }: Visit): Promise<Targets> {
    const { snapshot, targets } = this.#trusted;
    if (!by) {
      if (!targets) throw new TypeError("a search begins with trusted targets");
      return targets;
    }
    const name = `${role}.json`;
    const meta = snapshot && Object.hasOwn(snapshot.meta, name) ? snapshot.meta[name] : undefined;
    const keys = by.delegations.roles?.find((it) => it.name === role);
    if (!meta || !keys) throw new ClientError("missing", `the snapshot does not list ${name}`);
    let accepted: Targets | undefined;
    const accept = async (bytes: Uint8Array) => {
      const { crypto } = this.#options;
      const authority = { ...keys, keys: by.delegations.keys, by: by.role };
      accepted = await readNamed(
        role,
        bytes,
        {
          meta,
          isShape: isDelegatingTargets,
          verify: (file) => verifyThreshold(file, role, authority, crypto),
          now: this.#start ?? 0,
        },
        crypto,
      );
    };
    if (!(await this.#restore(role, accept))) await demand(this.#trusted, role, meta, this.#ports, accept);
    if (!accepted) throw new TypeError("what was accepted is there");
    return accepted;
  }

  /** Whether the stored file is there and right; one that is not is asked for again. */
  async #restore(role: string, accept: (bytes: Uint8Array) => Promise<unknown>): Promise<boolean> {
    const bytes = await this.#options.store.read(role);
    if (!bytes) return false;
    try {
      await accept(bytes);
      return true;
    } catch (error) {
      if (error instanceof ClientError) return false;
      throw error;
    }
  }
}

const ANY_SHAPES: Shapes<PlainTimestamp> = { readTimestamp: (it) => it, isTargets: isDelegatingTargets };

/** A date before all expiries. */
const ALWAYS = Number.NEGATIVE_INFINITY;
