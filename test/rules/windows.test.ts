import { describe, expect, test } from "vitest";
import { findingsToText } from "../../src/report/text.ts";
import { calendarOf } from "../../src/rules/calendar.ts";
import { checkCampaigns } from "../../src/rules/checkCampaigns.ts";
import { checkFreezes } from "../../src/rules/checkFreezes.ts";
import { closed, edited, type Files, GOOD, giftFiles, linesOf, projectOf, releaseText } from "./projectOf.ts";

const POLICY = "releases/policy.yaml";
const OLDER = "releases/rose/1.0.0.yaml";
const NEWER = "releases/rose/1.1.0.yaml";

const campaign = (starts: string, ends: string, name = "Lunar new year") =>
  `campaign:\n  name: ${name}\n  starts: "${starts}"\n  ends: "${ends}"\n`;

const withCampaign = (version: string, ...of: Parameters<typeof campaign>) =>
  releaseText("rose", version, campaign(...of));

const freeze = (starts: string, ends: string, allow = "") =>
  `  - name: Lunar new year\n    starts: "${starts}"\n    ends: "${ends}"\n${allow && `    allow: ${allow}\n`}`;

const withPolicy = (extra: string, files: Files = GOOD): Files => ({
  ...files,
  [POLICY]: `${GOOD[POLICY]}${extra}`,
});

async function campaignsIn(files: Files): Promise<string> {
  return findingsToText(checkCampaigns(await projectOf(files)));
}

describe("A campaign", () => {
  test("on days that there are, from a start to an end, is fine", async () => {
    const files = { ...GOOD, [OLDER]: withCampaign("1.0.0", "2028-02-29T18:00+08:00", "2028-03-01T00:00Z") };
    expect(await campaignsIn(files)).toBe("");
  });

  test("on a day that is not in the calendar stops its gift, once for each end", async () => {
    const files = {
      ...GOOD,
      [OLDER]: withCampaign("1.0.0", "2027-02-30T18:00:00+08:00", "2027-04-31T18:00:00+08:00"),
    };
    expect(await campaignsIn(files)).toBe(
      `${OLDER}:10:11: the campaign "Lunar new year" starts on 2027-02-30T18:00:00+08:00, and there is no such day [MOMENT_UNREAL]
  fix: write a day that is in the calendar; the time and the offset behind it may stay
${OLDER}:11:9: the campaign "Lunar new year" ends on 2027-04-31T18:00:00+08:00, and there is no such day [MOMENT_UNREAL]
  fix: write a day that is in the calendar; the time and the offset behind it may stay
`,
    );
    const [finding] = checkCampaigns(await projectOf(files));
    expect(finding).toMatchObject({ severity: "error", gift: "rose", version: "1.0.0" });
  });

  test("that ends before it starts, by the clock of the world and not by the one on the wall", async () => {
    const files = { ...GOOD, [OLDER]: withCampaign("1.0.0", "2027-02-05T18:00Z", "2027-02-05T19:00+08:00") };
    expect(await campaignsIn(files)).toBe(
      `${OLDER}:11:9: the campaign "Lunar new year" ends on 2027-02-05T19:00+08:00, before it starts on 2027-02-05T18:00Z [CAMPAIGN_BACKWARDS]
  fix: write an end that comes after the start, or exchange the two; mind their offsets
`,
    );
  });

  test("that ends when it starts", async () => {
    const files = { ...GOOD, [OLDER]: withCampaign("1.0.0", "2027-02-05T18:00+08:00", "2027-02-05T10:00Z") };
    expect(linesOf(await campaignsIn(files))).toEqual([
      `${OLDER}:11:9: the campaign "Lunar new year" ends on 2027-02-05T10:00Z, when it starts on 2027-02-05T18:00+08:00 [CAMPAIGN_BACKWARDS]`,
    ]);
  });

  test("of a closed release only warns: it must not stop its gift", async () => {
    const files = {
      ...GOOD,
      [OLDER]: closed(withCampaign("1.0.0", "2027-02-30T18:00Z", "2027-03-01T18:00Z")),
      [NEWER]: closed(withCampaign("1.1.0", "2027-03-02T18:00Z", "2027-03-01T18:00Z")),
    };
    const findings = checkCampaigns(await projectOf(files));
    expect(findings.map(({ code, severity }) => [code, severity])).toEqual([
      ["MOMENT_UNREAL", "warning"],
      ["CAMPAIGN_BACKWARDS", "warning"],
    ]);
  });
});

describe("Two campaigns of one gift", () => {
  const older = withCampaign("1.0.0", "2027-02-05T18:00+08:00", "2027-02-20T23:59+08:00");
  const newer = withCampaign("1.1.0", "2027-02-14T00:00Z", "2027-02-28T00:00Z", "Valentine");
  const MEETS = `${NEWER}:8:1: the campaign "Valentine" meets "Lunar new year" of rose@1.0.0, which is open too, from 2027-02-14T00:00Z until 2027-02-20T23:59+08:00 [CAMPAIGN_OVERLAP]`;

  test("that overlap are told on the newer release, with when they meet as it was written", async () => {
    const files = { ...GOOD, [OLDER]: older, [NEWER]: newer };
    expect(await campaignsIn(files)).toBe(
      `${MEETS}\n  fix: let one of them end before the other starts; if both are for the same campaign, give it the same name in both\n`,
    );
    expect(checkCampaigns(await projectOf(files))).toMatchObject([
      { severity: "error", gift: "rose", version: "1.1.0" },
    ]);
  });

  test("are told whichever of them comes first, and however versions sort as text", async () => {
    const early = withCampaign("1.10.0", "2027-02-01T00:00Z", "2027-02-06T00:00Z", "Warm-up");
    const files = { ...GOOD, "releases/rose/1.9.0.yaml": withCampaign("1.9.0", ...SPRING) };
    expect(
      linesOf(await campaignsIn({ ...files, [OLDER]: older, "releases/rose/1.10.0.yaml": early })),
    ).toEqual([
      'releases/rose/1.10.0.yaml:8:1: the campaign "Warm-up" meets "Lunar new year" of rose@1.0.0, which is open too, from 2027-02-05T18:00+08:00 until 2027-02-06T00:00Z [CAMPAIGN_OVERLAP]',
    ]);
  });

  test("that only touch are fine, across offsets too", async () => {
    const next = withCampaign("1.1.0", "2027-02-20T15:59Z", "2027-02-28T00:00Z", "Spring");
    expect(await campaignsIn({ ...GOOD, [OLDER]: older, [NEWER]: next })).toBe("");
    const oneMinuteEarlier = edited(next, "15:59Z", "15:58Z");
    expect(await campaignsIn({ ...GOOD, [OLDER]: older, [NEWER]: oneMinuteEarlier })).toContain(
      "CAMPAIGN_OVERLAP",
    );
  });

  test("of one name are one campaign, which two releases may serve: that is how one is mended", async () => {
    const mended = edited(newer, "name: Valentine", "name: Lunar new year");
    expect(await campaignsIn({ ...GOOD, [OLDER]: older, [NEWER]: mended })).toBe("");
    const renamed = edited(mended, "name: Lunar new year", "name: Lunar New Year");
    expect(await campaignsIn({ ...GOOD, [OLDER]: older, [NEWER]: renamed })).toContain("CAMPAIGN_OVERLAP");
  });

  test("a newer one that is closed still is warned, and an older one that is closed is in nobody's way", async () => {
    expect(linesOf(await campaignsIn({ ...GOOD, [OLDER]: older, [NEWER]: closed(newer) }))).toEqual([
      MEETS.replace(": the", ": warning: the"),
    ]);
    expect(await campaignsIn({ ...GOOD, [OLDER]: closed(older), [NEWER]: newer })).toBe("");
  });

  test("of two gifts may overlap, and one that cannot be read meets nothing", async () => {
    const other = giftFiles("lily", "1.0.0", campaign("2027-02-05T18:00+08:00", "2027-02-20T23:59+08:00"));
    expect(await campaignsIn({ ...GOOD, ...other, [OLDER]: older })).toBe("");
    const backwards = withCampaign("1.1.0", "2027-02-14T00:00Z", "2027-02-13T00:00Z");
    expect(await campaignsIn({ ...GOOD, [OLDER]: older, [NEWER]: backwards })).not.toContain("OVERLAP");
  });
});

const SPRING = ["2027-03-01T00:00Z", "2027-04-01T00:00Z", "Spring"] as const;

describe("A freeze in the policy", () => {
  test("that cannot be read stops everything, for it protects nothing", async () => {
    const text = freeze("2027-02-30T00:00+08:00", "2027-03-01T00:00+08:00");
    const files = withPolicy(`freezes:\n${text}${freeze("2027-02-22T00:00Z", "2027-02-05T00:00Z")}`);
    expect(await campaignsIn(files)).toBe(
      `${POLICY}:26:13: the freeze "Lunar new year" starts on 2027-02-30T00:00+08:00, and there is no such day [MOMENT_UNREAL]
  fix: write a day that is in the calendar; the time and the offset behind it may stay
${POLICY}:30:11: the freeze "Lunar new year" ends on 2027-02-05T00:00Z, before it starts on 2027-02-22T00:00Z [FREEZE_BACKWARDS]
  fix: write an end that comes after the start, or exchange the two; mind their offsets
`,
    );
    for (const finding of checkCampaigns(await projectOf(files))) {
      expect(finding.severity).toBe("error");
      expect(finding).not.toHaveProperty("gift");
    }
  });

  test("that is in order is fine, and so is another that overlaps it", async () => {
    const one = freeze("2027-02-05T00:00+08:00", "2027-02-22T00:00+08:00");
    expect(await campaignsIn(withPolicy(`freezes:\n${one}${one}`))).toBe("");
  });
});

describe("While a freeze holds", () => {
  const STARTS = Date.UTC(2027, 1, 4, 16);
  const ENDS = Date.UTC(2027, 1, 21, 16);
  const FROZEN = withPolicy(
    `freezes:\n${freeze("2027-02-05T00:00+08:00", "2027-02-22T00:00+08:00", "[lily]")}`,
  );
  const widened = (gift: string, version = "1.1.0") => ({
    gift,
    version,
    place: { file: `releases/${gift}/${version}.yaml`, line: 16, column: 11 },
  });
  const codesAt = async (now: number, files = FROZEN) =>
    checkFreezes(await projectOf(files), [widened("rose")], now).map((it) => it.code);

  test("what reaches more viewers may not be merged, and is told until when", async () => {
    const findings = checkFreezes(await projectOf(FROZEN), [widened("rose")], STARTS);
    expect(findingsToText(findings)).toBe(
      `releases/rose/1.1.0.yaml:16:11: rose@1.1.0 would reach more viewers, but the freeze "Lunar new year" holds until 2027-02-22T00:00+08:00: only what reaches fewer viewers may be merged now [FREEZE_WINDOW]
  fix: wait until 2027-02-22T00:00+08:00, or have the owners of releases/policy.yaml add rose to the freeze's allow
`,
    );
    expect(findings).toMatchObject([{ severity: "error", gift: "rose", version: "1.1.0" }]);
  });

  test("that is from its first moment up to its end, and at its end no more", async () => {
    expect(await codesAt(STARTS - 1)).toEqual([]);
    expect(await codesAt(STARTS)).toEqual(["FREEZE_WINDOW"]);
    expect(await codesAt(ENDS - 1)).toEqual(["FREEZE_WINDOW"]);
    expect(await codesAt(ENDS)).toEqual([]);
  });

  test("what it allows may go on, and what reaches nobody new is not asked", async () => {
    const project = await projectOf(FROZEN);
    expect(checkFreezes(project, [widened("lily")], STARTS)).toEqual([]);
    expect(checkFreezes(project, [], STARTS)).toEqual([]);
  });

  test("each release and each freeze is told by itself", async () => {
    const second = freeze("2027-02-01T00:00Z", "2027-03-01T00:00Z");
    const project = await projectOf({ ...FROZEN, [POLICY]: `${FROZEN[POLICY]}${second}` });
    const found = checkFreezes(project, [widened("rose"), widened("lily")], STARTS);
    expect(found.map(({ gift, fix }) => [gift, fix.slice(0, 33)])).toEqual([
      ["rose", "wait until 2027-02-22T00:00+08:00"],
      ["rose", "wait until 2027-03-01T00:00Z, or "],
      ["lily", "wait until 2027-03-01T00:00Z, or "],
    ]);
  });

  test("without a freeze, without a policy, or with one that cannot be read, nothing is said here", async () => {
    expect(await codesAt(STARTS, GOOD)).toEqual([]);
    const { [POLICY]: _, ...files } = GOOD;
    expect(await codesAt(STARTS, files)).toEqual([]);
    const backwards = freeze("2027-02-22T00:00Z", "2027-02-05T00:00Z");
    expect(await codesAt(STARTS, withPolicy(`freezes:\n${backwards}`))).toEqual([]);
  });
});

describe("The calendar", () => {
  const within = { starts: Date.UTC(2027, 1, 1), ends: Date.UTC(2027, 1, 8) };
  const entriesOf = async (files: Files) => calendarOf(await projectOf(files), within);

  test("has what holds within its time: neither what ended as it begins nor what starts as it ends", async () => {
    const times = [
      ["2027-01-20T00:00Z", "2027-02-01T00:00Z"],
      ["2027-01-20T00:00Z", "2027-02-01T00:01Z"],
      ["2027-02-07T23:59Z", "2027-03-01T00:00Z"],
      ["2027-02-08T00:00Z", "2027-03-01T00:00Z"],
    ] as const;
    const files = times.map(([starts, ends], at) => [
      `releases/rose/1.${at}.0.yaml`,
      withCampaign(`1.${at}.0`, starts, ends),
    ]);
    const entries = await entriesOf({ ...GOOD, ...Object.fromEntries(files) });
    expect(entries).toMatchObject([
      { kind: "campaign", gift: "rose", version: "1.1.0", stage: "canary", frozen: [] },
      { kind: "campaign", gift: "rose", version: "1.2.0", stage: "canary", frozen: [] },
    ]);
  });

  const inFreeze = (release: string, allow = "") =>
    withPolicy(`freezes:\n${freeze("2027-02-05T00:00Z", "2027-02-06T00:00Z", allow)}`, {
      ...GOOD,
      [OLDER]: release,
    });
  const AROUND = withCampaign("1.0.0", "2027-02-04T00:00Z", "2027-02-08T00:00Z");
  const full = AROUND.replaceAll("open: false", "open: true");

  test.each([
    ["a release at canary", AROUND, "", true],
    ["a closed one", closed(AROUND), "", true],
    ["one at full with a holdback", full, "", true],
    ["one that reaches everyone", edited(full, "percent: 2", "percent: 0"), "", false],
    ["one of a gift on the allow-list", AROUND, "[rose]", false],
    [
      "one whose campaign starts as the freeze ends",
      withCampaign("1.0.0", "2027-02-06T00:00Z", "2027-02-08T00:00Z"),
      "",
      false,
    ],
  ])(
    "knows of %s whether a freeze in its campaign keeps it where it is",
    async (_, release, allow, frozen) => {
      const campaign = (await entriesOf(inFreeze(release, allow))).find((it) => it.kind === "campaign");
      expect(campaign?.frozen.map((it) => it.name)).toEqual(frozen ? ["Lunar new year"] : []);
    },
  );

  test("has the ends of overrides and the last days of waivers, unless they were renewed", async () => {
    const waiver = (rule: string, ends: string) =>
      `  - { rule: ${rule}, gift: rose, owner: "@acme/art", reason: It is shown alone, ends: "${ends}" }\n`;
    const files = withPolicy(
      `waivers:\n${waiver("BUDGET_MEMORY", "2027-02-03")}${waiver("BUDGET_FPS", "2027-02-02")}${waiver("BUDGET_FPS", "2027-09-01")}`,
      {
        ...GOOD,
        "releases/overrides/stop.yaml":
          'gifts: [rose]\nversions: ">=1.0.0"\nlimit: none\nreason: It crashes\nends: "2027-02-02T12:00:00Z"\n',
        "releases/overrides/ever.yaml": "gifts: [rose]\nlimit: none\nreason: It crashes\n",
      },
    );
    expect(await entriesOf(files)).toEqual([
      {
        kind: "override",
        name: "stop",
        gifts: ["rose"],
        versions: ">=1.0.0",
        limit: "none",
        ends: Date.UTC(2027, 1, 2, 12),
      },
      {
        kind: "waiver",
        rule: "BUDGET_MEMORY",
        gift: "rose",
        owner: "@acme/art",
        starts: Date.UTC(2027, 1, 3),
        ends: Date.UTC(2027, 1, 4),
      },
    ]);
  });
});
