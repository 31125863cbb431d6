import type { GitHub } from "../../github/openGitHub.ts";
import { findMergedAs } from "../../github/pullRequest.ts";
import {
  isToldAlready,
  METRICS_MARKER,
  metricsToMarkdown,
  withEnd,
} from "../../github/timeline/metricsMarkdown.ts";
import { reviseComment, upsertComment } from "../../github/upsertComment.ts";
import { releaseKey } from "../../model/project.ts";
import { isOnTrial, toRollout } from "../../model/rollout.ts";
import { type Bench, judgeTrials } from "../gate/judgeTrials.ts";
import { findPastTrials } from "./findPastTrials.ts";
import type { Told } from "./tellPublish.ts";

/** A release on trial, and the comment about it; or why there is none. */
export interface ToldTrial {
  readonly release: string;
  readonly told: Told | null;
  readonly why: string | null;
}

/**
 * For each release on trial one comment on the pull request that opened its stage. Where the numbers are as they were, nothing is written.
 * @throws GiftError of `askGitHub`, and of what is judged by
 */
export async function tellMetrics(
  github: GitHub | null,
  bench: Bench,
  language: "en" | "zh",
  isDry: boolean,
): Promise<readonly ToldTrial[]> {
  const names = [...bench.project.releases.values()]
    .filter((it) => isOnTrial(toRollout(it.value)))
    .map(({ value: { gift, version } }) => ({ gift, version }));
  const judged = await judgeTrials(bench, names);
  const told: ToldTrial[] = [];
  const current = new Set<number>();
  for (const [release, it] of judged) {
    if (!("verdict" in it)) {
      told.push({ release, told: null, why: it.why });
      continue;
    }
    const { verdict, story, opening } = it;
    const body = metricsToMarkdown({ verdict, story, environment: bench.environment.name, language });
    const pull = github && (await findMergedAs(github, opening));
    if (!github || isDry || pull === null) {
      const why = github && pull === null ? `no pull request was merged as ${opening.slice(0, 10)}` : null;
      told.push({ release, told: { pull, body, url: null, isChanged: false }, why });
      continue;
    }
    current.add(pull);
    const isKept = (before: string) => isToldAlready(before, verdict);
    const written = await upsertComment(github, pull, METRICS_MARKER, body, { isKept });
    told.push({ release, told: { pull, body, ...written }, why: null });
  }
  if (github && !isDry) told.push(...(await tellEnds(github, bench, language, current)));
  return told;
}

/** Trials that are over: their comments say so once, above the last numbers. */
async function tellEnds(
  github: GitHub,
  { root, commit, now }: Bench,
  language: "en" | "zh",
  current: ReadonlySet<number>,
): Promise<readonly ToldTrial[]> {
  const told: ToldTrial[] = [];
  for (const trial of await findPastTrials(root, commit, now)) {
    const pull = await findMergedAs(github, trial.opening);
    if (pull === null || current.has(pull)) continue;
    const written = await reviseComment(github, pull, METRICS_MARKER, (it) => withEnd(it, trial, language));
    const release = releaseKey(trial.gift, trial.version);
    if (written?.isChanged) told.push({ release, told: { pull, body: "", ...written }, why: null });
  }
  return told;
}
