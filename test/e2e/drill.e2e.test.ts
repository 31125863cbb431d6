import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { command } from "../../src/commands/drill.ts";
import type { Io } from "../../src/commands/command.ts";
import { lockPath } from "../../src/model/paths.ts";
import { writeTimestamp } from "../../src/publish/apply.ts";
import { type Live, readLive, readLiveTimestamp, trustRoot } from "../../src/publish/live.ts";
import { planStops } from "../../src/publish/stops.ts";
import { HIDDEN_GIFT } from "../../src/rollout/hiddenGift.ts";
import { workTree } from "../../src/source/tree.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import type { Route } from "../../src/store/edgeServer.ts";
import { readEvidence } from "../../src/trust/evidence.ts";
import { digestOf, nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { ANNOUNCED_PREFIX, objectKey, TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { TIERS } from "../../src/wire/viewer.ts";
import { seenByNewcomers } from "../support/audience.ts";
import { type Ended, runCommand } from "../support/cli.ts";
import { onlyFor, serves, startTestEdge, type TestEdge } from "../support/edges.ts";
import { createWorld, quietIo, type World } from "../support/world.ts";

const REGIONS = ["SG", "ID"];
const started: { edges: TestEdge[]; world: World }[] = [];
afterEach(async () => {
  for (const { edges, world } of started.splice(0)) {
    await Promise.all(edges.map((it) => it.close()));
    await world.remove();
  }
});

interface DrillWorld {
  readonly world: World;
  edgeOf(region: string): TestEdge;
  drill(...args: string[]): Promise<Ended>;
  drillWith(io: Partial<Io>, ...args: string[]): Promise<Ended>;
}

/** Rose 1.0.0 and 1.1.0, and crown 1.0.0, all for everyone, behind two edges. */
async function liveWorld(rollout: "testers" | "as-written"): Promise<DrillWorld> {
  let root = "";
  const storeOf = () => fileStore(join(root, ".giftwrap", "store", "production"));
  const edges = await Promise.all(REGIONS.map((region) => startTestEdge(region, storeOf)));
  const world = await createWorld(edges.map((it) => it.edge));
  root = world.root;
  started.push({ edges, world });
  await world.write({
    "releases/environments/production.yaml": `rollout: ${rollout}\nstore: { folder: .giftwrap/store/production }\npollSeconds: 30\nedges: {}\n`,
  });
  await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true });
  await world.release({ gift: "rose", version: "1.1.0" });
  await world.release({ gift: "crown", version: "1.0.0", regional: true, full: true });
  await world.commit("Release");
  await world.publish();
  const through = edges.map(({ edge }) => `--edge=${edge.region}=${edge.url}`);
  const drillWith = (io: Partial<Io>, ...args: string[]) =>
    runCommand(
      command,
      { ...quietIo(root), untilInterrupted: () => new Promise(() => {}), ...io },
      "--env=production",
      ...through,
      ...args,
    );
  return {
    world,
    edgeOf: (region) => edges.find((it) => it.edge.region === region) ?? expect.fail(region),
    drill: (...args) => drillWith({}, ...args),
    drillWith,
  };
}

async function liveOf(world: World): Promise<Live> {
  const { environment, trustedRoot } = await world.publisher();
  const trusted = await trustRoot(trustedRoot, nodeCrypto);
  const timestamp = await readLiveTimestamp(environment.store, trusted);
  return timestamp ? readLive(environment.store, trusted, timestamp) : expect.fail("something is published");
}

function overridesOf(live: Live) {
  return live.timestamp.signed.giftwrap.overrides;
}

async function evidenceOf(world: World, kind: "drill" | "switch") {
  const { environment, trustedRoot } = await world.publisher();
  const path = lockPath("rose", "1.1.0");
  const lock = digestOf((await workTree(world.root).read([path])).get(path) ?? expect.fail("it has a lock"));
  const { root } = await trustRoot(trustedRoot, nodeCrypto);
  return readEvidence(environment.store, root, nodeCrypto, { lock, environment: "production", kind });
}

/** Nothing of the drill is left: no evidence, no override, and viewers get what they got. */
async function expectNothingLeft(world: World, before: Live): Promise<void> {
  const after = await liveOf(world);
  expect([overridesOf(after), after.catalogs]).toEqual([[], before.catalogs]);
  expect([await evidenceOf(world, "drill"), await evidenceOf(world, "switch")]).toEqual([null, null]);
}

function withoutTimes(text: string): string {
  return text
    .replace(/(SG|ID) http:\/\/127\.0\.0\.1:\d+/g, "$1 http://127.0.0.1:4601")
    .replace(/, asked \d+ times/g, "")
    .replace(/\b\d+ ms/g, "12 ms");
}

/** Answers as the store has it, but does something first when the store's timestamp speaks of this for the first time. */
function atFirst(world: World, words: string, act: () => Promise<unknown>): Route {
  let isDone = false;
  return async (request) => {
    if (isDone || request.url !== `/${TIMESTAMP_KEY}`) return false;
    const stored = await (await world.store()).get(TIMESTAMP_KEY);
    if (!new TextDecoder().decode(stored?.bytes).includes(words)) return false;
    isDone = true;
    await act();
    return false;
  };
}

describe("giftwrap drill", () => {
  test("takes every kind of viewer to the verified fallback and back, through every edge, and records the times", async () => {
    const { world, drill } = await liveWorld("testers");
    const before = await liveOf(world);
    const { code, stdout, stderr } = await drill("rose@1.1.0");
    expect([code, stderr]).toEqual([0, ""]);
    await expect(withoutTimes(stdout)).toMatchFileSnapshot("golden/drill.txt");

    const after = await liveOf(world);
    expect([after.catalogs, after.targetsMeta, overridesOf(after)]).toEqual([
      before.catalogs,
      before.targetsMeta,
      [],
    ]);
    const whole = expect.any(Number);
    expect(await evidenceOf(world, "drill")).toMatchObject({
      result: "passed",
      // Two edges, three tiers, android and web.
      facts: {
        viewers: 12,
        edges: 2,
        fallbacks: "rose 1.0.0",
        stopMilliseconds: whole,
        fallbackMilliseconds: whole,
        restoreMilliseconds: whole,
      },
    });
    const store = await world.store();
    const kinds = await Promise.all(
      [2, 3].map(async (it) =>
        JSON.parse(new TextDecoder().decode((await store.get(`log/${it}.json`))?.bytes)),
      ),
    );
    expect(kinds).toMatchObject([
      {
        kind: "drill",
        overrides: [{ id: "drill/rose/1.1.0", origin: "drill" }],
        edges: [{ ok: true }, { ok: true }],
      },
      { kind: "drill", overrides: [] },
    ]);
    // What the drill wrote is no obstacle to the publish after it.
    expect((await world.publish()).said.join()).toContain("nothing to do");
  });

  test("against an edge that never updates it fails, lifts its override and leaves no evidence", async () => {
    const { world, edgeOf, drill } = await liveWorld("testers");
    const before = await liveOf(world);
    edgeOf("ID").behave(onlyFor((key) => key === TIMESTAMP_KEY, serves(before.timestamp.bytes)));
    const { code, stdout, stderr } = await drill("rose@1.1.0", "--deadline=1");
    expect([code, stderr]).toEqual([3, expect.stringContaining("an edge did not come along: ID ")]);
    expect(stderr).toContain("it still serves revision 1");
    expect(stdout).toContain("drill/rose/1.1.0 is lifted (revision 3)");
    await expectNothingLeft(world, before);
  });

  test("against an edge that serves other bytes of the release nothing is stopped at all", async () => {
    const { world, edgeOf, drill } = await liveWorld("testers");
    const before = await liveOf(world);
    const object = objectKey(digestOf("rose 1.1.0"), "application/vnd.lottie+json");
    edgeOf("SG").behave(onlyFor((key) => key === object, serves(new TextEncoder().encode("rose 6.6.6"))));
    const { code, stderr } = await drill("rose@1.1.0", "--deadline=1");
    expect([code, stderr]).toEqual([3, expect.stringContaining("6 of 12 viewers are wrong: ")]);
    expect(stderr).toMatch(/low, through SG \S+ is shown rose 1\.0\.0 \(rose 1\.1\.0 could not be used: /);
    expect((await liveOf(world)).timestamp.tag).toBe(before.timestamp.tag);
    await expectNothingLeft(world, before);
  });

  test("against an edge that serves a lying timestamp, whose signature is wrong, it fails before anything is stopped", async () => {
    const { world, edgeOf, drill } = await liveWorld("testers");
    const before = await liveOf(world);
    const lie = new TextDecoder()
      .decode(before.timestamp.bytes)
      .replace('"pollSeconds":30', '"pollSeconds":31');
    edgeOf("SG").behave(onlyFor((key) => key === TIMESTAMP_KEY, serves(new TextEncoder().encode(lie))));
    const { code, stderr } = await drill("rose@1.1.0", "--deadline=1");
    expect([code, stderr]).toEqual([3, expect.stringContaining("6 of 12 viewers are wrong")]);
    expect((await liveOf(world)).timestamp.tag).toBe(before.timestamp.tag);
  });

  test("with a damaged fallback it fails, although every viewer is shown something", async () => {
    const { world, edgeOf, drill } = await liveWorld("testers");
    const before = await liveOf(world);
    const object = objectKey(digestOf("rose 1.0.0"), "application/vnd.lottie+json");
    edgeOf("SG").behave(onlyFor((key) => key === object, serves(new TextEncoder().encode("damaged___"))));
    const { code, stdout, stderr } = await drill("rose@1.1.0", "--deadline=1");
    expect([code, stderr]).toEqual([3, expect.stringContaining("rose 1.0.0 could not be used: ")]);
    expect(stdout).toContain("drill/rose/1.1.0 is lifted (revision 3)");
    await expectNothingLeft(world, before);
  });

  test("interrupted, it lifts its override before it ends", async () => {
    const { world, edgeOf, drillWith } = await liveWorld("testers");
    const before = await liveOf(world);
    const untilInterrupted = () =>
      new Promise<void>((resolve) => {
        edgeOf("SG").behave(atFirst(world, "drill/rose", async () => resolve()));
      });
    const { code, stderr } = await drillWith({ untilInterrupted }, "rose@1.1.0");
    expect([code, stderr]).toEqual([3, expect.stringContaining("it was interrupted")]);
    await expectNothingLeft(world, before);
  });

  test("when it cannot lift its override it says which command does, and that command does", async () => {
    const { world, edgeOf, drill } = await liveWorld("testers");
    const path = join(world.root, ".giftwrap/store/production", TIMESTAMP_KEY);
    let thrown = new Uint8Array();
    const breakStore = async () => {
      thrown = new Uint8Array(await readFile(path));
      await writeFile(path, "what a broken disk leaves");
    };
    edgeOf("SG").behave(atFirst(world, "drill/rose", breakStore));
    const { code, stdout, stderr } = await drill("rose@1.1.0", "--deadline=1");
    expect([code, stderr]).toEqual([3, expect.stringContaining("[DRILL_FAILED]")]);
    expect(stdout).toContain("ALARM: drill/rose/1.1.0 could not be lifted: what is live cannot be trusted");
    expect(stdout).toContain("lift it with: npx giftwrap publish --env production");
    await writeFile(path, thrown);
    expect(overridesOf(await liveOf(world))).toMatchObject([{ id: "drill/rose/1.1.0" }]);
    await world.publish();
    expect(overridesOf(await liveOf(world))).toEqual([]);
    expect(new Set(await seenByNewcomers(world, ["rose"]))).toEqual(new Set(["rose 1.1.0"]));
  });

  test("carries a stop that is thrown in the middle of it beyond its own generation", async () => {
    const { world, edgeOf, drill } = await liveWorld("testers");
    const { environment, signers } = await world.publisher();
    // As a publisher that dies right after its stop leaves it.
    const stopCrown = async () => {
      const { timestamp, generation } = await liveOf(world);
      const stops = planStops(
        [
          {
            gift: "crown",
            version: "1.0.0",
            before: { salt: "crown", canary: { cohorts: ["staff"] } },
            after: null,
          },
        ],
        generation + 1,
      );
      const { giftwrap, meta } = timestamp.signed;
      const content = {
        ...giftwrap,
        snapshot: meta["snapshot.json"],
        overrides: [...giftwrap.overrides, ...stops],
      };
      expect(
        await writeTimestamp(environment.store, timestamp, content, signers.timestamp, Date.now()),
      ).not.toBeNull();
    };
    edgeOf("SG").behave(atFirst(world, "drill/rose", stopCrown));
    expect((await drill("rose@1.1.0")).code).toBe(0);
    const after = await liveOf(world);
    expect(overridesOf(after)).toMatchObject([
      { id: "stop/crown/1.0.0", untilGeneration: after.generation + 1 },
    ]);
    expect(new Set(await seenByNewcomers(world, ["crown"]))).toEqual(new Set(["default"]));

    const again = await drill("rose@1.1.0");
    expect([again.code, again.stderr]).toEqual([
      3,
      expect.stringContaining("stop/crown/1.0.0 stands in production"),
    ]);
  });

  test("says in words what it cannot drill", async () => {
    const { world, drill } = await liveWorld("as-written");
    const refused = await drill("rose@1.1.0");
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("in production a drill would take rose@1.1.0 from its viewers"),
    ]);
    expect((await drill()).stderr).toContain("name one release");
    expect((await drill("rose")).stderr).toContain("name a release with its version, such as rose@1.1.0");
    expect((await drill("rose@9.0.0")).stderr).toContain("[LOCK_MISSING]");
    await world.write({ [lockPath("rose", "1.1.0")]: "{}" });
    expect((await drill("rose@1.1.0")).stderr).toContain("[LOCK_DIFFERS]");
    expect((await liveOf(world)).timestamp.signed.version).toBe(1);
  });
});

describe("giftwrap drill --switch", () => {
  /** Each catalog that was ever published, line by line, without the hidden gift. */
  async function linesOfEveryCatalog(world: World): Promise<ReadonlySet<string>> {
    const store = await world.store();
    const texts = await Promise.all(
      (await store.list("targets/catalog/")).map(async (key) =>
        new TextDecoder().decode((await store.get(key))?.bytes),
      ),
    );
    return new Set(
      texts.map((it) =>
        it
          .split("\n")
          .filter((line) => !line.includes(HIDDEN_GIFT))
          .join("\n"),
      ),
    );
  }

  test("proves the switch on a gift that only its cohort sees, and leaves every other line as it was", async () => {
    const { world, drill } = await liveWorld("as-written");
    const before = await liveOf(world);
    const seen = await seenByNewcomers(world, ["rose", "crown"]);
    const { code, stdout, stderr } = await drill("--switch");
    expect([code, stderr]).toEqual([0, ""]);
    await expect(withoutTimes(stdout)).toMatchFileSnapshot("golden/drill-switch.txt");

    const after = await liveOf(world);
    expect([after.targets, after.catalogs, overridesOf(after)]).toEqual([
      before.targets,
      before.catalogs,
      [],
    ]);
    expect(await linesOfEveryCatalog(world)).toEqual(new Set(TIERS.map((tier) => before.catalogs[tier])));
    expect(await seenByNewcomers(world, ["rose", "crown"])).toEqual(seen);
    expect(await evidenceOf(world, "switch")).toMatchObject({
      result: "passed",
      facts: { viewers: 6, edges: 2, fallbacks: "the app's default" },
    });
    expect(await evidenceOf(world, "drill")).toBeNull();
    // Nothing keeps a collection from what the drill leaves behind.
    expect(await (await world.store()).list(ANNOUNCED_PREFIX)).toEqual([]);
    expect((await world.publish()).said.join()).toContain("nothing to do");
  });

  test.each([
    ["while it is published", `"version":2`],
    ["while the switch is thrown", `drill/${HIDDEN_GIFT}`],
  ])("stops cleanly when somebody publishes %s, and overwrites nothing of theirs", async (_, words) => {
    const { world, edgeOf, drill } = await liveWorld("as-written");
    await world.release({ gift: "rose", version: "1.2.0", regional: true, full: true });
    await world.commit("Somebody else's");
    // Their publisher asks no edge: the one that lets it in would wait for itself.
    const { environment } = await world.publisher();
    const publish = () => world.publish({ environment: { ...environment, edges: [] } });
    edgeOf("SG").behave(atFirst(world, words, publish));
    const { code, stderr } = await drill("rose@1.1.0", "--switch", "--deadline=2");
    expect([code, stderr]).toEqual([3, expect.stringContaining("[DRILL_FAILED]")]);
    const after = await liveOf(world);
    expect(overridesOf(after)).toEqual([]);
    for (const tier of TIERS) expect(after.catalogs[tier]).not.toContain(HIDDEN_GIFT);
    expect(new Set(await seenByNewcomers(world, ["rose"]))).toEqual(new Set(["rose 1.2.0"]));
    expect(await evidenceOf(world, "switch")).toBeNull();
  });

  test("against an edge that never updates it fails and takes the hidden gift away again", async () => {
    const { world, edgeOf, drill } = await liveWorld("as-written");
    const before = await liveOf(world);
    edgeOf("ID").behave(onlyFor((key) => key === TIMESTAMP_KEY, serves(before.timestamp.bytes)));
    const { code } = await drill("rose@1.1.0", "--switch", "--deadline=1");
    expect(code).toBe(3);
    await expectNothingLeft(world, before);
  });

  test("needs a release to put it on record for", async () => {
    const { world, drill } = await liveWorld("as-written");
    await world.release({ gift: "rose", version: "1.1.0", regional: true });
    const ended = await drill("--switch");
    expect([ended.code, ended.stderr]).toEqual([
      2,
      expect.stringContaining("no release is open at canary only"),
    ]);
  });
});
