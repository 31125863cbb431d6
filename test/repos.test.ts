import { afterAll, beforeAll, describe, test } from "vitest";
import { type Validation, validate, validationToLines } from "../src/commands/validate.ts";
import { FINDING_CODES } from "../src/report/codes.ts";
import { sortFindings } from "../src/report/finding.ts";
import {
  clearGround,
  expectedPath,
  type Ground,
  prepareGround,
  readCases,
  useCase,
} from "./support/repoCase.ts";

/*
 * Hand-made repositories and every word that `giftwrap validate` says of them: for each code a tree that has the finding, and
 * its nearest neighbour that is fine.
 */

/** What only `giftwrap gate` finds, since it asks the metrics; test/e2e/gateCommand.e2e.test.ts has these. */
const OF_THE_GATE = new Set<string>(["GATE_FAIL", "GATE_HOLD"]);
const CODES = FINDING_CODES.filter((code) => !OF_THE_GATE.has(code));

/** Instructions begin with one of these; `if …,` and `by DATE,` may stand before it. */
const VERBS = new Set(
  (
    "add bring build check claim delete draw end export give keep leave let make mend move name number open put " +
    "rename run save set shorten take turn upload use wait write"
  ).split(" "),
);

describe("a repository", () => {
  let ground: Ground;
  const codes = new Map<string, ReadonlySet<string>>();
  const cases = readCases();

  beforeAll(async () => {
    ground = await prepareGround();
  });
  afterAll(() => clearGround(ground));

  for (const it of cases) {
    test.concurrent(`${it.name}: ${it.says}`, async ({ expect }) => {
      await useCase(it, ground, async (io) => {
        const validation = await validate(io, it.base ? "HEAD" : undefined);
        const { findings, exit } = validation;
        codes.set(it.name, new Set(findings.map(({ code }) => code)));
        await expect(toText(validation)).toMatchFileSnapshot(expectedPath(it.name));
        expect(findings, "sorted").toEqual(sortFindings(findings));
        expect(findings.filter(isAgain), "told twice").toEqual([]);
        expect(
          findings.map(({ fix }) => fix).filter((fix) => !isInstruction(fix)),
          "no order",
        ).toEqual([]);
        expect(exit).toBe(findings.some(({ severity }) => severity === "error") ? 1 : 0);
        const has = (code: string) => findings.some((finding) => finding.code === code);
        expect(it.neighbourOf.filter(has), "a neighbour is fine").toEqual([]);
        const named = codeInName(it.name);
        if (named && !it.neighbourOf.includes(named)) expect(has(named), `has ${named}`).toBe(true);
      });
    });
  }

  test("is there for every code, once with it and once without", ({ expect }) => {
    const hit = new Set([...codes.values()].flatMap((it) => [...it]));
    const spared = new Set(cases.flatMap((it) => it.neighbourOf));
    expect(
      CODES.filter((code) => !hit.has(code)),
      "hit by no case",
    ).toEqual([]);
    expect(
      CODES.filter((code) => !spared.has(code)),
      "without a fine neighbour",
    ).toEqual([]);
  });
});

/** A case that is named after a code has it, unless it is the code's neighbour. */
function codeInName(name: string): string | undefined {
  const words = `${name}-`;
  const codes = FINDING_CODES.filter((code) =>
    words.startsWith(`${code.toLowerCase().replaceAll("_", "-")}-`),
  );
  return codes.sort((a, b) => b.length - a.length)[0];
}

/** What the command prints, below what it ends with. */
function toText(validation: Validation): string {
  return `exit ${validation.exit}\n${validationToLines(validation, "text").join("\n")}\n`;
}

function isAgain(
  { code, place, message }: Validation["findings"][number],
  at: number,
  all: Validation["findings"],
): boolean {
  const isSame = (other: (typeof all)[number]) =>
    other.code === code &&
    other.message === message &&
    other.place.file === place.file &&
    other.place.line === place.line &&
    other.place.column === place.column;
  return all.findIndex(isSame) !== at;
}

function isInstruction(fix: string): boolean {
  const [, verb = ""] = /^(?:by \d{4}-\d\d-\d\d, )?(?:if [^,]+, )?([a-z]+)/.exec(fix) ?? [];
  return VERBS.has(verb);
}
