import { describe, expect, test } from "vitest";
import { eachInLanes, lanes } from "../../src/bundle/lanes.ts";

/** Work that is done when somebody says so. */
function piece() {
  let finish = () => {};
  let isStarted = false;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  return {
    work: () => {
      isStarted = true;
      return finished;
    },
    finish: () => finish(),
    isStarted: () => isStarted,
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("working in lanes", () => {
  test("starts as many pieces as there are lanes, and the next when one ends", async () => {
    const run = lanes(2, 100);
    const pieces = [piece(), piece(), piece()];
    const [first] = pieces;
    const done = pieces.map((it) => run({ bytes: 1 }, it.work));
    await settle();
    expect(pieces.map((it) => it.isStarted())).toEqual([true, true, false]);
    first?.finish();
    await settle();
    expect(pieces.map((it) => it.isStarted())).toEqual([true, true, true]);
    for (const it of pieces) it.finish();
    await Promise.all(done);
  });

  test("starts nothing for which there is no memory, but what is too large for all of it runs alone", async () => {
    const run = lanes(4, 100);
    const [small, large, last] = [piece(), piece(), piece()];
    const done = [
      run({ bytes: 60 }, small.work),
      run({ bytes: 500 }, large.work),
      run({ bytes: 10 }, last.work),
    ];
    await settle();
    expect([small, large, last].map((it) => it.isStarted())).toEqual([true, false, false]);
    small.finish();
    await settle();
    expect([large, last].map((it) => it.isStarted())).toEqual([true, false]);
    large.finish();
    await settle();
    expect(last.isStarted()).toBe(true);
    last.finish();
    await Promise.all(done);
  });

  test("a piece that fails takes no other along and gives its place back", async () => {
    const run = lanes(1, 100);
    const failed = run({ bytes: 100 }, () => Promise.reject(new Error("broken")));
    const next = run({ bytes: 100 }, () => Promise.resolve("whole"));
    await expect(failed).rejects.toThrow("broken");
    expect(await next).toBe("whole");
  });

  test("gives results in the order of the items, whichever ends first", async () => {
    const results = await eachInLanes([3, 1, 2], 2, async (it) => {
      for (let turn = 0; turn < it; turn++) await settle();
      return it * 10;
    });
    expect(results).toEqual([30, 10, 20]);
  });

  test("what fails is thrown when all the others are through", async () => {
    const done: number[] = [];
    const results = eachInLanes([1, 2, 3], 2, async (it) => {
      if (it === 1) throw new Error("the first is broken");
      await settle();
      done.push(it);
    });
    await expect(results).rejects.toThrow("the first is broken");
    expect(done).toEqual([2, 3]);
  });
});
