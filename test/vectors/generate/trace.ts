import { ClientError } from "../../../src/client/error.ts";
import type { Fetch, FetchResult } from "../../../src/client/ports.ts";
import { Updater } from "../../../src/client/update/updater.ts";
import { digestOf, nodeCrypto } from "../../../src/trust/nodeCrypto.ts";
import { resolve } from "../../../src/wire/resolve.ts";
import { toViewer } from "../../../src/wire/viewer.ts";
import { memoryStore, NOW, type Repository } from "../../client/repositoryOf.ts";
import type { BlobList } from "./blobs.ts";
import { fixedRepository } from "./fixedRepository.ts";
import { SOMEONE } from "./worlds.ts";

/** How an edge answers for a key where it does not serve the file: see README.md. */
export type Answer = "missing" | "down";

const VIEWER = toViewer(SOMEONE);
const PLAYED = ["rose", "kit"];
const ROOT_KEY = /^metadata\/\d+\.root\.json$/;

/**
 * What one client goes through. Each step says what changed at the edge since the one before, what the client does, and what
 * it then believes, as the real one of this project does it.
 */
export class Trace {
  readonly repository: Repository;
  readonly steps: object[] = [];
  /** Milliseconds since 1970, by the client's clock. */
  now = NOW;
  /** Whether the edge says ETags, and answers that nothing was modified. */
  hasEtags = true;
  /** Overrules what the repository holds. */
  readonly answers = new Map<string, Answer>();
  readonly #blobs: BlobList;
  readonly #root: Uint8Array;
  readonly #store = memoryStore();
  /** What the edge answered in the step before. */
  #served: Record<string, string> = {};
  #asked: string[] = [];
  #wasNotModified = false;
  #updater: Updater | undefined;

  private constructor(repository: Repository, blobs: BlobList) {
    this.repository = repository;
    this.#blobs = blobs;
    this.#root = repository.trustedRoot;
  }

  static async start(blobs: BlobList): Promise<Trace> {
    return new Trace(await fixedRepository(), blobs);
  }

  get rootBlob(): string {
    return this.#blobs.nameOf(this.#root);
  }

  /** The app starts, for the first time or again: from what it stored, without the network. */
  async opens(): Promise<void> {
    const { fetch, now } = { fetch: this.#fetch, now: () => this.now };
    this.#updater = await Updater.open({
      tier: "mid",
      root: this.#root,
      fetch,
      crypto: nodeCrypto,
      store: this.#store,
      now,
    });
    this.#record("open", "ready");
  }

  /**
   * @param expected `changed`, `unchanged`, or the code that it fails with, written by hand; several where a client may choose,
   * with ` or ` between
   */
  async refreshes(expected: string): Promise<void> {
    const outcome = await this.#refresh();
    if (!expected.split(" or ").includes(outcome))
      throw new Error(`step ${this.steps.length}: ${outcome}, not ${expected}`);
    this.#record("refresh", expected);
  }

  async #refresh(): Promise<string> {
    try {
      return (await this.#client.refresh()) ? "changed" : "unchanged";
    } catch (error) {
      if (error instanceof ClientError) return error.code;
      throw error;
    }
  }

  get #client(): Updater {
    if (!this.#updater) throw new Error("the app was not started");
    return this.#updater;
  }

  #record(does: "open" | "refresh", outcome: string): void {
    const { catalog, revision, generation, overrides, commit, pollSeconds } = this.#client.state;
    const plays = PLAYED.map((gift) => {
      const [first] = resolve(catalog, overrides, VIEWER, gift).chain;
      return first && first.kind !== "default" ? `${first.gift}@${first.version}` : "default";
    });
    this.steps.push({
      do: does,
      now: this.now,
      ...this.#edgeChanges(),
      expect: {
        outcome,
        asked: contractOf(this.#asked),
        notModified: this.#wasNotModified,
        root: this.#storedVersion("root") ?? versionOf(this.#root),
        revision,
        generation,
        targets: this.#storedVersion("targets") ?? 0,
        overrides: overrides.map((it) => it.id),
        commit,
        pollSeconds,
        plays: Object.fromEntries(PLAYED.map((gift, i) => [gift, plays[i]])),
      },
    });
    this.#asked = [];
    this.#wasNotModified = false;
  }

  /** The version of a file that is stored; what belongs together is stored together. */
  #storedVersion(role: string): number | undefined {
    const bytes = this.#store.files.get(role) ?? this.#store.files.get(`${role}.json`);
    return bytes && versionOf(bytes);
  }

  #edgeChanges(): object {
    const { files } = this.repository;
    const served: Record<string, string> = {};
    for (const [key, bytes] of files) served[key] = this.#blobs.nameOf(bytes);
    for (const [key, answer] of this.answers) served[key] = answer;
    // Other tiers' catalogs and deltas are never asked for.
    const keys = Object.keys(served).filter((key) => !/\.(low|high)\.jsonl$/.test(key));
    const changes: Record<string, string> = {};
    for (const key of keys)
      if (served[key] !== undefined && served[key] !== this.#served[key]) changes[key] = served[key];
    for (const key of Object.keys(this.#served)) if (!(key in served)) changes[key] = "missing";
    this.#served = served;
    return { edge: changes, ...(!this.hasEtags && { etags: false }) };
  }

  readonly #fetch: Fetch = async (key, { maxBytes, etag }): Promise<FetchResult> => {
    this.#asked.push(key);
    const answer = this.answers.get(key) ?? this.answers.get("*");
    if (answer === "down") throw new ClientError("network", `${key} did not answer`);
    const bytes = this.repository.files.get(key);
    if (!bytes || answer === "missing") return { kind: "missing" };
    const current = `"${digestOf(bytes)}"`;
    if (this.hasEtags && etag === current) {
      this.#wasNotModified = true;
      return { kind: "not_modified" };
    }
    if (bytes.length > maxBytes)
      throw new ClientError("too_large", `${key} is longer than ${maxBytes} bytes`);
    return { kind: "body", bytes, ...(this.hasEtags && { etag: current }) };
  };
}

/** When to ask for newer roots, and how often to ask again for what was of no use, is left to the client. */
function contractOf(asked: readonly string[]): readonly string[] {
  return asked.filter((key) => !ROOT_KEY.test(key)).filter((key, i, keys) => key !== keys[i - 1]);
}

function versionOf(bytes: Uint8Array): number {
  return JSON.parse(new TextDecoder().decode(bytes)).signed.version;
}
