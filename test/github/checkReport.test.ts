import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toPullRequestCard } from "../../src/github/card/pullRequestCard.ts";
import { nextVersion, toReleaseText } from "../../src/github/card/releaseText.ts";
import { parseReport, toReport } from "../../src/github/checkArtifact.ts";
import { toCheckReport } from "../../src/github/checkReport.ts";
import { findSkipWords } from "../../src/github/skipWords.ts";
import { parseFile } from "../../src/source/readProject.ts";
import { FACTS, GREEN, NOTHING } from "./cardFacts.ts";

const HEAD = "a".repeat(40);
const reportOf = (name: string) => toCheckReport(toPullRequestCard(FACTS[name] ?? NOTHING), HEAD);

describe("the check run", () => {
  it("fails what has to be mended, errors first, each on its line with what to do", () => {
    const { conclusion, title, annotations } = reportOf("new-release-with-faults");
    expect([conclusion, title]).toEqual(["failure", "rose 1.4.0 · new release — 3 things to fix"]);
    expect(annotations.map((it) => it.level)).toEqual(["failure", "failure", "warning", "warning"]);
    expect(annotations[1]).toEqual({
      path: "releases/rose/1.4.0.yaml",
      startLine: 20,
      endLine: 20,
      level: "failure",
      title: "PERCENT_RANGE",
      message: "SG at 150 % is more than everyone\nfix: write a number from 0.01 to 100",
    });
  });

  it("passes what only people, the gate or time stand before, and nothing that nobody could look at", () => {
    const failing = Object.keys(FACTS).filter((name) => reportOf(name).conclusion === "failure");
    expect(failing).toEqual([
      "new-release-with-faults",
      "new-release-being-built",
      "new-release-from-a-fork",
      "rollback-conflict",
      "internal-error",
      "closed",
      "very-many",
    ]);
  });

  it("has all findings, however many", () => {
    expect(reportOf("very-many").annotations).toHaveLength(1_000);
  });
});

describe("the report of the pull request's own run", () => {
  const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const card = {
    builds: [{ release: "rose@1.4.0", isWrong: false, message: "x".repeat(9_000) }],
    variants: [
      {
        release: "rose@1.4.0",
        tier: "low" as const,
        download: { bytes: 5, budget: 10 },
        memory: { bytes: 6, budget: 10 },
      },
    ],
  };

  it("is read as it was written, long texts cut", () => {
    const report = toReport({ card });
    expect(parseReport(bytesOf(report))).toEqual(report);
    expect(report.builds[0]?.message).toHaveLength(2_000);
  });

  it.each([
    ["nothing", ""],
    ["no JSON", "{"],
    ["another kind of value", "[]"],
    ["another version", '{"format":"2.0","builds":[],"variants":[]}'],
    ["more than is known", '{"format":"1.0","builds":[],"variants":[],"verdict":"ready"}'],
    [
      "a path as a picture",
      '{"format":"1.0","builds":[],"variants":[],"previews":[{"release":"a@1.0.0","name":"../x.png"}]}',
    ],
    [
      "markup as a release",
      '{"format":"1.0","builds":[{"release":"<b>@1","isWrong":false,"message":""}],"variants":[]}',
    ],
    [
      "a number that is none",
      '{"format":"1.0","builds":[],"variants":[{"release":"a@1","tier":"low","downloadBytes":1e99,"decodedBytes":1}]}',
    ],
    ["too much", `"${"x".repeat(2_000_001)}"`],
    ["a million misfits", `{"format":"1.0","variants":[],"builds":[${"{},".repeat(300_000)}{}]}`],
    [
      "a million keys",
      `{${Array.from({ length: 100_000 }, (_, at) => `"k${at}":1,`).join("")}"format":"1.0"}`,
    ],
  ])("is left out when it is %s", (_, text) => {
    expect(parseReport(new TextEncoder().encode(text))).toBeNull();
  });

  it("never throws, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.jsonValue().map(bytesOf)), (bytes) => {
        expect(parseReport(bytes)).toBeNull();
      }),
    );
  });
});

describe("words that keep GitHub from running anything", () => {
  it.each(["[skip ci]", "[CI skip]", "[no ci]", "[skip actions]", "[actions skip]"])(
    "%s in a title",
    (words) => {
      expect(findSkipWords(`Open rose ${words}`, "", [])).toEqual([{ where: "title", words }]);
    },
  );

  it("as a trailer of a commit, once for many of them, and not in other words", () => {
    const commit = "Open rose\r\n\r\nskip-checks: true\r\n";
    expect(findSkipWords("Skip ci", "we skip-checks: true", [commit, commit])).toEqual([
      { where: "commit", words: "skip-checks: true" },
    ]);
  });
});

describe("the release file that the card begins", () => {
  it("can be read as it is, from scratch and after an older one", () => {
    const first = toReleaseText("rose", nextVersion(null), ["android", "web"], null);
    const read = parseFile("release", "releases/rose/1.0.0.yaml", new TextEncoder().encode(first));
    expect(read.findings).toEqual([]);
    expect(read.located?.value).toMatchObject({
      version: "1.0.0",
      compat: { app: { android: "*", web: "*" } },
    });
    const before = read.located?.value ?? null;
    const next = toReleaseText("rose", nextVersion("1.4.7"), [], before);
    expect(parseFile("release", "releases/rose/1.5.0.yaml", new TextEncoder().encode(next)).findings).toEqual(
      [],
    );
  });
});

it("a card without GitHub has a check, too", () => {
  expect(
    toCheckReport(toPullRequestCard({ ...GREEN, place: null, pullRequest: null }), HEAD).conclusion,
  ).toBe("success");
});
