import { releasePath } from "../model/paths.ts";
import { STAGES } from "../model/rollout.ts";
import type { ReleaseFile } from "../model/schemas.ts";
import { compareReleases } from "../rules/change/compareReleases.ts";
import { type ChangedLine, differingLines, editScalar } from "../source/edit.ts";
import { parseFile } from "../source/readProject.ts";
import type { Stage } from "../wire/rollout.ts";

/** One value of a release file that reaches more viewers. Percent are as they are written, 0 to 100. */
export type Target =
  | { readonly kind: "stage"; readonly stage: Stage }
  | { readonly kind: "region"; readonly region: string; readonly percent: number }
  | { readonly kind: "canary"; readonly percent: number }
  | { readonly kind: "holdback"; readonly percent: number };

/** A release file with one value changed in place, and nothing else. */
export interface Promotion {
  readonly kind: "promotion";
  readonly path: string;
  /** The whole text of the file afterwards. */
  readonly text: string;
  /** The one line that differs. */
  readonly line: ChangedLine;
  /** What it does, such as "regional opened" or "SG from 5 % to 10 %". */
  readonly what: string;
}

export type PlannedPromotion = Promotion | { readonly kind: "refused"; readonly why: string };

/** Edits the value that the target names. Refuses what would not reach more viewers, and what is not written in the file. */
export function planPromotion(
  gift: string,
  version: string,
  before: string,
  target: Target,
): PlannedPromotion {
  const path = releasePath(gift, version);
  const release = parse(path, before);
  if (!release) return refuse(`${path} cannot be read: run npx giftwrap validate`);
  const at = pathOf(target);
  const missing = whyMissing(release, target);
  if (missing !== null) return refuse(`${gift}@${version} ${missing}`);
  const text = editScalar(before, at, target.kind === "stage" ? true : target.percent);
  const after = parse(path, text);
  if (!after) return refuse(`${path} would not be readable any more: edit it by hand`);
  const { widened, narrowed } = compareReleases(release, after);
  const [what] = widened;
  const [line] = differingLines(before, text);
  if (what === undefined || !line)
    return refuse(`${gift}@${version}: ${explainNothing(release, target, narrowed)}`);
  return { kind: "promotion", path, text, line, what };
}

function pathOf(target: Target): readonly string[] {
  switch (target.kind) {
    case "stage":
      return ["rollout", target.stage, "open"];
    case "region":
      return ["rollout", "regional", "regions", target.region];
    case "canary":
      return ["rollout", "canary", "percent"];
    case "holdback":
      return ["rollout", "holdback", "percent"];
  }
}

function whyMissing({ rollout }: ReleaseFile, target: Target): string | null {
  if (target.kind === "region" && rollout.regional.regions[target.region] === undefined)
    return `has no percentage for ${target.region}; it has ${Object.keys(rollout.regional.regions).join(", ") || "none"}`;
  if (target.kind === "canary" && rollout.canary.percent === undefined)
    return "has no percentage in its canary: only cohorts";
  if (target.kind === "holdback" && !rollout.holdback) return "has no holdback";
  return null;
}

function explainNothing({ rollout }: ReleaseFile, target: Target, narrowed: readonly string[]): string {
  if (narrowed.length > 0)
    return `${narrowed[0]} would reach fewer viewers: that is no promotion (see giftwrap rollback)`;
  if (target.kind !== "stage")
    return "nobody more would be reached: its stage is closed, or the value is the same";
  if (rollout[target.stage].open) return `${target.stage} is open already`;
  const closed = STAGES.slice(0, STAGES.indexOf(target.stage)).find((stage) => !rollout[stage].open);
  return closed
    ? `${target.stage} counts only once ${closed} is open: open ${closed} first`
    : `opening ${target.stage} would reach nobody`;
}

function parse(path: string, text: string): ReleaseFile | undefined {
  return parseFile("release", path, new TextEncoder().encode(text)).located?.value;
}

function refuse(why: string): PlannedPromotion {
  return { kind: "refused", why };
}
