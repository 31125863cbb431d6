import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type KnownSeries, parseExposition } from "../../src/metrics/parseExposition.ts";
import { GiftError } from "../../src/report/error.ts";

describe("Prometheus' text format", () => {
  test("is read with its labels, values and times", () => {
    const text = `# HELP a_total What is counted, "in words" {x}.
# TYPE a_total counter
a_total{method="post",code="200"} 1027 1395066363000
a_total { method = "post" , code = "400" , }   3
# a remark
\tb 1.5e+3
b{path="C:\\\\DIR\\n",text="say \\"}\\" # no"} NaN
c{le="+Inf"} +Inf
d -Inf\r
`;
    expect(parseExposition(text)).toEqual([
      { name: "a_total", labels: { method: "post", code: "200" }, value: 1027, seconds: 1_395_066_363 },
      { name: "a_total", labels: { method: "post", code: "400" }, value: 3 },
      { name: "b", labels: {}, value: 1500 },
      { name: "b", labels: { path: "C:\\DIR\n", text: 'say "}" # no' }, value: Number.NaN },
      { name: "c", labels: { le: "+Inf" }, value: Number.POSITIVE_INFINITY },
      { name: "d", labels: {}, value: Number.NEGATIVE_INFINITY },
    ]);
    expect(parseExposition("")).toEqual([]);
  });

  test("may be OpenMetrics, with seconds, exemplars and an end", () => {
    const text = `# TYPE a counter
# UNIT a seconds
a_total{x="1"} 5 1700000000.25 # {trace="z"} 0.5
# EOF
`;
    expect(parseExposition(text)).toEqual([
      { name: "a_total", labels: { x: "1" }, value: 5, seconds: 1_700_000_000.25 },
    ]);
    expect(() => parseExposition(`${text}b 1\n`)).toThrowError("line 5: something stands behind # EOF");
  });

  test.each([
    ["a 1\n<html>", 'line 2: "<html>" is no sample'],
    ["a", 'line 1: "a" is no sample'],
    ["a many", 'line 1: "many" is no number'],
    ["a 0x10", 'line 1: "0x10" is no number'],
    ["1a 1", "line 1"],
    ['a{x="1} 1', "line 1"],
    ["a{x=1} 1", "line 1"],
    ['a{x="1"y="2"} 1', "line 1"],
    ['a{x="1",x="2"} 1', "line 1: the label x stands there twice"],
    ["a 1 now", "line 1"],
    ["a 1 1.2.3", "line 1: its time is none"],
    ["a 1\n\na 2", "line 3: a{} stands there twice"],
    ["# TYPE a", "line 1: TYPE without"],
    ["# TYPE a number", "line 1: TYPE without"],
  ])("is refused with the line: %j", (text, why) => {
    expect(() => parseExposition(text, "c1")).toThrowError(
      expect.objectContaining({ code: "METRICS_BROKEN" }),
    );
    expect(() => parseExposition(text, "c1")).toThrowError(`c1, ${why}`);
  });

  test("gives back what was written, whatever the labels are", () => {
    const labels = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.string({ maxLength: 8 }), {
      maxKeys: 4,
    });
    fc.assert(
      fc.property(labels, fc.double({ noNaN: true }), (given, value) => {
        const escaped = Object.entries(given).map(
          ([name, text]) =>
            `${name}="${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`,
        );
        const number = Number.isFinite(value) ? String(value) : value > 0 ? "+Inf" : "-Inf";
        const [sample] = parseExposition(`a{${escaped.join(",")}} ${number}\n`);
        expect({ ...sample?.labels }).toEqual({ ...given });
        expect(sample?.value).toBe(Object.is(value, -0) ? 0 : value);
      }),
    );
  });

  test("or what is none ends with a reason", () => {
    const piece = fc.constantFrom(
      "a",
      "{",
      "}",
      '"',
      "=",
      ",",
      " ",
      "\n",
      "1",
      "# EOF",
      "# TYPE ",
      "\\",
      "x",
      "NaN",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        try {
          parseExposition(pieces.join(""));
        } catch (error) {
          expect(error).toBeInstanceOf(GiftError);
        }
      }),
    );
  });

  test("says the same of a scrape whose series were read before", () => {
    const head = fc.constantFrom(
      "a",
      "a{}",
      "b",
      'a{x="1"}',
      'a{x="}"}',
      'a{ x="1" }',
      'b{x="1"}',
      'a{x="1"',
    );
    const tail = fc.constantFrom(
      " 1",
      "2",
      " 3 1000",
      ' 4 # {y="1"} 5',
      " many",
      " 6 7 8",
      "{} 9",
      "} 1",
      " # {} ",
    );
    const scrape = fc
      .array(fc.tuple(head, tail), { maxLength: 4 })
      .map((lines) => lines.map((parts) => parts.join("")).join("\n"));
    const outcomeOf = (text: string, known?: KnownSeries) => {
      try {
        return parseExposition(text, "c1", known);
      } catch (error) {
        return String(error);
      }
    };
    fc.assert(
      fc.property(fc.array(scrape, { maxLength: 5 }), (scrapes) => {
        const known: KnownSeries = new Map();
        for (const text of scrapes) expect(outcomeOf(text, known)).toEqual(outcomeOf(text));
      }),
    );
    const known: KnownSeries = new Map();
    const [before, after] = [1, 2].map((it) => parseExposition(`a{x="1"} ${it}\n`, "c1", known)[0]);
    expect(after?.labels).toBe(before?.labels);
  });
});
