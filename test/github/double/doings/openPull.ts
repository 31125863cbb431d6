import { emitPull } from "../events.ts";
import { git, readRef } from "../git.ts";
import { Refusal } from "../refusal.ts";
import { type Actor, type GitHubState, type Issue, homeOf, timeOf } from "../state.ts";
import { keepHead } from "./branchMoved.ts";

export interface PullToOpen {
  readonly title: string;
  readonly body: string | null;
  /** `branch`, or `owner:branch` of a fork. */
  readonly head: string;
  readonly base: string;
  readonly isDraft: boolean;
}

/** Opens a pull request as GitHub does, or refuses in its words. @throws Refusal 422 */
export async function openPull(state: GitHubState, actor: Actor, asked: PullToOpen): Promise<Issue> {
  const home = homeOf(state);
  const colon = asked.head.indexOf(":");
  const owner = colon < 0 ? home.owner : asked.head.slice(0, colon);
  const branch = asked.head.slice(colon + 1);
  const repository = state.repositories.get(`${owner}/${home.name}`);
  const headSha = repository && (await readRef(repository.folder, `refs/heads/${branch}`));
  if (!repository || !headSha) throw wrong({ field: "head", code: "invalid" });
  const baseSha = await readRef(home.folder, `refs/heads/${asked.base}`);
  if (!baseSha) throw wrong({ field: "base", code: "invalid" });

  const isOpen = [...state.issues.values()].some(
    ({ state, pull }) =>
      state === "open" &&
      pull?.headRepo === repository.fullName &&
      pull.headRef === branch &&
      pull.baseRef === asked.base,
  );
  if (isOpen)
    throw wrong({ code: "custom", message: `A pull request already exists for ${owner}:${branch}.` });

  const number = state.nextNumber();
  await keepHead(state, repository, number, headSha);
  const ahead = await git(home.folder, ["rev-list", "--count", `${baseSha}..${headSha}`]);
  if (ahead === "0") {
    throw wrong({ code: "custom", message: `No commits between ${asked.base} and ${asked.head}` });
  }

  const issue: Issue = {
    number,
    id: state.nextId(),
    title: asked.title,
    body: asked.body,
    author: actor,
    state: "open",
    stateReason: null,
    labels: [],
    assignees: [],
    createdAt: timeOf(state),
    updatedAt: timeOf(state),
    closedAt: null,
    closedBy: null,
    isLocked: false,
    pull: {
      headRepo: repository.fullName,
      headOwner: owner,
      headRef: branch,
      headSha,
      baseRef: asked.base,
      baseSha,
      isDraft: asked.isDraft,
      test: null,
      told: null,
      merged: null,
      reviewers: [],
      teams: [],
      reviews: [],
      canMaintainerModify: repository.isFork,
    },
  };
  state.issues.set(number, issue);
  await emitPull(state, actor, issue, "opened");
  return issue;
}

function wrong(error: {
  readonly field?: string;
  readonly code: string;
  readonly message?: string;
}): Refusal {
  return new Refusal(422, "Validation Failed", [{ resource: "PullRequest", ...error }]);
}
