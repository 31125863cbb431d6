import { describe, expect, test } from "vitest";
import { matrixOf } from "../../src/rules/matrix/matrix.ts";
import { describeApps } from "../../src/rules/matrix/apps.ts";
import { MATRIX_HEADER, titleOf, toRows } from "../../src/rules/matrix/matrixRows.ts";
import { toWorld } from "../../src/rules/matrix/world.ts";
import { toTable } from "../../src/report/text.ts";
import type { Version } from "../../src/wire/version.ts";
import {
  edited,
  type Files,
  findingsIn,
  giftText,
  GOOD,
  lockOf,
  lockText,
  projectOf,
  releaseText,
} from "./projectOf.ts";

const POLICY = "releases/policy.yaml";
/** As in the good project, but older Android apps are still in use. */
const OLDER_APPS = edited(GOOD[POLICY], 'apps: ">=8.2.0"\n', 'apps: ">=8.0.0"\n');
const ROSE = "releases/rose/1.0.0.yaml";

/** A second gift beside rose, open to everyone unless its text says otherwise. */
function withGift(id: string, release: string = atFull(releaseText(id, "1.0.0"))): Files {
  return {
    [`gifts/${id}/gift.yaml`]: giftText(id),
    [`gifts/${id}/source/${id}.svga`]: "",
    [`gifts/${id}/source/still.png`]: "",
    [`releases/${id}/1.0.0.yaml`]: release,
    [`releases/${id}/1.0.0.lock.json`]: lockText(id, "1.0.0"),
  };
}

function atFull(release: string): string {
  return release.replaceAll("open: false", "open: true").replace("percent: 2", "percent: 0");
}

function atRegional(release: string): string {
  return release.replace("open: false", "open: true");
}

async function said(files: Files): Promise<readonly string[]> {
  const findings = await findingsIn({ ...GOOD, ...files });
  return findings.map(({ code, severity, message }) => `${severity} ${code}: ${message}`);
}

/** What is said of a tree, leaving the gifts out that only help. */
const release = (extra = "", gift = "rose") => releaseText(gift, "1.0.0", extra);

describe("a release plays on every app that it claims, or its finding names the smallest interval", () => {
  test("a player that older apps do not have", async () => {
    const files = { [POLICY]: OLDER_APPS, [ROSE]: edited(release(), ">=8.2.0", ">=8.0.0") };
    expect(await said(files)).toEqual([
      "error PLAYER_MISSING: android 8.0.0 to 8.1.x, all tiers: rose@1.0.0 needs a player for svga 2.0.0, and these apps have none",
    ]);
    const [finding] = await findingsIn({ ...GOOD, ...files });
    expect(finding?.fix).toContain('write android: ">=8.2.0" in compat.app');
    expect(finding?.place).toMatchObject({ file: ROSE, line: 6 });
  });

  test("a format version that no player knows", async () => {
    const policy = edited(GOOD[POLICY], '>=8.2.0", formats: ^2.0.0', '>=8.2.0", formats: ^1.0.0');
    const [finding, ...more] = await findingsIn({ ...GOOD, [POLICY]: policy });
    expect(more).toEqual([]);
    expect(finding?.message).toContain("android 8.2.0 and later, all tiers");
    expect(finding?.fix).toContain(
      "take android out of compat.app, or export the animation for what android has: webp (*), svga (^1.0.0), lottie (*)",
    );
  });

  test("sound inside the file, where the player cannot play that", async () => {
    const policy = edited(
      GOOD[POLICY],
      '>=8.2.0", formats: ^2.0.0',
      '>=8.2.0", formats: ^2.0.0, embeddedSound: false',
    );
    expect(await said({ [POLICY]: policy })).toEqual([]);
    const { player, ...rest } = lockOf("rose", "1.0.0");
    const lock = JSON.stringify({ ...rest, player: { ...player, embeddedSound: true } });
    expect(await said({ [POLICY]: policy, "releases/rose/1.0.0.lock.json": lock })).toEqual([
      "error PLAYER_MISSING: android 8.2.0 and later, all tiers: rose@1.0.0 needs a player for svga 2.0.0 with sound inside, and these apps have none",
    ]);
  });

  test("is found at canary already, and once: a later stage would not help", async () => {
    const claims = edited(release("fallback:\n  - gift: lamp\n"), ">=8.2.0", ">=8.1.5");
    const lamp = withGift("lamp", atFull(release("", "lamp")));
    expect(await said({ [POLICY]: OLDER_APPS, [ROSE]: claims, ...lamp })).toEqual([
      "warning NO_ANSWER: android 8.0.0 to 8.1.x, all tiers: lamp@1.0.0 is open to these viewers but does not serve them, and nothing stands in for it: they see the app's own picture",
      "warning NO_ANSWER: android 8.0.0 to 8.1.4, all tiers: rose@1.0.0 is open to these viewers but does not serve them, and nothing stands in for it: they see the app's own picture",
      "error PLAYER_MISSING: android 8.1.5 to 8.1.x, all tiers: rose@1.0.0 needs a player for svga 2.0.0, and these apps have none",
    ]);
  });
});

describe("what a release requires resolves for the same viewers", () => {
  const requiring = release("requires: { kit: ^1.0.0 }\n");

  test("when it serves them", async () => {
    expect(await said({ [ROSE]: requiring, ...withGift("kit") })).toEqual([]);
  });

  test("or the intervals where it does not are errors", async () => {
    const kit = edited(atFull(release("", "kit")), ">=8.2.0", ">=8.4.0 <9.0.0");
    const found = (await said({ [ROSE]: requiring, ...withGift("kit", kit) })).filter((it) =>
      it.startsWith("error"),
    );
    const never =
      "rose@1.0.0 requires kit, and no release of that in range serves there, so these viewers never get it";
    expect(found).toEqual([
      `error REQUIRES_UNRESOLVED: android 8.2.0 to 8.3.x, all tiers: ${never}`,
      `error REQUIRES_UNRESOLVED: android 9.0.0 and later, all tiers: ${never}`,
    ]);
  });

  test("and a stage of it that is not open yet is a warning: closing one is a rollback", async () => {
    const kit = release("", "kit");
    const files = { [ROSE]: atFull(requiring), ...withGift("kit", kit) };
    expect((await said(files)).filter((it) => it.includes("NARROWER"))).toEqual([
      "warning REQUIRES_NARROWER: android 8.2.0 and later, all tiers: rose@1.0.0 requires kit, which is not open to all of its viewers, so they do not get it",
      "warning REQUIRES_NARROWER: ios 8.0.0 and later, all tiers: rose@1.0.0 requires kit, which is not open to all of its viewers, so they do not get it",
    ]);
  });

  test("and two versions of one gift are a conflict that names both paths", async () => {
    const files = {
      [ROSE]: release("requires: { kit: ^1.0.0, drum: ^1.0.0 }\n"),
      ...withGift("kit", atFull(release("requires: { spark: ^1.0.0 }\n", "kit"))),
      ...withGift("drum", atFull(release('requires: { spark: ">=1.0.0" }\n', "drum"))),
      ...withGift("spark"),
      "releases/spark/2.0.0.yaml": atFull(releaseText("spark", "2.0.0")),
      "releases/spark/2.0.0.lock.json": lockText("spark", "2.0.0"),
    };
    expect((await said(files)).find((it) => it.includes("CONFLICT"))).toBe(
      "error REQUIRES_CONFLICT: android 8.2.0 and later, all tiers: rose@1.0.0 needs two versions of spark at once: rose -> drum -> spark 2.0.0, and rose -> kit -> spark 1.0.0",
    );
  });
});

describe("there is an answer, and a way back", () => {
  test("viewers whom a release reaches but does not serve are told of, and a fallback gift helps", async () => {
    const files = { [POLICY]: OLDER_APPS };
    expect(await said(files)).toEqual([
      "warning NO_ANSWER: android 8.0.0 to 8.1.x, all tiers: rose@1.0.0 is open to these viewers but does not serve them, and nothing stands in for it: they see the app's own picture",
    ]);
    const lamp = edited(atFull(release("", "lamp")), ">=8.2.0", ">=8.0.0");
    const webp = { ...lockOf("lamp", "1.0.0"), player: { name: "webp", version: "1.0.0" } };
    const stillThere = JSON.stringify(webp);
    const withLamp = { ...files, [ROSE]: release("fallback:\n  - gift: lamp\n"), ...withGift("lamp", lamp) };
    expect(await said({ ...withLamp, "releases/lamp/1.0.0.lock.json": stillThere })).toEqual([]);
  });

  test("a release beyond its canary leaves something to go back to", async () => {
    expect(
      (await said({ [ROSE]: atRegional(release()) })).filter((it) => it.includes("NO_WAY_BACK")),
    ).toEqual([
      "warning NO_WAY_BACK: android 8.2.0 and later, all tiers: when rose@1.0.0 is rolled back, these viewers are left with the app's own picture",
      "warning NO_WAY_BACK: ios 8.0.0 and later, all tiers: when rose@1.0.0 is rolled back, these viewers are left with the app's own picture",
    ]);
    const older = {
      "releases/rose/0.9.0.yaml": atFull(releaseText("rose", "0.9.0")),
      "releases/rose/0.9.0.lock.json": lockText("rose", "0.9.0"),
    };
    expect(await said({ [ROSE]: atRegional(release()), ...older })).toEqual([]);
  });
});

describe("a matrix as people read it", () => {
  test("shows each stage, and marks what differs from a base", async () => {
    const files = {
      ...GOOD,
      "releases/rose/0.9.0.yaml": edited(atFull(releaseText("rose", "0.9.0")), ">=8.2.0", ">=8.3.5"),
      "releases/rose/0.9.0.lock.json": lockText("rose", "0.9.0"),
      [ROSE]: release("fallback:\n  - gift: lamp\n"),
      ...withGift("lamp"),
    };
    const base = await projectOf(files);
    const now = await projectOf({ ...files, [ROSE]: atRegional(files[ROSE] ?? "") });
    const policy = now.policy?.value;
    if (!policy) throw new Error("the policy is there");
    const [before, after] = [base, now].map((it) => toWorld(it, { mode: "as-written" }));
    if (!before || !after) throw new Error("both are there");
    const matrix = matrixOf(after, policy, "rose", before);
    const text = matrix.stages.map(
      (stage) => `${titleOf(matrix, stage)}\n\n${toTable([MATRIX_HEADER, ...toRows(matrix, stage)])}\n`,
    );
    await expect(text.join("\n")).toMatchFileSnapshot("golden/matrix.txt");
  });

  test.each<[Version, Version | null, string]>([
    [[8, 2, 0], [8, 3, 5], "8.2.0 to 8.3.4"],
    [[8, 2, 0], [8, 3, 0], "8.2.0 to 8.2.x"],
    [[8, 2, 0, 0], [9, 0, 0, 0], "8.2.0 to 8.x"],
    [[8, 2, 0], null, "8.2.0 and later"],
    [[0, 0, 0, 0], null, "every version"],
    [[8, 2, 0, "beta", 1], [8, 2, 0], "8.2.0-beta.1 to 8.1.x"],
    [[8, 2, 0], [8, 3, 0, "rc", 1], "8.2.0 to just before 8.3.0-rc.1"],
  ])("an interval from %j to %j is %s", (from, to, words) => {
    expect(describeApps([from, to])).toBe(words);
  });
});
