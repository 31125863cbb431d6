import { expect, test } from "vitest";
import { watchMemory } from "../../src/commands/smoke/residentMemory.ts";

test("memory that could be read only for a while was not measured", async () => {
  const answers = [10, 20, null];
  let gone: (() => void) | undefined;
  const ended = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const watch = watchMemory([1], async () => {
    const next = answers.shift() ?? null;
    if (next === null) gone?.();
    return next;
  });
  await ended;
  expect(await watch.stop()).toEqual([]);
});
