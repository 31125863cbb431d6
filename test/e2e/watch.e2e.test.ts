import { createServer, type Server } from "node:http";
import { copyFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Io } from "../../src/commands/command.ts";
import { command as gateCommand } from "../../src/commands/gate.ts";
import { command as holdCommand } from "../../src/commands/hold.ts";
import { command as overrideCommand } from "../../src/commands/override.ts";
import { command as watchCommand } from "../../src/commands/watch.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { runCommand } from "../support/cli.ts";
import { GATE, hoursLater, KITE, simulated } from "../support/gateWorld.ts";
import { editFile } from "../support/goodWorld.ts";
import { createWorld, POLICY, quietIo, type World } from "../support/world.ts";

const worlds: World[] = [];
const folders: string[] = [];
const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((it) => new Promise((resolve) => it.close(resolve))));
  await Promise.all(worlds.splice(0).map((world) => world.remove()));
  await Promise.all(folders.splice(0).map((it) => rm(it, { recursive: true })));
});

/** Where the environment's metrics are; git does not look there. */
const METRICS = ".giftwrap/metrics.json";

/** With what the policy says of failures and passes; kite 1.1.0 is given to half of two regions, and published. */
async function newWorld(policy: string): Promise<World> {
  const world = await createWorld();
  worlds.push(world);
  await world.write({ "releases/policy.yaml": `${POLICY}\n${GATE}  ${policy}\n` });
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

/** The watch as its cron job runs it, so many hours after the newest commit; the environment's metrics are the recording. */
const watch = async (
  world: World,
  recorded: string,
  hours: number,
  more: readonly string[] = [],
  variables: Io["variables"] = {},
) => {
  await copyFile(join(world.root, recorded), join(world.root, METRICS));
  const now = Date.parse(await hoursLater(world, hours));
  return runCommand(watchCommand, { ...quietIo(world.root), variables, now: () => now }, ...more);
};
const branches = async (world: World) =>
  (await world.git("for-each-ref", "--format=%(refname:short)", "refs/heads/giftwrap/"))
    .split("\n")
    .filter(Boolean);
const overridesOf = async (world: World) => {
  const stored = await (await world.store()).get(TIMESTAMP_KEY);
  const { signed } = JSON.parse(new TextDecoder().decode(stored?.bytes)) as {
    signed: { version: number; giftwrap: { overrides: { id: string; origin: string }[] } };
  };
  return { revision: signed.version, ids: signed.giftwrap.overrides.map((it) => it.id) };
};

describe("giftwrap watch", () => {
  test("proposes the commit that takes a failed release back once, however often it runs", async () => {
    const world = await newWorld("onFail: propose");
    const bad = await simulated(world, "0.5%:8%");
    const early = await watch(world, bad, 0.3);
    expect([early.code, await branches(world)]).toEqual([0, []]);

    const [one, two] = await Promise.all([watch(world, bad, 4.2), watch(world, bad, 4.2)]);
    expect([one.code, two.code]).toEqual([1, 1]);
    const [branch = "", ...others] = await branches(world);
    expect([branch, others]).toEqual([
      expect.stringMatching(/^giftwrap\/roll-back-kite-1\.1\.0-[0-9a-f]{8}$/),
      [],
    ]);
    const commit = await world.git("rev-parse", branch);
    const again = await watch(world, bad, 4.5);
    const nextDay = await watch(world, bad, 28);
    expect([again.stdout, nextDay.stdout]).toEqual([
      expect.stringContaining(`proposed already: ${branch}`),
      expect.stringContaining(`proposed already: ${branch}`),
    ]);
    expect([await branches(world), await world.git("rev-parse", branch)]).toEqual([[branch], commit]);

    // Nothing that is checked out or begun was touched, and the commit says what and why.
    expect(await world.git("status", "--porcelain")).toBe("");
    expect(await world.git("diff", "--numstat", "main", branch)).toBe(`2\t2\t${KITE}`);
    expect(await world.git("log", "-1", "--format=%s%n%b", branch)).toMatch(
      /^Roll back kite 1\.1\.0: the gate says fail\n.*failed to load/,
    );
    expect((await world.git("show", `${branch}:${KITE}`)).match(/open: \w+/g)).toEqual([
      "open: false",
      "open: false",
      "open: false",
    ]);
  });

  test("remembers a failure of these bytes in this stage when the numbers are gone", async () => {
    const world = await newWorld("onFail: report");
    const bad = await simulated(world, "0.5%:8%");
    expect((await watch(world, bad, 4.2)).code).toBe(1);
    expect(await branches(world)).toEqual([]);
    const fine = await simulated(world, "0.5%:0.5%");
    const at = await hoursLater(world, 4.2);
    const args = ["kite@1.1.0", "--recorded", fine, "--at", at];
    const later = await runCommand(gateCommand, quietIo(world.root), ...args);
    expect([later.code, later.stdout]).toEqual([1, expect.stringMatching(/^Take back kite 1\.1\.0/)]);
  });

  test("stops a failed release at once by one override, proposes its rollback, and lifts it when that is live", async () => {
    const world = await newWorld("onFail: stop");
    const bad = await simulated(world, "0.5%:8%");
    const before = await overridesOf(world);
    const dry = await watch(world, bad, 4.2, ["--dry-run"]);
    expect([dry.code, dry.stdout]).toEqual([
      1,
      expect.stringContaining("would stop it by the override gate-kite-1-1-0"),
    ]);
    expect(await overridesOf(world)).toEqual(before);

    const results = await Promise.all([watch(world, bad, 4.2), watch(world, bad, 4.2)]);
    expect(results.map((it) => it.stdout).join()).not.toContain("FAILED");
    expect(results.map((it) => it.code)).toEqual([1, 1]);
    const stopped = await overridesOf(world);
    expect(stopped).toEqual({ revision: before.revision + 1, ids: [...before.ids, "gate-kite-1-1-0"] });
    expect((await watch(world, bad, 28)).stdout).toContain("stopped already by gate-kite-1-1-0");
    expect(await overridesOf(world)).toEqual(stopped);

    // What a person wrote by break-glass is a person's, whatever it is called.
    const own = ["kite@1.1.0", "--limit=none", "--reason=Dark on one device", "--tiers=low"];
    const io = quietIo(world.root);
    expect((await runCommand(overrideCommand, io, ...own, "--id=gate-keeper")).code).toBe(0);

    // It stands while git says otherwise, and through other publishes.
    await world.commit("Nothing of kite");
    await world.publish();
    expect((await overridesOf(world)).ids).toContain("gate-kite-1-1-0");
    const [branch = ""] = await branches(world);
    await world.git("merge", "--quiet", branch);
    expect((await watch(world, bad, 4.2)).stdout).not.toContain("is lifted");
    await world.publish();
    const lifted = await watch(world, bad, 4.2);
    expect([lifted.code, lifted.stdout]).toEqual([0, expect.stringContaining("gate-kite-1-1-0 is lifted")]);
    expect((await overridesOf(world)).ids).toEqual([...before.ids, "gate-keeper"]);
  });

  test("stops nothing by itself when those who keep the older release are worse off at the same time", async () => {
    const world = await newWorld("onFail: stop");
    const before = await overridesOf(world);
    const bad = await simulated(world, "0.5%:8%", "--hours", "8", "--viewers", "16000", "--outage", "6:20%");
    const ended = await watch(world, bad, 8.2);
    expect([ended.code, ended.stdout]).toEqual([
      1,
      expect.stringContaining("something else is wrong, so nothing is stopped by itself"),
    ]);
    expect([await overridesOf(world), await branches(world)]).toEqual([before, []]);
  });

  test("does nothing by numbers of another time or of a copy, and says what it would do", async () => {
    const world = await newWorld("onFail: stop");
    const before = await overridesOf(world);
    const bad = await simulated(world, "0.5%:8%");
    const at = await hoursLater(world, 4.2);
    const args = ["--recorded", bad, "--at", at];
    const ended = await runCommand(watchCommand, quietIo(world.root), ...args);
    expect([ended.code, ended.stdout]).toEqual([1, expect.stringContaining("would stop it")]);
    expect([await overridesOf(world), await branches(world)]).toEqual([before, []]);
  });

  test("ends with 3 when it cannot see, and with 1 when a release file cannot be read", async () => {
    const world = await newWorld("onFail: report");
    const fine = await simulated(world, "0.5%:0.5%");
    await editFile(world, { file: KITE, from: "gift: kite", to: "gift: [kite" });
    await world.commit("Break a release file");
    const unread = await watch(world, fine, 4.2);
    expect([unread.code, unread.stdout]).toEqual([1, expect.stringContaining(`${KITE} cannot be read`)]);
    await world.git("revert", "--no-edit", "HEAD");
    await editFile(world, {
      file: "releases/environments/production.yaml",
      from: `metrics: { recorded: ${METRICS} }`,
      to: "metrics: { prometheus: { url: 'http://127.0.0.1:1/' } }",
    });
    await world.commit("Name a server that is not there");
    const blind = await watch(world, fine, 4.2);
    expect([blind.code, blind.stdout]).toEqual([3, expect.stringContaining("hold")]);
  });

  test("passes nothing while an override of git speaks of the release", async () => {
    const world = await newWorld("onPass: propose");
    await world.write({
      "releases/overrides/kite-in-sg.yaml":
        "gifts: [kite]\nscope: { regions: [SG] }\nlimit: canary\nreason: Crashes in one region\n",
    });
    await world.commit("Hold kite back in SG");
    const fine = await simulated(world, "0.5%:0.5%");
    const held = await watch(world, fine, 4.2);
    expect([held.code, held.stdout]).toEqual([
      0,
      expect.stringContaining("the override kite-in-sg speaks of it"),
    ]);
    expect(await branches(world)).toEqual([]);
  });

  test("without the key stops nothing, says so, ends with 3, and still proposes", async () => {
    const world = await newWorld("onFail: stop");
    const bad = await simulated(world, "0.5%:8%");
    await rm(`${world.root}/.giftwrap/keys`, { recursive: true });
    const ended = await watch(world, bad, 4.2);
    expect([ended.code, ended.stdout]).toEqual([3, expect.stringContaining("FAILED")]);
    expect(await branches(world)).toHaveLength(1);
  });

  test("proposes the next stage of a release that passes where the policy wants it, never of one that a person holds or closed", async () => {
    const world = await newWorld("onPass: propose");
    const fine = await simulated(world, "0.5%:0.5%");
    const passed = await watch(world, fine, 4.2);
    expect([passed.code, passed.stdout]).toEqual([
      0,
      expect.stringContaining("Promote kite 1.1.0: full opened"),
    ]);
    const [branch = ""] = await branches(world);
    expect(await world.git("diff", "--numstat", "main", branch)).toBe(`1\t1\t${KITE}`);
    await world.git("branch", "--quiet", "-D", branch);

    await runCommand(holdCommand, quietIo(world.root), "kite@1.1.0", "--reason=Wait", "--commit");
    expect((await watch(world, fine, 4.2)).stdout).toContain("hold");
    await world.git("revert", "--no-edit", "HEAD");
    for (const to of ["true", "false"]) {
      await editFile(world, {
        file: KITE,
        from: `full:\n    open: ${to === "true" ? "false" : "true"}`,
        to: `full:\n    open: ${to}`,
      });
      await world.commit(`full: ${to}`);
    }
    const again = await simulated(world, "0.5%:0.5%");
    expect((await watch(world, again, 4.2)).stdout).toContain("a person opens it again");
    expect(await branches(world)).toEqual([]);
  });

  test("opens one pull request on GitHub for what it pushed, and none again that a person closed", async () => {
    const world = await newWorld("onFail: propose");
    const remote = `${world.root}-remote.git`;
    folders.push(remote);
    await world.git("clone", "--quiet", "--bare", ".", remote);
    await world.git("remote", "add", "origin", remote);
    await world.git("push", "--quiet", "origin", "main");
    const bad = await simulated(world, "0.5%:8%");
    const github = await startGitHub();
    const results = await Promise.all([
      watch(world, bad, 4.2, [], github.variables),
      watch(world, bad, 4.2, [], github.variables),
    ]);
    expect(results.map((it) => it.code)).toEqual([1, 1]);
    expect(github.pulls).toMatchObject([
      {
        base: "main",
        head: expect.stringMatching(/^giftwrap\/roll-back-kite-1\.1\.0-/),
        title: "Roll back kite 1.1.0: the gate says fail",
        body: expect.stringContaining("failed to load"),
      },
    ]);
    const [pull] = github.pulls;
    if (pull) pull.state = "closed";
    const later = await watch(world, bad, 28, [], github.variables);
    expect([later.code, later.stdout, github.pulls.length]).toEqual([
      1,
      expect.stringContaining("(closed)"),
      1,
    ]);
    const proposed = await world.git("ls-remote", "origin", "refs/heads/giftwrap/*");
    expect(proposed).toContain("roll-back-kite");
    // Who closes a pull request often deletes its branch, too.
    await world.git("push", "--quiet", "origin", `:${proposed.split("\t")[1] ?? ""}`);
    expect((await watch(world, bad, 28, [], github.variables)).stdout).toContain("(closed)");
    expect(await world.git("ls-remote", "origin", "refs/heads/giftwrap/*")).toBe("");
  });
});

interface Pull {
  readonly head: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  state: string;
}

/**
 * The two calls of GitHub's REST API that are made, as its OpenAPI description has them (pulls/list, pulls/create): a list by head of
 * any state, and 422 for a second open pull request of a branch.
 */
async function startGitHub() {
  const pulls: Pull[] = [];
  const toJson = (pull: Pull, at: number) => ({
    number: at + 1,
    state: pull.state,
    head: { ref: pull.head },
    html_url: `https://github.test/acme/gifts/pull/${at + 1}`,
  });
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const url = new URL(request.url ?? "/", "http://github.test");
      const send = (status: number, body: unknown) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(JSON.stringify(body));
      };
      if (request.headers.authorization !== "token secret") return send(401, { message: "Bad credentials" });
      if (/^\/repos\/acme\/gifts\/issues\/\d+\/labels$/.test(url.pathname)) return send(200, []);
      if (url.pathname !== "/repos/acme/gifts/pulls") return send(404, { message: "Not Found" });
      if (request.method === "GET") {
        const head = url.searchParams.get("head");
        const state = url.searchParams.get("state") ?? "open";
        const found = pulls
          .map((pull, at) => ({ pull, json: toJson(pull, at) }))
          .filter(({ pull }) => `acme:${pull.head}` === head && (state === "all" || pull.state === state));
        return send(
          200,
          found.map((it) => it.json),
        );
      }
      const asked = JSON.parse(text) as Omit<Pull, "state">;
      if (pulls.some((it) => it.head === asked.head && it.state === "open"))
        return send(422, {
          message: "Validation Failed",
          errors: [{ message: "A pull request already exists" }],
        });
      pulls.push({ ...asked, state: "open" });
      return send(201, toJson({ ...asked, state: "open" }, pulls.length - 1));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  const variables = {
    GITHUB_REPOSITORY: "acme/gifts",
    GITHUB_TOKEN: "secret",
    GITHUB_API_URL: `http://127.0.0.1:${port}`,
  };
  return { pulls, variables };
}
