import type { Place } from "../report/finding.ts";
import type {
  EnvironmentFile,
  GiftFile,
  LockFile,
  OverrideFile,
  PolicyFile,
  ReleaseFile,
} from "./schemas.ts";
import type { Path } from "./validate.ts";

/** A value, and where it and each of its parts is written. */
export interface Located<T> {
  readonly file: string;
  readonly value: T;
  place(path: Path, at?: "key" | "value"): Place;
}

/** Everything that is written under `gifts/` and `releases/`, as far as it could be read. */
export interface Project {
  /** By gift id. */
  readonly gifts: ReadonlyMap<string, Located<GiftFile>>;
  /** By `gift@version`. */
  readonly releases: ReadonlyMap<string, Located<ReleaseFile>>;
  /** By `gift@version`. */
  readonly locks: ReadonlyMap<string, Located<LockFile>>;
  readonly policy: Located<PolicyFile> | null;
  /** By name. */
  readonly environments: ReadonlyMap<string, Located<EnvironmentFile>>;
  /** By name. */
  readonly overrides: ReadonlyMap<string, Located<OverrideFile>>;
  /** Every path below `gifts/` and `releases/`, sorted. */
  readonly paths: readonly string[];
}

export function releaseKey(gift: string, version: string): string {
  return `${gift}@${version}`;
}
