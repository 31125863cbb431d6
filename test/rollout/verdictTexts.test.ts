import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeUnseen } from "../../src/report/text.ts";
import { describeReason } from "../../src/rollout/verdict/describeReason.ts";
import { describeVerdict, type VerdictStory } from "../../src/rollout/verdict/story.ts";
import { VERDICT_FORMAT, verdictToJson } from "../../src/rollout/verdict/verdictJson.ts";
import { verdictToMarkdown } from "../../src/rollout/verdict/verdictMarkdown.ts";
import { verdictToText } from "../../src/rollout/verdict/verdictText.ts";
import { anyVerdict, SLIPS } from "../support/anyVerdict.ts";
import {
  COHORT_PLAN,
  early,
  metric,
  PLAN,
  REASONS,
  rate,
  STRATA,
  VERDICTS,
  verdict,
} from "../support/verdicts.ts";

const PICTURES = [
  {
    light: "https://gifts.example/evidence/difference-failed-light.svg",
    dark: "https://gifts.example/evidence/difference-failed-dark.svg",
    alt: 'rose 1.1.0: "new" minus <live>',
  },
];
const of = (name: string) => {
  const found = VERDICTS[name];
  if (!found) throw new Error(`no verdict is called ${name}`);
  return { ...found, story: describeVerdict(found.verdict, found.plan) };
};
const namesOf = Object.keys(VERDICTS);

describe("a verdict in words", () => {
  test.each(namesOf)("reads well in the terminal: %s", async (name) => {
    await expect(verdictToText(of(name).story)).toMatchFileSnapshot(`golden/verdict-${name}.txt`);
  });

  test.each(namesOf)("reads well in a pull request: %s", async (name) => {
    const text = verdictToMarkdown(of(name).story, { pictures: name === "pass" ? PICTURES : [] });
    await expect(text).toMatchFileSnapshot(`golden/verdict-${name}.md`);
  });

  test.each(["pass", "no-data", "worse-in-one-region"])("is there for programs: %s", async (name) => {
    const { verdict, story } = of(name);
    await expect(verdictToJson(verdict, story)).toMatchFileSnapshot(`golden/verdict-${name}.json`);
  });

  test("has a sentence and a next step for every reason there is", async () => {
    const lines = REASONS.map((reason) => {
      const { sentence, next } = describeReason(
        reason,
        verdict(),
        reason.kind === "cohort_clean" ? COHORT_PLAN : PLAN,
      );
      expect(sentence).toMatch(/^[^\s].*[.!?]$/);
      return `${sentence}\n  ${next.who}: ${next.what}\n${next.command === undefined ? "" : `    ${next.command}\n`}`;
    });
    await expect(lines.join("")).toMatchFileSnapshot("golden/verdict-reasons.txt");
  });

  test("says in its first three lines what to do, why, and who", () => {
    for (const name of namesOf) {
      const [headline, why, next] = verdictToText(of(name).story).split("\n");
      expect(headline).toMatch(/^(Promote|Do not promote|Decide about|Leave|Take back) rose 1\.1\.0\b.*: /);
      expect(why).toMatch(/^ {2}why: [^\s].*\.$/);
      expect(next).toMatch(/^ {2}next \((product manager|reviewer|on-call|telemetry owner)\): [a-z]/);
    }
  });

  test("keeps the words of statistics out of what is read in ten seconds", () => {
    for (const name of namesOf) {
      const { headline, why, next, rows } = of(name).story;
      const first = [headline, why, next.what, ...rows.flatMap((it) => Object.values(it))].join("\n");
      expect(first).not.toMatch(
        /e-value|\bnull\b|alpha|hypothes|confiden|interval|signific|stratum|strata|binomial/i,
      );
    }
  });

  test("lets the reader see which of two close numbers is greater", () => {
    const close = describeVerdict(
      verdict({ metrics: [metric("failed", { trial: rate(1_251, 125_000), limit: 0.01 })] }),
      PLAN,
    );
    expect(close.rows[0]).toMatchObject({ new: "1.001 %", limit: "up to 1.000 %" });
  });

  test("warns when totals say the opposite of what like compared with like says", () => {
    const paradox = metric("failed", {
      kind: "fail",
      trial: rate(50, 12_400),
      difference: { estimate: 0.008, lower: 0.004, upper: 0.012 },
    });
    const story = describeVerdict(
      verdict({ kind: "fail", reasons: [{ kind: "worse", metric: "failed" }], metrics: [paradox] }),
      PLAN,
    );
    expect(story.why).toContain("These totals mislead");
    expect(story.why).toContain("+0.80 points");
  });

  test("does not say that more plays fail where fewer do by now", () => {
    expect(of("came-down-again").story.why).toContain("what came later does not undo this");
    expect(of("came-down-again").story.headline).toContain("failed to load earlier");
    expect(of("came-down-again").story.rows[0]?.verdict).toBe("was worse");
    expect(of("worse").story.why).not.toContain("what came later");
  });

  test("says why it fails although it is within the limit so far", () => {
    const within = metric("failed", {
      kind: "fail",
      trial: rate(109, 12_400),
      difference: { estimate: 0.0039, lower: 0.0026, upper: 0.0052 },
    });
    const reasons = [{ kind: "worse", metric: "failed" }] as const;
    const story = describeVerdict(verdict({ kind: "fail", reasons, metrics: [within] }), PLAN);
    expect(story.why).toContain("not proven to stay within what is allowed");
    expect(of("worse").story.why).not.toContain("not proven");
  });

  test("lets a person decide where a hold tells of failures, and takes nothing back by itself", () => {
    for (const name of ["cohort-failures", "worse-where-few-are", "timeout", "worse-within-margin"]) {
      expect(of(name).story.recommendation).toBe("decide");
      expect(of(name).story.next.what).toMatch(/waiver of GATE_HOLD.*or take it back/);
    }
  });

  test("names a failure as one, also where an exception lets it through", () => {
    expect(of("waived-failure").story.headline).toBe(
      "Promote rose 1.1.0: it failed, but is let through as an exception",
    );
    expect(of("waived").story.headline).toContain("not proven");
  });

  test("shows the regions that are worse first", () => {
    const [, , , ...rest] = STRATA;
    const strata = [...STRATA.slice(0, 3), ...rest.map((it) => ({ ...it, kind: "fail" as const }))];
    const story = describeVerdict(verdict({ metrics: [metric("failed", { strata })] }), PLAN);
    expect(story.places[0]?.rows[0]).toMatchObject({ region: "SG", tier: "high", verdict: "worse" });
  });

  test("does not call numbers fine that cannot be trusted", () => {
    const rows = of("sample-ratio").story.rows.filter((it) => it.verdict.startsWith("fine"));
    expect(rows).toEqual([]);
  });

  test("fits into a comment of GitHub, with hundreds of regions too", () => {
    const strata = Array.from({ length: 900 }, (_, at) => ({
      ...(STRATA[0] ?? expect.fail()),
      region: `R${at}`,
    }));
    const story = describeVerdict(
      verdict({ metrics: verdict().metrics.map((it) => ({ ...it, strata })) }),
      PLAN,
    );
    const text = verdictToMarkdown(story);
    expect(text.length).toBeLessThan(60_000);
    expect(text).toMatch(/… and \d+ more/);
    expect(verdictToMarkdown(story, { maxLength: 1_000 })).toContain("The rest is too long");
  });

  test("cannot be broken by names in it", () => {
    const evil = "</details>|`x`\n| a | b |\n<script> @acme/everyone #1";
    const story = describeVerdict(
      early([{ kind: "on_hold", why: evil }], {
        gift: evil,
        metrics: [metric("failed", { strata: [{ ...(STRATA[0] ?? expect.fail()), region: evil }] })],
      }),
      PLAN,
    );
    const text = verdictToMarkdown(story, { pictures: [{ light: `"><script>`, dark: "d", alt: evil }] });
    expect(text).not.toMatch(/(?<!\\)<script/);
    // GitHub looks for mentions in what is shown, not in what a tag says.
    expect(text.replace(/<img [^>]*>/g, "")).not.toMatch(/@acme|#1\b/);
    expect(count(text, /(?<!\\)<details>/g)).toBe(count(text, /(?<!\\)<\/details>/g));
  });
});

describe("any verdict that the types allow", () => {
  test("is told in every form, without a slip of a number", () => {
    fc.assert(
      fc.property(anyVerdict, (any) => {
        const story = describeVerdict(any, PLAN);
        const text = verdictToText(story);
        const markdown = verdictToMarkdown(story);
        const json = verdictToJson(any, story);
        expect(text).not.toMatch(SLIPS);
        expect(markdown).not.toMatch(SLIPS);
        expect(json).not.toMatch(/NaN|Infinity|undefined/);
        for (const line of text.trimEnd().split("\n")) expect(escapeUnseen(line)).toBe(line);
        expect(JSON.parse(json)).toMatchObject({ format: VERDICT_FORMAT, verdict: any.kind });
        for (const table of tablesOf(markdown)) expect(new Set(table.map(countCells)).size).toBe(1);
      }),
    );
  });

  test("is recommended for promotion only when it passed, and only then tells how", () => {
    fc.assert(
      fc.property(anyVerdict, (any) => {
        const story = describeVerdict(any, PLAN);
        expect(story.headline.startsWith("Promote ")).toBe(any.kind === "pass");
        expect(story.recommendation === "promote").toBe(any.kind === "pass");
        if (any.kind !== "pass")
          expect(tells(story)).not.toMatch(/giftwrap promote|merge the pull request|end the holdback/);
      }),
    );
  });

  test("gives the same texts again", () => {
    fc.assert(
      fc.property(anyVerdict, (any) => {
        expect(verdictToMarkdown(describeVerdict(any, PLAN))).toBe(
          verdictToMarkdown(describeVerdict(any, PLAN)),
        );
      }),
      { numRuns: 20 },
    );
  });
});

function tells({ next }: VerdictStory): string {
  return `${next.what} ${next.command ?? ""}`;
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0;
}

/** Lines that begin with a bar, as blocks. */
function tablesOf(markdown: string): string[][] {
  return markdown
    .split(/\n(?!\|)/)
    .map((block) => block.split("\n").filter((line) => line.startsWith("|")))
    .filter((lines) => lines.length > 0);
}

function countCells(row: string): number {
  return count(row, /(?<!\\)\|/g) - 1;
}
