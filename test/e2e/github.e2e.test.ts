import { afterEach, describe, expect, test } from "vitest";
import { commitFiles, type CommitOrder } from "../../src/github/commitFiles.ts";
import {
  type GitHub,
  type GitHubClock,
  type GitHubOptions,
  openGitHub,
} from "../../src/github/openGitHub.ts";
import { type CheckReport, publishCheck } from "../../src/github/publishCheck.ts";
import {
  findMergedAs,
  findPullRequestOfCommit,
  findPullRequestOfRun,
  readPullRequest,
  readReviews,
  readTeam,
} from "../../src/github/pullRequest.ts";
import {
  closePullRequest,
  findPullRequest,
  mergePullRequest,
  openPullRequest,
} from "../../src/github/pullRequests.ts";
import { setStatus } from "../../src/github/setStatus.ts";
import { upsertComment } from "../../src/github/upsertComment.ts";
import { upsertIssue } from "../../src/github/upsertIssue.ts";
import { type GitHubDouble, startGitHub } from "../github/double/startGitHub.ts";

const LOGIN = "giftwrap-acme[bot]";
const ALL = {
  contents: "write",
  issues: "write",
  pull_requests: "write",
  checks: "write",
  statuses: "write",
  members: "read",
} as const;

/** Moves only by sleeping: no test waits. */
function stoppedClock(): GitHubClock & { readonly slept: number[] } {
  const slept: number[] = [];
  const start = Date.now();
  return {
    slept,
    now: () => start + slept.reduce((sum, it) => sum + it, 0),
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
    },
    random: () => 0.5,
  };
}

interface Here {
  readonly double: GitHubDouble;
  readonly github: GitHub;
  readonly clock: ReturnType<typeof stoppedClock>;
  readonly pull: number;
  readonly headSha: string;
  /** Another job of the same account. */
  again(options?: GitHubOptions): Promise<GitHub>;
  /** What was asked since the last time, as "GET /repos/..." with the status. */
  asked(): readonly string[];
}

const open: GitHubDouble[] = [];
afterEach(async () => {
  for (const double of open.splice(0)) {
    expect(double.violations).toEqual([]);
    await double.stop();
  }
});

async function begin(permissions: Readonly<Record<string, "read" | "write">> = ALL): Promise<Here> {
  const double = await startGitHub({ files: { "README.md": "Gifts\n", "old.txt": "old\n" } });
  open.push(double);
  double.addUser("ana", { permission: "write" });
  const headSha = await double.pushFiles("rose", { "rose.yaml": "a: 1\n" }, { as: "ana" });
  const pull = await double.openPull({ as: "ana", head: "rose", title: "Rose", body: "For spring" });
  const { owner, repo, apiUrl, webUrl } = double;
  const token = double.token({ login: LOGIN, kind: "app", permissions });
  const clock = stoppedClock();
  const again = async (options: GitHubOptions = {}) =>
    await openGitHub({ owner, repo, apiUrl, webUrl, token, login: LOGIN }, { clock, ...options });
  let seen = 0;
  const asked = () => {
    const since = double.requests.slice(seen);
    seen = double.requests.length;
    return since.map((it) => `${it.method} ${it.route} ${it.status}`);
  };
  return { double, github: await again(), clock, pull, headSha, again, asked };
}

const COMMENTS = "/repos/{owner}/{repo}/issues/{issue_number}/comments";
const COMMENT = "/repos/{owner}/{repo}/issues/comments/{comment_id}";

function commentsOf({ double }: Here, issue: number): readonly string[] {
  return [...double.state.comments.values()].filter((it) => it.issue === issue).map((it) => it.body);
}

describe("one comment", () => {
  test("is written once, edited in place, and left alone when nothing changed: three calls, two, one", async () => {
    const here = await begin();
    const { github, pull, asked } = here;
    const first = await upsertComment(github, pull, "giftwrap:card", "Hello\n");
    expect(first.isChanged).toBe(true);
    expect(asked()).toEqual([`GET ${COMMENTS} 200`, `POST ${COMMENTS} 201`, `GET ${COMMENTS} 200`]);
    const same = await upsertComment(github, pull, "giftwrap:card", "<!-- giftwrap:card -->\nHello");
    expect(same).toEqual({ url: first.url, isChanged: false });
    expect(asked()).toEqual([`GET ${COMMENTS} 200`]);
    const next = await upsertComment(github, pull, "giftwrap:card", "Hello again");
    expect(next).toEqual({ url: first.url, isChanged: true });
    expect(asked()).toEqual([`GET ${COMMENTS} 200`, `PATCH ${COMMENT} 200`]);
    expect(commentsOf(here, pull)).toEqual(["<!-- giftwrap:card -->\nHello again"]);
  });

  test("is only ever this account's own, and the marker must begin it", async () => {
    const here = await begin();
    const { github, double, pull } = here;
    double.comment(pull, { as: "ana", body: "<!-- giftwrap:card -->\nforged" });
    double.comment(pull, { as: LOGIN, body: "> <!-- giftwrap:card -->\nquoted" });
    double.comment(pull, { as: LOGIN, body: "<!-- giftwrap:card2 -->\nanother" });
    await upsertComment(github, pull, "giftwrap:card", "Hello");
    expect(commentsOf(here, pull)).toHaveLength(4);
    expect(commentsOf(here, pull)[0]).toContain("forged");
  });

  test("is one after two jobs at once, and doubles of a job that died go with the next", async () => {
    for (let times = 0; times < 5; times++) {
      const here = await begin();
      const { github, double, pull, again } = here;
      const other = await again();
      await Promise.all([
        upsertComment(github, pull, "giftwrap:card", "Hello"),
        upsertComment(other, pull, "giftwrap:card", "Hello"),
      ]);
      expect(commentsOf(here, pull)).toEqual(["<!-- giftwrap:card -->\nHello"]);
      for (const body of ["a", "b"])
        double.comment(pull, { as: LOGIN, body: `<!-- giftwrap:card -->\n${body}` });
      expect((await upsertComment(github, pull, "giftwrap:card", "Hello")).isChanged).toBe(true);
      expect(commentsOf(here, pull)).toEqual(["<!-- giftwrap:card -->\nHello"]);
    }
  });

  test("is found among hundreds", async () => {
    const here = await begin();
    const { github, double, pull } = here;
    for (let at = 0; at < 230; at++) double.comment(pull, { as: "ana", body: `Nice ${at}` });
    await upsertComment(github, pull, "giftwrap:card", "Hello");
    await upsertComment(github, pull, "giftwrap:card", "Hello again");
    expect(commentsOf(here, pull).filter((it) => it.includes("giftwrap:card"))).toEqual([
      "<!-- giftwrap:card -->\nHello again",
    ]);
  });

  test("changes at most once in a second", async () => {
    const { github, pull, clock } = await begin();
    for (const body of ["a", "b", "c", "d"]) await upsertComment(github, pull, "giftwrap:card", body);
    expect(clock.slept.filter((it) => it > 900)).toHaveLength(2);
  });

  test("is an error in words where a list says that there is more and gives nothing", async () => {
    const { double, pull, again } = await begin();
    const link = `<${double.apiUrl}/repos/acme/gifts/issues/${pull}/comments?page=2>; rel="next"`;
    const github = await again({
      fetch: async (url, init) =>
        url.includes("/comments") && (init.method ?? "GET") === "GET"
          ? Response.json([], { headers: { link } })
          : await fetch(url, init),
    });
    await expect(upsertComment(github, pull, "giftwrap:card", "Hello")).rejects.toThrow(
      "GitHub did not give a whole list: an empty page, and says that there is more",
    );
  });
});

const ORDER = { message: "Promote\n", files: [{ path: "rose.yaml", text: "a: 2\n" }] };
const CHECK: Omit<CheckReport, "headSha"> = {
  name: "giftwrap",
  conclusion: "failure",
  title: "2 things to fix",
  summary: "Look below",
  annotations: [],
};

/** Each function that writes, with the write of its own that must happen once, and what shows how often it did. */
const WRITERS: readonly {
  readonly name: string;
  readonly route: string;
  readonly write: (here: Here, github: GitHub) => Promise<unknown>;
  readonly count: (here: Here) => number | Promise<number>;
}[] = [
  {
    name: "a comment",
    route: `POST ${COMMENTS}`,
    write: ({ pull }, github) => upsertComment(github, pull, "giftwrap:card", "Hello"),
    count: (here) => commentsOf(here, here.pull).length,
  },
  {
    name: "a check",
    route: "POST /repos/{owner}/{repo}/check-runs",
    write: ({ headSha }, github) => publishCheck(github, { ...CHECK, headSha }),
    count: ({ double }) => double.state.checkRuns.length,
  },
  {
    name: "a status",
    route: "POST /repos/{owner}/{repo}/statuses/{sha}",
    write: ({ headSha }, github) =>
      setStatus(github, {
        sha: headSha,
        context: "giftwrap approvals",
        state: "pending",
        description: "1 of 2",
      }),
    count: ({ double }) => new Set(double.state.statuses.map((it) => it.context)).size,
  },
  {
    name: "a commit on a new branch",
    route: "POST /repos/{owner}/{repo}/git/refs",
    write: ({ headSha }, github) =>
      commitFiles(github, { ...ORDER, branch: "giftwrap/x", parent: headSha, isNew: true }),
    count: async ({ github }) => ((await readBranchOf(github, "giftwrap/x")) ? 1 : 0),
  },
  {
    name: "a commit on a branch",
    route: "PATCH /repos/{owner}/{repo}/git/refs/{ref}",
    write: ({ headSha }, github) =>
      commitFiles(github, { ...ORDER, branch: "rose", parent: headSha, isNew: false }),
    count: async ({ github, pull }) =>
      (await github.octokit.pulls.listCommits({ owner: "acme", repo: "gifts", pull_number: pull })).data
        .length - 1,
  },
  {
    name: "a pull request",
    route: "POST /repos/{owner}/{repo}/pulls",
    write: async ({ double }, github) => {
      if (!(await readBranchOf(github, "lily")))
        await double.pushFiles("lily", { "lily.yaml": "a: 1\n" }, { as: "ana" });
      return await openPullRequest(github, { branch: "lily", base: "main", title: "Lily", body: "" });
    },
    count: ({ double }) => [...double.state.issues.values()].filter((it) => it.title === "Lily").length,
  },
  {
    name: "a merge",
    route: "PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge",
    write: ({ pull, headSha }, github) =>
      mergePullRequest(github, { number: pull, headSha }, { title: "Rose" }),
    count: async ({ github, pull }) => ((await readPullRequest(github, pull)).state === "merged" ? 1 : 0),
  },
  {
    name: "an issue",
    route: "POST /repos/{owner}/{repo}/issues",
    write: (_, github) =>
      upsertIssue(github, {
        marker: "giftwrap:operations",
        label: "giftwrap: operations",
        title: "Gift operations",
        toBody: () => "<!-- giftwrap:operations -->\nLeft",
        isOpen: true,
      }),
    count: ({ double }) =>
      [...double.state.issues.values()].filter((it) => it.title === "Gift operations").length,
  },
];

async function readBranchOf({ octokit, owner, repo }: GitHub, branch: string): Promise<boolean> {
  const { data } = await octokit.git
    .listMatchingRefs({ owner, repo, ref: `heads/${branch}` })
    .catch(async () => ({
      data: await octokit.repos.getBranch({ owner, repo, branch }).then(
        () => [1],
        () => [],
      ),
    }));
  return data.length > 0;
}

describe.each(WRITERS)("$name", ({ route, write, count }) => {
  test.each([
    ["refused by a limit", { status: 403, headers: { "retry-after": "3" } }],
    ["not taken by a server that is not well", { status: 502 }],
    ["taken, and the answer is lost", { status: 502, isDone: true }],
  ])("is there once when it is %s", async (_, fault) => {
    const here = await begin();
    here.double.fail({ route, ...fault });
    await write(here, here.github);
    expect(await count(here)).toBe(1);
    expect(here.clock.slept.length).toBeGreaterThan(0);
    await write(here, await here.again()).catch(() => null);
    expect(await count(here)).toBe(1);
  });

  test.each([
    [403, "GITHUB_FORBIDDEN"],
    [500, "GITHUB_FAILED"],
  ])("is refused in words, and nothing is written: %i", async (status, code) => {
    const here = await begin();
    here.double.fail({
      route,
      status,
      times: 99,
      body: { message: "no", documentation_url: "https://docs.github.com/" },
    });
    await expect(write(here, here.github)).rejects.toMatchObject({ code, fix: expect.stringMatching(/./) });
    expect(await count(here)).toBe(0);
  });
});

test("a token that is wrong is said to be, and never shown", async () => {
  const { double, pull } = await begin();
  const { owner, repo, apiUrl, webUrl } = double;
  const github = await openGitHub({ owner, repo, apiUrl, webUrl, token: "ghs_s3cret", login: LOGIN });
  const error: unknown = await upsertComment(github, pull, "giftwrap:card", "x").catch((it: unknown) => it);
  expect(error).toMatchObject({ code: "GITHUB_FORBIDDEN", message: expect.stringContaining("has expired") });
  expect(JSON.stringify(error)).not.toContain("s3cret");
});

describe("a check", () => {
  const notes = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      path: "rose.yaml",
      startLine: at + 1,
      endLine: at + 1,
      level: "failure" as const,
      title: "WRONG",
      message: `line ${at}`,
    }));

  test("has all its annotations before it is complete, fifty at a time, and is not written twice", async () => {
    const { github, double, headSha, asked } = await begin();
    const report = { ...CHECK, headSha, annotations: notes(120) };
    asked();
    expect((await publishCheck(github, report)).isChanged).toBe(true);
    expect(asked()).toHaveLength(4);
    const [run] = double.state.checkRuns;
    expect(run).toMatchObject({ status: "completed", conclusion: "failure" });
    expect(run?.annotations).toHaveLength(120);
    expect((await publishCheck(github, report)).isChanged).toBe(false);
    expect(asked()).toHaveLength(1);
    // Other words on the same lines: the same run. Other annotations: one that takes its place.
    await publishCheck(github, { ...report, summary: "Look again" });
    expect(double.state.checkRuns).toHaveLength(1);
    await publishCheck(github, { ...report, annotations: notes(1), conclusion: "success" });
    expect(double.state.checkRuns).toHaveLength(2);
    expect(double.state.checkRuns.at(-1)?.annotations).toHaveLength(1);
  });

  test("that broke off half way lets nobody merge, and is made anew", async () => {
    const { github, double, headSha } = await begin();
    const report = { ...CHECK, headSha, conclusion: "success" as const, annotations: notes(60) };
    double.fail({ route: "PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}", status: 404 });
    await expect(publishCheck(github, report)).rejects.toMatchObject({ code: "GITHUB_MISSING" });
    expect(double.state.checkRuns[0]).toMatchObject({ status: "in_progress" });
    await publishCheck(github, report);
    const last = double.state.checkRuns.at(-1);
    expect(last).toMatchObject({ status: "completed", conclusion: "success" });
    expect(last?.annotations).toHaveLength(60);
  });
});

test("a status is written where it differs, and cut where it is too long", async () => {
  const { github, double, headSha, asked } = await begin();
  const status = {
    sha: headSha,
    context: "giftwrap approvals",
    state: "pending" as const,
    description: "é".repeat(200),
  };
  expect((await setStatus(github, status)).isChanged).toBe(true);
  asked();
  expect((await setStatus(github, status)).isChanged).toBe(false);
  expect(asked()).toHaveLength(1);
  expect((await setStatus(github, { ...status, state: "success" })).isChanged).toBe(true);
  expect(double.state.statuses.map((it) => it.state)).toEqual(["pending", "success"]);
});

test("what another account says by the same name does not count: a check and a status are said all the same", async () => {
  const { github, double, headSha } = await begin();
  const login = "github-actions[bot]";
  const { owner, repo, apiUrl, webUrl } = double;
  const token = double.token({ login, kind: "actions", permissions: ALL });
  const other = await openGitHub({ owner, repo, apiUrl, webUrl, token, login });
  const check = { ...CHECK, headSha };
  const status = {
    sha: headSha,
    context: "giftwrap approvals",
    state: "success",
    description: "all",
  } as const;
  for (const account of [github, other, github]) {
    await publishCheck(account, check);
    await setStatus(account, status);
  }
  expect(double.state.checkRuns.map((it) => it.app)).toEqual([LOGIN, login, LOGIN]);
  expect(double.state.statuses.map((it) => it.creator.login)).toEqual([LOGIN, login, LOGIN]);
});

describe("a commit by the API", () => {
  const order = (here: Here, more: Partial<CommitOrder> = {}): CommitOrder => ({
    ...ORDER,
    branch: "rose",
    parent: here.headSha,
    isNew: false,
    ...more,
  });

  test("changes and deletes files, says so where nothing differs, and moves nothing that moved", async () => {
    const here = await begin();
    const { github, double, asked } = here;
    asked();
    const files = [...ORDER.files, { path: "old.txt", text: null }];
    const done = await commitFiles(github, order(here, { files }));
    expect(asked()).toHaveLength(5);
    expect(done).toMatchObject({ kind: "committed" });
    const parent = done.kind === "committed" ? done.sha : "";
    expect(await commitFiles(github, order(here, { parent }))).toEqual({ kind: "unchanged" });
    expect(await commitFiles(github, order(here))).toEqual({ kind: "moved" });
    expect(await commitFiles(github, order(here, { isNew: true, parent: here.headSha }))).toEqual({
      kind: "moved",
    });
    await double.pushFiles("rose", { "x.txt": "x" }, { as: "ana" });
    expect(await commitFiles(github, order(here, { parent }))).toEqual({ kind: "moved" });
  });

  test("of two at once on one branch is one, and the other is told", async () => {
    const here = await begin();
    const results = await Promise.all(
      [1, 2, 3].map(async (at) =>
        commitFiles(await here.again(), order(here, { files: [{ path: "n.txt", text: String(at) }] })),
      ),
    );
    expect(results.map((it) => it.kind).sort()).toEqual(["committed", "moved", "moved"]);
  });
});

describe("pull requests", () => {
  test("are opened once for a branch, closed with a word, and known when they were closed", async () => {
    const here = await begin();
    const { github, double } = here;
    await double.pushFiles("lily", { "lily.yaml": "a: 1\n" }, { as: "ana" });
    expect(await findPullRequest(github, "lily")).toBeNull();
    const text = {
      branch: "lily",
      base: "main",
      title: "Lily",
      body: "Why",
      labels: ["giftwrap: promotion"],
    };
    const both = [
      await openPullRequest(github, text),
      await openPullRequest(await here.again(), text),
    ] as const;
    expect(both.map((it) => it.kind)).toEqual(["opened", "already"]);
    const number = both[0].number;
    expect(both[1].number).toBe(number);
    expect((await readPullRequest(github, number)).labels).toEqual(["giftwrap: promotion"]);
    expect(await closePullRequest(github, number, "The gate holds it")).toEqual({ isChanged: true });
    expect(await closePullRequest(github, number, "The gate holds it")).toEqual({ isChanged: false });
    expect(commentsOf(here, number)).toHaveLength(1);
    expect(await findPullRequest(github, "lily")).toMatchObject({ number, state: "closed" });
  });

  test("are found by the head of a run, and only while that is their head", async () => {
    const { github, double, pull, headSha } = await begin();
    const head = { headRepo: "acme/gifts", headBranch: "rose", headSha };
    expect(await findPullRequestOfRun(github, head)).toBe(pull);
    expect(await findPullRequestOfRun(github, { ...head, headRepo: "eve/gifts" })).toBeNull();
    await double.pushFiles("rose", { "rose.yaml": "a: 9\n" }, { as: "ana" });
    expect(await findPullRequestOfRun(github, head)).toBeNull();
    const repo = await double.fork({ as: "eve" });
    const sha = await double.pushFiles("x'$(id)", { "y.yaml": "a: 1\n" }, { as: "eve", fork: "eve" });
    const forked = await double.openPull({ as: "eve", head: "x'$(id)", title: "Y", fork: "eve" });
    expect(await findPullRequestOfRun(github, { headRepo: repo, headBranch: "x'$(id)", headSha: sha })).toBe(
      forked,
    );
    expect(await readPullRequest(github, forked)).toMatchObject({
      isFork: true,
      headRepo: repo,
      author: "eve",
    });
  });

  test("are merged at the head that was looked at, tried again in a race, and blocked in GitHub's words", async () => {
    const { github, double, pull, headSha, asked } = await begin();
    double.protect({ checks: ["Gift check"] });
    expect(await mergePullRequest(github, { number: pull, headSha }, { title: "Rose" })).toMatchObject({
      kind: "blocked",
      why: expect.stringContaining("Gift check"),
    });
    double.state.rulesets.clear();
    expect(
      await mergePullRequest(github, { number: pull, headSha: "0".repeat(40) }, { title: "Rose" }),
    ).toMatchObject({
      kind: "blocked",
    });
    const route = "PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge";
    const body = { message: "Base branch was modified. Review and try the merge again." };
    double.fail({ route, status: 405, times: 2, body });
    asked();
    const merged = await mergePullRequest(
      github,
      { number: pull, headSha },
      { title: "Rose", message: "Gift: rose" },
    );
    expect(merged.kind).toBe("merged");
    expect(asked()).toHaveLength(3);
    const sha = merged.kind === "merged" ? merged.sha : "";
    expect(await findMergedAs(github, sha)).toBe(pull);
    expect(await findMergedAs(github, headSha)).toBeNull();
    expect(await findPullRequestOfCommit(github, sha)).toMatchObject({
      number: pull,
      state: "merged",
      mergeCommit: sha,
      mergedBy: LOGIN,
    });
    expect(await findPullRequestOfCommit(github, "1".repeat(40))).toBeNull();
  });

  test("tell who reviewed what: a comment takes no approval away, a dismissal does", async () => {
    const { github, double, pull, headSha } = await begin();
    double.review(pull, { as: "ben", state: "approved" });
    double.review(pull, { as: "ben", state: "commented", body: "nice" });
    const asked = double.review(pull, { as: "cem", state: "changes_requested", body: "no" });
    double.review(pull, { as: "dan", state: "commented", body: "hm" });
    double.dismissReview(pull, { as: "ana", review: asked });
    expect(await readReviews(github, pull)).toEqual([
      { login: "ben", state: "approved", commit: headSha },
      { login: "cem", state: "dismissed", commit: headSha },
      { login: "dan", state: "commented", commit: headSha },
    ]);
  });

  test("are approved by teams, which may be out of sight", async () => {
    const { github, double } = await begin();
    double.addTeam("leads", ["ben", "cem"]);
    for (const slug of ["leads", "acme/leads", "@acme/leads"])
      expect([...((await readTeam(github, slug)) ?? [])].sort()).toEqual(["ben", "cem"]);
    expect(await readTeam(github, "ghosts")).toBeNull();
    const blind = await begin({ pull_requests: "write" });
    blind.double.addTeam("leads", ["ben"]);
    expect(await readTeam(blind.github, "leads")).toBeNull();
  });
});
