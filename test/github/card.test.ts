import { describe, expect, it } from "vitest";
import { type Card, cardToMarkdown, headlineOf } from "../../src/github/card.ts";
import type { Finding } from "../../src/report/finding.ts";
import { escapeCell } from "../../src/report/github.ts";

const FINE: Card = {
  command: "check",
  environment: "production",
  verdict: "ok",
  problem: null,
  findings: [],
  compared: { kind: "live", revision: 7 },
  stops: [],
  changes: [
    {
      gift: "rose",
      version: "1.2.0",
      before: null,
      after: "canary",
      details: [],
      audience: "canary qa, staff",
    },
  ],
  kept: {},
  alarms: [],
  builds: [
    { release: "rose@1.1.0", isWrong: false, message: "built already" },
    {
      release: "rose@1.2.0",
      isWrong: false,
      message: "built 7 objects; wrote releases/rose/1.2.0.lock.json",
    },
  ],
  variants: [
    {
      release: "rose@1.2.0",
      tier: "low",
      download: { bytes: 312_000, budget: 1_000_000 },
      memory: { bytes: 4_718_592, budget: 8_000_000 },
    },
    {
      release: "rose@1.2.0",
      tier: "mid",
      download: { bytes: 2_100_000, budget: 2_000_000 },
      memory: { bytes: 15_925_248, budget: 20_000_000 },
    },
  ],
  log: ["production: live is revision 7", "rose 1.2.0: closed -> canary", "7 objects to copy (3.1 MB)"],
};

const FINDINGS: readonly Finding[] = [
  {
    code: "PERCENT_RANGE",
    severity: "error",
    place: { file: "releases/rose/1.4.0.yaml", line: 20, column: 11 },
    message: "SG at 150 % is more than everyone",
    fix: "write a number from 0.01 to 100",
    gift: "rose",
  },
  {
    code: "STRAY_FILE",
    severity: "warning",
    place: { file: "gifts/rose/`a|b`.png", line: 1, column: 1 },
    message: "[click](https://evil.example) @acme/everyone #1 <img src=x> | x",
    fix: "delete it",
    gift: "rose",
  },
];

const WAIVED: Finding = {
  code: "BUDGET_MEMORY",
  severity: "warning",
  place: { file: "releases/rose/1.4.0.yaml", line: 7, column: 11 },
  message:
    "on low devices rose@1.4.0 takes 9.20 MB of memory once decoded, where 8.00 MB are allowed (600x800, 90 frames); waived until 2027-01-31 by @acme/gift-art: The anniversary gift is shown alone",
  fix: "by 2027-01-31, use fewer and smaller images inside the animation",
  gift: "rose",
  version: "1.4.0",
  waiver: { owner: "@acme/gift-art", reason: "The anniversary gift is shown alone", ends: "2027-01-31" },
};

const CARDS: Readonly<Record<string, Card>> = {
  fine: FINE,
  findings: {
    ...FINE,
    verdict: "findings",
    findings: FINDINGS,
    changes: [],
    kept: { rose: "its files have errors" },
    builds: [{ release: "crown@1.0.0", isWrong: true, message: "gives other bytes than its lock names" }],
    variants: [],
    log: [],
  },
  waived: {
    ...FINE,
    findings: [
      ...FINDINGS.slice(1),
      WAIVED,
      { ...WAIVED, place: { ...WAIVED.place, column: 16 }, message: WAIVED.message.replace("low", "mid") },
    ],
    builds: [],
    variants: [],
    log: [],
  },
  promotion: {
    ...FINE,
    changes: [
      {
        gift: "crown",
        version: "1.0.0",
        before: "full",
        after: "full",
        details: ["holdback"],
        audience: "full (2 % held back)",
      },
      {
        gift: "rose",
        version: "1.1.0",
        before: "canary",
        after: "regional",
        details: [],
        audience: "canary qa, staff; regional ID 10 %, SG 5 % (mid, high; not vip)",
      },
    ],
    builds: [],
    variants: [],
  },
  rollback: {
    ...FINE,
    stops: ["stop/rose/1.1.0"],
    changes: [
      { gift: "rose", version: "1.1.0", before: "regional", after: null, details: [], audience: "closed" },
    ],
    builds: [],
    variants: [],
    log: ["production: live is revision 7", "first: stop/rose/1.1.0", "rose 1.1.0: regional -> closed"],
  },
  nothing: { ...FINE, changes: [], builds: [], variants: [], log: ["nothing would change for any viewer"] },
  unread: {
    ...FINE,
    compared: { kind: "git", base: "b1ba24f00000000000000000000000000000000" },
    builds: [],
    variants: [],
    log: [],
  },
  failure: {
    ...FINE,
    verdict: "failure",
    findings: null,
    problem: {
      code: "LIVE_BROKEN",
      message: "what is live cannot be trusted",
      fix: "check the environment's root.json",
    },
    compared: { kind: "nothing" },
    changes: [],
    builds: [],
    variants: [],
    log: [],
  },
  published: {
    ...FINE,
    command: "publish",
    compared: { kind: "live", revision: 8 },
    alarms: ["the SG edge https://sg.example/ does not serve it: it still serves revision 7"],
    builds: [],
    log: ["published 5f0c2a9d11 as revision 8, generation 4"],
  },
};

describe("the card reads as before", () => {
  it.each(Object.entries(CARDS))("%s", async (name, card) => {
    await expect(cardToMarkdown(card)).toMatchFileSnapshot(`golden/${name}.md`);
  });
});

describe("what files contain stays text", () => {
  it.each([
    ["@acme/everyone", "@acme"],
    ["acme/gifts#12 GH-12", "#12"],
    ["GH-12", "GH-12"],
    ["https://evil.example", "https://"],
    ["WWW.evil.example", "WWW."],
    [":tada:", ":tada:"],
    ["a\n| b", "\n"],
    ["a\u202eb", "\u202e"],
  ])("%j does not survive as %j", (text, alive) => {
    expect(escapeCell(text)).not.toContain(alive);
  });

  it.each(["<b>", "[a](b)", "![a](b)", "`a`", "*a*", "_a_", "~~a~~", "a|b", "$a$", "&lt;", "\\|"])(
    "%j has every mark escaped",
    (text) => {
      expect(escapeCell(text).replace(/\\[\\`*_{}[\]<>|#!~$&]/g, "")).not.toMatch(/[\\`*_{}[\]<>|#!~$&]/);
    },
  );

  it("in every part of the card", () => {
    const evil = "</details> @acme/all\n# x `y`";
    const card: Card = {
      ...FINE,
      environment: evil,
      problem: { code: evil, message: evil, fix: evil },
      findings: FINDINGS.map((it) => ({
        ...it,
        message: evil,
        fix: evil,
        gift: evil,
        version: evil,
        waiver: { owner: evil, reason: evil, ends: evil },
        place: { ...it.place, file: evil },
      })),
      stops: [evil],
      changes: [
        { gift: evil, version: evil, before: "canary", after: "canary", details: [evil], audience: evil },
        { gift: evil, version: evil, before: null, after: "full", details: [evil], audience: evil },
      ],
      kept: { [evil]: evil },
      alarms: [evil],
      builds: [{ release: evil, isWrong: true, message: evil }],
      variants: FINE.variants.map((it) => ({ ...it, release: evil })),
      log: [evil],
    };
    for (const verdict of ["ok", "findings", "failure"] as const) {
      for (const command of ["check", "publish"] as const) {
        const markdown = cardToMarkdown({ ...card, verdict, command });
        expect(markdown).not.toMatch(/@acme|^# x|(?<!\\)`y/m);
        expect(markdown.match(/<\/details>/g)).toHaveLength(2);
      }
    }
  });
});

it("a card that is too long says how much it leaves out, and keeps the verdict", () => {
  const findings = Array.from({ length: 20_000 }, (_, line) => ({
    ...FINDINGS[0]!,
    place: { file: "a.yaml", line, column: 1 },
  }));
  const card: Card = { ...FINE, verdict: "findings", findings };
  const markdown = cardToMarkdown(card);
  expect(Buffer.byteLength(markdown)).toBeLessThan(1_000_000);
  expect(markdown).toContain("20000 things to fix");
  expect(markdown).toContain("… and 19000 more.");
  expect(cardToMarkdown(card, 500)).toContain("see the log of this step");
});

it("the headline of a check counts what has to be mended", () => {
  expect(headlineOf({ ...FINE, verdict: "findings", findings: FINDINGS })).toBe("1 thing to fix");
});
