import { expect, test } from "vitest";
import type { GiftMedia } from "../../src/rules/facts.ts";
import {
  closed,
  edited,
  type Files,
  GOOD,
  giftFiles,
  lockOf,
  lockText,
  PNG,
  releaseText,
  settled,
  settledFiles,
  source,
  SVGA,
  textOf,
  WAV,
  withEdit,
} from "./projectOf.ts";

const FALLBACK = "fallback:\n  - gift: rose\n";

/** At noon of this day: one waiver holds, one has ended. */
const NOW = Date.parse("2027-01-31T12:00:00Z");

const MORE_POLICY = `warnings: [BUDGET_SOUND]
waivers:
  - { rule: BUDGET_IMAGES, gift: heavy, owner: "@acme/gift-art", reason: It is shown alone, ends: 2027-03-31 }
  - { rule: BUDGET_CANVAS, gift: heavy, owner: "@acme/gift-art", reason: It is shown alone, ends: 2027-01-30 }
  - { rule: BUDGET_MEMORY, gift: hevy, owner: "@acme/gift-art", reason: A word is misspelt, ends: 2027-03-31 }
  - { rule: BUDGET_MEMORY, gift: heavy, versions: old, owner: "@acme/gift-art", reason: Not a range, ends: 2027-03-31 }
  - { rule: SLOT_REMOVED, gift: heavy, owner: "@acme/gift-art", reason: Not a day, ends: 2027-02-29 }
freezes:
  - { name: Finance, starts: "2027-03-31T00:00Z", ends: "2027-03-01T00:00Z", allow: [rsoe] }
checklist:
  - { evidence: matrix, environment: prodution }
`;

/** One gift per kind of mistake, so that the text says whose mistake it is. */
const MISTAKES: Files = {
  ...GOOD,
  "releases/policy.yaml": `${edited(
    GOOD["releases/policy.yaml"],
    "decodedBytes: 40000000",
    "decodedBytes: 40000000, canvas: { long: 640, short: 360 }, fps: 24, durationSeconds: 2, images: 60, soundBytes: 200000",
  )}${MORE_POLICY}`,
  // Others fall back to it.
  "releases/rose/1.0.0.yaml": settled(releaseText("rose", "1.0.0")),
  // What cannot be read.
  ...withEdit(giftFiles("broken"), "gifts/broken/gift.yaml", "owner:", " owner:"),
  ...withEdit(giftFiles("doubled"), "gifts/doubled/gift.yaml", "name:", "name: Two\nname:"),
  ...withEdit(giftFiles("mistyped"), "releases/mistyped/1.0.0.yaml", "open: true", "open: yes"),
  ...withEdit(giftFiles("misspelt"), "releases/misspelt/1.0.0.yaml", "regional:", "regoinal:"),
  ...withEdit(giftFiles("numbered"), "releases/numbered/1.0.0.yaml", "version: 1.0.0", 'version: "1.0"'),
  ...withEdit(giftFiles("generous"), "releases/generous/1.0.0.yaml", "SG: 5", "SG: 150"),
  // Names and files.
  ...withEdit(giftFiles("named"), "gifts/named/gift.yaml", "id: named", "id: renamed"),
  ...withEdit(giftFiles("dated"), "releases/dated/1.0.0.yaml", "version: 1.0.0", "version: 1.0.1"),
  ...giftFiles("copied"),
  "releases/copied/1.0.0.lock.json": lockText("rose", "1.0.0"),
  "gifts/rose/source/rose-old.svga": "",
  "gifts/rose/preview.mov": "",
  "releases/rose/1.1.0.yml": "",
  "releases/environments/staging.root.json": "{}",
  "releases/override/stop-rose.yaml": "gifts: [rose]\nlimit: none\nreason: It crashes\n",
  "gifts/drafts/source/draft.svga": "",
  "releases/ghost/1.0.0.yaml": releaseText("ghost", "1.0.0"),
  // Locks.
  "releases/rose/0.9.0.lock.json": lockText("rose", "0.9.0"),
  "releases/rose/1.2.0.yaml": releaseText("rose", "1.2.0"),
  ...giftFiles("rewritten"),
  // Versions, platforms, overrides.
  ...withEdit(giftFiles("ranged"), "releases/ranged/1.0.0.yaml", '">=8.2.0"', "8.2 or newer"),
  ...withEdit(
    giftFiles("emptied", "1.0.0", FALLBACK),
    "releases/emptied/1.0.0.yaml",
    '">=8.2.0"',
    '">=9.0.0 <8.0.0"',
  ),
  ...withEdit(giftFiles("ported"), "releases/ported/1.0.0.yaml", "android:", "andriod:"),
  "releases/overrides/stop-rose.yaml": "gifts: [rsoe]\nlimit: none\nreason: It crashes\n",
  // Fallbacks and requirements.
  ...giftFiles("lost", "1.0.0", "fallback:\n  - gift: rosa\n"),
  ...giftFiles("tail", "1.0.0", "fallback:\n  - gift: head\n"),
  ...giftFiles("head", "1.0.0", "fallback:\n  - gift: tail\n"),
  ...giftFiles("nowhere", "1.0.0", "fallback:\n  - gift: shut\n"),
  ...giftFiles("shut"),
  "releases/shut/1.0.0.yaml": closed(releaseText("shut", "1.0.0")),
  ...giftFiles("needy", "1.0.0", "requires:\n  rose: ^2.0.0\n  shut: ^1.0.0\n  spark-kit: '*'\n"),
  ...giftFiles("hen", "1.0.0", "requires: { egg: '*' }\n"),
  ...giftFiles("egg", "1.0.0", "requires: { hen: '*' }\n"),
  // Who gets what.
  ...giftFiles("modern"),
  "releases/modern/1.0.0.lock.json": edited(
    lockText("modern", "1.0.0"),
    '"version": "2.0.0"',
    '"version": "3.0.0"',
  ),
  ...withEdit(giftFiles("narrow"), "releases/narrow/1.0.0.yaml", "[low, mid, high]", "[mid, high]"),
  ...settledFiles("grand", "1.0.0", "requires: { modest: '*' }\n"),
  ...withEdit(
    settledFiles("modest", "1.0.0", FALLBACK),
    "releases/modest/1.0.0.yaml",
    "[low, mid, high]",
    "[mid, high]",
  ),
  ...settledFiles("eager", "1.0.0", "requires: { timid: '*' }\n"),
  ...giftFiles("timid"),
  ...giftFiles("torn", "1.0.0", "requires: { left: '*', right: '*' }\n"),
  ...settledFiles("left", "1.0.0", "requires: { pack: ^1.0.0 }\n"),
  ...settledFiles("right", "1.0.0", "requires: { pack: ^2.0.0 }\n"),
  ...settledFiles("pack", "1.0.0"),
  ...settledFiles("pack", "2.0.0"),
  ...withEdit(
    giftFiles("onward"),
    "releases/onward/1.0.0.yaml",
    "regional:\n    open: false",
    "regional:\n    open: true",
  ),
  ...giftFiles("twice", "1.0.0"),
  ...giftFiles("twice", "1.1.0"),
  ...giftFiles("late", "1.0.0"),
  ...settledFiles("late", "2.0.0"),
  // Campaigns.
  ...settledFiles("festive", "1.0.0", campaign("Lunar new year", "2027-02-05", "2027-02-20")),
  ...giftFiles("festive", "1.1.0", campaign("Valentine", "2027-02-14", "2027-02-15")),
  ...giftFiles("backwards", "1.0.0", campaign("Spring", "2027-04-01", "2027-03-01")),
  ...giftFiles("leap", "1.0.0", campaign("Leap day", "2027-02-29", "2027-03-01")),
  // Rollouts and budgets.
  ...withEdit(giftFiles("fine"), "releases/fine/1.0.0.yaml", "SG: 5", "SG: 2.555"),
  ...withEdit(
    giftFiles("skipped"),
    "releases/skipped/1.0.0.yaml",
    "full:\n    open: false",
    "full:\n    open: true",
  ),
  ...withEdit(
    giftFiles("crowded"),
    "releases/crowded/1.0.0.yaml",
    "    regions:\n      SG: 5\n      ID: 10\n",
    "    regions: { SG: 5, ID: 10 }\n",
  ),
  ...withEdit(giftFiles("pressed"), "releases/pressed/1.0.0.yaml", "[vip] }\n\n", "[vip] }\n"),
  ...giftFiles("heavy"),
  "releases/heavy/1.0.0.lock.json": heavyLock(),
  // Sources.
  ...edit(giftFiles("absent"), "source/absent.svga", "source/absnt.svga"),
  ...giftFiles("hollow"),
  ...giftFiles("pointer"),
  ...giftFiles("disguised"),
  ...edit(giftFiles("noisy"), "still: source/still.png", "sound: source/still.png\nstill: source/still.png"),
  ...edit(giftFiles("stillless"), "still: source/still.png\n", ""),
  ...edit(giftFiles("hurried"), "still:", "fps: 24\nstill:"),
  ...edit(giftFiles("framed"), "source/framed.svga", "source/frames"),
  "gifts/framed/source/frames/1.png": "",
  "gifts/framed/source/frames/2.png": "",
  "gifts/framed/source/frames/10.png": "",
  ...edit(giftFiles("lonely"), "source/lonely.svga", "source/frames\nfps: 24"),
  "gifts/lonely/source/frames/000.wav": "",
};

test("a project with one of each mistake is told what, where, and what to do next", async () => {
  const rewritten = new Set(["releases/rewritten/1.0.0.lock.json"]);
  const locks = { merged: rewritten, changed: rewritten };
  const text = await textOf(without(MISTAKES), { locks, media: MEDIA, now: NOW });
  await expect(text).toMatchFileSnapshot("golden/bad-input.txt");
});

test("a project with no policy is told so", async () => {
  const { "releases/policy.yaml": _, ...files } = GOOD;
  await expect(await textOf(files)).toMatchFileSnapshot("golden/no-policy.txt");
});

const still = source("source/still.png", PNG);
const MEDIA = new Map<string, GiftMedia>([
  ["absent", { isFolder: false, animation: [], still }],
  ["hollow", { isFolder: false, animation: [problem("source/hollow.svga", 0)], still }],
  ["pointer", { isFolder: false, animation: [problem("source/pointer.svga", 130)], still }],
  ["disguised", { isFolder: false, animation: [source("source/disguised.svga", PNG)], still }],
  ["noisy", { isFolder: false, animation: [source("source/noisy.svga", SVGA)], sound: still, still }],
  ["stillless", { isFolder: false, animation: [source("source/stillless.svga", SVGA)] }],
  ["hurried", { isFolder: false, animation: [source("source/hurried.svga", SVGA)], still }],
  [
    "framed",
    {
      isFolder: true,
      animation: [
        source("source/frames/1.png", PNG),
        source("source/frames/10.png", { ...PNG, width: 300 }),
        source("source/frames/2.png", PNG),
      ],
      still,
    },
  ],
  ["lonely", { isFolder: true, animation: [source("source/frames/000.wav", WAV)], still }],
]);

function problem(path: string, bytes: number) {
  return {
    path,
    bytes,
    problem: {
      message: "this is a Git LFS pointer, a note that the file is kept elsewhere, and not the file",
      fix: "take gifts/ out of .gitattributes and upload the file itself",
    },
  };
}

function campaign(name: string, starts: string, ends: string): string {
  return `campaign:\n  name: ${name}\n  starts: "${starts}T00:00Z"\n  ends: "${ends}T00:00Z"\n`;
}

function heavyLock(): string {
  const lock = lockOf("heavy", "1.0.0");
  const { low } = lock.tiers;
  if (low) lock.tiers["low"] = { ...low, decodedBytes: 54_000_000 };
  const [animation] = lock.tiers["mid"]?.files ?? [];
  if (animation) animation.bytes = 2_900_000;
  const { high } = lock.tiers;
  if (high) {
    Object.assign(high, { width: 720, height: 360, frames: 90, fps: 30, images: 72 });
    high.files.push({ role: "sound", mediaType: "audio/wav", digest: "c".repeat(64), bytes: 250_000 });
  }
  return JSON.stringify(lock);
}

/** The gift's files with a part of its gift.yaml replaced; the file it no longer names stays out of the way. */
function edit(files: Files, from: string, to: string): Files {
  const path = Object.keys(files).find((it) => it.endsWith("/gift.yaml")) ?? "";
  return { ...files, [path]: edited(files[path], from, to) };
}

/** What an edit made a stray is no mistake of this project. */
function without(files: Files): Files {
  const strays = [
    "gifts/framed/source/framed.svga",
    "gifts/lonely/source/lonely.svga",
    "gifts/stillless/source/still.png",
  ];
  return Object.fromEntries(Object.entries(files).filter(([path]) => !strays.includes(path)));
}
