import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { editScalar } from "../../src/source/edit.ts";

const TEXT = `# Lunar new year
gift: rose

rollout:
  canary:
    open: true   # since Monday
    cohorts: [staff, qa]

  regional:
    open: false
    regions:     # percent of the eligible viewers
      SG: 5
      "ID": 10
`;

describe("one value is replaced, and nothing else", () => {
  test("so that a change is one line of a diff", () => {
    expect(editScalar(TEXT, ["rollout", "regional", "open"], true)).toBe(
      TEXT.replace("open: false", "open: true"),
    );
    expect(editScalar(TEXT, ["rollout", "canary", "open"], false)).toBe(
      TEXT.replace("open: true   # since Monday", "open: false   # since Monday"),
    );
    expect(editScalar(TEXT, ["rollout", "regional", "regions", "ID"], 12.5)).toBe(TEXT.replace("10", "12.5"));
    expect(editScalar(TEXT, ["rollout", "canary", "cohorts", 1], "beta")).toBe(TEXT.replace("qa", '"beta"'));
  });

  test("and setting it back gives the very file from before", () => {
    const opened = editScalar(TEXT, ["rollout", "regional", "open"], true);
    expect(editScalar(opened, ["rollout", "regional", "open"], false)).toBe(TEXT);
  });

  test.each([
    ["is empty", "a:\nb: 1\n", "a: 7\nb: 1\n"],
    ["is empty at the end of the file", "a:", "a: 7"],
    ["is empty before a comment", "a: # why\nb: 1\n", "a: 7 # why\nb: 1\n"],
    ["is empty in braces", "{a: , b: 1}", "{a: 7, b: 1}"],
    ["is a block of lines", "a: |\n  x\n  y\nb: 1\n", "a: 7\nb: 1\n"],
    ["is a folded block", "a: >-\n  x\n  y\n\nb: 1\n", "a: 7\n\nb: 1\n"],
    ["goes over two lines", "a: x\n  y\nb: 1\n", "a: 7\nb: 1\n"],
    ["stands on the next line", "a:\n  5\nb: 1\n", "a:\n  7\nb: 1\n"],
    ["is in quotes", "a: 'x # y' # z\nb: 1\n", "a: 7 # z\nb: 1\n"],
    ["ends lines as Windows does", "a: 5\r\nb: 1\r\n", "a: 7\r\nb: 1\r\n"],
  ])("where the value %s", (_, before, after) => expect(editScalar(before, ["a"], 7)).toBe(after));

  test.each([[["nothing"]], [["rollout"]], [["gift", "x"]], [["rollout", "canary", "cohorts", 2]], [[]]])(
    "and a path that names no value is an error that says which: %j",
    (path) => {
      expect(() => editScalar(TEXT, path, 1)).toThrow(
        expect.objectContaining({
          code: "EDIT_NOT_FOUND",
          message: `${path.join(".")} is not written in the file`,
        }),
      );
    },
  );

  test("whatever the file holds: its other values and its comments stay", () => {
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const key = fc.stringMatching(/^[a-z]{1,5}$/);
    const tree = fc.dictionary(
      key,
      fc.oneof(
        scalar,
        fc.array(scalar, { minLength: 1, maxLength: 3 }),
        fc.dictionary(key, scalar, { minKeys: 1 }),
      ),
      { minKeys: 1 },
    );
    const value = fc.oneof(fc.string(), fc.integer(), fc.boolean());
    fc.assert(
      fc.property(tree, fc.nat(), value, (content, pick, value) => {
        const paths = pathsOf(content);
        const path = paths[pick % paths.length] ?? [];
        const text = `# first\n${stringify(content)}# last\n`;
        const edited = editScalar(text, path, value);
        expect(parse(edited)).toEqual(withValue(content, path, value));
        expect(edited.startsWith("# first\n") && edited.endsWith("# last\n")).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

type Content = string | number | boolean | null | Content[] | { [key: string]: Content };

/** The paths of all scalars. */
function pathsOf(content: Content): (string | number)[][] {
  if (Array.isArray(content))
    return content.flatMap((item, at) => pathsOf(item).map((path) => [at, ...path]));
  if (content === null || typeof content !== "object") return [[]];
  return Object.entries(content).flatMap(([key, item]) => pathsOf(item).map((path) => [key, ...path]));
}

function withValue(content: Content, [part, ...rest]: (string | number)[], value: Content): Content {
  if (part === undefined || content === null || typeof content !== "object") return value;
  if (Array.isArray(content))
    return content.map((item, at) => (at === part ? withValue(item, rest, value) : item));
  return { ...content, [part]: withValue(content[part] ?? null, rest, value) };
}
