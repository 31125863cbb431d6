import { Octokit } from "@octokit/rest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROUTES } from "./double/routes.ts";
import { PERMISSIONS } from "./double/permissions.ts";
import { sliceOperations } from "./double/slice.ts";
import { git } from "./double/git.ts";
import { type GitHubDouble, startGitHub } from "./double/startGitHub.ts";
import type { GitHubEvent } from "./double/state.ts";

const ALL = {
  contents: "write",
  pull_requests: "write",
  issues: "write",
  checks: "write",
  statuses: "write",
} as const;

describe("GitHub's double", () => {
  let github: GitHubDouble;
  let octokit: Octokit;
  const events: GitHubEvent[] = [];
  const place = { owner: "acme", repo: "gifts" };

  beforeAll(async () => {
    github = await startGitHub({
      files: { "releases/rose/1.4.0.yaml": "open: false\n", "README.md": "Gifts\n" },
    });
    github.addUser("mia", { permission: "write" });
    github.addUser("lee", { permission: "write" });
    github.onEvent((event) => events.push(event));
    octokit = openAs({ login: "giftwrap[bot]", kind: "app", permissions: ALL });
  });
  afterAll(() => github.stop());

  function openAs(options: Parameters<GitHubDouble["token"]>[0]): Octokit {
    return new Octokit({ baseUrl: github.apiUrl, auth: github.token(options), log: SILENT });
  }

  test("opens, reviews, merges and reverts a pull request on a real repository", async () => {
    await github.pushFiles("rose", { "releases/rose/1.4.0.yaml": "open: true\n" }, { as: "mia" });
    const number = await github.openPull({ as: "mia", head: "rose", title: "Open rose" });
    const { data: pull } = await octokit.pulls.get({ ...place, pull_number: number });
    expect(pull).toMatchObject({
      number,
      mergeable: true,
      commits: 1,
      additions: 1,
      deletions: 1,
      changed_files: 1,
    });

    const { data: files } = await octokit.pulls.listFiles({ ...place, pull_number: number });
    expect(files).toMatchObject([
      {
        filename: "releases/rose/1.4.0.yaml",
        status: "modified",
        patch: "@@ -1 +1 @@\n-open: false\n+open: true",
      },
    ]);

    github.review(number, { as: "lee", state: "approved" });
    const merge = await octokit.pulls.merge({
      ...place,
      pull_number: number,
      merge_method: "squash",
      sha: pull.head.sha,
    });
    expect(await git(github.folder, ["log", "-1", "--format=%H %s", "main"])).toBe(
      `${merge.data.sha} Open rose (#${number})`,
    );

    const revert = await github.revertByButton(number, { as: "lee" });
    expect(revert).toBe(number + 1);
    await github.mergeByButton(Number(revert), { as: "lee" });
    expect(await git(github.folder, ["show", "main:releases/rose/1.4.0.yaml"])).toBe("open: false");
    expect(events.map(({ name, action }) => (action ? `${name}.${action}` : name))).toEqual([
      "push",
      "pull_request.opened",
      "pull_request_review.submitted",
      "push",
      "pull_request.closed",
      "push",
      "pull_request.opened",
      "push",
      "pull_request.closed",
    ]);
    expect(github.violations).toEqual([]);
  });

  test("commits over the API, comments, checks and states", async () => {
    const { data: ref } = await octokit.git.getRef({ ...place, ref: "heads/main" });
    const { data: blob } = await octokit.git.createBlob({ ...place, content: "aGk=", encoding: "base64" });
    const { data: tree } = await octokit.git.createTree({
      ...place,
      base_tree: ref.object.sha,
      tree: [
        { path: "a/b.txt", mode: "100644", type: "blob", sha: blob.sha },
        { path: "c.txt", mode: "100644", content: "text\n" },
        { path: "README.md", mode: "100644", type: "blob", sha: null },
      ],
    });
    expect(tree.tree.map(({ path }) => path).toSorted()).toEqual(["a", "c.txt", "releases"]);
    const { data: commit } = await octokit.git.createCommit({
      ...place,
      message: "By the API",
      tree: tree.sha,
      parents: [ref.object.sha],
    });
    expect(commit.verification.verified).toBe(true);
    await octokit.git.createRef({ ...place, ref: "refs/heads/api", sha: commit.sha });
    const { data: pull } = await octokit.pulls.create({ ...place, head: "api", base: "main", title: "API" });
    const { data: content } = await octokit.repos.getContent({ ...place, path: "a/b.txt", ref: "api" });
    expect(content).toMatchObject({ content: "aGk=\n" });

    const issue = { ...place, issue_number: pull.number };
    for (const body of ["1", "2", "3"]) await octokit.issues.createComment({ ...issue, body });
    const comments = await octokit.paginate(octokit.issues.listComments, { ...issue, per_page: 2 });
    expect(comments.map(({ body }) => body)).toEqual(["1", "2", "3"]);
    await octokit.issues.addLabels({ ...issue, labels: ["giftwrap: release"] });
    await octokit.reactions.createForIssueComment({
      ...place,
      comment_id: comments[0]?.id ?? 0,
      content: "eyes",
    });

    const { data: run } = await octokit.checks.create({
      ...place,
      name: "giftwrap",
      head_sha: commit.sha,
      conclusion: "success",
      output: { title: "Fine", summary: "All fine" },
    });
    await octokit.checks.update({
      ...place,
      check_run_id: run.id,
      output: { title: "Fine", summary: "Still" },
    });
    await octokit.repos.createCommitStatus({
      ...place,
      sha: commit.sha,
      state: "pending",
      context: "giftwrap approvals",
    });
    const { data: combined } = await octokit.repos.getCombinedStatusForRef({ ...place, ref: commit.sha });
    expect(combined).toMatchObject({ state: "pending", total_count: 1 });
    const { data: listed } = await octokit.checks.listForRef({ ...place, ref: "api" });
    expect(listed.total_count).toBe(1);
    const { data: compared } = await octokit.repos.compareCommits({ ...place, base: "main", head: "api" });
    expect(compared).toMatchObject({ status: "ahead", ahead_by: 1 });
    expect(github.violations).toEqual([]);
  });

  test("is cloned and pushed to over HTTP with a token, and by nobody else", async () => {
    const url = github.gitUrlWith(
      github.token({ login: "mia", kind: "user", permissions: { contents: "write" } }),
    );
    const text = await git(github.folder, ["ls-remote", url]);
    expect(text).toContain("refs/pull/1/head");
    await expect(git(github.folder, ["ls-remote", github.gitUrl])).rejects.toThrow();
    await git(github.folder, ["push", "--quiet", url, "main:refs/heads/pushed"]);
    expect(events.at(-1)).toMatchObject({
      name: "push",
      actor: "mia",
      payload: { ref: "refs/heads/pushed" },
    });
  });

  test("knows every operation of the slice, and what permission it takes", () => {
    const operations = [...sliceOperations()].sort();
    expect(Object.keys(ROUTES).sort()).toEqual(operations);
    expect(Object.keys(PERMISSIONS).sort()).toEqual(operations);
  });

  test("refuses tokens what their permissions do not cover", async () => {
    const reader = openAs({
      login: "github-actions[bot]",
      kind: "actions",
      permissions: { contents: "read" },
    });
    await expect(
      reader.issues.createComment({ ...place, issue_number: 1, body: "no" }),
    ).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining("Resource not accessible by integration"),
    });
    const nobody = new Octokit({ baseUrl: github.apiUrl, auth: "wrong", log: SILENT });
    await expect(nobody.pulls.list(place)).rejects.toMatchObject({ status: 401 });
  });
});

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
