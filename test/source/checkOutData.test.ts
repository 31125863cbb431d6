import { existsSync, lstatSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkOutData } from "../../src/source/checkOutData.ts";
import { git } from "../../src/source/git.ts";
import { trackedTree } from "../../src/source/trackedTree.ts";
import { workTree } from "../../src/source/tree.ts";

const NO_CONTENT = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

let root = "";
let ran = "";

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "giftwrap-checkout-"));
  ran = join(root, "ran");
  await git(root, ["init", "--quiet", "--initial-branch=main"]);
  // What a machine may be set up to run: nothing of it may be reached by what a commit says.
  const script = join(root, ".git", "run.sh");
  await writeFile(script, `#!/bin/sh\ntouch ${ran}\ncat\n`);
  await chmod(script, 0o755);
  await mkdir(join(root, ".git", "hooks"), { recursive: true });
  await writeFile(join(root, ".git", "hooks", "post-checkout"), `#!/bin/sh\ntouch ${ran}\n`);
  await chmod(join(root, ".git", "hooks", "post-checkout"), 0o755);
  for (const kind of ["smudge", "clean"]) await git(root, ["config", `filter.evil.${kind}`, script]);
});
afterEach(() => rm(root, { recursive: true, force: true }));

interface Written {
  readonly mode?: string;
  readonly text?: string;
  readonly object?: string;
}

/** A commit by plumbing, so that it may hold what no work tree would. */
async function commit(files: Readonly<Record<string, Written | string>>): Promise<string> {
  const variables = { GIT_INDEX_FILE: join(root, ".git", "hostile") };
  await git(root, ["read-tree", "--empty"], { variables });
  for (const [path, it] of Object.entries(files)) {
    const { mode = "100644", text = "", object } = typeof it === "string" ? { text: it } : it;
    const id = object ?? (await git(root, ["hash-object", "-w", "--stdin"], { stdin: text })).trim();
    await git(root, ["update-index", "-z", "--index-info"], { variables, stdin: `${mode} ${id}\t${path}\0` });
  }
  const tree = (await git(root, ["write-tree"], { variables })).trim();
  return commitTree(tree);
}

async function commitTree(tree: string): Promise<string> {
  const identity = { NAME: "Test", EMAIL: "test@example.com" };
  const variables = Object.fromEntries(
    ["AUTHOR", "COMMITTER"].flatMap((who) =>
      Object.entries(identity).map(([key, value]) => [`GIT_${who}_${key}`, value]),
    ),
  );
  return (await git(root, ["commit-tree", "--no-gpg-sign", tree], { stdin: "x", variables })).trim();
}

describe("a data checkout", () => {
  test("holds gifts/ and releases/ of the commit, and git works in it", async () => {
    const head = await commit({
      "README.md": "no",
      ".github/workflows/ci.yml": "no",
      "gifts/rose/gift.yaml": "id: rose\n",
      "releases/rose/1.0.0.yaml": "gift: rose\n",
    });
    const checkout = await checkOutData(root, head);
    expect((await readdir(checkout.root)).sort()).toEqual([".git", "gifts", "releases"]);
    expect(await readFile(join(checkout.root, "gifts/rose/gift.yaml"), "utf8")).toBe("id: rose\n");
    expect((await git(checkout.root, ["rev-parse", "HEAD"])).trim()).toBe(head);
    expect(await git(checkout.root, ["status", "--porcelain"])).toBe("");

    await writeFile(join(checkout.root, "releases/rose/1.0.0.lock.json"), "{}");
    expect(await git(checkout.root, ["status", "--porcelain"])).toBe("?? releases/rose/1.0.0.lock.json\n");

    await checkout.remove();
    expect(existsSync(checkout.root)).toBe(false);
    expect((await git(root, ["worktree", "list"])).trim().split("\n")).toHaveLength(1);
  });

  test("takes what an interrupted one left in git away", async () => {
    const head = await commit({ "gifts/rose/gift.yaml": "id: rose\n" });
    const interrupted = await checkOutData(root, head);
    await rm(interrupted.root, { recursive: true });
    const checkout = await checkOutData(root, head);
    expect((await git(root, ["worktree", "list"])).trim().split("\n")).toHaveLength(2);
    await checkout.remove();
  });

  test("follows no link: it is a file that says where it would lead, and is still told for a link", async () => {
    const head = await commit({
      "gifts/rose/source/rose.png": { mode: "120000", text: "/etc/passwd" },
      "gifts/rose/gift.yaml": "id: rose\n",
      "gifts/tulip": { mode: "120000", text: "../../../etc" },
    });
    const { root: folder, links, remove } = await checkOutData(root, head);
    expect(lstatSync(join(folder, "gifts/rose/source/rose.png")).isFile()).toBe(true);
    expect(await readFile(join(folder, "gifts/rose/source/rose.png"), "utf8")).toBe("/etc/passwd");
    expect(links).toEqual(["gifts/rose/source/rose.png", "gifts/tulip"]);
    const tracked = await trackedTree(folder, "gifts", "releases");
    expect(tracked?.entries.filter((it) => it.kind === "link").map((it) => it.path)).toEqual(links);
    await remove();
  });

  test("runs no filter or hook and changes no byte, whatever attributes the commit names", async () => {
    const head = await commit({
      ".gitattributes": "* filter=evil ident\n",
      "gifts/.gitattributes": "* filter=evil eol=crlf ident working-tree-encoding=UTF-16\n",
      "gifts/rose/gift.yaml": "id: rose\n# $Id$\n",
    });
    const { root: folder, remove } = await checkOutData(root, head);
    expect(await readFile(join(folder, "gifts/rose/gift.yaml"), "utf8")).toBe("id: rose\n# $Id$\n");
    await trackedTree(folder, "gifts", "releases");
    await git(folder, ["status", "--porcelain"]);
    expect(existsSync(ran)).toBe(false);
    await remove();
  });

  test("keeps strange names as they are", async () => {
    const names = ["$(touch x)", "a;b `c`", "--force", "-rf", "a\nb", "*", "'\"", "玫瑰", "..a", "git"];
    const head = await commit(
      Object.fromEntries([
        ...names.map((name) => [`gifts/${name}/--output=x`, name]),
        ["--output=y", "z"],
        ["gifts/module", { mode: "160000", object: "1".repeat(40) }],
      ]),
    );
    const { root: folder, remove } = await checkOutData(root, head);
    expect((await readdir(join(folder, "gifts"))).sort()).toEqual([...names].sort());
    for (const name of names)
      expect(await readFile(join(folder, "gifts", name, "--output=x"), "utf8")).toBe(name);
    expect((await workTree(folder).list("gifts")).length).toBe(names.length);
    expect(await git(folder, ["status", "--porcelain"])).toBe("");
    await remove();
  });

  test.each(["..", ".", ".git", ".GIT", "git~1"])(
    "refuses a commit with a folder %s, and leaves nothing",
    async (name) => {
      const blob = (await git(root, ["hash-object", "-w", "--stdin"], { stdin: "x" })).trim();
      const tree = async (mode: string, name: string, id: string) => {
        const bytes = Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, "hex")]);
        return (
          await git(root, ["hash-object", "-w", "-t", "tree", "--literally", "--stdin"], { stdin: bytes })
        ).trim();
      };
      const inner = await tree("40000", name, await tree("100644", "escaped", blob));
      const head = await commitTree(await tree("40000", "gifts", inner));
      await expect(checkOutData(root, head)).rejects.toMatchObject({ code: "COMMIT_UNSAFE" });
      expect((await git(root, ["worktree", "list"])).trim().split("\n")).toHaveLength(1);
    },
  );

  test("refuses what is no commit, also what looks like an option", async () => {
    for (const commit of ["--output=x", "nowhere", "", NO_CONTENT])
      await expect(checkOutData(root, commit)).rejects.toMatchObject({ code: "COMMIT_MISSING" });
  });

  test("is empty for a commit that has neither folder", async () => {
    const { root: folder, remove } = await checkOutData(root, await commit({ "README.md": "x" }));
    expect(await workTree(folder).list("gifts", "releases")).toEqual([]);
    await remove();
  });
});
