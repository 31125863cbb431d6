import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

const GITHUB = new URL("../../.github/", import.meta.url);
const WORKFLOWS = readdirSync(new URL("workflows/", GITHUB)).filter((name) => name.endsWith(".yml"));
const ACTIONS = readdirSync(new URL("actions/", GITHUB)).map((name) => `actions/${name}/action.yml`);

type Block = Readonly<Record<string, unknown>>;

describe.each(WORKFLOWS)("%s", (name) => {
  const text = read(`workflows/${name}`);
  const workflow = block(parse(text));
  const jobs = Object.entries(block(workflow["jobs"])).map(([id, job]) => ({ id, job: block(job) }));

  it("begins without any permission, and each job says what it may do", () => {
    expect(workflow["permissions"]).toEqual({});
    for (const { id, job } of jobs) expect(job["permissions"], id).toBeTypeOf("object");
  });

  it("writes nothing to GitHub", () => {
    for (const { job } of jobs)
      expect(Object.values(block(job["permissions"])).filter((it) => it !== "read")).toEqual([]);
  });

  it("ends each job after a time", () => {
    for (const { id, job } of jobs) expect(job["timeout-minutes"], id).toBeTypeOf("number");
  });

  it("never runs a stranger's code beside secrets", () => {
    expect(Object.keys(block(workflow["on"]))).not.toContain("pull_request_target");
    if (Object.hasOwn(block(workflow["on"]), "pull_request"))
      expect(text).not.toMatch(/secrets[.[]|secrets:\s*inherit/);
  });

  it("says what may run at the same time", () => {
    expect(workflow["concurrency"]).toMatchObject({ group: expect.any(String) });
  });

  it("checks out without leaving a token behind", () => {
    const checkouts = jobs
      .flatMap(({ job }) => stepsOf(job))
      .filter((it) => String(it["uses"]).startsWith("actions/checkout@"));
    for (const step of checkouts) expect(block(step["with"])).toMatchObject({ "persist-credentials": false });
  });

  it("uses neither caches nor path filters", () => {
    const steps = jobs.flatMap(({ job }) => stepsOf(job));
    expect(
      steps.filter((it) => String(it["uses"]).startsWith("actions/cache") || "cache" in block(it["with"])),
    ).toEqual([]);
    for (const trigger of Object.values(block(workflow["on"])))
      expect(Object.keys(block(trigger)).filter((it) => it.startsWith("paths"))).toEqual([]);
  });
});

describe.each([...WORKFLOWS.map((name) => `workflows/${name}`), ...ACTIONS])("%s", (path) => {
  const steps = allSteps(block(parse(read(path))));

  it("pins what others wrote to a commit, and says which version that is", () => {
    for (const uses of read(path).matchAll(/uses: *(.+)$/gm)) {
      expect(uses[1]).toMatch(/^(\.\/[\w./-]+|[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/);
    }
    expect(steps.length).toBeGreaterThan(0);
  });

  it("gives values to scripts through the environment alone", () => {
    for (const { run } of steps) if (run !== undefined) expect(run).not.toContain("${{");
  });
});

it("the gift check and the gate are required by one name each, and the newest push wins", () => {
  const workflow = block(parse(read("workflows/pr-check.yml")));
  expect(Object.values(block(workflow["jobs"])).map((job) => block(job)["name"])).toEqual([
    "Gift check",
    "Gift gate",
  ]);
  expect(workflow["concurrency"]).toMatchObject({ "cancel-in-progress": true });
});

it("a publish is never cancelled, takes the tip of main, and shows its keys to one step", () => {
  const workflow = block(parse(read("workflows/publish.yml")));
  const job = block(block(workflow["jobs"])["publish"]);
  const [checkout] = stepsOf(job);
  expect(workflow["concurrency"]).toEqual({ group: "publish", "cancel-in-progress": false });
  expect(block(checkout?.["with"])).toMatchObject({ ref: "main", "fetch-depth": 0 });
  expect(job["environment"]).toBe("production");
  const secret = stepsOf(job).filter((it) => JSON.stringify(it).includes("secrets."));
  expect(secret.map((it) => it["uses"])).toEqual(["./.github/actions/giftwrap"]);
  expect(JSON.stringify({ ...job, steps: [] })).not.toContain("secrets.");
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
