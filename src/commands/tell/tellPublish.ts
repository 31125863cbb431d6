import type { GitHub } from "../../github/openGitHub.ts";
import { findPullRequestOfCommit, type PullRequest, readPullRequest } from "../../github/pullRequest.ts";
import { toTimeline, TIMELINE_MARKER } from "../../github/timeline/timeline.ts";
import { isLater, timelineToMarkdown } from "../../github/timeline/timelineMarkdown.ts";
import { upsertComment } from "../../github/upsertComment.ts";
import { GiftError } from "../../report/error.ts";
import type { GatheredTimeline } from "./gatherTimelines.ts";

/** A comment as it would be, or as it was written. */
export interface Told {
  /** Null where no pull request could be asked for. */
  readonly pull: number | null;
  readonly body: string;
  readonly url: string | null;
  readonly isChanged: boolean;
}

/**
 * One comment on the pull request of the commit, and on each that opened what it takes back. Without GitHub the text alone.
 * @throws GiftError of `askGitHub`
 */
export async function tellPublish(
  github: GitHub | null,
  { facts, openings, past }: GatheredTimeline,
  language: "en" | "zh",
  isDry: boolean,
): Promise<readonly Told[]> {
  const timeline = toTimeline(facts);
  const { commit, mergedAt } = facts;
  const own = github && (await findPullRequestOfCommit(github, commit));
  const originals = github ? await findOriginals(github, own, openings, past) : [];
  const place = {
    webUrl: github?.webUrl ?? "https://github.com",
    owner: github?.owner ?? "OWNER",
    repo: github?.repo ?? "REPO",
    own: own?.number ?? null,
    originals,
    language,
  };
  const pages = [
    ...(own || originals.length === 0 ? [{ pull: own?.number ?? null, isOnOriginal: false }] : []),
    ...originals.map((pull) => ({ pull, isOnOriginal: true })),
  ];
  const told: Told[] = [];
  for (const { pull, isOnOriginal } of pages) {
    const body = timelineToMarkdown(timeline, { ...place, isOnOriginal });
    if (!github || pull === null || isDry) told.push({ pull, body, url: null, isChanged: false });
    else {
      const isKept = (before: string) => isLater(before, mergedAt, commit);
      const written = await upsertComment(github, pull, TIMELINE_MARKER, body, { isKept });
      told.push({ pull, body, ...written });
    }
  }
  return told;
}

/** The pull requests of the opening commits, and the one that GitHub's Revert button names, if it is about the same releases. */
async function findOriginals(
  github: GitHub,
  own: PullRequest | null,
  openings: readonly string[],
  past: ReadonlySet<string>,
): Promise<readonly number[]> {
  const found = new Set<number>();
  for (const opening of openings) {
    const pull = await findPullRequestOfCommit(github, opening);
    if (pull) found.add(pull.number);
  }
  const named = own && past.size > 0 ? readReverted(own.body, github) : null;
  if (named !== null && !found.has(named) && named !== own?.number) {
    // Anybody may write this into a text: it counts only where that was merged as a commit of these very files.
    const pull = await readIfThere(github, named);
    if (pull?.mergeCommit && past.has(pull.mergeCommit)) found.add(named);
  }
  return [...found].filter((it) => it !== own?.number).sort((a, b) => a - b);
}

async function readIfThere(github: GitHub, number: number): Promise<PullRequest | null> {
  try {
    return await readPullRequest(github, number);
  } catch (error) {
    if (error instanceof GiftError && error.code === "GITHUB_MISSING") return null;
    throw error;
  }
}

/** The number that "Reverts acme/gifts#12" names; null without one, or of another repository. */
export function readReverted(body: string, { owner, repo }: Pick<GitHub, "owner" | "repo">): number | null {
  const [, name, number] = /^Reverts ([\w.-]+\/[\w.-]+)?#(\d{1,9})\b/m.exec(body) ?? [];
  if (number === undefined) return null;
  const isOurs = name === undefined || name.toLowerCase() === `${owner}/${repo}`.toLowerCase();
  return isOurs ? Number(number) : null;
}
