import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReleaseForm } from "../../src/github/issueForm.ts";
import { type KnownGift, nextVersion, planNewRelease } from "../../src/github/planNewRelease.ts";
import { checkPlaces } from "../../src/rules/checkLayout.ts";
import { parseFile } from "../../src/source/readProject.ts";
import { POLICY, releaseText } from "../support/world.ts";

const POLICY_FILE =
  parseFile("policy", "releases/policy.yaml", new TextEncoder().encode(POLICY)).located?.value ??
  expect.fail("the policy is one");
const NEW: KnownGift = { isThere: false, animation: null, versions: [], newest: null };
const FORM: ReleaseForm = {
  gift: "dragon-dance",
  title: "龙舞: gold",
  animation: "Lottie",
  cohorts: [],
  regions: new Map([["SG", null]]),
};

const read = (path: string, text: string | null) => {
  const kind = path.startsWith("gifts/") ? "gift" : "release";
  return parseFile(kind, path, new TextEncoder().encode(text ?? ""));
};
const releaseOf = (text: string) =>
  parseFile("release", "releases/rose/1.4.0.yaml", new TextEncoder().encode(text)).located?.value ??
  expect.fail("it is one");
const plan = (form: Partial<ReleaseForm> = {}, known: Partial<KnownGift> = {}) =>
  planNewRelease({ ...FORM, ...form }, { ...NEW, ...known }, POLICY_FILE, "yuki-art");
const release = (form: Partial<ReleaseForm> = {}, known: Partial<KnownGift> = {}) => {
  const planned = plan(form, known);
  return planned.kind === "release" ? planned : expect.fail(JSON.stringify(planned));
};

describe("a new release by the form", () => {
  test("of a new gift has the gift's file, too, and asks for its art", () => {
    const { files, ...planned } = release();
    expect(planned).toMatchObject({
      version: "1.0.0",
      isNewGift: true,
      uploadTo: "gifts/dragon-dance/source",
      art: expect.stringContaining("dragon-dance.json"),
    });
    expect(files.map((it) => `${it.path}\n${it.text}`).join("\n")).toMatchInlineSnapshot(`
      "gifts/dragon-dance/gift.yaml
      # yaml-language-server: $schema=../../schemas/gift.schema.json
      id: dragon-dance
      name: "Dragon Dance"
      owner: "@yuki-art"
      animation: source/dragon-dance.json

      releases/dragon-dance/1.0.0.yaml
      # yaml-language-server: $schema=../../schemas/release.schema.json
      gift: dragon-dance
      version: 1.0.0
      title: "龙舞: gold"

      compat:
        app: { android: ">=8.0.0", web: "*" }
        tiers: [low, mid, high]

      rollout:
        canary:
          open: true
          cohorts:
            - staff

        regional:
          open: false
          regions:
            SG: 5

        full:
          open: false
      "
    `);
  });

  test("of a gift that is there goes on as its newest release does, where the form says nothing", () => {
    const spec = {
      gift: "rose",
      version: "1.4.0",
      percent: 2,
      regions: { SG: 5, NO: 10 },
      tiers: "[mid, high]",
    };
    const text = releaseText({ ...spec, requires: { kit: "^2.0.0" }, fallback: ["bell"], full: true });
    const newest = releaseOf(text);
    const known = { isThere: true, animation: "source/rose.svga", versions: ["1.3.0", "1.4.0"], newest };
    const { animation: _, ...form } = { ...FORM, gift: "rose", regions: new Map<string, number | null>() };
    const planned = planNewRelease(form, { ...NEW, ...known }, POLICY_FILE, "yuki-art");
    expect(planned).toMatchObject({ version: "1.5.0", isNewGift: false });
    const files = planned.kind === "release" ? planned.files : [];
    expect(files.map((it) => it.path)).toEqual(["releases/rose/1.5.0.yaml"]);
    const [file] = files;
    expect(read("releases/rose/1.5.0.yaml", file?.text ?? null).located?.value).toMatchObject({
      compat: newest.compat,
      requires: { kit: "^2.0.0" },
      fallback: [{ gift: "bell" }],
      rollout: {
        canary: { open: true, cohorts: ["staff"], percent: 2 },
        regional: { open: false, regions: { SG: 5, NO: 10 } },
        full: { open: false },
      },
    });
  });

  test("says what only a person can say", () => {
    expect(plan({ version: "1.0.0" }, { versions: ["1.0.0"] })).toMatchObject({
      problems: [{ heading: "Version", message: expect.stringContaining("The next one is 1.1.0") }],
    });
    const { animation: _, ...form } = FORM;
    expect(planNewRelease({ ...form, regions: new Map() }, NEW, POLICY_FILE, "a")).toMatchObject({
      problems: [{ heading: "Kind of animation" }, { heading: "Regions" }],
    });
  });

  test("takes the version after all that ever were", () => {
    expect(nextVersion([])).toBe("1.0.0");
    expect(nextVersion(["1.9.0", "1.10.3", "0.1.0"])).toBe("1.11.0");
    expect(nextVersion(["2.0.0-rc.1", "1.0.0"])).toBe("2.0.0");
  });

  test("is a file that the rules can read, laid out so that every revert applies, whatever was entered", () => {
    const word = fc.stringMatching(/^[a-z0-9]{1,6}(-[a-z0-9]{1,4})?$/);
    const form = fc.record({
      title: fc.string({ minLength: 1, maxLength: 40 }),
      cohorts: fc.uniqueArray(word, { maxLength: 3 }),
      percent: fc.option(fc.constantFrom(0.01, 1, 99.5), { nil: undefined }),
      regions: fc.constantFrom(
        new Map([["NO", 5]]),
        new Map<string, number | null>([
          ["SG", null],
          ["ID", 0.5],
        ]),
      ),
    });
    fc.assert(
      fc.property(form, ({ percent, ...rest }) => {
        const planned = release({ ...rest, ...(percent !== undefined && { percent }) });
        for (const { path, text } of planned.files) {
          const { located, findings } = read(path, text);
          expect([findings, located === undefined]).toEqual([[], false]);
          if (!path.startsWith("releases/")) continue;
          const release = parseFile("release", path, new TextEncoder().encode(text ?? "")).located;
          expect(release && checkPlaces(release, text ?? "", "dragon-dance")).toEqual([]);
        }
      }),
      { numRuns: 40 },
    );
  });
});
