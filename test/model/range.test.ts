import fc from "fast-check";
import { satisfies } from "semver";
import { describe, expect, test } from "vitest";
import { compileRange, InvalidRange } from "../../src/model/range.ts";
import { compareVersions, type Interval, isWithin, parseVersion } from "../../src/wire/version.ts";
import { versionText } from "../wire/arbitraries.ts";

/** Every form that npm knows: comparators, caret, tilde, x-ranges, hyphens, conjunctions and alternatives. */
function rangeText(): fc.Arbitrary<string> {
  const number = fc.integer({ min: 0, max: 3 });
  const x = fc.constantFrom("x", "X", "*");
  const partial = fc.oneof(
    { weight: 4, arbitrary: versionText() },
    fc.tuple(number, number).map((parts) => parts.join(".")),
    number.map(String),
    fc.tuple(number, x).map((parts) => parts.join(".")),
    fc.tuple(number, number, x).map((parts) => parts.join(".")),
    fc.tuple(number, x, x).map((parts) => parts.join(".")),
    x,
  );
  const operator = fc.constantFrom("", "=", "<", "<=", ">", ">=", "^", "~", ">= ", "^ ", "v");
  const simple = fc.tuple(operator, partial).map((parts) => parts.join(""));
  const hyphen = fc.tuple(partial, partial).map((ends) => ends.join(" - "));
  const set = fc.oneof(
    { weight: 5, arbitrary: fc.array(simple, { minLength: 1, maxLength: 3 }).map((all) => all.join(" ")) },
    { weight: 2, arbitrary: hyphen },
    { weight: 1, arbitrary: fc.constantFrom("", "*") },
  );
  return fc.array(set, { minLength: 1, maxLength: 3 }).map((sets) => sets.join(" || "));
}

function isIn(version: string, intervals: readonly Interval[]): boolean {
  const parsed = parseVersion(version);
  if (!parsed) throw new Error(`${version} is no version`);
  return isWithin(parsed, intervals);
}

describe("a compiled range", () => {
  test("holds the versions that the semver library says, pre-releases counted as versions", () => {
    fc.assert(
      fc.property(rangeText(), fc.array(versionText(), { minLength: 5, maxLength: 5 }), (range, versions) => {
        const intervals = compileRange(range);
        for (const version of versions) {
          const expected = satisfies(version, range, { includePrerelease: true });
          expect([version, isIn(version, intervals)]).toEqual([version, expected]);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test("holds an app version of two or four parts as the three that the written rule makes of it", () => {
    const number = fc.integer({ min: 0, max: 3 });
    const parts = fc.tuple(number, number, number, fc.nat(999));
    fc.assert(
      fc.property(rangeText(), parts, (range, [major, minor, patch, build]) => {
        const intervals = compileRange(range);
        const within = (version: string) => satisfies(version, range, { includePrerelease: true });
        const three = `${major}.${minor}.${patch}`;
        expect(isIn(`${three}.${build}`, intervals)).toBe(within(three));
        expect(isIn(`${three}.${build}-rc.1`, intervals)).toBe(within(`${three}-rc.1`));
        expect(isIn(`${major}.${minor}`, intervals)).toBe(within(`${major}.${minor}.0`));
      }),
      { numRuns: 1_000 },
    );
  });

  test("is sorted, and no two of its intervals touch", () => {
    fc.assert(
      fc.property(rangeText(), (range) => {
        const intervals = compileRange(range);
        intervals.forEach(([from, to], at) => {
          const next = intervals[at + 1];
          if (to !== null) expect(compareVersions(from, to)).toBeLessThan(0);
          if (!next) return;
          expect(to).not.toBeNull();
          if (to !== null) expect(compareVersions(to, next[0])).toBeLessThan(0);
        });
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ["*", [[[0, 0, 0, 0], null]]],
    [">=8.2.0", [[[8, 2, 0], null]]],
    [
      "^2.0.0",
      [
        [
          [2, 0, 0],
          [3, 0, 0, 0],
        ],
      ],
    ],
    [
      "1.4.0",
      [
        [
          [1, 4, 0],
          [1, 4, 1, 0],
        ],
      ],
    ],
    [
      "=1.4.0-rc.1",
      [
        [
          [1, 4, 0, "rc", 1],
          [1, 4, 0, "rc", 1, 0],
        ],
      ],
    ],
    [">1.4.0", [[[1, 4, 1, 0], null]]],
    [
      "<=1.4.0-rc",
      [
        [
          [0, 0, 0, 0],
          [1, 4, 0, "rc", 0],
        ],
      ],
    ],
    [
      "2.x || 1.x",
      [
        [
          [1, 0, 0, 0],
          [3, 0, 0, 0],
        ],
      ],
    ],
    [
      "1.x || 3.x",
      [
        [
          [1, 0, 0, 0],
          [2, 0, 0, 0],
        ],
        [
          [3, 0, 0, 0],
          [4, 0, 0, 0],
        ],
      ],
    ],
    [">=2.0.0 <1.0.0", []],
  ])("of %s is these intervals on the wire", (range, intervals) => {
    expect(compileRange(range)).toEqual(intervals);
  });

  test("leaves out a pre-release of the version that it begins with", () => {
    expect(isIn("8.2.0-beta.1", compileRange(">=8.2.0"))).toBe(false);
    expect(isIn("8.3.0-beta.1", compileRange(">=8.2.0"))).toBe(true);
  });

  test.each(["8.2 or newer", ">=", "latest", "1.2.3.4", "^a", "1 -", "||x||y"])(
    "is not made of %j",
    (range) => {
      expect(() => compileRange(range)).toThrow(InvalidRange);
      expect(() => compileRange(range)).toThrow(`"${range}" is no semver range`);
    },
  );
});
