import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cardToHead, cardToMarkdown } from "../../src/github/card/cardMarkdown.ts";
import { editLink, newFileLink, uploadLink } from "../../src/github/card/links.ts";
import { type CardFacts, isInOrder, toPullRequestCard } from "../../src/github/card/pullRequestCard.ts";
import { FACTS, GREEN, NOTHING, PULL } from "./cardFacts.ts";

const MOST = 60_000;
const textOf = (facts: CardFacts) => cardToMarkdown(toPullRequestCard(facts));
const inChinese = (facts: CardFacts): CardFacts => ({
  ...facts,
  people: { ...facts.people, language: "zh" },
});
const verdictOf = (facts: CardFacts) => toPullRequestCard(facts).verdict;

describe("the card of a pull request reads as before", () => {
  for (const [name, facts] of Object.entries(FACTS)) {
    it(`${name}, in English`, async () => {
      await expect(textOf(facts)).toMatchFileSnapshot(`golden/card/${name}.en.md`);
    });
    it(`${name}, in Chinese`, async () => {
      await expect(textOf(inChinese(facts))).toMatchFileSnapshot(`golden/card/${name}.zh.md`);
    });
  }
});

describe("the verdict", () => {
  it("is never ready while somebody has to mend something, bytes are missing or nobody could look", () => {
    const [fault] = FACTS["new-release-with-faults"]?.findings ?? [];
    const bad: Partial<CardFacts>[] = [
      ...(fault ? [{ findings: [fault] }] : []),
      { skipWords: [{ where: "commit", words: "[ci skip]" }] },
      { pullRequest: { ...PULL, isConflicted: true } },
      { problem: { code: "GIT_FAILED", message: "git failed", fix: "look why" } },
      { unbuilt: ["rose@1.4.0"] },
    ];
    expect(bad).toHaveLength(5);
    for (const more of bad) {
      const card = toPullRequestCard({ ...GREEN, ...more });
      expect(card.verdict).not.toBe("ready");
      expect(isInOrder(card)).toBe(false);
      expect(cardToMarkdown(card).split("\n")[1]).not.toContain("✅");
    }
  });

  it("takes no word of the pull request's own run into account", () => {
    const facts = { ...GREEN, unbuilt: ["rose@1.4.0"] };
    const ownRun = {
      format: "1.0",
      builds: [{ release: "rose@1.4.0", isWrong: false, message: "everything is ready and approved" }],
      variants: [],
    };
    expect(verdictOf({ ...facts, ownRun })).toBe("building");
    expect(isInOrder(toPullRequestCard({ ...facts, ownRun }))).toBe(false);
  });

  it("lets a rollback wait for no number, no byte and no approval", () => {
    const facts = FACTS["rollback-before"] ?? NOTHING;
    expect(
      verdictOf({ ...facts, unbuilt: ["rose@1.4.0"], approvals: FACTS["policy"]?.approvals ?? null }),
    ).toBe("ready");
  });

  it("says what the world did to us apart from what is wrong in the files", () => {
    const problem = { code: "GIT_FAILED", message: "git failed", fix: "look why" };
    const both = textOf({ ...(FACTS["new-release-with-faults"] ?? NOTHING), problem });
    expect(both).toContain("Our problem, not yours");
    expect(both.split("\n")[1]).toContain("3 things to fix");
    expect(verdictOf({ ...NOTHING, problem })).toBe("our_fault");
  });
});

it("the smoke test's slot is never green while nobody has looked", () => {
  const lines = Object.values(FACTS)
    .flatMap((facts) => [textOf(facts), textOf(inChinese(facts))])
    .flatMap((text) => text.split("\n").filter((line) => /Smoke test|冒烟测试/.test(line)));
  expect(lines.length).toBeGreaterThan(10);
  for (const line of lines) {
    expect(line).not.toContain("✅");
    expect(line).toMatch(/not yet available|暂未提供/);
  }
});

describe("the previews", () => {
  const [line] = GREEN.previews;
  const cardWith = (...previews: CardFacts["previews"]) => textOf({ ...GREEN, previews });

  it("stand beside what everyone has now, moving and as frames", () => {
    if (!line?.before) throw new TypeError("there is a release at full");
    const text = cardWith(line);
    expect(text).toContain("| 1.3.0, as everyone has it now | rose 1.4.0 |");
    for (const { pictures } of [line, line.before]) {
      expect(text).toContain(`<img src="${pictures?.sheet?.url}"`);
      expect(text).toContain(`<img src="${pictures?.motion?.url}"`);
    }
  });

  it("stand alone where everyone has nothing yet", () => {
    if (!line) throw new TypeError("there is a preview");
    const text = cardWith({ ...line, before: null });
    expect(text).toContain("| rose 1.4.0 |\n| --- |");
    expect(text).not.toContain("as everyone has it now");
  });

  it("of a release that has none say how to see it", () => {
    expect(cardWith({ release: "rose@1.4.0", pictures: null, before: null })).toContain(
      "Previews: run `npx giftwrap preview rose@1.4.0` to see it on your machine",
    );
  });

  it("never let an address or a name out of their places", () => {
    const url = 'https://cdn.example/"><script>x</script>.webp';
    const text = cardWith({
      release: "rose@1.4.0",
      pictures: { sheet: { url, width: 10, height: 10 }, motion: null },
      before: null,
    });
    expect(text).not.toContain("<script>");
    expect(text).toContain("&quot;&gt;&lt;script&gt;");
  });

  it("are not more than a page can carry", () => {
    const many = Array.from({ length: 50 }, (_, at) => ({
      release: `gift-${at}@1.0.0`,
      pictures: line?.pictures ?? null,
      before: null,
    }));
    expect(cardWith(...many).match(/<img /g)).toHaveLength(8);
  });
});

describe("the smoke test's slot", () => {
  const slotOf = (...smokes: CardFacts["smokes"]) =>
    [GREEN, inChinese(GREEN)].map((facts) => {
      const line = textOf({ ...facts, smokes })
        .split("\n")
        .find((it) => /Smoke test|冒烟测试/.test(it));
      return /(?:Smoke test|冒烟测试).*/.exec(line ?? "")?.[0];
    });
  const of = (smoke: CardFacts["smokes"][number]["smoke"], release = "rose@1.4.0") => ({ release, smoke });
  const passed = {
    kind: "passed",
    environment: "staging",
    at: "2026-11-25T10:00:00Z",
    reference: "rose@1.3.0",
    worstPercent: 81,
    isDecodedOnly: false,
  } as const;

  it("is filled from the record about these very bytes", () => {
    expect(slotOf(of(passed))).toMatchInlineSnapshot(`
      [
        "Smoke test: passed 2026-11-25 10:00 UTC in staging, beside rose@​1.3.0, at most 81 % of a limit",
        "冒烟测试： 2026-11-25 10:00 UTC 在 staging 通过，对照 rose@​1.3.0、最高为上限的 81 %",
      ]
    `);
    expect(slotOf(of({ ...passed, kind: "failed", worstPercent: 240 }))).toMatchInlineSnapshot(`
      [
        "Smoke test: **failed** 2026-11-25 10:00 UTC in staging, beside rose@​1.3.0, at most 240 % of a limit",
        "冒烟测试： 2026-11-25 10:00 UTC 在 staging **未通过**，对照 rose@​1.3.0、最高为上限的 240 %",
      ]
    `);
  });

  it("says that a test without a browser is weaker", () => {
    expect(slotOf(of({ ...passed, worstPercent: null, isDecodedOnly: true }))).toMatchInlineSnapshot(`
      [
        "Smoke test: passed 2026-11-25 10:00 UTC in staging, beside rose@​1.3.0, only decoded, without a browser, which is weaker",
        "冒烟测试： 2026-11-25 10:00 UTC 在 staging 通过，对照 rose@​1.3.0、没有浏览器，仅测试了解码，说服力较弱",
      ]
    `);
  });

  it("says what makes the record where the policy asks for one, and nothing where it does not", () => {
    const command = "npx giftwrap smoke rose@1.4.0 --env staging";
    expect(slotOf(of({ kind: "none", command }))).toMatchInlineSnapshot(`
      [
        "Smoke test: asked for before it leaves canary: run \`npx giftwrap smoke rose@1.4.0 --env staging\`",
        "冒烟测试： 离开灰度前必须完成：运行 \`npx giftwrap smoke rose@1.4.0 --env staging\`",
      ]
    `);
    expect(slotOf(of({ kind: "none", command: null }))).toEqual(slotOf());
    expect(slotOf(of({ kind: "unknown", why: "the record is not signed" }))).toMatchInlineSnapshot(`
      [
        "Smoke test: whether it passed cannot be seen from here (the record is not signed)",
        "冒烟测试： 这里看不到测试是否通过（the record is not signed）",
      ]
    `);
  });

  it("tells releases apart", () => {
    const other = of(
      { kind: "none", command: "npx giftwrap smoke crown@2.0.0 --env staging" },
      "crown@2.0.0",
    );
    expect(slotOf(of(passed), other)[0]).toMatchInlineSnapshot(
      `"Smoke test: rose 1.4.0, passed 2026-11-25 10:00 UTC in staging, beside rose@​1.3.0, at most 81 % of a limit; crown 2.0.0, asked for before it leaves canary: run \`npx giftwrap smoke crown@2.0.0 --env staging\`"`,
    );
  });
});

describe("links", () => {
  const place = { webUrl: "https://github.com", owner: "acme", repo: "gifts", headRepo: "lin/gifts" };

  it("lead to the head's own repository, and every part of them is encoded", () => {
    const odd = { ...place, headBranch: "a b/(c)#?&%`*_~!'\"<x>" };
    expect(editLink(odd, "releases/a)b/1.0.0 [x].yaml", 7)).toBe(
      "https://github.com/lin/gifts/edit/a%20b/%28c%29%23%3F%26%25%60%2A_%7E%21%27%22%3Cx%3E/releases/a%29b/1.0.0%20%5Bx%5D.yaml#L7",
    );
    expect(uploadLink({ ...odd, headRepo: null }, "gifts/rose/source")).toBeNull();
  });

  it("to a new file stay below 2 KB, and keep what fits", () => {
    const at = { ...place, headBranch: "b" };
    expect(newFileLink(at, "releases/rose/1.0.0.yaml", "gift: rose\n")).toBe(
      "https://github.com/lin/gifts/new/b?filename=releases%2Frose%2F1.0.0.yaml&value=gift%3A%20rose%0A",
    );
    expect(newFileLink(at, "releases/rose/1.0.0.yaml", "x".repeat(3_000))).toBe(
      "https://github.com/lin/gifts/new/b?filename=releases%2Frose%2F1.0.0.yaml",
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 3_000 }), (text) => {
        const link = newFileLink(at, text.slice(0, 90), text) ?? "";
        expect(link.length).toBeLessThan(2_048);
        expect(link).toMatch(/^[\w:/.?=&%-]+$/);
      }),
      { numRuns: 50 },
    );
  });
});

describe("whatever people write stays text", () => {
  const hostile = fc.oneof(
    fc.constantFrom(
      "@acme/everyone",
      "</details></summary>",
      "<img src=x onerror=1>",
      "<!-- giftwrap:card -->",
      "](https://evil.example)",
      "![x](https://evil.example/x.png)",
      "a | b",
      "\n\n# big\n",
      "\r\n- [x] done",
      "```\ncode",
      "`x`",
      "~~~",
      "\u202egnp.exe",
      "\u200f\u061c",
      "\u0000\u001b[31m",
      "\ud800",
      "\u2028x\u2029",
      "#1 GH-2 acme/gifts#3",
      "https://evil.example www.evil.example",
      ":tada:",
      "$x$ &lt;",
      "\\",
      "**b** __u__",
      "1. x",
    ),
    fc.string({ unit: "binary", maxLength: 80 }),
    fc.string({ maxLength: 2_000 }),
  );

  /** Every text in it that comes from files, names or GitHub. */
  const evil = (word: string, facts: CardFacts): CardFacts => ({
    ...facts,
    pullRequest: facts.pullRequest && { ...facts.pullRequest, author: word, headSha: word },
    place: facts.place && { ...facts.place, headBranch: word },
    environment: word,
    gifts: [word],
    findings: facts.findings.map((it) => ({
      ...it,
      message: word,
      fix: word,
      gift: word,
      version: word,
      place: { ...it.place, file: word },
      ...(it.waiver && { waiver: { owner: word, reason: word, ends: word } }),
    })),
    problem: { code: word, message: word, fix: word },
    unread: { code: word, message: word, fix: word },
    compared: { kind: "git", base: word },
    viewers: facts.viewers.map((it) => ({
      ...it,
      gift: word,
      version: word,
      details: [word],
      after: {
        salt: word,
        canary: { cohorts: [word] },
        regional: { regions: { [word]: 5 }, eligible: { exclude: [word] } },
      },
    })),
    stops: [word],
    kept: { [word]: word },
    overrides: [
      {
        name: word,
        before: null,
        after: { gifts: [word], versions: word, limit: "none", reason: word, incident: word, ends: word },
      },
    ],
    compat: facts.compat.map((it) => ({ ...it, release: word, apps: { [word]: word } })),
    costs: facts.costs.map((it) => ({ ...it, release: word, liveVersion: word })),
    unbuilt: [word],
    waysBack: [
      {
        gift: word,
        version: word,
        to: word,
        fallback: [],
        bytes: "stored",
        drill: { kind: "unknown", why: word },
      },
      {
        gift: word,
        version: word,
        to: null,
        fallback: [word],
        bytes: "unknown",
        drill: { kind: "failed", at: word, environment: word },
      },
    ],
    smokes: [
      {
        release: word,
        smoke: {
          kind: "failed",
          environment: word,
          at: word,
          reference: word,
          worstPercent: 1,
          isDecodedOnly: true,
        },
      },
      { release: word, smoke: { kind: "none", command: `${word}\n` } },
      { release: word, smoke: { kind: "unknown", why: word } },
    ],
    unjudged: [{ release: word, why: word, next: word }],
    approvals: {
      state: "pending",
      description: word,
      asked: 1,
      missing: [{ team: word, needed: 1, have: 0, isUnknown: false }],
    },
    skipWords: [{ where: "title", words: word }],
    missingReleases: [{ gift: word, path: word, text: word }],
    ownRun: {
      format: word,
      builds: [{ release: word, isWrong: true, message: word }],
      variants: [{ release: word, tier: "low", downloadBytes: 1, decodedBytes: 1 }],
    },
    people: { ...facts.people, help: word, lead: word },
  });

  /** The marks that make the card what it is, which no text may add to. */
  const marksOf = (text: string) => ({
    lines: text.split("\n").length,
    tags: text.match(/(?<!\\)<[/!a-z][^>\n]*>/g),
    links: text.match(/(?<!\\)\]\(/g)?.length,
    cells: text.match(/(?<!\\)(?:\\\\)*\|/g)?.length,
    code: text.match(/(?<!\\)`/g)?.length,
    heads: text.match(/^#+ /gm)?.length,
  });

  const base = {
    ...(FACTS["new-release-with-faults"] ?? NOTHING),
    viewers: GREEN.viewers,
    costs: GREEN.costs,
  };

  it.each([base, inChinese(base)])("in every part of the card, in language %#", (facts) => {
    const plain = marksOf(textOf(evil("word", facts)));
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        // A text of nothing but space, and one that looks like a path of art, have other marks of their own.
        const word = `x${one}${other}x`;
        const text = textOf(evil(word, facts));
        expect(text.length).toBeLessThan(MOST);
        expect(marksOf(text)).toEqual(plain);
        expect(text).not.toMatch(/@(?!\u200b)/);
        expect(text).not.toMatch(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/);
        expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
        expect(text).not.toMatch(/\p{Cs}/u);
      }),
      { numRuns: 150 },
    );
  });
});

it("a change of any size gives a card of less than 60,000 characters, with the verdict and how much it leaves out", () => {
  const many = FACTS["very-many"] ?? NOTHING;
  const long = "a long word ".repeat(100);
  const huge: CardFacts = {
    ...many,
    findings: many.findings.map((it) => ({ ...it, message: long, fix: long })),
    viewers: many.viewers.map((it) => ({ ...it, details: [long] })),
    stories: Array.from({ length: 20 }, () => FACTS["promotion-fail"]?.stories ?? []).flat(),
  };
  for (const facts of [many, huge, inChinese(huge)]) {
    const text = textOf(facts);
    expect(text.length).toBeLessThan(MOST);
    expect(text.startsWith("<!-- giftwrap:card -->\n### ✋ ")).toBe(true);
    expect(text).toMatch(/… and \d+ more\.|另有 \d+ 项/);
  }
});

it("a card of 300 gifts takes less than 50 ms", () => {
  const many = FACTS["very-many"] ?? NOTHING;
  const card = toPullRequestCard({
    ...many,
    findings: many.findings.slice(0, 300),
    viewers: many.viewers.slice(0, 300),
    costs: many.costs.slice(0, 900),
    compat: many.compat.slice(0, 300),
  });
  // Of the processor's time, and warm: other tests run beside this one.
  const times = Array.from({ length: 8 }, () => {
    const start = process.cpuUsage();
    cardToMarkdown(card);
    return process.cpuUsage(start).user / 1_000;
  });
  expect(Math.min(...times)).toBeLessThan(50);
});

it("the check's summary is the head of the card", () => {
  const { title, summary } = cardToHead(toPullRequestCard(FACTS["new-release-with-faults"] ?? NOTHING));
  expect(title).toContain("3 things to fix");
  expect(summary).toMatch(/^\*\*Next:\*\* mend what is listed/);
});
