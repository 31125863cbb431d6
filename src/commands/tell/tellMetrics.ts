import type { GitHub } from "../../github/openGitHub.ts";
import { findMergedAs } from "../../github/pullRequest.ts";
import { isToldAlready, METRICS_MARKER, metricsToMarkdown } from "../../github/timeline/metricsMarkdown.ts";
import { upsertComment } from "../../github/upsertComment.ts";
import { isOnTrial, toRollout } from "../../model/rollout.ts";
import { type Bench, judgeTrials } from "../gate/judgeTrials.ts";
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
    const isKept = (before: string) => isToldAlready(before, verdict);
    const written = await upsertComment(github, pull, METRICS_MARKER, body, { isKept });
    told.push({ release, told: { pull, body, ...written }, why: null });
  }
  return told;
}
