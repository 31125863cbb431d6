import { describe, expect, it } from "vitest";
import type { Json } from "./json.ts";
import { readWorkflow } from "./parse.ts";
import { isMatch, isSkipped, isStarted, type RepositoryEvent } from "./triggers.ts";

const JOBS = `
jobs:
  one:
    runs-on: ubuntu-24.04
    timeout-minutes: 1
    steps:
      - run: echo one
`;

async function starts(on: string, name: string, payload: Json, rest: Partial<RepositoryEvent> = {}) {
  const workflow = await readWorkflow(".github/workflows/it.yml", `name: it\non:${on}\n${JOBS}`);
  return isStarted(workflow, { name, payload, actor: "ana", byActionsToken: false, ...rest });
}

describe("on:", () => {
  it("starts for a push to a branch that is named, and never for one that is deleted", async () => {
    const on = "\n  push:\n    branches: [main, 'release/**']";
    expect(await starts(on, "push", { ref: "refs/heads/main" })).toBe(true);
    expect(await starts(on, "push", { ref: "refs/heads/release/a/b" })).toBe(true);
    expect(await starts(on, "push", { ref: "refs/heads/other" })).toBe(false);
    expect(await starts(on, "push", { ref: "refs/tags/main" })).toBe(false);
    expect(await starts(on, "push", { ref: "refs/heads/main", deleted: true })).toBe(false);
    expect(await starts(" push", "push", { ref: "refs/tags/v1" })).toBe(true);
  });

  it("takes a pull request's usual actions unless it names its own", async () => {
    const pull = { pull_request: { base: { ref: "main" } } };
    expect(await starts(" pull_request", "pull_request", pull, { action: "synchronize" })).toBe(true);
    expect(await starts(" pull_request", "pull_request", pull, { action: "labeled" })).toBe(false);
    const on = "\n  pull_request:\n    types: [ready_for_review]\n    branches: [main]";
    expect(await starts(on, "pull_request", pull, { action: "ready_for_review" })).toBe(true);
    expect(await starts(on, "pull_request", pull, { action: "opened" })).toBe(false);
    const other = { pull_request: { base: { ref: "old" } } };
    expect(await starts(on, "pull_request", other, { action: "ready_for_review" })).toBe(false);
  });

  it("follows a run by its workflow's name, its end and its branch", async () => {
    const on =
      "\n  workflow_run:\n    workflows: [pr-check]\n    types: [completed]\n    branches: ['!main', '**']";
    const payload = (name: string, head_branch: string) => ({
      workflow: { name },
      workflow_run: { head_branch },
    });
    const ended = { action: "completed" };
    expect(await starts(on, "workflow_run", payload("pr-check", "rose"), ended)).toBe(true);
    expect(await starts(on, "workflow_run", payload("ci", "rose"), ended)).toBe(false);
    expect(await starts(on, "workflow_run", payload("pr-check", "rose"), { action: "requested" })).toBe(
      false,
    );
  });

  it("starts for what a job's own token made only when it is a dispatch", async () => {
    const byActionsToken = { byActionsToken: true };
    expect(await starts(" push", "push", { ref: "refs/heads/main" }, byActionsToken)).toBe(false);
    expect(await starts(" issue_comment", "issue_comment", {}, byActionsToken)).toBe(false);
    expect(await starts("\n  repository_dispatch:", "repository_dispatch", {}, byActionsToken)).toBe(true);
    const here = { workflow: ".github/workflows/it.yml" };
    expect(await starts(" workflow_dispatch", "workflow_dispatch", here, byActionsToken)).toBe(true);
    const there = { workflow: ".github/workflows/other.yml" };
    expect(await starts(" workflow_dispatch", "workflow_dispatch", there)).toBe(false);
  });

  it("refuses what it cannot judge, with the file", async () => {
    const paths = "\n  push:\n    paths: ['gifts/**']";
    await expect(starts(paths, "push", {})).rejects.toThrow(
      ".github/workflows/it.yml:1: the executor does not know on.push.paths",
    );
    await expect(starts(" release", "push", {})).rejects.toThrow("does not know the event release");
  });
});

it.each([
  ["[skip ci] Rose", true],
  ["Rose\n\nsome words [no ci]", true],
  ["Rose [Actions Skip]", true],
  ["Rose\n\nWords\n\nskip-checks: true\n", true],
  ["Rose skip-checks: true", false],
  ["Rose (skip ci)", false],
])("reads in %j whether checks are skipped: %s", (message, isIt) => {
  expect(isSkipped(message)).toBe(isIt);
});

it("matches branches as GitHub does", () => {
  expect(isMatch(["*"], "main")).toBe(true);
  expect(isMatch(["*"], "a/b")).toBe(false);
  expect(isMatch(["**", "!giftwrap/**"], "giftwrap/promote")).toBe(false);
  expect(isMatch(["**", "!giftwrap/**"], "giftwrap")).toBe(true);
  expect(isMatch(["v1.0"], "v1x0")).toBe(false);
});
