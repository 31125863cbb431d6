import { describe, expect, test } from "vitest";
import {
  isProven,
  isToldAlready,
  metricsToMarkdown,
  withEnd,
} from "../../src/github/timeline/metricsMarkdown.ts";
import { describeVerdict } from "../../src/rollout/verdict/story.ts";
import { PLAN, unknown, verdict } from "../support/verdicts.ts";

const body = (it = verdict(), language: "en" | "zh" = "en") =>
  metricsToMarkdown({
    verdict: it,
    story: describeVerdict(it, { ...PLAN, stage: it.stage }),
    environment: "production",
    language,
  });

describe("the comment with a trial's numbers", () => {
  test("shows the verdict and until when the numbers go", async () => {
    await expect(body()).toMatchFileSnapshot("golden/timeline/metrics.md");
  });

  test("is left as it is while the numbers are, however much time goes by", () => {
    const now = verdict();
    const text = body(now);
    expect(isToldAlready(text, { ...now, asOfSeconds: now.asOfSeconds + 1_800 })).toBe(true);
    expect(isToldAlready(text, { ...now, units: { ...now.units, trial: now.units.trial + 1 } })).toBe(false);
    expect(isToldAlready(text, { ...now, kind: "hold" })).toBe(false);
    expect(
      isToldAlready(text, unknown({ kind: "metrics_unavailable", message: "no answer", fix: "look" })),
    ).toBe(false);
  });

  test("says once that the release is proven, and is not touched again", () => {
    const proven = verdict({ stage: "full" });
    expect(isProven(proven)).toBe(true);
    expect(body(proven)).toContain("**rose 1.1.0 is proven.**");
    expect(isToldAlready(body(proven), { ...proven, kind: "hold" })).toBe(true);
  });

  test("says once what became of a trial that is over, above its last numbers", () => {
    const end = { gift: "rose", version: "1.1.0", end: "went_on" as const };
    const ended = withEnd(body(), end, "zh");
    expect(ended).toMatch(/^<!-- giftwrap:metrics -->\n<!-- ended -->\n➡️ \*\*rose 1\.1\.0 已进入下一步/);
    expect(ended).toContain(body().split("\n").slice(2).join("\n"));
    expect(withEnd(ended, { ...end, end: "taken_back" }, "en")).toBe(ended);
    expect(isToldAlready(ended, verdict())).toBe(true);
  });
});
