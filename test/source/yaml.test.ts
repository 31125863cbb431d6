import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/source/json.ts";
import { parseFile } from "../../src/source/readProject.ts";
import { MAX_LEVELS, type ParsedYaml, parseYaml } from "../../src/source/yaml.ts";

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
    ["a: b: c\n", "YAML_SYNTAX"],
    ["a: 1\n b: 2\n", "YAML_SYNTAX"],
    ["a: *b\n", "YAML_ALIASES"],
    ["a: *\n", "YAML_ALIASES"],
    ["a: &a [*a]\n", "YAML_ALIASES"],
    ["\ta: 1\n", "YAML_TAB"],
    ["a:\n\tb: 1\n", "YAML_TAB"],
    ["a:\n  b: 1\n\tc: 1\n", "YAML_TAB"],
    ["a: {\n\tb: 1\n}\n", "YAML_TAB"],
    ["---\na: 1\n---\nb: 1\n", "YAML_DOCUMENTS"],
    ["a: !!x y\n", "YAML_TAG"],
    ["a: !!js/function x\n", "YAML_TAG"],
    ["a: !!binary aGVsbG8=\n", "YAML_TAG"],
    ["a: !!set { b }\n", "YAML_TAG"],
    ["a: !Rose\n", "YAML_TAG"],
    ["%YAML 1.1\n---\na: no\n", "YAML_VERSION"],
    ["[a]: 1\n", "YAML_KEY"],
    ["a: &x b\n*x : 1\n", "YAML_KEY"],
    ["1: a\n'1': b\n", "DUPLICATE_KEY"],
    ["__proto__: 1\n__proto__: 2\n", "DUPLICATE_KEY"],
  ])("%j, and it is one finding with the code %s", (text, code) =>
    expect(findings(text)).toEqual([expect.stringMatching(`^a.yaml:\\d:\\d ${code} `)]),
  );

  test("an alias that would grow without end", () => {
    let text = `a0: &a0 [${Array(10).fill("x").join()}]\n`;
    for (let i = 1; i < 9; i++)
      text += `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join()}]\n`;
    expect(findings(text)).toEqual([
      'a.yaml:1:1 YAML_ALIASES names with "*" repeat values inside each other, more than 100 times or without end',
    ]);
  });

  test("more aliases than anybody writes, each of them harmless", () => {
    const text = Array.from({ length: 40_000 }, (_, at) => `- &a${at} x\n- *a${at}\n`).join("");
    expect(findings(text)).toEqual([expect.stringMatching(/^a\.yaml:202:\d YAML_ALIASES /)]);
  });

  test.each([
    ["brackets", "[".repeat(500_000)],
    ["closed brackets", `${"[".repeat(5_000)}${"]".repeat(5_000)}`],
    ["braces", "{a: ".repeat(200_000)],
    ["dashes", "- ".repeat(400_000)],
    ["question marks", "? ".repeat(400_000)],
    ["colons", "a: ".repeat(300_000)],
    ["indentation", Array.from({ length: 1_000 }, (_, at) => `${" ".repeat(at)}a:\n`).join("")],
    ["one level more than is read", `${"[".repeat(MAX_LEVELS + 1)}${"]".repeat(MAX_LEVELS + 1)}`],
  ])("too many levels of %s, told at once", (_, text) => {
    const started = performance.now();
    expect(findings(text)).toEqual([expect.stringMatching(/^a\.yaml:\d+:\d+ YAML_DEEP /)]);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  test("and as many levels as are read are none", () => {
    expect(findings(`${"[".repeat(MAX_LEVELS)}${"]".repeat(MAX_LEVELS)}`)).toEqual([]);
  });

  test.each([
    ["keys", Array.from({ length: 60_000 }, (_, at) => `k${at}: 1\n`).join("")],
    ["items", `[${Array.from({ length: 60_000 }, (_, at) => at).join()}]`],
  ])("more %s than anybody writes", (_, text) =>
    expect(findings(text)).toEqual([expect.stringMatching(/^a\.yaml:1:1 YAML_VALUES /)]),
  );
});

describe("what only looks like more than plain values", () => {
  test("is what it is: keys of JavaScript's own, merges and numbers beyond all bounds", () => {
    const { value } = located(
      parseYaml("a.yaml", "__proto__: { x: 1 }\nconstructor: 2\na: { <<: { b: 1 } }\nc: 1e999\n"),
    );
    expect(Object.entries(value ?? {})).toEqual([
      ["__proto__", { x: 1 }],
      ["constructor", 2],
      ["a", { "<<": { b: 1 } }],
      ["c", Number.POSITIVE_INFINITY],
    ]);
  });
});

describe("places are looked up when they are read", () => {
  test("and many of them, in several files in turn, are right each time", () => {
    const files = Array.from({ length: 7 }, (_, at) => ({
      at,
      file: located(parseYaml(`${at}.yaml`, `${"\n".repeat(at)}a: 1\nb: { c: 2 }\n`)),
    }));
    for (const path of [["a"], ["b", "c"], ["a"]])
      for (const { at, file } of files)
        expect(file.place(path)).toEqual({
          file: `${at}.yaml`,
          line: at + path.length,
          column: path.length === 1 ? 4 : 9,
        });
  });

  test("and can be written as JSON and copied", () => {
    const place = located(parseYaml("a.yaml", "x:\n  y: 1\n")).place(["x", "y"]);
    expect(JSON.parse(JSON.stringify(place))).toEqual({ file: "a.yaml", line: 2, column: 6 });
    expect({ ...place }).toEqual({ file: "a.yaml", line: 2, column: 6 });
  });
});

test("JSON that is none is a finding that says where it comes from", () => {
  const parsed = parseJson("a.lock.json", "{");
  expect(parsed.ok ? [] : parsed.findings).toMatchObject([
    {
      code: "JSON_SYNTAX",
      place: { file: "a.lock.json", line: 1, column: 1 },
      fix: expect.stringContaining("a tool writes this file"),
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
