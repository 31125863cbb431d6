import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { giftFiles, lottieText } from "../journey/giftOf.ts";
import { createHouse, type House, PEOPLE } from "../support/house.ts";

/*
 * A gift's whole life as its people live it: in the browser, with nothing but issues, uploads, reviews and buttons. The workflow files are the
 * project's own, unmodified, and so is the program that they run; only the numbers of the viewers' apps are simulated.
 */

const { artist, manager, liveOps, onCall } = PEOPLE;
const STAFF = { cohorts: ["staff"] };
let house: House;

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
  const before = house.runner.runs.length;
  const start = performance.now();
  await house.runner.idle();
  const runs = house.runner.runs.slice(before);
  console.info(
    `${runs.map((it) => `${it.file} ${it.conclusion}`).join(", ")} in ${Math.round(performance.now() - start)} ms`,
  );
  const wrong = runs.filter((it) => it.conclusion === "failure" && !mayFail.includes(it.file));
  const logs = wrong.flatMap((it) =>
    it.jobs
      .filter((job) => job.result === "failure")
      .map((job) => `${it.file} ${job.name}\n${job.log.slice(-3000)}`),
  );
  if (logs.length > 0) throw new Error(logs.join("\n"));
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

/** So many hours of plays since the newest stage was opened, of which that many fail. */
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
  house.setHoursBack(60);

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
  expect(card(release)).toContain("gifts/star/source/art.json");

  // The right one is built by main's code, and its lock is committed by the app.
  await github.pushFiles(branch, { "gifts/star/source/art.json": lottieText(230) }, { as: artist });
  await settle();
  expect(card(release)).toContain("gift-release-managers");
  await approve(release, manager);
  house.setHoursBack(40);
  await merge(release, artist);
  expect([await house.plays("star", STAFF), await house.plays("star")]).toEqual(["1.1.0", "1.0.0"]);
  expect(house.comments(release, "giftwrap:timeline").at(-1)?.body).toContain("1.1.0");

  // A day later the gate has seen enough of the testers, and a promotion is proposed by itself.
  await letPlay("1.1.0", "0.5%:0.5%", 6);
  await runner.schedule("promote.yml");
  await settle();
  const regional = newest();
  expect(title(regional)).toContain("star 1.1.0");
  await approve(regional, manager);
  house.setHoursBack(20);
  await merge(regional, manager);
  expect(await house.plays("star", { unitId: "3" })).toBeTypeOf("string");

  void [liveOps, onCall, giftFiles, writeFile, join];
}, 580_000);
