import { classifyPath, lockPath, POLICY_PATH } from "../model/paths.ts";
import { type Project, releaseKey } from "../model/project.ts";
import type { EvidenceFile, PolicyFile } from "../model/schemas.ts";
import type { FindingCode } from "../report/codes.ts";
import type { Finding } from "../report/finding.ts";
import { nearestWord } from "../report/nearest.ts";
import { evidenceKey } from "../wire/keys.ts";
import type { Widened } from "./checkFreezes.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;
/** Two clocks are never quite the same. */
const CLOCK_SKEW_MILLISECONDS = 5 * MINUTE;

export type EvidenceKind = EvidenceFile["kind"];

/** A record that counts, or why the one that is there does not. */
export type EvidenceFact = EvidenceFile | { readonly problem: string };

/** What is on record; gathered by commands. */
export interface EvidenceFacts {
  /** SHA-256 of the lock's bytes, by `gift@version`; a release that was not built is not in it. */
  readonly locks: ReadonlyMap<string, string>;
  /** By {@link evidenceName}; what nobody recorded is not in it. */
  readonly records: ReadonlyMap<string, EvidenceFact>;
}

type ChecklistItem = NonNullable<PolicyFile["checklist"]>[number];

/** The one table of what records each kind of evidence; RELEASE is `gift@version`. */
const COMMANDS: Readonly<Record<EvidenceKind, string>> = {
  matrix: "npx giftwrap matrix RELEASE --record",
  smoke: "npx giftwrap smoke RELEASE",
  warm: "npx giftwrap warm RELEASE",
  drill: "npx giftwrap drill RELEASE",
  switch: "npx giftwrap drill RELEASE --switch",
  gate: "npx giftwrap watch",
};

export function evidenceName(lockDigest: string, environment: string, kind: EvidenceKind): string {
  return `${lockDigest} ${environment} ${kind}`;
}

/**
 * Before a release leaves canary, everything on the policy's checklist is on record for its very bytes, passed and recent
 * enough. Silent without a checklist.
 * @param now epoch milliseconds
 */
export function checkChecklist(
  project: Project,
  leaving: readonly Widened[],
  evidence: EvidenceFacts,
  now: number,
): Finding[] {
  const checklist = project.policy?.value.checklist ?? [];
  const [first] = checklist;
  if (!first) return [];
  const environments = writtenEnvironments(project);
  return leaving.flatMap((release) => {
    const digest = evidence.locks.get(releaseKey(release.gift, release.version));
    if (digest === undefined) return [toUnbuilt(release, first)];
    return checklist.flatMap((item) =>
      environments.includes(item.environment)
        ? checkItem(release, item, digest, evidence.records, now)
        : [toNowhere(release, item, environments)],
    );
  });
}

/** Only a warning: it concerns every gift, and what leaves canary meets an error of its own. */
export function checkChecklistPolicy(project: Project): Finding[] {
  const { policy } = project;
  const known = writtenEnvironments(project);
  return (policy?.value.checklist ?? []).flatMap(({ environment }, at): Finding[] => {
    if (!policy || known.includes(environment)) return [];
    const near = nearestWord(environment, known);
    return [
      {
        code: "CHECKLIST_UNKNOWN_ENVIRONMENT",
        severity: "warning",
        place: policy.place(["checklist", at, "environment"]),
        message: `there is no environment "${environment}", so nothing can leave canary${near ? `; did you mean "${near}"?` : ""}`,
        fix: near ? `write "${near}" instead of "${environment}"` : fixEnvironment(environment, known),
      },
    ];
  });
}

function checkItem(
  release: Widened,
  { evidence: kind, environment, maxAgeDays }: ChecklistItem,
  digest: string,
  records: EvidenceFacts["records"],
  now: number,
): Finding[] {
  const command = toCommand(kind, release, environment);
  const record = records.get(evidenceName(digest, environment, kind));
  if (!record) {
    const message = `nothing shows "${kind}" in ${environment} for its bytes`;
    return [toFinding(release, "EVIDENCE_MISSING", message, `run ${command}`)];
  }
  const refused = `nothing that counts shows "${kind}" in ${environment}`;
  if ("problem" in record) {
    const message = `${refused}: ${record.problem}`;
    return [toFinding(release, "EVIDENCE_INVALID", message, `put that right, then run ${command}`)];
  }
  const age = now - Date.parse(record.recorded);
  // It would look young for ever, and no true record would take its place.
  if (age < -CLOCK_SKEW_MILLISECONDS) {
    const message = `${refused}: the record's date is ${record.recorded}, which is still to come`;
    const fix = `set the clock of the machine that wrote it, delete ${evidenceKey(digest, environment, kind)} from the store, then run ${command}`;
    return [toFinding(release, "EVIDENCE_INVALID", message, fix)];
  }
  if (record.result === "failed") {
    const message = `"${kind}" failed in ${environment} at ${record.recorded}${factsInWords(record.facts)}`;
    const fix = `mend what failed, in a new version where it is in the bytes, then run ${command}`;
    return [toFinding(release, "EVIDENCE_FAILED", message, fix)];
  }
  if (maxAgeDays === undefined || age <= maxAgeDays * DAY) return [];
  const message = `its record of "${kind}" in ${environment} is ${toDays(age)} days old; the checklist allows ${maxAgeDays}`;
  return [toFinding(release, "EVIDENCE_OLD", message, `run ${command}`)];
}

function toUnbuilt(release: Widened, { evidence, environment }: ChecklistItem): Finding {
  const { gift, version } = release;
  return toFinding(
    release,
    "EVIDENCE_MISSING",
    "it was not built: it has no lock, so nothing can be shown of its bytes",
    `run npx giftwrap build ${releaseKey(gift, version)} and commit ${lockPath(gift, version)}, then run ${toCommand(evidence, release, environment)}`,
  );
}

function toNowhere(
  release: Widened,
  { evidence, environment }: ChecklistItem,
  known: readonly string[],
): Finding {
  return toFinding(
    release,
    "EVIDENCE_MISSING",
    `nothing can show "${evidence}" in ${environment}: there is no such environment`,
    `${fixEnvironment(environment, known)} in the checklist of ${POLICY_PATH}`,
  );
}

function toFinding(
  { gift, version, place }: Widened,
  code: FindingCode,
  message: string,
  fix: string,
): Finding {
  return {
    code,
    severity: "error",
    place,
    message: `${releaseKey(gift, version)} leaves canary, but ${message}`,
    fix,
    gift,
    version,
  };
}

function toCommand(kind: EvidenceKind, { gift, version }: Widened, environment: string): string {
  return `${COMMANDS[kind].replace("RELEASE", () => releaseKey(gift, version))} --env ${environment}`;
}

function fixEnvironment(environment: string, known: readonly string[]): string {
  return known.length > 0 ? `write one of ${known.join(", ")}` : `take "${environment}" out`;
}

/** Names of the environments that have a file, readable or not: one that cannot be read has findings of its own. */
function writtenEnvironments({ paths }: Project): readonly string[] {
  return paths.flatMap((path) => {
    const it = classifyPath(path);
    return it.kind === "environment" ? [it.name] : [];
  });
}

/** " (cells 108, refused 3)", sorted; nothing when nothing was noted. */
function factsInWords(facts: EvidenceFile["facts"]): string {
  const words = Object.entries(facts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return words.length > 0 ? ` (${words.join(", ")})` : "";
}

/** Rounded up to a tenth, so that what is too old never reads like what is allowed. */
function toDays(milliseconds: number): number {
  return Math.ceil((10 * milliseconds) / DAY) / 10;
}
