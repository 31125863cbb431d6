import { describe, expect, test } from "vitest";
import { judgeSmoke } from "../../src/rollout/smoke/judgeSmoke.ts";
import { toSmokeFacts } from "../../src/rollout/smoke/smokeFacts.ts";
import { smokeToMarkdown } from "../../src/rollout/smoke/smokeMarkdown.ts";
import { smokePlan } from "../../src/rollout/smoke/smokePlan.ts";
import type { SmokeRun } from "../../src/rollout/smoke/smokeRun.ts";
import { tellSmoke } from "../../src/rollout/smoke/smokeStory.ts";
import { smokeSvg } from "../../src/rollout/smoke/smokeSvg.ts";
import { smokeToText } from "../../src/rollout/smoke/smokeText.ts";
import { THEMES } from "../../src/rollout/verdict/theme.ts";

const PLAN = smokePlan(undefined);

const HEAVY: SmokeRun = {
  gift: "rose",
  version: "1.1.0",
  method: "chromium",
  reference: "rose@1.0.0",
  excesses: [],
  gaps: [],
  runs: [
    {
      tier: "mid",
      scenario: "burst",
      subject: [812e6, 800e6, 820e6].map((memory) => ({
        start: 200,
        dropped: 0,
        saturation: 50,
        cpu: 60,
        memory,
      })),
      reference: [310e6, 300e6, 320e6].map((memory) => ({
        start: 180,
        dropped: 0,
        saturation: 50,
        cpu: 60,
        memory,
      })),
      faults: [],
      referenceFaults: 0,
    },
  ],
};
const LIGHT: SmokeRun = {
  ...HEAVY,
  runs: HEAVY.runs.map((it) => ({ ...it, subject: it.reference })),
};
const BLIND: SmokeRun = {
  ...HEAVY,
  method: "sharp",
  runs: [],
  gaps: ['rocket@1.1.0 needs the player "svga", which only a browser has'],
};

const told = (run: SmokeRun) => tellSmoke(run, judgeSmoke(run, PLAN));

describe("the story of a smoke test", () => {
  test("says on a terminal what failed, by how much, and what to do", () => {
    expect(smokeToText(told(HEAVY))).toMatchInlineSnapshot(`
      "rose@1.1.0 failed the smoke test: do not release it
        why: mid, burst: memory is 812.00 MB, 2.6 times that of rose@1.0.0; its limit is 465.00 MB
        next: make it lighter (fewer pixels, frames or details) in a new version; if it is meant to be heavier than rose@1.0.0, name another reference below "smoke" in releases/policy.yaml

      device  scenario  measure         new        reference  limit      verdict
      mid     burst     first frame     200 ms     180 ms     430 ms     passed
      mid     burst     dropped frames  0 %        0 %        20 %       passed
      mid     burst     decoder         50 %       50 %       75 %       passed
      mid     burst     processor       60 %       60 %       90 %       passed
      mid     burst     memory          812.00 MB  310.00 MB  465.00 MB  FAILED

      Played in Chromium by the client and the player that apps embed, in turns with rose@1.0.0; medians beside each other.
      "
    `);
  });

  test("says on a terminal that it passed", () => {
    expect(smokeToText(told(LIGHT)).split("\n").slice(0, 3)).toMatchInlineSnapshot(`
      [
        "rose@1.1.0 passed the smoke test",
        "  why: Nothing of it is heavier than its limit, and every play showed it.",
        "  next: it may go to its next stage",
      ]
    `);
  });

  test("says without a browser that it is weaker, and never that it passed without data", () => {
    expect(smokeToText(told(BLIND))).toMatchInlineSnapshot(`
      "rose@1.1.0 is not proven yet: the smoke test could not decide
        why: rocket@1.1.0 needs the player "svga", which only a browser has
        next: run it where Chromium is installed, or name the program with the variable CHROMIUM

      There was no browser: only decoding was measured, in turns with rose@1.0.0. This is weaker: nothing was played, and neither memory, network nor a stop was tried.
      "
    `);
  });

  test("says the same in Markdown", () => {
    expect(smokeToMarkdown(told(HEAVY))).toMatchInlineSnapshot(`
      "### ⛔ rose@​1.1.0 failed the smoke test: do not release it

      - mid, burst: memory is 812.00 MB, 2.6 times that of rose@​1.0.0; its limit is 465.00 MB

      **Next:** make it lighter (fewer pixels, frames or details) in a new version; if it is meant to be heavier than rose@​1.0.0, name another reference below "smoke" in releases/policy.yaml

      | device | scenario | measure | new | reference | limit | verdict |
      | --- | --- | --- | --- | --- | --- | --- |
      | mid | burst | first frame | 200 ms | 180 ms | 430 ms | passed |
      | mid | burst | dropped frames | 0 % | 0 % | 20 % | passed |
      | mid | burst | decoder | 50 % | 50 % | 75 % | passed |
      | mid | burst | processor | 60 % | 60 % | 90 % | passed |
      | mid | burst | memory | 812.00 MB | 310.00 MB | 465.00 MB | FAILED |

      Played in Chromium by the client and the player that apps embed, in turns with rose@​1.0.0; medians beside each other.
      "
    `);
  });

  test("leaves a record of the method, the reference and the worst of each measure", () => {
    const verdict = judgeSmoke(HEAVY, PLAN);
    expect(toSmokeFacts(HEAVY, verdict, told(HEAVY).why[0] ?? "")).toMatchInlineSnapshot(`
      {
        "cpuPercent": 67,
        "droppedPercent": 0,
        "faults": 0,
        "memoryPercent": 175,
        "method": "chromium",
        "reference": "rose@1.0.0",
        "rounds": 3,
        "saturationPercent": 67,
        "scenarios": "burst",
        "startPercent": 47,
        "tiers": "mid",
        "why": "mid, burst: memory is 812.00 MB, 2.6 times that of rose@1.0.0; its limit is 465.00 MB",
      }
    `);
  });

  test("draws every measure for light and dark pages, and one that was not measured as that", () => {
    for (const theme of THEMES) {
      const svg = smokeSvg(HEAVY, judgeSmoke(HEAVY, PLAN), "mid", theme);
      expect(svg).toContain("Over the limit: memory in burst.");
      expect(svg).toContain(theme.limit);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      const nothing = { ...HEAVY, runs: HEAVY.runs.map((it) => ({ ...it, reference: [] })) };
      expect(smokeSvg(nothing, judgeSmoke(nothing, PLAN), "mid", theme)).toContain("not measured");
    }
  });
});
