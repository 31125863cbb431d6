import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameCounter } from "../../src/player/frameCounter.ts";
import { FramePacer } from "../../src/player/picture/framePacer.ts";

const durations = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 40 });
const ticks = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 300 });

describe("the pace of an animation", () => {
  test("shows each frame when it is due, and drops none, where the screen asks often enough", () => {
    fc.assert(
      fc.property(durations, (all) => {
        const pacer = filled(all);
        const shown: (readonly [number, number])[] = [];
        const end = all.reduce((sum, it) => sum + it, 0);
        for (let now = 0; now <= end; now++) {
          const frame = pacer.next(now);
          if (frame !== null) shown.push([frame, now]);
        }
        let due = 0;
        const expected = all.map((milliseconds, at) => {
          const start = due;
          due += milliseconds;
          return [at, start] as const;
        });
        expect(shown).toEqual(expected);
        expect([pacer.frames, pacer.dropped]).toEqual([all.length, 0]);
        expect(pacer.isOver(end - 1)).toBe(false);
        expect(pacer.isOver(end)).toBe(true);
      }),
    );
  });

  test("frees or gives each frame once and in order, however the screen asks, and counts those that it did not give", () => {
    fc.assert(
      fc.property(durations, ticks, (all, steps) => {
        const freed: number[] = [];
        const given: number[] = [];
        const pacer = filled(all, freed);
        let now = 0;
        for (const step of steps) {
          const frame = pacer.next(now);
          if (frame !== null) given.push(frame);
          now += step;
        }
        expect(given).toEqual([...given].sort((a, b) => a - b));
        expect(pacer.frames).toBe(given.length + freed.length);
        expect(pacer.dropped).toBe(freed.length);
        pacer.clear();
        expect([...given, ...freed].sort((a, b) => a - b)).toEqual(all.map((_, at) => at));
      }),
    );
  });

  test("waits for a decoder that is too slow, and counts each time that nothing new could be shown", () => {
    const pacer = new FramePacer<number>(() => {});
    pacer.add(0, 50);
    expect(pacer.next(0)).toBe(0);
    expect(pacer.next(100)).toBeNull();
    pacer.add(1, 50);
    // It was due at 50: the times from 50, 100 and 150 passed with nothing new.
    expect(pacer.next(200)).toBe(1);
    expect([pacer.frames, pacer.dropped]).toEqual([5, 3]);
    pacer.add(2, 50);
    expect(pacer.next(249)).toBeNull();
    expect(pacer.next(250)).toBe(2);
    expect([pacer.frames, pacer.dropped]).toEqual([6, 3]);
  });
});

describe("a count of frames that a player drew", () => {
  test("has as many dropped as were leapt over, also across the end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), ticks, (total, steps) => {
        const counter = new FrameCounter(total);
        let place = -1;
        let drawn = 0;
        for (const step of steps) {
          const leap = ((step - 1) % Math.max(1, total - 1)) + 1;
          if (total === 1 && drawn === 1) break;
          place += leap;
          drawn++;
          counter.drew(place % total);
        }
        expect(counter.frames).toBe(place + 1);
        expect(counter.dropped).toBe(place + 1 - drawn);
      }),
    );
  });

  test("takes what is no frame of the animation for its first or last, and the same frame again for nothing", () => {
    const counter = new FrameCounter(3);
    for (const frame of [-1, 0, 0.9, 7, 2]) counter.drew(frame);
    expect([counter.frames, counter.dropped]).toEqual([3, 1]);
  });
});

function filled(all: readonly number[], freed: number[] = []): FramePacer<number> {
  const pacer = new FramePacer<number>((frame) => freed.push(frame));
  for (const [at, milliseconds] of all.entries()) pacer.add(at, milliseconds);
  pacer.complete();
  return pacer;
}
