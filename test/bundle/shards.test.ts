import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planShards } from "../../src/bundle/shards.ts";

const costs = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { maxLength: 60 }).chain((names) =>
  fc
    .array(fc.double({ min: 0, max: 500, noNaN: true }), {
      minLength: names.length,
      maxLength: names.length,
    })
    .map((seconds) => new Map(names.map((name, at) => [name, seconds[at] ?? 0]))),
);

describe("spreading releases over runners", () => {
  test("puts every release into exactly one shard, whatever they cost", () => {
    fc.assert(
      fc.property(costs, fc.integer({ min: 1, max: 20 }), (given, count) => {
        const shards = planShards(given, count);
        expect(shards).toHaveLength(count);
        expect(shards.flatMap((it) => it.releases).sort()).toEqual([...given.keys()].sort());
      }),
    );
  });

  test("never lets the longest shard take more than 4/3 of what any plan must take", () => {
    fc.assert(
      fc.property(costs, fc.integer({ min: 1, max: 20 }), (given, count) => {
        const seconds = [...given.values()];
        const total = seconds.reduce((sum, it) => sum + it, 0);
        const sorted = [...seconds].sort((a, b) => b - a);
        // No plan is shorter than an even share, than its dearest release, or than two of the dearest count + 1 together.
        const least = Math.max(
          total / count,
          sorted[0] ?? 0,
          (sorted[count - 1] ?? 0) + (sorted[count] ?? 0),
        );
        const longest = Math.max(...planShards(given, count).map((it) => it.seconds));
        expect(longest).toBeLessThanOrEqual(least * (4 / 3) + 1e-6);
      }),
    );
  });

  test("does not depend on the order in which the releases are listed", () => {
    fc.assert(
      fc.property(costs, fc.integer({ min: 1, max: 8 }), (given, count) => {
        expect(planShards(new Map([...given].reverse()), count)).toEqual(planShards(given, count));
      }),
    );
  });
});
