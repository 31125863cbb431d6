import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ClientError } from "../../src/client/error.ts";
import {
  addresses,
  afterAnswer,
  afterFailure,
  type Health,
  orderAddresses,
  newAddress,
} from "../../src/client/load/addresses.ts";
import type { Fetch } from "../../src/client/ports.ts";
import { ManualTimers } from "./manualTimers.ts";
import { encode } from "./repositoryOf.ts";

const WANTED = { maxBytes: 100 };
const random = () => 0;
const UNKNOWN = newAddress(0);

const anyHealth: fc.Arbitrary<Health> = fc.record({
  failures: fc.nat(20),
  restsUntil: fc.nat(1_000_000),
  latency: fc.oneof(fc.nat(10_000), fc.constant(Number.POSITIVE_INFINITY)),
  askedAt: fc.nat(1_000_000),
});

/** Addresses that a test makes good or bad; `asked` says in which order they were. */
function network(count: number) {
  const timers = new ManualTimers();
  const asked: number[] = [];
  const behaviours: Fetch[] = Array.from({ length: count }, () => good());
  const list = behaviours.map(
    (_, at): Fetch =>
      (key, options) => {
        asked.push(at);
        return (behaviours[at] ?? good())(key, options);
      },
  );
  return { timers, asked, behaviours, fetch: addresses(list, { timers, random }) };
}

function good(text = "good"): Fetch {
  return async () => ({ kind: "body", bytes: encode(text) });
}

const down: Fetch = async () => {
  throw new ClientError("network", "no answer");
};
const without: Fetch = async () => ({ kind: "missing" });
const tooLong: Fetch = async () => {
  throw new ClientError("too_large", "longer than it may be");
};
const broken: Fetch = () => Promise.reject(new TypeError("the app's own fetch fails"));

describe("the order of addresses", () => {
  test("has each once, and whoever does not rest before whoever does", () => {
    fc.assert(
      fc.property(fc.array(anyHealth, { maxLength: 8 }), fc.nat(1_000_000), (health, now) => {
        const order = orderAddresses(health, now);
        expect([...order].sort((a, b) => a - b)).toEqual([...health.keys()]);
        const rests = order.map((at) => (health[at]?.restsUntil ?? 0) > now);
        expect(rests).toEqual([...rests].sort((a, b) => Number(a) - Number(b)));
      }),
    );
  });

  test("is by how soon they answer, and who was not asked for five minutes is tried again", () => {
    const quick = afterAnswer({ ...UNKNOWN, askedAt: 290_000 }, 20);
    const slow = afterAnswer({ ...UNKNOWN, askedAt: 1_000 }, 200);
    expect(orderAddresses([slow, quick], 300_000)).toEqual([1, 0]);
    expect(orderAddresses([slow, quick], 301_000)).toEqual([0, 1]);
  });

  test("lets one that goes on failing rest longer each time, up to a limit", () => {
    let health = UNKNOWN;
    const rests: number[] = [];
    for (let at = 0; at < 12; at++) {
      health = afterFailure(health, 0, 0);
      rests.push(health.restsUntil);
    }
    expect(rests.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
    expect(rests.at(-1)).toBe(300_000);
    expect(afterFailure(UNKNOWN, 0, 0.999).restsUntil).toBeLessThan(1_500);
    expect(afterAnswer(health, 5)).toMatchObject({ failures: 0, restsUntil: 0, latency: 5 });
  });

  test("lets none wait for ever, however bad it was and however quick the others are", () => {
    fc.assert(
      fc.property(fc.array(anyHealth, { minLength: 1, maxLength: 6 }), (start) => {
        const health = [...start];
        const asked = new Set<number>();
        let now = 1_000_000;
        for (let round = 0; round < 12 * health.length; round++) {
          const [first] = orderAddresses(health, now);
          if (first === undefined) break;
          asked.add(first);
          health[first] = afterAnswer({ ...(health[first] ?? UNKNOWN), askedAt: now }, 1 + first);
          now += 60_000;
        }
        expect(asked.size).toBe(health.length);
      }),
    );
  });
});

describe("reading through several addresses", () => {
  test("one good one suffices, whatever the others do, again and again", async () => {
    const anyBad = fc.constantFrom(down, without, tooLong, broken);
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyBad, { maxLength: 6 }),
        fc.nat(6),
        fc.array(fc.nat(400_000), { minLength: 1, maxLength: 8 }),
        async (bad, place, pauses) => {
          const at = place % (bad.length + 1);
          const { timers, behaviours, fetch } = network(bad.length + 1);
          behaviours.splice(0, behaviours.length, ...bad.slice(0, at), good(), ...bad.slice(at));
          for (const pause of pauses) {
            await timers.pass(pause);
            expect(await fetch("a", WANTED)).toEqual({ kind: "body", bytes: encode("good") });
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  test("asks the good one alone while the bad one rests, and the bad one again when it has", async () => {
    const { timers, asked, behaviours, fetch } = network(2);
    behaviours[0] = down;
    await fetch("a", WANTED);
    expect(asked.splice(0)).toEqual([0, 1]);
    await fetch("a", WANTED);
    expect(asked.splice(0)).toEqual([1]);
    await timers.pass(1_000);
    await fetch("a", WANTED);
    expect(asked.splice(0)).toEqual([0, 1]);
    await timers.pass(1_000);
    await fetch("a", WANTED);
    expect(asked).toEqual([1]);
  });

  test("says the last reason when all fail, and that a file is missing when nobody has it", async () => {
    const { behaviours, fetch } = network(2);
    behaviours.fill(down);
    await expect(fetch("a", WANTED)).rejects.toMatchObject({ code: "network" });
    behaviours.splice(0, 2, without, down);
    expect(await fetch("a", WANTED)).toEqual({ kind: "missing" });
    await expect(addresses([], { timers: new ManualTimers() })("a", WANTED)).rejects.toMatchObject({
      code: "network",
    });
  });

  test("asks another one after an answer that could not be used, whose address rests", async () => {
    const { asked, behaviours, fetch } = network(3);
    behaviours[0] = good("swapped");
    await fetch("a", WANTED);
    expect(await fetch("a", { ...WANTED, attempt: 1 })).toMatchObject({ bytes: encode("good") });
    await fetch("b", WANTED);
    expect(asked).toEqual([0, 1, 1]);
  });

  test("leaves an answer that breaks off to who has its beginning, and goes on elsewhere", async () => {
    const { asked, behaviours, fetch } = network(2);
    behaviours[0] = async (_, { onPiece }) => {
      onPiece?.(encode("go"), 0);
      throw new ClientError("network", "cut");
    };
    const pieces: number[] = [];
    const onPiece = (_: Uint8Array, at: number) => void pieces.push(at);
    await expect(fetch("a", { ...WANTED, onPiece })).rejects.toMatchObject({ code: "network" });
    await fetch("a", { ...WANTED, onPiece, from: 2 });
    expect([asked, pieces]).toEqual([[0, 1], [0]]);
  });

  test("prefers the one whose answers begin sooner", async () => {
    const { timers, asked, behaviours, fetch } = network(2);
    const after =
      (milliseconds: number): Fetch =>
      async () => {
        await new Promise<void>((resolve) => timers.after(milliseconds, resolve));
        return { kind: "body", bytes: encode("good") };
      };
    behaviours.splice(0, 2, after(300), after(20));
    for (let at = 0; at < 5; at++) {
      const answer = fetch("a", WANTED);
      await timers.pass(100_000);
      await answer;
    }
    expect(asked).toEqual([0, 0, 0, 1, 1]);
  });
});
