import { releasePath } from "../model/paths.ts";
import { STAGES } from "../model/rollout.ts";
import type { OverrideFile } from "../model/schemas.ts";
import { isRecord } from "../wire/isRecord.ts";
import { readRollout } from "../publish/readChanges.ts";
import { type ChangedLine, differingLines, editScalar } from "../source/edit.ts";
import { parseYaml } from "../source/yaml.ts";
import type { Rollout, Stage } from "../wire/rollout.ts";
import { compareVersions, parseVersion } from "../wire/version.ts";

/** How far releases may still go. */
export type LimitWord = OverrideFile["limit"];

/** A release file with some of its stages closed in place, and nothing else changed. */
export interface Rollback {
  readonly version: string;
  readonly path: string;
  readonly closed: readonly Stage[];
  /** The whole text of the file afterwards. */
  readonly text: string;
  readonly lines: readonly ChangedLine[];
}

/**
 * Closes what the newest release opens beyond the limit: the newest of those that reach somebody there, for that is the one
 * whose viewers end on the next older one. Newer ones that stay within the limit are left alone, and so is every older one.
 * Each stage beyond the limit is closed, also one that another closed stage has already cut off, so that opening it again
 * starts from the limit. Null when nothing reaches further.
 * @param files texts of the gift's release files by version
 * @param version this release and no other
 */
export function planRollback(
  gift: string,
  files: ReadonlyMap<string, string>,
  limit: LimitWord,
  version?: string,
): Rollback | null {
  const beyond = stagesBeyond(limit);
  const newestFirst = [...files].sort(([a], [b]) => compareVersions(toVersion(b), toVersion(a)));
  const found = newestFirst.find(
    ([name, text]) =>
      (version === undefined || name === version) &&
      reaches(readRollout(gift, name, text, null)).some((stage) => beyond.includes(stage)),
  );
  if (!found) return null;
  const [name, before] = found;
  const closed = beyond.filter((stage) => isOpen(before, stage));
  const text = closed.reduce((it, stage) => editScalar(it, ["rollout", stage, "open"], false), before);
  return { version: name, path: releasePath(gift, name), closed, text, lines: differingLines(before, text) };
}

/** The stages in which a release reaches anybody: one that is open for nobody in particular is not among them. */
export function reaches(rollout: Rollout | null): readonly Stage[] {
  if (!rollout?.canary) return [];
  const { canary, regional, full } = rollout;
  const isCanary = (canary.cohorts?.length ?? 0) > 0 || (canary.basisPoints ?? 0) > 0;
  const isRegional = Object.values(regional?.regions ?? {}).some((share) => share > 0);
  return [
    ...(isCanary ? (["canary"] as const) : []),
    ...(isRegional ? (["regional"] as const) : []),
    ...(regional && full ? (["full"] as const) : []),
  ];
}

function stagesBeyond(limit: LimitWord): readonly Stage[] {
  return limit === "none" ? STAGES : STAGES.slice(STAGES.indexOf(limit) + 1);
}

function isOpen(text: string, stage: Stage): boolean {
  const parsed = parseYaml("", text);
  const release = parsed.ok ? parsed.located.value : null;
  const rollout = isRecord(release) ? release["rollout"] : null;
  const block = isRecord(rollout) ? rollout[stage] : null;
  return isRecord(block) && block["open"] === true;
}

function toVersion(text: string) {
  return parseVersion(text) ?? ([0, 0, 0] as const);
}
