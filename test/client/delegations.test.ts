import fc from "fast-check";
import { expect, test } from "vitest";
import { delegationsFor, matchesPath } from "../../src/client/update/delegations.ts";

test.each([
  ["targets/*.tgz", "targets/foo.tgz", true],
  ["targets/*.tgz", "targets/foo.txt", false],
  ["targets/*.tgz", "targets/a/foo.tgz", false],
  ["foo-version-?.tgz", "foo-version-2.tgz", true],
  ["foo-version-?.tgz", "foo-version-alpha.tgz", false],
  ["*.tgz", "foo.tgz", true],
  ["*.tgz", "targets/foo.tgz", false],
  ["foo.tgz", "foo.tgz", true],
  ["foo.tgz", "foo_tgz", false],
  ["*/*", "a/b", true],
  ["*/*", "/b", true],
  ["*/*", "b", false],
  ["*", "", true],
  ["", "", true],
  ["?", "", false],
  ["a*b*c", "aXbYc", true],
  ["a*b*c", "aXbYcZ", false],
  ["**", "anything", true],
  ["[abc]", "b", true],
  ["[abc]", "d", false],
  ["[!abc]", "d", true],
  ["[!abc]", "a", false],
  ["[a-c]x", "bx", true],
  ["[a-c]x", "dx", false],
  ["[]]", "]", true],
  ["[!]]", "]", false],
  ["[-a]", "-", true],
  ["[", "[", true],
  ["[a", "[a", true],
  ["a.c", "abc", false],
  ["a+", "aa", false],
  ["(a|b)", "a", false],
  ["?", "\u{1f339}", true],
])("the pattern %j and the path %j: %j", (pattern, path, isMatch) => {
  expect(matchesPath(path, pattern)).toBe(isMatch);
});

test("stars and question marks mean what they mean in a regular expression without backtracking", () => {
  const letter = fc.constantFrom("a", "b", "*", "?", "/", ".");
  const anyText = fc.array(letter, { maxLength: 8 }).map((it) => it.join(""));
  fc.assert(
    fc.property(anyText, anyText, (pattern, path) => {
      const source = pattern.replaceAll(".", "\\.").replaceAll("*", "[^/]*").replaceAll("?", "[^/]");
      expect(matchesPath(path, pattern)).toBe(new RegExp(`^${source}$`).test(path));
    }),
    { numRuns: 3_000 },
  );
});

test("a pattern of many stars does not take its time over a long name", () => {
  const name = "a".repeat(20_000);
  expect(matchesPath(name, `${"*a".repeat(2_000)}b`)).toBe(false);
  expect(matchesPath(name, `${"*".repeat(20_000)}a`)).toBe(true);
});

test("the first roles that match come, up to a terminating one", () => {
  const role = (name: string, more: object) => ({
    name,
    keyids: [],
    threshold: 1,
    terminating: false,
    ...more,
  });
  const roles = [
    role("a", { paths: ["x"], terminating: true }),
    role("b", { paths: ["*"] }),
    role("c", {}),
    role("d", { path_hash_prefixes: [""], terminating: true }),
    role("e", { paths: ["*"] }),
  ];
  const names = (path: string) => {
    const { roles: found, isTerminating } = delegationsFor({ keys: {}, roles }, { path, digest: "00" });
    return [...found.map((it) => it.name), isTerminating];
  };
  expect(names("y")).toEqual(["b", "d", true]);
  expect(names("x")).toEqual(["a", true]);
  expect(delegationsFor({ keys: {} }, { path: "y", digest: "00" })).toEqual({
    roles: [],
    isTerminating: false,
  });
});
