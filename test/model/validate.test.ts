import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { checkShape, type FileKind, type Misfit } from "../../src/model/validate.ts";

const RELEASE = {
  gift: "rose",
  version: "1.4.0",
  title: "A rose",
  compat: { app: { android: ">=8.2.0" }, tiers: ["low", "mid"] },
  rollout: {
    canary: { open: true, cohorts: ["staff"] },
    regional: { open: false, regions: { SG: 5 } },
    full: { open: false },
  },
};
const GIFT = { id: "rose", name: "Rose", owner: "@acme/gift-art", animation: "source/rose.svga" };
const OVERRIDE = { gifts: ["rose"], limit: "none", reason: "It crashes" };

function misfits(kind: FileKind, value: unknown): readonly Misfit[] {
  const checked = checkShape(kind, value);
  return checked.ok ? [] : checked.misfits;
}

/** The one thing that is wrong, as a person reads it. */
function wrong(kind: FileKind, value: unknown): string[] {
  return misfits(kind, value).map(
    ({ code, path, at, message, fix }) => `${path.join(".")} (${at}): ${message} [${code}] -> ${fix}`,
  );
}

function rollout(parts: object): object {
  return { ...RELEASE, rollout: { ...RELEASE.rollout, ...parts } };
}

test("the schemas are what JSON Schema 2020-12 calls one", () => {
  const ajv = new Ajv2020();
  const folder = new URL("../../schemas/", import.meta.url);
  const names = readdirSync(folder).filter((it) => it.endsWith(".schema.json"));
  expect(names).toHaveLength(10);
  for (const name of names) {
    const schema = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
    expect(ajv.validateSchema(schema), `${name}: ${ajv.errorsText()}`).toBe(true);
  }
});

test("a file that fits is given back as it is", () => {
  expect(checkShape("release", RELEASE)).toEqual({ ok: true, value: RELEASE });
  expect(checkShape("gift", GIFT).ok).toBe(true);
  expect(checkShape("override", OVERRIDE).ok).toBe(true);
  expect(checkShape("override", { ...OVERRIDE, gifts: "*" }).ok).toBe(true);
});

describe("what does not fit is said in words", () => {
  test("an unknown key, with the known one that was probably meant", () => {
    expect(wrong("gift", { ...GIFT, sond: "source/x.wav" })).toEqual([
      'sond (key): "sond" is not known here; did you mean "sound"? [UNKNOWN_KEY] -> write "sound" instead of "sond"',
    ]);
  });

  test("an unknown key that is near to none, with all that are known", () => {
    expect(wrong("override", { ...OVERRIDE, scope: { country: ["SG"] } })).toEqual([
      'scope.country (key): "country" is not known here [UNKNOWN_KEY] -> take it out; known here: regions, platforms, app, tiers',
    ]);
  });

  test("a misspelt key that must be there, once and not also as missing", () => {
    const { name, ...rest } = GIFT;
    expect(wrong("gift", { ...rest, nmae: name })).toEqual([
      'nmae (key): "nmae" is not known here; did you mean "name"? [UNKNOWN_KEY] -> write "name" instead of "nmae"',
    ]);
  });

  test("a missing key, with an example", () => {
    const { owner: _, ...rest } = GIFT;
    expect(wrong("gift", rest)).toEqual([
      ' (value): "owner" is missing [MISSING_KEY] -> add it, such as owner: "@acme/gift-art"',
    ]);
  });

  test("text where true or false belongs", () => {
    expect(wrong("release", rollout({ full: { open: "yes" } }))).toEqual([
      'rollout.full.open (value): open is "yes", not true or false [WRONG_TYPE] -> write true or false, without quotes',
    ]);
  });

  test("a number where text belongs, since YAML reads 1.4 as one", () => {
    expect(wrong("release", { ...RELEASE, version: 1.4 })).toEqual([
      'version (value): version is 1.4, not text [WRONG_TYPE] -> put it in quotes, for YAML reads it as a number, such as "1.4.0"',
    ]);
  });

  test.each([
    [null, "the file is empty, not a block of keys"],
    [[1], "the file is a list, not a block of keys"],
    ["x".repeat(99), `the file is "${"x".repeat(56)}..., not a block of keys`],
  ])("a file that is no block of keys at all: %j", (value, message) => {
    expect(misfits("gift", value)).toMatchObject([{ code: "WRONG_TYPE", path: [], message }]);
  });

  test("a value that is not one of a few", () => {
    expect(wrong("override", { ...OVERRIDE, limit: "full" })).toEqual([
      'limit (value): limit is "full", which is not one of none, canary, regional [NOT_ALLOWED] -> write one of none, canary, regional',
    ]);
  });

  test("a version that is none", () => {
    for (const version of ["1.4", "v1.4.0", "01.4.0", "1.4.0+build"])
      expect(wrong("release", { ...RELEASE, version })).toEqual([
        `version (value): "${version}" is not a semantic version [NOT_SEMVER] -> write it like "1.4.0": a semantic version`,
      ]);
  });

  test("text that does not have the right form", () => {
    expect(wrong("gift", { ...GIFT, owner: "acme" })).toEqual([
      'owner (value): owner is "acme", which does not have the right form [WRONG_FORM] -> write it like "@acme/gift-art": the GitHub user or team who is asked about the art',
    ]);
  });

  test("a region that cannot be one, at its key", () => {
    expect(wrong("release", rollout({ regional: { open: false, regions: { Singapore: 5 } } }))).toEqual([
      'rollout.regional.regions.Singapore (key): "Singapore" cannot be a name here [WRONG_NAME] -> write a name that fits ^[A-Z]{2}$',
    ]);
  });

  test("a share of more than everyone, or of less than anyone", () => {
    const regions = (percent: number) => rollout({ regional: { open: false, regions: { SG: percent } } });
    expect(wrong("release", regions(150))).toEqual([
      "rollout.regional.regions.SG (value): SG is 150; the most is 100 [PERCENT_RANGE] -> write a number from 0.01 to 100",
    ]);
    expect(misfits("release", regions(0))).toMatchObject([
      { code: "PERCENT_RANGE", message: "SG is 0; the least is 0.01" },
    ]);
    expect(misfits("release", rollout({ holdback: { percent: 51 } }))).toMatchObject([
      { code: "PERCENT_RANGE" },
    ]);
  });

  test("a number out of range that is no percentage", () => {
    expect(wrong("gift", { ...GIFT, fps: 90 })).toEqual([
      "fps (value): fps is 90; the most is 60 [OUT_OF_RANGE] -> write a number from 1 to 60",
    ]);
  });

  test("gifts that are neither a list nor all, as one thing and not as each way to be wrong", () => {
    expect(wrong("override", { ...OVERRIDE, gifts: "rose" })).toEqual([
      'gifts (value): gifts is "rose", which does not fit [NOT_ALLOWED] -> write it like ["rose"]: gift ids, or "*" for all',
    ]);
    expect(misfits("override", { ...OVERRIDE, gifts: ["Rose!"] })).toHaveLength(1);
  });

  test("a canary that says nothing of whom it is open to, and a list that says one thing twice", () => {
    expect(misfits("release", rollout({ canary: { open: true } }))).toMatchObject([
      { code: "WRONG_VALUE", path: ["rollout", "canary"] },
    ]);
    expect(
      misfits("release", { ...RELEASE, compat: { ...RELEASE.compat, tiers: ["low", "low"] } }),
    ).toMatchObject([{ code: "WRONG_VALUE", path: ["compat", "tiers"] }]);
  });
});

test("all that is wrong is said at once, each at its place", () => {
  const found = misfits("release", {
    ...RELEASE,
    version: "1",
    titel: "A rose",
    rollout: { ...RELEASE.rollout, full: { open: 1 } },
  });
  expect(found.map(({ code, path }) => `${code} ${path.join(".")}`).sort()).toEqual([
    "NOT_SEMVER version",
    "UNKNOWN_KEY titel",
    "WRONG_TYPE rollout.full.open",
  ]);
});

test("a key with a slash or a tilde, which a JSON pointer writes otherwise, has its own place", () => {
  const app = { "a/b~c": 1 };
  expect(misfits("release", { ...RELEASE, compat: { ...RELEASE.compat, app } })).toMatchObject([
    { code: "WRONG_TYPE", path: ["compat", "app", "a/b~c"] },
  ]);
});
