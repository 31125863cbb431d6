import { afterAll, beforeAll, expect, test } from "vitest";
import { lottieText } from "../journey/giftOf.ts";
import { createHouse, type House, PEOPLE } from "../support/house.ts";

/*
 * A gift's whole life as its people live it: in the browser, with nothing but issues, uploads, reviews and buttons. The workflow files are the
 * project's own, unmodified, and so is the program that they run; only the numbers of the viewers' apps are simulated.
 */

const { artist, manager, liveOps, onCall } = PEOPLE;
const STAFF = { cohorts: ["staff"] };
let house: House;
/** Runs that were looked at. */
let seen = 0;

beforeAll(async () => {
  house = await createHouse();
}, 120_000);
afterAll(() => house?.stop());

/** The pull request that was opened last. */
const newest = () => [...house.github.state.issues.values()].findLast((it) => it.pull !== null)?.number ?? 0;
const card = (number: number): string => house.comments(number, "giftwrap:card").at(-1)?.body ?? "";
const pullOf = (number: number) => house.github.state.issues.get(number)?.pull;
const title = (number: number) => house.github.state.issues.get(number)?.title;

/** Ends when nothing more follows; a job that failed and should not have is told with all that it said. */
async function settle(...mayFail: readonly string[]): Promise<void> {
  const before = seen;
  await house.runner.idle();
  const runs = house.runner.runs.slice(before);
  seen = house.runner.runs.length;
  const wrong = runs.filter((it) => it.conclusion === "failure" && !mayFail.includes(it.file));
  const logs = wrong.flatMap((it) =>
    it.jobs
      .filter((job) => job.result === "failure")
      .map((job) => `${it.file} ${job.name}\n${job.log.slice(-3000)}`),
  );
  if (logs.length > 0) throw new Error(logs.join("\n"));
}

const timeline = (number: number): string => house.comments(number, "giftwrap:timeline").at(-1)?.body ?? "";
const playedInSg = () =>
  Promise.all(Array.from({ length: 16 }, (_, at) => house.plays("star", { unitId: `viewer-${at}` })));

/** What the schedule proposes: the number of its pull request, checked. */
async function promotion(): Promise<number> {
  await house.runner.schedule("promote.yml");
  await settle();
  return newest();
}

async function approve(number: number, ...who: readonly string[]): Promise<void> {
  for (const as of who) house.github.review(number, { as, state: "approved" });
  await settle();
}

async function merge(number: number, as: string): Promise<void> {
  await house.github.mergeByButton(number, { as });
  await settle();
  await house.pull();
}

/** So many hours of plays since the newest stage was opened, some of them to come, of which that many fail. */
async function letPlay(version: string, failure: string, hours: number): Promise<void> {
  await house.must(
    "simulate",
    "--release",
    `star@${version}`,
    "--failure",
    failure,
    "--hours",
    String(hours),
    "--viewers",
    "8000",
    "--record",
    house.metricsFile,
  );
}

test("from the issue to the revert, and the fixed version after it", async () => {
  const { github, runner } = house;
  house.setHoursBack(10);

  // The artist fills in a form.
  const issue = await github.openIssue({
    as: artist,
    title: "New release",
    labels: ["giftwrap: new-release"],
    body: "### Gift\n\nstar\n\n### Version\n\n1.1.0\n\n### Title\n\nStar, in red\n\n### Test group\n\nstaff\n\n### Regions\n\nSG 50, ID 50\n",
  });
  await settle();
  const release = newest();
  expect(pullOf(release)?.headRef).toBe(`giftwrap/release-issue-${issue}`);
  const answer = [...github.state.comments.values()].find((it) => it.issue === issue)?.body;
  expect(answer).toContain(`/pull/${release}`);

  // What is uploaded first is no animation.
  const branch = pullOf(release)?.headRef ?? "";
  await github.pushFiles(branch, { "gifts/star/source/art.json": "{ not a drawing" }, { as: artist });
  await settle("pr-check.yml");
  expect(card(release)).toMatch(/to fix/);
  expect(card(release)).toContain(`upload/${branch}/gifts/star/source`);

  // The right one is built by main's code, and its lock is committed by the app.
  await github.pushFiles(branch, { "gifts/star/source/art.json": lottieText(230) }, { as: artist });
  await settle();
  expect(card(release)).toContain("gift-release-managers");
  await approve(release, manager);
  house.setHoursBack(8);
  await merge(release, artist);
  expect([await house.plays("star", STAFF), await house.plays("star")]).toEqual(["1.1.0", "1.0.0"]);
  expect(timeline(release)).toContain("1.1.0");

  // Once the gate has seen enough of the testers, the next stage is proposed by itself.
  await letPlay("1.1.0", "0.5%:0.5%", 9);
  const regional = await promotion();
  expect(title(regional)).toMatch(/star 1\.1\.0.*regional/);
  expect(card(regional)).toContain("gift-release-managers");
  await approve(regional, manager);
  house.setHoursBack(6);
  await merge(regional, manager);
  expect(new Set(await playedInSg())).toEqual(new Set(["1.0.0", "1.1.0"]));
  expect(await house.plays("star", { region: "BR" })).toBe("1.0.0");

  // Good numbers propose everyone, and a second team has to agree.
  await letPlay("1.1.0", "0.5%:0.5%", 7);
  await house.runner.schedule("watch.yml");
  await settle();
  expect(house.comments(regional, "giftwrap:metrics")).toHaveLength(1);
  const full = await promotion();
  expect(title(full)).toMatch(/star 1\.1\.0.*full/);
  await approve(full, manager);
  await expect(github.mergeByButton(full, { as: manager })).rejects.toThrow(/giftwrap approvals/);
  await approve(full, liveOps);
  house.setHoursBack(4);
  await merge(full, manager);
  expect(new Set(await playedInSg())).toEqual(new Set(["1.1.0"]));

  // The incident: Revert takes back what that pull request opened, and the form what is left.
  house.setHoursBack(3);
  const revert = await github.revertByButton(full, { as: onCall });
  if (revert === "conflict") throw new Error("a promotion can always be reverted");
  await settle();
  expect(card(revert)).toContain("rollback");
  await merge(revert, onCall);
  expect(new Set(await playedInSg())).toEqual(new Set(["1.0.0", "1.1.0"]));
  expect([timeline(revert), timeline(full)].every((it) => it.includes("1.1.0"))).toBe(true);
  // Good numbers do not open again what a person has closed.
  await letPlay("1.1.0", "0.5%:0.5%", 4);
  expect(await house.must("gate", "star@1.1.0")).toContain("Promote star 1.1.0");
  expect(await promotion()).toBe(revert);

  house.setHoursBack(0);
  await runner.dispatch(
    "rollback.yml",
    { gift: "star", limit: "none", version: "", reason: "It hurts the eyes", incident: "INC-1" },
    { as: onCall },
  );
  await settle();
  expect([...new Set(await playedInSg()), await house.plays("star", STAFF)]).toEqual(["1.0.0", "1.0.0"]);

  await merge(newest(), onCall);
  expect([...new Set(await playedInSg()), await house.plays("star", STAFF)]).toEqual(["1.0.0", "1.0.0"]);

  // Nothing brings it back but a person; the mended version begins anew.
  await runner.schedule("promote.yml");
  await settle();
  expect([...new Set(await playedInSg())]).toEqual(["1.0.0"]);
  const again = await github.openIssue({
    as: artist,
    title: "New release",
    labels: ["giftwrap: new-release"],
    body: "### Gift\n\nstar\n\n### Title\n\nStar, in calm red\n\n### Test group\n\nstaff\n",
  });
  await settle();
  const mended = newest();
  expect(pullOf(mended)?.headRef).toBe(`giftwrap/release-issue-${again}`);
  await github.pushFiles(
    pullOf(mended)?.headRef ?? "",
    { "gifts/star/source/art.json": lottieText(120) },
    { as: artist },
  );
  await settle();
  await approve(mended, manager);
  await merge(mended, artist);
  expect(await house.plays("star", STAFF)).not.toMatch(/^1\.[01]\.0$/);
  expect(new Set(await playedInSg())).toEqual(new Set(["1.0.0"]));
  expect(github.violations).toEqual([]);
}, 580_000);
