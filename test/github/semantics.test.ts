import { existsSync, readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";

/*
 * What GitHub Actions does that people do not expect, and what happens here then: the runbook lists it. Here is held that each line of the
 * list names tests that exist or says what a person does, and what can be seen in the workflow files themselves.
 */

const ROOT = new URL("../../", import.meta.url);
const FACTS = 34;

type Block = Readonly<Record<string, unknown>>;

const WORKFLOWS = readdirSync(new URL(".github/workflows/", ROOT)).map((name) => ({
  name,
  workflow: block(parse(read(`.github/workflows/${name}`))),
}));

const ROWS = read(".github/RUNBOOK.md")
  .split("## What GitHub does, and what happens here\n")[1]
  ?.split("\n## ")[0]
  ?.split("\n")
  .map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "").trim()))
  .filter(([number = ""]) => /^\d+$/.test(number));

test("every fact has a line, and each line says what happens here", () => {
  expect(ROWS?.map(([number]) => Number(number))).toEqual(Array.from({ length: FACTS }, (_, at) => at + 1));
  for (const cells of ROWS ?? []) expect(cells.map(Boolean)).toEqual([true, true, true, true]);
});

test.each(ROWS ?? [])("%s. GitHub %s", (_number, _github, _here, held = "") => {
  const parts = held.split("<br>");
  expect(parts.length).toBeGreaterThan(0);
  for (const part of parts) {
    if (part.startsWith("**You:** ")) continue;
    const [, file = "", title = ""] = /^`(test\/[\w/.]+\.test\.ts)`: (.+)$/.exec(part) ?? [];
    expect(existsSync(new URL(file, ROOT)), part).toBe(true);
    const calls = ["it", "test"].flatMap((call) => [
      `${call}("${title}"`,
      `])("${title}"`,
      `)(\n  "${title}"`,
    ]);
    const text = read(file);
    expect(
      calls.some((call) => text.includes(call)),
      `${file} has no test "${title}"`,
    ).toBe(true);
  }
});

test("what people are sent to is on the page", () => {
  const page = read(".github/RUNBOOK.md");
  const names = [...page.matchAll(/^## (.+)$/gm)].map(([, name = ""]) =>
    name
      .toLowerCase()
      .replaceAll(/[^\w -]/g, "")
      .replaceAll(" ", "-"),
  );
  for (const [, anchor] of page.matchAll(/\]\(#([\w-]+)\)/g)) expect(names).toContain(anchor);
});

test("asks git what changed, and never a list of GitHub's", () => {
  const texts = [
    ...readdirSync(new URL("src/", ROOT), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => `src/${path}`),
    ...WORKFLOWS.map(({ name }) => `.github/workflows/${name}`),
  ];
  for (const path of texts)
    expect(read(path), path).not.toMatch(
      /pulls\.listFiles|repos\.compareCommits|event\.(?:commits|head_commit|before)\b/,
    );
});

test("no schedule begins when everybody's does", () => {
  const crons = WORKFLOWS.flatMap(({ workflow }) => listOf(block(workflow["on"])["schedule"]))
    .map((it) => String(it["cron"]))
    .map((cron) => cron.split(" ")[0] ?? "");
  expect(crons.length).toBeGreaterThan(3);
  for (const minutes of crons) {
    expect(minutes).toMatch(/^(?:\d+(?:,\d+)*|\d+-\d+\/\d+)$/);
    for (const first of minutes.split(",").map((it) => Number(it.split("-")[0])))
      expect([0, 15, 30, 45]).not.toContain(first);
  }
});

test("forms ask for little, and each input is a line", () => {
  const forms = WORKFLOWS.flatMap(({ name, workflow }) => {
    const form = block(workflow["on"])["workflow_dispatch"];
    return form ? [{ name, inputs: Object.values(block(block(form)["inputs"])).map(block) }] : [];
  });
  expect(forms.length).toBeGreaterThan(4);
  for (const { name, inputs } of forms) {
    expect(inputs.length, name).toBeLessThanOrEqual(10);
    for (const input of inputs) expect(["string", "choice", "boolean"], name).toContain(input["type"]);
  }
});

test("no run follows a run that follows another", () => {
  const named = new Map(WORKFLOWS.map(({ workflow }) => [String(workflow["name"]), block(workflow["on"])]));
  for (const { name, workflow } of WORKFLOWS) {
    const followed = block(block(workflow["on"])["workflow_run"])["workflows"] ?? [];
    for (const other of Array.isArray(followed) ? followed.map(String) : []) {
      expect(named.has(other), `${name} follows ${other}`).toBe(true);
      expect(Object.keys(named.get(other) ?? {}), `${name} follows ${other}`).not.toContain("workflow_run");
    }
  }
});

test("gifts are never a matrix of jobs", () => {
  // The project's own code is tried on several versions of Node.
  for (const { name, workflow } of WORKFLOWS.filter((it) => it.name !== "ci.yml"))
    for (const job of Object.values(block(workflow["jobs"])).map(block))
      expect(job, name).not.toHaveProperty("strategy");
});

test("what is published comes from no artifact", () => {
  const readers = WORKFLOWS.filter(({ workflow }) =>
    JSON.stringify(workflow).includes("/download-artifact@"),
  );
  expect(readers.map(({ name }) => name).sort()).toEqual(["lock.yml", "pr-comment.yml"]);
});

function listOf(value: unknown): readonly Block[] {
  return Array.isArray(value) ? value.map(block) : [];
}

function block(value: unknown): Block {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}
