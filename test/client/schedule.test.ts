import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AskingEvent } from "../../src/client/when/asking.ts";
import { Schedule } from "../../src/client/when/schedule.ts";
import { ManualTimers, settle } from "./manualTimers.ts";

const DAY = 86_400_000;
const MINUTE = 60_000;

/** How one question goes: how long it takes, and whether it is answered, with news or without. */
interface Flight {
  readonly milliseconds: number;
  readonly ends: "news" | "nothing" | "failure";
}

const QUICK: Flight = { milliseconds: 100, ends: "nothing" };

/** A schedule whose questions go as the test says; the last kind goes on for ever. */
function scheduleOf({
  flights = [QUICK],
  chance = () => 0.5,
  pollSeconds = 60,
}: {
  flights?: readonly Flight[];
  chance?: () => number;
  pollSeconds?: number;
} = {}) {
  const timers = new ManualTimers();
  const state = { revision: 1, pollSeconds };
  /** When each question began. */
  const asked: number[] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  const refresh = async () => {
    const flight = flights[Math.min(asked.length, flights.length - 1)] ?? QUICK;
    asked.push(timers.now());
    mostUnderWay = Math.max(mostUnderWay, ++underWay);
    await new Promise<void>((resolve) => timers.after(flight.milliseconds, resolve));
    underWay--;
    if (flight.ends === "failure") throw new Error("no network here");
    if (flight.ends === "news") state.revision++;
    return flight.ends === "news";
  };
  const schedule = new Schedule({ refresh, state: () => state, timers, chance });
  const tell = (...kinds: readonly ("foreground" | "background" | "enter" | "leave")[]) => {
    for (const kind of kinds) schedule.tell({ kind });
  };
  const hear = (minRevision: number) => schedule.tell({ kind: "heard", minRevision });
  return { schedule, timers, state, asked, tell, hear, mostUnderWay: () => mostUnderWay };
}

/** From each question's beginning to the next one's. */
function gapsOf(times: readonly number[]): number[] {
  return times.slice(1).map((time, at) => time - (times[at] ?? 0));
}

describe("a client asks", () => {
  test("for nothing before the app says where it is", async () => {
    const { timers, asked } = scheduleOf();
    await timers.pass(DAY);
    expect([asked, timers.waiting]).toEqual([[], 0]);
  });

  test("once when the app starts, and no more outside of rooms", async () => {
    const { timers, asked, tell } = scheduleOf();
    tell("foreground");
    await timers.pass(DAY);
    expect([asked, timers.waiting]).toEqual([[0], 0]);
  });

  test("when it comes back, and not when it never was away", async () => {
    const { timers, asked, tell } = scheduleOf();
    tell("foreground");
    await timers.pass(MINUTE);
    tell("foreground");
    await timers.pass(MINUTE);
    tell("background");
    await timers.pass(MINUTE);
    tell("foreground");
    await timers.pass(MINUTE);
    expect(asked).toEqual([0, 3 * MINUTE]);
  });

  test("when a room is entered, unless it has just asked", async () => {
    const { timers, asked, tell } = scheduleOf();
    tell("foreground");
    await timers.pass(4_000);
    tell("enter", "leave");
    await timers.pass(1_000);
    tell("enter", "leave");
    await timers.pass(MINUTE);
    expect(asked).toEqual([0, 5_000]);
  });

  test.each([
    [0, 0.8],
    [0.5, 1],
    [1 - 1e-9, 1.2],
  ])(
    "in a room every signed interval, give or take a fifth: chance %d makes it %d of it",
    async (chance, part) => {
      const { timers, asked, tell } = scheduleOf({ chance: () => chance, pollSeconds: 45 });
      tell("enter");
      await timers.pass(5 * MINUTE);
      for (const gap of gapsOf(asked)) expect(gap / 45_000).toBeCloseTo(part, 6);
    },
  );

  test("so often in a day in a room, and no more in the background", async () => {
    const { timers, asked, tell } = scheduleOf({ pollSeconds: 60, chance: chanceOf(7) });
    tell("foreground", "enter");
    await timers.pass(DAY);
    expect(asked.length).toBeGreaterThanOrEqual(DAY / (1.2 * MINUTE));
    expect(asked.length).toBeLessThanOrEqual(DAY / (0.8 * MINUTE) + 1);
    expect(Math.abs(asked.length - DAY / MINUTE)).toBeLessThan(30);
    const before = asked.length;
    tell("background");
    await timers.pass(DAY);
    expect([asked.length, timers.waiting]).toEqual([before, 0]);
  });

  test("at the newest interval that was signed", async () => {
    const { timers, asked, tell, state } = scheduleOf({ pollSeconds: 300 });
    tell("enter");
    await timers.pass(200_000);
    state.pollSeconds = 30;
    await timers.pass(200_000);
    expect(gapsOf(asked)).toEqual([300_000, 30_000, 30_000, 30_000]);
  });

  test("now when the app says so, and then the timer counts from there", async () => {
    const { timers, asked, tell, schedule } = scheduleOf();
    tell("enter");
    await timers.pass(30_000);
    const both = [schedule.ask(), schedule.ask()];
    await timers.pass(1_000);
    expect(await Promise.all(both)).toEqual([false, false]);
    await timers.pass(70_000);
    expect(asked).toEqual([0, 30_000, 90_000]);
  });
});

describe("a question that fails", () => {
  const DOWN: Flight = { milliseconds: 0, ends: "failure" };

  test("is asked again later and later, up to the interval: flagd's ladder of lost connections", async () => {
    const { timers, asked, tell } = scheduleOf({ flights: [DOWN] });
    tell("enter");
    await timers.pass(5 * MINUTE);
    expect(gapsOf(asked)).toEqual([10_000, 20_000, 40_000, 60_000, 60_000, 60_000]);
  });

  test("is not asked sooner for anything that happens, and is forgotten once one was answered", async () => {
    const { timers, asked, tell, hear } = scheduleOf({ flights: [DOWN, DOWN, QUICK, DOWN, QUICK] });
    tell("enter");
    for (let second = 0; second < 30; second++) {
      await timers.pass(1_000);
      tell("background", "foreground", "leave", "enter");
      hear(2 + second);
    }
    expect(gapsOf(asked)).toEqual([10_000, 20_000]);
    await timers.pass(MINUTE);
    expect(gapsOf(asked).slice(2, 4)).toEqual([6_000, 10_000]);
  });

  test("does not reach the app when the app did not ask", async () => {
    const { timers, tell, schedule } = scheduleOf({ flights: [DOWN] });
    tell("enter");
    await timers.pass(MINUTE);
    const error = schedule.ask().catch((thrown: unknown) => thrown);
    await timers.pass(0);
    expect(await error).toMatchObject({ message: "no network here" });
  });

  test("is not asked again in the background, and at once on the return when its time has passed", async () => {
    const { timers, asked, tell } = scheduleOf({ flights: [DOWN] });
    tell("enter", "background");
    await timers.pass(DAY);
    expect([asked, timers.waiting]).toEqual([[0], 0]);
    tell("foreground");
    await settle();
    expect(asked).toEqual([0, DAY]);
  });
});

describe("a hint", () => {
  test.each([
    ["a lower revision", 0],
    ["the same revision", 1],
    ["none that can be", Number.NaN],
    ["half of one", 1.5],
    ["one below everything", Number.NEGATIVE_INFINITY],
    ["one beyond what counts exactly", 2 ** 53],
  ])("of %s asks for nothing", async (_, minRevision) => {
    const { timers, asked, hear } = scheduleOf();
    hear(minRevision);
    await timers.pass(DAY);
    expect([asked, timers.waiting]).toEqual([[], 0]);
  });

  test("of a newer one is followed within two seconds, by chance, with one question", async () => {
    const { timers, asked, hear } = scheduleOf({
      flights: [{ milliseconds: 10, ends: "news" }],
      chance: () => 0.75,
    });
    hear(2);
    hear(2);
    await timers.pass(DAY);
    expect([asked, timers.waiting]).toEqual([[1_500], 0]);
  });

  test("waits when a question was asked a moment ago: one in five seconds", async () => {
    const { timers, asked, tell, hear } = scheduleOf({ chance: () => 0 });
    tell("foreground");
    await timers.pass(1_000);
    hear(2);
    await timers.pass(5_000);
    expect(asked).toEqual([0, 5_000]);
  });

  test("during a question leads to one more when that leaves the client behind, and to none when not", async () => {
    for (const [ends, more] of [
      ["news", []],
      ["nothing", [6_000, 12_000, 18_000]],
    ] as const) {
      const { timers, asked, tell, hear } = scheduleOf({ flights: [{ milliseconds: 3_000, ends }] });
      tell("foreground");
      await timers.pass(1_000);
      hear(2);
      await timers.pass(DAY);
      expect(asked).toEqual([0, ...more]);
    }
  });

  test("is given up after a few questions to an edge that does not come to it", async () => {
    const { timers, asked, hear } = scheduleOf();
    hear(Number.MAX_SAFE_INTEGER);
    await timers.pass(DAY);
    expect([asked, timers.waiting]).toEqual([[1_000, 7_000, 13_000], 0]);
  });

  test("that is a lie does not hide one that is true", async () => {
    const { timers, asked, hear, state } = scheduleOf({
      flights: [QUICK, { milliseconds: 10, ends: "news" }],
    });
    hear(Number.MAX_SAFE_INTEGER);
    hear(2);
    await timers.pass(10_000);
    expect([asked, state.revision]).toEqual([[1_000, 7_000], 2]);
  });

  test("in the background asks for nothing: the return does", async () => {
    const { timers, asked, tell, hear } = scheduleOf();
    tell("background");
    hear(2);
    await timers.pass(MINUTE);
    expect([asked, timers.waiting]).toEqual([[], 0]);
    tell("foreground");
    await settle();
    expect(asked).toHaveLength(1);
  });

  test("a second from a hostile sender, of ever larger revisions, costs less than polling a second time", async () => {
    const quiet = scheduleOf();
    const flooded = scheduleOf();
    quiet.tell("enter");
    flooded.tell("enter");
    for (let second = 0; second < 3_600; second++) {
      flooded.hear(10 ** 6 * (second + 1));
      await quiet.timers.pass(1_000);
      await flooded.timers.pass(1_000);
    }
    expect(flooded.asked.length).toBeLessThanOrEqual(2 * quiet.asked.length + 3);
  });
});

describe("whatever happens", () => {
  const flight = fc.record<Flight>({
    milliseconds: fc.nat(12_000),
    ends: fc.constantFrom("news", "nothing", "failure"),
  });
  const event: fc.Arbitrary<AskingEvent> = fc.oneof(
    fc.record({ kind: fc.constantFrom("foreground", "background", "enter", "leave") }),
    fc.record({ kind: fc.constant("heard"), minRevision: fc.oneof(fc.nat(50), fc.maxSafeInteger()) }),
  );
  const life = fc.array(fc.tuple(event, fc.oneof(fc.nat(3_000), fc.nat(90_000))), { maxLength: 30 });

  test("one question is under way, five seconds lie between two, and none begins in the background", async () => {
    await fc.assert(
      fc.asyncProperty(
        life,
        fc.array(flight, { minLength: 1, maxLength: 8 }),
        fc.nat(),
        async (events, flights, seed) => {
          const it = scheduleOf({ flights, chance: chanceOf(seed) });
          let isInFront = true;
          for (const [event, pause] of events) {
            const before = it.asked.length;
            it.schedule.tell(event);
            if (event.kind === "foreground") isInFront = true;
            if (event.kind === "background") isInFront = false;
            await it.timers.pass(pause);
            if (!isInFront) expect(it.asked.length).toBe(before);
          }
          expect(it.mostUnderWay()).toBeLessThanOrEqual(1);
          for (const gap of gapsOf(it.asked)) expect(gap).toBeGreaterThanOrEqual(5_000);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("in a room news are asked for within the interval and a fifth, also after failures, and hints only hasten it", async () => {
    await fc.assert(
      fc.asyncProperty(
        life,
        fc.array(flight, { minLength: 1, maxLength: 8 }),
        fc.nat(),
        async (events, flights, seed) => {
          const it = scheduleOf({ flights, chance: chanceOf(seed), pollSeconds: 30 });
          it.tell("foreground", "enter");
          for (const [event, pause] of events) {
            if (event.kind === "heard") it.schedule.tell(event);
            await it.timers.pass(pause);
          }
          // From the end of a failure, or from the beginning of what was answered, as the longest flight allows.
          for (const gap of gapsOf(it.asked)) expect(gap).toBeLessThanOrEqual(1.2 * 30_000 + 12_000);
          const sinceLast = it.timers.now() - (it.asked.at(-1) ?? 0);
          expect(sinceLast).toBeLessThanOrEqual(1.2 * 30_000 + 12_000);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("no timer is left after the end, and nothing is asked any more", async () => {
    await fc.assert(
      fc.asyncProperty(life, fc.array(flight, { minLength: 1, maxLength: 8 }), async (events, flights) => {
        const it = scheduleOf({ flights });
        for (const [event, pause] of events) {
          it.schedule.tell(event);
          await it.timers.pass(pause);
        }
        it.schedule.close();
        // What is under way comes home.
        await it.timers.pass(12_000);
        const asked = it.asked.length;
        for (const [event] of events) it.schedule.tell(event);
        expect(it.timers.waiting).toBe(0);
        await it.timers.pass(DAY);
        expect(it.asked.length).toBe(asked);
      }),
      { numRuns: 60 },
    );
  });
});

/** Chance that a test can repeat: mulberry32. */
function chanceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
