import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BeaconQueue, MAX_WAITING_EVENTS } from "../../src/client/telemetry/beaconQueue.ts";
import type { PostResult } from "../../src/client/platform/httpPost.ts";
import type { BeaconBatch, BeaconEvent } from "../../src/wire/beacon.ts";
import { batchOf, endedOf, exposedOf, playOf, wellOf } from "../metrics/beacons.ts";
import { ManualTimers, settle } from "./manualTimers.ts";

/** A queue whose posts are answered as the test says; the answer `hold` waits until the test lets it go. */
function queueOf(answers: (PostResult | "throw" | "hold")[] = []) {
  const timers = new ManualTimers();
  const posted: BeaconBatch[] = [];
  const lasts: boolean[] = [];
  const held: (() => void)[] = [];
  const { events: _events, ...head } = batchOf([]);
  const queue = new BeaconQueue({
    head,
    timers,
    chance: () => 0,
    flushMilliseconds: 5_000,
    post: async (body, isLast) => {
      posted.push(JSON.parse(body));
      lasts.push(isLast);
      const answer = answers.shift() ?? { kind: "taken" };
      if (answer === "throw") throw new Error("no network here");
      if (answer !== "hold") return answer;
      await new Promise<void>((resolve) => held.push(resolve));
      return { kind: "taken" };
    },
  });
  const sizes = () => posted.map((it) => it.events.length);
  return { queue, timers, posted, lasts, held, sizes };
}

function add(queue: BeaconQueue, events: readonly BeaconEvent[]): void {
  for (const event of events) queue.add(event);
}

const plays = (count: number) => Array.from({ length: count }, (_, at) => wellOf(at)).flat();

describe("events are sent", () => {
  test("when there are twenty of them, and not one more in a batch", async () => {
    const { queue, sizes } = queueOf();
    add(queue, plays(4));
    await settle();
    expect(sizes()).toEqual([]);
    add(queue, plays(7).slice(16));
    await settle();
    expect([sizes(), queue.waiting]).toEqual([[20], 8]);
  });

  test("when they have waited long enough", async () => {
    const { queue, sizes, timers } = queueOf();
    add(queue, wellOf(1));
    await timers.pass(4_999);
    expect(sizes()).toEqual([]);
    await timers.pass(1);
    expect(sizes()).toEqual([4]);
  });

  test("at once when what comes next may be a crash, also just when another batch was taken", async () => {
    const { queue, posted } = queueOf();
    queue.add(exposedOf(1), true);
    expect(posted).toHaveLength(1);
    for (let play = 2; play < 50; play++) {
      for (let turns = play % 5; turns > 0; turns--) await Promise.resolve();
      queue.add(exposedOf(play), true);
    }
    await settle();
    expect([posted.flatMap((it) => it.events).length, queue.waiting]).toEqual([49, 0]);
  });

  test("when they are asked for, to the last one", async () => {
    const { queue, sizes } = queueOf();
    add(queue, plays(11));
    await queue.flush();
    expect(sizes()).toEqual([20, 20, 4]);
  });

  test("one batch after the other, so that no play ends before it was exposed", async () => {
    const { queue, sizes, held } = queueOf(["hold"]);
    queue.add(exposedOf(1), true);
    queue.add(endedOf(1), true);
    await settle();
    expect(sizes()).toEqual([1]);
    held[0]?.();
    await settle();
    expect(sizes()).toEqual([1, 1]);
  });

  test("when the app goes away: all at once, also what is on its way, and nothing twice when it stays", async () => {
    const { queue, posted, lasts, held, timers } = queueOf(["hold"]);
    queue.add(exposedOf(1), true);
    add(queue, [endedOf(1), ...plays(6).slice(4)]);
    queue.leave();
    expect(posted.map((it) => it.events.length)).toEqual([1, 20, 2]);
    expect(lasts).toEqual([false, true, true]);
    expect(posted[1]?.events[0]).toEqual(posted[0]?.events[0]);
    held[0]?.();
    await timers.pass(60_000);
    expect([posted.length, queue.waiting]).toEqual([3, 0]);
  });

  test("later when the app went away in vain and is there again", async () => {
    const { queue, posted, timers } = queueOf([{ kind: "later" }]);
    add(queue, wellOf(1));
    queue.leave();
    await timers.pass(60_000);
    expect(posted.map((it) => it.events)).toEqual([wellOf(1), wellOf(1)]);
  });
});

describe("a batch that nobody took", () => {
  test.each(["throw", { kind: "later" }] as const)(
    "is sent again as it was, with longer and longer waits: %o",
    async (answer) => {
      const { queue, posted, timers } = queueOf([answer, answer, answer]);
      add(queue, wellOf(1));
      await queue.flush();
      add(queue, wellOf(2));
      const times: number[] = [];
      for (let second = 0; second < 40; second++) {
        const before = posted.length;
        await timers.pass(100);
        if (posted.length > before) times.push((second + 1) / 10);
      }
      // Half of 1, 2 and 4 seconds: chance says the least.
      expect(times).toEqual([0.5, 1.5, 3.5]);
      expect(posted.slice(0, 4).map((it) => it.events)).toEqual(Array.from({ length: 4 }, () => wellOf(1)));
      expect(posted[4]?.events).toEqual(wellOf(2));
    },
  );

  test("waits as long as the collector says, even when it is asked for or urgent", async () => {
    const { queue, posted, timers } = queueOf([{ kind: "later", afterMilliseconds: 30_000 }]);
    queue.add(exposedOf(1), true);
    await timers.pass(10_000);
    await queue.flush();
    queue.add(exposedOf(2), true);
    await timers.pass(19_999);
    expect(posted).toHaveLength(1);
    await timers.pass(1);
    expect(posted.slice(1).flatMap((it) => it.events)).toEqual([exposedOf(1), exposedOf(2)]);
  });

  test("is given up when it is refused for good, and counted", async () => {
    const { queue, sizes } = queueOf([{ kind: "refused" }]);
    add(queue, plays(6));
    await queue.flush();
    expect([sizes(), queue.dropped, queue.waiting]).toEqual([[20, 4], 5, 0]);
  });
});

describe("while nothing is taken", () => {
  test("the oldest plays are given up, each as a whole with what comes of it later, and counted", async () => {
    const { queue, posted, timers } = queueOf([{ kind: "later", afterMilliseconds: 100_000 }]);
    queue.add(exposedOf(9_999), true);
    await settle();
    queue.add(exposedOf(1));
    add(queue, plays(200).slice(8));
    expect(queue.waiting).toBeLessThanOrEqual(MAX_WAITING_EVENTS + 20);
    add(queue, [endedOf(1), endedOf(9_999)]);
    await timers.pass(200_000);
    const sent = posted.slice(1).flatMap((it) => it.events);
    const of = (play: string) => sent.filter((it) => it.play === play).map((it) => it.kind);
    expect(queue.dropped).toBeGreaterThan(70);
    expect(of(playOf(1))).toEqual([]);
    // It was on its way before: without its end it would count as a crash.
    expect(of(playOf(9_999))).toEqual(["exposed", "ended"]);
    for (let play = 2; play < 200; play++)
      expect([[], ["exposed", "loaded", "decoded", "ended"]]).toContainEqual(of(playOf(play)));
  });

  test("whatever is answered, in the end each event has come once, in order", async () => {
    const answer = fc.constantFrom<PostResult | "throw">(
      { kind: "taken" },
      { kind: "later" },
      { kind: "later", afterMilliseconds: 60_000 },
      "throw",
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { maxLength: 12 }),
        fc.array(fc.nat(6_000), { maxLength: 30 }),
        async (answers, pauses) => {
          const results = [...answers];
          const { queue, posted, timers } = queueOf([...answers]);
          for (const [play, pause] of pauses.entries()) {
            add(queue, wellOf(play));
            await timers.pass(pause);
          }
          await timers.pass(10_000_000);
          const taken = posted.filter(() => {
            const result = results.shift() ?? { kind: "taken" };
            return result !== "throw" && result.kind === "taken";
          });
          expect(taken.flatMap((it) => it.events)).toEqual(pauses.flatMap((_, play) => wellOf(play)));
          expect([queue.waiting, queue.dropped]).toEqual([0, 0]);
        },
      ),
      { numRuns: 40 },
    );
  });
});
