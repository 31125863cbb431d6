import { afterAll, beforeAll, expect, test } from "vitest";
import { APP, APPROVALS, createHouse, type House, PEOPLE } from "../support/house.ts";
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

/** A job of any branch: it says of another commit what main requires, with the token that GitHub gives it. */
const forger = (sha: string): string =>
  `
name: forger
on: push
permissions: { checks: write, statuses: write }
jobs:
  forge:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - env: { TOKEN: "\${{ github.token }}" }
        run: |
          say() {
            curl --fail --silent --show-error --header "Authorization: Bearer $TOKEN" --data "$2" "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/$1"
          }
          for name in giftwrap "giftwrap gate"; do
            say check-runs "{\\"name\\":\\"$name\\",\\"head_sha\\":\\"${sha}\\",\\"status\\":\\"completed\\",\\"conclusion\\":\\"success\\",\\"external_id\\":\\"giftwrap:forged\\"}"
          done
          say statuses/${sha} '{"state":"success","context":"giftwrap approvals","description":"approved"}'
`.trimStart();

test("checks and a status that a branch's own job writes as GitHub Actions make nothing mergeable", async () => {
  const { github, runner } = house;
  const files = { "releases/policy.yaml": `${POLICY}\nnobody: asks\n` };
  const sha = await github.pushFiles("broken", files, { as: PEOPLE.artist });
  const number = await github.openPull({ as: PEOPLE.artist, head: "broken", title: "Break the policy" });
  await runner.idle();
  const refusal = () => github.mergeByButton(number, { as: PEOPLE.artist }).then(() => "merged", String);
  const before = await refusal();
  for (const part of ['"giftwrap" is failing', '"giftwrap approvals" is in progress'])
    expect(before.replaceAll("\\", "")).toContain(part);

  const forge = { ".github/workflows/forger.yml": forger(sha) };
  await github.pushFiles("forge", forge, { as: PEOPLE.artist });
  await runner.idle();
  expect(house.runsOf("forger.yml").map((it) => it.conclusion)).toEqual(["success"]);
  const forged = [
    ...github.state.checkRuns
      .filter((it) => it.externalId === "giftwrap:forged")
      .map((it) => [it.app, it.sha]),
    ...github.state.statuses.slice(-1).map((it) => [it.creator.login, it.sha]),
  ];
  expect(forged).toEqual(Array.from({ length: 3 }, () => ["github-actions[bot]", sha]));
  expect(await refusal()).toBe(before);

  // What the card says next does not take them for its own word, either.
  await runner.dispatch("pr-comment.yml", { pull: String(number) }, { as: PEOPLE.artist });
  await runner.idle();
  const newest = github.state.statuses.findLast((it) => it.sha === sha);
  expect([newest?.creator.login, newest?.state]).toEqual([APP, "pending"]);
  expect(await refusal()).toBe(before);
  expect(github.violations).toEqual([]);
}, 240_000);
