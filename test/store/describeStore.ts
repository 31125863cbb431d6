import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store, Tag } from "../../src/store/store.ts";
import { headersOf, lockKey, objectKey, TIMESTAMP_KEY } from "../../src/wire/keys.ts";

/** An empty store for one test, and how to clear it away. */
export interface MadeStore {
  readonly store: Store;
  /** What the value is stored with, where the driver keeps that at all. */
  headersOf?(key: string): Promise<{ readonly contentType: unknown; readonly cacheControl: unknown }>;
  /** Large enough to go up in parts, where the driver does that. */
  readonly largeBytes?: number;
  remove(): Promise<void>;
}

const REFUSED = [
  "",
  ".",
  "..",
  "../outside",
  "a/../../outside",
  "a/..",
  "/absolute",
  "a//b",
  "a/",
  "./a",
  ".hidden",
  "a/.hidden",
  "a b",
  "a\\b",
  "a\0b",
  "ü",
];

/** What every driver promises, in sentences; run it for each of them. */
export function describeStore(
  name: string,
  makeStore: () => Promise<MadeStore>,
  /** Whether the real service answers the losers of a race with 500: then equal bytes cannot be told apart (`Store.replace`). */
  { losesAnswers = false } = {},
): void {
  describe(`${name}, as every store,`, () => {
    let made: MadeStore;
    let store: Store;

    beforeEach(async () => {
      made = await makeStore();
      store = made.store;
    });
    afterEach(() => made.remove());

    const textOf = async (key: string) => {
      const stored = await store.get(key);
      return stored && new TextDecoder().decode(stored.bytes);
    };

    test("has nothing at first", async () => {
      expect(await store.get("a/b")).toBeNull();
      expect(await store.head("a/b")).toBeNull();
      expect(await store.list("")).toEqual([]);
    });

    test("keeps the first value that is put; a second is refused and changes nothing", async () => {
      expect(await store.putIfAbsent("objects/a", bytes("first"))).toBe(true);
      expect(await store.putIfAbsent("objects/a", bytes("second"))).toBe(false);
      expect(await textOf("objects/a")).toBe("first");
    });

    test("lets one of twenty puts at once win, and keeps the winner's value", async () => {
      const won = await Promise.all(
        Array.from({ length: 20 }, (_, at) => store.putIfAbsent("objects/a", bytes(`value ${at}`))),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await textOf("objects/a")).toBe(`value ${won.indexOf(true)}`);
    });

    test("swaps from absent only when there is nothing", async () => {
      const tag = await store.replace("metadata/timestamp.json", bytes("one"), null);
      expect(tag).toBe((await store.get("metadata/timestamp.json"))?.tag);
      expect(await store.replace("metadata/timestamp.json", bytes("two"), null)).toBeNull();
      expect(await textOf("metadata/timestamp.json")).toBe("one");
    });

    test("swaps from the tag that was read, and from no other", async () => {
      const first = await store.replace("name", bytes("one"), null);
      const second = await store.replace("name", bytes("two"), first);
      expect(second).toBe((await store.get("name"))?.tag);
      expect(second).not.toBe(first);
      expect(await store.replace("name", bytes("three"), first)).toBeNull();
      expect(await store.replace("name", bytes("three"), "no such tag")).toBeNull();
      expect(await textOf("name")).toBe("two");
      expect(await store.replace("absent", bytes("one"), second)).toBeNull();
      expect(await store.head("absent")).toBeNull();
    });

    test("swaps what was put, and keeps what was swapped from a put", async () => {
      await store.putIfAbsent("name", bytes("one"));
      const read = await store.get("name");
      expect(await store.replace("name", bytes("two"), read?.tag ?? null)).not.toBeNull();
      expect(await store.putIfAbsent("name", bytes("three"))).toBe(false);
      expect(await textOf("name")).toBe("two");
    });

    test.each([
      ["absent", false],
      ["the same tag", true],
    ])("lets one of twenty swaps at once from %s win, and keeps the winner's value", async (_, isThere) => {
      const before = isThere ? await store.replace("name", bytes("before"), null) : null;
      const tags = await Promise.all(
        Array.from({ length: 20 }, (_, at) => store.replace("name", bytes(`value ${at}`), before)),
      );
      const won = tags.flatMap((tag, at) => (tag === null ? [] : [at]));
      expect(won).toHaveLength(1);
      expect(await textOf("name")).toBe(`value ${won[0]}`);
      expect((await store.get("name"))?.tag).toBe(tags[won[0] ?? 0]);
    });

    const countToTwenty = async (toText: (count: number, writer: number) => string) => {
      const addOne = async (_: unknown, writer: number) => {
        for (let swapped: Tag | null = null; swapped === null; ) {
          const present = await store.get("counter");
          const count = present ? Number.parseInt(new TextDecoder().decode(present.bytes), 10) : 0;
          swapped = await store.replace("counter", bytes(toText(count + 1, writer)), present?.tag ?? null);
        }
      };
      await Promise.all(Array.from({ length: 20 }, addOne));
      return textOf("counter");
    };

    test("loses no swap: twenty writers that read, add one and try again count to twenty", async () => {
      expect(await countToTwenty((count, writer) => `${count} by ${writer}`)).toMatch(/^20 by \d+$/);
    });

    if (!losesAnswers)
      test("loses no swap either when all write the very same bytes", async () => {
        expect(await countToTwenty(String)).toBe("20");
      });

    test("shows a reader whole values only, while they are put and swapped", async () => {
      const size = 200_000;
      const valueOf = (at: number) => new Uint8Array(size).fill(at);
      let written = 0;
      const isDone = () => written >= 8;
      const write = async () => {
        let tag = await store.replace("name", valueOf(written), null);
        for (written = 1; !isDone(); written++) {
          tag = await store.replace("name", valueOf(written), tag);
          await store.putIfAbsent(`put/${written}`, valueOf(written));
        }
      };
      const seen = new Set<string>();
      const read = async () => {
        while (!isDone()) {
          for (const key of ["name", `put/${written}`]) {
            const stored = await store.get(key);
            if (stored) seen.add(`${stored.bytes.length} ${isUniform(stored.bytes) ? "whole" : "mixed"}`);
          }
        }
      };
      await Promise.all([write(), read(), read()]);
      expect([...seen]).toEqual([`${size} whole`]);
    });

    test("lists the keys with a prefix, sorted, whether or not the prefix ends with a part", async () => {
      for (const key of ["b/2", "a/c/1", "a/b/1", "ab", "a/b/10", "b/1"])
        await store.putIfAbsent(key, bytes(""));
      expect(await store.list("")).toEqual(["a/b/1", "a/b/10", "a/c/1", "ab", "b/1", "b/2"]);
      expect(await store.list("a")).toEqual(["a/b/1", "a/b/10", "a/c/1", "ab"]);
      expect(await store.list("a/b/")).toEqual(["a/b/1", "a/b/10"]);
      expect(await store.list("a/b/1")).toEqual(["a/b/1", "a/b/10"]);
      expect(await store.list("c")).toEqual([]);
    });

    test("takes the beginning of a key for no key", async () => {
      await store.putIfAbsent("a/b/c", bytes("value"));
      for (const key of ["a", "a/b"]) {
        expect(await store.head(key)).toBeNull();
        expect(await store.get(key)).toBeNull();
      }
    });

    test("keeps any bytes as they are, none included", async () => {
      const every = Uint8Array.from({ length: 256 }, (_, at) => at);
      await store.putIfAbsent("every", every);
      await store.putIfAbsent("none", new Uint8Array());
      expect([...((await store.get("every"))?.bytes ?? [])]).toEqual([...every]);
      expect((await store.get("none"))?.bytes).toHaveLength(0);
      expect(await store.head("none")).toEqual({ bytes: 0 });
    });

    test("says how large a value is, also after a swap", async () => {
      await store.putIfAbsent("put", bytes("12345"));
      const tag = await store.replace("name", bytes("123"), null);
      expect([await store.head("put"), await store.head("name")]).toEqual([{ bytes: 5 }, { bytes: 3 }]);
      await store.replace("name", bytes("1234567"), tag);
      expect(await store.head("name")).toEqual({ bytes: 7 });
    });

    test("takes a value away, and nothing else; what is not there is gone already", async () => {
      for (const key of ["a/1", "a/10", "a/2"]) await store.putIfAbsent(key, bytes(key));
      await store.delete("a/1");
      await store.delete("a/1");
      await store.delete("a");
      expect(await store.get("a/1")).toBeNull();
      expect(await store.head("a/1")).toBeNull();
      expect(await store.list("")).toEqual(["a/10", "a/2"]);
      expect(await store.putIfAbsent("a/1", bytes("again"))).toBe(true);
      expect(await textOf("a/1")).toBe("again");
    });

    test("swaps nothing for a value that was taken away", async () => {
      const tag = await store.replace("name", bytes("one"), null);
      await store.delete("name");
      expect(await store.replace("name", bytes("two"), tag)).toBeNull();
      expect(await store.get("name")).toBeNull();
      expect(await store.replace("name", bytes("two"), null)).not.toBeNull();
    });

    test("keeps a large value whole, and once", async () => {
      const large = new Uint8Array((made.largeBytes ?? 100_000) + 1);
      for (let at = 0; at < large.length; at += 512) large[at] = at / 512;
      large[large.length - 1] = 7;
      expect(await store.putIfAbsent("objects/large", large)).toBe(true);
      expect(await store.putIfAbsent("objects/large", large.slice(1))).toBe(false);
      expect(await store.head("objects/large")).toEqual({ bytes: large.length });
      expect(Buffer.from(large).equals((await store.get("objects/large"))?.bytes ?? new Uint8Array())).toBe(
        true,
      );
      const other = new Uint8Array(large.length).fill(1);
      const tag = (await store.get("objects/large"))?.tag ?? null;
      expect(await store.replace("objects/large", other, tag)).not.toBeNull();
      expect(Buffer.from(other).equals((await store.get("objects/large"))?.bytes ?? new Uint8Array())).toBe(
        true,
      );
    });

    test("keeps each value with the headers that its key has", async () => {
      const keys = [
        objectKey("0".repeat(64), "image/webp"),
        objectKey("1".repeat(64), "image/png"),
        lockKey("rose", "1.0.0"),
      ];
      await store.putIfAbsent(keys[0] ?? "", bytes("small"));
      await store.putIfAbsent(keys[1] ?? "", new Uint8Array(made.largeBytes ?? 100_000));
      await store.putIfAbsent(keys[2] ?? "", bytes("digest"));
      const tag = await store.replace(TIMESTAMP_KEY, bytes("{}"), null);
      await store.replace(TIMESTAMP_KEY, bytes("{ }"), tag);
      for (const key of [...keys, TIMESTAMP_KEY]) {
        expect(await store.head(key)).not.toBeNull();
        if (made.headersOf)
          expect({ key, ...(await made.headersOf(key)) }).toEqual({ key, ...headersOf(key) });
      }
    });

    test.each(REFUSED.map((key) => [JSON.stringify(key), key]))(
      "refuses %s as a key, and writes nothing",
      async (_, key) => {
        const refusal = { name: "GiftError", code: "KEY_REFUSED" };
        await expect(store.get(key)).rejects.toMatchObject(refusal);
        await expect(store.head(key)).rejects.toMatchObject(refusal);
        await expect(store.putIfAbsent(key, bytes("x"))).rejects.toMatchObject(refusal);
        await expect(store.replace(key, bytes("x"), null)).rejects.toMatchObject(refusal);
        await expect(store.delete(key)).rejects.toMatchObject(refusal);
        expect(await store.list("")).toEqual([]);
      },
    );

    test("answers any row of reads and writes as a plain map would", async () => {
      const key = fc.constantFrom("a/1", "a/2", "b");
      const value = fc.constantFrom("x", "y", "z");
      const step = fc.oneof(
        fc.record({ kind: fc.constant("put" as const), key, value }),
        fc.record({
          kind: fc.constant("swap" as const),
          key,
          value,
          from: fc.constantFrom("present", "absent", "wrong"),
        }),
      );
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
          const folder = `run-${run++}/`;
          const model = new Map<string, string>();
          for (const { key, value, ...it } of steps) {
            const there = folder + key;
            if (it.kind === "put") {
              expect(await store.putIfAbsent(there, bytes(value))).toBe(!model.has(there));
              if (!model.has(there)) model.set(there, value);
            } else {
              const tag = (await store.get(there))?.tag ?? null;
              const expected = { present: tag, absent: null, wrong: "wrong" }[it.from] ?? null;
              const swapped = await store.replace(there, bytes(value), expected);
              expect(swapped !== null).toBe(expected === tag);
              if (swapped !== null) model.set(there, value);
            }
          }
          expect(await store.list(folder)).toEqual([...model.keys()].sort());
          for (const [there, value] of model) expect(await textOf(there)).toBe(value);
        }),
        { numRuns: 25 },
      );
    });
  });
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function isUniform(value: Uint8Array): boolean {
  return Buffer.from(value).equals(Buffer.alloc(value.length, value[0]));
}
