import fc from "fast-check";
import { compare } from "semver";
import { describe, expect, test } from "vitest";
import { compareVersions, isWithin, parseVersion, type Version } from "../../src/wire/version.ts";
import { toViewer } from "../../src/wire/viewer.ts";
import vectors from "./version-vectors.json" with { type: "json" };
import { versionText } from "./arbitraries.ts";

describe("how a version is read", () => {
  test.each(vectors)("$rule: $text", ({ text, version }) => {
    expect(parseVersion(text)).toEqual(version);
  });

  test("no text at all makes it throw", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseVersion(text);
      }),
    );
  });
});

/** The versions under test are all readable; a test that meets another one has a fault of its own. */
function read(text: string): Version {
  const version = parseVersion(text);
  if (!version) throw new Error(`${text} is no version`);
  return version;
}

describe("which of two versions is newer", () => {
  test("is what the semver library says", () => {
    fc.assert(
      fc.property(versionText(), versionText(), (a, b) => {
        expect(Math.sign(compareVersions(read(a), read(b)))).toBe(compare(a, b));
      }),
      { numRuns: 1_000 },
    );
  });

  test("follows the example of Semantic Versioning 2.0.0, section 11", () => {
    const sorted = [
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      "1.0.0",
    ];
    const shuffled = [...sorted].reverse();
    expect(shuffled.sort((a, b) => compareVersions(read(a), read(b)))).toEqual(sorted);
  });

  test("is told of identifiers that are longer than any number", () => {
    const long = read(`1.0.0-${"9".repeat(400)}`);
    expect(compareVersions(long, long)).toBe(0);
    expect(compareVersions(long, read("1.0.0-1"))).toBeGreaterThan(0);
  });

  test("is not decided by build numbers and build metadata", () => {
    expect(compareVersions(read("8.2.0.117+a"), read("8.2.0.3+b"))).toBe(0);
  });
});

describe("an interval", () => {
  test("holds its beginning and not its end", () => {
    const intervals = [[read("1.0.0"), read("2.0.0-0")]] as const;
    const within = ["1.0.0-rc.1", "1.0.0", "1.9.9", "2.0.0-0", "2.0.0"].filter((it) =>
      isWithin(read(it), intervals),
    );
    expect(within).toEqual(["1.0.0", "1.9.9"]);
  });

  test("without an end holds every later version", () => {
    expect(isWithin(read("999.0.0"), [[read("1.0.0"), null]])).toBe(true);
  });

  test("that is not there holds nothing", () => {
    expect(isWithin(read("1.0.0"), [])).toBe(false);
  });
});

describe("a viewer", () => {
  test("whose app version cannot be read has the oldest there is", () => {
    expect(toViewer({ platform: "web", appVersion: "nightly", tier: "low" }).app).toEqual([0, 0, 0]);
  });

  test("of whom nothing more is known has no region, no cohort and no unit id", () => {
    expect(toViewer({ platform: "web", appVersion: "8.2", tier: "low" })).toEqual({
      platform: "web",
      app: [8, 2, 0],
      tier: "low",
      region: "",
      cohorts: [],
      unitId: "",
    });
  });
});
