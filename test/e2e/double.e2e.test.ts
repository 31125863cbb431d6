import { readdir, readFile } from "node:fs/promises";
import { Octokit } from "@octokit/rest";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { emitMergeGroup, emitSchedule, emitWorkflowRun } from "../github/double/events.ts";
import { git } from "../github/double/git.ts";
import type { Json } from "../github/double/json.ts";
import { PERMISSIONS } from "../github/double/permissions.ts";
import { matchOperation, sliceOperations } from "../github/double/slice.ts";
import { type GitHubDouble, startGitHub } from "../github/double/startGitHub.ts";
import type { GitHubEvent, WorkflowRun } from "../github/double/state.ts";
import { unlikeEvent } from "../github/double/unlikeEvent.ts";

const ALL = Object.fromEntries(
  Object.values(PERMISSIONS).flatMap((need) =>
    need ? need.permissions.map((name) => [name, "write" as const]) : [],
  ),
);
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const place = { owner: "acme", repo: "gifts" };
const DISPATCHED = `name: rollback
on:
  workflow_dispatch:
    inputs:
      gift: { type: string, required: true }
      limit: { type: choice, options: [none, canary] }
jobs: {}
`;

let github: GitHubDouble;
let octokit: Octokit;
let events: GitHubEvent[];

beforeEach(async () => {
  github = await startGitHub({
    files: {
      "README.md": "Gifts\n",
      "releases/rose/1.4.0.yaml": "open: false\n",
      ".github/workflows/rollback.yml": DISPATCHED,
    },
  });
  github.addUser("mia", { permission: "write" });
  github.addUser("lee", { permission: "maintain" });
  github.addUser("kim", { permission: "read" });
  events = [];
  github.onEvent((event) => events.push(event));
  octokit = openAs("giftwrap[bot]", "app", ALL);
});
afterEach(() => github.stop());

function openAs(
  login: string,
  kind: "app" | "actions" | "user",
  permissions: Readonly<Record<string, "read" | "write">>,
): Octokit {
  return new Octokit({
    baseUrl: github.apiUrl,
    auth: github.token({ login, kind, permissions }),
    log: SILENT,
  });
}

async function openRose(options: { readonly fork?: string } = {}): Promise<number> {
  if (options.fork) await github.fork({ as: options.fork });
  const as = options.fork ?? "mia";
  await github.pushFiles("rose", { "releases/rose/1.4.0.yaml": "open: true\n" }, { as, ...options });
  return github.openPull({ as, head: "rose", title: "Open rose", body: "Why", ...options });
}

describe("the double against octokit", () => {
  test("answers every operation as GitHub's description says", async () => {
    const guarded: typeof fetch = async (input, options = {}) => {
      const url = String(input instanceof Request ? input.url : input);
      const path = new URL(url).pathname.replace("/api/v3", "");
      const operation = matchOperation(options.method ?? "GET", path);
      await refuseOthers(url, options, operation ? (PERMISSIONS[operation.id] ?? null) : null);
      return fetch(input, options);
    };
    const token = github.token({ login: "giftwrap[bot]", kind: "app", permissions: ALL });
    octokit = new Octokit({ baseUrl: github.apiUrl, auth: token, log: SILENT, request: { fetch: guarded } });
    const number = await openRose();
    const pull = { ...place, pull_number: number };
    const issue = { ...place, issue_number: number };
    const { data } = await octokit.pulls.get(pull);
    const head = data.head.sha;
    const main = data.base.sha;

    await octokit.rateLimit.get();
    await octokit.users.getByUsername({ username: "mia" });
    await openAs("mia", "user", {}).users.getAuthenticated();
    await octokit.repos.get(place);
    await octokit.repos.update({
      ...place,
      allow_merge_commit: false,
      squash_merge_commit_title: "PR_TITLE",
    });
    await octokit.repos.getBranch({ ...place, branch: "main" });
    await octokit.repos.listBranches(place);
    await octokit.repos.getContent({ ...place, path: "" });
    await octokit.repos.getContent({ ...place, path: "releases/rose", ref: "rose" });
    await octokit.repos.getCommit({ ...place, ref: "rose" });
    await octokit.repos.listCommits({ ...place, path: "README.md" });
    await octokit.repos.compareCommitsWithBasehead({ ...place, basehead: `main...${head}` });
    await octokit.repos.getCollaboratorPermissionLevel({ ...place, username: "lee" });
    await octokit.repos.listPullRequestsAssociatedWithCommit({ ...place, commit_sha: head });
    await octokit.repos.createDispatchEvent({
      ...place,
      event_type: "reconcile",
      client_payload: { by: "clock" },
    });

    const blob = await octokit.git.createBlob({ ...place, content: "text" });
    await octokit.git.getBlob({ ...place, file_sha: blob.data.sha });
    const tree = await octokit.git.createTree({
      ...place,
      base_tree: main,
      tree: [{ path: "x", mode: "100644", sha: blob.data.sha }],
    });
    await octokit.git.getTree({ ...place, tree_sha: "main", recursive: "1" });
    const commit = await octokit.git.createCommit({
      ...place,
      message: "x",
      tree: tree.data.sha,
      parents: [main],
    });
    await octokit.git.getCommit({ ...place, commit_sha: commit.data.sha });
    await octokit.git.createRef({ ...place, ref: "refs/heads/a/b", sha: main });
    await octokit.git.getRef({ ...place, ref: "heads/a/b" });
    await octokit.git.listMatchingRefs({ ...place, ref: "heads/a" });
    await octokit.git.updateRef({ ...place, ref: "heads/a/b", sha: commit.data.sha });
    await octokit.git.deleteRef({ ...place, ref: "heads/a/b" });

    await octokit.pulls.list({ ...place, head: "acme:rose", state: "all", sort: "updated" });
    await octokit.pulls.listFiles(pull);
    await octokit.pulls.listCommits(pull);
    await octokit.pulls.update({ ...pull, title: "Open rose now", body: "Because" });
    await octokit.pulls.createReview({ ...pull, event: "COMMENT", body: "hm" });
    await octokit.pulls.listReviews(pull);
    github.addTeam("gift-oncall", ["lee"]);
    await octokit.pulls.requestReviewers({ ...pull, reviewers: ["lee"], team_reviewers: ["gift-oncall"] });
    await octokit.pulls.listRequestedReviewers(pull);
    await octokit.teams.getByName({ org: "acme", team_slug: "gift-oncall" });
    await octokit.teams.listMembersInOrg({ org: "acme", team_slug: "gift-oncall" });

    await octokit.issues.create({ ...place, title: "Drift", labels: ["drift"] });
    await octokit.issues.listForRepo({ ...place, labels: "drift" });
    await octokit.issues.get(issue);
    await octokit.issues.update({ ...issue, state: "open", labels: ["a"] });
    const comment = await octokit.issues.createComment({ ...issue, body: "hello" });
    const one = { ...place, comment_id: comment.data.id };
    await octokit.issues.listComments(issue);
    await octokit.issues.getComment(one);
    await octokit.issues.updateComment({ ...one, body: "bye" });
    await octokit.reactions.createForIssueComment({ ...one, content: "rocket" });
    await octokit.reactions.listForIssueComment(one);
    await octokit.issues.deleteComment(one);
    await octokit.issues.createLabel({
      ...place,
      name: "giftwrap: hold",
      color: "ff0000",
      description: "stays",
    });
    await octokit.issues.updateLabel({ ...place, name: "giftwrap: hold", color: "00ff00" });
    await octokit.issues.getLabel({ ...place, name: "giftwrap: hold" });
    await octokit.issues.listLabelsForRepo(place);
    await octokit.issues.addLabels({ ...issue, labels: ["giftwrap: hold"] });
    await octokit.issues.setLabels({ ...issue, labels: ["b", "giftwrap: hold"] });
    await octokit.issues.removeLabel({ ...issue, name: "giftwrap: hold" });
    await octokit.issues.listLabelsOnIssue(issue);

    const check = await octokit.checks.create({
      ...place,
      name: "giftwrap",
      head_sha: head,
      status: "in_progress",
    });
    const run = { ...place, check_run_id: check.data.id };
    await octokit.checks.update({
      ...run,
      conclusion: "failure",
      output: { title: "t", summary: "s", annotations: [annotation(1)] },
    });
    await octokit.checks.get(run);
    await octokit.checks.listAnnotations(run);
    await octokit.checks.listForRef({ ...place, ref: head, check_name: "giftwrap" });
    await octokit.repos.createCommitStatus({
      ...place,
      sha: head,
      state: "success",
      context: "giftwrap approvals",
    });
    await octokit.repos.listCommitStatusesForRef({ ...place, ref: head });
    await octokit.repos.getCombinedStatusForRef({ ...place, ref: head });

    const ruleset = await octokit.repos.createRepoRuleset({
      ...place,
      name: "main",
      enforcement: "evaluate",
      conditions: { ref_name: { include: ["~DEFAULT_BRANCH"], exclude: [] } },
      rules: [{ type: "deletion" }],
    });
    const rules = { ...place, ruleset_id: ruleset.data.id };
    await octokit.repos.updateRepoRuleset({ ...rules, enforcement: "active" });
    await octokit.repos.getRepoRuleset(rules);
    await octokit.repos.getRepoRulesets(place);
    const branchRules = await octokit.repos.getBranchRules({ ...place, branch: "main" });
    expect(branchRules.data).toMatchObject([{ type: "deletion" }]);
    await octokit.repos.deleteRepoRuleset(rules);

    const environment = { ...place, environment_name: "production" };
    await octokit.repos.createOrUpdateEnvironment({
      ...environment,
      deployment_branch_policy: { protected_branches: false, custom_branch_policies: true },
    });
    await octokit.repos.getEnvironment(environment);
    await octokit.repos.getAllEnvironments(place);
    const policy = await octokit.repos.createDeploymentBranchPolicy({ ...environment, name: "main" });
    await octokit.repos.listDeploymentBranchPolicies(environment);
    await octokit.repos.deleteDeploymentBranchPolicy({
      ...environment,
      branch_policy_id: Number(policy.data.id),
    });
    github.setSecret("APP_KEY");
    github.setSecret("KEY", "production");
    github.setVariable("STORE", "s3://x", "production");
    await octokit.actions.createRepoVariable({ ...place, name: "A", value: "1" });
    await octokit.actions.updateRepoVariable({ ...place, name: "A", value: "2" });
    await octokit.actions.getRepoVariable({ ...place, name: "a" });
    await octokit.actions.listRepoVariables(place);
    await octokit.actions.listRepoSecrets(place);
    await octokit.actions.listEnvironmentVariables(environment);
    await octokit.actions.getEnvironmentVariable({ ...environment, name: "STORE" });
    await octokit.actions.listEnvironmentSecrets(environment);

    github.recordRun(aRun({ headSha: head }), [{ name: "Gift check", conclusion: "success" }]);
    const form = { ...place, workflow_id: "rollback.yml" };
    await octokit.actions.createWorkflowDispatch({
      ...form,
      ref: "main",
      inputs: { gift: "rose", limit: "canary" },
    });
    await octokit.actions.getWorkflow(form);
    await octokit.actions.listRepoWorkflows(place);
    await octokit.actions.listWorkflowRuns(form);
    await octokit.actions.listWorkflowRunsForRepo({ ...place, head_sha: head });
    await octokit.actions.getWorkflowRun({ ...place, run_id: 7 });
    await octokit.actions.listWorkflowRunArtifacts({ ...place, run_id: 7 });
    await octokit.actions.getGithubActionsDefaultWorkflowPermissionsRepository(place);
    await octokit.actions.setGithubActionsDefaultWorkflowPermissionsRepository({
      ...place,
      default_workflow_permissions: "read",
    });

    await octokit.pulls.merge({ ...pull, merge_method: "squash", sha: head });
    await octokit.pulls.create({ ...place, head: await otherBranch(), base: "main", title: "Another" });

    expect(github.violations).toEqual([]);
    expect(github.requests.filter(({ status, login }) => status >= 300 && login === "giftwrap[bot]")).toEqual(
      [],
    );
    const done = github.requests.filter(({ status }) => status < 300);
    const seen = new Set(done.map(({ method, route }) => `${method} ${route}`));
    expect(seen.size).toBe(sliceOperations().length);
  });

  test("tells what does not fit GitHub's description, and answers 599", async () => {
    const wrongField = octokit.request("POST /repos/{owner}/{repo}/labels", {
      ...place,
      name: "x",
      colour: "ff0000",
    });
    await expect(wrongField).rejects.toMatchObject({ status: 599 });
    await expect(
      octokit.request("GET /repos/{owner}/{repo}/pulls", { ...place, stat: "all" }),
    ).rejects.toMatchObject({ status: 599 });
    const wrongType = octokit.request({
      method: "POST",
      url: "/repos/{owner}/{repo}/statuses/{sha}",
      ...place,
      sha: "a",
      state: "good",
    });
    await expect(wrongType).rejects.toMatchObject({ status: 599 });
    await expect(octokit.request("GET /repos/{owner}/{repo}/hooks", place)).rejects.toMatchObject({
      status: 404,
    });
    expect(github.violations).toEqual([
      "POST /repos/{owner}/{repo}/labels (issues/create-label): request body: has fields that GitHub does not know: colour",
      "GET /repos/{owner}/{repo}/pulls (pulls/list): request query: must NOT have additional properties (stat)",
      "POST /repos/{owner}/{repo}/statuses/{sha} (repos/create-commit-status): request body/state: must be equal to one of the allowed values",
      "GET /repos/acme/gifts/hooks: GitHub, or its double, has no such operation",
    ]);
  });
});

describe("tokens", () => {
  test("of people and apps are known, and others are not", async () => {
    const ask = (authorization?: string) =>
      fetch(`${github.apiUrl}/repos/acme/gifts/pulls`, { headers: authorization ? { authorization } : {} });
    expect((await ask()).status).toBe(401);
    expect((await ask("token nobodys")).status).toBe(401);
    const token = github.token({ login: "mia", kind: "user", permissions: { "pull-requests": "read" } });
    expect((await ask(`bearer ${token}`)).status).toBe(200);
    github.revokeToken(token);
    expect((await ask(`bearer ${token}`)).status).toBe(401);
  });

  test("of a workflow's job never have what no workflow can be given", async () => {
    github.addTeam("gift-oncall", ["lee"]);
    const job = openAs("github-actions[bot]", "actions", ALL);
    const members = { org: "acme", team_slug: "gift-oncall" };
    await expect(job.teams.listMembersInOrg(members)).rejects.toMatchObject({ status: 403 });
    await expect(job.actions.listRepoVariables(place)).rejects.toMatchObject({ status: 403 });
    await expect(octokit.teams.listMembersInOrg(members)).resolves.toMatchObject({
      data: [{ login: "lee" }],
    });
  });

  test("of a workflow's job open no pull request unless the repository lets them", async () => {
    await github.pushFiles("rose", { x: "1" }, { as: "mia" });
    const job = openAs("github-actions[bot]", "actions", ALL);
    const asked = { ...place, head: "rose", base: "main", title: "x" };
    await expect(job.pulls.create(asked)).rejects.toMatchObject({ status: 403 });
    github.state.settings.canActionsApprove = true;
    await expect(job.pulls.create(asked)).resolves.toMatchObject({ status: 201 });
    expect(events.at(-1)).toMatchObject({
      name: "pull_request",
      actor: "github-actions[bot]",
      byActionsToken: true,
    });
  });

  test("change workflow files only with the permission for them", async () => {
    const modest = openAs("giftwrap[bot]", "app", { contents: "write" });
    const { data: main } = await modest.git.getRef({ ...place, ref: "heads/main" });
    const { data: tree } = await modest.git.createTree({
      ...place,
      base_tree: main.object.sha,
      tree: [{ path: ".github/workflows/new.yml", mode: "100644", content: "on: push\n" }],
    });
    const commit = await modest.git.createCommit({
      ...place,
      message: "x",
      tree: tree.sha,
      parents: [main.object.sha],
    });
    const ref = { ...place, ref: "refs/heads/w", sha: commit.data.sha };
    await expect(modest.git.createRef(ref)).rejects.toMatchObject({ status: 403 });
    const bold = openAs("giftwrap[bot]", "app", { contents: "write", workflows: "write" });
    await expect(bold.git.createRef(ref)).resolves.toMatchObject({ status: 201 });
    const url = github.gitUrlWith(
      github.token({ login: "giftwrap[bot]", kind: "app", permissions: { contents: "write" } }),
    );
    await expect(git(github.folder, ["push", url, `${commit.data.sha}:refs/heads/w2`])).rejects.toThrow(
      "`workflows` permission",
    );
  });

  test("of an app do not reach into a fork, which anybody reads", async () => {
    await openRose({ fork: "mallory" });
    const fork = { owner: "mallory", repo: "gifts" };
    await expect(octokit.git.getRef({ ...fork, ref: "heads/rose" })).resolves.toMatchObject({ status: 200 });
    await expect(octokit.git.deleteRef({ ...fork, ref: "heads/rose" })).rejects.toMatchObject({
      status: 404,
    });
  });
});

describe("pull requests", () => {
  test("from a fork are in the repository as refs, and follow its pushes", async () => {
    const number = await openRose({ fork: "mallory" });
    expect(events.map(({ name, action }) => `${name} ${action}`)).toEqual(["pull_request opened"]);
    expect(events[0]?.payload.pull_request).toMatchObject({
      head: { ref: "rose", label: "mallory:rose", repo: { full_name: "mallory/gifts", fork: true } },
      base: { repo: { full_name: "acme/gifts", fork: false } },
    });
    const before = await git(github.folder, ["rev-parse", `refs/pull/${number}/head`]);
    const sha = await github.pushFiles("rose", { "README.md": "More\n" }, { as: "mallory", fork: "mallory" });
    expect(events.at(-1)).toMatchObject({
      name: "pull_request",
      action: "synchronize",
      payload: { before, after: sha },
    });
    expect(await git(github.folder, ["rev-parse", `refs/pull/${number}/head`])).toBe(sha);
    expect(await git(github.folder, ["show", `refs/pull/${number}/merge:README.md`])).toBe("More");
  });

  test("with conflicts say so, lose their test merge, and do not merge", async () => {
    const number = await openRose();
    await github.pushFiles("main", { "releases/rose/1.4.0.yaml": "open: maybe\n" }, { as: "lee" });
    const { data } = await octokit.pulls.get({ ...place, pull_number: number });
    expect(data).toMatchObject({ mergeable: false, mergeable_state: "dirty" });
    await expect(
      git(github.folder, ["rev-parse", "--verify", `refs/pull/${number}/merge`]),
    ).rejects.toThrow();
    await expect(
      octokit.pulls.merge({ ...place, pull_number: number, merge_method: "squash" }),
    ).rejects.toMatchObject({
      status: 405,
      message: expect.stringContaining("Pull Request is not mergeable"),
    });
  });

  test("are computed slowly when asked to be, as on GitHub", async () => {
    await github.stop();
    github = await startGitHub({ files: { a: "1" }, isMergeabilitySlow: true });
    octokit = openAs("giftwrap[bot]", "app", ALL);
    await github.pushFiles("b", { a: "2" }, { as: "mia" });
    const pull = { ...place, pull_number: await github.openPull({ as: "mia", head: "b", title: "b" }) };
    expect((await octokit.pulls.get(pull)).data.mergeable).toBeNull();
    expect((await octokit.pulls.get(pull)).data.mergeable).toBe(true);
  });

  test("wait for the required checks, of the right app, and for approvals", async () => {
    github.protect({ checks: ["Gift check", "giftwrap approvals"], approvals: 1, isDismissingStale: true });
    const number = await openRose();
    const merge = () => octokit.pulls.merge({ ...place, pull_number: number, merge_method: "squash" });
    const { data: pull } = await octokit.pulls.get({ ...place, pull_number: number });
    expect(pull.mergeable_state).toBe("blocked");
    await expect(merge()).rejects.toMatchObject({
      status: 405,
      message: expect.stringContaining('Required status check "Gift check" is expected.'),
    });
    github.recordRun(aRun({ headSha: pull.head.sha }), [{ name: "Gift check", conclusion: "skipped" }]);
    await octokit.repos.createCommitStatus({
      ...place,
      sha: pull.head.sha,
      state: "success",
      context: "giftwrap approvals",
    });
    await expect(merge()).rejects.toMatchObject({
      message: expect.stringContaining("1 more approving review"),
    });
    github.review(number, { as: "kim", state: "approved" });
    await expect(merge()).rejects.toMatchObject({
      message: expect.stringContaining("1 more approving review"),
    });
    github.review(number, { as: "lee", state: "approved" });
    await expect(merge()).resolves.toMatchObject({ data: { merged: true } });
  });

  test("lose approvals when somebody pushes, where the rules say so", async () => {
    github.protect({ approvals: 1, isDismissingStale: true });
    const number = await openRose();
    github.review(number, { as: "lee", state: "approved" });
    await github.pushFiles("rose", { "README.md": "x" }, { as: "mia" });
    const { data } = await octokit.pulls.listReviews({ ...place, pull_number: number });
    expect(data.map(({ state }) => state)).toEqual(["DISMISSED"]);
  });

  test("are not merged when the head is another, and not approved by their author", async () => {
    const number = await openRose();
    const pull = { ...place, pull_number: number };
    const { data } = await octokit.pulls.get(pull);
    await github.pushFiles("rose", { "README.md": "x" }, { as: "mia" });
    await expect(octokit.pulls.merge({ ...pull, sha: data.head.sha })).rejects.toMatchObject({ status: 409 });
    const mia = openAs("mia", "user", ALL);
    await expect(mia.pulls.createReview({ ...pull, event: "APPROVE" })).rejects.toMatchObject({
      status: 422,
    });
  });

  test("merge one at a time: of several at once all get in, or are told that the base was modified", async () => {
    const numbers: number[] = [];
    for (const name of ["a", "b", "c"]) {
      await github.pushFiles(name, { [name]: "1" }, { as: "mia" });
      numbers.push(await github.openPull({ as: "mia", head: name, title: name }));
    }
    const results = await Promise.allSettled(
      numbers.map((pull_number) => octokit.pulls.merge({ ...place, pull_number, merge_method: "squash" })),
    );
    const merged = results.filter(({ status }) => status === "fulfilled").length;
    const count = await git(github.folder, ["rev-list", "--count", "--first-parent", "main"]);
    expect(Number(count)).toBe(1 + merged);
    expect(merged).toBeGreaterThan(0);
    for (const result of results) {
      if (result.status === "rejected")
        expect(result.reason).toMatchObject({
          status: 405,
          message: expect.stringContaining("Base branch was modified"),
        });
    }
    expect(github.violations).toEqual([]);
  });

  test("are not opened twice, from nowhere or without a change", async () => {
    await openRose();
    const open = (head: string) => octokit.pulls.create({ ...place, head, base: "main", title: "x" });
    await expect(open("rose")).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining("A pull request already exists for acme:rose."),
    });
    await expect(open("nowhere")).rejects.toMatchObject({ status: 422 });
    await octokit.git.createRef({
      ...place,
      ref: "refs/heads/same",
      sha: await git(github.folder, ["rev-parse", "main"]),
    });
    await expect(open("same")).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining("No commits between main and same"),
    });
  });

  test("close when their branch goes, and after a merge when the repository deletes branches", async () => {
    const number = await openRose();
    await github.deleteBranch("rose", { as: "mia" });
    expect(github.state.issues.get(number)?.state).toBe("closed");
    github.state.settings.deleteBranchOnMerge = true;
    await github.pushFiles("b", { b: "1" }, { as: "mia" });
    const other = await github.openPull({ as: "mia", head: "b", title: "b" });
    await github.mergeByButton(other, { as: "lee" });
    await expect(octokit.git.getRef({ ...place, ref: "heads/b" })).rejects.toMatchObject({ status: 404 });
  });

  test("are reverted by a button that cannot solve conflicts", async () => {
    const number = await openRose();
    await github.mergeByButton(number, { as: "lee" });
    const first = await github.revertByButton(number, { as: "lee" });
    expect(github.state.issues.get(Number(first))).toMatchObject({
      title: 'Revert "Open rose"',
      body: `Reverts acme/gifts#${number}`,
      pull: { headRef: `revert-${number}-rose` },
    });
    await github.pushFiles("main", { "releases/rose/1.4.0.yaml": "open: never\n" }, { as: "lee" });
    expect(await github.revertByButton(number, { as: "lee" })).toBe("conflict");
  });

  test("list real files with hunks, by pages, and no more than GitHub lists", async () => {
    const files = Object.fromEntries(Array.from({ length: 3005 }, (_, n) => [`many/${n}.txt`, `${n}\n`]));
    await github.pushFiles(
      "many",
      { ...files, "README.md": null, "bytes.png": Buffer.from([0, 1, 2, 255]) },
      { as: "mia" },
    );
    const pull_number = await github.openPull({ as: "mia", head: "many", title: "Many" });
    const listed = await octokit.paginate(octokit.pulls.listFiles, { ...place, pull_number, per_page: 100 });
    expect(listed).toHaveLength(3000);
    expect(listed[0]).toMatchObject({
      filename: "README.md",
      status: "removed",
      deletions: 1,
      patch: "@@ -1 +0,0 @@\n-Gifts",
    });
    expect(listed[1]?.patch).toBeUndefined();
    expect(listed[2]).toMatchObject({ filename: "many/0.txt", status: "added", additions: 1 });
  });
});

describe("git", () => {
  test("over HTTP refuses a race, a rewritten main and foreign references", async () => {
    github.protect({});
    const token = github.token({ login: "mia", kind: "user", permissions: { contents: "write" } });
    const push = (...refs: string[]) =>
      git(github.folder, ["push", "--quiet", github.gitUrlWith(token), ...refs]);
    const sha = await github.pushFiles("rose", { a: "1" }, { as: "mia" });
    await expect(push(`${sha}:refs/heads/main`)).rejects.toThrow(
      "Changes must be made through a pull request.",
    );
    await expect(push(`${sha}:refs/pull/9/head`)).rejects.toThrow();
    await push(`${sha}:refs/heads/copy`);
    expect(events.at(-1)).toMatchObject({
      name: "push",
      payload: { ref: "refs/heads/copy", created: true, after: sha },
    });
    const kim = github.gitUrlWith(
      github.token({ login: "kim", kind: "user", permissions: { contents: "write" } }),
    );
    await expect(git(github.folder, ["push", kim, `${sha}:refs/heads/kims`])).rejects.toThrow("403");
  });

  test("lets one of two pushes from the same commit through, by the API and over HTTP", async () => {
    const parent = await git(github.folder, ["rev-parse", "main"]);
    const tree = await git(github.folder, ["rev-parse", "main^{tree}"]);
    const make = (message: string) =>
      octokit.git.createCommit({ ...place, message, tree, parents: [parent] });
    const shas = await Promise.all(["one", "two"].map(async (message) => (await make(message)).data.sha));
    const results = await Promise.allSettled(
      shas.map((sha) => octokit.git.updateRef({ ...place, ref: "heads/main", sha })),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(results.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { status: 422, message: expect.stringContaining("fast forward") },
    });
    const url = github.gitUrlWith(
      github.token({ login: "mia", kind: "user", permissions: { contents: "write" } }),
    );
    const pushes = await Promise.allSettled(
      shas.map((sha) => git(github.folder, ["push", url, `${sha}:refs/heads/main`])),
    );
    expect(pushes.some(({ status }) => status === "rejected")).toBe(true);
  });

  test("takes back no file that is not there, as GitHub", async () => {
    const { data: main } = await octokit.git.getRef({ ...place, ref: "heads/main" });
    const tree = [{ path: "gone.txt", mode: "100644" as const, sha: null }];
    await expect(
      octokit.git.createTree({ ...place, base_tree: main.object.sha, tree }),
    ).rejects.toMatchObject({ status: 422 });
  });
});

describe("limits and bad days", () => {
  test("a comment has 65,536 characters and no more", async () => {
    const issue = { ...place, issue_number: await openRose() };
    await octokit.issues.createComment({ ...issue, body: "礼".repeat(65_536) });
    await expect(octokit.issues.createComment({ ...issue, body: "x".repeat(65_537) })).rejects.toMatchObject({
      status: 422,
    });
  });

  test("a check run takes 50 annotations at a time, appends them, and belongs to its app", async () => {
    const sha = await git(github.folder, ["rev-parse", "main"]);
    const many = (count: number) => ({
      title: "t",
      summary: "s",
      annotations: Array.from({ length: count }, (_, n) => annotation(n + 1)),
    });
    const make = (count: number) =>
      octokit.checks.create({
        ...place,
        name: "giftwrap",
        head_sha: sha,
        conclusion: "neutral",
        output: many(count),
      });
    await expect(make(51)).rejects.toMatchObject({ status: 422 });
    const { data } = await make(50);
    const run = { ...place, check_run_id: data.id };
    await octokit.checks.update({ ...run, output: many(20) });
    expect((await octokit.checks.get(run)).data.output.annotations_count).toBe(70);
    const job = openAs("github-actions[bot]", "actions", ALL);
    await expect(job.checks.update({ ...run, name: "x" })).rejects.toMatchObject({ status: 403 });
    const mia = openAs("mia", "user", ALL);
    await expect(mia.checks.create({ ...place, name: "x", head_sha: sha })).rejects.toMatchObject({
      status: 403,
    });
  });

  test("operations fail as often as they are told to, also after they were done", async () => {
    const issue = { ...place, issue_number: await openRose() };
    const route = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";
    github.fail({
      route,
      status: 403,
      headers: { "retry-after": "1" },
      body: { message: "You have exceeded a secondary rate limit." },
    });
    github.fail({ route, status: 403, headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1" } });
    github.fail({ route, status: 502, isDone: true });
    const say = () => octokit.issues.createComment({ ...issue, body: "hello" });
    await expect(say()).rejects.toMatchObject({ status: 403, response: { headers: { "retry-after": "1" } } });
    await expect(say()).rejects.toMatchObject({ response: { headers: { "x-ratelimit-remaining": "0" } } });
    await expect(say()).rejects.toMatchObject({ status: 502 });
    await expect(say()).resolves.toMatchObject({ status: 201 });
    expect((await octokit.issues.listComments(issue)).data).toHaveLength(2);
    expect(github.violations).toEqual([]);
  });

  test("answers take as long as they are told to", async () => {
    await github.stop();
    github = await startGitHub({ latencyMilliseconds: 200, files: { a: "1" } });
    octokit = openAs("giftwrap[bot]", "app", ALL);
    const before = performance.now();
    await octokit.repos.get(place);
    expect(performance.now() - before).toBeGreaterThanOrEqual(195);
  });

  test("a form refuses what it does not ask for", async () => {
    const send = (inputs: Record<string, string>, workflow = "rollback.yml") =>
      octokit.actions.createWorkflowDispatch({ ...place, workflow_id: workflow, ref: "main", inputs });
    await expect(send({})).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining("Required input 'gift' not provided"),
    });
    await expect(send({ gift: "rose", other: "x" })).rejects.toMatchObject({ status: 422 });
    await expect(send({ gift: "rose", limit: "full" })).rejects.toMatchObject({ status: 422 });
    await expect(send({ gift: "rose" }, "no.yml")).rejects.toMatchObject({ status: 404 });
    await send({ gift: "rose" });
    expect(events.at(-1)).toMatchObject({
      name: "workflow_dispatch",
      payload: { inputs: { gift: "rose" }, ref: "refs/heads/main" },
    });
  });
});

test("events have the shape of GitHub's webhooks", async () => {
  const number = await openRose();
  await github.label(number, { as: "mia", add: ["giftwrap: release"] });
  await github.pushFiles("rose", { "README.md": "x" }, { as: "mia" });
  github.review(number, { as: "lee", state: "approved" });
  github.comment(number, { as: "mia", body: "/recheck" });
  const { headSha = "" } = github.state.issues.get(number)?.pull ?? {};
  const actor = { login: "mia", kind: "user" } as const;
  emitWorkflowRun(github.state, actor, aRun({ headSha }), "completed");
  const main = await git(github.folder, ["rev-parse", "main"]);
  const group = {
    headSha,
    headRef: "refs/heads/gh-readonly-queue/main/pr-1",
    baseSha: main,
    baseRef: "refs/heads/main",
  };
  await emitMergeGroup(github.state, actor, group);
  await github.mergeByButton(number, { as: "lee" });
  const issue = await github.openIssue({
    as: "mia",
    title: "New release: rose",
    body: "rose",
    labels: ["giftwrap: new-release"],
  });
  github.editIssue(issue, { as: "mia", body: "rose 2" });
  github.runWorkflow("rollback.yml", {
    as: "lee",
    inputs: { gift: "rose", limit: "none", reason: "It flickers" },
  });
  emitSchedule(github.state, { cron: "7,37 * * * *", workflow: ".github/workflows/promote.yml" });
  await octokit.repos.createDispatchEvent({
    ...place,
    event_type: "reconcile",
    client_payload: { reason: "clock" },
  });

  await github.fork({ as: "mallory" });
  await github.pushFiles("other", { z: "1" }, { as: "mallory", fork: "mallory" });
  const foreign = await github.openPull({ as: "mallory", head: "other", title: "x", fork: "mallory" });
  await github.pushFiles("other", { z: "2" }, { as: "mallory", fork: "mallory" });
  const { headSha: foreignSha = "" } = github.state.issues.get(foreign)?.pull ?? {};
  emitWorkflowRun(github.state, actor, aRun({ headSha: foreignSha, headRepo: "mallory/gifts" }), "completed");

  const folder = new URL("../github/events/", import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  expect(names.length).toBeGreaterThan(14);
  for (const file of names) {
    const recorded = JSON.parse(await readFile(new URL(file, folder), "utf8")) as Json;
    const [name = "", action] = file.replace(".json", "").split(".");
    const meant = events.filter(
      (event) => event.name === name && (name === "repository_dispatch" || event.action === action),
    );
    const unlike = meant.map((event) => unlikeEvent(recorded, event.payload));
    expect(unlike.find((wrongs) => wrongs.length === 0) ?? unlike, file).toEqual([]);
  }
});

/** Whether a token without the permission, one with too little, and nobody are refused: asked before each request of the walk. */
async function refuseOthers(
  url: string,
  options: RequestInit,
  need: (typeof PERMISSIONS)[string],
): Promise<void> {
  const status = async (token: string | null) => {
    const headers = new Headers(options.headers);
    headers.delete("authorization");
    if (token !== null) headers.set("authorization", `token ${token}`);
    return (await fetch(url, { ...options, headers })).status;
  };
  expect(await status(null), url).toBe(401);
  if (!need || need.permissions.includes("metadata")) return;
  const others = Object.fromEntries(Object.entries(ALL).filter(([name]) => !need.permissions.includes(name)));
  expect(await status(github.token({ login: "other[bot]", kind: "app", permissions: others })), url).toBe(
    403,
  );
  if (need.level === "read") return;
  const reading = Object.fromEntries(need.permissions.map((name) => [name, "read" as const]));
  expect(
    await status(github.token({ login: "other[bot]", kind: "app", permissions: { ...others, ...reading } })),
    url,
  ).toBe(403);
}

function annotation(line: number) {
  return {
    path: "README.md",
    start_line: line,
    end_line: line,
    annotation_level: "failure" as const,
    message: "wrong",
  };
}

async function otherBranch(): Promise<string> {
  await github.pushFiles("another", { other: "1" }, { as: "mia" });
  return "another";
}

function aRun(more: Partial<WorkflowRun>): WorkflowRun {
  return {
    id: 7,
    name: "pr-check",
    path: ".github/workflows/rollback.yml",
    title: "Open rose",
    event: "pull_request",
    headSha: "",
    headBranch: "rose",
    headRepo: "acme/gifts",
    actor: "mia",
    status: "completed",
    conclusion: "success",
    attempt: 1,
    createdAt: "2026-11-02T10:00:00Z",
    updatedAt: "2026-11-02T10:00:00Z",
    artifacts: [{ id: 8, name: "gift-check", bytes: 100 }],
    ...more,
  };
}
