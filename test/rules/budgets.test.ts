import { describe, expect, test } from "vitest";
import type { TierPolicy, Variant } from "../../src/model/schemas.ts";
import { checkBudgets } from "../../src/rules/checkBudgets.ts";
import { readProject } from "../../src/source/readProject.ts";
import { workTree } from "../../src/source/tree.ts";
import {
  closed,
  edited,
  type Files,
  findingsIn,
  GOOD,
  linesOf,
  lockOf,
  lockText,
  releaseText,
  settledFiles,
  textOf,
} from "./projectOf.ts";

const RELEASE = "releases/rose/1.0.0.yaml";
const LOCK = "releases/rose/1.0.0.lock.json";
const POLICY = "releases/policy.yaml";

type Budget = Omit<TierPolicy["budget"], "downloadBytes" | "decodedBytes">;

/** GOOD with more budgets for one tier, and with its lock changed. */
function project(budget: Budget, change: (lock: ReturnType<typeof lockOf>) => void): Files {
  const lock = lockOf("rose", "1.0.0");
  change(lock);
  const more = Object.entries(budget).map(([name, value]) => `, ${name}: ${JSON.stringify(value)}`);
  const policy = edited(GOOD[POLICY], "decodedBytes: 20000000", `decodedBytes: 20000000${more.join("")}`);
  return { ...GOOD, [POLICY]: policy, [LOCK]: JSON.stringify(lock) };
}

/** A project in which one variant, of an animation that is one file, is like this. */
function withMid(budget: Budget, variant: Partial<Variant>): Files {
  return project(budget, ({ tiers }) => {
    Object.assign(tiers["mid"] ?? {}, variant);
  });
}

/** The same for an animated WebP, made of frames or, with `carried`, drawn by the artist. */
function withMidWebp(budget: Budget, variant: Partial<Variant>, carried = false): Files {
  return project(budget, (lock) => {
    lock.player = { name: "webp", version: "1.0.0" };
    if (!carried) lock.sources = [{ path: "source/frames/000.png", digest: "c".repeat(64), bytes: 1_000 }];
    Object.assign(lock.tiers["mid"] ?? {}, variant);
  });
}

/** What the finding says about the release, and the first half of its fix. */
async function wordsOf(files: Files): Promise<string[]> {
  return (await findingsIn(files)).map(({ code, message, fix }) => {
    const [, what] = message.split("on mid devices rose@1.0.0 ");
    return `${code}: ${what}; ${fix.split(", and build it again")[0]}`;
  });
}

describe("A release downloads", () => {
  const withLow = (bytes: number) =>
    project({}, ({ tiers }) => {
      const [animation] = tiers["low"]?.files ?? [];
      if (animation) animation.bytes = bytes;
    });

  test("no more than its tier's budget, in words and megabytes", async () => {
    expect(await textOf(withLow(1_480_000))).toBe(
      `${RELEASE}:7:11: on low devices rose@1.0.0 downloads 1.50 MB, where 0.80 MB are allowed (animation 1.48 MB, still 0.02 MB) [BUDGET_DOWNLOAD]\n` +
        "  fix: use smaller images inside the animation, or a shorter sound, and build it again, or leave low out of compat.tiers; if it is merged already, do so in a new version\n",
    );
  });

  test("all of it, and one byte above is told exactly", async () => {
    expect(await textOf(withLow(780_000))).toBe("");
    expect(await textOf(withLow(780_001))).toContain(
      "downloads 800001 bytes, where 800000 bytes are allowed",
    );
  });

  test("and the finding names the release", async () => {
    expect(await findingsIn(withLow(1_480_000))).toMatchObject([{ gift: "rose", version: "1.0.0" }]);
  });
});

describe("A release takes memory", () => {
  test("no more than its tier's budget", async () => {
    expect(linesOf(await textOf(withMid({}, { decodedBytes: 54_321_000 })))).toEqual([
      `${RELEASE}:7:16: on mid devices rose@1.0.0 takes 54.32 MB of memory once decoded, where 20.00 MB are allowed (360x360, 24 frames) [BUDGET_MEMORY]`,
    ]);
  });

  test("all of it, and one byte above is told exactly", async () => {
    expect(await textOf(withMid({}, { decodedBytes: 20_000_000 }))).toBe("");
    expect(await textOf(withMid({}, { decodedBytes: 20_000_001 }))).toContain(
      "takes 20000001 bytes of memory once decoded, where 20000000 bytes are allowed",
    );
  });

  test("and who can mend it depends on who chose the size: the artist, or the policy too", async () => {
    const variant = { decodedBytes: 54_321_000 };
    expect((await wordsOf(withMid({}, variant)))[0]).toContain("use fewer and smaller images inside");
    expect((await wordsOf(withMidWebp({}, variant)))[0]).toContain("tiers.mid.frames.longSide lowered");
    expect((await wordsOf(withMidWebp({}, variant, true)))[0]).toMatch(/; export it with smaller frames$/);
  });
});

describe("A release is drawn on a canvas", () => {
  const canvas = { long: 640, short: 360 };

  test.each([
    [640, 360],
    [360, 640],
    [360, 360],
    [1, 1],
  ])("of %d x %d, either way round", async (width, height) => {
    expect(await textOf(withMid({ canvas }, { width, height }))).toBe("");
  });

  test.each([
    [641, 360, "640x359"],
    [640, 361, "638x360"],
    [361, 640, "360x638"],
    [1080, 1920, "360x640"],
    [1334, 750, "640x359"],
    [5000, 2, "640x1"],
  ])("not of %d x %d: the nearest size of the same shape is %s", async (width, height, nearest) => {
    expect(await wordsOf(withMid({ canvas }, { width, height }))).toEqual([
      `BUDGET_CANVAS: is ${width}x${height} pixels, where the longer side may have 640 and the shorter 360; export it at ${nearest}`,
    ]);
  });

  test("whose size the policy gave it when it was made of frames", async () => {
    expect(await wordsOf(withMidWebp({ canvas }, { width: 540, height: 540 }))).toEqual([
      "BUDGET_CANVAS: is 540x540 pixels, where the longer side may have 640 and the shorter 360; export the frames at 360x360, or have tiers.mid.frames.longSide lowered to 360 in releases/policy.yaml",
    ]);
  });
});

describe("A release plays frames", () => {
  test.each([30, 29.97, 30.000_4])("30 a second, such as %s", async (fps) => {
    expect(await textOf(withMid({ fps: 30 }, { fps }))).toBe("");
  });

  test("not more, and the nearest rate is offered", async () => {
    expect(await wordsOf(withMid({ fps: 30 }, { fps: 60 }))).toEqual([
      "BUDGET_FPS: plays 60 frames a second, where 30 are allowed; export it at 30 frames a second",
    ]);
    expect((await wordsOf(withMid({ fps: 30 }, { fps: 30.001 })))[0]).toContain("plays 30.001 frames");
  });

  test("at a rate that its format can have: an SVGA's is whole", async () => {
    expect((await wordsOf(withMid({ fps: 23.976 }, { fps: 24 })))[0]).toMatch(/at 23 frames a second$/);
    const files = project({ fps: 23.976 }, (lock) => {
      lock.player = { name: "lottie", version: "5.7.0" };
    });
    expect((await wordsOf(files))[0]).toMatch(/at 23\.976 frames a second$/);
  });

  test("for whole milliseconds each in a WebP: 33 are 30 frames a second, 32 are not", async () => {
    expect(await textOf(withMidWebp({ fps: 30 }, { fps: 30.303 }))).toBe("");
    expect(await textOf(withMid({ fps: 30 }, { fps: 30.303 }))).not.toBe("");
    expect(await wordsOf(withMidWebp({ fps: 30 }, { fps: 31.25 }))).toEqual([
      "BUDGET_FPS: plays 31.25 frames a second, where 30 are allowed; export the frames for 30 a second, or have tiers.mid.frames.fps lowered to 30 in releases/policy.yaml",
    ]);
    expect(await textOf(withMidWebp({ fps: 20 }, { fps: 20 }))).toBe("");
    expect(await textOf(withMidWebp({ fps: 20 }, { fps: 20.408 }))).not.toBe("");
  });
});

describe("A release plays", () => {
  test.each([
    [300, 30, 10],
    [90, 30, 3],
    // 64 frames in 3 seconds: the lock says 21.333, which alone would make 3.00005 seconds.
    [64, 21.333, 3],
    [1, 0.333, 3],
    [303, 30.303, 10],
  ])("%s frames at %s a second within %s seconds", async (frames, fps, durationSeconds) => {
    expect(await textOf(withMid({ durationSeconds }, { frames, fps }))).toBe("");
  });

  test.each([
    [
      301,
      30,
      10,
      "10.034 seconds, where 10 are allowed (301 frames at 30 a second)",
      "10 seconds, which is 300",
    ],
    [
      65,
      21.333,
      3,
      "3.047 seconds, where 3 are allowed (65 frames at 21.333 a second)",
      "3 seconds, which is 64",
    ],
    [1200, 60, 1, "20 seconds, where 1 is allowed (1200 frames at 60 a second)", "1 second, which is 60"],
  ])(
    "not %s frames at %s a second, which are too long for %s seconds",
    async (frames, fps, durationSeconds, what, nearest) => {
      expect(await wordsOf(withMid({ durationSeconds }, { frames, fps }))).toEqual([
        `BUDGET_DURATION: plays for ${what}; shorten it to ${nearest} frames`,
      ]);
    },
  );

  test("no count of frames is offered where some were left out for the tier", async () => {
    expect(await wordsOf(withMidWebp({ durationSeconds: 1 }, { frames: 27, fps: 18 }))).toEqual([
      "BUDGET_DURATION: plays for 1.5 seconds, where 1 is allowed (27 frames at 18 a second); shorten it to 1 second",
    ]);
  });
});

describe("A release holds images", () => {
  test.each([
    [{ images: 60 }, 60],
    [{ images: 0 }, 0],
    [{}, 1_000],
  ])("within %j: %d", async (budget, images) => {
    expect(await textOf(withMid(budget, { images }))).toBe("");
  });

  test("not more, and how many too many is said", async () => {
    expect(await wordsOf(withMid({ images: 60 }, { images: 72 }))).toEqual([
      "BUDGET_IMAGES: holds 72 images, where 60 are allowed; take 12 images out of the animation",
    ]);
    expect(await wordsOf(withMid({ images: 0 }, { images: 1 }))).toEqual([
      "BUDGET_IMAGES: holds 1 image, where 0 are allowed; take 1 image out of the animation",
    ]);
  });

  test("that nobody counted when its lock was written, and is not accused of any", async () => {
    expect(await textOf(withMid({ images: 0 }, {}))).toBe("");
  });
});

describe("A release has a sound", () => {
  const withSound = (soundBytes: number, bytes: number) =>
    project({ soundBytes }, ({ tiers }) => {
      tiers["mid"]?.files.push({ role: "sound", mediaType: "audio/wav", digest: "d".repeat(64), bytes });
    });

  test("within its budget, of which pictures are no part", async () => {
    expect(await textOf(withSound(200_000, 200_000))).toBe("");
    expect(await textOf(project({ soundBytes: 0 }, () => {}))).toBe("");
  });

  test("not a larger one, and how much shorter it has to be is said", async () => {
    expect(await wordsOf(withSound(200_000, 250_000))).toEqual([
      "BUDGET_SOUND: has a sound of 0.25 MB, where 0.20 MB are allowed; shorten the sound to 80 % of its length, or export it with a lower sample rate",
    ]);
    expect((await wordsOf(withSound(200_000, 200_001)))[0]).toContain("has a sound of 200001 bytes");
    expect((await wordsOf(withSound(0, 50_000)))[0]).toMatch(/; take the sound out$/);
  });
});

describe("Budgets", () => {
  test("are each told on their own, at the tier", async () => {
    const budget = {
      canvas: { long: 300, short: 300 },
      fps: 20,
      durationSeconds: 0.5,
      images: 1,
      soundBytes: 1,
    };
    const files = withMid(budget, { images: 2, decodedBytes: 20_000_001 });
    expect(
      (await findingsIn(files)).map(({ code, place }) => `${code} ${place.line}:${place.column}`),
    ).toEqual(
      ["BUDGET_CANVAS", "BUDGET_DURATION", "BUDGET_FPS", "BUDGET_IMAGES", "BUDGET_MEMORY"].map(
        (code) => `${code} 7:16`,
      ),
    );
  });

  test("that the policy leaves out limit nothing", async () => {
    const endless = { width: 4_000, height: 4_000, fps: 120, frames: 9_999, images: 999 };
    expect(await textOf(withMid({}, endless))).toBe("");
  });

  test("of a closed release do not stop its gift", async () => {
    const files = withMid({ fps: 12 }, { decodedBytes: 50_000_000 });
    const severities = async (release: string) =>
      (await findingsIn({ ...files, [RELEASE]: release })).map((it) => it.severity);
    expect(await severities(releaseText("rose", "1.0.0"))).toEqual(["error", "error"]);
    expect(await severities(closed(releaseText("rose", "1.0.0")))).toEqual(["warning", "warning"]);
  });

  test("of a tier that the release is not for are told where the tiers are", async () => {
    const release = releaseText("rose", "1.0.0", "fallback:\n  - gift: lily\n");
    const files = {
      ...withMid({ fps: 12 }, {}),
      [RELEASE]: edited(release, "[low, mid, high]", "[low, high]"),
      ...settledFiles("lily"),
      "releases/lily/1.0.0.lock.json": lockText("lily", "1.0.0").replaceAll('"fps": 24', '"fps": 12'),
    };
    expect(linesOf(await textOf(files))).toEqual([
      expect.stringMatching(`^${RELEASE}:7:10: on mid devices rose@1.0.0 plays 24 frames a second, `),
    ]);
  });
});

test("every gift of this repository fits the policy of this repository", async () => {
  const { project: here } = await readProject(workTree(new URL("../..", import.meta.url).pathname));
  expect(here.locks.size).toBeGreaterThan(0);
  const limited = Object.values(here.policy?.value.tiers ?? {}).flatMap(({ budget }) => Object.keys(budget));
  expect(limited).toHaveLength(3 * 7);
  expect(checkBudgets(here)).toEqual([]);
});
