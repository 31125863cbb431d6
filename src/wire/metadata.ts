import type { Override } from "./override.ts";

/*
 * The Update Framework, specification 1.0.34, section 4: the shapes of the signed files. Unrecognised fields are kept under
 * the signature and ignored.
 */

export const TUF_SPEC_VERSION = "1.0.34";

/** What a new publisher speaks; a client refuses another major. */
export const TIMESTAMP_FORMAT = "1.0";

export interface Envelope<T> {
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
  readonly signed: T;
}

export interface PublicKey {
  readonly keytype: string;
  readonly scheme: string;
  readonly keyval: { readonly public: string };
}

export interface FileMeta {
  readonly version: number;
  readonly length?: number;
  readonly hashes?: Readonly<Record<string, string>>;
}

/** What every role's file has. */
export interface Signed {
  readonly spec_version: string;
  readonly version: number;
  /** ISO 8601, UTC, whole seconds. */
  readonly expires: string;
}

export type RoleName = "root" | "timestamp" | "snapshot" | "targets";

/** Whose signatures count, and how many of them it takes. */
export interface RoleKeys {
  readonly keyids: readonly string[];
  readonly threshold: number;
}

export interface Root extends Signed {
  readonly _type: "root";
  /** Whether files are named by version and hash; this project's always are. */
  readonly consistent_snapshot?: boolean;
  readonly keys: Readonly<Record<string, PublicKey>>;
  readonly roles: Readonly<Record<RoleName, RoleKeys>>;
  /** This project's own field, under the same signatures: keys of former roots that others may hold, so that nothing they signed counts. */
  readonly giftwrap?: { readonly leaked: readonly string[] };
}

/** What any repository's timestamp has. */
export interface PlainTimestamp extends Signed {
  readonly _type: "timestamp";
  readonly meta: { readonly "snapshot.json": FileMeta };
}

export interface Timestamp extends PlainTimestamp {
  /** This project's own field, under the same signature. */
  readonly giftwrap: {
    readonly format: string;
    /** Seconds between a client's polls, 30 to 300. */
    readonly pollSeconds: number;
    /** The newest commit that the publisher has taken up. */
    readonly commit: string;
    readonly overrides: readonly Override[];
    /** Whether the catalogs are all that the commit wants, so that nothing is left to do for it. Clients do not ask. */
    readonly settled?: boolean;
  };
}

export interface Snapshot extends Signed {
  readonly _type: "snapshot";
  /** By role name and `.json`; of roles that targets delegate to as well. */
  readonly meta: Readonly<Record<string, FileMeta>> & { readonly "targets.json": FileMeta };
}

export interface TargetMeta {
  readonly length: number;
  /** Hexadecimal, by algorithm. */
  readonly hashes: Readonly<Record<string, string>>;
}

export interface Targets extends Signed {
  readonly _type: "targets";
  readonly targets: Readonly<Record<string, TargetMeta>>;
  readonly delegations?: Delegations;
}

export interface Delegations {
  readonly keys: Readonly<Record<string, PublicKey>>;
  /** Those that come first are believed first. */
  readonly roles?: readonly DelegatedRole[];
}

/** A role that may speak for the target paths that it is given, by patterns or by the beginning of their SHA-256. */
export interface DelegatedRole extends RoleKeys {
  readonly name: string;
  readonly terminating: boolean;
  readonly paths?: readonly string[];
  readonly path_hash_prefixes?: readonly string[];
}

/** Canonical JSON (OLPC, as TUF signs it): keys sorted, no white space, only `"` and `\` escaped. */
export function canonicalJson(value: unknown): string {
  if (typeof value === "string") return `"${value.replace(/["\\]/g, "\\$&")}"`;
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([key, member]) => `${canonicalJson(key)}:${canonicalJson(member)}`).join(",")}}`;
  }
  if (value === null || typeof value === "boolean" || Number.isSafeInteger(value)) return String(value);
  throw new TypeError(
    `canonical JSON carries integers, not ${typeof value === "number" ? value : typeof value}`,
  );
}
