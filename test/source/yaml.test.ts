import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/source/json.ts";
import { parseFile } from "../../src/source/readProject.ts";
import { type ParsedYaml, parseYaml } from "../../src/source/yaml.ts";

const TEXT = `# A comment
gift: rose
rollout:
  canary:
    open: true # yes
    cohorts:
      - staff
      - qa
  regional:
    regions: { SG: 5, "ID": 10 }
fallback:
  - gift: rose-classic
  -   gift: tulip
ends:
`;

function located(parsed: ParsedYaml) {
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.findings));
  return parsed.located;
}

function findings(text: string): string[] {
  const parsed = parseYaml("a.yaml", text);
  if (parsed.ok) return [];
  return parsed.findings.map(
    ({ code, place, message }) => `${place.file}:${place.line}:${place.column} ${code} ${message}`,
  );
}

describe("every value knows where it is written", () => {
  const { place, value } = located(parseYaml("a.yaml", TEXT));

  test.each([
    [["gift"], 2, 7],
    [["rollout", "canary", "open"], 5, 11],
    [["rollout", "canary", "cohorts"], 7, 7],
    [["rollout", "canary", "cohorts", 1], 8, 9],
    [["rollout", "regional", "regions", "SG"], 10, 20],
    [["rollout", "regional", "regions", "ID"], 10, 29],
    [["fallback", 0], 12, 5],
    [["fallback", 1, "gift"], 13, 13],
    [[], 2, 1],
  ] as const)("%j at %i:%i", (path, line, column) => {
    expect(place(path)).toEqual({ file: "a.yaml", line, column });
  });

  test.each([
    [["gift"], 2, 1],
    [["rollout", "canary", "open"], 5, 5],
    [["rollout", "regional", "regions", "ID"], 10, 23],
    [["fallback", 1, "gift"], 13, 7],
    [["ends"], 14, 1],
  ] as const)("the key of %j at %i:%i", (path, line, column) => {
    expect(place(path, "key")).toEqual({ file: "a.yaml", line, column });
  });

  test("and what is not written is where its nearest written parent is", () => {
    expect(place(["rollout", "canary", "percent"])).toEqual(place(["rollout", "canary"]));
    expect(place(["rollout", "canary", "percent", 3, "x"])).toEqual(place(["rollout", "canary"]));
    expect(place(["rollout", "canary", "percent"], "key")).toEqual(place(["rollout", "canary"]));
    expect(place(["nothing"])).toEqual(place([]));
    expect(place(["ends"])).toMatchObject({ line: 14 });
  });

  test("and has the meaning of YAML 1.2: no is a word, and a value may be empty", () => {
    expect(value).toMatchObject({
      gift: "rose",
      ends: null,
      rollout: { canary: { cohorts: ["staff", "qa"] } },
    });
    expect(located(parseYaml("a.yaml", "NO: no\nyes: on\n")).value).toEqual({ NO: "no", yes: "on" });
  });

  test("and an empty file is empty, at its first place", () => {
    const empty = located(parseYaml("a.yaml", ""));
    expect([empty.value, empty.place(["x"])]).toEqual([null, { file: "a.yaml", line: 1, column: 1 }]);
  });

  test("also with the line ends of Windows", () => {
    expect(
      located(parseYaml("a.yaml", TEXT.replace(/\n/g, "\r\n"))).place(["fallback", 1, "gift"]),
    ).toMatchObject({
      line: 13,
      column: 13,
    });
  });
});

describe("what is no YAML is a finding at its place", () => {
  test("a key written twice in one block", () => {
    expect(findings("a: 1\nb:\n  c: 1\n  c: 2\n")).toEqual([
      'a.yaml:4:3 DUPLICATE_KEY "c" is written twice in the same block',
    ]);
    expect(findings("a: { c: 1 }\nb: { c: 1 }\n")).toEqual([]);
  });

  test("a quote that never ends", () => {
    const [found] = findings('a: 1\nb: "x\n');
    expect(found).toMatch(/^a\.yaml:\d:\d YAML_SYNTAX this is not YAML: /);
  });

  test.each([
    ["a: *b\n"],
    ["a: b: c\n"],
    ["\ta: 1\n"],
    ["a: 1\n b: 2\n"],
    ["---\na: 1\n---\nb: 1\n"],
    ["a: !!x y\n"],
  ])("%j, and it is one finding", (text) =>
    expect(findings(text)).toEqual([expect.stringContaining("YAML_SYNTAX")]),
  );

  test("an alias that would grow without end", () => {
    let text = `a0: &a0 [${Array(10).fill("x").join()}]\n`;
    for (let i = 1; i < 9; i++)
      text += `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join()}]\n`;
    expect(findings(text)).toEqual([expect.stringContaining("YAML_SYNTAX")]);
  });
});

test("JSON that is none is a finding that says where it comes from", () => {
  const parsed = parseJson("a.lock.json", "{");
  expect(parsed.ok ? [] : parsed.findings).toMatchObject([
    {
      code: "JSON_SYNTAX",
      place: { file: "a.lock.json", line: 1, column: 1 },
      fix: expect.stringContaining("written by a tool"),
    },
  ]);
  expect(located(parseJson("a.lock.json", '{"a":1}')).value).toEqual({ a: 1 });
});

describe("a file of a kind", () => {
  const parse = (text: string) => parseFile("gift", "gifts/rose/gift.yaml", new TextEncoder().encode(text));

  test("has its findings at the key or the value that is meant, and belongs to its gift", () => {
    const { located, findings } = parse(
      'id: rose\nname: 5\nowner: "@acme/art"\nanimation: source/a.svga\ncolour: red\n',
    );
    expect(located).toBeNull();
    expect(findings).toMatchObject([
      { code: "UNKNOWN_KEY", gift: "rose", place: { line: 5, column: 1 } },
      { code: "WRONG_TYPE", gift: "rose", place: { line: 2, column: 7 } },
    ]);
  });

  test("that is not there counts as an empty one", () => {
    expect(parseFile("policy", "releases/policy.yaml").findings).toMatchObject([{ code: "WRONG_TYPE" }]);
  });
});
