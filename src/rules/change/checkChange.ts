import { classifyPath, lockPath, POLICY_PATH } from "../../model/paths.ts";
import { type Located, type Project, releaseKey } from "../../model/project.ts";
import { STAGES } from "../../model/rollout.ts";
import type { ReleaseFile } from "../../model/schemas.ts";
import type { Finding, Place } from "../../report/finding.ts";
import { count } from "../../report/text.ts";
import { compareVersions, parseVersion, type Version } from "../../wire/version.ts";
import type { Widened } from "../checkFreezes.ts";
import { startOf } from "../written.ts";
import type { Change, History, PastState, ReleaseChange } from "./change.ts";
import { CANARY, REGIONAL, stageOf } from "./compareReleases.ts";

/** The two sides of a change, and what git remembers. */
export interface ChangeFacts {
  readonly change: Change;
  readonly history: History;
  readonly before: Project;
  readonly after: Project;
  /** Bytes of the locks that are new here, by path. */
  readonly locks: ReadonlyMap<string, Uint8Array>;
}

/** How releases may come and go on: what is wrong with a change, however good each side of it is. */
export function checkChange(facts: ChangeFacts): Finding[] {
  const { change } = facts;
  return [
    ...checkApart(change),
    ...change.releases.flatMap((it) => [
      ...checkEntry(it, facts),
      ...checkSteps(it),
      ...checkReturn(it, facts),
      ...checkSalt(it),
      ...checkSlots(it, facts),
    ]),
  ];
}

/** The releases that reach more viewers after the change, each at the line that says so. */
export function widenedIn({ releases }: Change): readonly Widened[] {
  return releases.flatMap(({ gift, version, widened, after }) =>
    after && widened.length > 0 ? [{ gift, version, place: stagePlace(after) }] : [],
  );
}

/** The releases that reach beyond their canary now and did not at the base. */
export function leavingCanary({ releases }: Change): readonly Widened[] {
  return releases.flatMap(({ gift, version, before, after }) =>
    after && stageOf(after.value) >= REGIONAL && stageOf(before?.value ?? null) < REGIONAL
      ? [{ gift, version, place: after.place(["rollout", "regional", "open"]) }]
      : [],
  );
}

/** One gift, or the policy, or source code: what is reviewed by other people, and taken back for other reasons, goes apart. */
function checkApart({ kind, gifts, paths }: Change): Finding[] {
  const groups = new Map<string, string>();
  for (const path of paths) {
    const group = groupOf(path);
    if (group && !groups.has(group)) groups.set(group, path);
  }
  const [first, second] = [...groups];
  const mixed: Finding[] =
    first && second
      ? [
          {
            code: "MIXED_CHANGE",
            severity: "error",
            place: startOf(second[1]),
            message: `this change holds ${[...groups.keys()].join(" and ")} (${first[1]} and ${second[1]}): they are reviewed and taken back apart`,
            fix: `open a pull request of its own for ${second[0]}`,
          },
        ]
      : [];
  // Taking several gifts back at once must always be possible.
  const [, other] = gifts;
  const isBack = kind === "rollback";
  return isBack || other === undefined
    ? mixed
    : [
        ...mixed,
        {
          code: "ONE_GIFT",
          severity: "error",
          place: startOf(paths.find((path) => classifyGift(path) === other) ?? POLICY_PATH),
          message: `this change touches ${count(gifts.length, "gift")} (${gifts.slice(0, 5).join(", ")}${gifts.length > 5 ? ", …" : ""}): taking one back would take back all`,
          fix: "open one pull request for each gift",
          gift: other,
        },
      ];
}

function groupOf(path: string): string | null {
  const { kind } = classifyPath(path);
  if (kind === "override") return null;
  if (kind === "policy" || kind === "environment" || kind === "root") return "the policy";
  return path.startsWith("gifts/") || path.startsWith("releases/") ? "a gift" : "source code";
}

function classifyGift(path: string): string | null {
  const at = classifyPath(path);
  return "gift" in at ? (at.gift ?? null) : null;
}

/** A new release begins with a test group, under a version that nothing else ever had. */
function checkEntry({ gift, version, before, after }: ReleaseChange, facts: ChangeFacts): Finding[] {
  if (before || !after) return [];
  const about = { gift, version, severity: "error" } as const;
  const key = releaseKey(gift, version);
  const lock = facts.locks.get(lockPath(gift, version));
  const earlier = facts.history.locks.get(key);
  const wasThere = (facts.history.states.get(key) ?? []).some((it) => it.release !== null);
  const reused: Finding[] =
    earlier && lock && !isSame(earlier, lock)
      ? [
          {
            ...about,
            code: "VERSION_REUSED",
            place: after.place(["version"]),
            message: `${key} was released before with other bytes, and apps may still hold those`,
            fix: `make it ${nextFree(gift, facts)}: a version is never used again, also after its file is gone`,
          },
        ]
      : [];
  // A release that comes back has a rule of its own.
  if (wasThere || stageOf(after.value) <= CANARY) return reused;
  return [
    ...reused,
    {
      ...about,
      code: "ENTERS_AT_CANARY",
      place: after.place(["rollout", "regional", "open"]),
      message: `${key} is new and open beyond its canary already`,
      fix: "write open: false below regional and full; open them one by one once the canary went well",
    },
  ];
}

function checkSteps({ gift, version, before, after }: ReleaseChange): Finding[] {
  if (!before || !after) return [];
  const [from, to] = [stageOf(before.value), stageOf(after.value)];
  if (to <= from + 1) return [];
  const next = STAGES[from + 1] ?? "canary";
  const last = STAGES[to] ?? "full";
  return [
    {
      code: "STAGE_JUMP",
      severity: "error",
      gift,
      version,
      place: after.place(["rollout", last, "open"]),
      message: `${gift}@${version} would go from ${from < 0 ? "closed" : (STAGES[from] ?? "")} to ${last} at once`,
      fix: `open ${next} alone now, and ${STAGES[from + 2] ?? last} in a later pull request`,
    },
  ];
}

/**
 * A release that was rolled back comes back as a new version, or with a reason that was not there before and a fresh start at
 * canary. A lowered percentage is no such rollback: it may be raised again.
 */
function checkReturn(it: ReleaseChange, { history, after: tree, ...facts }: ChangeFacts): Finding[] {
  const { gift, version, after, widened } = it;
  const states = history.states.get(releaseKey(gift, version)) ?? [];
  const fall = lastFall(states);
  if (!after || widened.length === 0 || fall === null) return [];
  const reason = after.value.reopening?.reason;
  const isStart = (release: ReleaseFile) =>
    stageOf(release) === CANARY &&
    release.reopening !== undefined &&
    release.reopening.reason !== fall.reasonBefore;
  if (isStart(after.value) || fall.since.some(({ release }) => release !== null && isStart(release)))
    return [];
  const isReasoned = reason !== undefined && reason !== fall.reasonBefore;
  return [
    {
      code: "RETURNED",
      severity: "error",
      gift,
      version,
      place: isReasoned ? stagePlace(after) : after.place(["rollout"], "key"),
      message: `${gift}@${version} was rolled back (${fall.commit.slice(0, 8)}), and would come back ${isReasoned ? "beyond its canary at once" : reason === undefined ? "without a reason" : "without a new reason"}`,
      fix: `make it ${nextFree(gift, { ...facts, history, after: tree })}; or write reopening: { reason: "..." } and open canary alone, with regional and full closed`,
    },
  ];
}

interface Fall {
  readonly commit: string;
  /** What was written as a reason before it. */
  readonly reasonBefore: string | undefined;
  /** The state that the fall left, and all since. */
  readonly since: readonly PastState[];
}

/** The newest commit after which the release reached a stage less. */
function lastFall(states: readonly PastState[]): Fall | null {
  for (const [at, state] of states.entries()) {
    const older = states[at + 1];
    if (!older || stageOf(state.release) >= stageOf(older.release)) continue;
    const reasonBefore = older.release?.reopening?.reason;
    return { commit: state.commit, reasonBefore, since: states.slice(0, at + 1) };
  }
  return null;
}

function checkSalt({ gift, version, before, after }: ReleaseChange): Finding[] {
  if (!before || !after) return [];
  const saltOf = (release: ReleaseFile) => release.rollout.salt ?? `${gift}/${version}`;
  const [then, now] = [saltOf(before.value), saltOf(after.value)];
  if (then === now) return [];
  return [
    {
      code: "SALT_CHANGED",
      severity: "error",
      gift,
      version,
      place: after.place(["rollout", "salt"]),
      message: `the salt of ${gift}@${version} is ${now} and was ${then}: a changed salt gives the release to other viewers`,
      fix: then === `${gift}/${version}` ? "take the salt out again" : `write salt: ${then}`,
    },
  ];
}

/** An app that fills a slot at run time finds it in every release of a major version. */
function checkSlots(
  { gift, version, before, after }: ReleaseChange,
  { after: tree }: ChangeFacts,
): Finding[] {
  const lock = tree.locks.get(releaseKey(gift, version))?.value;
  const parsed = parseVersion(version);
  if (before || !after || !lock || !parsed) return [];
  const older = [...tree.locks.values()]
    .map((it) => it.value)
    .filter((it) => it.gift === gift && isOlderOfMajor(it.version, parsed))
    .sort((a, b) => compareVersions(versionOf(b.version), versionOf(a.version)));
  const [last] = older;
  const gone = last?.slots.filter((it) => !lock.slots.includes(it)) ?? [];
  if (!last || gone.length === 0) return [];
  return [
    {
      code: "SLOT_REMOVED",
      severity: stageOf(after.value) < 0 ? "warning" : "error",
      gift,
      version,
      place: after.place(["version"]),
      message: `${gift}@${last.version} has ${gone.length === 1 ? "the slot" : "the slots"} ${gone.join(", ")} for apps to fill, and ${version} has not${lock.slots.length > 0 ? `; it has ${lock.slots.join(", ")}` : ""}`,
      fix: `keep the name in the artwork, or make it ${parsed[0] + 1}.0.0: a new major version may change slots`,
    },
  ];
}

function isOlderOfMajor(version: string, than: Version): boolean {
  const parsed = parseVersion(version);
  return parsed !== null && parsed[0] === than[0] && compareVersions(parsed, than) < 0;
}

/** The smallest patch version above all that the gift ever had here. */
function nextFree(
  gift: string,
  { after, before, history }: Pick<ChangeFacts, "after" | "before" | "history">,
): string {
  const keys = [...after.releases.keys(), ...before.releases.keys(), ...history.states.keys()];
  const versions = keys.flatMap((key) =>
    key.startsWith(`${gift}@`) ? [versionOf(key.slice(gift.length + 1))] : [],
  );
  const [major, minor, patch] = versions.sort(compareVersions).at(-1) ?? [0, 0, 0];
  return `${major}.${minor}.${patch + 1}`;
}

function versionOf(version: string) {
  return parseVersion(version) ?? ([0, 0, 0] as const);
}

/** The line of the last stage that counts. */
function stagePlace(release: Located<ReleaseFile>): Place {
  return release.place(["rollout", STAGES[stageOf(release.value)] ?? "canary", "open"]);
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
