import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { giftwrap } from "../support/cli.ts";
import { createWorld, releaseText, type World } from "../support/world.ts";

const COMMANDS = [
  "validate",
  "build",
  "plan",
  "publish",
  "matrix",
  "status",
  "log",
  "reconcile",
  "verify",
  "refresh",
  "gc",
  "calendar",
  "serve",
  "collect",
  "resolve",
  "keys init",
  "override",
  "rollback",
  "drill",
  "demo",
];
const folders: string[] = [];
const worlds: World[] = [];

async function emptyFolder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "giftwrap-cli-"));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
  await Promise.all(worlds.splice(0).map((world) => world.remove()));
});

describe("the command line", () => {
  test("names every command, each with one line", async () => {
    const { code, stdout } = await giftwrap(await emptyFolder());
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} +\\w`, "m"));
  });

  for (const command of COMMANDS) {
    test(`explains ${command} with an example`, async () => {
      const { code, stdout } = await giftwrap(await emptyFolder(), ...command.split(" "), "--help");
      expect(code).toBe(0);
      expect(stdout).toContain(`example:\n  giftwrap ${command}`);
    });
  }

  test("a word that is no command is a usage error with the nearest one", async () => {
    const { code, stderr } = await giftwrap(await emptyFolder(), "pubish");
    expect(code).toBe(2);
    expect(stderr).toContain('did you mean "publish"?');
  });

  test("an option that is not known is a usage error, without a stack trace", async () => {
    const { code, stderr } = await giftwrap(await emptyFolder(), "validate", "--bsae", "main");
    expect(code).toBe(2);
    expect(stderr).toContain("--bsae");
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("publish without a commit, an environment, a root or a key says what to do, each time", async () => {
    const bare = await giftwrap(await emptyFolder(), "publish");
    expect([bare.code, bare.stderr]).toEqual([3, expect.stringContaining("COMMIT_MISSING")]);

    const world = await createWorld();
    worlds.push(world);
    await world.release({ gift: "rose", version: "1.0.0" });
    await world.commit("Release");
    const unknown = await giftwrap(world.root, "publish", "--env", "moon");
    expect([unknown.code, unknown.stderr]).toEqual([
      3,
      expect.stringContaining("releases/environments/moon.yaml is not there"),
    ]);

    await rm(join(world.root, ".giftwrap/keys"), { recursive: true });
    const keyless = await giftwrap(world.root, "publish");
    expect(keyless.code).toBe(3);
    expect(keyless.stderr).toContain("there is no release key");
    expect(keyless.stderr).toContain("npx giftwrap keys init");

    await world.git("rm", "--quiet", "releases/environments/production.root.json");
    await world.commit("Lose the root");
    const rootless = await giftwrap(world.root, "publish");
    expect([rootless.code, rootless.stderr]).toEqual([3, expect.stringContaining("ROOT_MISSING")]);
  });

  test("a gift that fails does not hide the others: both are told, and the exit code says so", async () => {
    const world = await createWorld();
    worlds.push(world);
    await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true });
    await world.release({ gift: "lily", version: "1.0.0", regional: true, full: true });
    await world.write({ "releases/lily/1.1.0.yaml": "gift: lily\nversion: 1.1.0\n  title: broken\n" });
    await world.commit("Release");
    const { code, stdout } = await giftwrap(world.root, "publish");
    expect(code).toBe(1);
    expect(stdout).toContain("rose 1.0.0: closed -> full");
    expect(stdout).toContain("lily: stays as it is live");
    const live = await giftwrap(
      world.root,
      "resolve",
      "rose",
      "--live",
      "--platform",
      "web",
      "--app",
      "1.0.0",
      "--json",
    );
    expect(JSON.parse(live.stdout)).toMatchObject({ reason: "full" });
  });

  test("validate prints findings with place and fix, as text and as JSON, and ends with 1", async () => {
    const folder = await emptyFolder({
      "releases/policy.yaml": "platforms: {}\n",
      "gifts/rose/gift.yaml": "id: rose\nnmae: Rose\nowner: me\n",
    });
    const text = await giftwrap(folder, "validate");
    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(
      /^gifts\/rose\/gift\.yaml:2:1: "nmae" is not known here; did you mean "name"\? \[UNKNOWN_KEY\]\n {2}fix: /m,
    );
    const json = await giftwrap(folder, "validate", "--json");
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout).findings).toContainEqual(
      expect.objectContaining({
        code: "UNKNOWN_KEY",
        place: { file: "gifts/rose/gift.yaml", line: 2, column: 1 },
        gift: "rose",
      }),
    );
  });

  test("validate prints findings in the format that is asked for, and ends alike in each", async () => {
    const folder = await emptyFolder({
      "releases/policy.yaml": "platforms: {}\n",
      "gifts/rose/gift.yaml": "id: rose\nnmae: Rose\nowner: me\n",
    });
    const as = (...words: string[]) => giftwrap(folder, "validate", ...words);
    const [plain, text, github, json, short] = await Promise.all([
      as(),
      as("--format", "text"),
      as("--format", "github"),
      as("--format", "json"),
      as("--json"),
    ]);
    expect([plain.code, text.code, github.code, json.code, short.code]).toEqual([1, 1, 1, 1, 1]);
    expect(text.stdout).toBe(plain.stdout);
    expect(json.stdout).toBe(short.stdout);

    const lines = github.stdout.trimEnd().split("\n");
    const { findings } = JSON.parse(json.stdout);
    // The summary, and what is stopped.
    expect(lines.slice(-2)).toEqual(plain.stdout.trimEnd().split("\n").slice(-2));
    const commands = lines.slice(0, -2);
    expect(commands).toHaveLength(findings.length);
    for (const line of commands)
      expect(line).toMatch(/^::(?:error|warning) file=[^,]+,line=\d+,col=\d+,title=\w+::.+%0Afix: ./);
    expect(lines).toContain(
      '::error file=gifts/rose/gift.yaml,line=2,col=1,title=UNKNOWN_KEY::"nmae" is not known here; did you mean "name"?%0Afix: write "name" instead of "nmae"',
    );
  });

  test("validate says in each format what a change is, and only with a base", async () => {
    const world = await createWorld();
    worlds.push(world);
    await world.release({ gift: "rose", version: "1.0.0" });
    await world.commit("Release");
    await world.write({
      "releases/rose/1.0.0.yaml": releaseText({ gift: "rose", version: "1.0.0", canary: false }),
    });
    await world.commit("Roll back");
    for (const format of ["text", "github"]) {
      const { stdout } = await giftwrap(world.root, "validate", "--base", "HEAD~1", "--format", format);
      expect(stdout).toMatch(/^1 gift, 1 release \(a rollback\): \d+ errors?, \d+ warnings?$/m);
    }
    const changed = await giftwrap(world.root, "validate", "--base", "HEAD~1", "--format", "json");
    expect(JSON.parse(changed.stdout)).toMatchObject({ change: "rollback", gifts: 1, releases: 1 });
    const whole = await giftwrap(world.root, "validate", "--format", "json");
    expect(JSON.parse(whole.stdout)).toMatchObject({ change: null });
  });

  test("validate in a format that it does not know is a usage error with those that it does", async () => {
    const { code, stdout, stderr } = await giftwrap(await emptyFolder(), "validate", "--format", "xml");
    expect([code, stdout, stderr]).toEqual([
      2,
      "",
      expect.stringContaining("--format xml: write one of text, json, github"),
    ]);
  });

  test("validate against a base that this clone does not have is refused, not skipped", async () => {
    const world = await createWorld();
    worlds.push(world);
    await world.commit("Begin");
    const { code, stderr } = await giftwrap(world.root, "validate", "--base", "origin/nowhere");
    expect([code, stderr]).toEqual([3, expect.stringContaining("BASE_MISSING")]);
  });

  test("resolve says who gets what and why, and what comes next", async () => {
    const world = await createWorld();
    worlds.push(world);
    await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true });
    await world.release({ gift: "rose", version: "1.1.0", app: ">=9.0.0" });
    const { code, stdout } = await giftwrap(
      world.root,
      "resolve",
      "rose",
      "--platform",
      "android",
      "--app",
      "8.4.0",
      "--tier",
      "low",
      "--region",
      "SG",
      "--unit",
      "42",
      "--cohort",
      "staff",
    );
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "rose 1.0.0 (full)
        rose 1.1.0: not for this platform and app version
        rose 1.0.0: serves this viewer (full)
      if that fails: the still of rose 1.0.0, then what the app carries itself
      "
    `);
    const wrong = await giftwrap(world.root, "resolve", "rsoe", "--platform", "android", "--app", "8.4.0");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("did you mean rose?")]);
  });

  test("keys init refuses to make a second root, for apps trust the first", async () => {
    const world = await createWorld();
    worlds.push(world);
    const { code, stderr } = await giftwrap(world.root, "keys", "init");
    expect([code, stderr]).toEqual([3, expect.stringContaining("KEYS_EXIST")]);
  });
});

describe("files that cannot be compiled", () => {
  test("a range that is none stops its gift with a finding, in every command", async () => {
    const world = await createWorld();
    worlds.push(world);
    await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true });
    await world.release({ gift: "lily", version: "1.0.0", app: "eight or newer" });
    await world.commit("Release");
    expect((await giftwrap(world.root, "validate")).stdout).toContain("[BAD_RANGE]");
    const published = await giftwrap(world.root, "publish");
    expect(published.code).toBe(1);
    expect(published.stderr).not.toMatch(/^\s+at /m);
    for (const command of [["plan"], ["resolve", "rose", "--platform", "web", "--app", "1.0.0"]]) {
      const { code, stderr } = await giftwrap(world.root, ...command);
      expect([command, code, stderr]).toEqual([command, 0, ""]);
    }
    const status = await giftwrap(world.root, "status");
    expect([status.code, status.stderr]).toEqual([1, ""]);
    expect(status.stdout).toContain("lily stays as it is live: its files have errors");
  });

  test("a broken file that concerns every gift stops the publish with a finding, and nothing is written", async () => {
    const world = await createWorld();
    worlds.push(world);
    await world.release({ gift: "rose", version: "1.0.0" });
    await world.write({ "releases/policy.yaml": "platforms: [" });
    await world.commit("Release");
    const { code, stdout } = await giftwrap(world.root, "publish");
    expect(code).toBe(1);
    expect(stdout).toContain("[YAML_SYNTAX]");
    expect(stdout).toContain("nothing more was published");
    expect(await (await world.store()).list("")).toEqual([]);
    expect((await giftwrap(world.root, "plan")).stderr).toContain("FILES_BROKEN");
  });
});
