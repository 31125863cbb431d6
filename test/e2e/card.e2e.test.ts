import { symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { command } from "../../src/commands/card.ts";
import { releasePath } from "../../src/model/paths.ts";
import { type GitHubDouble, startGitHub } from "../github/double/startGitHub.ts";
import { type Ended, runCommand } from "../support/cli.ts";
import { goodWorld } from "../support/goodWorld.ts";
import { createWorld, quietIo, type World } from "../support/world.ts";

const BELL = releasePath("bell", "1.1.0");
const KITE = releasePath("kite", "1.1.0");
const LOGIN = "giftwrap[bot]";
const APPROVALS = `approvals:
  canary: [{ team: managers }]
  regional: [{ team: managers }]
  full: [{ team: managers }, { team: live-ops }]
  policy: [{ team: platform }]

people: { help: "#gifts in the chat" }
`;

let world: World;
let github: GitHubDouble;
let token: string;

beforeEach(async () => {
  seen = 0;
  world = await goodWorld({
    file: "releases/policy.yaml",
    from: "tiers:\n  low:",
    to: `${APPROVALS}\ntiers:\n  low:`,
  });
  github = await startGitHub();
  for (const login of ["lin", "mia", "lee"]) github.addUser(login, { permission: "write" });
  github.addTeam("managers", ["Lin", "mia"]);
  github.addTeam("live-ops", ["lee"]);
  github.addTeam("platform", []);
  token = github.token({
    login: LOGIN,
    kind: "app",
    permissions: {
      contents: "write",
      pull_requests: "write",
      issues: "write",
      checks: "write",
      statuses: "write",
      members: "read",
    },
  });
  await world.git("remote", "add", "origin", github.gitUrlWith(token));
  await world.git("push", "--quiet", "origin", "main");
  await world.git("fetch", "--quiet", "origin");
});

afterEach(async () => {
  await github.stop();
  await world.remove();
});

function card(...words: string[]): Promise<Ended> {
  const variables = {
    GITHUB_TOKEN: token,
    GITHUB_REPOSITORY: "acme/gifts",
    GITHUB_API_URL: github.apiUrl,
    GITHUB_SERVER_URL: github.webUrl,
    GIFTWRAP_LOGIN: LOGIN,
  };
  return runCommand(command, { ...quietIo(world.root), variables }, ...words);
}

const textOf = (path: string) => world.git("show", `main:${path}`);

/** A pull request of files that differ from main, by lin. */
async function openPull(
  branch: string,
  files: Readonly<Record<string, string | null>>,
  title = branch,
): Promise<number> {
  await github.pushFiles(branch, files, { as: "lin" });
  return github.openPull({ as: "lin", head: branch, title });
}

async function openBell(regional = true): Promise<number> {
  const text = (await textOf(BELL)).replace("regional:\n    open: false", `regional:\n    open: ${regional}`);
  return openPull("open-bell", { [BELL]: `${text}\n` });
}

async function closeKite(): Promise<number> {
  const text = (await textOf(KITE)).replace("regional:\n    open: true", "regional:\n    open: false");
  return openPull("close-kite", { [KITE]: `${text}\n` });
}

/** What GitHub was asked, and what was written, since the last time. */
let seen = 0;
function exchanges() {
  const all = github.requests.slice(seen);
  seen = github.requests.length;
  return { all, writes: all.filter((it) => it.method !== "GET") };
}

const commentsOf = (number: number) =>
  [...github.state.comments.values()].filter((it) => it.issue === number && it.author.login === LOGIN);

describe("giftwrap card", () => {
  test("says on a laptop what a commit does, without GitHub", async () => {
    await world.git("checkout", "--quiet", "-b", "mine");
    const text = (await textOf(KITE)).replace("SG: 5", "SG: 150");
    await world.write({ [KITE]: `${text}\n` });
    await world.commit("Everybody");
    const ended = await runCommand(command, quietIo(world.root), "--base", "main");
    expect([ended.code, ended.stderr]).toEqual([1, ""]);
    expect(ended.stdout).toMatch(/^<!-- giftwrap:card -->\n### ✋ kite — 1 thing to fix/);
  });

  test("compares with what is live where that can be read, and knows whether the bytes of the way back are there", async () => {
    const live = await createWorld();
    try {
      const first = { gift: "rose", version: "1.0.0", regional: true, full: true };
      await live.release(first);
      await live.release({ gift: "rose", version: "1.1.0" });
      await live.commit("Two releases");
      await live.publish();
      await live.git("checkout", "--quiet", "-b", "mine");
      await live.release({ gift: "rose", version: "1.1.0", regional: true });
      await live.commit("Open it further");
      const { stdout } = await runCommand(command, quietIo(live.root), "--base", "main");
      expect(stdout).toContain("(compared with what is live, revision 1):");
      expect(stdout).toMatch(
        /\| rose 1\.1\.0 \| test group \(staff\) \| \*\*test group \(staff\) and 10 % of SG\*\* \|/,
      );
      expect(stdout).toContain(
        "viewers of rose 1.1.0 get **1.0.0** back; its files are stored; no drill is on record",
      );
      expect(stdout).toMatch(/against 1\.0\.0/);
    } finally {
      await live.remove();
    }
  });

  test("keeps one comment, one check and one status, in at most 12 calls, and writes nothing that stands already", async () => {
    const number = await openBell();
    exchanges();
    const first = await card("--pull", String(number));
    expect([first.code, first.stderr]).toEqual([0, ""]);
    const { all, writes } = exchanges();
    expect(all.length).toBeLessThanOrEqual(12);
    expect(writes).toHaveLength(3);
    const [comment, ...others] = commentsOf(number);
    expect(others).toEqual([]);
    expect(comment?.body).toContain(
      "### ⏳ bell 1.1.0 · promotion — in order, waiting for 1 of **managers** to approve",
    );

    await card("--pull", String(number));
    const again = exchanges();
    expect(again.writes).toEqual([]);
    expect(again.all.length).toBeLessThanOrEqual(12);

    github.review(number, { as: "mia", state: "approved" });
    await card("--pull", String(number));
    expect(commentsOf(number)).toHaveLength(1);
    expect(commentsOf(number)[0]?.body).toContain("### ✅ bell 1.1.0 · promotion — ready");
    expect(github.violations).toEqual([]);
  });

  test("finds the pull request of a run by its head alone, and says nothing of a head that moved on", async () => {
    const number = await openBell();
    const sha = await headOf("open-bell");
    const head = ["--head-repo", "acme/gifts", "--head-branch", "open-bell"];
    expect((await card(...head, "--head-sha", sha)).code).toBe(0);
    expect(commentsOf(number)).toHaveLength(1);
    await github.pushFiles("open-bell", { "gifts/bell/notes.txt": "x" }, { as: "lin" });
    exchanges();
    const ended = await card(...head, "--head-sha", sha);
    expect(ended.stdout).toContain("no open pull request has");
    expect(exchanges().writes).toEqual([]);
  });

  test("says nothing of a pull request that goes elsewhere than to main: its status would count here, too", async () => {
    await github.pushFiles("weak", { "releases/policy.yaml": "{}\n" }, { as: "lin" });
    await openBell();
    const number = await github.openPull({ as: "lin", head: "open-bell", base: "weak", title: "Elsewhere" });
    exchanges();
    expect((await card("--pull", String(number))).stdout).toContain("goes to weak");
    expect(exchanges().writes).toEqual([]);
  });

  test("asks by main's policy, whatever the change's own says", async () => {
    const policy = (await textOf("releases/policy.yaml")).replace(APPROVALS, "");
    const number = await openPull("free", { "releases/policy.yaml": `${policy}\n` });
    await card("--pull", String(number));
    expect(commentsOf(number)[0]?.body).toContain("waiting for 1 of **platform** to approve");
  });

  test("lets a rollback wait for nobody, and says afterwards that it is rolled back", async () => {
    const number = await closeKite();
    await card("--pull", String(number));
    expect(commentsOf(number)[0]?.body).toContain("### ✅ kite 1.1.0 · rollback — ready, merge it now");
    expect(commentsOf(number)[0]?.body).toContain("viewers of kite 1.1.0 get **1.0.0** back");
    await github.mergeByButton(number, { as: "lee" });
    await card("--pull", String(number));
    expect(commentsOf(number)).toHaveLength(1);
    expect(commentsOf(number)[0]?.body).toContain("### ⏪ kite 1.1.0 · rollback — rolled back");
  });

  test("points a rollback that conflicts to the form", async () => {
    const number = await closeKite();
    const text = (await textOf(KITE)).replace(
      "regional:\n    open: true",
      "regional:\n    open: true # as agreed",
    );
    await github.pushFiles("main", { [KITE]: `${text}\n` }, { as: "lee" });
    await card("--pull", String(number));
    const body = commentsOf(number)[0]?.body ?? "";
    expect(body).toContain("### ✋ kite 1.1.0 · rollback — cannot be merged as it is");
    expect(body).toContain("/actions/workflows/rollback.yml");
  });

  test("asks for a release file when art alone was uploaded, and waits for bytes that nobody built", async () => {
    const art = await openPull("art", { "gifts/bell/source/extra.png": "" });
    await card("--pull", String(art));
    expect(commentsOf(art)[0]?.body).toContain(
      "/acme/gifts/new/art?filename=releases%2Fbell%2F1.2.0.yaml&value=",
    );

    const text = (await textOf(BELL)).replaceAll("1.1.0", "1.2.0");
    const release = await openPull("release", { [releasePath("bell", "1.2.0")]: `${text}\n` });
    const report = join(world.root, "report.json");
    await writeFile(
      report,
      JSON.stringify({
        format: "1.0",
        builds: [{ release: "bell@1.2.0", isWrong: false, message: "**ready** @acme/everyone <b>merge</b>" }],
        variants: [],
      }),
    );
    await card("--pull", String(release), "--report", report);
    const body = commentsOf(release)[0]?.body ?? "";
    expect(body).toContain("the build of bell 1.2.0; nobody has to do anything");
    expect(body).toContain("\\*\\*ready\\*\\* @\u200bacme/everyone \\<b\\>merge\\</b\\>");
    expect(checkOf(await headOf("release"))?.conclusion).toBe("failure");
    expect(body).not.toContain("✅");
  });

  test("takes nothing from a report that is no report", async () => {
    const number = await openBell();
    const report = join(world.root, "report.json");
    const passwords = join(world.root, "link.json");
    await symlink("/etc/passwd", passwords);
    for (const bytes of ['{"format":"2.0","builds":[],"variants":[]}', `"${"x".repeat(2_100_000)}"`]) {
      await writeFile(report, bytes);
      const ended = await card("--pull", String(number), "--report", report);
      expect([ended.code, ended.stdout]).toEqual([
        0,
        expect.stringContaining("cannot be read, and is left out"),
      ]);
    }
    expect((await card("--pull", String(number), "--report", passwords)).stdout).toContain("left out");
    expect(commentsOf(number)).toHaveLength(1);
  });

  test("does not let a change pass whose merge would never be published", async () => {
    const text = (await textOf(BELL)).replace("regional:\n    open: false", "regional:\n    open: true");
    const number = await openPull("skip", { [BELL]: `${text}\n` }, "Open bell [skip ci]");
    await card("--pull", String(number));
    expect(commentsOf(number)[0]?.body).toContain("**The title holds \\[skip ci\\].**");
    expect(checkOf(await headOf("skip"))?.conclusion).toBe("failure");
  });

  test("shows what is wrong on its line, and what a link among the files leads nowhere", async () => {
    await world.git("checkout", "--quiet", "-b", "hostile");
    const text = (await textOf(KITE)).replace("SG: 5", "SG: 150");
    await world.write({ [KITE]: `${text}\n` });
    await symlink("/etc/passwd", join(world.root, "gifts/kite/source/frames/004.png"));
    await world.git("add", "--all");
    await world.git("commit", "--quiet", "-m", "Hostile");
    await world.git("push", "--quiet", "origin", "hostile");
    await world.git("checkout", "--quiet", "main");
    const number = await github.openPull({ as: "lin", head: "hostile", title: "@acme/all </details>" });
    await card("--pull", String(number));
    const check = checkOf(await headOf("hostile"));
    expect(check?.conclusion).toBe("failure");
    const notes = check?.annotations ?? [];
    expect(notes.map((it) => [it["path"], it["title"]])).toEqual(
      expect.arrayContaining([
        [KITE, "PERCENT_RANGE"],
        ["gifts/kite/source/frames/004.png", "SYMLINK"],
      ]),
    );
    expect(commentsOf(number)[0]?.body).not.toContain("root:");
  });

  test("checks a merge queue's commit without a comment", async () => {
    const branch = "gh-readonly-queue/main/pr-1-0000";
    await world.git("checkout", "--quiet", "-b", "queued");
    const sha = await world.commit("Queued");
    await world.git("push", "--quiet", "origin", `queued:refs/heads/${branch}`);
    await world.git("checkout", "--quiet", "main");
    exchanges();
    const ended = await card("--head-repo", "acme/gifts", "--head-branch", branch, "--head-sha", sha);
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    expect(checkOf(sha)?.conclusion).toBe("success");
    expect(exchanges().writes).toHaveLength(1);
  });

  test("goes over every open pull request for two calls each where nothing changed", async () => {
    await openBell();
    await closeKite();
    await card("--all");
    exchanges();
    const ended = await card("--all");
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    const { all, writes } = exchanges();
    expect(writes).toEqual([]);
    // One list of pull requests, one of each one's comments, and of one its reviews and a team.
    expect(all.length).toBeLessThanOrEqual(5);
  });

  test("says that the fault is ours when it is", async () => {
    const path = "releases/environments/production.yaml";
    await github.pushFiles("main", { [path]: "rollout: nonsense\n" }, { as: "lee" });
    const number = await openPull("words", { "gifts/kite/notes.txt": "x" });
    const ended = await card("--pull", String(number));
    expect(ended.code).toBe(3);
    expect(commentsOf(number)[0]?.body).toContain("Our problem, not yours");
  });
});

async function headOf(branch: string): Promise<string> {
  return (await world.git("ls-remote", "origin", `refs/heads/${branch}`)).split("\t")[0] ?? "";
}

function checkOf(sha: string) {
  return github.state.checkRuns.findLast((it) => it.sha === sha);
}
