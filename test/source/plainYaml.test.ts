import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseDocument, stringify } from "yaml";
import { readPlainYaml } from "../../src/source/plainYaml.ts";
import { GOOD } from "../rules/projectOf.ts";
import { runsOf } from "../support/runs.ts";

const TEXTS = Object.entries(GOOD).flatMap(([path, text]) => (path.endsWith(".yaml") ? [text] : []));

/** What the whole of YAML makes of a text, or what is wrong with it. */
function parsed(text: string): unknown {
  const document = parseDocument(text, { stringKeys: true, prettyErrors: false });
  const [problem] = [...document.errors, ...document.warnings];
  return problem ? { problem: `${problem.code} ${problem.message}` } : document.toJS();
}

function expectSame(text: string): void {
  const value = readPlainYaml(text);
  if (value !== undefined) expect(value).toEqual(parsed(text));
}

/** What YAML has a meaning for, at the places where it has one. */
const FRAGMENTS =
  `&a |*a|- |- - |? |: |:|#| #|# |"|'|\\n|[|]|{|}|,|, |{ a: b }|[a, b]|{}|[]| a: b|!x |!!str |--- |...|%YAML 1.1|>-|>|@|\`|~|null|Null|true|True|no
|.5|.inf|1e3|0x1F|0o7|007|-1|+1|1.|1.50|1_000|1.0.0|2027-02-05T18:00:00+08:00|2027-02-05|<<: |__proto__: x|a:\n    b|é|玫|\u00a0|\u2028|\u0085|\ufeff|\t|\r|  |    |""|''|a b|a:b|a#b|a #b|"a": |"a" # b`
    .split("|")
    .concat("|", "|-");

const edits = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ write: fc.constantFrom(...FRAGMENTS), over: fc.nat(6), at: fc.nat(2_000) }),
  },
  fc.record({ moveLine: fc.nat(60), to: fc.nat(60) }),
  fc.record({ indentLine: fc.nat(60), by: fc.integer({ min: -3, max: 3 }) }),
);

function applyEdit(text: string, edit: typeof edits extends fc.Arbitrary<infer T> ? T : never): string {
  if ("write" in edit) {
    const start = edit.at % (text.length + 1);
    return text.slice(0, start) + edit.write + text.slice(start + edit.over);
  }
  const lines = text.split("\n");
  if ("moveLine" in edit) {
    const [line = ""] = lines.splice(edit.moveLine % lines.length, 1);
    return lines.toSpliced(edit.to % (lines.length + 1), 0, line).join("\n");
  }
  const at = edit.indentLine % lines.length;
  const line = lines[at] ?? "";
  lines[at] = edit.by < 0 ? line.replace(new RegExp(`^ {0,${-edit.by}}`), "") : " ".repeat(edit.by) + line;
  return lines.join("\n");
}

describe("the quick reading of plain YAML", () => {
  test("knows the files that people write", () => {
    for (const text of TEXTS.filter((it) => !it.includes("https:"))) {
      expect(readPlainYaml(text)).toBeDefined();
      expect(readPlainYaml(text.replaceAll("\n", "\r\n"))).toEqual(readPlainYaml(text));
      expectSame(text);
    }
  });

  test.each([
    ["a:\nb: 1\n", { a: null, b: 1 }],
    ["a: # why\n  b: c # because\n", { a: { b: "c" } }],
    ["a:\n- b\n- c: 1\n  d: e\nf: 2.50\n", { a: ["b", { c: 1, d: "e" }], f: 2.5 }],
    ["a: \"x # y\"  # z\nb: 'it: is'\n", { a: "x # y", b: "it: is" }],
    ["a: { b: [c, 1.0.0, ^2], d: {} }\n", { a: { b: ["c", "1.0.0", "^2"], d: {} } }],
    ["a: Yes\nb: no\nc: True\nd: NULL\n", { a: "Yes", b: "no", c: true, d: null }],
    ["a: x#y z\nb: http://example.com\n", { a: "x#y z", b: "http://example.com" }],
  ])("takes %j for what it is", (text, value) => {
    expect(readPlainYaml(text)).toEqual(value);
    expectSame(text);
  });

  test.each([
    [""],
    ["a"],
    ["- a\n"],
    ["a: x\n  y\n"],
    ["a: |\n  b: c\n"],
    ["a: &b c\n"],
    ["a: 'it''s'\n"],
    ['a: "\\t"\n'],
    ["a: b: c\n"],
    ["a: 1\na: 2\n"],
    ["a: 1\n b: 2\n"],
    ["a:\tb\n"],
    ["---\na: 1\n"],
    ["__proto__: 1\n"],
    ["a: [b\n"],
    ["a: [b,]\n"],
    ["a: 010\n"],
    ["a: -1\n"],
    ["a: {b}\n"],
  ])("leaves %j to the parser", (text) => expect(readPlainYaml(text)).toBeUndefined());

  test("never says anything else than the parser: files with any edits", () => {
    fc.assert(
      fc.property(fc.constantFrom(...TEXTS), fc.array(edits, { maxLength: 4 }), (text, changes) =>
        expectSame(changes.reduce(applyEdit, text)),
      ),
      runsOf(4_000, 800),
    );
  }, 120_000);

  test("never says anything else than the parser: any values, written in any style", () => {
    const scalar = fc.oneof(
      fc.constantFrom(...FRAGMENTS),
      fc.string(),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        scalar,
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(fc.oneof(fc.stringMatching(/^[a-z_][\w-]{0,5}$/), fc.string()), tie("value"), {
          maxKeys: 3,
        }),
      ),
    }));
    const style = fc.record({
      indent: fc.integer({ min: 1, max: 4 }),
      indentSeq: fc.boolean(),
      collectionStyle: fc.constantFrom("any", "block", "flow"),
      defaultStringType: fc.constantFrom("PLAIN", "QUOTE_DOUBLE", "QUOTE_SINGLE"),
      lineWidth: fc.constantFrom(0, 20, 80),
    });
    fc.assert(
      fc.property(value, style, fc.array(edits, { maxLength: 2 }), (value, style, changes) =>
        expectSame(changes.reduce(applyEdit, stringify(value, style))),
      ),
      runsOf(4_000, 800),
    );
  }, 120_000);
});
