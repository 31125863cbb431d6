import { isRecord } from "../../wire/isRecord.ts";
import type { FileMeta, PlainTimestamp, Root, Snapshot, TargetMeta, Targets } from "../../wire/metadata.ts";

/*
 * The shapes of The Update Framework, specification 1.0.34, sections 4.3 to 4.6, as strictly as the client relies on them.
 * What is not named here may be anything. Names from the network are looked up with Object.hasOwn, never by themselves.
 */

export const TOP_LEVEL = ["root", "timestamp", "snapshot", "targets"] as const;

export function isRoot(value: unknown): value is Root {
  if (!isSigned(value, "root") || !isRecordOf(value["keys"], isKey)) return false;
  const { roles, consistent_snapshot: consistent } = value;
  return (
    isRecord(roles) &&
    TOP_LEVEL.every((role) => isRoleKeys(roles[role])) &&
    (consistent === undefined || typeof consistent === "boolean")
  );
}

export function isTimestamp(value: unknown): value is PlainTimestamp {
  return (
    isSigned(value, "timestamp") && isRecord(value["meta"]) && isFileMeta(value["meta"]["snapshot.json"])
  );
}

export function isSnapshot(value: unknown): value is Snapshot {
  if (!isSigned(value, "snapshot")) return false;
  const { meta } = value;
  return isRecordOf(meta, isFileMeta) && Object.hasOwn(meta, "targets.json");
}

/** Whoever follows delegations looks at their shape, too: see delegations.ts. */
export function isTargets(value: unknown): value is Omit<Targets, "delegations"> {
  return isSigned(value, "targets") && isRecordOf(value["targets"], isTargetMeta);
}

export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((it) => typeof it === "string");
}

/** A whole number that is not smaller than `least`. */
export function isCount(value: unknown, least: number): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= least;
}

function isSigned(value: unknown, type: string): value is Record<string, unknown> {
  if (!isRecord(value) || value["_type"] !== type || !isCount(value["version"], 1)) return false;
  const { spec_version: specification, expires } = value;
  return (
    typeof specification === "string" &&
    specification.startsWith("1.") &&
    typeof expires === "string" &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(expires) &&
    !Number.isNaN(Date.parse(expires))
  );
}

export function isRecordOf(
  value: unknown,
  isMember: (member: unknown) => boolean,
): value is Record<string, unknown> {
  return isRecord(value) && Object.values(value).every(isMember);
}

/** Of any type: one that is not known here signs for nothing, and is no harm. */
export function isKey(value: unknown): boolean {
  if (!isRecord(value) || !isRecord(value["keyval"])) return false;
  return isTexts([value["keytype"], value["scheme"], value["keyval"]["public"]]);
}

export function isRoleKeys(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && isTexts(value["keyids"]) && isCount(value["threshold"], 1);
}

function isFileMeta(value: unknown): value is FileMeta {
  if (!isRecord(value) || !isCount(value["version"], 1)) return false;
  const { length, hashes } = value;
  return (length === undefined || isCount(length, 0)) && (hashes === undefined || isHashes(hashes));
}

function isTargetMeta(value: unknown): value is TargetMeta {
  return isRecord(value) && isCount(value["length"], 0) && isHashes(value["hashes"]);
}

function isHashes(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length > 0 && isTexts(Object.values(value));
}
