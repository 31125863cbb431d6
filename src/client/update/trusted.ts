import type {
  FileMeta,
  PlainTimestamp,
  RoleName,
  Root,
  Signed,
  Snapshot,
  Targets,
  Timestamp,
} from "../../wire/metadata.ts";
import { ClientError } from "../error.ts";
import { checkExpiry, checkFile, checkNotOlder, checkVersion, type TufCrypto } from "./checks.ts";
import { verifyThreshold } from "./countSigners.ts";
import { parseMetadata, type SignedFile } from "./parseMetadata.ts";
import { readTimestamp } from "./readTimestamp.ts";
import { isRoot, isSnapshot, isTargets, isTimestamp } from "./shapes.ts";

/** A timestamp older than the trusted one: mostly an edge that has not heard of the newer one yet. */
export class OlderTimestamp extends ClientError {}

/** What makes one repository's files differ from another's. */
export interface Shapes<T> {
  readTimestamp(timestamp: PlainTimestamp): T;
  /** Who follows delegations looks at their shape, too. */
  isTargets(value: unknown): value is Targets;
}

/** The files of a repository that this project's publisher wrote. */
export const OWN_SHAPES: Shapes<Timestamp> = { readTimestamp, isTargets };

/**
 * The metadata that is trusted so far, and the only way to extend it: the checks of The Update Framework, specification
 * 1.0.34, section 5 (the client workflow). No input or output: bytes come in, a ClientError or a newer state comes out.
 * @typeParam T what more a timestamp has than any repository's
 */
export class TrustedMetadata<T extends PlainTimestamp = Timestamp> {
  root: Root;
  timestamp: T | undefined;
  snapshot: Snapshot | undefined;
  targets: Targets | undefined;
  /** The version of the root that vouches for what was accepted last in each role. */
  readonly vouchedBy: Partial<Record<RoleName, number>> = {};
  readonly #crypto: TufCrypto;
  readonly #former: readonly Root[];
  readonly #shapes: Shapes<T>;

  private constructor(root: Root, crypto: TufCrypto, former: readonly Root[], shapes: Shapes<T>) {
    this.root = root;
    this.#crypto = crypto;
    this.#former = former;
    this.#shapes = shapes;
  }

  /**
   * @param rootBytes the root that came with the app, or the newest one stored since; its own signatures are checked
   * @param shapes {@link OWN_SHAPES}, or what is asked of any repository's files
   * @param former roots that it replaced, newest first. What they vouch for is accepted, too: a publisher must read what was
   * signed before a rotation. No app gives any.
   */
  static async from<T extends PlainTimestamp>(
    rootBytes: Uint8Array,
    crypto: TufCrypto,
    shapes: Shapes<T>,
    former: readonly Root[] = [],
  ): Promise<TrustedMetadata<T>> {
    const file = parseMetadata(rootBytes, "root", isRoot);
    await verifyByRoot(file, "root", file.signed, crypto);
    return new TrustedMetadata(file.signed, crypto, former, shapes);
  }

  /** What the file above says of it. @throws ClientError `missing` before that one is trusted */
  metaOf(role: "snapshot" | "targets"): FileMeta {
    const meta =
      role === "snapshot" ? this.timestamp?.meta["snapshot.json"] : this.snapshot?.meta["targets.json"];
    if (!meta) throw new ClientError("missing", `nothing that is trusted names ${role}`);
    return meta;
  }

  /**
   * Section 5.3: the next root, signed by the one before it and by itself. Its expiry does not matter yet.
   * @param maySkip whether any later root will do that the trusted one's keys have signed, too
   */
  async updateRoot(bytes: Uint8Array, maySkip = false): Promise<void> {
    const file = parseMetadata(bytes, "root", isRoot);
    const next = file.signed;
    await verifyByRoot(file, "root", this.root, this.#crypto);
    await verifyByRoot(file, "root", next, this.#crypto);
    const step = next.version - this.root.version;
    if (maySkip ? step < 1 : step !== 1)
      throw new ClientError("rollback", `root ${next.version} does not follow root ${this.root.version}`);
    const isRotated = (role: RoleName) => keyIds(this.root, role) !== keyIds(next, role);
    const isFresh = isRotated("timestamp") || isRotated("snapshot");
    // What the old keys signed is asked for again: the new ones may have signed something else under the same version.
    if (isFresh || isRotated("targets")) this.targets = undefined;
    this.root = next;
    // Section 5.3.11: new keys are how a repository recovers from version numbers that an attacker ran far ahead.
    if (isFresh) {
      this.timestamp = undefined;
      this.snapshot = undefined;
    }
  }

  /**
   * Section 5.4. Returns false, and changes nothing, for the very version that is trusted already.
   * @throws OlderTimestamp, or another ClientError
   */
  async updateTimestamp(bytes: Uint8Array, now: number): Promise<boolean> {
    const file = parseMetadata(bytes, "timestamp", isTimestamp);
    await this.#verify(file, "timestamp");
    // Section 5.3.10: nothing new under a root that has expired; whoever holds a newer one is asked for it.
    checkExpiry("root", this.root.expires, now);
    const next = this.#shapes.readTimestamp(file.signed);
    if (this.timestamp) {
      const { version, meta } = this.timestamp;
      if (next.version < version)
        throw new OlderTimestamp(
          "rollback",
          `timestamp ${next.version} is older than ${version}, which is trusted already`,
        );
      if (next.version === version) return false;
      checkNotOlder("snapshot", next.meta["snapshot.json"].version, meta["snapshot.json"].version);
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
    const file = parseMetadata(bytes, "snapshot", isSnapshot);
    await this.#verify(file, "snapshot");
    if (expected && file.signed.version >= expected.version) {
      await this.checkFile("snapshot", bytes, expected);
      checkVersion("snapshot", file.signed.version, expected.version);
    }
    this.snapshot = file.signed;
  }

  /** Section 5.5, against the trusted timestamp. */
  async updateSnapshot(bytes: Uint8Array, now: number): Promise<void> {
    const next = await this.#readNamed("snapshot", bytes, isSnapshot, now);
    // No role goes back, and none vanishes.
    for (const [name, { version }] of Object.entries(this.snapshot?.meta ?? {})) {
      const meta = Object.hasOwn(next.meta, name) ? next.meta[name] : undefined;
      checkNotOlder(name, meta?.version ?? 0, version);
    }
    this.snapshot = next;
  }

  /** Section 5.6, against the trusted snapshot. */
  async updateTargets(bytes: Uint8Array, now: number): Promise<void> {
    this.targets = await this.#readNamed("targets", bytes, this.#shapes.isTargets, now);
  }

  /** @throws ClientError `too_large` or `hash` when the bytes are not the ones that were signed */
  checkFile(name: string, bytes: Uint8Array, expected: Pick<FileMeta, "length" | "hashes">): Promise<void> {
    return checkFile(name, bytes, expected, this.#crypto);
  }

  async #readNamed<S extends Signed>(
    role: "snapshot" | "targets",
    bytes: Uint8Array,
    isShape: (value: unknown) => value is S,
    now: number,
  ): Promise<S> {
    const verify = (file: SignedFile<S>) => this.#verify(file, role);
    return readNamed(role, bytes, { meta: this.metaOf(role), isShape, verify, now }, this.#crypto);
  }

  /** By the trusted root, or else by the newest former one that vouches for it. */
  async #verify(file: SignedFile<unknown>, role: RoleName): Promise<void> {
    let refusal: unknown;
    for (const root of [this.root, ...this.#former]) {
      try {
        await verifyByRoot(file, role, root, this.#crypto);
        this.vouchedBy[role] = root.version;
        return;
      } catch (error) {
        refusal ??= error;
      }
    }
    throw refusal;
  }
}

/**
 * A file that another one names: it is the very file, rightly signed and of today.
 * @throws ClientError
 */
export async function readNamed<S extends Signed>(
  name: string,
  bytes: Uint8Array,
  {
    meta,
    isShape,
    verify,
    now,
  }: {
    readonly meta: FileMeta;
    readonly isShape: (value: unknown) => value is S;
    readonly verify: (file: SignedFile<S>) => Promise<void>;
    readonly now: number;
  },
  crypto: TufCrypto,
): Promise<S> {
  await checkFile(name, bytes, meta, crypto);
  const file = parseMetadata(bytes, name, isShape);
  await verify(file);
  checkVersion(name, file.signed.version, meta.version);
  checkExpiry(name, file.signed.expires, now);
  return file.signed;
}

function verifyByRoot(
  file: SignedFile<unknown>,
  role: RoleName,
  { keys, roles, version }: Root,
  crypto: TufCrypto,
): Promise<void> {
  return verifyThreshold(file, role, { ...roles[role], keys, by: `root ${version}` }, crypto);
}

function keyIds(root: Root, role: RoleName): string {
  return JSON.stringify([...root.roles[role].keyids].sort());
}
