import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkPlaces } from "../../src/rules/checkLayout.ts";
import { isPlainLayout } from "../../src/rules/plainLayout.ts";
import { parseFile } from "../../src/source/readProject.ts";
import { releaseText } from "./projectOf.ts";
import { runsOf } from "../support/runs.ts";

const FILE = "releases/rose/1.0.0.yaml";

/** Codes of what is wrong with the layout by the places of its values, or null when it is no release at all. */
function wrongPlaces(text: string): readonly string[] | null {
  const { located } = parseFile("release", FILE, new TextEncoder().encode(text));
  return located && checkPlaces(located, text, "rose").map((it) => it.code);
}

const GOOD = releaseText("rose", "1.0.0");

describe("the layout that commands write", () => {
  test.each([
    ["as it is", GOOD],
    ["with the line ends of Windows", GOOD.replaceAll("\n", "\r\n")],
    [
      "with comments",
      GOOD.replace("    open: true\n", "    # since Monday\n    open: true # to everyone: all\n"),
    ],
    ["with a comment above a stage", GOOD.replace("  full:\n", "  # later\n  full:\n")],
    ["with a share of everyone", GOOD.replace("      - staff\n", "      - staff\n    percent: 1\n")],
    ["with what it requires", GOOD.replace("rollout:", 'requires:\n  kit: ^2.0.0\n  spark: "*"\n\nrollout:')],
    ["without a holdback", GOOD.slice(0, GOOD.indexOf("\n  holdback:"))],
    ["with a key after it", `${GOOD}\nreopening:\n  reason: It was too loud\n`],
    ["in another order", GOOD.replace(/( {2}canary:[^]*?\n\n)([^]*)( {2}full:\n.*\n\n)/, "$3$2$1")],
  ])("is known at a glance %s", (_, text) => {
    expect(isPlainLayout(text)).toBe(true);
    expect(wrongPlaces(text)).toEqual([]);
  });

  test.each([
    ["a missing blank line", GOOD.replace("\n\n  full:", "\n  full:"), ["LAYOUT_NO_BLANK_LINE"]],
    [
      "a share beside open",
      GOOD.replace("    open: true\n", "    open: true\n    percent: 1\n"),
      ["LAYOUT_TOUCHES_OPEN"],
    ],
    [
      "regions on one line",
      GOOD.replace(/ {4}regions:\n.*\n.*\n/, "    regions: { SG: 5 }\n"),
      ["LAYOUT_TOUCHES_OPEN"],
    ],
    ["a stage on one line", GOOD.replace("  full:\n    open: false\n", "  full: { open: false }\n"), []],
    ["a text that goes on below", GOOD.replace("title: A rose", "title: A rose\n  of gold"), []],
  ])("is looked at closely with %s", (_, text, codes) => {
    expect(isPlainLayout(text)).toBe(false);
    expect(wrongPlaces(text)).toEqual(codes);
  });
});

const region = fc.constantFrom("SG", "ID", "BR");
const comment = fc.constantFrom("", "", "", " # why", " # open: true", " #");

/** Releases in many layouts, good ones and bad ones; the parts of one come in any order. */
const layouts = fc
  .record({
    canary: fc.shuffledSubarray(["open", "cohorts", "percent"], { minLength: 2 }),
    regional: fc.shuffledSubarray(["open", "regions", "eligible"], { minLength: 2 }),
    regions: fc.uniqueArray(region, { minLength: 1 }),
    style: fc.constantFrom("block", "block", "flow"),
    stageStyle: fc.constantFrom("block", "block", "block", "flow"),
    order: fc.shuffledSubarray(["salt", "canary", "regional", "full", "holdback"], { minLength: 3 }),
    between: fc.array(fc.constantFrom("\n", "\n", "\n", "", "  # a comment\n", "\n# a comment\n"), {
      minLength: 5,
      maxLength: 5,
    }),
    comment,
    indent: fc.constantFrom("  ", "  ", "  ", "    "),
    title: fc.constantFrom(
      "A rose",
      '"A: rose"',
      "|\n  open: true\n  rollout:",
      "A\n  rose",
      "'it''s'",
      "A # rose",
    ),
    rolloutFirst: fc.boolean(),
  })
  .map((it) => {
    const part: Record<string, string> = {
      open: `    open: true${it.comment}\n`,
      cohorts: it.style === "flow" ? "    cohorts: [staff]\n" : "    cohorts:\n      - staff\n",
      percent: "    percent: 1\n",
      regions:
        it.style === "flow"
          ? `    regions: { ${it.regions.map((name) => `${name}: 5`).join(", ")} }\n`
          : `    regions:${it.comment}\n${it.regions.map((name) => `      ${name}: 5\n`).join("")}`,
      eligible: "    eligible: { tiers: [mid, high] }\n",
    };
    const partsOf = (names: readonly string[]) => names.map((name) => part[name] ?? "").join("");
    const blocks: Record<string, string> = {
      salt: "  salt: lunar\n",
      canary: `  canary:${it.comment}\n${partsOf(it.canary)}`,
      regional: `  regional:\n${partsOf(it.regional)}`,
      full: it.stageStyle === "flow" ? "  full: { open: false }\n" : "  full:\n    open: false\n",
      holdback: "  holdback:\n    percent: 2\n",
    };
    const rollout = it.order.map((name, at) => `${blocks[name] ?? ""}${it.between[at] ?? ""}`).join("");
    const head = `gift: rose\nversion: 1.0.0\ntitle: ${it.title}\n\ncompat:\n  app: { android: "*" }\n  tiers: [low]\n`;
    const block = `rollout:\n${rollout.replace(/^ {2}/gm, it.indent)}`;
    return it.rolloutFirst ? `${block}${head}` : `${head}\n${block}`;
  });

const mutations = fc.oneof(
  fc.record({ deleteLine: fc.nat(60) }),
  fc.record({ deleteBlankLine: fc.nat(8) }),
  fc.record({ moveLine: fc.nat(60), to: fc.nat(60) }),
  fc.record({
    insert: fc.constantFrom(
      "",
      "    percent: 1",
      "      SG: 5",
      "    # open",
      "\t",
      " ",
      "  salt: x",
      "rollout:",
      "title: >",
      "  canary:",
      "    open: false",
      "...",
      "---",
    ),
    at: fc.nat(60),
  }),
  fc.record({ indentLine: fc.nat(60), by: fc.integer({ min: -2, max: 2 }) }),
  fc.record({
    replace: fc.constantFrom("open:", "rollout:", "true", ": ", "    ", "\n\n", "percent", "#"),
    with: fc.constantFrom('"open":', "? open\n    :", "rollout: &a", "\r\n", "|", "\n", " ", "!!bool true"),
  }),
);

function mutate(text: string, mutation: typeof mutations extends fc.Arbitrary<infer T> ? T : never): string {
  if ("replace" in mutation) return text.replace(mutation.replace, () => mutation.with);
  const lines = text.split("\n");
  if ("deleteLine" in mutation) lines.splice(mutation.deleteLine % lines.length, 1);
  else if ("deleteBlankLine" in mutation) {
    const blank = lines.flatMap((line, at) => (line === "" ? [at] : []));
    lines.splice(blank[mutation.deleteBlankLine % blank.length] ?? lines.length, 1);
  } else if ("moveLine" in mutation) {
    const [line = ""] = lines.splice(mutation.moveLine % lines.length, 1);
    lines.splice(mutation.to % (lines.length + 1), 0, line);
  } else if ("insert" in mutation) lines.splice(mutation.at % (lines.length + 1), 0, mutation.insert);
  else {
    const at = mutation.indentLine % lines.length;
    const line = lines[at] ?? "";
    lines[at] =
      mutation.by < 0
        ? line.slice(Math.min(-mutation.by, line.search(/[^ ]|$/)))
        : " ".repeat(mutation.by) + line;
  }
  return lines.join("\n");
}

const RUNS = runsOf(3_000, 1_200);

test("what is known at a glance has nothing wrong with it, whatever is done to a release", () => {
  const seen = { plain: 0, wrong: 0 };
  fc.assert(
    fc.property(
      fc.oneof(layouts, fc.constant(GOOD)),
      fc.array(mutations, { maxLength: 3 }),
      fc.boolean(),
      (layout, changes, isWindows) => {
        const changed = changes.reduce(mutate, layout);
        const text = isWindows ? changed.replaceAll("\n", "\r\n") : changed;
        const wrong = wrongPlaces(text);
        if (wrong === null) return;
        if (wrong.length > 0) seen.wrong++;
        if (!isPlainLayout(text)) return;
        seen.plain++;
        expect(wrong).toEqual([]);
      },
    ),
    RUNS,
  );
  // Both kinds were met, or nothing was shown.
  expect(seen.plain).toBeGreaterThan(RUNS.numRuns / 30);
  expect(seen.wrong).toBeGreaterThan(RUNS.numRuns / 30);
}, 120_000);
