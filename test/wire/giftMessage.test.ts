import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseGiftMessage } from "../../src/wire/giftMessage.ts";

const MESSAGE = { format: "1.0", gift: "rose", version: "1.1.0", minRevision: 42 };

describe("what a gift's message says of the effect", () => {
  test("is read from text and from what was read already", () => {
    expect(parseGiftMessage(MESSAGE)).toEqual(MESSAGE);
    expect(parseGiftMessage(JSON.stringify(MESSAGE))).toEqual(MESSAGE);
  });

  test("may name no version, where the sender is shown no release of the gift", () => {
    const { version: _, ...without } = MESSAGE;
    expect(parseGiftMessage(without)).toEqual(without);
  });

  test("may have more in it, of a newer minor format, which is not taken along", () => {
    expect(parseGiftMessage({ ...MESSAGE, format: "1.7", colour: "red" })).toEqual({
      ...MESSAGE,
      format: "1.7",
    });
  });

  test.each<[string, unknown]>([
    ["another major format", { ...MESSAGE, format: "2.0" }],
    ["no format", { ...MESSAGE, format: undefined }],
    ["a format that is a number", { ...MESSAGE, format: 1 }],
    ["no gift", { format: "1.0", minRevision: 3 }],
    ["a gift that is a path", { ...MESSAGE, gift: "../rose" }],
    ["a gift that no gift is called", { ...MESSAGE, gift: "__proto__" }],
    ["a gift of endless length", { ...MESSAGE, gift: "rose".repeat(1_000_000) }],
    ["a list", [MESSAGE]],
    ["nothing", null],
    ["a number", 7],
    ["text that is no JSON", "rose"],
    ["text without end", JSON.stringify({ ...MESSAGE, more: "x".repeat(600) })],
    ["nesting without end", "[".repeat(100_000)],
    ["what only its prototype says", Object.create(MESSAGE)],
    ["what only a __proto__ in the text says", `{"__proto__":${JSON.stringify(MESSAGE)}}`],
  ])("is nothing when it has %s", (_, received) => {
    expect(parseGiftMessage(received)).toBeNull();
  });

  test.each<[string, unknown]>([
    ["is no version", "newest"],
    ["is an object", { major: 1 }],
    ["is endless", `1.0.0-${"a".repeat(400)}`],
    ["is empty", ""],
  ])("keeps its gift and loses a version that %s", (_, version) => {
    const { version: __, ...rest } = MESSAGE;
    expect(parseGiftMessage({ ...MESSAGE, version })).toEqual(rest);
  });

  test.each<[string, unknown]>([
    ["is text", "42"],
    ["is negative", -1],
    ["is half of one", 1.5],
    ["does not count exactly", 2 ** 53],
    ["is without end", Number.POSITIVE_INFINITY],
    ["is a list", [42]],
  ])("keeps its gift and loses a revision that %s", (_, minRevision) => {
    expect(parseGiftMessage({ ...MESSAGE, minRevision })).toEqual({ ...MESSAGE, minRevision: 0 });
  });

  test("of any kind throws nothing, and is the same after having been sent on", () => {
    const part = fc.oneof(fc.anything(), fc.constantFrom<unknown>(...Object.values(MESSAGE), "2.0", 2 ** 60));
    const like = fc.record(
      { format: part, gift: part, version: part, minRevision: part },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), fc.json(), like), (received) => {
        const parsed = parseGiftMessage(received);
        if (parsed) expect(parseGiftMessage(JSON.stringify(parsed))).toEqual(parsed);
        expect(Object.getPrototypeOf({})).toBe(Object.prototype);
      }),
      { numRuns: 1_000 },
    );
  });
});
