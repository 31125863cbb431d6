import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { INPUTS } from "../../src/main/actionInputs.ts";
import { COMMANDS } from "../../src/main/commandTable.ts";
import type { Store } from "../../src/store/store.ts";
import { startTestEdge, type TestEdge } from "../support/edges.ts";
import { createWorld, type World } from "../support/world.ts";

const run = promisify(execFile);
const BUNDLE = new URL("../../src/main/bundle.mjs", import.meta.url).pathname;

/** A folder with the one file in it and nothing else. */
let alone = "";
let world: World;
let edge: TestEdge;

beforeAll(async () => {
  alone = await mkdtemp(join(tmpdir(), "giftwrap-ops-"));
  await run(process.execPath, [BUNDLE, "--out", alone]);
  await rm(join(alone, "LICENSES.txt"));
});
afterAll(() => rm(alone, { recursive: true, force: true }));

beforeEach(async () => {
  let store: Store | null = null;
  edge = await startTestEdge("SG", () => store ?? { get: async () => null });
  world = await createWorld([edge.edge]);
  for (const version of ["1.0.0", "1.1.0"])
    await world.release({ gift: "star", version, regional: true, full: true });
  await world.commit("Release");
  store = await world.store();
  await world.publish();
});
afterEach(async () => {
  await edge.close();
  await world.remove();
});

interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The bundle as a job has it: no package, no home, no variable but those that are given. */
function ops(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: alone, ...variables };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(alone, "ops.mjs"), ...args],
      { cwd: world.root, env },
      (_, stdout, stderr) => resolve({ exit: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

const toEdge = () => ["--edge", `SG=${edge.edge.url}`];

describe("the bundle, with nothing installed", () => {
  test("validates, stops, rolls back and overrides", async () => {
    const validated = await ops(["validate"]);
    expect(validated.stdout).toMatch(/\d+ errors?, \d+ warnings?/);
    expect(validated.stderr).not.toMatch(/^ +at /m);

    await world.release({ gift: "star", version: "1.1.0", canary: false });
    await world.commit("Close");
    const stopped = await ops(["publish", "--stops-only", ...toEdge()]);
    expect(stopped).toMatchObject({ exit: 0 });
    expect(stopped.stdout).toMatch(/stop confirmed at 1 edge/);

    const overridden = await ops([
      "override",
      "star",
      "--limit",
      "none",
      "--reason",
      "it blinks",
      ...toEdge(),
    ]);
    expect(overridden).toMatchObject({ exit: 0 });
    const rolledBack = await ops(["rollback", "star", "--reason", "it blinks"]);
    expect(rolledBack.stderr + rolledBack.stdout).not.toMatch(/Cannot find|^ +at /m);
    expect(await readFile(join(world.root, "releases/star/1.0.0.yaml"), "utf8")).toContain("open: false");
  });

  test("says what is not in it", async () => {
    expect(await ops(["serve"])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("run npx giftwrap serve after npm ci"),
    });
  });

  test("runs as the action: the page of the job shows what was said, as text, and outputs are set", async () => {
    await mkdir(join(world.root, ".giftwrap/job"), { recursive: true });
    const files = Object.fromEntries(
      ["output", "summary"].map((name) => [name, join(world.root, ".giftwrap/job", name)]),
    );
    const act = async (inputs: Readonly<Record<string, string>>) => {
      for (const path of Object.values(files)) await writeFile(path, "");
      const ran = await ops(["action"], {
        GITHUB_ACTIONS: "true",
        GITHUB_WORKSPACE: world.root,
        GITHUB_OUTPUT: files["output"] ?? "",
        GITHUB_STEP_SUMMARY: files["summary"] ?? "",
        ...inputs,
      });
      const [output = "", summary = ""] = await Promise.all(
        Object.values(files).map((path) => readFile(path, "utf8")),
      );
      return { ...ran, output, summary };
    };

    await world.release({ gift: "star", version: "1.1.0", canary: false });
    await world.commit("Close");
    const stopped = await act({
      INPUT_COMMAND: "publish",
      INPUT_STOPS_ONLY: "true",
      INPUT_EDGE: `SG=${edge.edge.url}`,
    });
    expect(stopped).toMatchObject({ exit: 0 });
    expect(stopped.summary).toMatch(/### ✅ giftwrap publish\n\n```text\nstop in production/);
    expect(stopped.output).toMatch(/^verdict<<(\S+)\nok\n\1$/m);
    expect(stopped.stdout).toMatch(/^::stop-commands::(\S+)\n[^]*\n::\1::\n/);

    const unknown = await act({ INPUT_COMMAND: "lock" });
    expect(unknown).toMatchObject({ exit: 2 });
    expect(unknown.summary).toContain('the input command is "lock", which is none');

    const wrong = await act({ INPUT_COMMAND: "status", INPUT_ISSUE: "3" });
    expect(wrong).toMatchObject({ exit: 2 });
    expect(wrong.stdout).toContain("::error::status takes no input issue");

    const typed = await act({
      INPUT_COMMAND: "override",
      INPUT_WORDS: "star",
      INPUT_LIMIT: "none",
      INPUT_REASON: "--lift\n::add-mask::x\n$(touch x)",
      INPUT_EDGE: `SG=${edge.edge.url}`,
    });
    const token = /^::stop-commands::(\S+)$/m.exec(typed.stdout)?.[1] ?? "";
    const heard = typed.stdout.slice(typed.stdout.indexOf(`::${token}::\n`) + token.length + 5);
    expect(heard).not.toMatch(/^::(?!error)/m);
  });
});

test("every input of the action is an option of a command", async () => {
  const options = new Set(["command", "words", "environment"]);
  // The command that reads an issue's form is still to come.
  if (!Object.hasOwn(COMMANDS, "new-release")) options.add("issue");
  for (const load of Object.values(COMMANDS))
    for (const option of Object.keys((await load()).command.options)) options.add(option);
  expect(Object.keys(INPUTS).filter((it) => !options.has(it))).toEqual([]);
});
