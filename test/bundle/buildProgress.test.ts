import { describe, expect, test } from "vitest";
import { BuildProgress } from "../../src/bundle/buildProgress.ts";

describe("the progress of a build", () => {
  test("says how many are done, and no time before there is one to tell it by", () => {
    const progress = new BuildProgress(
      new Map([
        ["rose@1.0.0", 10],
        ["crown@1.0.0", 30],
      ]),
      0,
    );
    expect(progress.toText(500)).toBe("0 of 2 releases");
  });

  test("tells what remains by what the rest should cost at the pace so far", () => {
    const progress = new BuildProgress(
      new Map([
        ["rose@1.0.0", 10],
        ["crown@1.0.0", 30],
      ]),
      1_000,
    );
    progress.done("rose@1.0.0");
    expect(progress.toText(21_000)).toBe("1 of 2 releases, about 60 seconds left");
    expect(progress.toText(121_000)).toBe("1 of 2 releases, about 6 minutes left");
    progress.done("crown@1.0.0");
    expect(progress.toText(130_000)).toBe("2 of 2 releases");
  });

  test("of hours it speaks in hours", () => {
    const costs = new Map(Array.from({ length: 100 }, (_, at): [string, number] => [`gift-${at}@1.0.0`, 1]));
    const progress = new BuildProgress(costs, 0);
    progress.done("gift-0@1.0.0");
    expect(progress.toText(300_000)).toBe("1 of 100 releases, about 8.3 hours left");
  });
});
