import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MinuteRates } from "../../src/metrics/minuteRates.ts";
import { SeenKeys } from "../../src/metrics/seenKeys.ts";

function keyOf(number: number) {
  const hash = createHash("sha256").update(String(number)).digest();
  return { low: hash.readUInt32LE(0), high: hash.readUInt32LE(4) };
}

describe("keys that were seen", () => {
  test("are told from new ones, as a set tells them, while they are fewer than are kept", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 60 }), (keys) => {
        const seen = new SeenKeys(64);
        const known = new Set<string>();
        for (const [low, high] of keys) {
          // The pair of zeros shares its place with its neighbour.
          const name = low === 0 && high === 0 ? "1 0" : `${low} ${high}`;
          expect(seen.add({ low, high })).toBe(!known.has(name));
          known.add(name);
        }
      }),
    );
  });

  test("are forgotten oldest first, and never the newest of them; memory stays the same", () => {
    const seen = new SeenKeys(1_000);
    const bytes: number[] = [];
    for (let number = 0; number < 10_000; number++) {
      expect(seen.add(keyOf(number))).toBe(true);
      if (number >= 400) expect(seen.add(keyOf(number - 400))).toBe(false);
      bytes.push(seen.bytes);
    }
    expect(seen.add(keyOf(0))).toBe(true);
    expect(new Set(bytes.slice(2_000)).size).toBe(1);
  });
});

describe("rates in a minute", () => {
  test("are never too low, exact for few keys, and begin anew with the next", () => {
    const rates = new MinuteRates();
    const counts = new Map<number, number>();
    for (let at = 0; at < 5_000; at++) {
      const number = (at * 7) % 50;
      counts.set(number, (counts.get(number) ?? 0) + 2);
      expect(rates.add(keyOf(number), 2, 59_999)).toBe(counts.get(number));
    }
    expect(rates.add(keyOf(0), 1, 60_000)).toBe(1);
  });
});
