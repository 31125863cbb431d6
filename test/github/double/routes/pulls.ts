import { type Ask, created, ok, paged, pullIssueOf, type Routes } from "../ask.ts";
import { diffFiles } from "../diffFiles.ts";
import { addReview, refuseLongBody, setIssueState } from "../doings/talk.ts";
import { mergePull } from "../doings/mergePull.ts";
import { openPull } from "../doings/openPull.ts";
import { emitPull } from "../events.ts";
import { git, readCommits, readRef } from "../git.ts";
import { type Json, toText, toTexts } from "../json.ts";
import { Refusal } from "../refusal.ts";
import { toCommit, toDiffEntry } from "../shapes/toCommit.ts";
import { toReview } from "../shapes/toIssue.ts";
import { toPullRequest, toPullRequestSimple, toTeam } from "../shapes/toPullRequest.ts";
import { toUser } from "../shapes/toUser.ts";
import { type Issue, personOf, timeOf } from "../state.ts";

/** GitHub lists no more files of a pull request. */
const MAX_FILES = 3000;
const MAX_COMMITS = 250;

export const pullRoutes: Routes = {
  "pulls/list": (ask) => {
    const { head, base, state = "open", sort = "created" } = ask.query;
    // A head without its owner is no filter to GitHub: it lists everything.
    const isFiltered = typeof head === "string" && head.includes(":");
    const found = [...ask.state.issues.values()].filter(
      ({ pull, state: isState }) =>
        pull !== null &&
        (state === "all" || isState === state) &&
        (base === undefined || pull.baseRef === base) &&
        (!isFiltered || `${pull.headOwner}:${pull.headRef}` === head),
    );
    const direction = ask.query.direction ?? (sort === "created" ? "desc" : "asc");
    const key = (issue: Issue) => (sort === "updated" ? issue.updatedAt : issue.createdAt);
    found.sort((a, b) => key(a).localeCompare(key(b)) || a.number - b.number);
    if (direction === "desc") found.reverse();
    return paged(
      ask,
      found.map((issue) => toPullRequestSimple(ask.state, issue)),
    );
  },

  "pulls/get": async (ask) => {
    const issue = pullIssueOf(ask);
    if (ask.state.isMergeabilitySlow && issue.state === "open") {
      const base = await readRef(ask.repository.folder, `refs/heads/${issue.pull.baseRef}`);
      const about = `${base} ${issue.pull.headSha}`;
      if (issue.pull.told !== about) {
        issue.pull.told = about;
        return ok(await toPullRequest(ask.state, issue, "unknown"));
      }
    }
    return ok(await toPullRequest(ask.state, issue));
  },

  "pulls/create": async (ask) => {
    const { body } = ask;
    refuseLongBody(toText(body.body), "PullRequest");
    if (ask.token.kind === "actions" && !ask.state.settings.canActionsApprove) {
      throw new Refusal(403, "GitHub Actions is not permitted to create or approve pull requests.");
    }
    const issue = await openPull(ask.state, ask.actor, {
      title: toText(body.title),
      body: typeof body.body === "string" ? body.body : null,
      head: toText(body.head),
      base: toText(body.base),
      isDraft: body.draft === true,
    });
    return created(await toPullRequest(ask.state, issue));
  },

  "pulls/update": async (ask) => {
    const issue = pullIssueOf(ask);
    const { title, body, state, base } = ask.body;
    refuseLongBody(toText(body), "PullRequest");
    const before = { title: issue.title, body: issue.body, base: issue.pull.baseRef };
    if (typeof title === "string") issue.title = title;
    if (typeof body === "string") issue.body = body;
    if (typeof base === "string") {
      const sha = await readRef(ask.repository.folder, `refs/heads/${base}`);
      if (!sha)
        throw new Refusal(422, "Validation Failed", [
          { resource: "PullRequest", field: "base", code: "invalid" },
        ]);
      issue.pull.baseRef = base;
      issue.pull.baseSha = sha;
    }
    const after = { title: issue.title, body: issue.body, base: issue.pull.baseRef };
    if (JSON.stringify(before) !== JSON.stringify(after)) {
      issue.updatedAt = timeOf(ask.state);
      await emitPull(ask.state, ask.actor, issue, "edited", { changes: {} });
    }
    if (state === "open" || state === "closed") {
      await setIssueState(ask.state, ask.actor, issue, { to: state });
    }
    return ok(await toPullRequest(ask.state, issue));
  },

  "pulls/list-files": async (ask) => {
    const issue = pullIssueOf(ask);
    const files = await diffFiles(ask.repository.folder, await mergeBaseOf(ask, issue), issue.pull.headSha);
    return paged(
      ask,
      files
        .slice(0, MAX_FILES)
        .map((file) => toDiffEntry(ask.state, ask.repository, issue.pull.headSha, file)),
    );
  },

  "pulls/list-commits": async (ask) => {
    const issue = pullIssueOf(ask);
    const range = `${await mergeBaseOf(ask, issue)}..${issue.pull.headSha}`;
    const commits = await readCommits(ask.repository.folder, ["--reverse", range, "--"]);
    return paged(
      ask,
      commits.slice(0, MAX_COMMITS).map((commit) => toCommit(ask.state, ask.repository, commit)),
    );
  },

  "pulls/list-reviews": (ask) => {
    const issue = pullIssueOf(ask);
    return paged(
      ask,
      issue.pull.reviews.map((review) => toReview(ask.state, issue.number, review)),
    );
  },

  "pulls/create-review": (ask) => {
    const issue = pullIssueOf(ask);
    const event = toText(ask.body.event, "PENDING");
    if (event === "APPROVE" && ask.token.kind === "actions" && !ask.state.settings.canActionsApprove) {
      throw new Refusal(422, "GitHub Actions is not permitted to approve pull requests.");
    }
    const states = {
      APPROVE: "APPROVED",
      REQUEST_CHANGES: "CHANGES_REQUESTED",
      COMMENT: "COMMENTED",
      PENDING: "PENDING",
    } as const;
    const review = addReview(ask.state, ask.actor, issue, {
      state: states[event as keyof typeof states],
      body: toText(ask.body.body),
      ...(ask.body.commit_id !== undefined && { commit: toText(ask.body.commit_id) }),
    });
    return ok(toReview(ask.state, issue.number, review));
  },

  "pulls/list-requested-reviewers": (ask) => {
    const { pull } = pullIssueOf(ask);
    return ok({
      users: pull.reviewers.map((login) => toUser(ask.state, login)),
      teams: pull.teams.map((slug) => toTeam(ask.state, slug)),
    });
  },

  "pulls/request-reviewers": async (ask) => {
    const issue = pullIssueOf(ask);
    const reviewers = toTexts(ask.body.reviewers);
    const teams = toTexts(ask.body.team_reviewers);
    const isStranger = reviewers.some((login) => personOf(ask.state, login).role === null);
    if (isStranger || teams.some((slug) => !ask.state.teams.has(slug))) {
      throw new Refusal(
        422,
        "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the repository.",
      );
    }
    if (reviewers.includes(issue.author.login)) {
      throw new Refusal(422, "Review cannot be requested from pull request author.");
    }
    for (const login of reviewers) {
      if (issue.pull.reviewers.includes(login)) continue;
      issue.pull.reviewers.push(login);
      await emitPull(ask.state, ask.actor, issue, "review_requested", {
        requested_reviewer: toUser(ask.state, login),
      });
    }
    for (const slug of teams) {
      if (issue.pull.teams.includes(slug)) continue;
      issue.pull.teams.push(slug);
      await emitPull(ask.state, ask.actor, issue, "review_requested", {
        requested_team: toTeam(ask.state, slug),
      });
    }
    return created(toPullRequestSimple(ask.state, issue));
  },

  "pulls/merge": async (ask) => {
    const issue = pullIssueOf(ask);
    const { merge_method, commit_title, commit_message, sha } = ask.body;
    const merged = await mergePull(ask.state, ask.actor, issue, {
      method: merge_method === "squash" || merge_method === "rebase" ? merge_method : "merge",
      title: typeof commit_title === "string" ? commit_title : undefined,
      message: typeof commit_message === "string" ? commit_message : undefined,
      sha: typeof sha === "string" ? sha : undefined,
    });
    return ok({ sha: merged, merged: true, message: "Pull Request successfully merged" } satisfies Json);
  },
};

/** Where the pull request left its base; for merged ones, where it had. */
async function mergeBaseOf(ask: Ask, issue: ReturnType<typeof pullIssueOf>): Promise<string> {
  const base = issue.pull.merged ? issue.pull.baseSha : `refs/heads/${issue.pull.baseRef}`;
  return git(ask.repository.folder, ["merge-base", base, issue.pull.headSha]);
}
