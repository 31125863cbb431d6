import type { BuildNote, Card, Comparison, Problem, ViewerChange } from "../github/card.ts";
import { variantCosts } from "../github/variantCosts.ts";
import { lockPath } from "../model/paths.ts";
import { reachedStage } from "../model/rollout.ts";
import { type Project, releaseKey } from "../model/project.ts";
import { readChanges } from "../publish/readChanges.ts";
import { isNarrowed } from "../publish/stops.ts";
import { GiftError } from "../report/error.ts";
import { type Finding, sortFindings, stoppedGifts } from "../report/finding.ts";
import { findingsToText } from "../report/text.ts";
import { commitOf, pathsChangedSince, untrackedPaths } from "../source/git.ts";
import { requireBase } from "./gatherFacts.ts";
import { readProject } from "../source/readProject.ts";
import { workTree } from "../source/tree.ts";
import { canonicalJson } from "../wire/metadata.ts";
import { type BuiltRelease, isWrong } from "./build/builtRelease.ts";
import { build } from "./build/buildReleases.ts";
import { type CardOutcome, audienceOf, toProblem, toViewerChanges } from "./cardOutcome.ts";
import { EXIT, type Io } from "./command.ts";
import { openEnvironment } from "./environment.ts";
import { type PlannedPublish, planTree, plannedToLines } from "./plan.ts";
import { validate } from "./validate.ts";

export interface CheckRequest {
  readonly environment: string;
  /** The commit whose locks are merged already; the default of `validate` when absent. */
  readonly base: string | undefined;
}

/** What `validate`, `build` and `plan` say about the work tree, as one card. Locks of new releases are written into it. */
export async function checkForCard(io: Io, { environment, base }: CheckRequest): Promise<CardOutcome> {
  const baseCommit = base === undefined ? null : await requireBase(io.root, base);
  const { findings, built } = await validateAndBuild(io, base, baseCommit);
  if (findings.length > 0) io.line(findingsToText(findings));
  for (const { release, message } of built) io.line(`${release}: ${message}`);

  const { project } = await readProject(workTree(io.root));
  const planned = await tryToPlan(io, environment);
  const lines = "plan" in planned ? plannedToLines(planned) : [];
  for (const line of lines) io.line(line);
  const viewers =
    "plan" in planned && !stoppedGifts(findings).everything
      ? await viewersOf(io, project, planned, baseCommit)
      : NOBODY;
  const problem = "plan" in planned ? null : planned;

  const builds = built.map(toBuildNote);
  const hasErrors = findings.some((it) => it.severity === "error") || builds.some((it) => it.isWrong);
  const exit = hasErrors ? EXIT.findings : problem ? EXIT.failure : EXIT.ok;
  const shown = new Set([
    ...built.filter((it) => it.outcome === "locked").map((it) => it.release),
    ...viewers.changes.map((it) => releaseKey(it.gift, it.version)),
  ]);
  const card: Card = {
    command: "check",
    environment,
    verdict: hasErrors ? "findings" : problem ? "failure" : "ok",
    problem,
    findings,
    ...viewers,
    alarms: [],
    builds,
    variants: variantCosts(project, [...shown].sort()),
    // A plan against nothing lists the whole catalog as new.
    log: viewers.compared.kind === "live" ? lines : [],
  };
  return { card, exit, revision: "plan" in planned ? planned.revision : null };
}

/**
 * Releases are built between two validations: a lock that is made here may still be over its budget. What is locked at the base already
 * was proved when it was new, and its bytes are in the store: bringing all of them back would take longer with every gift there is.
 */
async function validateAndBuild(
  io: Io,
  base: string | undefined,
  baseCommit: string | null,
): Promise<{ findings: readonly Finding[]; built: readonly BuiltRelease[] }> {
  const { findings } = await validate(io, base);
  const { everything, gifts: stopped } = stoppedGifts(findings);
  const { project } = await readProject(workTree(io.root));
  const differs = baseCommit === null ? null : await pathsThatDiffer(io.root, baseCommit);
  const words = [...project.releases]
    .filter(([, { value }]) => !stopped.has(value.gift))
    .filter(
      ([key, { value }]) =>
        differs === null || !project.locks.has(key) || differs.has(lockPath(value.gift, value.version)),
    )
    .map(([key]) => key);
  if (everything || words.length === 0) return { findings, built: [] };
  const built = await build(io, { words, check: false, relock: false });
  if (!built.some((it) => it.outcome === "locked")) return { findings, built };
  const again = await validate(io, base);
  // The locks that were just made are not part of the pull request, so that they are missing still holds.
  const missing = findings.filter((it) => it.code === "LOCK_MISSING");
  return { findings: sortFindings([...again.findings, ...missing]), built };
}

async function pathsThatDiffer(root: string, base: string): Promise<ReadonlySet<string>> {
  const [changed, untracked] = await Promise.all([
    pathsChangedSince(root, base, "releases"),
    untrackedPaths(root),
  ]);
  return new Set([...changed, ...untracked]);
}

async function tryToPlan(io: Io, environment: string): Promise<PlannedPublish | Problem> {
  try {
    return await planTree(io, environment);
  } catch (error) {
    if (error instanceof GiftError) return toProblem(error);
    throw error;
  }
}

type Viewers = Pick<Card, "compared" | "stops" | "changes" | "kept">;

const NOBODY: Viewers = { compared: { kind: "nothing" }, stops: [], changes: [], kept: {} };

/** From the plan when something is live; else from the two commits; else everything that is open. */
async function viewersOf(
  io: Io,
  project: Project,
  { environment, revision, plan, stops }: PlannedPublish,
  base: string | null,
): Promise<Viewers> {
  const { file } = await openEnvironment(io, workTree(io.root), environment);
  const kept = Object.fromEntries(plan.kept);
  const audience = (gift: string, version: string) => audienceOf(project, gift, version, file.rollout);
  const head = await commitOf(io.root, "HEAD");
  if (revision === null && base !== null && head !== null) {
    const { rollouts, overrides } = await readChanges(io.root, base, head, file.rollout, io.now());
    const changes = rollouts
      .filter(({ gift, before, after }) =>
        plan.kept.has(gift) ? isNarrowed(before, after) : canonicalJson(before) !== canonicalJson(after),
      )
      .map(({ gift, version, before, after }): ViewerChange => {
        const stages = { before: reachedStage(before), after: reachedStage(after) };
        return {
          gift,
          version,
          ...stages,
          details: ["shares or cohorts"],
          audience: audience(gift, version),
        };
      });
    return { compared: { kind: "git", base }, stops: overrides.map((it) => it.id), changes, kept };
  }
  const compared: Comparison = revision === null ? { kind: "nothing" } : { kind: "live", revision };
  return { compared, stops, changes: toViewerChanges(project, plan.changes, file.rollout), kept };
}

function toBuildNote({ release, outcome, message }: BuiltRelease): BuildNote {
  return { release, isWrong: isWrong(outcome), message };
}
