import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changedPaths, commitOf, git, isAncestor, isDirty, isShallow } from "../../src/source/git.ts";
import { revisionTree, type Tree, workTree } from "../../src/source/tree.ts";

const run = promisify(execFile);

const FILES: Readonly<Record<string, string | Uint8Array>> = {
  "gifts/rose/gift.yaml": "id: rose\n",
  "gifts/rose/source/a b.png": new Uint8Array([0, 10, 13, 255, 10]),
  "gifts/rose/source/玫瑰 é.png": "flower",
  'gifts/rose/source/"quoted"\t.png': "quoted",
  "gifts/rose/source/empty.png": "",
  "gifts/rose/source/deep/er/001.png": "1",
  "releases/rose/1.0.0.yaml": "no line feed at the end",
  "README.md": "elsewhere",
};

let root = "";
let first = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "giftwrap-tree-"));
  await inGit("init", "--quiet", "--initial-branch=main");
  await write(FILES);
  await write({ "gifts/rose/.DS_Store": "x", "gifts/rose/source/Thumbs.db": "x" });
  first = await commit("first");
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function inGit(...args: string[]): Promise<string> {
  const identity = [
    "-c",
    "user.name=Test",
    "-c",
    "user.email=test@example.com",
    "-c",
    "commit.gpgsign=false",
  ];
  const { stdout } = await run("git", [...identity, ...args], { cwd: root });
  return stdout.trim();
}

async function commit(message: string): Promise<string> {
  await inGit("add", "--all");
  await inGit("commit", "--quiet", "--message", message);
  return inGit("rev-parse", "HEAD");
}

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

async function contents(tree: Tree, paths: readonly string[]): Promise<Record<string, string>> {
  const files = await tree.read(paths);
  return Object.fromEntries([...files].map(([path, bytes]) => [path, Buffer.from(bytes).toString("hex")]));
}

const LISTED = Object.keys(FILES)
  .filter((path) => path !== "README.md")
  .sort();

describe.each([
  ["a work tree", () => workTree(root)],
  ["a revision", () => revisionTree(root, first)],
  ["a branch", () => revisionTree(root, "main")],
])("%s", (_, open) => {
  test("lists the files below its folders, sorted, without what operating systems drop", async () => {
    expect(await open().list("gifts", "releases")).toEqual(LISTED);
    expect(await open().list("releases")).toEqual(["releases/rose/1.0.0.yaml"]);
    expect(await open().list("gifts/rose/source/deep")).toEqual(["gifts/rose/source/deep/er/001.png"]);
  });

  test("lists nothing in a folder that is not there", async () => {
    expect(await open().list("nowhere", "gifts/tulip")).toEqual([]);
  });

  test("reads each file's very bytes, whatever it is called", async () => {
    const expected = LISTED.map((path) => [path, Buffer.from(FILES[path] ?? "").toString("hex")]);
    expect(await contents(open(), LISTED)).toEqual(Object.fromEntries(expected));
  });

  test("reads hundreds of files at once as it reads one", async () => {
    const asked = Array.from({ length: 300 }, (_, at) => [`gifts/none-${at}.yaml`, ...LISTED]).flat();
    expect(await contents(open(), [...asked, "README.md"])).toEqual(
      await contents(open(), [...LISTED, "README.md"]),
    );
  });

  test("knows sizes, and leaves a file that is over a limit unread", async () => {
    const sizes = LISTED.map((path) => [path, Buffer.from(FILES[path] ?? "").length] as const);
    expect(await open().sizes([...LISTED, "gifts/none.yaml", "gifts/rose"])).toEqual(new Map(sizes));
    for (const maxBytes of [0, 1, 5, 9, 10, 1_000]) {
      const fitting = sizes.flatMap(([path, bytes]) => (bytes <= maxBytes ? [path] : []));
      expect([...(await open().read(LISTED, maxBytes)).keys()]).toEqual(fitting);
    }
  });

  test("says of each entry that it is a file", async () => {
    expect(await open().entries("gifts", "releases")).toMatchObject(
      LISTED.map((path) => ({ path, kind: "file" })),
    );
  });

  test("leaves out what is not there, and mixes nothing up", async () => {
    const asked = [
      "gifts/none.yaml",
      "gifts/rose/gift.yaml",
      "gifts/rose/gift.yaml/x",
      "releases/a b",
      "README.md",
    ];
    expect(Object.keys(await contents(open(), asked))).toEqual(["gifts/rose/gift.yaml", "README.md"]);
    expect(await open().read([])).toEqual(new Map());
    expect(await open().read(["gifts/none.yaml"])).toEqual(new Map());
  });
});

test("a work tree and its commit are the same files", async () => {
  const [here, there] = [workTree(root), revisionTree(root, first)];
  expect(await contents(here, await here.list("gifts"))).toEqual(
    await contents(there, await there.list("gifts")),
  );
});

test("a path that would ask git for a second file asks for none", async () => {
  const tree = revisionTree(root, first);
  const asked = [`gifts/rose/gift.yaml\n${first}:README.md`, "releases/rose/1.0.0.yaml"];
  expect(await contents(tree, asked)).toEqual(await contents(tree, ["releases/rose/1.0.0.yaml"]));
});

test("a folder, a link or a submodule never shifts what the next file holds", async () => {
  await symlink("gift.yaml", join(root, "gifts/rose/link.yaml"));
  await inGit("update-index", "--add", "--cacheinfo", `160000,${first},gifts/rose/module.yaml`);
  await inGit("add", "gifts/rose/link.yaml");
  await inGit("commit", "--quiet", "--message", "A link and a submodule");
  const tree = revisionTree(root, "HEAD");
  const asked = ["gifts/rose", "gifts/rose/module.yaml", "gifts/rose/link.yaml", "gifts/rose/gift.yaml"];
  expect(await contents(tree, asked)).toEqual({
    "gifts/rose/link.yaml": Buffer.from("gift.yaml").toString("hex"),
    "gifts/rose/gift.yaml": Buffer.from("id: rose\n").toString("hex"),
  });
  expect((await tree.entries("gifts")).filter((it) => it.kind !== "file")).toMatchObject([
    { path: "gifts/rose/link.yaml", kind: "link" },
    { path: "gifts/rose/module.yaml", kind: "other" },
  ]);
  await inGit("reset", "--quiet", "--hard", first);
});

test("a revision that is not there is an error of git, in words", async () => {
  await expect(revisionTree(root, "nowhere").list("gifts")).rejects.toMatchObject({
    code: "GIT_FAILED",
    message: expect.stringContaining("git ls-tree failed: fatal: Not a valid object name nowhere"),
  });
});

describe("git is asked", () => {
  test("for a commit's id, and null when there is none", async () => {
    expect([
      await commitOf(root, "main"),
      await commitOf(root, "nowhere"),
      await commitOf(root, "--all"),
    ]).toEqual([first, null, null]);
  });

  test("who descends from whom, what differs, and whether anything is not committed", async () => {
    await write({ "gifts/rose/gift.yaml": "id: rose\nname: Rose\n", "gifts/é x.yaml": "new" });
    expect([await isDirty(root, ["gifts"]), await isDirty(root, ["releases"])]).toEqual([true, false]);
    const second = await commit("second");
    expect(await isDirty(root, ["gifts"])).toBe(false);
    expect(await isAncestor(root, first, second)).toBe(true);
    expect(await isAncestor(root, first, first)).toBe(true);
    expect(await isAncestor(root, second, first)).toBe(false);
    expect(await changedPaths(root, first, second, ["gifts", "releases"])).toEqual([
      "gifts/rose/gift.yaml",
      "gifts/é x.yaml",
    ]);
    expect(await changedPaths(root, first, second, ["releases"])).toEqual([]);
    await inGit("reset", "--quiet", "--hard", first);
  });

  test("whether history is left out", async () => expect(await isShallow(root)).toBe(false));

  test("and what it complains of is told", async () => {
    await expect(git(root, ["no-such-command"])).rejects.toMatchObject({
      code: "GIT_FAILED",
      message: expect.stringContaining("is not a git command"),
    });
  });
});
