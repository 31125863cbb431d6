import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hasDrift, operationsToMarkdown } from "../../src/github/operationsIssue.ts";
import { type TimelineFacts, toTimeline } from "../../src/github/timeline/timeline.ts";
import {
  isLater,
  type TimelinePlace,
  timelineToMarkdown,
} from "../../src/github/timeline/timelineMarkdown.ts";
import type { PastRecord } from "../../src/publish/readLog.ts";
import type { Rollout } from "../../src/wire/rollout.ts";

const MERGED = Date.parse("2026-11-20T11:04:10Z");
const COMMIT = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";
const CANARY: Rollout = { salt: "rose/1.1.0", canary: { cohorts: ["qa", "staff"] } };
const REGIONAL: Rollout = { ...CANARY, regional: { regions: { ID: 1000, SG: 500 } } };
const FULL: Rollout = { salt: "rose/1.0.0", canary: {}, regional: { regions: {} }, full: true };

const PLACE: TimelinePlace = {
  webUrl: "https://github.com",
  owner: "acme",
  repo: "gifts",
  own: 820,
  originals: [812],
  language: "en",
  isOnOriginal: false,
};

function record(kind: string, seconds: number, more: Partial<PastRecord> = {}): PastRecord {
  return {
    revision: 41,
    at: MERGED + 1000 * seconds,
    generation: 7,
    commit: COMMIT,
    previousCommit: null,
    kind,
    by: "ana",
    why: null,
    overrides: [],
    catalogs: null,
    changes: [],
    edges: [],
    ...more,
  };
}

const edge = (region: string, milliseconds: number, ok = true) => ({
  region,
  url: `https://${region.toLowerCase()}.example/`,
  ok,
  milliseconds,
});

const ROLLBACK: TimelineFacts = {
  environment: "production",
  commit: COMMIT,
  mergedAt: MERGED,
  moves: [{ gift: "rose", version: "1.1.0", before: REGIONAL, after: null }],
  overrides: [],
  seen: new Map([["rose", [{ version: "1.0.0", rollout: FULL }]]]),
  records: [
    record("stop", 31, { edges: [edge("SG", 900), edge("ID", 17_000), edge("TH", 1_000)] }),
    record("publish", 130, { revision: 42, generation: 8 }),
  ],
  thrown: null,
  kept: {},
};

const PROMOTION: TimelineFacts = {
  ...ROLLBACK,
  moves: [{ gift: "rose", version: "1.1.0", before: CANARY, after: REGIONAL }],
  seen: new Map([
    [
      "rose",
      [
        { version: "1.1.0", rollout: REGIONAL },
        { version: "1.0.0", rollout: FULL },
        { version: "0.9.0", rollout: FULL },
      ],
    ],
  ]),
  records: [record("publish", 95, { edges: [edge("SG", 900), edge("ID", 30_000, false)] })],
};

const BY_FORM: TimelineFacts = {
  ...ROLLBACK,
  moves: [{ gift: "rose", version: "1.1.0", before: REGIONAL, after: CANARY }],
  overrides: [
    { name: "rollback-rose-17", reason: "Crashes on Android 9", incident: "https://status.example/INC-231" },
  ],
  thrown: record("break-glass", -70, { revision: 40 }),
  records: [record("stop", 20)],
  kept: { rose: "SHADOWED: releases/rose/1.1.0.yaml" },
};

const HOSTILE = "@acme/all <img src=x onerror=1> [x](https://evil.example) | `a` \u202e #1 \n## no\r\u0000";

const UNRULY = Array.from("@<>[](){}|`*_#\\&:!~$\n\r\t\u0000\u001b\u202e\u2066/ab1.- 礼");

describe("the time line of a merge", () => {
  test.each([
    ["rollback", ROLLBACK, PLACE],
    ["rollback.zh", ROLLBACK, { ...PLACE, language: "zh" as const }],
    ["rollback-on-the-original", ROLLBACK, { ...PLACE, isOnOriginal: true }],
    ["promotion", PROMOTION, { ...PLACE, originals: [] }],
    ["promotion.zh", PROMOTION, { ...PLACE, originals: [], language: "zh" as const }],
    ["rollback-by-the-form", BY_FORM, PLACE],
    ["rollback-by-the-form.zh", BY_FORM, { ...PLACE, language: "zh" as const }],
    ["nothing-published-yet", { ...ROLLBACK, records: [] }, PLACE],
    [
      "stop-by-an-override",
      {
        ...ROLLBACK,
        moves: [],
        overrides: [{ name: "rose-crash", reason: HOSTILE, incident: `INC-1 ${HOSTILE}` }],
        seen: new Map(),
      },
      { ...PLACE, originals: [] },
    ],
  ])("says what viewers get, when each step was, and what comes next: %s", async (name, facts, place) => {
    await expect(timelineToMarkdown(toTimeline(facts), place)).toMatchFileSnapshot(
      `golden/timeline/${name}.md`,
    );
  });

  test("lets nothing that somebody wrote become markup, a mention or an endless text", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string({ unit: fc.constantFrom(...UNRULY) }), fc.constant(HOSTILE)), {
          minLength: 4,
          maxLength: 4,
        }),
        fc.integer({ min: 1, max: 60 }),
        ([gift = "", version = "", reason = "", incident = ""], times) => {
          const moves = Array.from({ length: times }, () => ({
            gift,
            version,
            before: REGIONAL,
            after: null,
          }));
          const overrides = [{ name: gift, reason, incident }];
          const facts = { ...ROLLBACK, moves, overrides, seen: new Map(), kept: { [gift]: reason } };
          const text = timelineToMarkdown(toTimeline(facts), PLACE);
          expect(text.length).toBeLessThan(60_001);
          expect(text).not.toMatch(/@(?!\u200b)/);
          expect(text).not.toMatch(/(?<!\\)<(?!!--|\/?sub>)/);
          expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
          expect(text.match(/(?<!\\)\]\(https:/g)?.length ?? 0).toBeLessThanOrEqual(4);
        },
      ),
      { numRuns: 20 },
    );
  });

  test("of an older merge never takes the place of a newer one, however late its job runs", () => {
    const text = timelineToMarkdown(toTimeline(ROLLBACK), PLACE);
    expect(isLater(text, MERGED - 1, "f00")).toBe(true);
    expect(isLater(text, MERGED - 1, COMMIT)).toBe(false);
    expect(isLater(text, MERGED + 1, "f00")).toBe(false);
    expect(isLater("<!-- giftwrap:timeline -->\nold", MERGED, COMMIT)).toBe(false);
  });
});

describe("the issue Gift operations", () => {
  const drift = {
    environment: "production",
    left: [{ what: `lock rose@1.0.0 ${HOSTILE}`, fix: "look at it" }],
    unconfirmed: ["SG"],
  };
  const at = Date.parse("2026-11-20T11:04:10Z");

  test("says what is left, what to do, and since when", async () => {
    const text = operationsToMarkdown([drift], "", at);
    await expect(text).toMatchFileSnapshot("golden/timeline/operations.md");
    expect(operationsToMarkdown([drift], text, at + 9_000_000)).toBe(text);
    const grown = { ...drift, left: [...drift.left, { what: "another", fix: "" }] };
    expect(operationsToMarkdown([grown], text, at + 9_000_000)).toContain("another | 2026-11-20 13:34");
    expect(hasDrift([drift])).toBe(true);
    expect(hasDrift([{ ...drift, left: [], unconfirmed: [] }])).toBe(false);
  });
});
