import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Blobs, memoryBlobs } from "../../src/client/cache/blobs.ts";
import { boundedCache } from "../../src/client/cache/boundedCache.ts";
import { planEviction } from "../../src/client/cache/planEviction.ts";

/** A digest that says which one it is. */
const nth = (at: number) => at.toString(16).padStart(64, "0");
const bytesOf = (at: number, length: number) => new Uint8Array(length).fill(at);

/** What lies on the disk, the order of uses apart. */
async function held(blobs: Blobs): Promise<number[]> {
  const listed = await blobs.list();
  return listed
    .filter(({ name }) => name.length === 64)
    .map(({ name }) => Number.parseInt(name, 16))
    .sort((a, b) => a - b);
}

async function heldBytes(blobs: Blobs): Promise<number> {
  return (await blobs.list())
    .filter(({ name }) => name.length === 64)
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

describe("what goes when room is needed", () => {
  const anyEntries = fc.uniqueArray(
    fc.record({ name: fc.integer({ min: 0, max: 40 }).map(nth), bytes: fc.nat(50) }),
    { selector: ({ name }) => name, minLength: 1, maxLength: 12 },
  );
  const anyNamed = fc.uniqueArray(fc.integer({ min: 0, max: 40 }).map(nth));

  test("is enough, is not more than is needed, and nothing that is named while something else could go", () => {
    fc.assert(
      fc.property(anyEntries, fc.nat(200), anyNamed, (entries, maxBytes, named) => {
        const isNamed = (name: string) => named.includes(name);
        const newcomer = entries.at(-1);
        const before = entries.slice(0, -1).reduce((sum, it) => sum + it.bytes, 0);
        fc.pre(before <= maxBytes);
        const leaving = planEviction(entries, maxBytes, isNamed);
        const rest = entries.filter((it) => !leaving.includes(it));
        const size = (of: typeof rest) => of.reduce((sum, it) => sum + it.bytes, 0);
        expect(size(rest)).toBeLessThanOrEqual(maxBytes);
        if (newcomer && leaving.includes(newcomer)) expect(leaving).toEqual([newcomer]);
        else {
          const last = leaving.at(-1);
          if (last) expect(size(rest) + last.bytes).toBeGreaterThan(maxBytes);
          if (leaving.some((it) => isNamed(it.name)))
            expect(rest.filter((it) => it !== newcomer).every((it) => isNamed(it.name))).toBe(true);
        }
      }),
    );
  });

  test("is what was used longest ago", () => {
    const entries = [1, 2, 3, 4].map((at) => ({ name: nth(at), bytes: 10 }));
    expect(planEviction(entries, 25, () => false)).toEqual(entries.slice(0, 2));
    expect(planEviction(entries, 25, (name) => name === nth(1))).toEqual(entries.slice(1, 3));
  });
});

describe("a bounded cache", () => {
  test("never holds more than it may, gives only what was put, and counts the same after a restart", async () => {
    const anyStep = fc.oneof(
      fc.record({ kind: fc.constant("put"), at: fc.nat(8), bytes: fc.nat(60) }),
      fc.record({ kind: fc.constant("get"), at: fc.nat(8), bytes: fc.nat(0) }),
      fc.record({ kind: fc.constant("remove"), at: fc.nat(8), bytes: fc.nat(0) }),
      fc.record({ kind: fc.constant("restart"), at: fc.nat(0), bytes: fc.nat(0) }),
      fc.record({ kind: fc.constant("cleared"), at: fc.nat(8), bytes: fc.nat(0) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 40 }), fc.nat(8), async (steps, named) => {
        const blobs = memoryBlobs();
        let cache = boundedCache(blobs, { maxBytes: 100 });
        cache.retain((digest) => digest === nth(named));
        const sizes = new Map<number, number>();
        for (const { kind, at, bytes } of steps) {
          const size = sizes.get(at) ?? bytes;
          sizes.set(at, size);
          if (kind === "put") await cache.put(nth(at), bytesOf(at, size));
          if (kind === "remove") await cache.remove(nth(at));
          if (kind === "cleared") await blobs.remove(nth(at));
          if (kind === "restart") cache = boundedCache(blobs, { maxBytes: 100 });
          const got = kind === "get" ? await cache.get(nth(at)) : null;
          if (got) expect(got).toEqual(bytesOf(at, size));
          expect(await heldBytes(blobs)).toBeLessThanOrEqual(100);
        }
      }),
      { numRuns: 100 },
    );
  });

  test("keeps what is used, and what the catalog names", async () => {
    const blobs = memoryBlobs();
    const cache = boundedCache(blobs, { maxBytes: 30 });
    for (const at of [1, 2, 3]) await cache.put(nth(at), bytesOf(at, 10));
    await cache.get(nth(1));
    await cache.put(nth(4), bytesOf(4, 10));
    expect(await held(blobs)).toEqual([1, 3, 4]);
    cache.retain((digest) => digest === nth(3));
    await cache.put(nth(5), bytesOf(5, 10));
    await cache.put(nth(6), bytesOf(6, 10));
    expect(await held(blobs)).toEqual([3, 5, 6]);
  });

  test("remembers across a restart what was used last", async () => {
    const blobs = memoryBlobs();
    const cache = boundedCache(blobs, { maxBytes: 30 });
    for (const at of [1, 2, 3]) await cache.put(nth(at), bytesOf(at, 10));
    for (let uses = 0; uses < 20; uses++) await cache.get(nth(1));
    await cache.remove(nth(9));
    const again = boundedCache(blobs, { maxBytes: 30 });
    await again.put(nth(4), bytesOf(4, 20));
    expect(await held(blobs)).toEqual([1, 4]);
  });

  test("counts what was written just before a crash, and is not led astray by a damaged list of the order", async () => {
    const blobs = memoryBlobs();
    await blobs.write(nth(1), bytesOf(1, 20));
    await blobs.write("order", new Uint8Array([0xff, 0xfe]));
    await blobs.write("something else", bytesOf(7, 1_000));
    const cache = boundedCache(blobs, { maxBytes: 30 });
    expect(await cache.get(nth(1))).toEqual(bytesOf(1, 20));
    await cache.put(nth(2), bytesOf(2, 20));
    expect(await held(blobs)).toEqual([2]);
  });

  test("takes many at once, and each is there while it is still being written", async () => {
    const blobs = memoryBlobs();
    const cache = boundedCache(blobs, { maxBytes: 100 });
    const puts = Array.from({ length: 30 }, (_, at) => cache.put(nth(at), bytesOf(at, 10)));
    expect(await cache.get(nth(29))).toEqual(bytesOf(29, 10));
    await Promise.all(puts);
    expect(await held(blobs)).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29]);
  });

  test("makes do with a disk that has less room than it was allowed", async () => {
    const inner = memoryBlobs();
    const full: Blobs = {
      ...inner,
      write: async (name, bytes) => {
        if ((await heldBytes(inner)) + bytes.length > 25) throw new Error("QuotaExceededError");
        return inner.write(name, bytes);
      },
    };
    const cache = boundedCache(full, { maxBytes: 1_000 });
    for (const at of [1, 2, 3, 4]) await cache.put(nth(at), bytesOf(at, 10));
    expect(await held(inner)).toEqual([3, 4]);
  });

  test.each(["list", "read", "write", "remove"] as const)("throws nothing when %s does", async (broken) => {
    const blobs = {
      ...memoryBlobs(),
      [broken]: async () => {
        throw new Error("the disk is broken");
      },
    };
    const cache = boundedCache(blobs, { maxBytes: 15 });
    await cache.put(nth(1), bytesOf(1, 10));
    await cache.put(nth(2), bytesOf(2, 10));
    await cache.get(nth(1));
    await cache.remove(nth(1));
    await cache.put(nth(1), bytesOf(1, 10));
    const got = await cache.get(nth(1));
    if (got) expect(got).toEqual(bytesOf(1, 10));
  });

  test("takes no name that is no digest", async () => {
    const blobs = memoryBlobs();
    await boundedCache(blobs, { maxBytes: 100 }).put("../outside", bytesOf(1, 1));
    expect(await blobs.list()).toEqual([]);
  });
});
