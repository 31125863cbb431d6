import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildLottie } from "../formats/buildLottie.ts";

const ACTION = new URL("../../dist/main/action.js", import.meta.url).pathname;
const CLI = new URL("../../dist/main/cli.js", import.meta.url).pathname;
const run = promisify(execFile);

const POLICY = `platforms:
  web:
    apps: "*"
    players:
      - { name: webp, apps: "*", formats: "*" }
      - { name: lottie, apps: "*", formats: ">=5.0.0 <6.0.0" }
tiers:
  low:
    frames: { longSide: 256, fps: 12, quality: 60 }
    budget: { downloadBytes: 1000000, decodedBytes: 8000000 }
  mid:
    frames: { longSide: 384, fps: 18, quality: 70 }
    budget: { downloadBytes: 2000000, decodedBytes: 20000000 }
  high:
    frames: { longSide: 512, fps: 24, quality: 80 }
    budget: { downloadBytes: 4000000, decodedBytes: 50000000 }
`;

const RELEASE = `gift: star
version: 1.0.0
title: A star

compat:
  app: { web: "*" }
  tiers: [low, mid, high]

rollout:
  canary:
    open: true
    cohorts:
      - staff

  regional:
    open: false
    regions:
      SG: 5

  full:
    open: false
`;

let root: string;
let base: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "giftwrap-action-"));
  const still = await sharp({ create: { width: 120, height: 80, channels: 4, background: "#f0c" } })
    .png()
    .toBuffer();
  await git("init", "--quiet", "--initial-branch=main");
  await write({
    ".gitignore": ".giftwrap/\n.runner/\n",
    "gifts/star/gift.yaml":
      'id: star\nname: Star\nowner: "@acme/gift-art"\nanimation: source/star.json\nstill: source/still.png\n',
    "gifts/star/source/star.json": buildLottie(),
    "gifts/star/source/still.png": still,
    "releases/policy.yaml": POLICY,
    "releases/environments/production.yaml":
      "rollout: as-written\nstore: { folder: .giftwrap/store/production }\nedges: {}\npollSeconds: 60\n",
    "releases/star/1.0.0.yaml": RELEASE,
  });
  await run(process.execPath, [CLI, "build"], { cwd: root });
  base = await commit("Star for staff");
});

afterEach(() => rm(root, { recursive: true, force: true }));

describe("check", () => {
  it("finds a promotion in order and says for whom it changes what, although nothing published can be read", async () => {
    await promote();
    const { exit, outputs, summary, stdout } = await act({ INPUT_COMMAND: "check" });
    expect(stdout).not.toContain("::error");
    expect({ exit, outputs }).toEqual({ exit: 0, outputs: { verdict: "ok", revision: "" } });
    expect(summary).toContain("### ✅ In order: 1 release changes for viewers");
    expect(summary).toContain(
      `no published state can be read from here, so this compares stages and shares in git with ${base.slice(0, 10)}`,
    );
    expect(summary).toContain(
      "| star 1.0.0 | test group | **some regions** | canary staff; regional SG 5 % |",
    );
    expect(summary).not.toContain("nothing is published yet");
    expect(summary).toMatch(/\| star@\u200b1\.0\.0 \| low \| \d+ B of 1\.00 MB \|/);
  });

  it("puts what is wrong beside its line, and all of it into the summary, without a stack", async () => {
    await write({ "releases/star/1.0.0.yaml": RELEASE.replace("SG: 5", "SG: 150") });
    await commit("Too much");
    const { exit, outputs, summary, stdout, stderr } = await act({ INPUT_COMMAND: "check" });
    expect({ exit, outputs }).toEqual({ exit: 1, outputs: { verdict: "findings", revision: "" } });
    expect(stdout).toMatch(
      /^::error title=\w+,file=releases\/star\/1\.0\.0\.yaml,line=18,col=\d+::.*150.*%0Afix: /m,
    );
    expect(summary).toContain("### ✋ 1 thing to fix");
    expect(summary).toContain("releases/star/1.0.0.yaml:18");
    expect(stdout + stderr).not.toMatch(/^ +at /m);
  });

  it("shows ten errors beside their lines and counts the others", async () => {
    const stray = Array.from({ length: 12 }, (_, at) => [`gifts/star/stray-${at}.txt`, ""]);
    await write(Object.fromEntries(stray));
    await commit("Stray files");
    const { stdout, summary } = await act({ INPUT_COMMAND: "check" });
    expect(stdout.match(/^::error title=/gm)).toHaveLength(10);
    expect(stdout).toContain("10 of 12 errors are shown beside their lines; the summary has them all");
    expect(summary).toContain("gifts/star/stray-9.txt:1");
  });

  it("builds a release that has no lock yet, holds it against the budget, and still says that the lock is missing", async () => {
    await write({ "releases/star/1.0.0.yaml": RELEASE.replaceAll("open: false", "open: true") });
    base = await commit("Star for everyone");
    await write({
      "releases/star/1.1.0.yaml": RELEASE.replace("1.0.0", "1.1.0"),
      "gifts/star/source/star.json": buildLottie({ nm: "x".repeat(1_100_000) }),
    });
    await commit("A new star");
    const { exit, summary } = await act({ INPUT_COMMAND: "check" });
    expect(exit).toBe(1);
    expect(summary).toContain("star@\u200b1.1.0 is open but was not built");
    expect(summary).toMatch(
      /error \| releases\/star\/1\.1\.0\.yaml:7 \| on low devices star@\u200b1\.1\.0 downloads/,
    );
    expect(summary).toMatch(/star@\u200b1\.1\.0 \| low \| \*\*1\.10 MB of 1\.00 MB: too much\*\*/);
  });

  it("refuses a base that is not in the clone, rather than not look at merged locks", async () => {
    const { exit, outputs, summary } = await act({ INPUT_COMMAND: "check", INPUT_BASE: "f".repeat(40) });
    expect({ exit, outputs }).toEqual({ exit: 3, outputs: { verdict: "failure", revision: "" } });
    expect(summary).toContain(
      "**Next:** fetch it (in a workflow, check out with fetch-depth: 0), or name another with --base.",
    );
  });

  it("lets nothing that a file contains be a command to the runner", async () => {
    await write({
      "releases/star/1.0.0.yaml": RELEASE.replace("SG: 5", '"\\n::add-mask::x\\n##[add-mask]x": 5'),
    });
    await commit("A command");
    const { stdout } = await act({ INPUT_COMMAND: "check" });
    const token = /^::stop-commands::(\S+)$/m.exec(stdout)?.[1];
    const heard = stdout.slice(stdout.indexOf(`::${token}::`));
    expect(stdout.startsWith(`::stop-commands::${token}\n`)).toBe(true);
    expect(heard).not.toMatch(/^(?:::add-mask|##\[)/m);
    expect(stdout).toContain("add-mask");
  });
});

describe("publish", () => {
  const KEYS = async () => ({
    GIFTWRAP_RELEASE_KEY: await readFile(join(root, ".giftwrap/keys/production/release.pem"), "utf8"),
    GIFTWRAP_TIMESTAMP_KEY: await readFile(join(root, ".giftwrap/keys/production/timestamp.pem"), "utf8"),
  });

  it("publishes HEAD with the keys of the environment, and a check then compares with what is live", async () => {
    await run(process.execPath, [CLI, "keys", "init", "--env", "production"], { cwd: root });
    base = await commit("Trust");
    const published = await act({ INPUT_COMMAND: "publish", ...(await KEYS()) });
    expect(published).toMatchObject({ exit: 0, outputs: { verdict: "ok", revision: "1" } });
    expect(published.summary).toContain("### ✅ Published: production is at revision 1");

    await promote();
    const checked = await act({ INPUT_COMMAND: "check" });
    expect(checked.outputs).toEqual({ verdict: "ok", revision: "1" });
    expect(checked.summary).toContain("in production (live is revision 1)");
    expect(checked.summary).toContain("| star 1.0.0 | test group | **some regions** |");

    await act({ INPUT_COMMAND: "publish", ...(await KEYS()) });
    const again = await act({ INPUT_COMMAND: "publish", ...(await KEYS()) });
    expect(again.summary).toContain("### ✅ Nothing to do: production is at revision 2");
  });

  it("says what to do when there is no root to trust; a secret that is not set is no key", async () => {
    const { exit, outputs, summary, stdout } = await act({
      INPUT_COMMAND: "publish",
      GIFTWRAP_RELEASE_KEY: "",
    });
    expect({ exit, outputs }).toEqual({ exit: 3, outputs: { verdict: "failure", revision: "" } });
    expect(summary).toContain("### 🔧 Publishing to production failed");
    expect(summary).toContain("keys init");
    expect(stdout).toContain("[ROOT_MISSING]");
  });
});

it("a command that it does not know is a usage error", async () => {
  const { exit, outputs } = await act({ INPUT_COMMAND: "destroy" });
  expect({ exit, outputs }).toEqual({ exit: 2, outputs: { verdict: "failure", revision: "" } });
});

/** Runs the action as a runner does, for a pull request upon `base`. */
async function act(variables: Readonly<Record<string, string>>) {
  const event = { pull_request: { number: 1, base: { sha: base } } };
  await write({
    ".runner/event.json": JSON.stringify(event),
    ".runner/output": "",
    ".runner/summary.md": "",
  });
  const env = {
    PATH: process.env["PATH"],
    HOME: root,
    GITHUB_ACTIONS: "true",
    GITHUB_WORKSPACE: root,
    GITHUB_EVENT_NAME: "pull_request",
    GITHUB_EVENT_PATH: join(root, ".runner/event.json"),
    GITHUB_OUTPUT: join(root, ".runner/output"),
    GITHUB_STEP_SUMMARY: join(root, ".runner/summary.md"),
    INPUT_ENVIRONMENT: "production",
    INPUT_BASE: "",
    ...variables,
  };
  const { exit, stdout, stderr } = await new Promise<{ exit: number; stdout: string; stderr: string }>(
    (resolve) => {
      const child = execFile(process.execPath, [ACTION], { cwd: tmpdir(), env }, (_, stdout, stderr) => {
        resolve({ exit: child.exitCode ?? -1, stdout, stderr });
      });
    },
  );
  const output = await readFile(env.GITHUB_OUTPUT, "utf8");
  const outputs = Object.fromEntries(
    [...output.matchAll(/^(\w+)<<(\S+)\n([^]*?)\n\2$/gm)].map(([, name, , value]) => [name, value]),
  );
  return { exit, stdout, stderr, outputs, summary: await readFile(env.GITHUB_STEP_SUMMARY, "utf8") };
}

async function promote(): Promise<void> {
  await write({
    "releases/star/1.0.0.yaml": RELEASE.replace("open: false\n    regions", "open: true\n    regions"),
  });
  await commit("Star for Singapore");
}

async function commit(message: string): Promise<string> {
  await git("add", "--all");
  await git("-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "--quiet", "-m", message);
  return (await git("rev-parse", "HEAD")).trim();
}

async function git(...args: string[]): Promise<string> {
  return (await run("git", args, { cwd: root })).stdout;
}

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}
