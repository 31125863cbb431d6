import type { ObjectFile } from "../wire/catalog.ts";
import type { RoleName } from "../wire/metadata.ts";
import type { Tier } from "../wire/viewer.ts";
import { type Expiries, isExpiring, REFRESH_BELOW_MILLISECONDS } from "./expiry.ts";
import type { Problem } from "./problem.ts";
import { fixOf, problemToText } from "./problemText.ts";

/** Something that can be put right without asking anybody. Nothing here takes anything away. */
export type Repair =
  | { readonly kind: "root"; readonly key: string; readonly version: number }
  /** Snapshot, targets or a catalog, whose signed hash is known: from wherever the very bytes still are. */
  | { readonly kind: "file"; readonly key: string; readonly digest: string }
  | {
      readonly kind: "object";
      readonly key: string;
      readonly file: ObjectFile;
      readonly releases: readonly string[];
    }
  | {
      readonly kind: "delta";
      readonly key: string;
      readonly tier: Tier;
      readonly from: string;
      readonly to: string;
    }
  | { readonly kind: "lock"; readonly key: string; readonly digest: string }
  | { readonly kind: "log"; readonly key: string; readonly revision: number }
  /** Completes what git says, as `giftwrap publish` does. */
  | { readonly kind: "publish" }
  /** The same, where what the timestamp names is lost: everything below it is written anew from git. */
  | { readonly kind: "rewrite" }
  /** Snapshot and targets, with the same catalogs. */
  | { readonly kind: "renew" }
  | { readonly kind: "refresh" };

/** What is left for people, and why. */
export interface Left {
  readonly what: string;
  readonly fix: string;
}

export interface RepairFacts {
  readonly environment: string;
  /** What a walk through the store found. */
  readonly problems: readonly Problem[];
  /** The live revision, or null when there is no timestamp that can be trusted. */
  readonly revision: number | null;
  readonly expires: Expiries;
  /** Epoch milliseconds. */
  readonly now: number;
  /** Versions of the roots that git holds. */
  readonly roots: ReadonlySet<number>;
  /** The newest of them, while what is live is still signed as an older one says: a publish signs it anew, and then puts it out. */
  readonly unpublishedRoot: number | null;
  /** Null when git's files have errors that concern every gift. */
  readonly git: {
    /** Whether the commit that is checked out is the live one or was built on it. */
    readonly mayPublish: boolean;
    /** Whether a publish would change anything; null while that cannot be told, for catalogs are lost. */
    readonly isUnfinished: boolean | null;
    /** Gifts that git has errors in or no locks for, and why. */
    readonly kept: ReadonlyMap<string, string>;
  } | null;
  /** Overrides that git does not have yet, with the file that says the same. */
  readonly unadopted: readonly { readonly id: string; readonly path: string; readonly text: string }[];
  /** Repairs that were tried, by {@link idOf}, and why they failed. */
  readonly failed: ReadonlyMap<string, string>;
}

export interface RepairPlan {
  /** In the order in which they are to be done. */
  readonly repairs: readonly Repair[];
  readonly left: readonly Left[];
}

/**
 * What to do about what was found, and what to leave. Whatever is named by its hash comes first: a publish, and every
 * renewal, stands on it.
 */
export function planRepairs(facts: RepairFacts): RepairPlan {
  const { problems, revision, failed } = facts;
  if (revision === null) return { repairs: [], left: leaveTimestamp(facts) };

  const planned = problems.map((it) => planProblem(it, facts));
  const files = planned.flatMap((it) => it.repair ?? []);
  const left = planned.flatMap((it) => it.left ?? []);
  const lost = planned.flatMap((it) => it.lost ?? []);
  const isWaiting = files.some((it) => it.kind === "file" || it.kind === "root");
  const whole = isWaiting ? { repairs: [], left: [] } : planWhole(facts, lost);
  return {
    repairs: [...files, ...whole.repairs].filter((it) => !failed.has(idOf(it))),
    left: [
      ...left,
      ...whole.left,
      ...[...(facts.git?.kept ?? [])].map(([gift, why]) => ({
        what: `${gift} stays as it is live: ${why}`,
        fix: "mend it in git",
      })),
      ...facts.unadopted.map(({ id, path, text }) => ({
        what: `override ${id} was written with break-glass and is not in git yet`,
        fix: `commit this as ${path}:\n${text.trimEnd()}`,
      })),
    ],
  };
}

/** The same repair has the same id in every plan. */
export function idOf(repair: Repair): string {
  return "key" in repair ? `${repair.kind} ${repair.key}` : repair.kind;
}

interface PlannedProblem {
  readonly repair?: Repair;
  readonly left?: Left;
  /** What the timestamp leads to is gone, and its bytes are nowhere. */
  readonly lost?: Problem;
}

function planProblem(problem: Problem, facts: RepairFacts): PlannedProblem {
  const { kind, key, subject } = problem;
  const isLifetime = kind === "expired" || kind === "expiring";
  if (kind === "unread") return { left: leave(problem, facts) };
  // The lifetimes are looked at together, and a timestamp that was read is right.
  if (isLifetime) return subject.part === "root" ? { left: leave(problem, facts) } : {};
  switch (subject.part) {
    case "root":
      // Put out by itself, it would lock every app out: nothing that is live is signed with its keys.
      if (subject.version === facts.unpublishedRoot) return {};
      return facts.roots.has(subject.version)
        ? tried({ kind: "root", key, version: subject.version }, problem, facts)
        : { left: leave(problem, facts, "put it back from a copy of the store: git does not have it") };
    case "snapshot":
    case "targets":
    case "catalog": {
      const { digest } = subject;
      const repair: Repair = { kind: "file", key, digest: digest ?? "" };
      // A signature that does not count is no loss of bytes: another must be made.
      if (digest === null || kind === "bad_signature" || facts.failed.has(idOf(repair)))
        return { lost: problem };
      return { repair };
    }
    case "object": {
      const { file, releases } = subject;
      return tried({ kind: "object", key, file, releases }, problem, facts);
    }
    case "delta": {
      const { tier, from, to } = subject;
      return tried({ kind: "delta", key, tier, from, to }, problem, facts);
    }
    case "lock":
      // A record that says another digest than git has is exactly what the records are kept for.
      return subject.digest !== null && subject.recorded === null
        ? tried({ kind: "lock", key, digest: subject.digest }, problem, facts)
        : { left: leave(problem, facts) };
    case "log":
      return subject.revision === facts.revision
        ? tried({ kind: "log", key, revision: subject.revision }, problem, facts)
        : { left: leave(problem, facts, "put it back from a copy of the store; only history depends on it") };
    case "evidence":
    case "timestamp":
      return { left: leave(problem, facts) };
  }
}

/** Publish, rewrite, renew or refresh: at most the strongest of what is needed, for each does what the weaker ones do. */
function planWhole(facts: RepairFacts, lost: readonly Problem[]): RepairPlan {
  const { environment, git, failed, expires, now } = facts;
  const left: Left[] = [];
  const attempt = (repair: Repair, otherwise: string, fix: string): RepairPlan => {
    const why = failed.get(idOf(repair));
    if (why === undefined) return { repairs: [repair], left };
    return { repairs: [], left: [...left, { what: `${otherwise}: ${why}`, fix }] };
  };
  if (git === null) {
    left.push({
      what: "git's files have errors that concern every gift, so nothing could be compared with them",
      fix: "run npx giftwrap validate and mend them",
    });
  }
  if (lost.length > 0) {
    const leaveLost = (why: string, fix: string): RepairPlan => ({
      repairs: [],
      left: [...left, ...lost.map((it) => ({ what: `${problemToText(it)}: ${why}`, fix }))],
    });
    const nowhere = "its bytes are nowhere";
    if (git?.mayPublish !== true)
      return leaveLost(
        nowhere,
        "run this again from the tip of the main branch: it can be written anew from there",
      );
    // Whatever is kept has its only description in what was lost: written anew, it would be gone.
    if (git.kept.size > 0)
      return leaveLost(
        nowhere,
        `mend ${[...git.kept.keys()].join(", ")} in git first: it can be written anew then`,
      );
    const why = failed.get("rewrite");
    return why === undefined
      ? { repairs: [{ kind: "rewrite" }], left }
      : leaveLost(`it could not be written anew from git: ${why}`, "mend that and run this again");
  }
  if (git?.isUnfinished === true || (git && facts.unpublishedRoot !== null)) {
    if (git.mayPublish && !failed.has("publish")) return { repairs: [{ kind: "publish" }], left };
    left.push(
      git.mayPublish
        ? {
            what: `the publish could not be finished: ${failed.get("publish") ?? ""}`,
            fix: `npx giftwrap publish --env ${environment} says more`,
          }
        : {
            what: "what is live differs from this commit, which is not newer than the live one",
            fix: "run this again from the tip of the main branch",
          },
    );
  }
  const isEnding = (role: RoleName) => {
    const at = expires[role];
    return at !== undefined && isExpiring(role, at, now);
  };
  if (isEnding("snapshot") || isEnding("targets"))
    return attempt(
      { kind: "renew" },
      "snapshot and targets expire",
      "give the release key and run this again",
    );
  const { timestamp } = expires;
  if (timestamp !== undefined && Date.parse(timestamp) - now < REFRESH_BELOW_MILLISECONDS)
    return attempt({ kind: "refresh" }, "the timestamp expires", "give the timestamp key and run this again");
  return { repairs: [], left };
}

function leaveTimestamp(facts: RepairFacts): readonly Left[] {
  const found = facts.problems.find((it) => it.subject.part === "timestamp");
  const what = "without a timestamp nothing in the store can be trusted, so nothing was repaired";
  return found ? [{ what: `${problemToText(found)}; ${what}`, fix: fixOf(found, facts.environment) }] : [];
}

function tried(repair: Repair, problem: Problem, facts: RepairFacts): PlannedProblem {
  const why = facts.failed.get(idOf(repair));
  if (why === undefined) return { repair };
  return { left: { what: `${problemToText(problem)}: ${why}`, fix: FIX_OF_FAILED[repair.kind] } };
}

const FIX_OF_FAILED: Readonly<Record<Repair["kind"], string>> = {
  root: "put it back from git by hand",
  file: "put it back from a copy of the store",
  object:
    "run this where its sources can be built as the lock says, or name an environment that has it with --from",
  delta: "nothing: apps read the whole catalog instead",
  lock: "put it back from a copy of the store",
  log: "put it back from a copy of the store; only history depends on it",
  publish: "run npx giftwrap publish",
  rewrite: "run npx giftwrap publish",
  renew: "give the release key and run this again",
  refresh: "give the timestamp key and run this again",
};

function leave(problem: Problem, { environment }: RepairFacts, fix = fixOf(problem, environment)): Left {
  return { what: problemToText(problem), fix };
}
