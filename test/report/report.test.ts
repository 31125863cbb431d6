import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { explainError, GiftError } from "../../src/report/error.ts";
import { type Finding, sortFindings, stoppedGifts } from "../../src/report/finding.ts";
import { escapeCell, findingsToCommands, findingsToMarkdown } from "../../src/report/github.ts";
import { nearestWord } from "../../src/report/nearest.ts";
import { count, findingsToText, summariseFindings, toBytes, toTable } from "../../src/report/text.ts";

function finding(file: string, line = 1, column = 1, parts: Partial<Finding> = {}): Finding {
  return {
    code: "PERCENT_RANGE",
    severity: "error",
    place: { file, line, column },
    message: "SG at 150 % is more than everyone",
    fix: "write a number from 0.01 to 100",
    ...parts,
  };
}

const FINDINGS: readonly Finding[] = [
  finding("releases/rose/1.4.0.yaml", 20, 11, { gift: "rose" }),
  finding("releases/rose/1.4.0.yaml", 3, 1, {
    gift: "rose",
    code: "UNKNOWN_KEY",
    message: '"titel" is not known here; did you mean "title"?',
    fix: 'write "title" instead of "titel"',
  }),
  finding("gifts/crown/gift.yaml", 4, 12, {
    gift: "crown",
    severity: "warning",
    code: "STRAY_FILE",
    message: "source/old.svga is named nowhere",
    fix: "delete it, or name it",
  }),
  finding("releases/policy.yaml", 1, 1, {
    code: "MISSING_KEY",
    message: '"tiers" is missing',
    fix: "add it",
  }),
];

describe("findings in the terminal", () => {
  test("are one line of what and where, and one of what to do", async () => {
    await expect(findingsToText(FINDINGS)).toMatchFileSnapshot("golden/findings.txt");
  });

  test("are nothing when nothing is wrong", () => expect(findingsToText([])).toBe(""));

  test("are counted in one line", () => {
    expect(summariseFindings(FINDINGS)).toBe("3 errors, 1 warning");
    expect(summariseFindings([finding("a")])).toBe("1 error, 0 warnings");
  });
});

describe("the order of findings", () => {
  test("is by file, line, column, code and message, whoever found them first", () => {
    const sorted = [
      finding("a", 2, 9),
      finding("a", 10, 1, { code: "BAD_RANGE" }),
      finding("a", 10, 1, { code: "EMPTY_RANGE", message: "a" }),
      finding("a", 10, 1, { code: "EMPTY_RANGE", message: "b" }),
      finding("a", 10, 2),
      finding("b", 1, 1),
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(sorted, { minLength: sorted.length }), (shuffled) => {
        expect(sortFindings(shuffled)).toEqual(sorted);
      }),
    );
  });

  test("leaves the list itself as it is", () => {
    const list = [finding("b"), finding("a")];
    sortFindings(list);
    expect(list.map(({ place }) => place.file)).toEqual(["b", "a"]);
  });
});

describe("what an error stops", () => {
  test("is the gift that it belongs to", () => {
    const stopped = stoppedGifts([
      finding("a", 1, 1, { gift: "rose" }),
      finding("b", 1, 1, { gift: "rose" }),
    ]);
    expect(stopped).toEqual({ everything: false, gifts: new Set(["rose"]) });
  });

  test("is everything when it belongs to none", () =>
    expect(stoppedGifts([finding("a")]).everything).toBe(true));

  test("a warning stops nothing", () => {
    const warning = { severity: "warning", gift: "rose" } as const;
    expect(stoppedGifts([finding("a", 1, 1, warning)])).toEqual({ everything: false, gifts: new Set() });
  });
});

describe("findings on GitHub", () => {
  test("are a table under a verdict, errors first", async () => {
    await expect(findingsToMarkdown(FINDINGS)).toMatchFileSnapshot("golden/findings-on-github.txt");
  });

  test("of one gift say that this gift cannot go out", () => {
    expect(findingsToMarkdown([finding("a", 1, 1, { gift: "rose" })])).toContain(
      "1 gift cannot go out: rose.",
    );
  });

  test("that are all warnings stop nothing", () => {
    expect(findingsToMarkdown([finding("a", 1, 1, { severity: "warning" })])).toContain(
      "Nothing is stopped.",
    );
  });

  test("that are none say so", () =>
    expect(findingsToMarkdown([])).toBe("**Files:** everything is in order.\n"));

  test("beyond a limit are counted", () => {
    const rows = findingsToMarkdown(FINDINGS, 1).split("\n");
    expect(rows.filter((row) => row.startsWith("| error") || row.startsWith("| warning"))).toHaveLength(1);
    expect(rows).toContain("… and 3 more.");
  });
});

describe("findings as commands to GitHub", () => {
  test("are annotations on their lines with the fix below what is wrong, errors first, each by place", () => {
    expect(findingsToCommands(FINDINGS).split("\n")).toEqual([
      '::error file=releases/policy.yaml,line=1,col=1,title=MISSING_KEY::"tiers" is missing%0Afix: add it',
      '::error file=releases/rose/1.4.0.yaml,line=3,col=1,title=UNKNOWN_KEY::"titel" is not known here; did you mean "title"?%0Afix: write "title" instead of "titel"',
      "::error file=releases/rose/1.4.0.yaml,line=20,col=11,title=PERCENT_RANGE::SG at 150 %25 is more than everyone%0Afix: write a number from 0.01 to 100",
      "::warning file=gifts/crown/gift.yaml,line=4,col=12,title=STRAY_FILE::source/old.svga is named nowhere%0Afix: delete it, or name it",
    ]);
  });

  test("are none when nothing is wrong", () => expect(findingsToCommands([])).toBe(""));

  test.each([
    ["%", "%25", "%25"],
    ["\r", "%0D", "%0D"],
    ["\n", "%0A", "%0A"],
    [":", ":", "%3A"],
    [",", ",", "%2C"],
    ["%0A", "%250A", "%250A"],
    ["a\r\n::add-mask::b,c", "a%0D%0A::add-mask::b,c", "a%0D%0A%3A%3Aadd-mask%3A%3Ab%2Cc"],
  ])("have %j as %j in what they say, and as %j in a file's name", (text, data, property) => {
    expect(findingsToCommands([finding(text, 1, 2, { message: text, fix: text })])).toBe(
      `::error file=${property},line=1,col=2,title=PERCENT_RANGE::${data}%0Afix: ${data}`,
    );
  });

  test("are one line each that says all of it, whatever is in the files", () => {
    const nasty = fc
      .array(fc.constantFrom("%", "\r", "\n", ":", ",", "::", "%0A", "%3A", "a", "="))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(nasty, nasty, nasty, (file, message, fix) => {
        const text = findingsToCommands([finding(file, 3, 4, { message, fix })]);
        const [, properties = "", data = ""] = /^::error ([^\r\n]*?)::([^\r\n]*)$/.exec(text) ?? [];
        const read = properties.split(",").map((it) => it.slice(it.indexOf("=") + 1));
        expect(read.map(decodeURIComponent)).toEqual([file, "3", "4", "PERCENT_RANGE"]);
        expect(decodeURIComponent(data)).toBe(`${message}\nfix: ${fix}`);
      }),
      { numRuns: 500 },
    );
  });
});

describe("text from a file is only text on GitHub", () => {
  test.each([
    ["**loud**", "\\*\\*loud\\*\\*"],
    ["<img src=x>", "\\<img src=x\\>"],
    ["[a](b)", "\\[a\\](b)"],
    ["`code`", "\\`code\\`"],
    ["a | b", "a \\| b"],
    ["one\r\ntwo\nthree", "one two three"],
    ["@acme/owners", "@\u200bacme/owners"],
    ["&#64;acme", "\\&\\#\u200b64;acme"],
    ["see #12 and GH-12", "see \\#\u200b12 and GH-\u200b12"],
    ["https://example.com www.example.com", "https:\u200b//example.com www\u200b.example.com"],
    [":tada:", ":\u200btada:"],
    ["abc\u202edcba", "abcdcba"],
    ["\\", "\\\\"],
  ])("%j", (text, escaped) => expect(escapeCell(text)).toBe(escaped));

  test("and never a second row, a second cell or a mention, whatever it is", () => {
    const nasty = fc.array(
      fc.constantFrom("|", "\n", "\r", "\\", "@", "a", "`", "<", "\u2028", "\0", "![", "](", "~~~", " "),
    );
    fc.assert(
      fc.property(nasty, (parts) => {
        const text = parts.join("");
        const table = findingsToMarkdown([
          finding(`gifts/${text}`, 1, 1, { message: text, fix: text, gift: text || "rose" }),
        ]);
        const lines = table.trimEnd().split(/[\n\r\u2028]/);
        expect(lines).toHaveLength(5);
        expect((lines.at(-1) ?? "").replace(/\\\\/g, "").match(/(?<!\\)\|/g)).toHaveLength(5);
        expect(table).not.toMatch(/@[a-z]/);
      }),
      { numRuns: 500 },
    );
  });

  test("and is cut before it fills the page", () => {
    expect(escapeCell("x".repeat(100_000)).length).toBeLessThan(700);
  });
});

describe("the word that was probably meant", () => {
  const known = ["title", "tiers", "regions", "rollout", "fps"];
  test.each([
    ["titel", "title"],
    ["Title", "title"],
    ["region", "regions"],
    ["rolout", "rollout"],
    ["fsp", "fps"],
    ["banana", null],
    ["x", null],
    ["", null],
  ])("of %j is %j", (word, meant) => expect(nearestWord(word, known)).toBe(meant));

  test("is the word itself when it is known", () => {
    for (const word of known) expect(nearestWord(word, known)).toBe(word);
  });

  test("is none when nothing is known", () => expect(nearestWord("title", [])).toBeNull());
});

describe("an error in one line", () => {
  test("has its causes, each once, and no stack", () => {
    const cause = new Error("ENOENT: no such file", { cause: new Error("disk gone") });
    const error = new GiftError("STORE_FAILED", "the store did not answer", "check it", { cause });
    expect(explainError(error)).toBe("the store did not answer: ENOENT: no such file: disk gone");
    expect(explainError(new Error("same", { cause: new Error("same") }))).toBe("same");
  });

  test("is the thing itself when something else was thrown", () => expect(explainError("oops")).toBe("oops"));

  test("ends when its causes go in a circle", () => {
    const error = new Error("a");
    error.cause = error;
    expect(explainError(error)).toBe("a");
  });
});

test("numbers read as people write them", () => {
  expect([count(0, "gift"), count(1, "gift"), count(2, "gift")]).toEqual(["0 gifts", "1 gift", "2 gifts"]);
  expect([toBytes(999), toBytes(1_000), toBytes(1_550_000)]).toEqual(["999 B", "1.0 kB", "1.55 MB"]);
});

test("a table has aligned columns and no space at the end of a line", () => {
  expect(
    toTable([
      ["gift", "release"],
      ["rose", "1.4.0"],
      ["rose-classic", ""],
    ]),
  ).toBe("gift          release\nrose          1.4.0\nrose-classic");
});
