import { fromHex, toHex } from "../../wire/digest.ts";
import {
  canonicalJson,
  type Envelope,
  type FileMeta,
  type Root,
  type RoleName,
  type Snapshot,
  type Targets,
  TIMESTAMP_FORMAT,
  type Timestamp,
} from "../../wire/metadata.ts";
import { ClientError } from "../error.ts";
import type { Crypto } from "../ports.ts";

/**
 * The metadata that is trusted so far, and the only way to extend it: the checks of The Update Framework, specification
 * 1.0.34, section 5 (the client workflow). No input or output: bytes come in, a ClientError or a newer state comes out.
 */
export class TrustedMetadata {
  root: Root;
  timestamp: Timestamp | undefined;
  snapshot: Snapshot | undefined;
  targets: Targets | undefined;
  /** The version of the root that vouches for what was accepted last in each role. */
  readonly vouchedBy: Partial<Record<RoleName, number>> = {};
  readonly #crypto: Crypto;
  readonly #former: readonly Root[];

  private constructor(root: Root, crypto: Crypto, former: readonly Root[]) {
    this.root = root;
    this.#crypto = crypto;
    this.#former = former;
  }

  /**
   * @param rootBytes the root that came with the app, or the newest one stored since; its own signatures are checked
   * @param former roots that it replaced, newest first. What they vouch for is accepted, too: a publisher must read what was
   * signed before a rotation. No app gives any.
   */
  static async from(
    rootBytes: Uint8Array,
    crypto: Crypto,
    former: readonly Root[] = [],
  ): Promise<TrustedMetadata> {
    const envelope = parseEnvelope<Root>(rootBytes, "root");
    const trusted = new TrustedMetadata(envelope.signed, crypto, former);
    await trusted.#verifyThreshold(envelope, "root", envelope.signed);
    return trusted;
  }

  /** Section 5.3: the next root, signed by the one before it and by itself. */
  async updateRoot(bytes: Uint8Array): Promise<void> {
    const envelope = parseEnvelope<Root>(bytes, "root");
    await this.#verifyThreshold(envelope, "root", this.root);
    await this.#verifyThreshold(envelope, "root", envelope.signed);
    if (envelope.signed.version !== this.root.version + 1) {
      throw new ClientError(
        "rollback",
        `root ${envelope.signed.version} does not follow root ${this.root.version}`,
      );
    }
    const rotated = (["timestamp", "snapshot"] as const).some(
      (role) => keyIds(this.root, role) !== keyIds(envelope.signed, role),
    );
    // What the old keys signed is asked for again: the new ones may have signed something else under the same version.
    if (rotated || keyIds(this.root, "targets") !== keyIds(envelope.signed, "targets"))
      this.targets = undefined;
    this.root = envelope.signed;
    // Section 5.3.11: new keys are how a repository recovers from version numbers that an attacker ran far ahead.
    if (rotated) {
      this.timestamp = undefined;
      this.snapshot = undefined;
    }
  }

  /** Section 5.4. Returns false, and changes nothing, for the very version that is trusted already. */
  async updateTimestamp(bytes: Uint8Array, now: number): Promise<boolean> {
    const envelope = parseEnvelope<Timestamp>(bytes, "timestamp");
    await this.#verifyRole(envelope, "timestamp");
    // Section 5.3.10: nothing new under a root that has expired; whoever holds a newer one is asked for it.
    checkExpiry("root", this.root.expires, now);
    const next = envelope.signed;
    checkFormat(next);
    if (this.timestamp) {
      checkNotOlder("timestamp", next.version, this.timestamp.version);
      if (next.version === this.timestamp.version) return false;
      checkNotOlder(
        "snapshot",
        next.meta["snapshot.json"].version,
        this.timestamp.meta["snapshot.json"].version,
      );
    }
    checkExpiry("timestamp", next.expires, now);
    this.timestamp = next;
    return true;
  }

  /** @throws ClientError `expired`: what was accepted in time may be answered again long after, to hide what is newer */
  checkFresh(now: number): void {
    if (this.timestamp) checkExpiry("timestamp", this.timestamp.expires, now);
  }

  /**
   * A snapshot from the client's own store. One that the trusted timestamp has left behind is good still, by its signature
   * alone; one that it names must be the very file.
   */
  async restoreSnapshot(bytes: Uint8Array): Promise<void> {
    const expected = this.timestamp?.meta["snapshot.json"];
    const envelope = parseEnvelope<Snapshot>(bytes, "snapshot");
    await this.#verifyRole(envelope, "snapshot");
    const { signed } = envelope;
    if (expected && signed.version >= expected.version) await this.checkFile("snapshot", bytes, expected);
    this.snapshot = signed;
  }

  /** Section 5.5, against the trusted timestamp. */
  async updateSnapshot(bytes: Uint8Array, now: number): Promise<void> {
    if (!this.timestamp) throw new TypeError("a snapshot is checked against a timestamp");
    const expected = this.timestamp.meta["snapshot.json"];
    await this.checkFile("snapshot", bytes, expected);
    const envelope = parseEnvelope<Snapshot>(bytes, "snapshot");
    await this.#verifyRole(envelope, "snapshot");
    const next = envelope.signed;
    checkVersion("snapshot", next.version, expected.version);
    if (this.snapshot)
      checkNotOlder("targets", next.meta["targets.json"].version, this.snapshot.meta["targets.json"].version);
    checkExpiry("snapshot", next.expires, now);
    this.snapshot = next;
  }

  /** Section 5.6, against the trusted snapshot. */
  async updateTargets(bytes: Uint8Array, now: number): Promise<void> {
    if (!this.snapshot) throw new TypeError("targets are checked against a snapshot");
    const expected = this.snapshot.meta["targets.json"];
    await this.checkFile("targets", bytes, expected);
    const envelope = parseEnvelope<Targets>(bytes, "targets");
    await this.#verifyRole(envelope, "targets");
    checkVersion("targets", envelope.signed.version, expected.version);
    checkExpiry("targets", envelope.signed.expires, now);
    this.targets = envelope.signed;
  }

  /** @throws ClientError `too_large` or `hash` when the bytes are not the ones that were signed */
  async checkFile(
    name: string,
    bytes: Uint8Array,
    expected: Pick<FileMeta, "length" | "hashes">,
  ): Promise<void> {
    if (expected.length !== undefined && bytes.length > expected.length) {
      throw new ClientError(
        "too_large",
        `${name} has ${bytes.length} bytes, its signed length is ${expected.length}`,
      );
    }
    const digest = expected.hashes?.["sha256"];
    if (digest !== undefined && toHex(await this.#crypto.sha256(bytes)) !== digest) {
      throw new ClientError("hash", `${name} does not have the SHA-256 that was signed, ${digest}`);
    }
  }

  /** By the trusted root, or else by the newest former one that vouches for it. */
  async #verifyRole(envelope: Envelope<unknown>, role: RoleName): Promise<void> {
    let refusal: unknown;
    for (const root of [this.root, ...this.#former]) {
      try {
        await this.#verifyThreshold(envelope, role, root);
        this.vouchedBy[role] = root.version;
        return;
      } catch (error) {
        refusal ??= error;
      }
    }
    throw refusal;
  }

  async #verifyThreshold(envelope: Envelope<unknown>, role: RoleName, by: Root): Promise<void> {
    const { keyids, threshold } = by.roles[role];
    const bytes = canonicalBytes(envelope.signed, role);
    const valid = await countSigners(envelope.signatures, bytes, { keys: by.keys, keyids }, this.#crypto);
    if (valid < threshold) {
      throw new ClientError(
        "signature",
        `${role} has ${valid} valid signatures of the ${threshold} that root ${by.version} asks for`,
      );
    }
  }
}

/** How many of the keys that are named have signed the bytes. One that signed twice counts once, any other key not at all. */
export async function countSigners(
  signatures: Envelope<unknown>["signatures"],
  bytes: Uint8Array,
  { keys, keyids }: { readonly keys: Root["keys"]; readonly keyids: readonly string[] },
  crypto: Crypto,
): Promise<number> {
  const valid = new Set<string>();
  for (const { keyid, sig } of signatures) {
    const key = keys[keyid];
    if (!key || !keyids.includes(keyid) || valid.has(keyid)) continue;
    if (await crypto.verify(key, fromHex(sig), bytes)) valid.add(keyid);
  }
  return valid.size;
}

function parseEnvelope<T extends { _type: string; version: number; expires: string }>(
  bytes: Uint8Array,
  role: RoleName,
): Envelope<T> {
  let envelope: Envelope<T>;
  try {
    envelope = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ClientError("schema", `${role} is not JSON`, { cause });
  }
  const isSigned =
    Array.isArray(envelope?.signatures) && envelope.signatures.every((it) => typeof it?.sig === "string");
  if (!isSigned || envelope.signed?._type !== role) {
    throw new ClientError("schema", `${role} is not a signed ${role}`);
  }
  if (!Number.isSafeInteger(envelope.signed.version) || Number.isNaN(Date.parse(envelope.signed.expires))) {
    throw new ClientError("schema", `${role} has no version or no expiry`);
  }
  return envelope;
}

/** What was signed. Numbers that canonical JSON does not carry, or nesting without end, were never signed by anyone. */
function canonicalBytes(signed: unknown, role: RoleName): Uint8Array {
  try {
    return new TextEncoder().encode(canonicalJson(signed));
  } catch (cause) {
    throw new ClientError("schema", `${role} has no canonical form`, { cause });
  }
}

function checkFormat(timestamp: Timestamp): void {
  const format = timestamp.giftwrap?.format;
  if (typeof format !== "string" || format.split(".")[0] !== TIMESTAMP_FORMAT.split(".")[0]) {
    throw new ClientError(
      "schema",
      `timestamp format ${format} is not ${TIMESTAMP_FORMAT}: this app is too old for it`,
    );
  }
}

function checkVersion(name: string, version: number, expected: number): void {
  if (version !== expected)
    throw new ClientError("hash", `${name} is version ${version}, signed as ${expected}`);
}

function checkNotOlder(name: string, version: number, trusted: number): void {
  if (version < trusted)
    throw new ClientError(
      "rollback",
      `${name} ${version} is older than ${trusted}, which is trusted already`,
    );
}

function checkExpiry(name: string, expires: string, now: number): void {
  if (Date.parse(expires) <= now) throw new ClientError("expired", `${name} expired at ${expires}`);
}

function keyIds(root: Root, role: RoleName): string {
  return [...root.roles[role].keyids].sort().join();
}
