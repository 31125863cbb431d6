import { describe, expect, test } from "vitest";
import { check } from "../../src/rules/check.ts";
import type { LockFacts } from "../../src/rules/facts.ts";
import {
  type Files,
  findingsIn,
  GOOD,
  giftFiles,
  linesOf,
  lockOf,
  lockText,
  projectOf,
  releaseText,
  settledFiles,
  textOf,
  withEdit,
  without,
} from "./projectOf.ts";

const GIFT = "gifts/rose/gift.yaml";
const RELEASE = "releases/rose/1.0.0.yaml";
const LOCK = "releases/rose/1.0.0.lock.json";

describe("A file says the same as its path", () => {
  test("a gift has the id of its folder", async () => {
    const text = await textOf(withEdit(GOOD, GIFT, "id: rose", "id: rosa"));
    expect(text).toBe(
      `${GIFT}:1:5: id is "rosa", but the folder is called "rose" [NAME_DIFFERS]\n` +
        `  fix: write id: rose, or rename the folder to rosa\n`,
    );
  });

  test("a release has the gift of its folder and the version of its file", async () => {
    const files = withEdit(
      withEdit(GOOD, RELEASE, "gift: rose", "gift: rocket"),
      RELEASE,
      "version: 1.0.0",
      "version: 1.0.1",
    );
    expect(linesOf(await textOf(files))).toEqual([
      `${RELEASE}:1:7: gift is "rocket", but the folder is called "rose" [NAME_DIFFERS]`,
      `${RELEASE}:2:10: version is "1.0.1", but the file is called "1.0.0" [NAME_DIFFERS]`,
    ]);
  });

  test("a lock is not one that was copied from another release", async () => {
    const files = { ...GOOD, [LOCK]: lockText("rose", "0.9.0") };
    expect(linesOf(await textOf(files))).toEqual([
      `${LOCK}:1:1: this lock is of rose@0.9.0, but it lies where rose@1.0.0 belongs [NAME_DIFFERS]`,
    ]);
  });
});

describe("Nothing lies about that has no meaning", () => {
  test.each([
    ["gifts/rose/gift.yml", "rename it to gifts/rose/gift.yaml"],
    ["gifts/rose/Gift.yaml", "rename it to gifts/rose/gift.yaml"],
    ["releases/rose/1.1.0.yml", "rename it to releases/rose/1.1.0.yaml"],
    ["releases/rose/1.1.0.yaml.txt", "rename it to releases/rose/1.1.0.yaml"],
    ["releases/rose/1.1.0.lock.yaml.txt", "rename it to releases/rose/1.1.0.lock.json"],
    ["releases/overrides/stop-rose.yml", "rename it to releases/overrides/stop-rose.yaml"],
    ["releases/environments/staging.yml", "rename it to releases/environments/staging.yaml"],
    ["releases/polcy.yml", "rename it to releases/policy.yaml"],
  ])("%s was meant to have another name", async (path, fix) => {
    const text = await textOf({ ...GOOD, [path]: "" });
    expect(text).toContain(`${path}:1:1: `);
    expect(text).toContain("did you mean");
    expect(text).toContain(`  fix: ${fix}\n`);
  });

  test.each([
    ["gifts/rose/rose.svga", "move it below gifts/rose/source/"],
    ["gifts/rose.svga", "each gift has a folder of its own"],
    ["releases/rose/notes.md", "only <version>.yaml and <version>.lock.json"],
    ["releases/rose/deep/1.0.0.yaml", "delete it"],
    ["releases/environments/notes.md", "delete it"],
  ])("%s belongs elsewhere", async (path, fix) => {
    const text = await textOf({ ...GOOD, [path]: "" });
    expect(linesOf(text)).toHaveLength(1);
    expect(text).toContain("[STRAY_FILE]");
    expect(text).toContain(fix);
  });

  test("a stray file stops the gift that it lies with, or everything when it lies with none", async () => {
    const files = { ...GOOD, "gifts/rose/notes.txt": "", "gifts/notes.txt": "" };
    expect((await findingsIn(files)).map((it) => [it.place.file, it.gift])).toEqual([
      ["gifts/notes.txt", undefined],
      ["gifts/rose/notes.txt", "rose"],
    ]);
  });

  test("source files are named in gift.yaml, or lie in its folder of frames", async () => {
    const files = {
      ...withEdit(GOOD, GIFT, "source/rose.svga", "source/frames"),
      "gifts/rose/source/frames/000.png": "",
      "gifts/rose/source/frames-old/000.png": "",
    };
    expect(linesOf(await textOf(files))).toEqual([
      "gifts/rose/source/frames-old/000.png:1:1: gift.yaml does not name source/frames-old/000.png; its animation is source/frames [STRAY_FILE]",
      "gifts/rose/source/rose.svga:1:1: gift.yaml does not name source/rose.svga; its animation is source/frames [STRAY_FILE]",
    ]);
  });

  test("a trusted root has its environment", async () => {
    const text = await textOf({ ...GOOD, "releases/environments/staging.root.json": "{}" });
    expect(linesOf(text)).toEqual([
      'releases/environments/staging.root.json:1:1: this is the trusted root of "staging", but there is no environment of that name [STRAY_FILE]',
    ]);
  });

  test("a gift's sources have a gift.yaml, told once", async () => {
    const { "gifts/rose/gift.yaml": _, ...files } = GOOD;
    expect(linesOf(await textOf(files))).toEqual([
      "gifts/rose/source/README.md:1:1: gifts/rose/ has source files but no gift.yaml [GIFT_MISSING]",
    ]);
  });

  test("an override in a misspelt folder is not taken for a gift in silence", async () => {
    const path = "releases/override/stop-rose.yaml";
    const text = await textOf({ ...GOOD, [path]: "gifts: [rose]\nlimit: none\nreason: It crashes\n" });
    expect(text).toContain(
      `${path}:1:1: releases/override/ is no gift; did you mean releases/overrides/? [STRAY_FILE]`,
    );
  });
});

describe("A release and its lock belong together", () => {
  test("a lock needs its release", async () => {
    expect(linesOf(await textOf(without(GOOD, RELEASE)))).toEqual([
      `${LOCK}:1:1: this lock has no release: ${RELEASE} is not there [LOCK_WITHOUT_RELEASE]`,
    ]);
  });

  test("an open release that was not built is warned of, with the command to run", async () => {
    const text = await textOf(without(GOOD, LOCK));
    expect(text).toContain(`${RELEASE}:2:10: warning: rose@1.0.0 is open but was not built`);
    expect(text).toContain("npx giftwrap build rose@1.0.0");
  });

  test("a closed release needs no lock yet", async () => {
    expect(await textOf(withEdit(without(GOOD, LOCK), RELEASE, "open: true", "open: false"))).toBe("");
  });

  const { low: _, ...higher } = lockOf("rose", "1.0.0").tiers;
  const withLily = {
    ...GOOD,
    ...settledFiles("lily"),
    [RELEASE]: releaseText("rose", "1.0.0", "fallback:\n  - gift: lily\n"),
  };
  const withoutLow = { ...withLily, [LOCK]: JSON.stringify({ ...lockOf("rose", "1.0.0"), tiers: higher }) };

  test("a release may leave tiers out that its lock was built for", async () => {
    const files = withEdit(withLily, RELEASE, "tiers: [low, mid, high]\n", "tiers: [mid, high]\n");
    expect(await textOf(files)).toBe("");
  });

  test("a lock is built for the tiers of its release", async () => {
    const text = await textOf(withoutLow, { locks: { merged: new Set(), changed: new Set() } });
    expect(linesOf(text)).toEqual([
      `${RELEASE}:7:10: the release is for low, mid, high, but its lock was built for mid, high [LOCK_TIERS]`,
    ]);
    expect(text).toContain("fix: build it again with npx giftwrap build rose@1.0.0 --relock\n");
  });

  test("a merged lock is never built again: the fix is a new version", async () => {
    const locks = locksOf(withoutLow, withoutLow);
    const text = await textOf(withoutLow, { locks });
    expect(text).toContain("make a new version");
    expect(text).not.toContain("build it again");
  });

  test("a merged lock keeps its bytes", async () => {
    const files = { ...GOOD, [LOCK]: `${lockText("rose", "1.0.0")}\n` };
    const text = await textOf(files, { locks: locksOf(files, GOOD) });
    expect(linesOf(text)).toEqual([
      `${LOCK}:1:1: ${LOCK} is merged and never changes, but it was changed here [LOCK_CHANGED]`,
    ]);
    expect(text).toContain(`git checkout origin/main -- ${LOCK}`);
  });

  test("a merged lock does not vanish from under its release", async () => {
    const files = without(GOOD, LOCK);
    const text = await textOf(files, { locks: locksOf(files, GOOD) });
    expect(linesOf(text)).toEqual([
      `${RELEASE}:1:1: ${LOCK} is merged and never changes, but it was deleted here [LOCK_CHANGED]`,
    ]);
  });

  test("a release is withdrawn by deleting both", async () => {
    const files = without({ ...GOOD, ...giftFiles("rocket") }, LOCK, RELEASE);
    const locks = locksOf(files, { ...GOOD, ...giftFiles("rocket") });
    expect(await textOf(files, { locks })).toBe("");
  });

  test("a new lock is no change", async () => {
    const files = { ...GOOD, ...giftFiles("rocket") };
    expect(await textOf(files, { locks: locksOf(files, GOOD) })).toBe("");
  });
});

describe("The policy", () => {
  test("its absence stops everything", async () => {
    const [finding, ...others] = await findingsIn(without(GOOD, "releases/policy.yaml"));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ code: "POLICY_MISSING", severity: "error" });
    expect(finding).not.toHaveProperty("gift");
  });
});

test("rules without their facts are silent", async () => {
  const crowded = edit(releaseText("rose", "1.0.0"));
  const files = { ...GOOD, [RELEASE]: crowded };
  expect(check(await projectOf(files), {})).toEqual([]);
  expect(await textOf(files)).toContain("LAYOUT_");

  function edit(text: string): string {
    return text.replaceAll("\n\n", "\n");
  }
});

/** The locks of a base, and which of them the files have otherwise. */
function locksOf(files: Files, base: Files): LockFacts {
  const merged = Object.keys(base).filter((path) => path.endsWith(".lock.json"));
  return { merged: new Set(merged), changed: new Set(merged.filter((path) => files[path] !== base[path])) };
}
