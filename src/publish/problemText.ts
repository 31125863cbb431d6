import { count, toBytes } from "../report/text.ts";
import type { Problem } from "./problem.ts";
import type { Walked } from "./walkPublished.ts";

/** More than this on a terminal helps nobody; programs get all of them. */
const MAX_LINES = 40;

/**
 * What a walk found, in words: a line that says how it stands, then each problem with what to do.
 * @param where the environment, and the edge if it was walked through one
 */
export function walkedToLines(where: string, environment: string, walked: Walked): readonly string[] {
  const { problems, timestamp, files, bytes } = walked;
  const read = `${count(files, "file")} (${toBytes(bytes)})`;
  const revision = timestamp ? `revision ${timestamp.version}, ` : "";
  if (problems.length === 0) return [`${where}: ${revision}${read}: every hash and signature is right`];
  const told = problems.slice(0, MAX_LINES);
  const rest = problems.length - told.length;
  return [
    `${where}: ${revision}${count(problems.length, "problem")} among ${read}`,
    ...told.flatMap((it) => [`  ${problemToText(it)}`, `    fix: ${fixOf(it, environment)}`]),
    ...(rest > 0 ? [`  and ${rest} more; --json tells all`] : []),
  ];
}

export function problemToText({ key, message, subject }: Problem): string {
  const of = subject.part === "object" ? ` (of ${subject.releases.slice(0, 3).join(", ")})` : "";
  return `${key} ${message}${of}`;
}

/** What to do about it next. */
export function fixOf({ kind, subject }: Problem, environment: string): string {
  const reconcile = `run npx giftwrap reconcile --env ${environment}`;
  if (kind === "unread") return "run the command again when it answers";
  switch (subject.part) {
    case "timestamp":
      if (kind === "expired" || kind === "expiring") return `run npx giftwrap refresh --env ${environment}`;
      if (kind === "bad_signature")
        return `if its key was rotated, run npx giftwrap publish --env ${environment} with the new one; if not, put it back from an edge or a copy of the store`;
      return "put it back from an edge that still serves it, or from a copy of the store: nothing can be trusted without it";
    case "root":
      return kind === "expired" || kind === "expiring"
        ? "sign a new root with the root keys: only people can"
        : reconcile;
    case "evidence":
      return "run the check again: its new record takes the place of this one";
    case "lock":
      if (subject.digest === null)
        return "put it back from a copy of the store: git does not have this release's lock any more";
      return subject.recorded === null
        ? reconcile
        : "find out who changed what: a version that was published once must never get other bytes; if git's lock was changed, take it back and make a new version";
    default:
      return reconcile;
  }
}
