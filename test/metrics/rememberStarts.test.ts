import { expect, test } from "vitest";
import { FAMILIES } from "../../src/metrics/families.ts";
import { rememberStarts } from "../../src/metrics/rememberStarts.ts";
import type { MetricSource, NamedQuery, Series } from "../../src/metrics/source.ts";

const starts = (startSeconds = 0): NamedQuery => ({
  name: FAMILIES.started,
  labels: {},
  startSeconds,
  endSeconds: 600,
  stepSeconds: 300,
});

function sourceOf(fails: () => boolean) {
  let asked = 0;
  const source: MetricSource = {
    name: "a source",
    newest: async () => [1],
    read: async ({ name, startSeconds }): Promise<readonly Series[]> => {
      asked++;
      if (fails()) throw new Error("down");
      return [{ name: String(name), labels: {}, samples: [[startSeconds, asked]] }];
    },
  };
  return { source: rememberStarts(source), asked: () => asked };
}

test("when collectors began is asked once for the same instants, and counters every time", async () => {
  const { source, asked } = sourceOf(() => false);
  const [one, other] = await Promise.all([source.read(starts()), source.read(starts())]);
  expect(other).toEqual(one);
  expect(asked()).toBe(1);
  expect((await source.read(starts(300)))[0]?.samples).toEqual([[300, 2]]);
  const units = { ...starts(), name: FAMILIES.units };
  await source.read(units);
  await source.read(units);
  expect(asked()).toBe(4);
  expect(await source.newest(units)).toEqual([1]);
});

test("only a few answers are kept, and none that failed", async () => {
  let isDown = true;
  const { source, asked } = sourceOf(() => isDown);
  await expect(source.read(starts())).rejects.toThrow("down");
  isDown = false;
  await source.read(starts());
  expect(asked()).toBe(2);
  for (const at of [1, 2, 3, 4]) await source.read(starts(at));
  await source.read(starts(4));
  expect(asked()).toBe(6);
  await source.read(starts());
  expect(asked()).toBe(7);
});
