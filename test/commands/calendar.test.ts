import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { command } from "../../src/commands/calendar.ts";
import { edited, type Files, GOOD, giftFiles, releaseText, settled } from "../rules/projectOf.ts";
import { giftwrap } from "../support/cli.ts";
import { quietIo } from "../support/world.ts";

const folders: string[] = [];

async function folderOf(files: Files): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "giftwrap-calendar-"));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

/** What the command prints on a day of the test's choice. */
async function calendar(files: Files, now: string, options: Readonly<Record<string, string>> = {}) {
  const lines: string[] = [];
  const io = { ...quietIo(await folderOf(files)), line: (text: string) => lines.push(text) };
  const args = {
    words: [],
    text: (name: string) => options[name],
    texts: () => [],
    flag: (name: string) => name in options,
  };
  const exit = await command.run(args, { ...io, now: () => Date.parse(now) });
  return { exit, text: `${lines.join("\n")}\n` };
}

const campaign = (name: string, starts: string, ends: string) =>
  `campaign:\n  name: ${name}\n  starts: "${starts}"\n  ends: "${ends}"\n`;

/** A freeze over the new year that allows one gift, with campaigns before, in and after it. */
const SEASON: Files = {
  ...GOOD,
  ...giftFiles(
    "lily",
    "1.0.0",
    campaign("Lunar new year", "2027-02-05T18:00:00+08:00", "2027-02-20T23:59:00+08:00"),
  ),
  ...giftFiles(
    "rocket",
    "2.0.0",
    campaign("Weekend race", "2027-02-06T10:00+08:00", "2027-02-07T20:00+08:00"),
  ),
  "releases/policy.yaml": `${GOOD["releases/policy.yaml"]}
waivers:
  - rule: BUDGET_MEMORY
    gift: rose
    versions: 1.0.0
    owner: "@acme/gift-art"
    reason: The rose is shown alone
    ends: "2027-02-14"
freezes:
  - name: Lunar new year
    starts: "2027-02-03T00:00:00+08:00"
    ends: "2027-02-22T00:00:00+08:00"
    allow: [lily]
  - name: Last year
    starts: "2026-02-03T00:00:00+08:00"
    ends: "2026-02-22T00:00:00+08:00"
`,
  "releases/rose/1.0.0.yaml": settled(
    releaseText("rose", "1.0.0", campaign("Valentine", "2027-02-13T12:00+08:00", "2027-02-15T00:00+08:00")),
  ),
  "releases/rose/1.1.0.yaml": releaseText(
    "rose",
    "1.1.0",
    campaign("Roses", "2027-02-21T12:00+08:00", "2027-03-01T00:00+08:00"),
  ),
  "releases/overrides/slow-phones.yaml":
    'gifts: [rose, lily]\nlimit: canary\nreason: It stutters\nends: "2027-02-09T04:00:00Z"\n',
  "releases/overrides/night.yaml":
    'gifts: "*"\nlimit: none\nreason: The edge is moved\nends: "2027-02-28T16:00:00Z"\n',
};
const NOW = "2027-02-01T09:30:00+08:00";

describe("the calendar", () => {
  test("says week by week what holds, what ends and what a freeze would keep back", async () => {
    const { exit, text } = await calendar(SEASON, NOW, { zone: "Asia/Singapore" });
    expect(exit).toBe(0);
    await expect(text).toMatchFileSnapshot("golden/calendar-singapore.txt");
  });

  test("is in UTC when no zone is named, and as long as it is asked to be", async () => {
    const { text } = await calendar(SEASON, NOW, { weeks: "2" });
    await expect(text).toMatchFileSnapshot("golden/calendar-utc.txt");
  });

  test("keeps to the clock on the wall when it changes", async () => {
    const files = {
      ...GOOD,
      // From half past one to half past three on the night that has no half past two.
      "releases/rose/1.0.0.yaml": releaseText(
        "rose",
        "1.0.0",
        campaign("Early risers", "2027-03-28T01:30+01:00", "2027-03-28T03:30+02:00"),
      ),
      ...giftFiles(
        "lily",
        "1.0.0",
        campaign("All of it", "2027-03-22T00:00+01:00", "2027-03-29T00:00+02:00"),
      ),
      ...giftFiles("kit", "1.0.0", campaign("Monday", "2027-03-29T00:00+02:00", "2027-03-29T09:00+02:00")),
    };
    const { text } = await calendar(files, "2027-03-24T12:00Z", { weeks: "2", zone: "Europe/Berlin" });
    await expect(text).toMatchFileSnapshot("golden/calendar-berlin.txt");
  });

  test("shows the rest when a file cannot be read, and says that something is missing", async () => {
    const files = {
      ...SEASON,
      "releases/rose/1.1.0.yaml": "gift: [",
      "releases/rocket/2.0.0.yaml": edited(
        SEASON["releases/rocket/2.0.0.yaml"],
        "2027-02-07T20",
        "2027-02-05T20",
      ),
    };
    const { exit, text } = await calendar(files, NOW);
    expect(exit).toBe(0);
    expect(text).toContain('campaign "Lunar new year": lily@1.0.0');
    expect(text).not.toContain("rocket");
    expect(text).toMatch(
      /\n\n2 files could not be read, and what they plan is missing here: run npx giftwrap validate\n$/,
    );
  });

  test("is one JSON value for programs, with moments in UTC", async () => {
    const files = { ...SEASON, "releases/rose/1.0.0.yaml": "gift: [" };
    const { text } = await calendar(files, NOW, { weeks: "1", json: "" });
    expect(JSON.parse(text)).toEqual({
      from: "2027-02-01T01:30:00.000Z",
      weeks: 1,
      zone: "UTC",
      unread: ["releases/rose/1.0.0.yaml"],
      entries: [
        {
          kind: "freeze",
          name: "Lunar new year",
          allow: ["lily"],
          starts: "2027-02-02T16:00:00.000Z",
          ends: "2027-02-21T16:00:00.000Z",
        },
        {
          kind: "campaign",
          name: "Lunar new year",
          gift: "lily",
          version: "1.0.0",
          stage: "canary",
          starts: "2027-02-05T10:00:00.000Z",
          ends: "2027-02-20T15:59:00.000Z",
          frozen: [],
        },
        {
          kind: "campaign",
          name: "Weekend race",
          gift: "rocket",
          version: "2.0.0",
          stage: "canary",
          starts: "2027-02-06T02:00:00.000Z",
          ends: "2027-02-07T12:00:00.000Z",
          frozen: [
            {
              name: "Lunar new year",
              starts: "2027-02-02T16:00:00.000Z",
              ends: "2027-02-21T16:00:00.000Z",
            },
          ],
        },
      ],
    });
  });
});

describe("giftwrap calendar", () => {
  test("explains itself, and shows an empty folder's weeks", async () => {
    const folder = await folderOf({});
    expect((await giftwrap(folder, "calendar", "--help")).stdout).toContain("example:\n  giftwrap calendar");
    const { code, stdout } = await giftwrap(folder, "calendar", "--weeks", "1", "--zone", "Asia/Kolkata");
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^Calendar of 1 week; days and times are those of Asia\/Kolkata\n\nWeek \d+ of \d+: Mon .+ to Sun .+\n {2}nothing is planned\n$/,
      ),
    ]);
  });

  test.each([
    ["Asia/Singapor", "did you mean Asia/Singapore?"],
    ["berlin", "did you mean Europe/Berlin?"],
    ["New York", "did you mean America/New_York?"],
    ["UCT+8", "write the name of a time zone, such as Asia/Singapore or UTC"],
  ])("asks back about the zone %s", async (zone, answer) => {
    const { code, stderr } = await giftwrap(await folderOf({}), "calendar", "--zone", zone);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`--zone ${zone}: ${answer}`)]);
  });

  test.each(["0", "105", "many"])("refuses %s weeks", async (weeks) => {
    const { code, stderr } = await giftwrap(await folderOf({}), "calendar", "--weeks", weeks);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`--weeks ${weeks}: write a whole number`)]);
  });
});
