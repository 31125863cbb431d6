import { describe, test } from "vitest";
import { dieAtEach, KINDS } from "../support/crash.ts";
import { createWorld } from "../support/world.ts";

describe("a publish that dies at any of its writes", () => {
  for (const kind of Object.keys(KINDS)) {
    // Just after a write the store shows what it shows just before the next one.
    test(`${kind}, dying just before the write, leaves every viewer a whole gift, and the next run completes it`, async () => {
      const world = await createWorld();
      try {
        await dieAtEach(world, kind, "before", () => true);
      } finally {
        await world.remove();
      }
    });
  }
});
