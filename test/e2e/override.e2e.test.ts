import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { httpFetch } from "../../src/client/client.ts";
import { command } from "../../src/commands/override.ts";
import { openSwitch } from "../../src/commands/override/openSwitch.ts";
import { baseReader } from "../../src/commands/override/readBase.ts";
import { readWanted } from "../../src/commands/override/wanted.ts";
import { writeTimestamp } from "../../src/publish/apply.ts";
import { changeOverrides } from "../../src/publish/changeOverrides.ts";
import { readLiveTimestamp, trustRoot } from "../../src/publish/live.ts";
import { MAX_OVERRIDE_BYTES, planStops, sizeOf } from "../../src/publish/stops.ts";
import { GiftError, UsageError } from "../../src/report/error.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import type { Override } from "../../src/wire/override.ts";
import { seenByNewcomers } from "../support/audience.ts";
import { type Ended, giftwrapWith, runCommand, toArguments } from "../support/cli.ts";
import { right, serves, startTestEdge, type TestEdge } from "../support/edges.ts";
import { watchedStore } from "../support/failingStore.ts";
import { createWorld, quietIo, type World } from "../support/world.ts";

/** No git, no GitHub: nothing is on the path, and nothing but loopback is asked. */
const ALONE = { PATH: "/nowhere", USER: "oncall", GITHUB_ACTOR: "" };
const WHY = ["--reason", "Crashes on Mali GPUs", "--incident", "INC-42"] as const;

const worlds: World[] = [];
const edges: TestEdge[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(edges.splice(0).map((edge) => edge.close()));
  await Promise.all(worlds.splice(0).map((world) => world.remove()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function liveWorld(): Promise<World> {
  const world = await createWorld();
  worlds.push(world);
  for (const version of ["1.0.0", "1.1.0"])
    await world.release({ gift: "rose", version, regional: true, full: true });
  await world.release({ gift: "crown", version: "1.0.0", regional: true, full: true });
  await world.commit("Release");
  await world.publish();
  return world;
}

async function edgeOf(world: World, region: string): Promise<TestEdge> {
  const store = await world.store();
  const edge = await startTestEdge(region, () => store);
  edges.push(edge);
  return edge;
}

function breakGlass(root: string, ...args: string[]): Promise<Ended> {
  return runCommand(command, quietIo(root), ...args);
}

async function liveTimestamp(world: World) {
  const { environment, trustedRoot } = await world.publisher();
  const live = await readLiveTimestamp(environment.store, await trustRoot(trustedRoot, nodeCrypto));
  return live ?? expect.fail("something is published");
}

async function liveOverrides(world: World): Promise<readonly Override[]> {
  return (await liveTimestamp(world)).signed.giftwrap.overrides;
}

async function seen(world: World, gift = "rose"): Promise<string[]> {
  return [...new Set(await seenByNewcomers(world, [gift]))].sort();
}

/** What differs from run to run, as words. */
function withoutTimes(text: string): string {
  return text
    .replace(/\d{8}-\d{4}/g, "20261125-2104")
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:4601")
    .replace(/, asked \d+ times/g, "")
    .replace(/\b\d+ ms/g, "12 ms");
}

describe("giftwrap override", () => {
  test("needs no git, no repository and no commit, and says what it did, what it holds and what to commit", async () => {
    const world = await liveWorld();
    const [sg, id] = [await edgeOf(world, "SG"), await edgeOf(world, "ID")];
    await rm(join(world.root, ".git"), { recursive: true });
    const asked = [`--edge=SG=${sg.edge.url}`, `--edge=ID=${id.edge.url}`];
    const { code, stdout, stderr } = await giftwrapWith(
      ALONE,
      world.root,
      "override",
      "rose@>=1.1.0",
      "--limit=canary",
      ...WHY,
      ...asked,
    );
    expect([code, stderr]).toEqual([0, ""]);
    await expect(withoutTimes(stdout)).toMatchFileSnapshot("golden/override.txt");
    const fetch = httpFetch({ baseUrl: sg.edge.url });
    // Staff, who are in the canary, stay; everyone else is on the older release.
    expect([...new Set(await seenByNewcomers(world, ["rose"], fetch))].sort()).toEqual([
      "rose 1.0.0",
      "rose 1.1.0",
    ]);

    const log: unknown = JSON.parse(
      await readFile(join(world.root, ".giftwrap/store/production/log/2.json"), "utf8"),
    );
    expect(log).toMatchObject({
      kind: "break-glass",
      by: "oncall",
      why: "Crashes on Mali GPUs; INC-42",
      overrides: [{ origin: "break-glass", gifts: ["rose"] }],
      edges: [
        { region: "SG", ok: true },
        { region: "ID", ok: true },
      ],
    });
  });

  test("asked twice it writes once; asked again for something else it never replaces what stands", async () => {
    const world = await liveWorld();
    const first = await breakGlass(world.root, "rose", "--limit=none", ...WHY);
    expect(first.code).toBe(0);
    const again = await breakGlass(world.root, "rose", "--limit=none", ...WHY);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining("stands already")]);
    expect((await liveTimestamp(world)).signed.version).toBe(2);
    expect(await seen(world)).toEqual(["default"]);

    const id = (await liveOverrides(world))[0]?.id ?? expect.fail("one stands");
    const taken = await breakGlass(world.root, "crown", "--limit=none", ...WHY, "--id", id);
    expect([taken.code, taken.stderr]).toEqual([
      2,
      expect.stringContaining("stands already and holds something else"),
    ]);
    expect(await seen(world, "crown")).toEqual(["crown 1.0.0"]);
  });

  test("of one gift only the newest release that viewers get, which is the one that a rollback closes", async () => {
    const world = await liveWorld();
    const said: Record<string, string> = {};
    const io = { ...quietIo(world.root), output: (name: string, value: string) => (said[name] = value) };
    const newest = ["--newest", "--limit=none", "--reason", "Crashes", "--id", "rollback-rose-1"];
    expect((await runCommand(command, io, "rose", ...newest)).code).toBe(0);
    expect(said).toEqual({ version: "1.1.0", id: "rollback-rose-1" });
    expect(await seen(world)).toEqual(["rose 1.0.0"]);
    // Pressed again by somebody who saw the same commit, it goes no further back.
    const second = ["--newest", "--limit=none", "--reason", "Crashes", "--id", "rollback-rose-2"];
    expect((await runCommand(command, io, "rose", ...second)).code).toBe(0);
    expect(await seen(world)).toEqual(["rose 1.0.0"]);
  });

  test("of nothing that reaches anybody, it writes nothing", async () => {
    const world = await liveWorld();
    await world.release({ gift: "rose", version: "1.2.0", canary: false });
    const before = (await liveTimestamp(world)).signed.version;
    const only = await breakGlass(world.root, "crown", "--range=9.9.9", "--limit=none", ...WHY);
    expect(only.code).toBe(0);
    await rm(join(world.root, "releases/rose/1.0.0.yaml"));
    await rm(join(world.root, "releases/rose/1.1.0.yaml"));
    const none = await breakGlass(world.root, "rose", "--newest", "--limit=none", ...WHY);
    expect([none.code, none.stdout]).toEqual([0, expect.stringContaining("nothing to hold back")]);
    expect((await liveTimestamp(world)).signed.version).toBe(before + 1);
    const two = await breakGlass(world.root, "rose", "crown", "--newest", "--limit=none", ...WHY);
    expect([two.code, two.stderr]).toEqual([2, expect.stringContaining("--newest goes with one gift")]);
  });

  test("two at once both stand", async () => {
    const world = await liveWorld();
    const ended = await Promise.all([
      breakGlass(world.root, "rose", "--limit=none", ...WHY),
      breakGlass(world.root, "crown", "--limit=none", ...WHY),
    ]);
    expect(ended.map((it) => it.code)).toEqual([0, 0]);
    expect(new Set((await liveOverrides(world)).flatMap((it) => it.gifts))).toEqual(
      new Set(["crown", "rose"]),
    );
  });

  test("--lift takes it away again, and nothing that is not from break-glass", async () => {
    const world = await liveWorld();
    await world.write({ "releases/overrides/quiet.yaml": "gifts: [crown]\nlimit: none\nreason: Quiet\n" });
    await world.commit("Hold the crown back");
    await world.publish();
    await breakGlass(world.root, "rose", "--limit=none", "--id=rose-crash", ...WHY);
    expect(await seen(world)).toEqual(["default"]);

    const ofGit = await breakGlass(world.root, "--lift=quiet");
    expect([ofGit.code, ofGit.stderr]).toEqual([
      2,
      expect.stringContaining("quiet is not from break-glass: delete its file below releases/overrides/"),
    ]);
    const unknown = await breakGlass(world.root, "--lift=rose-crush");
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      expect.stringContaining("from break-glass stand rose-crash"),
    ]);

    const lifted = await breakGlass(world.root, "--lift=rose-crash", "--reason=Mended");
    expect([lifted.code, lifted.stdout]).toEqual([
      0,
      expect.stringContaining("lifted rose-crash: rose, for nobody"),
    ]);
    expect((await liveOverrides(world)).map((it) => it.id)).toEqual(["quiet"]);
    expect(await seen(world)).toEqual(["rose 1.1.0"]);
  });

  test("the file that it prints is what git adopts: from then on the file rules", async () => {
    const world = await liveWorld();
    const { stdout } = await breakGlass(
      world.root,
      "rose@>=1.1.0",
      "--limit=none",
      "--platforms=android",
      "--app=android=>=8.1.0",
      "--regions=SG,ID",
      "--tiers=mid,high",
      ...WHY,
      "--json",
    );
    const { file, override } = JSON.parse(stdout);
    const before = await seenByNewcomers(world, ["rose"]);
    expect([...new Set(before)].sort()).toEqual(["rose 1.0.0", "rose 1.1.0"]);
    await world.write({ [file.path]: file.text });
    await world.commit("Adopt it");
    await world.publish();
    expect(await liveOverrides(world)).toEqual([{ ...override, origin: "git" }]);
    expect(await seenByNewcomers(world, ["rose"])).toEqual(before);

    await world.write({ [file.path]: null });
    await world.commit("Let it go");
    await world.publish();
    expect(await liveOverrides(world)).toEqual([]);
    expect(await seen(world)).toEqual(["rose 1.1.0"]);
  });

  test("a misspelt gift is written, told with the nearest one, and no success", async () => {
    const world = await liveWorld();
    const { code, stdout } = await breakGlass(world.root, "roze", "--limit=none", ...WHY);
    expect(code).toBe(1);
    expect(stdout).toContain('WARNING: nothing live is called "roze"; did you mean "rose"?');
  });

  test.each([
    [["--limit=none", "--reason=x"], "name a gift"],
    [["rose", "--reason=x"], "limit"],
    [["rose", "--limit=full", "--reason=x"], "limit"],
    [["rose", "--limit=none"], "say why"],
    [["rose@1.0.0", "crown", "--limit=none", "--reason=x"], "a range of versions goes with one gift"],
    [["rose@>=banana", "--limit=none", "--reason=x"], "is no semver range"],
    [["rose@>2 <1", "--limit=none", "--reason=x"], "no version is in the range"],
    [["rose", "--all-gifts", "--limit=none", "--reason=x"], "--all-gifts stands for every gift"],
    [["rose", "--limit=none", "--reason=x", "--regions=sg"], "sg"],
    [["rose", "--limit=none", "--reason=x", "--id=../rose"], "it names a file"],
    [["rose", "--lift=x"], "--lift ID stands alone"],
  ])("refuses %j in words, before anything is read", (words, expected) => {
    expect(() => readWanted(toArguments(command, words), 0)).toThrow(UsageError);
    expect(() => readWanted(toArguments(command, words), 0)).toThrow(expected);
  });
});

describe("giftwrap override without what it would rather have", () => {
  test("works from the copy that status --save made, in another folder, with the key in a variable", async () => {
    const world = await liveWorld();
    const elsewhere = await mkdtemp(join(tmpdir(), "giftwrap-elsewhere-"));
    folders.push(elsewhere);
    const copy = join(elsewhere, "state.json");
    const saved = await giftwrapWith({}, world.root, "status", "--save", copy);
    expect([saved.code, saved.stderr]).toEqual([
      0,
      expect.stringContaining("the state of production is kept in"),
    ]);
    await cp(join(world.root, ".giftwrap/store"), join(elsewhere, ".giftwrap/store"), { recursive: true });
    const key = await readFile(join(world.root, ".giftwrap/keys/production/timestamp.pem"), "utf8");
    expect(await readFile(copy, "utf8")).not.toContain("PRIVATE");

    const keyless = await breakGlass(elsewhere, "rose", "--limit=none", ...WHY, "--state", copy);
    expect([keyless.code, keyless.stderr]).toEqual([3, expect.stringContaining("there is no timestamp key")]);
    const ended = await giftwrapWith(
      { ...ALONE, GIFTWRAP_TIMESTAMP_KEY: key },
      elsewhere,
      "override",
      "rose",
      "--limit=none",
      ...WHY,
      "--state",
      copy,
    );
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    expect(ended.stdout).toContain("production is at revision 2");
    expect(ended.stdout + ended.stderr).not.toContain("PRIVATE");
    const other = await breakGlass(
      elsewhere,
      "rose",
      "--limit=none",
      ...WHY,
      "--state",
      copy,
      "--env=staging",
    );
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("is a copy of production")]);
  });

  test("reads a timestamp that has expired, and writes one that holds", async () => {
    const world = await liveWorld();
    const { environment, signers } = await world.publisher();
    const live = await liveTimestamp(world);
    const content = { snapshot: live.signed.meta["snapshot.json"], ...live.signed.giftwrap };
    await writeTimestamp(environment.store, live, content, signers.timestamp, Date.now() - 7 * 86_400_000);
    await expect(seen(world)).rejects.toMatchObject({ code: "expired" });
    expect((await breakGlass(world.root, "rose@1.1.0", "--limit=none", ...WHY)).code).toBe(0);
    expect(await seen(world)).toEqual(["rose 1.0.0"]);
  });

  test("builds on what an edge serves when the store's own timestamp cannot be trusted", async () => {
    const world = await liveWorld();
    const edge = await edgeOf(world, "SG");
    await breakGlass(world.root, "crown", "--limit=none", "--id=crown-crash", ...WHY);
    const { bytes } = await liveTimestamp(world);
    edge.behave(serves(bytes));
    const path = join(world.root, ".giftwrap/store/production", TIMESTAMP_KEY);
    await writeFile(path, "what a broken disk leaves");

    const edgeOption = `--edge=SG=${edge.edge.url}`;
    const throwing = breakGlass(world.root, "rose", "--limit=none", "--deadline=2", ...WHY, edgeOption);
    const { code, stdout } = await throwing;
    expect(stdout).toContain("last known is revision 2, from the SG edge, with 1 override: crown-crash");
    // The edge is made to serve the old one, so nobody can say that it is out there.
    expect(code).toBe(3);
    edge.behave(right);
    expect((await liveTimestamp(world)).signed.version).toBe(3);
    expect((await liveOverrides(world)).map((it) => it.gifts)).toEqual([["crown"], ["rose"]]);
  });

  test("a store that cannot be read at all: says what is known, and what to commit, and writes nothing", async () => {
    const world = await liveWorld();
    const edge = await edgeOf(world, "SG");
    const { bytes } = await liveTimestamp(world);
    edge.behave(serves(bytes));
    const path = join(world.root, ".giftwrap/store/production", TIMESTAMP_KEY);
    await rm(path);
    await symlink("timestamp.json", path);
    const { code, stdout, stderr } = await breakGlass(
      world.root,
      "rose",
      "--limit=none",
      "--id=rose-crash",
      ...WHY,
      `--edge=SG=${edge.edge.url}`,
    );
    expect([code, stderr]).toEqual([3, expect.stringContaining("[STORE_UNREADABLE]")]);
    expect(stdout).toContain("last known is revision 1, from the SG edge, with 0 overrides");
    expect(stdout).toContain("nothing was written to production");
    expect(stdout).toContain("commit this as releases/overrides/rose-crash.yaml");
  });

  test("on a copy it is written when nothing happened since, and refused when something did", async () => {
    const world = await liveWorld();
    const copy = join(world.root, "state.json");
    await giftwrapWith({}, world.root, "status", "--save", copy);
    const { signers } = await world.publisher();
    const opened = await openSwitch(toArguments(command, [`--state=${copy}`]), quietIo(world.root));
    // Reading is refused, as by credentials that may only write.
    const get = () =>
      Promise.reject(new GiftError("STORE_FAILED", "reading is refused", "ask for more rights"));
    const blind = {
      ...opened,
      environment: { ...opened.environment, store: { ...opened.environment.store, get } },
    };
    const stop = (id: string): Override => ({ id, origin: "break-glass", gifts: ["rose"], limit: {} });
    const add = (id: string) => {
      const said: string[] = [];
      return changeOverrides(
        opened.environment.store,
        signers.timestamp,
        Date.now,
        baseReader(blind, (line) => said.push(line)),
        (present) => [...present, stop(id)],
      );
    };
    await add("first");
    expect((await liveOverrides(world)).map((it) => it.id)).toEqual(["first"]);
    await expect(add("second")).rejects.toMatchObject({ code: "STORE_UNREADABLE" });
    expect((await liveOverrides(world)).map((it) => it.id)).toEqual(["first"]);
  });
});

describe("an override beside others", () => {
  test("comes through a publish at whatever step of it it is thrown, and the publish comes through too", async () => {
    const world = await liveWorld();
    await world.release({ gift: "rose", version: "1.2.0", regional: true, full: true });
    await world.release({ gift: "crown", version: "1.0.0", canary: false });
    await world.commit("Widen one and stop another");
    const restore = await world.saveStore();
    const { environment, signers, trustedRoot } = await world.publisher();

    let steps = 0;
    for (let at = 1; at === 1 || at <= steps; at++) {
      await restore();
      steps = 0;
      const store = watchedStore(environment.store, async (key) => {
        // What lies before and between the names that clients follow.
        if (!key.startsWith("metadata/") || ++steps !== at) return;
        await changeOverrides(
          environment.store,
          signers.timestamp,
          Date.now,
          async () =>
            (await readLiveTimestamp(environment.store, await trustRoot(trustedRoot, nodeCrypto))) ??
            expect.fail("something is published"),
          (present) => [
            ...present,
            {
              id: "thrown",
              origin: "break-glass",
              gifts: ["rose"],
              versions: [[[1, 2, 0], null]],
              limit: {},
            },
          ],
        );
      });
      const { exit } = await world.publish({ environment: { ...environment, store } });
      expect([at, exit, (await liveOverrides(world)).map((it) => it.id)]).toEqual([at, 0, ["thrown"]]);
      expect([at, await seen(world), await seen(world, "crown")]).toEqual([at, ["rose 1.1.0"], ["default"]]);
    }
    expect(steps).toBeGreaterThan(3);
  });

  test("makes stops coarser where there is no room, and is refused only when there is none for it", async () => {
    const world = await liveWorld();
    const { environment, signers } = await world.publisher();
    const readNow = () => liveTimestamp(world);
    const put = (change: (present: readonly Override[]) => readonly Override[]) =>
      changeOverrides(environment.store, signers.timestamp, Date.now, readNow, change);
    const rollout = {
      salt: "x",
      canary: { cohorts: ["staff"] },
      regional: { regions: {} },
      full: true as const,
    };
    const stopsOf = (gifts: number) =>
      planStops(
        Array.from({ length: gifts }, (_, at) => ({
          gift: `gift-${at}`,
          version: "1.0.0",
          before: rollout,
          after: null,
        })),
        2,
      );
    // As many as there is room for.
    const stops = stopsOf(Math.floor(MAX_OVERRIDE_BYTES / (sizeOf(stopsOf(100)) / 100)));
    expect(MAX_OVERRIDE_BYTES - sizeOf(stops)).toBeLessThan(150);
    await put(() => stops);
    const ended = await breakGlass(world.root, "rose", "--limit=none", ...WHY);
    expect(ended.code).toBe(0);
    const after = await liveOverrides(world);
    expect(sizeOf(after)).toBeLessThanOrEqual(MAX_OVERRIDE_BYTES);
    expect(after.map((it) => it.origin).sort()).toEqual(["break-glass", "stop"]);

    const gifts = Array.from({ length: 900 }, (_, at) => `gift-${at}`);
    const refused = await breakGlass(world.root, ...gifts, "--limit=none", ...WHY);
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("[OVERRIDES_TOO_LARGE]")]);
    expect(await liveOverrides(world)).toEqual(after);
  });
});
