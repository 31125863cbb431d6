import { afterAll, beforeAll, expect, test } from "vitest";
import { APPROVALS, createHouse, type House, PEOPLE } from "../support/house.ts";
import { POLICY } from "../support/world.ts";

/* What GitHub does that people do not expect, with the project's own workflow files: `.github/RUNBOOK.md` lists it. */

const ASKS = APPROVALS.replace("\npeople:", "\n  policy: [{ team: gift-release-managers }]\npeople:");
let house: House;

beforeAll(async () => {
  house = await createHouse({
    isBlindApp: true,
    policy: `${POLICY}\n${ASKS}`,
    leaveOut: ["lock.yml", "gate.yml"],
  });
}, 120_000);
afterAll(() => house?.stop());

test("an App that may not see who is in a team lets nobody's approval count, and the card is written all the same and says so", async () => {
  const { github, runner } = house;
  const weaker = { "releases/policy.yaml": `${POLICY}\n` };
  await github.pushFiles("weaker", weaker, { as: PEOPLE.artist });
  const number = await github.openPull({ as: PEOPLE.artist, head: "weaker", title: "Change the policy" });
  await runner.idle();
  github.review(number, { as: PEOPLE.manager, state: "approved" });
  await runner.idle();

  const cards = house.runsOf("pr-comment.yml");
  expect(cards.map((it) => it.conclusion)).toContain("success");
  expect(cards.flatMap((it) => it.jobs.map((job) => job.log)).join("\n")).toContain("members: read");
  const [card] = house.comments(number, "giftwrap:card");
  expect(card?.body).toContain("the app needs the permission to read members");
  const approvals = github.state.statuses.filter((it) => it.context === "giftwrap approvals");
  expect(new Set(approvals.map((it) => it.state))).toEqual(new Set(["pending"]));
  expect(github.violations).toEqual([]);
}, 240_000);
