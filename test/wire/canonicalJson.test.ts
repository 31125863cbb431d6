import { canonicalize } from "@tufjs/canonical-json";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "../../src/wire/metadata.ts";

/** JSON whose numbers are safe integers, as signed metadata has it. */
const { value: signable } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.string({ unit: "binary" }),
    fc.array(tie("value")),
    fc.dictionary(fc.string(), tie("value")),
  ),
}));

describe("canonical JSON", () => {
  test("is, byte for byte, what the reference of The Update Framework signs", () => {
    fc.assert(
      fc.property(signable, (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value));
      }),
      { numRuns: 500 },
    );
  });

  test("does not depend on the order in which keys were written", () => {
    expect(canonicalJson({ b: [1, { d: 2, c: "x" }], a: null })).toBe('{"a":null,"b":[1,{"c":"x","d":2}]}');
  });

  test("escapes quotes and backslashes, and leaves line feeds as they are", () => {
    expect(canonicalJson('a"b\\c\nd')).toBe('"a\\"b\\\\c\nd"');
  });

  test("leaves out what JSON would leave out", () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });

  test.each([[1.5], [Number.NaN], [Number.POSITIVE_INFINITY], [2 ** 53], [undefined], [1n], [() => 1]])(
    "cannot carry %s, and says so",
    (value) => expect(() => canonicalJson(value)).toThrow(TypeError),
  );
});
