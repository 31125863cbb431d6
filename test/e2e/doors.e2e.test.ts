import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import type { Timestamp } from "../../src/wire/metadata.ts";
import type { WorkflowRun } from "../github/runner/runs.ts";
import { giftFiles } from "../journey/giftOf.ts";
import { APP, createHouse, type House, PEOPLE } from "../support/house.ts";
import { type ReleaseSpec, releaseText } from "../support/world.ts";

/*
 * The three doors of a rollback, and the form that stops a gift, each from the press to the viewers; and what a publish does when several
 * things happen at once. One organisation for all, with a gift for each door. The times are said and never judged.
 */

const { artist, manager, liveOps, onCall } = PEOPLE;
const CLOSED = { canary: false };
const REGIONAL = { regional: true };
/** The gifts, and how far 1.1.0 of each is when the tests begin. */
const STARTS = {
  star: CLOSED,
  rose: CLOSED,
  bell: REGIONAL,
  lamp: REGIONAL,
  fern: { regional: true, regions: { SG: 100, ID: 100 } },
  opal: REGIONAL,
  jade: CLOSED,
};
const GIFTS = ["star", "rose", "bell", "lamp", "fern", "opal", "jade"] as const;
const REGIONS = { SG: 50, ID: 50 };
/** Viewers of every kind that the releases tell apart, and some of each. */
const VIEWERS = [
  { cohorts: ["staff"] },
  { cohorts: ["staff"], region: "ID" },
  ...["1", "2", "3", "4"].flatMap((unitId) => [
    { region: "SG", unitId },
    { region: "ID", unitId },
  ]),
];

const run = promisify(execFile);
let house: House;
beforeAll(async () => {
  const files: Record<string, string | Uint8Array> = {};
  for (const [at, gift] of GIFTS.entries()) {
    Object.assign(files, await giftFiles(gift, 200 + at));
    files[`releases/${gift}/1.0.0.yaml`] = releaseText({
      gift,
      version: "1.0.0",
      regional: true,
      full: true,
    });
    files[fileOf(gift)] = text(gift, STARTS[gift]);
  }
  house = await createHouse({
    files,
    checks: ["Gift check", "giftwrap", "giftwrap approvals"],
    // A rollback brings no bytes and waits for no numbers; life.e2e.test.ts has them run beside one.
    leaveOut: ["lock.yml", "gate.yml"],
  });
}, 120_000);
afterAll(() => house?.stop());

const fileOf = (gift: string) => `releases/${gift}/1.1.0.yaml`;
const text = (gift: string, spec: Partial<ReleaseSpec> = {}) =>
  releaseText({ gift, version: "1.1.0", regions: REGIONS, ...spec });
const OLD = { staff: ["1.0.0"], others: ["1.0.0"] };
/** What viewers of all kinds play of a gift now. */
const seen = async (gift: string) => {
  const all = await Promise.all(VIEWERS.map((it) => house.plays(gift, it)));
  const kinds = (versions: readonly string[]) => [...new Set(versions)].sort();
  return { staff: kinds(all.slice(0, 2)), others: kinds(all.slice(2)) };
};
const pullOf = (number: number) => house.github.state.issues.get(number)?.pull;
const pulls = () => [...house.github.state.issues.values()].filter((it) => it.pull !== null);
const card = (number: number): string => house.comments(number, "giftwrap:card").at(-1)?.body ?? "";
const timeline = (number: number): string => house.comments(number, "giftwrap:timeline").at(-1)?.body ?? "";

const statusOf = (number: number, context: string) =>
  house.github.state.statuses.findLast((it) => it.sha === pullOf(number)?.headSha && it.context === context)
    ?.state;
const jobOf = (run: WorkflowRun | undefined, id: string) => run?.jobs.find((it) => it.id === id);

async function timestamp(): Promise<Timestamp> {
  const stored = await house.store.get(TIMESTAMP_KEY);
  return (JSON.parse(new TextDecoder().decode(stored?.bytes)) as { signed: Timestamp }).signed;
}
const overrides = async () =>
  (await timestamp()).giftwrap.overrides.map(({ id, origin }) => ({ id, origin }));

/** Nothing that runs by itself gives it back to anybody, or proposes to. */
async function expectHeld(...gifts: readonly string[]): Promise<void> {
  const { runner } = house;
  const before = await Promise.all(gifts.map(seen));
  for (const file of ["promote.yml", "watch.yml"]) await runner.schedule(file);
  await runner.idle();
  for (const file of ["promote.yml", "watch.yml"])
    expect([file, house.runsOf(file).at(-1)?.conclusion]).toEqual([file, "success"]);
  expect(await Promise.all(gifts.map(seen))).toEqual(before);
  expect(pulls().filter((it) => it.state === "open" && it.title.startsWith("Promote"))).toEqual([]);
}

/** A pull request with these files that somebody merged some time ago, of which nothing is left to happen. */
async function bring(title: string, files: Readonly<Record<string, string | null>>): Promise<number> {
  const heard = house.github.state.listeners.splice(0);
  const number = await open(title, files);
  await house.github.mergeByButton(number, { as: "founder", isBypassing: true });
  house.github.state.listeners.push(...heard);
  await house.pull();
  return number;
}

async function open(title: string, files: Readonly<Record<string, string | null>>): Promise<number> {
  const head = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  await house.github.pushFiles(head, files, { as: artist, message: title });
  return house.github.openPull({ as: artist, head, title });
}

/** Milliseconds from then on until that run of a file has done the job, which it must. */
async function timeOf(file: string, at: number, id: string, from: number): Promise<number> {
  const done = await vi.waitFor(
    () => {
      const job = jobOf(house.runsOf(file)[at], id);
      if (job?.result == null) throw new Error(`${file}: ${id} is not done`);
      return job;
    },
    { timeout: 120_000, interval: 10 },
  );
  if (done.result !== "success") throw new Error(`${file}: ${id}: ${done.result}\n${done.log}`);
  return Math.round(performance.now() - from);
}

test("the Revert button: nobody has to approve it, the stop goes out first, and nothing reopens it but a person", async () => {
  const { github, runner } = house;
  house.setHoursBack(12);
  const canary = await bring("Release star 1.1.0", { [fileOf("star")]: text("star") });
  house.setHoursBack(6);
  await bring("Promote star 1.1.0", { [fileOf("star")]: text("star", REGIONAL) });
  await house.must("publish");
  expect(await seen("star")).toEqual({ staff: ["1.1.0"], others: ["1.0.0", "1.1.0"] });
  const numbers = "--release star@1.1.0 --failure 0.5%:0.5% --hours 6 --viewers 8000";
  await house.must("simulate", ...numbers.split(" "), "--record", house.metricsFile);
  house.setHoursBack(0);

  const revert = await github.revertByButton(canary, { as: onCall });
  if (revert === "conflict") throw new Error("it conflicts");
  await runner.idle();
  expect(card(revert)).toMatch(/rollback — ready, merge it now/);
  expect(card(revert)).toContain("It waits for no approval");
  expect(statusOf(revert, "giftwrap approvals")).toBe("success");

  const before = house.runsOf("publish.yml").length;
  const from = performance.now();
  await github.mergeByButton(revert, { as: onCall });
  const stopped = await timeOf("publish.yml", before, "stop", from);
  expect(jobOf(house.runsOf("publish.yml")[before], "stop")?.log).toMatch(/stop confirmed at 2 edges/);
  expect(await seen("star")).toEqual(OLD);
  const published = await timeOf("publish.yml", before, "publish", from);
  console.info(
    `the Revert button: stopped at both edges ${stopped} ms after the merge, published after ${published} ms`,
  );
  await runner.idle();
  expect(await seen("star")).toEqual(OLD);
  expect(timeline(revert)).toContain("star 1.1.0");
  expect(timeline(canary)).toContain(`#${revert}`);

  await expectHeld("star");
  const reopened = await open("Reopen star 1.1.0", {
    [fileOf("star")]: `${text("star")}\nreopening:\n  reason: "The network was at fault"\n`,
  });
  await runner.idle();
  expect(card(reopened)).not.toMatch(/to fix/);
  github.review(reopened, { as: manager, state: "approved" });
  await runner.idle();
  await github.mergeByButton(reopened, { as: manager });
  await runner.idle();
  expect(await seen("star")).toEqual({ staff: ["1.1.0"], others: ["1.0.0"] });
}, 600_000);

test("the form: the switch before git, one release taken back although two press, merged once its checks have passed", async () => {
  const { github, runner } = house;
  const original = await bring("Promote rose 1.1.0", { [fileOf("rose")]: text("rose", { regional: true }) });
  const raise = await bring("Raise rose 1.1.0", {
    [fileOf("rose")]: text("rose", { regional: true, regions: { SG: 60, ID: 50 } }),
  });
  await bring("Raise rose 1.1.0 more", {
    [fileOf("rose")]: text("rose", { regional: true, regions: { SG: 70, ID: 50 } }),
  });
  await house.must("publish");
  expect(await github.revertByButton(raise, { as: onCall })).toBe("conflict");

  // Somebody makes it by hand, and it conflicts: the card sends them to the form.
  await github.pushFiles(
    "by-hand",
    { [fileOf("rose")]: text("rose", { regions: { SG: 10, ID: 10 } }) },
    { as: onCall, from: pullOf(original)?.merged?.sha ?? "" },
  );
  const byHand = await github.openPull({ as: onCall, head: "by-hand", title: "Take rose back" });
  await runner.dispatch("pr-comment.yml", { pull: String(byHand) });
  await runner.idle();
  expect(card(byHand)).toContain("Roll back a gift");
  await github.closePull(byHand, { as: onCall });

  const from = performance.now();
  const inputs = { gift: "rose", limit: "none", reason: "It crashes", incident: "INC-7" };
  const first = await runner.dispatch("rollback.yml", inputs, { as: onCall });
  const second = await runner.dispatch("rollback.yml", inputs, { as: liveOps });
  const stopped = await timeOf("rollback.yml", house.runsOf("rollback.yml").indexOf(first), "now", from);
  expect(jobOf(first, "now")?.log).toMatch(/at most|for nobody/);
  expect(await seen("rose")).toEqual(OLD);
  await runner.idle();
  expect([first.conclusion, second.conclusion]).toEqual(["success", "success"]);
  const [rollback, ...more] = pulls().filter((it) => it.pull?.headRef === "giftwrap/rollback-rose-1.1.0");
  expect(more).toEqual([]);

  // Its checks have passed by now, so the next reconcile merges what the form could not.
  await runner.schedule("reconcile.yml", undefined, ["adopt"]);
  await runner.idle();
  expect(rollback?.pull?.merged?.by).toBe(APP);
  const published = Math.round(performance.now() - from);
  console.info(
    `the form: stopped at both edges ${stopped} ms after the press, merged and published after ${published} ms`,
  );
  expect(await seen("rose")).toEqual(OLD);
  expect(timeline(rollback?.number ?? 0)).toContain("rose 1.1.0");
  expect(house.comments(original, "giftwrap:rollback").at(-1)?.body).toContain(String(rollback?.number));
}, 600_000);

test("the form does nothing with hostile words but tell them, escaped", async () => {
  const { runner } = house;
  const reason =
    "It `id` $(touch pwned) ${{ secrets.X }}\n\nGift: lamp\nskip-checks: true\n@acme/live-ops <img src=x> [skip ci]";
  const form = await runner.dispatch(
    "rollback.yml",
    { gift: "bell", reason, incident: "INC\n::set-output name=x::y" },
    { as: onCall },
  );
  await runner.idle();
  await runner.schedule("reconcile.yml", undefined, ["adopt"]);
  await runner.idle();
  expect(form.conclusion).toBe("success");
  const pull = pulls().find((it) => it.pull?.headRef === "giftwrap/rollback-bell-1.1.0");
  expect(pull?.pull?.merged).not.toBeNull();
  expect(pull?.body).not.toMatch(/@acme|(^|[^\\])<img|\[skip ci\]/);
  expect(pull?.title).not.toMatch(/\n|\[skip ci\]/);
  await house.pull();
  const message = (
    await run("git", ["log", "-1", "--format=%B", "--", fileOf("bell")], { cwd: house.laptop })
  ).stdout;
  expect(message).not.toMatch(/^Gift: lamp|^skip-checks|\[skip ci\]/m);
  expect(await seen("bell")).toEqual(OLD);
  expect(await readdir(house.laptop)).not.toContain("pwned");
}, 600_000);

test("the form Stop a gift now: some versions, somewhere, until a person deletes its file", async () => {
  const { github, runner } = house;
  const stop = await runner.dispatch(
    "stop.yml",
    { gift: "fern", range: ">=1.1.0", limit: "canary", regions: "SG", reason: "It crashes" },
    { as: onCall },
  );
  await runner.idle();
  expect(stop.conclusion).toBe("success");
  const inSg = { staff: await house.plays("fern", { cohorts: ["staff"] }), other: await house.plays("fern") };
  expect([inSg, await house.plays("fern", { region: "ID" })]).toEqual([
    { staff: "1.1.0", other: "1.0.0" },
    "1.1.0",
  ]);
  const pull = pulls().at(-1);
  expect(pull?.title).toBe(`Put the override stop-${stop.id} into git`);
  await github.mergeByButton(pull?.number ?? 0, { as: onCall });
  await runner.idle();
  expect(await overrides()).toContainEqual({ id: `stop-${stop.id}`, origin: "git" });
  expect([await house.plays("fern"), await house.plays("fern", { region: "ID" })]).toEqual([
    "1.0.0",
    "1.1.0",
  ]);
}, 600_000);

test("break-glass: nothing but the bundle, the key and the store; put into git afterwards, and git rules from then on", async () => {
  const { github, runner } = house;
  const asked = github.requests.length;
  const from = performance.now();
  await run(
    process.execPath,
    [".github/giftwrap/ops.mjs", "override", "lamp", "--newest", "--limit", "none", "--reason", "It crashes"],
    // Neither git nor GitHub can be reached.
    {
      cwd: house.laptop,
      env: { PATH: "/nowhere", HTTPS_PROXY: "http://127.0.0.1:9", GITHUB_API_URL: "http://127.0.0.1:9" },
    },
  );
  const stopped = Math.round(performance.now() - from);
  expect(github.requests.length).toBe(asked);
  expect(await seen("lamp")).toEqual(OLD);

  await runner.schedule("reconcile.yml");
  await runner.idle();
  const adopted = pulls().findLast((it) => it.pull?.headRef.startsWith("giftwrap/override-break-glass-lamp"));
  const id = adopted?.pull?.headRef.replace("giftwrap/override-", "") ?? "";
  expect(await seen("lamp")).toEqual(OLD);
  await github.mergeByButton(adopted?.number ?? 0, { as: onCall });
  await runner.idle();
  console.info(
    `break-glass: stopped at both edges ${stopped} ms after the command began, in git after ${Math.round(performance.now() - from)} ms`,
  );
  expect(await overrides()).toContainEqual({ id, origin: "git" });
  expect(await seen("lamp")).toEqual(OLD);
  // Nor anything of what the other doors took.
  await expectHeld("lamp", "star", "rose", "bell", "fern");

  await bring("Lift it", { [`releases/overrides/${id}.yaml`]: null });
  await house.must("publish");
  expect(await seen("lamp")).toEqual({ staff: ["1.1.0"], others: ["1.0.0", "1.1.0"] });
}, 600_000);

test("a stop waits for no slow publish; of those that wait the last does the work of all; an old one run again does no harm", async () => {
  const { github, runner } = house;
  const letGo = house.holdEdges((path) => path.includes("/objects/"));
  const merge = async (title: string, files: Readonly<Record<string, string | null>>, words = title) => {
    const number = await open(title, files);
    await github.mergeByButton(number, { as: "founder", isBypassing: true, title: words, message: "" });
    return number;
  };
  const count = house.runsOf("publish.yml").length;
  await merge("Release jade 1.1.0", { [fileOf("jade")]: text("jade") });
  await timeOf("publish.yml", count, "stop", 0);
  const from = performance.now();
  await merge("Close opal 1.1.0", { [fileOf("opal")]: text("opal", { canary: false, regional: false }) });
  const stopped = await timeOf("publish.yml", count + 1, "stop", from);
  expect(await overrides()).toContainEqual({ id: "stop/opal/1.1.0", origin: "stop" });
  expect(jobOf(house.runsOf("publish.yml")[count + 1], "stop")?.log).toMatch(/confirmed at 2 edges/);
  const slow = house.runsOf("publish.yml")[count];
  expect(slow?.status).not.toBe("completed");
  console.info(`a stop beside a slow publish: at both edges ${stopped} ms after the merge`);
  await merge("Open jade further", { [fileOf("jade")]: text("jade", { regional: true }) });
  await timeOf("publish.yml", count + 2, "stop", 0);
  letGo();
  await runner.idle();
  const results = house
    .runsOf("publish.yml")
    .slice(count)
    .map((it) => it.jobs.find(({ id }) => id === "publish")?.result);
  expect(results).toEqual(["success", "cancelled", "success"]);
  const state = [await seen("opal"), await seen("jade")];
  expect(state).toEqual([OLD, { staff: ["1.1.0"], others: ["1.0.0", "1.1.0"] }]);
  const live = (await timestamp()).version;

  if (slow) runner.rerun(slow);
  await runner.idle();
  expect(house.runsOf("publish.yml").at(-1)?.conclusion).toBe("success");
  expect([(await timestamp()).version, await seen("opal"), await seen("jade")]).toEqual([live, ...state]);
}, 600_000);
