import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { startGitHub } from "../github/double/startGitHub.ts";
import { type StandIn, startStandIn } from "../github/runner/standIn.ts";
import { type Runner, type RunnerOptions, startRunner } from "../github/runner/startRunner.ts";
import type { JobRun, WorkflowRun } from "../github/runner/runs.ts";

const CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1";

let github: StandIn | undefined;
let runner: Runner | undefined;

afterEach(async () => {
  await runner?.stop();
  await github?.stop();
  runner = undefined;
  github = undefined;
});

/** A repository with these workflow files on main, and an executor that listens. */
async function start(files: Readonly<Record<string, string>>, options: Partial<RunnerOptions> = {}) {
  github = await startStandIn();
  const named = Object.entries(files).map(([name, text]) => [
    /^[\w-]+\.yml$/.test(name) ? `.github/workflows/${name}` : name,
    text,
  ]);
  await github.push(Object.fromEntries(named), { isQuiet: true, message: "Begin" });
  runner = await startRunner({ github: github.github, ...options });
  return { github, runner };
}

/** A workflow with jobs that are written as YAML below `jobs:`, each with what every job must say. */
function workflow(on: string, jobs: Readonly<Record<string, string>>, top = ""): string {
  const written = Object.entries(jobs).map(
    ([id, body]) => `  ${id}:\n    runs-on: ubuntu-24.04\n    timeout-minutes: 1\n${indent(body, 4)}`,
  );
  return `name: it\non:\n${indent(on, 2)}\npermissions: {}\n${top}\njobs:\n${written.join("\n")}\n`;
}

function steps(...scripts: readonly string[]): string {
  return `steps:\n${scripts.map((it) => `  - run: |\n${indent(it, 6)}`).join("\n")}`;
}

function indent(text: string, by: number): string {
  return text
    .split("\n")
    .map((it) => (it === "" ? it : " ".repeat(by) + it))
    .join("\n");
}

function job(run: WorkflowRun | undefined, id: string): JobRun {
  const found = run?.jobs.find((it) => it.id === id || it.name === id);
  if (found === undefined) throw new Error(`no job ${id} among ${run?.jobs.map((it) => it.name).join(", ")}`);
  return found;
}

/** How each job of a run ended, by name. */
function results(run: WorkflowRun | undefined): Readonly<Record<string, string | null>> {
  return Object.fromEntries((run?.jobs ?? []).map((it) => [it.name, it.result]));
}

/** Until a file is there: how a test waits for a step that is under way. */
async function until(path: string): Promise<void> {
  await vi.waitFor(() => access(path), { timeout: 20_000, interval: 20 });
}

/** A step that says it is there and then waits until somebody lets it go. */
const HOLD = 'touch "$HELD/$GITHUB_JOB-$GITHUB_RUN_ID"; until [ -e "$HELD/go" ]; do sleep 0.05; done';

describe("steps", () => {
  it("pass on what they write to GITHUB_ENV, GITHUB_PATH and GITHUB_OUTPUT, and jobs their outputs", async () => {
    const { github, runner } = await start({
      "it.yml": workflow("push:", {
        one: `
outputs:
  gift: \${{ steps.a.outputs.gift }}
env:
  PLACE: job
steps:
  - id: a
    run: |
      echo "gift=rose" >> "$GITHUB_OUTPUT"
      echo "WORDS<<END" >> "$GITHUB_ENV"
      printf 'a\\nb\\n' >> "$GITHUB_ENV"
      echo END >> "$GITHUB_ENV"
      mkdir -p bin; printf '#!/bin/bash\\necho from the path' > bin/mine; chmod +x bin/mine
      echo "$PWD/bin" >> "$GITHUB_PATH"
  - run: |
      mine
      echo "$WORDS" | tr '\\n' ,
      echo "$PLACE $GIFT $GITHUB_REF_NAME"
    env:
      PLACE: step
      GIFT: \${{ steps.a.outputs.gift }}
`.trim(),
        two: `needs: one\nenv:\n  GIFT: \${{ needs.one.outputs.gift }}\n${steps("echo it is $GIFT")}`,
      }),
    });
    await github.push({});
    await runner.idle();
    const [run] = runner.runs;
    expect(job(run, "one").log).toBe("from the path\na,b,step rose main\n");
    expect(job(run, "two").log).toBe("it is rose\n");
    expect(run?.conclusion).toBe("success");
  });

  it("end at the first that fails, but for those that ask how things stand", async () => {
    const { github, runner } = await start({
      "it.yml": workflow("push:", {
        one: `
steps:
  - id: forgiven
    run: exit 3
    continue-on-error: true
  - run: echo "\${{ steps.forgiven.outcome }} \${{ steps.forgiven.conclusion }}"
  - run: |
      false
      echo never
  - run: echo skipped
  - if: failure()
    run: echo failure
  - if: always()
    run: echo always
  - if: success()
    run: echo success
`.trim(),
        pipe: `steps:\n  - run: false | true\n  - shell: bash\n    run: false | true`,
      }),
    });
    await github.push({});
    await runner.idle();
    const [run] = runner.runs;
    expect(results(run)).toEqual({ one: "failure", pipe: "failure" });
    expect(job(run, "one").log).toBe(
      "error: Process completed with exit code 3.\nfailure success\nerror: Process completed with exit code 1.\nfailure\nalways\n",
    );
    // Without a shell GitHub says bash -e alone; with one a pipe fails as well.
    expect(job(run, "pipe").steps.map((it) => it.outcome)).toEqual(["success", "failure"]);
  });

  it("keep ten annotations of each level, and drop a summary of more than a mebibyte while the step stays green", async () => {
    const { github, runner } = await start({
      "it.yml": workflow("push:", {
        one: steps(
          'for n in $(seq 12); do echo "::error file=a%2Cb.yaml,line=$n::wrong%0A$n"; echo "::warning::w"; done; echo small >> "$GITHUB_STEP_SUMMARY"',
          'head -c 1048577 /dev/zero | tr "\\0" x >> "$GITHUB_STEP_SUMMARY"',
          'head -c 1048576 /dev/zero | tr "\\0" x >> "$GITHUB_STEP_SUMMARY"',
        ),
      }),
    });
    await github.push({});
    await runner.idle();
    const one = job(runner.runs[0], "one");
    expect(one.result).toBe("success");
    expect(one.annotations.filter((it) => it.level === "warning")).toHaveLength(10);
    expect(one.steps[0]?.annotations.filter((it) => it.level === "error")).toHaveLength(10);
    expect(one.annotations[0]).toEqual({
      level: "error",
      message: "wrong\n1",
      title: null,
      file: "a,b.yaml",
      line: 1,
    });
    expect(one.steps.map((it) => it.summary?.length ?? null)).toEqual([6, null, 1_048_576]);
    expect(one.annotations.at(-1)?.message).toContain("supports content up to a size of 1024k");
  });

  it("are not listened to between stop-commands and its token, and masked words are never seen", async () => {
    const { github, runner } = await start(
      {
        "it.yml": workflow("push:", {
          one: `
outputs:
  leaked: \${{ steps.a.outputs.leaked }}
  kept: \${{ steps.a.outputs.kept }}
steps:
  - id: a
    env:
      KEY: \${{ secrets.KEY }}
    run: |
      echo "::stop-commands::abc"
      echo "::error::not heard"
      echo "::abc::"
      echo "::notice::heard"
      echo "::add-mask::pin1234"
      echo "$KEY and pin1234"
      echo "leaked=$KEY" >> "$GITHUB_OUTPUT"
      echo "kept=1" >> "$GITHUB_OUTPUT"
`.trim(),
        }),
      },
      { secrets: { "": { KEY: "s3cret" } } },
    );
    await github.push({});
    await runner.idle();
    const one = job(runner.runs[0], "one");
    expect(one.annotations.map((it) => it.message)).toEqual(["heard"]);
    expect(one.log).toBe("::error::not heard\nnotice: heard\n*** and ***\n");
    expect(one.outputs).toEqual({ kept: "1" });
  });

  it("call actions of the checkout, which see their inputs and nothing else", async () => {
    const action = `
name: Greet
description: Greets
inputs:
  who:
    description: whom
    default: world
outputs:
  said:
    description: what was said
    value: \${{ steps.say.outputs.said }}
runs:
  using: composite
  steps:
    - id: say
      shell: bash
      run: |
        echo "hello $WHO $AROUND from \${GITHUB_ACTION_PATH##*/}"
        echo "said=hello $WHO" >> "$GITHUB_OUTPUT"
        echo "## $WHO" >> "$GITHUB_STEP_SUMMARY"
      env:
        WHO: \${{ inputs.who }}
    - if: failure()
      shell: bash
      run: echo never
`;
    const { github, runner } = await start({
      ".github/actions/greet/action.yml": action,
      "it.yml": workflow("push:", {
        one: `
permissions:
  contents: read
steps:
  - id: early
    uses: ./.github/actions/greet
    continue-on-error: true
  - uses: ${CHECKOUT}
    with:
      persist-credentials: false
  - id: greet
    uses: ./.github/actions/greet
    with:
      who: rose
    env:
      AROUND: around
  - run: echo "$SAID"
    env:
      SAID: \${{ steps.greet.outputs.said }}
`.trim(),
      }),
    });
    await github.push({});
    await runner.idle();
    const one = job(runner.runs[0], "one");
    expect(one.log).toContain("Did you forget to run actions/checkout");
    expect(one.log).toContain("hello rose around from greet\nhello rose\n");
    expect(one.summary).toBe("## rose\n");
    expect(one.result).toBe("success");
  });
});

describe("jobs", () => {
  it("are skipped with what they need, and a skipped one far back counts as no success", async () => {
    const { github, runner } = await start({
      "it.yml": workflow("push:", {
        off: `if: false\n${steps("echo no")}`,
        next: `needs: off\n${steps("echo no")}`,
        bold: `needs: next\nif: \${{ !cancelled() }}\nenv:\n  R: \${{ needs.next.result }}\n${steps('test "$R" = skipped')}`,
        after: `needs: bold\n${steps("echo no")}`,
        gate: `needs: [off, bold]\nif: always()\nenv:\n  R: \${{ needs.off.result }} \${{ needs.bold.result }}\n${steps("echo $R")}`,
      }),
    });
    await github.push({});
    await runner.idle();
    const [run] = runner.runs;
    expect(results(run)).toEqual({
      off: "skipped",
      next: "skipped",
      bold: "success",
      after: "skipped",
      gate: "success",
    });
    expect(job(run, "gate").log).toBe("skipped success\n");
    expect(run?.conclusion).toBe("success");
  });

  it("fail for all that need them, near and far, and for failure() as well", async () => {
    const { github, runner } = await start({
      "it.yml": workflow("push:", {
        bad: steps("exit 1"),
        next: `needs: bad\n${steps("echo no")}`,
        told: `needs: next\nif: failure()\n${steps("echo told")}`,
        soft: `continue-on-error: true\n${steps("exit 1")}`,
        fine: `needs: soft\n${steps("echo fine")}`,
      }),
    });
    await github.push({});
    await runner.idle();
    const [run] = runner.runs;
    expect(results(run)).toEqual({
      bad: "failure",
      next: "skipped",
      told: "success",
      soft: "failure",
      fine: "success",
    });
    expect(run?.conclusion).toBe("failure");
  });

  it("are as many as the matrix says, and the others stop when one fails, unless told otherwise", async () => {
    const { github, runner } = await start({
      "it.yml": workflow("push:", {
        plan: `outputs:\n  list: \${{ steps.a.outputs.list }}\nsteps:\n  - id: a\n    run: echo 'list=["rose","lily"]' >> "$GITHUB_OUTPUT"`,
        build: `
needs: plan
strategy:
  fail-fast: false
  max-parallel: 1
  matrix:
    gift: \${{ fromJSON(needs.plan.outputs.list) }}
    tier: [low, high]
    exclude:
      - gift: lily
        tier: low
    include:
      - gift: rose
        extra: more
      - gift: kit
        tier: mid
env:
  GIFT: \${{ matrix.gift }} \${{ matrix.tier }} \${{ matrix.extra }}
${steps('echo "$GIFT"; [ "$GIFT" != "rose low more" ]')}`.trim(),
        quick: `
strategy:
  max-parallel: 1
  matrix:
    n: [1, 2, 3]
env:
  N: \${{ matrix.n }}
${steps("[ $N != 1 ]")}`.trim(),
      }),
    });
    await github.push({});
    await runner.idle();
    const [run] = runner.runs;
    expect(results(run)).toMatchObject({
      "build (rose, low, more)": "failure",
      "build (rose, high, more)": "success",
      "build (lily, high)": "success",
      "build (kit, mid)": "success",
      "quick (1)": "failure",
      "quick (2)": "cancelled",
      "quick (3)": "cancelled",
    });
    expect(run?.jobs).toHaveLength(8);
  });

  it("have a token of what they ask for and no more, and the secrets of their own environment on main alone", async () => {
    const secrets = { "": { SHARED: "sh4red" }, production: { KEY: "pr0d" }, bot: { KEY: "b0t" } };
    const says = `env:\n  SAYS: \${{ secrets.KEY == '' && 'none' || 'some' }} \${{ secrets.SHARED == '' && 'none' || 'some' }}\n${steps("echo $SAYS")}`;
    const text = workflow("push:", {
      plain: `permissions:\n  contents: read\n  pull-requests: write\n  id-token: write\n${says}`,
      nothing: says,
      keys: `environment: production\n${says}`,
    });
    const { github, runner } = await start({ "it.yml": text }, { secrets });
    await github.push({});
    await github.push({}, { branch: "other" });
    await runner.idle();
    const [main, other] = runner.runs;
    expect(["plain", "nothing", "keys"].map((id) => job(main, id).log)).toEqual([
      "none some\n",
      "none some\n",
      "some some\n",
    ]);
    expect(job(main, "nothing").permissions).toEqual({});
    expect(github.tokens.map((it) => it.permissions)).toContainEqual({
      contents: "read",
      pull_requests: "write",
    });
    expect(job(other, "keys")).toMatchObject({ result: "failure", steps: [] });
    expect(job(other, "keys").annotations[0]?.message).toContain("not allowed to deploy to production");
  });
});

describe("pull requests", () => {
  const pulls = workflow("pull_request:", {
    look: `
permissions:
  contents: write
env:
  KEY: \${{ secrets.KEY }}
steps:
  - uses: ${CHECKOUT}
    with:
      persist-credentials: false
      fetch-depth: 0
  - run: cat both.txt other.txt; echo "key '$KEY' $GITHUB_REF $GITHUB_HEAD_REF $GITHUB_BASE_REF"`.trim(),
  });

  it("run on what their merge would be; one of a fork has no secrets and reads only", async () => {
    const { github, runner } = await start(
      { "it.yml": pulls, "both.txt": "main\n" },
      { secrets: { "": { KEY: "s3cret" } } },
    );
    await github.push({ "other.txt": "theirs\n" }, { branch: "rose", isQuiet: true });
    await github.push({ "both.txt": "newer\n" }, { isQuiet: true });
    await github.openPull("rose");
    await github.openPull("rose", { number: 8, from: "mallory/gifts" });
    await runner.idle();
    const [own, fork] = runner.runs;
    expect(job(own, "look").log).toContain("newer\ntheirs\nkey '***' refs/pull/7/merge rose main\n");
    expect(job(own, "look").permissions).toEqual({ contents: "write" });
    expect(job(fork, "look").log).toContain("newer\ntheirs\nkey '' refs/pull/8/merge rose main\n");
    expect(job(fork, "look").permissions).toEqual({ contents: "read" });
    expect(own?.headSha).not.toBe(own?.sha);
  });

  it("start nothing with conflicts, with [skip ci], or made by a job's own token", async () => {
    const { github, runner } = await start({ "it.yml": pulls, "both.txt": "main\n", "other.txt": "\n" });
    await github.push({ "both.txt": "theirs\n" }, { branch: "rose", isQuiet: true });
    await github.push({ "both.txt": "ours\n" }, { isQuiet: true });
    await github.openPull("rose");
    await github.push({ "other.txt": "x\n" }, { branch: "lily", message: "Lily [skip ci]", isQuiet: true });
    await github.openPull("lily");
    await github.push({ "other.txt": "y\n" }, { branch: "lily", isQuiet: true });
    await github.openPull("lily", { byActionsToken: true });
    await runner.idle();
    expect(runner.runs).toEqual([]);
    await github.openPull("lily");
    await runner.idle();
    expect(runner.runs).toHaveLength(1);
  });

  it("bring their own workflow, which a push to main of [skip ci] or of a token does not start either", async () => {
    const { github, runner } = await start({
      "it.yml": workflow("push:\n  branches: [main]", { one: steps("echo one") }),
    });
    await github.push({}, { message: "Words\n\n[ci skip]" });
    await github.push({}, { byActionsToken: true });
    await github.push(
      { ".github/workflows/pull.yml": workflow("pull_request:", { mine: steps("echo mine") }) },
      { branch: "rose" },
    );
    await github.openPull("rose");
    await runner.idle();
    expect(runner.runs.map((it) => it.file)).toEqual(["pull.yml"]);
  });
});

describe("a run that follows another", () => {
  it("is main's own, knows the head it is about, and reads what that one left behind", async () => {
    const first = workflow("pull_request:", {
      check: `steps:\n  - run: mkdir out; echo '{"fine":true}' > out/report.json; touch out/.hidden\n  - uses: actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1\n    with:\n      name: gift-check\n      path: out`,
    }).replace("name: it", "name: pr-check");
    const second = (asks: string) =>
      workflow("workflow_run:\n  workflows: [pr-check]\n  types: [completed]", {
        card: `
permissions:
  ${asks}
env:
  SAYS: \${{ github.event.workflow_run.head_branch }} \${{ github.event.workflow_run.head_sha }} \${{ github.event.workflow_run.head_repository.full_name }} \${{ github.event.workflow_run.conclusion }} \${{ github.event.workflow_run.event }} \${{ github.ref }}
  KEY: \${{ secrets.KEY }}
steps:
  - uses: actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1
    with:
      name: gift-check
      path: \${{ runner.temp }}/it
      run-id: \${{ github.event.workflow_run.id }}
      github-token: \${{ github.token }}
  - run: ls -A "$RUNNER_TEMP/it"; cat "$RUNNER_TEMP/it/report.json"; echo "$SAYS $KEY"
  - id: none
    continue-on-error: true
    uses: actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1
    with:
      name: nothing
  - run: test "\${{ steps.none.outcome }}" = failure
  - if: always()
    uses: ${CHECKOUT}
    with:
      ref: \${{ github.event.workflow_run.head_sha }}
      persist-credentials: false`.trim(),
      });
    const { github, runner } = await start(
      { "check.yml": first, "card.yml": second("actions: read"), "poor.yml": second("contents: read") },
      { secrets: { "": { KEY: "s3cret" } } },
    );
    const main = await github.push({}, { isQuiet: true });
    const head = await github.push({ ".github/workflows/card.yml": null }, { branch: "rose", isQuiet: true });
    await github.openPull("rose", { from: "mallory/gifts" });
    await runner.idle();
    const [check, card, poor] = ["check.yml", "card.yml", "poor.yml"].map((file) =>
      runner.runs.find((it) => it.file === file),
    );
    expect(check?.artifacts).toEqual(["gift-check"]);
    expect(card?.sha).toBe(main);
    expect(job(card, "card").log).toContain(
      `report.json\n{"fine":true}\nrose ${head} mallory/gifts success pull_request refs/heads/main ***\n`,
    );
    expect(job(card, "card").steps.map((it) => it.conclusion)).toEqual([
      "success",
      "success",
      "success",
      "success",
      "failure",
    ]);
    expect(job(card, "card").log).toContain("Refusing to check out the code of a fork");
    expect(job(poor, "card").log).toContain("Resource not accessible by integration");
  });

  it("follows three deep and no deeper", async () => {
    const after = (name: string, of: string) =>
      workflow(`workflow_run:\n  workflows: [${of}]\n  types: [completed]`, { one: steps("true") }).replace(
        "name: it",
        `name: ${name}`,
      );
    const { github, runner } = await start({
      "it.yml": workflow("push:", { one: steps("true") }),
      "a.yml": after("a", "it"),
      "b.yml": after("b", "a"),
      "c.yml": after("c", "b"),
      "d.yml": after("d", "c"),
    });
    await github.push({});
    await runner.idle();
    expect(runner.runs.map((it) => it.workflow)).toEqual(["it", "a", "b", "c"]);
  });
});

describe("concurrency", () => {
  async function held(top: string, jobs: Readonly<Record<string, string>> = { one: steps(HOLD) }) {
    const folder = await mkdtemp(join(tmpdir(), "giftwrap-held-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const started = await start(
      {
        "it.yml": workflow(
          "push:\n  branches: [main]\nworkflow_dispatch:\n  inputs:\n    gift:\n      type: string",
          jobs,
          top,
        ),
      },
      { environment: { HELD: folder }, maxJobs: 200 },
    );
    return { ...started, folder, go: () => writeFile(join(folder, "go"), "") };
  }

  it("replaces the run that waits, whose jobs never begin", async () => {
    const { runner, folder, go } = await held("concurrency:\n  group: Publish", {
      one: steps(HOLD),
      gate: `needs: one\nif: always()\n${steps("echo gate")}`,
    });
    const first = await runner.dispatch("it.yml");
    await until(join(folder, `one-${first.id}`));
    const second = await runner.dispatch("it.yml");
    const third = await runner.dispatch("it.yml");
    await vi.waitFor(() => expect(second.status).toBe("completed"));
    expect(second).toMatchObject({ conclusion: "cancelled", jobs: [] });
    expect(third.status).toBe("pending");
    await go();
    await runner.idle();
    expect([first.conclusion, third.conclusion]).toEqual(["success", "success"]);
  });

  it("cancels the one in progress when it says so; a job that asks for always() goes on", async () => {
    const { runner, folder, go } = await held("concurrency:\n  group: card\n  cancel-in-progress: true", {
      one: `steps:\n  - run: ${HOLD}\n  - if: always()\n    run: echo cleaned\n  - run: echo never`,
      later: `needs: one\n${steps("echo later")}`,
      gate: `needs: one\nif: always()\nenv:\n  R: \${{ needs.one.result }}\n${steps("echo $R")}`,
    });
    const first = await runner.dispatch("it.yml");
    await until(join(folder, `one-${first.id}`));
    const second = await runner.dispatch("it.yml");
    await vi.waitFor(() => expect(first.status).toBe("completed"), { timeout: 20_000 });
    await go();
    await runner.idle();
    expect(first.conclusion).toBe("cancelled");
    expect(results(first)).toEqual({ one: "cancelled", later: "cancelled", gate: "success" });
    expect(job(first, "one").log).toBe("The operation was canceled.\ncleaned\n");
    expect(job(first, "gate").log).toBe("cancelled\n");
    expect(second.conclusion).toBe("success");
  });

  it("with queue: max keeps a hundred forms, and cancels the one after that", async () => {
    const { runner, folder, go } = await held("concurrency:\n  group: rollback\n  queue: max", {
      one: `if: inputs.gift == 'first'\n${steps(HOLD)}`,
    });
    const first = await runner.dispatch("it.yml", { gift: "first" });
    await until(join(folder, `one-${first.id}`));
    for (let n = 1; n <= 101; n += 1) await runner.dispatch("it.yml", { gift: `gift-${n}` });
    await vi.waitFor(() => expect(runner.runs.filter((it) => it.status === "pending")).toHaveLength(100));
    expect(runner.runs.at(-1)).toMatchObject({ conclusion: "cancelled" });
    await go();
    await runner.idle();
    const ends = runner.runs.map((it) => it.conclusion);
    expect(ends).toEqual(["success", ...Array.from({ length: 100 }, () => "skipped"), "cancelled"]);
  });

  it("counts for a single job as well, shared by all workflows", async () => {
    const { runner, github, folder, go } = await held("", {
      one: `concurrency: Store\n${steps(HOLD)}`,
      two: `needs: one\nif: \${{ !cancelled() }}\nenv:\n  R: \${{ needs.one.result }}\n${steps("echo $R")}`,
    });
    const first = await runner.dispatch("it.yml");
    await until(join(folder, `one-${first.id}`));
    const second = await runner.dispatch("it.yml");
    await github.push({
      ".github/workflows/other.yml": workflow("push:", {
        three: `concurrency: store\n${steps("echo three")}`,
      }),
    });
    await vi.waitFor(() => expect(second.status).toBe("completed"), { timeout: 20_000 });
    expect(results(second)).toEqual({ one: "cancelled", two: "success" });
    expect(second.conclusion).toBe("cancelled");
    await go();
    await runner.idle();
    expect(runner.runs.at(-1)?.conclusion).toBe("success");
  });
});

describe("forms, schedules and runs that are run again", () => {
  it("take what the form asks, with its types and defaults, and refuse the rest in GitHub's words", async () => {
    const form = `
workflow_dispatch:
  inputs:
    gift:
      type: string
      required: true
    limit:
      type: choice
      options: [none, canary]
      default: none
    really:
      type: boolean`.trim();
    const { runner } = await start({
      "it.yml": workflow(
        form,
        {
          one: `env:\n  SAYS: \${{ inputs.gift }} \${{ inputs.limit }} \${{ inputs.really == true }} \${{ github.event.inputs.really == 'true' }}\n${steps("echo $SAYS")}`,
        },
        "run-name: Stop ${{ inputs.gift }} (${{ github.actor }})",
      ),
    });
    const run = await runner.dispatch("it.yml", { gift: "rose", really: true }, { as: "kim" });
    await runner.idle();
    expect(run.title).toBe("Stop rose (kim)");
    expect(job(run, "one").log).toBe("rose none true true\n");
    await expect(runner.dispatch("it.yml", {})).rejects.toThrow("Required input 'gift' not provided");
    await expect(runner.dispatch("it.yml", { gift: "a", limit: "all" })).rejects.toThrow("not in the list");
    await expect(runner.dispatch("it.yml", { gift: "a", who: "me" })).rejects.toThrow("Unexpected inputs");
    await expect(runner.dispatch("none.yml")).rejects.toThrow("does not have 'workflow_dispatch' trigger");
    await runner.idle();
  });

  it("run again with the commit and the event of then; a schedule takes the tip of main", async () => {
    const text = workflow("push:\nschedule:\n  - cron: '7,37 * * * *'", {
      one: `
permissions:
  contents: read
steps:
  - uses: ${CHECKOUT}
    with:
      persist-credentials: false
  - run: echo "$(cat it.txt) $GITHUB_RUN_ATTEMPT $GITHUB_ACTOR $GITHUB_TRIGGERING_ACTOR $(git rev-parse --abbrev-ref HEAD) $(git rev-list --count HEAD)"`.trim(),
    });
    const { github, runner } = await start({ "it.yml": text });
    await github.push({ "it.txt": "old" });
    await github.push({ "it.txt": "new" });
    await runner.idle();
    const [old] = runner.runs;
    if (old === undefined) throw new Error("no run");
    const again = runner.rerun(old, { as: "kim" });
    await runner.idle();
    const scheduled = await runner.schedule("it.yml");
    await runner.idle();
    expect(job(again, "one").log).toContain("old 2 ana kim main 1\n");
    expect(again).toMatchObject({ id: old.id, sha: old.sha, attempt: 2 });
    expect(job(scheduled, "one").log).toContain("new 1 ");
    await expect(runner.schedule("it.yml", "1 1 1 1 1")).rejects.toThrow("has no schedule");
  });

  it("hear of dispatches that a job's own token made", async () => {
    const { github, runner } = await start({
      "it.yml": workflow("repository_dispatch:\n  types: [giftwrap-reconcile]", { one: steps("true") }),
    });
    const event = { name: "repository_dispatch", actor: "cron", byActionsToken: true };
    github.tell({ ...event, action: "giftwrap-reconcile", payload: { action: "giftwrap-reconcile" } });
    github.tell({ ...event, action: "other", payload: { action: "other" } });
    await runner.idle();
    expect(runner.runs).toHaveLength(1);
  });
});

describe("actions of others", () => {
  const app = {
    slug: "giftwrap-bot",
    clientId: "Iv1",
    privateKey: "the key",
    permissions: { contents: "write", issues: "read" },
  } as const;
  const asks = (more: string, job = "environment: bot") =>
    workflow("push:", {
      one: `
${job}
steps:
  - id: app
    uses: actions/create-github-app-token@bcd2ba49218906704ab6c1aa796996da409d3eb1 # v3.2.0
    with:
      client-id: \${{ vars.APP }}
      private-key: \${{ secrets.APP_KEY }}
      ${more}
  - run: echo "$SLUG $TOKEN"
    env:
      SLUG: \${{ steps.app.outputs.app-slug }}
      TOKEN: \${{ steps.app.outputs.token }}`.trim(),
    });
  const options = { app, variables: { APP: "Iv1" }, secrets: { bot: { APP_KEY: "the key" } } };

  it("the App's token is for what is asked, never for more than the App has, and the key is in an environment", async () => {
    const { github, runner } = await start(
      {
        "a.yml": asks("permission-contents: write"),
        "b.yml": asks("permission-issues: write"),
        "c.yml": asks("permission-contents: read", "continue-on-error: false"),
      },
      options,
    );
    await github.push({});
    await runner.idle();
    const [a, b, c] = runner.runs;
    expect(job(a, "one").log).toBe("giftwrap-bot ***\n");
    expect(github.tokens).toContainEqual(
      expect.objectContaining({
        login: "giftwrap-bot[bot]",
        kind: "app",
        permissions: { contents: "write" },
      }),
    );
    expect(job(b, "one").log).toContain("not granted to this installation");
    expect(job(c, "one").log).toContain("privateKey option is required");
  });

  it("a role of AWS takes id-token: write and the subject that it trusts", async () => {
    const aws = (permission: string, environment: string) =>
      workflow("push:", {
        one: `
permissions:
  ${permission}
${environment}
steps:
  - uses: aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3
    with:
      role-to-assume: arn:role
      aws-region: eu-west-1
  - run: echo "$AWS_REGION $AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY"`.trim(),
      });
    const { github, runner } = await start(
      {
        "a.yml": aws("id-token: write", "environment: production"),
        "b.yml": aws("contents: read", "environment: production"),
        "c.yml": aws("id-token: write", "env: {}"),
      },
      {
        giveRole: ({ subject }) =>
          subject === "repo:acme/gifts:environment:production"
            ? { accessKeyId: "AK", secretAccessKey: "hidden" }
            : null,
      },
    );
    await github.push({});
    await runner.idle();
    const [a, b, c] = runner.runs;
    expect(job(a, "one").log).toContain("eu-west-1 AK ***\n");
    expect(job(b, "one").log).toContain("Did you mean to set the `id-token` permission?");
    expect(job(c, "one").log).toContain("Not authorized");
  });

  it.each([
    [
      "an action",
      "steps:\n  - uses: actions/stale@v9",
      "it.yml:11 (jobs.one.steps.0): the executor does not know the action actions/stale@v9",
    ],
    [
      "an input",
      "steps:\n  - uses: actions/setup-node@v7\n    with:\n      mirror: x",
      "does not know the input mirror",
    ],
    [
      "a key",
      "container: node:24\nsteps:\n  - run: echo",
      "it.yml:10 (jobs.one.container): the executor does not know the key container",
    ],
    ["a function", "env:\n  X: ${{ hashFiles('x') }}\nsteps:\n  - run: echo", "hashFiles"],
    ["a checkout with its token", `steps:\n  - uses: ${CHECKOUT}`, "persist-credentials: false"],
  ])("does not pass over %s that it does not know", async (_, body, message) => {
    const { github, runner } = await start({ "it.yml": workflow("push:", { one: body }) });
    await github.push({});
    await expect(runner.idle()).rejects.toThrow(message);
  });
});

it("answers npm ci with what is installed here, and checks out a part of the tree when asked", async () => {
  const { github, runner } = await start({
    "package-lock.json": "{}",
    "gifts/rose/gift.yaml": "id: rose\n",
    "other/big.bin": "big",
    "it.yml": workflow("push:", {
      one: `
permissions:
  contents: read
steps:
  - run: npm ci
    continue-on-error: true
  - uses: ${CHECKOUT}
    with:
      persist-credentials: false
      sparse-checkout: |
        gifts
  - run: npm ci --ignore-scripts; test -e node_modules/yaml/package.json; git status --porcelain; ls`.trim(),
    }),
  });
  await github.push({});
  await runner.idle();
  const one = job(runner.runs[0], "one");
  expect(one.steps.map((it) => it.outcome)).toEqual(["failure", "success", "success"]);
  expect(one.steps[2]?.log).toBe(
    "linked what is installed already\ngifts\nnode_modules\npackage-lock.json\n",
  );
});

it("runs a double's workflows for what people do there, with tokens that it holds to what they may", async () => {
  const double = await startGitHub({
    files: {
      "gifts.txt": "rose\n",
      ".github/workflows/it.yml": workflow("pull_request:", {
        check: `
name: Gift check
permissions:
  contents: read
steps:
  - uses: ${CHECKOUT}
    with:
      persist-credentials: false
      fetch-depth: 0
  - run: cat gifts.txt; git log --format=%s -1 origin/main`.trim(),
      }),
    },
  });
  try {
    double.addUser("mia", { permission: "write" });
    double.protect({ checks: ["Gift check"] });
    runner = await startRunner({ github: double });
    await double.pushFiles("lily", { "gifts.txt": "lily\n" }, { as: "mia" });
    const number = await double.openPull({ as: "mia", head: "lily", title: "Lily" });
    await expect(double.mergeByButton(number, { as: "mia" })).rejects.toThrow();
    await runner.idle();
    const [run] = runner.runs;
    expect(job(run, "Gift check")).toMatchObject({ result: "success" });
    expect(job(run, "check").log).toContain("lily\nBegin\n");
    expect(double.state.runs.get(run?.id ?? 0)).toMatchObject({ status: "completed", conclusion: "success" });
    await double.mergeByButton(number, { as: "mia" });
    await runner.idle();
    expect(double.violations).toEqual([]);
  } finally {
    await runner?.stop();
    await double.stop();
  }
});
