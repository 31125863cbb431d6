import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { command as adoptCommand } from "../../src/commands/adopt.ts";
import type { Command } from "../../src/commands/command.ts";
import { command as commentCommand } from "../../src/commands/comment.ts";
import { command as holdCommand } from "../../src/commands/hold.ts";
import { command as newReleaseCommand } from "../../src/commands/newRelease.ts";
import { command as overrideCommand } from "../../src/commands/override.ts";
import { command as promoteCommand } from "../../src/commands/promote.ts";
import { command as promotionsCommand } from "../../src/commands/promotions.ts";
import { command as rollbackCommand } from "../../src/commands/rollback.ts";
import { RELEASE_FORM } from "../../src/github/issueForm.ts";
import { readNotes } from "../../src/github/proposalNotes.ts";
import { type GitHubDouble, startGitHub } from "../github/double/startGitHub.ts";
import { runCommand } from "../support/cli.ts";
import { GATE, gateWorld, hoursLater, KITE, simulated } from "../support/gateWorld.ts";
import { editFile } from "../support/goodWorld.ts";
import { copyWorld, createWorld, POLICY, quietIo, type World } from "../support/world.ts";

const APP = "giftwrap-acme[bot]";
const METRICS = ".giftwrap/metrics.json";

const worlds: World[] = [];
const doubles: GitHubDouble[] = [];
afterEach(async () => {
  const violations = doubles.flatMap((it) => it.violations);
  await Promise.all(doubles.splice(0).map((it) => it.stop()));
  await Promise.all(worlds.splice(0).map((it) => it.remove()));
  expect(violations).toEqual([]);
});

let template: Promise<World> | undefined;
afterAll(async () => (await template)?.remove());

/** A repository on GitHub with kite 1.1.0 given to half of two regions, and a clone that is what a job would check out. */
async function newWorld() {
  const world = await copyWorld(await (template ??= makeTemplate()));
  worlds.push(world);
  return onGitHub(world);
}

async function makeTemplate(): Promise<World> {
  const world = await createWorld();
  await world.write({ "releases/policy.yaml": `${POLICY}\n${GATE}  onPass: propose\n` });
  await world.release({ gift: "kite", version: "1.0.0", regional: true, full: true });
  const regions = { SG: 50, ID: 50 };
  await world.release({ gift: "kite", version: "1.1.0", regional: true, regions, holdback: 2 });
  await editFile(world, {
    file: "releases/environments/production.yaml",
    from: "edges: {}",
    to: `edges: {}\nmetrics: { recorded: ${METRICS} }`,
  });
  await world.commit("Release");
  await world.publish();
  return world;
}

/** What viewers' apps told of the template's release, by how many plays failed: the same in each copy. */
const numbers = new Map<string, Promise<Buffer>>();
function numbersOf(failure: string): Promise<Buffer> {
  const simulate = async () => {
    const world = await (template ??= makeTemplate());
    return readFile(join(world.root, await simulated(world, failure)));
  };
  const known = numbers.get(failure) ?? simulate();
  numbers.set(failure, known);
  return known;
}

async function onGitHub(world: World) {
  const github = await startGitHub();
  doubles.push(github);
  github.addUser("ada", { permission: "write" });
  github.addUser("guest", { permission: "read" });
  const token = github.token({
    login: APP,
    kind: "app",
    permissions: {
      contents: "write",
      pull_requests: "write",
      issues: "write",
      actions: "write",
      metadata: "read",
    },
  });
  await world.git("remote", "add", "origin", github.gitUrlWith(token));
  await world.git(
    "push",
    "--quiet",
    github.gitUrlWith(github.token({ login: "ada", kind: "user", permissions: { contents: "write" } })),
    "main",
  );
  await world.git("fetch", "--quiet", "origin");
  const variables = {
    GITHUB_TOKEN: token,
    GITHUB_REPOSITORY: "acme/gifts",
    GITHUB_API_URL: github.apiUrl,
    GITHUB_SERVER_URL: github.webUrl,
    GIFTWRAP_LOGIN: APP,
    GITHUB_ACTOR: "ada",
  };
  let now = Date.now();
  const run = (command: Command, ...args: string[]) =>
    runCommand(command, { ...quietIo(world.root), variables, now: () => now }, ...args);
  return {
    world,
    github,
    run,
    later: async (hours: number) => (now = Date.parse(await hoursLater(world, hours))),
    measure: async (failure: string) => writeFile(join(world.root, METRICS), await numbersOf(failure)),
    /** The file as a branch on GitHub has it. */
    fileOn: async (branch: string, path: string) => {
      await world.git("fetch", "--quiet", "origin", `+refs/heads/${branch}:refs/seen`);
      return world.git("show", `refs/seen:${path}`);
    },
    pulls: () =>
      [...github.state.issues.values()].flatMap((it) =>
        it.pull
          ? [
              {
                number: it.number,
                title: it.title,
                body: it.body,
                state: it.state,
                head: it.pull.headRef,
                headSha: it.pull.headSha,
                isMerged: it.pull.merged !== null,
                labels: [...it.labels],
              },
            ]
          : [],
      ),
    writes: () => github.requests.filter((it) => it.method !== "GET").length,
  };
}

const commentsOn = (github: GitHubDouble, issue: number) =>
  [...github.state.comments.values()].filter((it) => it.issue === issue).map((it) => it.body);

const PROMOTION = "giftwrap/promote-kite-1.1.0-full";

describe("promotions", () => {
  test("are one pull request for each step, kept current without a write when nothing changed", async () => {
    const { world, github, run, later, measure, pulls, writes, fileOn } = await newWorld();
    await measure("0.5%:0.5%");
    await later(4.2);
    const dry = await run(promotionsCommand, "--dry-run");
    expect([dry.code, dry.stdout, writes()]).toEqual([0, expect.stringContaining("would open"), 0]);

    const opened = await run(promotionsCommand);
    expect([opened.code, opened.stdout]).toEqual([0, expect.stringContaining("opened")]);
    expect(pulls()).toMatchObject([
      { head: PROMOTION, state: "open", title: "Promote kite 1.1.0: full opened" },
    ]);
    expect(pulls()[0]?.labels).toEqual(["giftwrap: promotion"]);
    expect(await fileOn(PROMOTION, KITE)).toMatch(/full:\n {4}open: true/);
    expect(await world.git("status", "--porcelain")).toBe("");

    const before = writes();
    const again = await run(promotionsCommand);
    expect([again.stdout, writes()]).toEqual([expect.stringContaining("current"), before]);

    // Main's file changes: the branch is made anew on top, and differs from main by its one line.
    const head = pulls()[0]?.headSha;
    await world.git("pull", "--quiet", "origin", "main");
    await editFile(world, { file: KITE, from: "title: A test", to: "title: Another" });
    const text = await world.git("show", `HEAD:${KITE}`);
    await github.pushFiles(
      "main",
      { [KITE]: text.replace("title: A test", "title: Another") + "\n" },
      { as: "ada" },
    );
    await world.git("checkout", "--quiet", "--", ".");
    expect((await run(promotionsCommand)).stdout).toContain("refreshed");
    const now = await fileOn(PROMOTION, KITE);
    expect(now).toMatch(/title: Another[\s\S]*full:\n {4}open: true/);
    expect(await world.git("merge-base", "--is-ancestor", head ?? "", "refs/seen")).toBe("");
    await world.git("fetch", "--quiet", "origin", "main");
    expect(await world.git("diff", "--numstat", "FETCH_HEAD...refs/seen")).toBe(`1\t1\t${KITE}`);
  });

  test("that a person closed are not opened again; one that failed is closed by itself, and opened again when it passes", async () => {
    const { github, run, later, measure, pulls } = await newWorld();
    await measure("0.5%:0.5%");
    await later(4.2);
    await run(promotionsCommand);
    const [first] = pulls();
    await measure("0.5%:8%");
    const failed = await run(promotionsCommand);
    expect([failed.stdout, pulls()[0]?.state]).toEqual([
      expect.stringContaining("the gate says fail"),
      "closed",
    ]);
    expect(readNotes(pulls()[0]?.body ?? "").isClosedByItself).toBe(true);
    await measure("0.5%:0.5%");
    await run(promotionsCommand);
    expect(pulls()).toHaveLength(2);
    await github.closePull(pulls()[1]?.number ?? 0, { as: "ada" });
    expect((await run(promotionsCommand)).stdout).toContain("a person closed");
    expect(pulls().map((it) => [it.number >= (first?.number ?? 0), it.state])).toEqual([
      [true, "closed"],
      [true, "closed"],
    ]);
  });

  test("are a person's once they push to them, and that is said once", async () => {
    const { github, run, later, measure, pulls, fileOn } = await newWorld();
    await measure("0.5%:0.5%");
    await later(4.2);
    await run(promotionsCommand);
    const text = await fileOn(PROMOTION, KITE);
    await github.pushFiles(PROMOTION, { [KITE]: `${text}\n# mine\n` }, { as: "ada" });
    await measure("0.5%:8%");
    for (let time = 0; time < 2; time++)
      expect((await run(promotionsCommand)).stdout).toContain("it is theirs now");
    const [pull] = pulls();
    expect(pull?.state).toBe("open");
    expect(commentsOn(github, pull?.number ?? 0)).toHaveLength(1);
    expect(await fileOn(PROMOTION, KITE)).toContain("# mine");
  });
});

describe("the forms", () => {
  test("promote a release by the same pull request, and refuse in words what the rules refuse", async () => {
    const world = await gateWorld();
    worlds.push(world);
    const { run, pulls } = await onGitHub(world);
    const why = ["--pull-request", "--reason", "The test group likes it"];
    const refused = await run(promoteCommand, "kite@1.1.0", "--to", "canary", ...why);
    expect([refused.code, refused.stderr, pulls()]).toEqual([2, expect.stringContaining("open already"), []]);
    const opened = await run(promoteCommand, "kite@1.1.0", "--to", "full", ...why);
    expect([opened.stdout, opened.code]).toEqual([expect.stringContaining("(opened)"), 0]);
    expect(pulls()).toMatchObject([
      { head: PROMOTION, body: expect.stringContaining("The test group likes it") },
    ]);
    expect((await run(promoteCommand, "kite@1.1.0", "--to", "full", ...why)).stdout).toContain("(current)");
  });

  test("refuse a promotion by the rules, and open nothing", async () => {
    // The drawings of this world are a few letters, which no rule lets through.
    const { run, pulls } = await newWorld();
    const why = ["--pull-request", "--reason", "The test group likes it"];
    const refused = await run(promoteCommand, "kite@1.1.0", "--to", "full", ...why);
    expect([refused.code, refused.stdout, pulls()]).toEqual([
      1,
      expect.stringContaining("the rules refuse"),
      [],
    ]);
  });

  test("roll a gift back in one pull request with its override's file, merged at once, and nothing the second time", async () => {
    const { world, run, pulls, fileOn } = await newWorld();
    const stop = ["--limit=none", "--reason=Dark", "--incident=INC-1", "--id=rollback-kite-7"];
    expect((await run(overrideCommand, "kite@1.1.0", ...stop)).code).toBe(0);
    const form = [
      "kite",
      "--pull-request",
      "--reason",
      "Dark @acme/all",
      "--incident",
      "INC-1",
      "--override",
      "rollback-kite-7",
    ];
    const done = await run(rollbackCommand, ...form);
    expect([done.code, done.stderr, done.stdout]).toEqual([
      0,
      expect.any(String),
      expect.stringContaining("merged as"),
    ]);
    const [pull] = pulls();
    expect(pull).toMatchObject({ head: "giftwrap/rollback-kite-1.1.0", labels: ["giftwrap: rollback"] });
    expect(pull?.body).not.toContain("@acme");
    expect(pull?.isMerged).toBe(true);
    expect((await fileOn("main", KITE)).match(/open: \w+/g)).toEqual([
      "open: false",
      "open: false",
      "open: false",
    ]);
    const adopted = await fileOn("main", "releases/overrides/rollback-kite-7.yaml");
    expect(adopted).toMatch(/limit: none\nreason: "Dark @acme\/all"\nincident: "INC-1"\nends: "\d{4}-/);

    const again = await run(rollbackCommand, ...form);
    expect([again.code, again.stdout]).toEqual(
      [0, expect.stringContaining("is open to everyone")].map((it, at) =>
        at === 1 ? expect.any(String) : it,
      ),
    );
    const same = await run(rollbackCommand, "kite", "--version", "1.1.0", ...form.slice(1));
    expect([same.code, same.stdout]).toEqual([0, expect.stringContaining("nothing to close")]);
    expect(await world.git("status", "--porcelain")).toBe("");
  });

  test("leave a rollback that GitHub does not merge yet to the next run", async () => {
    const { run, pulls, github } = await newWorld();
    github.protect({ checks: ["Gift check"] });
    const form = ["kite", "--version", "1.1.0", "--pull-request", "--reason", "Dark"];
    expect((await run(rollbackCommand, ...form)).stdout).toContain("merge it now");
    const writes = github.requests.filter((it) => it.route.includes("git/")).length;
    expect((await run(rollbackCommand, ...form)).stdout).toContain("merge it now");
    expect(pulls()).toHaveLength(1);
    expect(
      github.requests.filter((it) => it.route.includes("git/commits") && it.method === "POST"),
    ).toHaveLength(1);
    expect(writes).toBeGreaterThan(0);
    expect((await run(rollbackCommand, "--merge")).stdout).toContain("merge it now");
    await github.mergeByButton(pulls()[0]?.number ?? 0, { as: "ada", isBypassing: true });
    expect((await run(rollbackCommand, "--merge")).stdout).toContain("no rollback waits");
  });

  test("put a break-glass override into git by one pull request, never a second, and lift nothing", async () => {
    const { run, pulls, github } = await newWorld();
    await run(overrideCommand, "kite@1.1.0", "--limit=canary", "--reason=Dark on one device", "--id=stop-9");
    expect((await run(adoptCommand)).stdout).toContain("stop-9: opened");
    expect(pulls()).toMatchObject([
      { head: "giftwrap/override-stop-9", body: expect.stringContaining("Dark on one device") },
    ]);
    expect((await run(adoptCommand)).stdout).toContain("stop-9: current");
    await github.closePull(pulls()[0]?.number ?? 0, { as: "ada" });
    expect((await run(adoptCommand)).stdout).toContain("a person closed it");
    expect(pulls()).toHaveLength(1);
  });

  test("hold a release, by the command and by a comment on its promotion", async () => {
    const { run, pulls, github, later, measure } = await newWorld();
    await later(4.2);
    await measure("0.5%:0.5%");
    await run(promotionsCommand);
    const promotion = pulls()[0]?.number ?? 0;
    const by = (as: string, body: string) => String(github.comment(promotion, { as, body }));
    const talk = await run(commentCommand, "--id", by("ada", "Looks good"));
    expect(talk.stdout).toContain("asks for nothing");
    expect((await run(commentCommand, "--id", by("guest", "/hold no"))).stdout).toContain("may not ask");
    const help = by("guest", "/help");
    expect((await run(commentCommand, "--id", help)).stdout).toContain("answered");
    expect((await run(commentCommand, "--id", help)).stdout).toContain("already");
    const hold = by("ada", "/hold Wait for the new driver");
    const held = await run(commentCommand, "--id", hold);
    expect([held.code, held.stdout]).toEqual([
      0,
      expect.stringContaining("Hold kite 1.1.0: Wait for the new driver"),
    ]);
    expect(pulls().map((it) => [it.head, it.state])).toEqual([
      [PROMOTION, "closed"],
      ["giftwrap/hold-kite-1.1.0", "open"],
    ]);
    await run(commentCommand, "--id", hold);
    expect(
      (await run(holdCommand, "kite@1.1.0", "--reason", "Wait for the new driver", "--pull-request")).stdout,
    ).toContain("current");
    expect(pulls()).toHaveLength(2);
  });
});

describe("the form New gift release", () => {
  const bodyOf = (answers: Readonly<Record<string, string>>) =>
    RELEASE_FORM.map(({ id, heading }) => `### ${heading}\n\n${answers[id] ?? "_No response_"}`).join("\n\n");
  const labels = ["giftwrap: new-release"];

  test("becomes a pull request that follows the issue until somebody pushes to it", async () => {
    const { run, pulls, github, fileOn } = await newWorld();
    const answers = { gift: "dragon-dance", title: "Dragon dance", animation: "SVGA", regions: "SG 5" };
    const issue = await github.openIssue({ as: "ada", title: "New gift", body: bodyOf(answers), labels });
    const commentsOf = () => commentsOn(github, issue);
    const make = () => run(newReleaseCommand, "--issue", String(issue));
    const made = await make();
    expect([made.code, made.stderr]).toEqual([0, ""]);
    const branch = `giftwrap/release-issue-${issue}`;
    expect(pulls()).toMatchObject([
      { head: branch, body: expect.stringContaining(`Closes #${issue}`), labels: ["giftwrap: release"] },
    ]);
    expect(commentsOf()).toEqual([
      expect.stringContaining(`/acme/gifts/upload/${branch}/gifts/dragon-dance/source`),
    ]);
    expect(await fileOn(branch, "gifts/dragon-dance/gift.yaml")).toContain('owner: "@ada"');

    github.editIssue(issue, { as: "ada", body: bodyOf({ ...answers, version: "2.0.0" }) });
    await make();
    expect(await fileOn(branch, "releases/dragon-dance/2.0.0.yaml")).toContain("version: 2.0.0");
    await expect(fileOn(branch, "releases/dragon-dance/1.0.0.yaml")).rejects.toThrow();

    await github.pushFiles(branch, { "gifts/dragon-dance/source/dragon-dance.svga": "art" }, { as: "ada" });
    github.editIssue(issue, { as: "ada", body: bodyOf(answers) });
    await make();
    expect([await fileOn(branch, "releases/dragon-dance/2.0.0.yaml"), commentsOf()]).toEqual([
      expect.stringContaining("version: 2.0.0"),
      [expect.stringContaining("it is theirs")],
    ]);
    expect(pulls()).toHaveLength(1);
  });

  test("makes nothing for who may not write until a maintainer lets it through, and says what is to be mended", async () => {
    const { run, pulls, github } = await newWorld();
    const answers = { gift: "Dragon Dance", title: "`@acme/all`" };
    const issue = await github.openIssue({ as: "guest", title: "Hi", body: bodyOf(answers), labels });
    const commentsOf = () => commentsOn(github, issue);
    await run(newReleaseCommand, "--issue", String(issue));
    expect([pulls(), commentsOf()]).toEqual([[], [expect.stringContaining("giftwrap: approved-author")]]);
    await github.label(issue, { as: "ada", add: ["giftwrap: approved-author"] });
    await run(newReleaseCommand, "--issue", String(issue));
    expect([pulls(), commentsOf()]).toEqual([[], [expect.stringContaining("such as dragon-dance")]]);
  });
});
