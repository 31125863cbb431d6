import { rm } from "node:fs/promises";
import { afterEach, describe, expect, test } from "vitest";
import { readPinned } from "../../src/rollout/readPinned.ts";
import { planAnalysis } from "../../src/rollout/planAnalysis.ts";
import { fileHistory } from "../../src/source/git.ts";
import { createWorld, POLICY, type World } from "../support/world.ts";

const worlds: World[] = [];
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.remove()));
});

const gate = (points: number) => `${POLICY}
gate:
  traffic: { regions: { SG: 1, ID: 3 }, tiers: { low: 2, high: 2 } }
  stages:
    canary: { soakHours: 4, units: 20 }
    regional: { soakHours: 24, units: 2000, longestDays: 7 }
    full: { soakHours: 72, units: 2000 }
  metrics:
    failed: { margin: { points: ${points} }, usualPercent: 0.5 }
    slow: { overMilliseconds: 200, margin: { times: 1.2, points: 2.5 }, floor: { times: 1 }, units: 9000, decides: false }
`;
const ROSE = { gift: "rose", version: "1.1.0" } as const;

async function newWorld(): Promise<World> {
  const world = await createWorld();
  worlds.push(world);
  await world.write({ "releases/policy.yaml": gate(0.5) });
  await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true });
  await world.release({ ...ROSE, regions: { SG: 5, ID: 10 }, holdback: 2 });
  await world.commit("Release");
  return world;
}

async function planOf(world: World) {
  const head = await world.git("rev-parse", "HEAD");
  const pinned = (await readPinned(world.root, head, [ROSE])).get("rose@1.1.0");
  return pinned ? planAnalysis(pinned) : null;
}

describe("the plan of a trial", () => {
  test("is the gate as it was when the stage was opened, whatever was written since", async () => {
    const world = await newWorld();
    await world.release({ ...ROSE, regions: { SG: 5, ID: 10 }, holdback: 2, regional: true });
    const opening = await world.commit("Open regional");
    const plan = (await planOf(world)) ?? expect.fail("no plan");
    expect(plan).toMatchObject({
      stage: "regional",
      method: "compare",
      commit: opening,
      startSeconds: Number(await world.git("show", "-s", "--format=%ct", opening)),
      shares: { SG: 49_000, ID: 98_000 },
      minimumSoakSeconds: 86_400,
      maximumSoakSeconds: 7 * 86_400,
    });
    expect(plan.strata.map((it) => `${it.region}/${it.tier} ${it.weight.toFixed(3)}`)).toEqual([
      "ID/low 0.300",
      "ID/mid 0.150",
      "ID/high 0.300",
      "SG/low 0.100",
      "SG/mid 0.050",
      "SG/high 0.100",
    ]);
    expect(plan.metrics).toEqual([
      {
        name: "failed",
        margin: { ratio: 1, absolute: 0.005 },
        floor: { ratio: 1.1, absolute: 0 },
        minimumUnits: 2000,
        priorRate: 0.005,
        decides: true,
      },
      {
        name: "slow",
        over: 200,
        margin: { ratio: 1.2, absolute: 0.025 },
        floor: { ratio: 1, absolute: 0 },
        minimumUnits: 9000,
        priorRate: 0.01,
        decides: false,
      },
    ]);
    await world.write({ "releases/policy.yaml": gate(5) });
    await world.commit("Be generous");
    await world.release({ gift: "tulip", version: "1.0.0" });
    await world.commit("Another gift");
    expect(await planOf(world)).toEqual(plan);
  });

  test("begins anew when a percentage changes or the stage is opened again, and not with a new title", async () => {
    const world = await newWorld();
    const open = { ...ROSE, regions: { SG: 5, ID: 10 }, regional: true };
    await world.release(open);
    const first = await world.commit("Open regional");
    await world.write({ "releases/rose/1.1.0.yaml": await retitled(world, "Another title") });
    await world.commit("Title");
    expect((await planOf(world))?.commit).toBe(first);
    await world.release({ ...open, regions: { SG: 6, ID: 10 } });
    const raised = await world.commit("Raise");
    expect((await planOf(world))?.commit).toBe(raised);
    await world.release({ ...open, regions: { SG: 6, ID: 10 }, regional: false });
    const closed = await world.commit("Close");
    expect(await planOf(world)).toMatchObject({ commit: closed, stage: "canary" });
    await world.release({ ...open, regions: { SG: 6, ID: 10 } });
    const again = await world.commit("Open again");
    expect((await planOf(world))?.commit).toBe(again);
  });

  test("compares with nobody while only named cohorts have it", async () => {
    const world = await newWorld();
    expect(await planOf(world)).toMatchObject({
      stage: "canary",
      method: "cohort",
      shares: {},
      minimumSoakSeconds: 4 * 3_600,
      allowedFailures: 0,
    });
  });

  test("counts every kind of device while a percentage of all viewers has it beside the regions' slice", async () => {
    const world = await newWorld();
    const slice = { ...ROSE, regions: { SG: 5 }, eligible: "{ tiers: [mid, high] }", regional: true };
    await world.release(slice);
    await world.commit("Open regional");
    expect((await planOf(world))?.strata.map((it) => it.tier)).toEqual(["mid", "high"]);
    await world.release({ ...slice, percent: 1 });
    await world.commit("And one in a hundred of all");
    expect(new Set((await planOf(world))?.strata.map((it) => it.tier))).toEqual(
      new Set(["low", "mid", "high"]),
    );
  });

  test("compares with the older release that was there at the opening, also when that was closed or deleted since", async () => {
    const world = await newWorld();
    await world.release({ ...ROSE, regions: { SG: 5 }, regional: true });
    await world.commit("Open regional");
    const plan = await planOf(world);
    expect(plan?.method).toBe("compare");
    await world.release({ gift: "rose", version: "1.0.0", canary: false });
    await world.commit("Close the older one");
    expect(await planOf(world)).toEqual(plan);
    await world.write({ "releases/rose/1.0.0.yaml": null, "releases/rose/1.0.0.lock.json": null });
    await world.commit("Delete it");
    expect(await planOf(world)).toEqual(plan);
    await world.release({ ...ROSE, regions: { SG: 6 }, regional: true });
    await world.commit("Raise: now there is nobody");
    expect((await planOf(world))?.method).toBe("cohort");
  });

  test("knows that a later stage was closed, also when all of them were since", async () => {
    const world = await newWorld();
    for (const stages of [
      { regional: true, full: true },
      { regional: false, canary: false },
      { regional: true },
    ]) {
      await world.release({ ...ROSE, ...stages, holdback: 2 });
      await world.commit("Step");
    }
    const head = await world.git("rev-parse", "HEAD");
    expect((await readPinned(world.root, head, [ROSE])).get("rose@1.1.0")?.wasClosed).toBe(true);
  });

  test("begins where the policy first had a gate, when the stage was open before", async () => {
    const world = await newWorld();
    await world.write({ "releases/policy.yaml": POLICY });
    await world.commit("No gate");
    await world.release({ ...ROSE, regions: { SG: 5, ID: 10 }, regional: true });
    await world.commit("Open regional");
    expect(await planOf(world)).toBeNull();
    await world.write({ "releases/policy.yaml": gate(1) });
    const brought = await world.commit("A gate");
    await world.write({ "releases/policy.yaml": gate(2) });
    await world.commit("Another");
    const plan = await planOf(world);
    expect([plan?.commit, plan?.metrics[0]?.margin.absolute]).toEqual([brought, 0.01]);
  });

  test("is none for a release that everyone has, and for one that is not there", async () => {
    const world = await newWorld();
    const head = await world.git("rev-parse", "HEAD");
    const names = [
      { gift: "rose", version: "1.0.0" },
      { gift: "rose", version: "9.9.9" },
    ];
    const pinned = await readPinned(world.root, head, names);
    expect([...pinned.keys()]).toEqual(["rose@1.0.0"]);
    expect([...pinned.values()].map(planAnalysis)).toEqual([null]);
  });

  test("is not guessed in a clone that leaves out when the stage was opened", async () => {
    const world = await newWorld();
    await world.release({ gift: "tulip", version: "1.0.0" });
    await world.commit("Another gift");
    const clone = `${world.root}-shallow`;
    await world.git("clone", "--quiet", "--depth=1", `file://${world.root}`, clone);
    try {
      const head = await world.git("rev-parse", "HEAD");
      await expect(readPinned(clone, head, [ROSE])).rejects.toMatchObject({ code: "HISTORY_SHALLOW" });
    } finally {
      await rm(clone, { recursive: true });
    }
  });
});

async function retitled(world: World, title: string): Promise<string> {
  const text = await world.git("show", "HEAD:releases/rose/1.1.0.yaml");
  return `${text.replace(/^title:.*$/m, `title: ${title}`)}\n`;
}

test("the history of hundreds of paths is that of each, and of no others", async () => {
  const world = await newWorld();
  await world.release({ ...ROSE, regions: { SG: 5, ID: 10 }, holdback: 2, regional: true });
  const head = await world.commit("Open regional");
  const wanted = ["releases/policy.yaml", "releases/rose/1.1.0.yaml", "gifts/rose"];
  const few = await fileHistory(world.root, head, wanted);
  const absent = Array.from({ length: 300 }, (_, at) => `releases/rose/9.9.${at}.yaml`);
  expect(few.get("releases/rose/1.1.0.yaml")).toHaveLength(2);
  expect(few.has("releases/rose/1.0.0.yaml")).toBe(false);
  expect(await fileHistory(world.root, head, [...wanted, ...absent])).toEqual(few);
});
