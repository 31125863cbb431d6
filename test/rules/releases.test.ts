import { describe, expect, test } from "vitest";
import {
  closed,
  edited,
  findingsIn,
  GOOD,
  giftFiles,
  linesOf,
  releaseText,
  settledFiles,
  textOf,
  withEdit,
  without,
} from "./projectOf.ts";

const RELEASE = "releases/rose/1.0.0.yaml";

describe("Version ranges", () => {
  test.each([
    [RELEASE, 'android: ">=8.2.0"', "android: newest", '6:19: compat.app.android is "newest"'],
    ["releases/policy.yaml", 'apps: ">=8.2.0"', "apps: eight", '3:11: platforms.android.apps is "eight"'],
    [
      "releases/policy.yaml",
      'lottie, apps: ">=8.0.0", formats: "*"',
      'lottie, apps: ">=8.0.0", formats: two',
      '7:51: platforms.android.players.formats is "two"',
    ],
  ])("%s: %s cannot be %s", async (path, from, to, message) => {
    const text = await textOf(withEdit(GOOD, path, from, to));
    expect(linesOf(text)).toEqual([`${path}:${message}, which is not a range of versions [BAD_RANGE]`]);
    expect(text).toContain('such as ">=8.2.0"');
  });

  test("requirements and overrides are ranges too", async () => {
    const files = {
      ...GOOD,
      ...giftFiles("kit"),
      [RELEASE]: releaseText("rose", "1.0.0", "requires:\n  kit: latest\n"),
      "releases/overrides/stop.yaml":
        'gifts: "*"\nversions: all of them\nscope: { app: { android: old } }\nlimit: none\nreason: It crashes\n',
    };
    expect(linesOf(await textOf(files))).toEqual([
      'releases/overrides/stop.yaml:2:11: versions is "all of them", which is not a range of versions [BAD_RANGE]',
      'releases/overrides/stop.yaml:3:26: scope.app.android is "old", which is not a range of versions [BAD_RANGE]',
      `${RELEASE}:9:8: requires.kit is "latest", which is not a range of versions [BAD_RANGE]`,
    ]);
  });

  test("an override that cannot be read stops everything, for it may have held anything back", async () => {
    const path = "releases/overrides/stop.yaml";
    const [finding] = await findingsIn({
      ...GOOD,
      [path]: "gifts: [rose]\nversions: all\nlimit: none\nreason: It crashes\n",
    });
    expect(finding).not.toHaveProperty("gift");
  });

  test("a range that no version fits is no range", async () => {
    const files = {
      ...GOOD,
      ...settledFiles("lily"),
      [RELEASE]: edited(releaseText("rose", "1.0.0", fallback("lily")), '">=8.2.0"', '">=9.0.0 <8.0.0"'),
    };
    expect(linesOf(await textOf(files))).toEqual([
      `${RELEASE}:6:19: compat.app.android is ">=9.0.0 <8.0.0", which no version can satisfy [EMPTY_RANGE]`,
    ]);
  });

  test("a platform that the policy does not know", async () => {
    const text = await textOf(withEdit(GOOD, RELEASE, "android:", "andriod:"));
    expect(text).toBe(
      `${RELEASE}:6:10: "andriod" is no platform of releases/policy.yaml; did you mean "android"? [UNKNOWN_PLATFORM]\n` +
        `  fix: write "android" instead of "andriod"\n`,
    );
  });
});

describe("Overrides name what exists", () => {
  test("a misspelt gift or platform would hold nothing back", async () => {
    const path = "releases/overrides/stop.yaml";
    const files = {
      ...GOOD,
      [path]:
        "gifts: [rsoe]\nscope:\n  platforms: [andriod]\n  app: { iso: <8.3.0 }\nlimit: none\nreason: It crashes\n",
    };
    expect(linesOf(await textOf(files))).toEqual([
      `${path}:1:9: there is no gift "rsoe" to hold back; did you mean "rose"? [OVERRIDE_UNKNOWN_GIFT]`,
      `${path}:3:15: "andriod" is no platform of releases/policy.yaml; did you mean "android"? [UNKNOWN_PLATFORM]`,
      `${path}:4:10: "iso" is no platform of releases/policy.yaml; did you mean "ios"? [UNKNOWN_PLATFORM]`,
    ]);
  });

  test("a good one passes", async () => {
    const override =
      'gifts: [rose]\nversions: ">=1.0.0"\nscope: { platforms: [android], app: { ios: <8.3.0 } }\nlimit: canary\nreason: It crashes\n';
    expect(await textOf({ ...GOOD, "releases/overrides/stop.yaml": override })).toBe("");
  });
});

const fallback = (...gifts: string[]) => `fallback:\n${gifts.map((gift) => `  - gift: ${gift}\n`).join("")}`;

describe("Fallbacks", () => {
  test("another gift with an open release is fine", async () => {
    const files = {
      ...GOOD,
      ...giftFiles("rocket"),
      [RELEASE]: releaseText("rose", "1.0.0", fallback("rocket")),
    };
    expect(await textOf(files)).toBe("");
  });

  test("a gift that is not there, with the one that was probably meant", async () => {
    const files = {
      ...GOOD,
      ...giftFiles("rocket"),
      [RELEASE]: releaseText("rose", "1.0.0", fallback("rokcet")),
    };
    expect(linesOf(await textOf(files))).toEqual([
      `${RELEASE}:9:11: there is no gift "rokcet" to fall back to; did you mean "rocket"? [FALLBACK_UNKNOWN]`,
    ]);
  });

  test("a gift never falls back to itself", async () => {
    expect(
      linesOf(await textOf({ ...GOOD, [RELEASE]: releaseText("rose", "1.0.0", fallback("rose")) })),
    ).toEqual([`${RELEASE}:9:11: this fallback leads back to its own gift: rose -> rose [FALLBACK_CYCLE]`]);
  });

  test("a circle is shown at each place that is part of it, and only there", async () => {
    const files = {
      ...GOOD,
      ...giftFiles("rocket", "1.0.0", fallback("crown")),
      ...giftFiles("crown", "1.0.0", fallback("rose", "star")),
      ...giftFiles("star"),
      ...giftFiles("moon", "1.0.0", fallback("rose")),
      [RELEASE]: releaseText("rose", "1.0.0", fallback("rocket")),
    };
    expect(linesOf(await textOf(files))).toEqual([
      "releases/crown/1.0.0.yaml:9:11: this fallback leads back to its own gift: crown -> rose -> rocket -> crown [FALLBACK_CYCLE]",
      "releases/rocket/1.0.0.yaml:9:11: this fallback leads back to its own gift: rocket -> crown -> rose -> rocket [FALLBACK_CYCLE]",
      `${RELEASE}:9:11: this fallback leads back to its own gift: rose -> rocket -> crown -> rose [FALLBACK_CYCLE]`,
    ]);
  });

  test("a closed release closes no circle", async () => {
    const rocket = giftFiles("rocket", "1.0.0", fallback("rose"));
    const files = {
      ...GOOD,
      ...rocket,
      "releases/rocket/1.0.0.yaml": closed(edited(rocket["releases/rocket/1.0.0.yaml"], "", "")),
      [RELEASE]: releaseText("rose", "1.0.0", fallback("rocket")),
    };
    expect((await findingsIn(files)).map((it) => it.code)).toEqual(["FALLBACK_NOWHERE"]);
  });

  test("closing a gift only warns those that fall back to it: a rollback must not stop others", async () => {
    const files = {
      ...GOOD,
      ...giftFiles("rocket"),
      "releases/rocket/1.0.0.yaml": closed(releaseText("rocket", "1.0.0")),
      [RELEASE]: releaseText("rose", "1.0.0", fallback("rocket")),
    };
    expect(linesOf(await textOf(files))).toEqual([
      `${RELEASE}:9:11: warning: "rocket" has no open release, so falling back to it shows nothing [FALLBACK_NOWHERE]`,
    ]);
  });
});

const requires = (gift: string, range: string) => `requires: { ${gift}: "${range}" }\n`;

describe("Requirements", () => {
  const kit = giftFiles("kit", "2.1.0");

  test("an open release in range is fine", async () => {
    const files = {
      ...GOOD,
      ...settledFiles("kit", "2.1.0"),
      [RELEASE]: releaseText("rose", "1.0.0", requires("kit", "^2.0.0")),
    };
    expect(await textOf(files)).toBe("");
  });

  test("nothing in range: the range and what there is are named", async () => {
    const files = {
      ...GOOD,
      ...kit,
      ...settledFiles("kit", "2.0.0"),
      [RELEASE]: releaseText("rose", "1.0.0", requires("kit", "^3.0.0")),
    };
    expect(linesOf(await textOf(files))).toEqual([
      `${RELEASE}:8:18: "kit" has no release in ^3.0.0; it has 2.0.0, 2.1.0 [REQUIRES_UNSATISFIED]`,
    ]);
  });

  test("a closed release in range is only warned of: closing it was a rollback", async () => {
    const files = {
      ...GOOD,
      ...kit,
      "releases/kit/2.1.0.yaml": closed(releaseText("kit", "2.1.0")),
      [RELEASE]: releaseText("rose", "1.0.0", requires("kit", "^2.0.0")),
    };
    expect(linesOf(await textOf(files))).toEqual([
      `${RELEASE}:8:18: warning: every release of "kit" in ^2.0.0 is closed (2.1.0), so no viewer gets rose@1.0.0 [REQUIRES_UNSATISFIED]`,
    ]);
  });

  test("a gift that is not there", async () => {
    const files = { ...GOOD, ...kit, [RELEASE]: releaseText("rose", "1.0.0", requires("kitt", "*")) };
    expect(linesOf(await textOf(files))).toEqual([
      `${RELEASE}:8:13: there is no gift "kitt" to require; did you mean "kit"? [REQUIRES_UNKNOWN]`,
    ]);
  });

  test("two gifts that require each other never play", async () => {
    const files = {
      ...GOOD,
      ...giftFiles("kit", "2.1.0", requires("rose", "*")),
      [RELEASE]: releaseText("rose", "1.0.0", requires("kit", "*")),
    };
    expect(linesOf(await textOf(files))).toEqual([
      "releases/kit/2.1.0.yaml:8:13: what this requires requires it in turn, so neither can play: kit -> rose -> kit [REQUIRES_CYCLE]",
      `${RELEASE}:8:13: what this requires requires it in turn, so neither can play: rose -> kit -> rose [REQUIRES_CYCLE]`,
    ]);
  });

  test("a gift with a release that cannot be read is not said to lack it", async () => {
    const files = {
      ...GOOD,
      ...kit,
      "releases/kit/2.1.0.yaml": "{",
      [RELEASE]: releaseText("rose", "1.0.0", requires("kit", "^2.0.0") + fallback("kit")),
    };
    expect((await findingsIn(files)).map((it) => it.place.file)).not.toContain(RELEASE);
  });
});

describe("The layout that keeps every revert clean", () => {
  const rollout = (text: string) => ({
    ...GOOD,
    [RELEASE]: `${edited(GOOD[RELEASE], "", "").split("rollout:")[0]}rollout:\n${text}`,
  });

  test("a stage on one line", async () => {
    const text = await textOf(
      rollout(`  canary: { open: true, percent: 1 }

  regional: { open: false, regions: { SG: 5, ID: 10 } }

  full: { open: false }
`),
    );
    expect(linesOf(text)).toEqual([
      `${RELEASE}:10:19: canary.open is on the same line as canary.percent: a later change there would make the Revert button fail for this stage [LAYOUT_TOUCHES_OPEN]`,
      `${RELEASE}:12:21: regional.open is on the same line as regional.regions: a later change there would make the Revert button fail for this stage [LAYOUT_TOUCHES_OPEN]`,
    ]);
    expect(text).toContain("each region on a line of its own");
  });

  test("a percentage on the next line", async () => {
    const text = await textOf(
      rollout(`  canary:
    open: true
    percent: 1

  regional:
    open: false
    regions: { SG: 5 }

  full:
    open: false
`),
    );
    expect(linesOf(text).map((it) => it.split(": ")[1])).toEqual([
      "canary.open is on the line beside canary.percent",
      "regional.open is on the line beside regional.regions",
    ]);
  });

  test("a line between is enough", async () => {
    const text = await textOf(
      rollout(`  canary:
    open: true

    percent: 1

  regional:
    open: false
    regions:
      SG: 5

  # The next block is for later.
  full:
    open: false

  holdback:
    percent: 0
`),
    );
    expect(text).toBe("");
  });

  test("stages without a blank line between", async () => {
    const text = await textOf(withEdit(GOOD, RELEASE, "exclude: [vip] }\n\n", "exclude: [vip] }\n"));
    expect(text).toBe(
      `${RELEASE}:21:3: full follows regional without a blank line between them [LAYOUT_NO_BLANK_LINE]\n` +
        `  fix: put a blank line above "full:", so that reverting one stage never touches another\n`,
    );
  });

  test("stages on lines that touch", async () => {
    const text = await textOf(
      rollout(`  canary: { open: true, cohorts: [staff] }
  full: { open: false }
  regional:
    open: false
    regions:
      SG: 5
`),
    );
    expect(linesOf(text).map((it) => it.replace(/:.*\[/s, " ["))).toHaveLength(3);
    expect(text).toContain("full.open is on the line beside canary.open");
    expect(text).toContain("full follows canary without a blank line");
    expect(text).toContain("regional follows full without a blank line");
  });

  test("Windows line ends are line ends", async () => {
    expect(await textOf({ ...GOOD, [RELEASE]: edited(GOOD[RELEASE], "", "").replaceAll("\n", "\r\n") })).toBe(
      "",
    );
  });
});

describe("Releases", () => {
  test("a release is of a gift that exists", async () => {
    const { "gifts/rose/gift.yaml": gift, ...files } = without(
      GOOD,
      ...Object.keys(GOOD).filter((it) => it.startsWith("gifts/rose/source")),
    );
    const text = await textOf({ ...files, "gifts/rosa/gift.yaml": edited(gift, "id: rose", "id: rosa") });
    expect(text).toContain(
      `${RELEASE}:1:7: there is no gift "rose": gifts/rose/gift.yaml is not there; did you mean "rosa"? [GIFT_UNKNOWN]`,
    );
  });

  test("a percentage has steps of 0.01", async () => {
    expect(
      await textOf(
        withEdit(withEdit(GOOD, RELEASE, "SG: 5", "SG: 2.555"), RELEASE, "percent: 2", "percent: 0.001"),
      ),
    ).toBe(
      `${RELEASE}:18:11: regional.regions.SG is 2.555 %; the finest step is 0.01 % [PERCENT_STEPS]\n  fix: write 2.56, or another number with at most two decimals\n` +
        `${RELEASE}:26:14: holdback.percent is 0.001 %; the finest step is 0.01 % [PERCENT_STEPS]\n  fix: write 0.01, or another number with at most two decimals\n`,
    );
    for (const percent of ["0.01", "0.07", "0.29", "1.15", "33.33", "99.99", "100"])
      expect(await textOf(withEdit(GOOD, RELEASE, "SG: 5", `SG: ${percent}`))).toBe("");
  });

  test("a stage that is open above a closed one is a warning: a rollback leaves it like this", async () => {
    const files = withEdit(GOOD, RELEASE, "full:\n    open: false", "full:\n    open: true");
    expect(linesOf(await textOf(files))).toEqual([
      `${RELEASE}:23:11: warning: full is open but does not count: regional is closed [STAGE_SKIPPED]`,
    ]);
    const both = { ...GOOD, [RELEASE]: closed(edited(GOOD[RELEASE], "", "").replaceAll("false", "true")) };
    expect(linesOf(await textOf(both))).toEqual([
      `${RELEASE}:16:11: warning: regional and full are open but do not count: canary is closed [STAGE_SKIPPED]`,
    ]);
  });
});
