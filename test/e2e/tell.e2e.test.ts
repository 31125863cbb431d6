import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Arguments } from "../../src/commands/command.ts";
import { command as tell } from "../../src/commands/tell.ts";
import { openBench } from "../../src/commands/gate/openBench.ts";
import { gatherTimelines } from "../../src/commands/tell/gatherTimelines.ts";
import { tellMetrics } from "../../src/commands/tell/tellMetrics.ts";
import { requireGitHub } from "../../src/github/openGitHub.ts";
import { readProject } from "../../src/source/readProject.ts";
import { revisionTree } from "../../src/source/tree.ts";
import { startGitHub } from "../github/double/startGitHub.ts";
import { gateWorld, hoursLater, KITE, simulated } from "../support/gateWorld.ts";
import { createWorld, quietIo, type World } from "../support/world.ts";

type Options = Readonly<Record<string, string | true>>;

function argumentsOf(options: Options): Arguments {
  const text = (name: string) => {
    const value = options[name];
    return typeof value === "string" ? value : undefined;
  };
  return {
    words: [],
    text,
    texts: (name) => text(name)?.split(",") ?? [],
    flag: (name) => options[name] === true,
  };
}

/** Two merges that one publish carries, and then a rollback: the commits' dates are the clock's. */
describe("what a publish is told as", () => {
  let world: World;
  let opened = "";
  let raised = "";
  let lily = "";
  let closed = "";
  let revision = 0;
  const START = Date.parse("2026-11-20T21:00:00Z");
  let clock = START;

  const commit = async (message: string) => {
    clock += 60_000;
    const date = new Date(clock).toISOString();
    process.env["GIT_COMMITTER_DATE"] = date;
    try {
      return await world.commit(message);
    } finally {
      delete process.env["GIT_COMMITTER_DATE"];
    }
  };
  const publish = async () => {
    clock += 20_000;
    ({ revision } = await world.publish({ io: { ...quietIo(world.root), now: () => clock } }));
  };
  const run = async (options: Options) => {
    const lines: string[] = [];
    const io = { ...quietIo(world.root), now: () => clock, line: (text: string) => lines.push(text) };
    const exit = await tell.run(argumentsOf(options), io);
    return { exit, text: lines.join("\n") };
  };
  const gather = async (at: string) =>
    await gatherTimelines({
      root: world.root,
      commit: at,
      environment: "production",
      mode: "as-written",
      store: await world.store(),
      newest: revision,
      kept: {},
      now: clock,
    });

  beforeAll(async () => {
    world = await createWorld();
    await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true });
    await commit("Release");
    await publish();
    await world.release({ gift: "rose", version: "1.1.0" });
    await commit("Canary");
    await publish();
    await world.release({ gift: "rose", version: "1.1.0", regional: true, regions: { SG: 5 } });
    opened = await commit("Open");
    await world.release({ gift: "lily", version: "1.0.0" });
    lily = await commit("Lily");
    await publish();
    await world.release({ gift: "rose", version: "1.1.0", regional: true, regions: { SG: 10 } });
    raised = await commit("Raise");
    await world.write({ "README.md": "Of no viewer's concern\n" });
    await commit("Words");
    await publish();
    await world.release({ gift: "rose", version: "1.1.0", regional: false, regions: { SG: 10 } });
    closed = await commit("Take back");
    await publish();
  });
  afterAll(() => world.remove());

  test("is every merge that it carried, the oldest first, and none that says nothing of releases", async () => {
    const commitsOf = async (at: string) => (await gather(at)).map((it) => it.facts.commit);
    expect(await commitsOf(lily)).toEqual([opened, lily]);
    expect(await commitsOf("HEAD~1")).toEqual([raised]);
    expect(await commitsOf(closed)).toEqual([closed]);
  });

  test("names the merge that opened what is closed now, whatever was raised since", async () => {
    const [rollback] = await gather(closed);
    expect(rollback?.openings).toEqual([opened]);
    expect(rollback?.past).toContain(raised);
    expect(rollback?.facts.records.map((it) => it.kind)).toEqual(["stop", "publish"]);
    expect(rollback?.facts.seen.get("rose")).toMatchObject([{ version: "1.1.0" }, { version: "1.0.0" }]);
  });

  test("is a time line with the seconds since the merge", async () => {
    const { text } = await run({ publish: true, markdown: true });
    expect(text).toContain("### ⏪ rose 1.1.0 taken back");
    expect(text).toContain("| Merged | 2026-11-20 21:08:20 | ✅ |");
    expect(text).toMatch(/\| Stop published.* \| 21:08:40 \| ✅ 20 s after the merge, revision \d+ \|/);
    expect(text).toMatch(/\| Everything published \| 21:08:40 \| ✅ 20 s after the merge/);
    expect(text).toContain("**Automatic promotion of rose 1.1.0 is off**");
  });

  test("says what is not out yet, and why a gift stays as it was", async () => {
    const result = join(world.root, "result.json");
    await writeFile(result, JSON.stringify({ kept: { rose: "SHADOWED: look there", other: 7 } }));
    const { text } = await run({ publish: true, markdown: true, result });
    expect(text).toContain("⚠️ rose stays as it was: SHADOWED: look there");
    await writeFile(result, "[1]");
    await expect(run({ publish: true, markdown: true, result })).rejects.toThrow("it is no JSON object");
    await expect(run({ publish: true, metrics: true })).rejects.toThrow("say one of");
    await expect(run({ publish: true })).rejects.toThrow(
      "GITHUB_REPOSITORY (such as acme/gifts) and GITHUB_TOKEN",
    );
  });

  test("of what reconcile left is one issue's text", async () => {
    const result = join(world.root, "drift.json");
    const left = [{ what: "an object is lost", fix: "build it" }];
    await writeFile(result, JSON.stringify({ environment: "production", left, unconfirmed: [] }));
    const { text, exit } = await run({ drift: true, markdown: true, result });
    expect(text).toContain("| production | an object is lost | 2026-11-20 21:08 | build it |");
    expect(exit).toBe(0);
  });
});

const LOGIN = "github-actions[bot]";

/** A world whose main is GitHub's: what is merged there is fetched, and published from here. */
async function withGitHub(world: World) {
  const double = await startGitHub();
  double.addUser("ana", { permission: "write" });
  const pushing = double.token({ login: "ana", kind: "user", permissions: { contents: "write" } });
  const token = double.token({
    login: LOGIN,
    kind: "actions",
    permissions: { contents: "read", pull_requests: "write", issues: "write" },
  });
  await world.git("remote", "add", "origin", double.gitUrlWith(pushing));
  const variables = {
    GITHUB_TOKEN: token,
    GITHUB_REPOSITORY: "acme/gifts",
    GITHUB_API_URL: double.apiUrl,
    GITHUB_SERVER_URL: double.webUrl,
  };
  let seen = 0;
  return {
    double,
    variables,
    push: () => world.git("push", "--quiet", "origin", "HEAD:main"),
    /** Commits what lies in the work tree on a branch, opens its pull request and merges it. */
    merge: async (branch: string, title: string) => {
      await world.git("checkout", "--quiet", "-b", branch);
      await world.commit(title);
      await world.git("push", "--quiet", "origin", branch);
      const number = await double.openPull({ as: "ana", head: branch, title });
      await double.mergeByButton(number, { as: "ana" });
      await world.git("checkout", "--quiet", "main");
      await world.git("pull", "--quiet", "--ff-only", "origin", "main");
      return number;
    },
    revert: async (number: number) => {
      const revert = await double.revertByButton(number, { as: "ana" });
      if (revert === "conflict") throw new Error("it conflicts");
      await double.mergeByButton(revert, { as: "ana" });
      await world.git("pull", "--quiet", "--ff-only", "origin", "main");
      return revert;
    },
    commentsOn: (number: number) =>
      [...double.state.comments.values()].filter((it) => it.issue === number).map((it) => it.body),
    asked: () => {
      const since = double.requests.slice(seen);
      seen = double.requests.length;
      return since.map((it) => it.method);
    },
  };
}

describe("after the merge, GitHub", () => {
  let world: World;
  let hub: Awaited<ReturnType<typeof withGitHub>>;
  const run = async (options: Options) => {
    const lines: string[] = [];
    const io = { ...quietIo(world.root), variables: hub.variables, line: (text: string) => lines.push(text) };
    const exit = await tell.run(argumentsOf(options), io);
    return { exit, text: lines.join("\n") };
  };

  beforeAll(async () => {
    world = await createWorld();
    hub = await withGitHub(world);
    await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true });
    await world.release({ gift: "rose", version: "1.1.0" });
    await world.commit("Release");
    await hub.push();
    await world.publish();
  });
  afterAll(async () => {
    expect(hub.double.violations).toEqual([]);
    await hub.double.stop();
    await world.remove();
  });

  test("has the time line on the pull request, and a rollback's on the original one too; told twice is told once", async () => {
    await world.release({ gift: "rose", version: "1.1.0", regional: true, regions: { SG: 5 } });
    const promotion = await hub.merge("promote", "Promote rose 1.1.0");
    await world.publish();
    hub.asked();
    await run({ publish: true });
    expect(hub.asked()).toEqual(["GET", "GET", "GET", "POST", "GET"]);
    expect(hub.commentsOn(promotion)).toEqual([expect.stringContaining("### 📣 rose 1.1.0 published")]);

    const rollback = await hub.revert(promotion);
    await world.publish();
    hub.asked();
    const { text } = await run({ publish: true });
    expect(text).toContain(
      `on #${rollback}: told: ${hub.double.webUrl}/acme/gifts/pull/${rollback}#issuecomment-`,
    );
    // Whose commits they are (2 + 2), the button's word is known already, one new comment (3), one edited (2).
    expect(hub.asked().length).toBeLessThanOrEqual(10);
    expect(hub.commentsOn(rollback)).toEqual([expect.stringContaining(`original change #${promotion}`)]);
    expect(hub.commentsOn(promotion)).toEqual([expect.stringContaining(`taken back by #${rollback}`)]);
    expect(hub.commentsOn(promotion)[0]).toMatch(/Stop published.*✅ \d+ s after the merge/);

    hub.asked();
    await run({ publish: true });
    expect(hub.asked().every((it) => it === "GET")).toBe(true);
    // The promotion's own job, run again late, does not take the rollback's place.
    await run({ publish: true, commit: "HEAD~1" });
    expect(hub.commentsOn(promotion)).toEqual([expect.stringContaining(`taken back by #${rollback}`)]);
    expect((await run({ publish: true, "dry-run": true })).text).toContain(
      `on #${rollback}:\n<!-- giftwrap:timeline`,
    );
  });

  test("has one issue about what is left, which closes itself and opens again", async () => {
    const result = join(world.root, "drift.json");
    const tellDrift = async (...what: readonly string[]) => {
      const left = what.map((it) => ({ what: it, fix: "look" }));
      await writeFile(result, JSON.stringify({ environment: "production", left, unconfirmed: [] }));
      await run({ drift: true, result });
      const issues = [...hub.double.state.issues.values()].filter((it) => it.title === "Gift operations");
      return issues.map((it) => it.state);
    };
    expect(await tellDrift()).toEqual([]);
    expect(await tellDrift("an object is lost")).toEqual(["open"]);
    hub.asked();
    expect(await tellDrift("an object is lost")).toEqual(["open"]);
    expect(hub.asked()).toEqual(["GET"]);
    expect(await tellDrift()).toEqual(["closed"]);
    hub.asked();
    expect(await tellDrift()).toEqual(["closed"]);
    expect(hub.asked()).toEqual(["GET"]);
    expect(await tellDrift("another")).toEqual(["open"]);
  });
});

describe("a trial's numbers", () => {
  test("are on the pull request that began it, written only when they change, and ended once by the next step", async () => {
    const world = await gateWorld();
    const hub = await withGitHub(world);
    try {
      await hub.push();
      const raise = async (from: string, to: string, branch: string) => {
        await world.write({ [KITE]: (await readFile(join(world.root, KITE), "utf8")).replace(from, to) });
        return await hub.merge(branch, `Raise kite to ${to}`);
      };
      const number = await raise("SG: 50", "SG: 60", "raise");
      const recorded = await simulated(world, "0.5%:0.5%", "--viewers", "2000");
      const github = await requireGitHub(hub.variables);
      const tellAt = async (hours: number) => {
        const commit = await world.git("rev-parse", "HEAD");
        const { project } = await readProject(revisionTree(world.root, commit));
        const at = await hoursLater(world, hours);
        const bench = await openBench(argumentsOf({ recorded, at }), quietIo(world.root), commit, project);
        hub.asked();
        return await tellMetrics(github, bench, "en", false);
      };
      expect(await tellAt(3)).toMatchObject([
        { release: "kite@1.1.0", told: { pull: number, isChanged: true } },
      ]);
      expect(hub.commentsOn(number)).toHaveLength(1);
      expect(hub.commentsOn(number)[0]).toMatch(
        /^<!-- giftwrap:metrics -->\n<!-- numbers [0-9a-f]{24} -->\n### /,
      );
      expect(await tellAt(3)).toMatchObject([{ told: { isChanged: false } }]);
      // Whose commit began it, and its comments; and whose was the trial that this one took the place of.
      expect(hub.asked()).toEqual(["GET", "GET", "GET"]);

      const next = await raise("SG: 60", "SG: 70", "raise-again");
      await tellAt(0.1);
      expect(hub.commentsOn(number)[0]).toMatch(
        /^<!-- giftwrap:metrics -->\n<!-- ended -->\n➡️ \*\*kite 1\.1\.0 went on/,
      );
      expect(hub.commentsOn(next)).toHaveLength(1);
      await tellAt(0.1);
      expect(hub.asked().every((it) => it === "GET")).toBe(true);
      expect(hub.double.violations).toEqual([]);
    } finally {
      await hub.double.stop();
      await world.remove();
    }
  });
});
