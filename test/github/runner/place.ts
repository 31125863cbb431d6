import { at, type Json, textAt } from "./json.ts";
import type { Repository } from "./repository.ts";
import { isSkipped, type RepositoryEvent } from "./triggers.ts";

/** Where the runs of an event stand, and whose commit they are about. */
export interface EventPlace {
  readonly sha: string;
  readonly ref: string;
  readonly headSha: string;
  readonly headBranch: string;
  readonly headRepository: string;
  readonly isFork: boolean;
}

/**
 * Where an event's workflows come from: a push's own commit, a pull request's merge commit, the tip of main for everything else. Null when
 * nothing starts: the pull request has conflicts, or its message skips checks.
 */
export async function placeOf(
  event: RepositoryEvent,
  repository: Repository,
  fullName: string,
): Promise<EventPlace | null> {
  const { name, payload } = event;
  const own = { headRepository: fullName, isFork: false };
  if (name === "push") {
    const sha = textAt(payload, "after");
    if (at(payload, "deleted") === true || /^0*$/.test(sha)) return null;
    if (isSkipped(await repository.messageOf(sha))) return null;
    const ref = textAt(payload, "ref");
    return { ...own, sha, ref, headSha: sha, headBranch: ref.replace(/^refs\/(?:heads|tags)\//, "") };
  }
  if (name === "pull_request" || name === "pull_request_review")
    return placeOfPull(event, repository, fullName);
  if (name === "merge_group") {
    const sha = textAt(payload, "merge_group", "head_sha");
    const ref = textAt(payload, "merge_group", "head_ref");
    return { ...own, sha, ref, headSha: sha, headBranch: ref.replace("refs/heads/", "") };
  }
  const branch = name === "workflow_dispatch" ? textAt(payload, "ref") : "";
  const ref =
    branch === "" ? "refs/heads/main" : branch.startsWith("refs/") ? branch : `refs/heads/${branch}`;
  const sha = await repository.commitOf(ref);
  if (sha === null) return null;
  return { ...own, sha, ref, headSha: sha, headBranch: ref.replace("refs/heads/", "") };
}

async function placeOfPull(
  { name, payload }: RepositoryEvent,
  repository: Repository,
  fullName: string,
): Promise<EventPlace | null> {
  const pull: Json = at(payload, "pull_request");
  const number = Number(textAt(pull, "number"));
  const headSha = textAt(pull, "head", "sha");
  if (name === "pull_request" && isSkipped(await repository.messageOf(headSha))) return null;
  const isMerged = at(pull, "merged") === true;
  const sha = isMerged
    ? textAt(pull, "merge_commit_sha")
    : await repository.mergePull(number, textAt(pull, "base", "ref"), headSha);
  if (sha === null) return null;
  const headRepository = textAt(pull, "head", "repo", "full_name");
  return {
    sha,
    ref: `refs/pull/${number}/merge`,
    headSha,
    headBranch: textAt(pull, "head", "ref"),
    headRepository,
    isFork: headRepository !== fullName,
  };
}
