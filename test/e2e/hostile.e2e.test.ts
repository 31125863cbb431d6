import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { gatherFacts } from "../../src/commands/gatherFacts.ts";
import { MAX_SOURCE_BYTES } from "../../src/model/sources.ts";
import { type Finding, sortFindings } from "../../src/report/finding.ts";
import { findingsToText } from "../../src/report/text.ts";
import { check } from "../../src/rules/check.ts";
import { MAX_TEXT_BYTES, readProject } from "../../src/source/readProject.ts";
import { readSources } from "../../src/source/readSources.ts";
import { revisionTree, type Tree, workTree } from "../../src/source/tree.ts";
import { buildLottie } from "../formats/buildLottie.ts";
import { buildPng } from "../formats/buildPng.ts";
import { edited, GOOD, lockText, releaseText } from "../rules/projectOf.ts";
import { giftwrap } from "../support/cli.ts";

const run = promisify(execFile);

const GIFT = "gifts/rose/gift.yaml";
const RELEASE = "releases/rose/1.0.0.yaml";
const LOCK = "releases/rose/1.0.0.lock.json";
const POLICY = "releases/policy.yaml";
const ART = "gifts/rose/source/art.json";
const STILL = "gifts/rose/source/still.png";
const GIFT_TEXT = `id: rose\nname: A rose\nowner: "@acme/gift-art"\nanimation: source/art.json\nstill: source/still.png\n`;
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"a".repeat(64)}\nsize 12345\n`;

const FILES: Readonly<Record<string, string | Uint8Array>> = {
  [GIFT]: GIFT_TEXT,
  [ART]: buildLottie(),
  [STILL]: buildPng(16, 16),
  [RELEASE]: releaseText("rose", "1.0.0"),
  [LOCK]: lockText("rose", "1.0.0"),
  [POLICY]: GOOD[POLICY] ?? "",
};

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "giftwrap-hostile-"));
  await git("init", "--quiet", "--initial-branch=main");
  await git("config", "core.protectNTFS", "false");
  for (const [path, content] of Object.entries(FILES)) await write(path, content);
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function git(...args: string[]): Promise<string> {
  const identity = [
    "-c",
    "user.name=Test",
    "-c",
    "user.email=test@example.com",
    "-c",
    "commit.gpgsign=false",
  ];
  return (await run("git", [...identity, ...args], { cwd: root })).stdout.trim();
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
}

async function link(path: string, target: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await rm(join(root, path), { recursive: true, force: true });
  await symlink(target, join(root, path));
}

async function findingsIn(tree: Tree): Promise<Finding[]> {
  const { project, findings } = await readProject(tree);
  const facts = await gatherFacts(tree, project, null);
  return sortFindings([...findings, ...check(project, facts)]);
}

/** Place and code of each finding, the same whether the files lie in the work tree or in a commit. */
async function found(): Promise<string[]> {
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "Hostile");
  const here = await findingsIn(workTree(root));
  const there = await findingsIn(revisionTree(root, "HEAD"));
  expect(there).toEqual(here);
  for (const { message, fix } of here) {
    expect(message).not.toMatch(/undefined|\[object|^$/);
    expect(fix).not.toMatch(/undefined|^$/);
  }
  const text = findingsToText(here);
  expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/u);
  return here.map(({ code, place: { file, line, column } }) => `${file}:${line}:${column} ${code}`);
}

test("the tree that all of this is done to has nothing wrong with it", async () => {
  expect(await found()).toEqual([]);
});

describe("text that is not what it should be", () => {
  test.each<[string, string, string | Uint8Array, string]>([
    ["Latin-1", GIFT, Buffer.from(GIFT_TEXT.replace("A rose", "Rosé"), "latin1"), "2:10 NOT_UTF8"],
    ["UTF-16", GIFT, Buffer.from(`\ufeff${GIFT_TEXT}`, "utf16le"), "1:1 NOT_UTF8"],
    ["a picture", RELEASE, buildPng(4, 4), "1:1 NOT_UTF8"],
    ["a lock that is not UTF-8", LOCK, new Uint8Array([0x7b, 0xff, 0x7d]), "1:2 NOT_UTF8"],
    [
      "indentation with tabs",
      RELEASE,
      releaseText("rose", "1.0.0").replaceAll("    ", "\t"),
      "11:1 YAML_TAB",
    ],
    ["a second document", GIFT, `${GIFT_TEXT}---\n${GIFT_TEXT}`, "6:1 YAML_DOCUMENTS"],
    ["a key written twice", GIFT, `${GIFT_TEXT}name: Rose\n`, "6:1 DUPLICATE_KEY"],
    ["a program as a value", GIFT, GIFT_TEXT.replace("A rose", "!!js/function 'exit'"), "2:7 YAML_TAG"],
    ["bytes as a value", GIFT, GIFT_TEXT.replace("A rose", "!!binary aGVsbG8="), "2:7 YAML_TAG"],
    [
      "a set for a block, which no schema could look into",
      RELEASE,
      releaseText("rose", "1.0.0", "requires: !!set { kit }\n"),
      "8:11 YAML_TAG",
    ],
    ["an older YAML", GIFT, `%YAML 1.1\n---\n${GIFT_TEXT}`, "1:1 YAML_VERSION"],
    [
      "aliases within aliases",
      GIFT,
      `a: &a [x, x]\nb: &b [${"*a, ".repeat(60)}*a]\nc: [${"*b, ".repeat(20)}*b]\n`,
      "1:1 YAML_ALIASES",
    ],
    ["an alias of itself", GIFT, "a: &a { b: *a }\n", "1:1 YAML_ALIASES"],
    ["brackets without end", GIFT, "[".repeat(900_000), "1:102 YAML_DEEP"],
    ["an endless block", GIFT, "- ".repeat(400_000), "1:202 YAML_DEEP"],
    ["a Git LFS pointer", GIFT, POINTER, "1:1 LFS_POINTER"],
    ["a Git LFS pointer for a lock", LOCK, POINTER, "1:1 LFS_POINTER"],
    ["nothing", GIFT, "", "1:1 WRONG_TYPE"],
    ["only a comment", RELEASE, "# nothing yet\n", "1:1 WRONG_TYPE"],
    ["nothing for a lock", LOCK, "", "1:1 JSON_SYNTAX"],
    ["JSON without end", LOCK, "[".repeat(900_000), "1:1 JSON_SYNTAX"],
    ["JSON with levels without end", LOCK, `${"[".repeat(400_000)}${"]".repeat(400_000)}`, "1:1 WRONG_TYPE"],
    ["too much text", GIFT, `${GIFT_TEXT}# ${"x".repeat(MAX_TEXT_BYTES)}\n`, "1:1 FILE_TOO_BIG"],
    [
      "a lock with too much in it",
      LOCK,
      lockText("rose", "1.0.0") + " ".repeat(MAX_TEXT_BYTES),
      "1:1 FILE_TOO_BIG",
    ],
  ])("%s is one finding", async (_, path, content, finding) => {
    await write(path, content);
    expect(await found()).toEqual([`${path}:${finding}`]);
  });

  test.each([
    ["a mark for the byte order", `\ufeff${GIFT_TEXT}`],
    ["the line ends of Windows", GIFT_TEXT.replaceAll("\n", "\r\n")],
    ["both", `\ufeff${GIFT_TEXT.replaceAll("\n", "\r\n")}`],
    ["no line end at all", GIFT_TEXT.trimEnd()],
    ["exactly as much text as is allowed", GIFT_TEXT + "#".repeat(MAX_TEXT_BYTES - GIFT_TEXT.length)],
  ])("%s is fine", async (_, text) => {
    await write(GIFT, text);
    expect(await found()).toEqual([]);
  });

  test("a mark for the byte order moves no place", async () => {
    await write(GIFT, `\ufeff${GIFT_TEXT.replace("id: rose", "id: tulip")}`);
    expect(await found()).toEqual([`${GIFT}:1:5 NAME_DIFFERS`]);
  });

  test.each([
    ["1e999", "Infinity"],
    ["-1e999", "-Infinity"],
    [".nan", "NaN"],
    [`1${"0".repeat(400)}`, "Infinity"],
  ])("a share of %s is told as what it is read as", async (written, read) => {
    await write(RELEASE, edited(releaseText("rose", "1.0.0"), "SG: 5", `SG: ${written}`));
    const findings = await findingsIn(workTree(root));
    expect(findings[0]?.message).toContain(read);
    expect(findings.map((it) => it.severity)).toContain("error");
  });

  test("orders to the terminal are shown and not given", async () => {
    await write(GIFT, GIFT_TEXT.replace("id: rose", 'id: "\\e[2Jrose"\n"\\e]0;x\\a": 1'));
    const text = findingsToText(await findingsIn(workTree(root)));
    expect(text).toContain("\\u{1b}");
    expect(text).not.toContain("\u001b");
  });
});

describe("keys that JavaScript has of its own", () => {
  const KEYS = ["__proto__", "constructor", "toString", "hasOwnProperty"];

  test.each(KEYS)("%s is no gift that can be required, and no platform", async (key) => {
    await write(
      RELEASE,
      edited(
        releaseText("rose", "1.0.0", `requires: { ${key}: "*" }\n`),
        'ios: "*"',
        `ios: "*", ${key}: "*"`,
      ),
    );
    const codes = (await findingsIn(workTree(root))).map((it) => it.code);
    expect(codes).toContain("REQUIRES_UNKNOWN");
    expect(codes).toContain("UNKNOWN_PLATFORM");
  });

  test.each(KEYS)("%s is no key that is known anywhere", async (key) => {
    await write(GIFT, `${GIFT_TEXT}${key}: { polluted: true }\n`);
    await write(LOCK, lockText("rose", "1.0.0").replace("{", `{ "${key}": { "polluted": true },`));
    const findings = await findingsIn(workTree(root));
    expect(findings.filter((it) => it.code === "UNKNOWN_KEY").map((it) => it.place.file)).toEqual([
      GIFT,
      LOCK,
    ]);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect("polluted" in {}).toBe(false);
  });

  test.each(KEYS)("%s is no platform that a policy can bring in unseen", async (key) => {
    const policy = GOOD[POLICY] ?? "";
    await write(POLICY, edited(policy, "platforms:\n", `platforms:\n  ${key}: { apps: "*", players: [] }\n`));
    for (const { message } of await findingsIn(workTree(root))) expect(message).not.toContain("[object");
  });
});

describe("links are told and never followed", () => {
  let elsewhere = "";
  beforeAll(async () => {
    elsewhere = await mkdtemp(join(tmpdir(), "giftwrap-elsewhere-"));
    for (const [name, content] of Object.entries({
      "gift.yaml": GIFT_TEXT,
      "1.0.0.yaml": releaseText("rose", "1.0.0"),
      "1.0.0.lock.json": lockText("rose", "1.0.0"),
      "source/art.json": buildLottie(),
      "source/still.png": buildPng(16, 16),
    })) {
      await mkdir(dirname(join(elsewhere, name)), { recursive: true });
      await writeFile(join(elsewhere, name), content);
    }
  });
  afterAll(() => rm(elsewhere, { recursive: true, force: true }));

  test.each([
    ["a gift.yaml", GIFT, "gift.yaml"],
    ["a release", RELEASE, "1.0.0.yaml"],
    ["a lock", LOCK, "1.0.0.lock.json"],
    ["an animation", ART, "source/art.json"],
    ["a still", STILL, "source/still.png"],
    ["a file beside the gifts", "gifts/README.md", "gift.yaml"],
    ["something that is not there", "gifts/rose/source/README.md", "nowhere"],
  ])("%s", async (_, path, target) => {
    await link(path, join(elsewhere, target));
    expect(await found()).toEqual([`${path}:1:1 SYMLINK`]);
  });

  test("a file inside of the repository, and a link to itself", async () => {
    await link("releases/rose/1.1.0.yaml", "1.0.0.yaml");
    await link("gifts/rose/source/README.md", "README.md");
    expect(await found()).toEqual([
      "gifts/rose/source/README.md:1:1 SYMLINK",
      "releases/rose/1.1.0.yaml:1:1 SYMLINK",
    ]);
  });

  test("the folder of frames", async () => {
    await write(GIFT, GIFT_TEXT.replace("source/art.json", "source/frames\nfps: 12"));
    await rm(join(root, ART));
    await link("gifts/rose/source/frames", join(elsewhere, "source"));
    expect(await found()).toEqual(["gifts/rose/source/frames:1:1 SYMLINK"]);
  });

  test("the folder of a gift, be it into itself", async () => {
    await link("gifts/tulip", elsewhere);
    await link("gifts/rose/source/loop", "..");
    expect(await found()).toEqual([
      "gifts/rose/source/loop:1:1 STRAY_FILE",
      "gifts/rose/source/loop:1:1 SYMLINK",
      "gifts/tulip:1:1 SYMLINK",
    ]);
  });

  test("all the gifts", async () => {
    await rename(join(root, "gifts"), join(root, "elsewhere"));
    await link("gifts", "elsewhere");
    expect(await found()).toContain("gifts:1:1 SYMLINK");
  });

  test("whoever asks for a path behind a link gets nothing", async () => {
    await link("gifts/tulip", elsewhere);
    await link("releases/rose/1.1.0.yaml", "1.0.0.yaml");
    const tree = workTree(root);
    const asked = ["gifts/tulip/gift.yaml", "releases/rose/1.1.0.yaml", "releases/rose"];
    expect(await tree.read(asked)).toEqual(new Map());
    expect(await tree.sizes(asked)).toEqual(new Map());
    expect(await tree.list("gifts/tulip/source")).toEqual([]);
  });
});

describe("what is no file", () => {
  test("a pipe is told, and nobody waits for it", async () => {
    await rm(join(root, GIFT));
    await run("mkfifo", [join(root, GIFT)]);
    const findings = await findingsIn(workTree(root));
    expect(findings.map((it) => `${it.place.file} ${it.code}`)).toEqual([`${GIFT} NOT_A_FILE`]);
    expect(await workTree(root).read([GIFT])).toEqual(new Map());
  });

  test("a submodule is told", async () => {
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "All");
    const commit = await git("rev-parse", "HEAD");
    await git("update-index", "--add", "--cacheinfo", `160000,${commit},gifts/tulip`);
    await git("commit", "--quiet", "--message", "A submodule");
    const findings = await findingsIn(revisionTree(root, "HEAD"));
    expect(findings.map((it) => `${it.place.file} ${it.code}`)).toEqual(["gifts/tulip NOT_A_FILE"]);
  });
});

describe("names that nobody can type", () => {
  test.each([
    ["orders to the terminal", "gifts/rose/source/a\u001b[2J.png", "gifts/rose/source/a\\u{1b}[2J.png"],
    ["a line feed", "gifts/rose/source/a\nb.png", "gifts/rose/source/a\\u{a}b.png"],
    ["letters that run backwards", "gifts/rose/source/a\u202egnp.exe", "gifts/rose/source/a\\u{202e}gnp.exe"],
    ["an accent of its own", "gifts/rose/source/e\u0301.png", "gifts/rose/source/e\u0301.png"],
    ["a folder with an order", "gifts/ro\u0007se/gift.yaml", "gifts/ro\\u{7}se/gift.yaml"],
    ["a release with an order", "releases/rose/1.\u001b0.yaml", "releases/rose/1.\\u{1b}0.yaml"],
  ])("%s", async (_, path, shown) => {
    await write(path, "x");
    expect(await found()).toEqual([`${shown}:1:1 FILE_NAME`]);
  });

  test("stop only the gift that they are of", async () => {
    await write("gifts/rose/source/a\u0007.png", "x");
    expect((await findingsIn(workTree(root))).map((it) => it.gift)).toEqual(["rose"]);
  });

  test("bytes that are not UTF-8, in a file's name and in a folder's", async () => {
    const name = (path: string) => Buffer.concat([Buffer.from(`${root}/${path}`), Buffer.from([0xff, 0xfe])]);
    await writeFile(name("gifts/rose/source/a"), "x");
    await mkdir(name("gifts/rose/source/folder"));
    await writeFile(Buffer.concat([name("gifts/rose/source/folder"), Buffer.from("/x.png")]), "x");
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "Bytes");
    for (const tree of [workTree(root), revisionTree(root, "HEAD")]) {
      const findings = await findingsIn(tree);
      expect(findings.map((it) => it.code)).toEqual(["FILE_NAME", "FILE_NAME"]);
      expect(findings.map((it) => it.place.file)).toEqual([
        "gifts/rose/source/a\ufffd\ufffd",
        expect.stringMatching(/^gifts\/rose\/source\/folder\ufffd\ufffd/),
      ]);
    }
  });

  test("a letter with its accent is fine", async () => {
    await write(GIFT, GIFT_TEXT.replace("source/still.png", "source/ros\u00e9 玫瑰.png"));
    await rename(join(root, STILL), join(root, "gifts/rose/source/ros\u00e9 玫瑰.png"));
    expect(await found()).toEqual([]);
  });
});

describe("sources", () => {
  test("that are a Git LFS pointer are told as one", async () => {
    await write(ART, POINTER);
    expect(await found()).toEqual([`${GIFT}:4:12 SOURCE_UNREADABLE`]);
  });

  test("over the limit are told and not read, in a commit too", async () => {
    await write(STILL, Buffer.alloc(MAX_SOURCE_BYTES + 1));
    expect(await found()).toEqual([`${GIFT}:5:8 SOURCE_TOO_BIG`]);
    const sources = await readSources(revisionTree(root, "HEAD"), {
      id: "rose",
      name: "A rose",
      owner: "@acme/gift-art",
      animation: "source/art.json",
      still: "source/still.png",
    });
    expect(sources.still).toBeUndefined();
    expect(sources.tooBig).toEqual([{ path: "source/still.png", bytes: MAX_SOURCE_BYTES + 1 }]);
  });

  test("that no memory could hold are told, and so are such texts", async () => {
    await truncate(join(root, ART), 5_000_000_000);
    await truncate(join(root, GIFT), 5_000_000_000);
    await truncate(join(root, LOCK), 5_000_000_000);
    const codes = (await findingsIn(workTree(root))).map((it) => `${it.place.file} ${it.code} ${it.message}`);
    expect(codes).toEqual([
      `${GIFT} FILE_TOO_BIG this file has 5000.00 MB; the most is 1.00 MB`,
      `${LOCK} FILE_TOO_BIG this file has 5000.00 MB; the most is 1.00 MB`,
    ]);
    await write(GIFT, GIFT_TEXT);
    expect(await findingsIn(workTree(root))).toMatchObject([
      {
        code: "SOURCE_TOO_BIG",
        message: "source/art.json has 5000.00 MB; the most is 100.00 MB",
        place: { file: GIFT, line: 4 },
      },
      { code: "FILE_TOO_BIG", place: { file: LOCK } },
    ]);
  });

  test.each([
    "source/../../tulip/source/art.json",
    "source/../gift.yaml",
    "../tulip/source/art.json",
    "/etc/passwd",
    "source/./art.json",
    "source//art.json",
    "source/..",
    "C:\\art.json",
    "source\\art.json",
  ])("outside of source/ are never read: %s", async (animation) => {
    await write("gifts/tulip/gift.yaml", GIFT_TEXT.replace("id: rose", "id: tulip"));
    await write("gifts/tulip/source/art.json", buildLottie());
    await write("gifts/tulip/source/still.png", buildPng(16, 16));
    await write(GIFT, GIFT_TEXT.replace("source/art.json", JSON.stringify(animation)));
    expect((await found()).filter((it) => it.startsWith(`${GIFT}:4:12 `))).toHaveLength(1);
    const gift = { id: "rose", name: "A rose", owner: "@acme/gift-art", animation };
    expect((await readSources(workTree(root), gift)).animation).toEqual([]);
  });
});

test("the program ends with findings, whatever lies there", async () => {
  await write("gifts/a\u001b[2J/gift.yaml", "[".repeat(500_000));
  await write("gifts/tulip/gift.yaml", "[".repeat(500_000));
  await write("gifts/daisy/gift.yaml", Buffer.from([0xff, 0x00, 0xfe]));
  await write("releases/rose/1.1.0.yaml", "a: &a [*a]\n");
  await link("gifts/lily", "/");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "Hostile");
  const { code, stdout, stderr } = await giftwrap(root, "validate");
  expect(stderr).toBe("");
  expect(code).toBe(1);
  for (const word of ["FILE_NAME", "YAML_DEEP", "NOT_UTF8", "YAML_ALIASES", "SYMLINK"])
    expect(stdout).toContain(`[${word}]`);
  expect(stdout).not.toContain("\u001b");
});
