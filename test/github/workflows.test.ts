import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { INPUTS, OUTPUTS } from "../../src/main/actionInputs.ts";
import { COMMANDS } from "../../src/main/commandTable.ts";
import { checkWorkflow, readWorkflow } from "./runner/parse.ts";
import { findShim } from "./runner/shims/findShim.ts";

const GITHUB = new URL("../../.github/", import.meta.url);
const WORKFLOWS = readdirSync(new URL("workflows/", GITHUB)).filter((name) => name.endsWith(".yml"));
const ACTIONS = readdirSync(new URL("actions/", GITHUB)).map((name) => `actions/${name}/action.yml`);
const GIFTWRAP = "./.github/actions/giftwrap";

type Block = Readonly<Record<string, unknown>>;

const PARSED = new Map<string, Block>();

/**
 * What each job may do at most: its own token, the App's token that it makes for itself, and the environment whose keys it has.
 * Whoever needs more writes it here, and says so in the pull request.
 */
const READ = "contents: read";
const CLOUD = "contents: read, id-token: write";
const CARD = "checks: write, contents: read, id-token: write, pull-requests: write, statuses: write";
/** The same as the App, whom nobody can pass for; and who is in a team, which the job's own token may not see. */
const SAY = "checks: write, contents: read, members: read, pull-requests: write, statuses: write";
const PROPOSE = "contents: write, issues: write, pull-requests: write";
const MAY: Readonly<
  Record<string, { readonly token: string; readonly app?: string; readonly keys?: string }>
> = {
  "ci code": { token: READ },
  "ci browser": { token: READ },
  "ci gate": { token: "" },
  "pr-check check": { token: READ },
  "pr-check gate": { token: "" },
  "review-signal signal": { token: "" },
  "lock build": { token: "contents: read, pull-requests: read" },
  "lock store": { token: CLOUD, app: "contents: write, pull-requests: read", keys: "lock" },
  "pr-comment card": { token: `actions: read, ${CARD}`, app: SAY, keys: "bot" },
  "gate gate": {
    token: "checks: write, contents: read, id-token: write, pull-requests: read",
    app: "checks: write, contents: read, pull-requests: read",
    keys: "bot",
  },
  "publish stop": { token: CLOUD, keys: "production" },
  "publish publish": { token: CLOUD, keys: "production" },
  "publish verify": { token: CLOUD, keys: "metrics" },
  "publish report": { token: `${CLOUD}, pull-requests: write`, keys: "metrics" },
  "publish staging": { token: CLOUD, keys: "staging" },
  "promote promotions": { token: CLOUD, app: PROPOSE, keys: "bot" },
  "promote promote": { token: CLOUD, app: PROPOSE, keys: "bot" },
  "watch watch": { token: CLOUD, app: "contents: write, pull-requests: write", keys: "production" },
  "watch tell": { token: `${CLOUD}, pull-requests: write`, keys: "metrics" },
  "rollback now": { token: CLOUD, keys: "production" },
  "rollback record": { token: CLOUD, app: PROPOSE, keys: "bot" },
  "stop now": { token: CLOUD, keys: "production" },
  "stop record": { token: CLOUD, app: PROPOSE, keys: "bot" },
  "reconcile reconcile": { token: "contents: read, id-token: write, issues: write", keys: "production" },
  "reconcile adopt": { token: CLOUD, app: PROPOSE, keys: "bot" },
  "reconcile cards": { token: CARD, app: SAY, keys: "bot" },
  "refresh refresh": { token: CLOUD, keys: "production" },
  "drill drill": { token: CLOUD, keys: "staging" },
  "new-release new-release": { token: READ, app: PROPOSE, keys: "bot" },
  "comment comment": { token: READ, app: `actions: write, ${PROPOSE}`, keys: "bot" },
};

/** Where each secret is kept: in these environments, never in the repository itself. */
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  GIFTWRAP_RELEASE_KEY: ["production", "staging"],
  GIFTWRAP_RELEASE_KEY_NEXT: ["production", "staging"],
  GIFTWRAP_TIMESTAMP_KEY: ["production", "staging"],
  GIFTWRAP_TIMESTAMP_KEY_NEXT: ["production", "staging"],
  GIFTWRAP_APP_KEY: ["bot", "lock", "production"],
  GIFTWRAP_METRICS_TOKEN: ["bot", "metrics", "production"],
};

/** What writes to a store, or to git by the App: never cut off in the middle. */
const WRITERS = ["production", "staging", "lock"];

/** Forms whose payload is in the event alone, so that a run that waits must not be replaced by the next. */
const QUEUES = ["drill drill", "promote promote", "rollback", "stop"];

describe.each(WORKFLOWS)("%s", (name) => {
  const text = read(`workflows/${name}`);
  const workflow = workflowOf(name);
  const events = block(workflow["on"]);
  const jobs = jobsOf(name);

  it("is what GitHub's own parser takes", async () => {
    expect(await checkWorkflow(`.github/workflows/${name}`, text)).toEqual([]);
  });

  it("begins without any permission, and each job has what the table gives it, and no more", () => {
    expect(workflow["permissions"]).toEqual({});
    for (const { title, job } of jobs) {
      const may = MAY[title];
      expect(may, `${title} is new: write into the table what it may do`).toBeDefined();
      expect(levels(block(job["permissions"])), title).toBe(may?.token);
      expect(levels(appPermissions(job)), `the App's token in ${title}`).toBe(may?.app ?? "");
      expect(job["environment"], title).toBe(may?.keys);
    }
  });

  it("ends each job after a time", () => {
    for (const { title, job } of jobs) expect(job["timeout-minutes"], title).toBeTypeOf("number");
  });

  it("reads secrets only from the environment that keeps them, and where nothing of the job is installed", () => {
    expect(text).not.toMatch(/secrets: *inherit|toJSON\(secrets|secrets\[/);
    for (const { title, job } of jobs) {
      const used = [...JSON.stringify(job).matchAll(/secrets\.(\w+)/g)].map((it) => it[1] ?? "");
      for (const secret of used)
        expect(SECRETS[secret], `${secret} in ${title}`).toContain(job["environment"]);
      if (job["environment"] === undefined) continue;
      const scripts = stepsOf(job).flatMap((it) => it["run"] ?? []);
      expect(scripts, `${title} has keys, so it runs nothing but the committed program`).toEqual([]);
    }
  });

  it("shows a secret to the one step that needs it", () => {
    for (const { title, job } of jobs) {
      expect(JSON.stringify({ ...job, steps: [] }), title).not.toContain("secrets.");
      for (const step of stepsOf(job).filter((it) => JSON.stringify(it).includes("secrets.")))
        expect(String(step["uses"]).split("@")[0], title).toMatch(
          /^(?:\.\/\.github\/actions\/giftwrap|actions\/create-github-app-token)$/,
        );
    }
  });

  it("never runs a stranger's code beside secrets or a token that writes", () => {
    expect(Object.keys(events)).not.toContain("pull_request_target");
    const isOfPulls = Object.keys(events).some((it) => it.startsWith("pull_request"));
    if (!isOfPulls) return;
    expect(text).not.toMatch(/secrets[.[]/);
    for (const { title, job } of jobs) {
      expect(Object.values(block(job["permissions"])), title).not.toContain("write");
      expect(job["environment"], title).toBeUndefined();
    }
  });

  it("checks out main, unless it may do nothing or runs for a form", () => {
    const isOfPulls = "pull_request" in events;
    for (const { title, job } of jobs) {
      for (const step of stepsOf(job).filter((it) => String(it["uses"]).startsWith("actions/checkout@"))) {
        const given = block(step["with"]);
        expect(given, title).toMatchObject({ "persist-credentials": false });
        // A form's own commit is main, as the person saw it.
        const isForm = Object.keys(events).join() === "workflow_dispatch";
        const refs = isOfPulls ? [undefined] : isForm ? ["main", "${{ github.sha }}"] : ["main"];
        expect(refs, title).toContain(given["ref"]);
        expect(given, title).not.toHaveProperty("repository");
        expect(given, title).not.toHaveProperty("allow-unsafe-pr-checkout");
      }
    }
  });

  it("says what may run at the same time, and never cuts off what writes", () => {
    for (const { title, job } of jobs) {
      const concurrency = block(job["concurrency"] ?? workflow["concurrency"]);
      const writes =
        WRITERS.includes(String(job["environment"])) ||
        levels(appPermissions(job)).includes("contents: write");
      if (writes || Object.values(block(job["permissions"])).includes("write")) {
        // Reading what is live needs no turn.
        if (title !== "publish verify")
          expect(concurrency, title).toMatchObject({ group: expect.any(String) });
      }
      if (writes) expect(concurrency["cancel-in-progress"] ?? false, title).toBe(false);
    }
  });

  it("uses neither caches nor path filters", () => {
    const steps = jobs.flatMap(({ job }) => stepsOf(job));
    expect(
      steps.filter((it) => String(it["uses"]).startsWith("actions/cache") || "cache" in block(it["with"])),
    ).toEqual([]);
    for (const trigger of Object.values(events))
      expect(Object.keys(block(trigger)).filter((it) => it.startsWith("paths"))).toEqual([]);
  });

  it("asks our action for commands that exist, with inputs that it and the command know", async () => {
    for (const { title, job } of jobs) {
      for (const step of stepsOf(job).filter((it) => it["uses"] === GIFTWRAP)) {
        const given = block(step["with"]);
        const command = String(given["command"]);
        const load = COMMANDS[command];
        expect(load, `${title}: there is no command ${command}`).toBeDefined();
        const options = Object.keys((await load?.())?.command.options ?? {});
        for (const input of Object.keys(given)) {
          expect(Object.keys(INPUTS), `${title}: an input of the action`).toContain(input);
          if (input === "command" || input === "words") continue;
          const option = input === "environment" ? "env" : input;
          expect(options, `${title}: an option of ${command}`).toContain(option);
        }
      }
    }
  });

  it("reads outputs of our action that it has", () => {
    for (const { title, job } of jobs) {
      const ours = stepsOf(job).filter((it) => it["uses"] === GIFTWRAP && it["id"] !== undefined);
      for (const step of ours) {
        const pattern = new RegExp(`steps\\.${String(step["id"])}\\.outputs\\.([\\w-]+)`, "g");
        for (const found of JSON.stringify(job).matchAll(pattern))
          expect(Object.keys(OUTPUTS), title).toContain(found[1]);
      }
    }
  });
});

// ci.yml tests this project itself, in a container: no test runs it.
it.each(WORKFLOWS.filter((name) => name !== "ci.yml"))(
  "%s has nothing that our executor leaves out",
  async (name) => {
    const { jobs } = await readWorkflow(`.github/workflows/${name}`, read(`workflows/${name}`));
    for (const step of jobs.flatMap((it) => it.steps)) {
      if (step.uses === null || step.uses.startsWith("./")) continue;
      const shim = findShim(step.uses.split("@")[0] ?? "");
      expect(shim?.inputs, step.place).toEqual(expect.arrayContaining(Object.keys(step.with)));
    }
  },
);

describe.each([...WORKFLOWS.map((name) => `workflows/${name}`), ...ACTIONS])("%s", (path) => {
  const steps = allSteps(block(parse(read(path))));

  it("pins what others wrote to a commit, and says which version that is", () => {
    for (const uses of read(path).matchAll(/^[ -]*uses: *(.+)$/gm)) {
      expect(uses[1]).toMatch(/^(\.\/[\w./-]+|[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
    }
    expect(steps.length).toBeGreaterThan(0);
  });

  it("gives values to scripts through the environment alone", () => {
    for (const { run } of steps) if (run !== undefined) expect(run).not.toContain("${{");
  });
});

it("an action of others is the same commit everywhere", () => {
  const pins = new Map<string, string>();
  for (const name of WORKFLOWS) {
    for (const [, action = "", pin = ""] of read(`workflows/${name}`).matchAll(/uses: *([\w/-]+)@(.+)$/gm)) {
      expect(pin, `${action} in ${name}`).toBe(pins.get(action) ?? pin);
      pins.set(action, pin);
    }
  }
});

it("what the table gives is asked for", () => {
  const titles = WORKFLOWS.flatMap((name) => jobsOf(name).map(({ title }) => title));
  expect(Object.keys(MAY).filter((title) => !titles.includes(title))).toEqual([]);
});

it("what main requires is said by the App where there is one: as GitHub Actions a job of any branch could say it", () => {
  const commands = ["card", "gate"];
  const saying = WORKFLOWS.flatMap(jobsOf).flatMap(({ title, job }) =>
    stepsOf(job)
      .filter((it) => it["uses"] === GIFTWRAP && commands.includes(String(block(it["with"])["command"])))
      .map((step) => ({ title, job, env: block(step["env"]) })),
  );
  expect(saying.map(({ title }) => title)).toEqual(["gate gate", "pr-comment card", "reconcile cards"]);
  for (const { title, job, env } of saying) {
    const app = stepsOf(job).find((it) => it["id"] === "app");
    expect(app, title).toMatchObject({ if: "vars.GIFTWRAP_APP_ID != ''" });
    // Where the App's token cannot be had nothing is said, rather than by somebody whose word does not count.
    expect(app, title).not.toHaveProperty("continue-on-error");
    expect(env, title).toMatchObject({
      GITHUB_TOKEN: "${{ steps.app.outputs.token || github.token }}",
      GIFTWRAP_LOGIN:
        "${{ steps.app.outputs.token && format('{0}[bot]', steps.app.outputs.app-slug) || '' }}",
    });
  }
});

it("every request of a form waits for its turn, and nothing else does", () => {
  const waiting = WORKFLOWS.flatMap((name) => {
    const workflow = workflowOf(name);
    const ofJobs = jobsOf(name).filter(({ job }) => block(job["concurrency"])["queue"] === "max");
    const own = block(workflow["concurrency"])["queue"] === "max" ? [name.replace(".yml", "")] : [];
    return [...own, ...ofJobs.map(({ title }) => title)];
  });
  expect(waiting.sort()).toEqual(QUEUES);
});

it.each([
  ["pr-check.yml", "Gift check"],
  ["ci.yml", "Code check"],
])("%s is required by one name, %s, which no skipped job makes green", (name, required) => {
  const workflow = workflowOf(name);
  expect(workflow["on"]).toHaveProperty("merge_group");
  const jobs = jobsOf(name);
  const [gate, ...others] = jobs.filter(({ job }) => job["name"] === required);
  expect(others).toEqual([]);
  expect(gate?.job["if"]).toBe("always()");
  const needs = [gate?.job["needs"]].flat().map(String);
  expect([...needs].sort()).toEqual(jobs.flatMap(({ id }) => (id === gate?.id ? [] : [id])).sort());
  const results = Object.values(block(stepsOf(gate?.job ?? {})[0]?.["env"]));
  expect(results).toEqual(needs.map((id) => `\${{ needs.${id}.result }}`));
});

it("the newest push to a pull request wins", () => {
  const workflow = workflowOf("pr-check.yml");
  expect(workflow["concurrency"]).toMatchObject({ "cancel-in-progress": true });
});

it("a publish takes the tip of main whatever started it, stops first and whatever became of the stop", () => {
  const jobs = jobsOf("publish.yml");
  const find = (id: string) => jobs.find((it) => it.id === id)?.job ?? {};
  for (const id of ["stop", "publish"]) {
    const [checkout] = stepsOf(find(id));
    expect(block(checkout?.["with"]), id).toMatchObject({ ref: "main", "fetch-depth": 0 });
  }
  expect(find("stop")).not.toHaveProperty("needs");
  expect([find("publish")["needs"]].flat()).toContain("stop");
  expect(find("publish")["if"]).toContain("!cancelled()");
  const groups = ["stop", "publish"].map((id) => block(find(id)["concurrency"])["group"]);
  expect(new Set(groups).size).toBe(2);
  expect(JSON.stringify(jobs)).not.toContain("github.event.before");
});

it("the action passes on every input that it declares", () => {
  const action = block(parse(read("actions/giftwrap/action.yml")));
  const [step] = allSteps(action);
  const passed = Object.fromEntries(
    Object.keys(block(action["inputs"])).map((name) => [
      `INPUT_${name.replaceAll("-", "_").toUpperCase()}`,
      `\${{ inputs.${name} }}`,
    ]),
  );
  expect(step?.["env"]).toEqual(passed);
});

function workflowOf(name: string): Block {
  const known = PARSED.get(name) ?? block(parse(read(`workflows/${name}`)));
  PARSED.set(name, known);
  return known;
}

interface NamedJob {
  /** `publish stop` */
  readonly title: string;
  readonly id: string;
  readonly job: Block;
}

function jobsOf(name: string): readonly NamedJob[] {
  const jobs = block(workflowOf(name)["jobs"]);
  return Object.entries(jobs).map(([id, job]) => ({
    title: `${name.replace(".yml", "")} ${id}`,
    id,
    job: block(job),
  }));
}

/** `contents: read, issues: write`, sorted by name. */
function levels(permissions: Block): string {
  return Object.entries(permissions)
    .map(([name, level]) => `${name}: ${String(level)}`)
    .sort()
    .join(", ");
}

/** What a job asks the App's token for; everything that the App has would be asked for without a word. */
function appPermissions(job: Block): Block {
  const asked = stepsOf(job)
    .filter((it) => String(it["uses"]).startsWith("actions/create-github-app-token@"))
    .map((it) => {
      const named = Object.entries(block(it["with"])).flatMap(([name, level]) =>
        name.startsWith("permission-") ? [[name.slice("permission-".length), level] as const] : [],
      );
      return named.length === 0 ? { everything: "write" } : Object.fromEntries(named);
    });
  return Object.assign({}, ...asked) as Block;
}

function allSteps(document: Block): readonly Block[] {
  const jobs = Object.values(block(document["jobs"])).map(block);
  return [...jobs, block(document["runs"])].flatMap(stepsOf);
}

function stepsOf(job: Block): readonly Block[] {
  return Array.isArray(job["steps"]) ? job["steps"].map(block) : [];
}

function block(value: unknown): Block {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function read(path: string): string {
  return readFileSync(new URL(path, GITHUB), "utf8");
}
