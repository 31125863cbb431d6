import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { command as doctor } from "../../src/commands/doctor.ts";
import { command as setup } from "../../src/commands/setup.ts";
import { gitCredentials, git } from "../../src/source/git.ts";
import { type GitHubDouble, startGitHub } from "../github/double/startGitHub.ts";
import { type Ended, runCommand } from "../support/cli.ts";
import { quietIo } from "../support/world.ts";

const HERE = new URL("../../", import.meta.url).pathname;
const OWNER = {
  administration: "write",
  metadata: "read",
  contents: "read",
  actions: "read",
  issues: "write",
  members: "read",
  environments: "read",
  secrets: "read",
  variables: "read",
} as const;

let github: GitHubDouble;
let root: string;

beforeEach(async () => {
  github = await startGitHub({ files: { "README.md": "gifts\n" } });
  root = await mkdtemp(join(tmpdir(), "giftwrap-setup-"));
  await mkdir(join(root, "releases/environments"), { recursive: true });
  await cp(join(HERE, "releases/policy.yaml"), join(root, "releases/policy.yaml"));
  await cp(join(HERE, ".github"), join(root, ".github"), { recursive: true });
  await writeFile(
    join(root, "releases/environments/production.yaml"),
    "rollout: as-written\nstore: { s3: { bucket: gifts, region: ap-southeast-1 } }\npollSeconds: 60\nedges: {}\n",
  );
});
afterEach(async () => {
  await github.stop();
  await rm(root, { recursive: true, force: true });
});

function ioWith(permissions: Readonly<Record<string, "read" | "write">>) {
  const token = github.token({ login: "founder", kind: "user", permissions });
  const variables = {
    GITHUB_TOKEN: token,
    GITHUB_REPOSITORY: "acme/gifts",
    GITHUB_API_URL: github.apiUrl,
    GITHUB_SERVER_URL: github.webUrl,
  };
  return { ...quietIo(root), variables };
}

function run(
  command: typeof setup,
  words: readonly string[] = [],
  permissions: Record<string, "read" | "write"> = OWNER,
): Promise<Ended> {
  return runCommand(command, ioWith(permissions), ...words);
}

function writes(): number {
  return github.requests.filter(({ method }) => method !== "GET").length;
}

describe("giftwrap setup", () => {
  test("only says what it would do, until it is told to do it; and the second time there is nothing to do", async () => {
    github.addTeam("gift-oncall", ["nora"]);
    const planned = await run(setup);
    expect([planned.code, writes()]).toEqual([0, 0]);
    expect(planned.stdout).toMatch(/would: make the ruleset.*nothing is changed yet/s);

    const done = await run(setup, ["--apply"]);
    expect([done.code, done.stderr]).toEqual([0, ""]);
    const before = writes();
    const again = await run(setup, ["--apply"]);
    expect([again.code, again.stdout, writes()]).toEqual([0, "acme/gifts is as it should be\n", before]);
    expect(github.violations).toEqual([]);
  });

  test("leaves main to pull requests whose checks are green by the app that reports them", async () => {
    await run(setup, ["--apply"]);
    await github.pushFiles("change", { "README.md": "more\n" }, { as: "founder", message: "Change" });
    const number = await github.openPull({ as: "founder", head: "change", title: "Change" });
    await expect(github.mergeByButton(number, { as: "founder" })).rejects.toThrow(/rule violations/i);
    expect(github.violations).toEqual([]);
  });

  test("keeps what others made: a required check, a label", async () => {
    const { octokit } = await import("../../src/github/openGitHub.ts").then(({ requireGitHub }) =>
      requireGitHub(ioWith(OWNER).variables),
    );
    const own = { owner: "acme", repo: "gifts" };
    await octokit.repos.createRepoRuleset({
      ...own,
      name: "giftwrap: main",
      enforcement: "disabled",
      target: "branch",
      conditions: { ref_name: { include: ["~DEFAULT_BRANCH"], exclude: [] } },
      rules: [
        {
          type: "required_status_checks",
          parameters: {
            strict_required_status_checks_policy: false,
            required_status_checks: [{ context: "license" }],
          },
        },
      ],
    });
    await octokit.issues.createLabel({ ...own, name: "art", color: "ff00ff" });
    const done = await run(setup, ["--apply"]);
    expect(done.code).toBe(0);
    const { data: rulesets } = await octokit.repos.getRepoRulesets(own);
    expect(rulesets.map((it) => [it.name, it.enforcement])).toEqual([["giftwrap: main", "active"]]);
    const { data: rules } = await octokit.repos.getBranchRules({ ...own, branch: "main" });
    expect(JSON.stringify(rules)).toContain('"license"');
    const { data: labels } = await octokit.issues.listLabelsForRepo(own);
    expect(labels.map((it) => it.name)).toContain("art");
    expect((await run(setup)).stdout).toContain("acme/gifts is as it should be");
    expect(github.violations).toEqual([]);
  });

  test("says what a token may not read, and with one that may not write says what is missing", async () => {
    const { administration: _, ...reader } = OWNER;
    const read = await run(setup, [], reader);
    expect(read.code).toBe(1);
    expect(read.stdout).toContain("what the token of a job may do could not be read");
    const write = await run(setup, ["--apply"], { ...reader, administration: "read" });
    expect([write.code, write.stderr]).toEqual([
      3,
      expect.stringContaining("with the permission administration"),
    ]);
    expect(github.violations).toEqual([]);
  });

  test("without access says which variables are missing", async () => {
    const ended = await runCommand(setup, { ...quietIo(root), variables: {} });
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining("GITHUB_REPOSITORY")]);
  });
});

describe("giftwrap doctor", () => {
  test("goes from a fresh copy to all well, by the commands that it names", async () => {
    const fresh = await run(doctor);
    expect(fresh.code).toBe(1);
    expect(fresh.stdout).toMatch(/missing {2}GitHub is not set up.*fix: npx giftwrap setup --apply/s);
    expect(writes()).toBe(0);

    for (const team of ["gift-oncall", "gift-platform", "gift-art-leads"]) github.addTeam(team, ["nora"]);
    await run(setup, ["--apply"]);
    await writeFile(join(root, "releases/environments/production.root.json"), "{}");
    for (const [name, value] of [
      ["GIFTWRAP_APP_ID", "4711"],
      ["GIFTWRAP_AWS_ROLE", "arn:aws:iam::1:role/gifts"],
      ["GIFTWRAP_AWS_REGION", "ap-southeast-1"],
      ["GIFTWRAP_STORE", "on"],
    ] as const)
      github.state.variables.set(name, value);
    for (const [name, secrets] of [
      ["production", ["GIFTWRAP_RELEASE_KEY", "GIFTWRAP_TIMESTAMP_KEY", "GIFTWRAP_APP_KEY"]],
      ["bot", ["GIFTWRAP_APP_KEY"]],
      ["lock", ["GIFTWRAP_APP_KEY"]],
    ] as const)
      for (const secret of secrets) github.state.environments.get(name)?.secrets.add(secret);
    // The App has its number now, and the rules of main are to know it.
    expect((await run(setup, ["--apply"])).stdout).toMatch(
      /take giftwrap, giftwrap approvals\b.* from the app alone/,
    );
    const there = await run(doctor, ["--json"]);
    const { found } = JSON.parse(there.stdout);
    const left = found.filter((it: { state: string }) => it.state === "missing");
    // What is left is that the double's main branch has no workflow files.
    expect(
      left.every((it: { what: string }) => it.what.startsWith("GitHub does not know the workflow")),
    ).toBe(true);
    expect(github.violations).toEqual([]);
  });

  test("says what it could not read, and calls nothing missing for that alone", async () => {
    const ended = await run(doctor, [], { metadata: "read" });
    expect(ended.stdout).toContain(
      "unknown  the secret GIFTWRAP_RELEASE_KEY in the environment production could not be read",
    );
    expect(ended.stdout).not.toContain("missing  the secret");
    expect(github.violations).toEqual([]);
  });
});

describe.each([
  ["setup", setup],
  ["doctor", doctor],
] as const)("giftwrap %s, when GitHub refuses", (_name, command) => {
  const limited = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "4102444800" };

  test.each([
    [401, {}, "the token is wrong, or has expired", "give the job a new token in GITHUB_TOKEN"],
    [403, {}, "it is not allowed", "use a token that may read it"],
    [403, limited, "takes no more requests of this account until 2100-01-01", "run this again after"],
    [404, {}, "it is not there, or this account may not see it", "set GITHUB_REPOSITORY"],
  ])("with %i says so in words, once, and changes nothing", async (status, headers, why, fix) => {
    github.fail({ route: "GET /repos/{owner}/{repo}", status, headers });
    const ended = await run(command, command === setup ? ["--apply"] : []);
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain(why);
    expect(ended.stderr).toContain(fix);
    expect(ended.stderr).not.toMatch(/^ +at /m);
    expect(`${ended.stdout}${ended.stderr}`).not.toContain(ioWith(OWNER).variables.GITHUB_TOKEN);
    expect(writes()).toBe(0);
  });
});

test("what setup could not do it says, and the next time does that alone", async () => {
  const route = "POST /repos/{owner}/{repo}/rulesets";
  github.fail({ route, status: 502, times: 1 });
  const broken = await run(setup, ["--apply"]);
  expect([broken.code, broken.stdout]).toEqual([3, expect.stringMatching(/^done: allow no merge commits/)]);
  expect(broken.stderr).toContain("GitHub did not make the ruleset");
  expect(broken.stderr).toContain("githubstatus.com");
  const again = await run(setup, ["--apply"]);
  expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/^done: make the ruleset/)]);
  expect((await run(setup)).stdout).toContain("acme/gifts is as it should be");
  expect(github.violations).toEqual([]);
});

test("the clock outside, as the runbook has it, starts the workflows that GitHub's own schedule forgot", async () => {
  const heard: unknown[] = [];
  github.onEvent(({ name, action }) => heard.push([name, action]));
  const page = await readFile(join(HERE, ".github/RUNBOOK.md"), "utf8");
  const section = page.split(/^## /m).find((it) => it.startsWith("When GitHub forgets\n"));
  const [, block = ""] = /^```sh\n(.*?)^```/ms.exec(section ?? "") ?? [];
  const { variables } = ioWith({ contents: "write" });
  await promisify(execFile)("sh", ["-e", "-c", block], { env: { ...process.env, ...variables } });
  expect(heard).toEqual([["repository_dispatch", "giftwrap-reconcile"]]);
  const [, type] = /"event_type": "([^"]+)"/.exec(block) ?? [];
  expect(await readFile(join(HERE, ".github/workflows/reconcile.yml"), "utf8")).toContain(`types: [${type}]`);
  expect(github.violations).toEqual([]);
});

describe("git's way to GitHub", () => {
  test("carries the token to its own server alone, and never on a command line", async () => {
    const token = github.token({ login: "lock-bot", kind: "app", permissions: { contents: "write" } });
    const variables = gitCredentials({ GITHUB_TOKEN: token, GITHUB_SERVER_URL: github.webUrl });
    const folder = join(root, "clone");
    await git(root, ["clone", "--quiet", github.gitUrl, folder], { variables });
    await git(folder, ["config", "user.name", "Bot"]);
    await git(folder, ["config", "user.email", "bot@example.com"]);
    await git(folder, ["commit", "--quiet", "--allow-empty", "-m", "Nothing"]);
    await git(folder, ["push", "--quiet", "origin", "HEAD:refs/heads/try"], { variables });
    expect(await git(folder, ["ls-remote", "origin", "try"], { variables })).toContain("refs/heads/try");
    expect(JSON.stringify(Object.keys(variables))).not.toContain(token);
    await expect(git(folder, ["push", "--quiet", "origin", "HEAD:refs/heads/other"])).rejects.toThrow(/push/);
  });

  test("says nothing without a token, and comes on top of what is configured already", () => {
    expect(gitCredentials({ GITHUB_SERVER_URL: "https://github.com" })).toEqual({});
    const before = { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "a.b", GIT_CONFIG_VALUE_0: "c" };
    const given = gitCredentials({ ...before, GITHUB_TOKEN: "t", GITHUB_SERVER_URL: "https://github.com" });
    expect(given).toMatchObject({
      GIT_CONFIG_COUNT: "2",
      GIT_CONFIG_KEY_1: "http.https://github.com/.extraheader",
    });
    expect(
      gitCredentials({ ...before, ...given, GITHUB_TOKEN: "t", GITHUB_SERVER_URL: "https://github.com" }),
    ).toEqual({});
  });
});
