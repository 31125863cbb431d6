import { isRecord } from "../../wire/isRecord.ts";
import type { DelegatedRole, Delegations, Targets } from "../../wire/metadata.ts";
import { isKey, isRecordOf, isRoleKeys, isTargets, isTexts, TOP_LEVEL } from "./shapes.ts";

/*
 * Which delegated roles may speak for a target: The Update Framework, specification 1.0.34, sections 4.5 and 5.6.7.
 */

/** The roles to ask for the target, in their order; after a terminating one nobody else is asked, wherever in the search. */
export function delegationsFor(
  { roles = [] }: Delegations,
  target: { readonly path: string /** SHA-256 of the path. */; readonly digest: string },
): { readonly roles: readonly DelegatedRole[]; readonly isTerminating: boolean } {
  const matching = roles.filter((it) => isTrustedWith(it, target));
  const last = matching.findIndex((it) => it.terminating);
  return last < 0
    ? { roles: matching, isTerminating: false }
    : { roles: matching.slice(0, last + 1), isTerminating: true };
}

function isTrustedWith(
  { paths = [], path_hash_prefixes: prefixes = [] }: DelegatedRole,
  { path, digest }: { readonly path: string; readonly digest: string },
): boolean {
  return prefixes.some((it) => digest.startsWith(it)) || paths.some((it) => matchesPath(path, it));
}

/** Part by part between slashes, which no wildcard matches. */
export function matchesPath(path: string, pattern: string): boolean {
  const parts = path.split("/");
  const patterns = pattern.split("/");
  return parts.length === patterns.length && parts.every((part, i) => matchesName(part, patterns[i] ?? ""));
}

/**
 * Shell patterns for one name (glob(7)): `*`, `?`, `[a-z]`, `[!a-z]`; a bracket without its end is a letter. Only the last
 * star is tried again, so no pattern takes longer than its length times the name's.
 */
function matchesName(name: string, pattern: string): boolean {
  const letters = Array.from(name);
  const tokens = pattern.match(/\*+|\[!?\][^\]]*\]|\[!?[^\]]+\]|[^]/gu) ?? [];
  let at = 0;
  let token = 0;
  let star = -1;
  let starAt = 0;
  while (at < letters.length) {
    const wanted = tokens[token];
    if (wanted?.startsWith("*")) {
      star = token++;
      starAt = at;
    } else if (wanted !== undefined && matchesLetter(letters[at] ?? "", wanted)) {
      at++;
      token++;
    } else if (star >= 0) {
      token = star + 1;
      at = ++starAt;
    } else return false;
  }
  return tokens.slice(token).every((it) => it.startsWith("*"));
}

function matchesLetter(letter: string, token: string): boolean {
  if (token === "?" || token === letter) return true;
  const [, not, set] = /^\[(!?)([^]+)\]$/u.exec(token) ?? [];
  if (set === undefined) return false;
  let isIn = false;
  for (const [, from = "", to = from] of set.matchAll(/([^])(?:-([^]))?/gu))
    isIn ||= from <= letter && letter <= to;
  return isIn !== (not === "!");
}

/** Targets whose delegations have the shape that a search relies on. */
export function isDelegatingTargets(value: unknown): value is Targets {
  if (!isTargets(value)) return false;
  return !("delegations" in value) || isDelegations(value.delegations);
}

function isDelegations(value: unknown): value is Delegations {
  if (!isRecord(value) || !isRecordOf(value["keys"], isKey)) return false;
  const { roles } = value;
  if (roles === undefined) return true;
  if (!Array.isArray(roles) || !roles.every(isDelegatedRole)) return false;
  return new Set(roles.map((it) => it.name)).size === roles.length;
}

function isDelegatedRole(value: unknown): value is DelegatedRole {
  if (!isRoleKeys(value)) return false;
  const { name, terminating, paths, path_hash_prefixes: prefixes } = value;
  return (
    typeof name === "string" &&
    !TOP_LEVEL.some((it) => it === name) &&
    typeof terminating === "boolean" &&
    (paths === undefined
      ? prefixes === undefined || isTexts(prefixes)
      : prefixes === undefined && isTexts(paths))
  );
}
