import { describe, expect, test } from "vitest";
import type { EvidenceFile } from "../../src/model/schemas.ts";
import { findingsToText } from "../../src/report/text.ts";
import {
  checkChecklist,
  checkChecklistPolicy,
  type EvidenceFact,
  type EvidenceFacts,
  type EvidenceKind,
  evidenceName,
} from "../../src/rules/checkChecklist.ts";
import type { Widened } from "../../src/rules/checkFreezes.ts";
import { type Files, GOOD, linesOf, projectOf, without } from "./projectOf.ts";

const NOW = Date.parse("2027-01-31T12:00:00Z");
const DAY = 86_400_000;
const LOCK = "a1".repeat(32);
const RELEASE = "releases/rose/1.0.0.yaml";
const POLICY = "releases/policy.yaml";
const LEAVING: Widened = {
  gift: "rose",
  version: "1.0.0",
  place: { file: RELEASE, line: 17, column: 11 },
};
const START = `${RELEASE}:17:11: rose@1.0.0 leaves canary, but`;
const MATRIX = "npx giftwrap matrix rose@1.0.0 --record --env production";

const recordOf = (changes: Partial<EvidenceFile> = {}): EvidenceFile => ({
  _type: "evidence",
  format: "1.0",
  kind: "matrix",
  environment: "production",
  gift: "rose",
  version: "1.0.0",
  lock: LOCK,
  recorded: "2027-01-31T11:00:00Z",
  result: "passed",
  facts: { cells: 108 },
  tool: "giftwrap 0.1.0",
  ...changes,
});

const withChecklist = (...items: string[]): Files => ({
  ...GOOD,
  [POLICY]: `${GOOD[POLICY]}checklist:\n${items.map((item) => `  - { ${item} }\n`).join("")}`,
});
const MATRIX_ITEM = "evidence: matrix, environment: production";

const recorded = (kind: EvidenceKind, fact: EvidenceFact, environment = "production", lock = LOCK) =>
  [evidenceName(lock, environment, kind), fact] as const;
const factsOf = (...records: (readonly [string, EvidenceFact])[]): EvidenceFacts => ({
  locks: new Map([["rose@1.0.0", LOCK]]),
  records: new Map(records),
});

async function textOf(
  files: Files,
  facts: EvidenceFacts,
  leaving: readonly Widened[] = [LEAVING],
): Promise<string> {
  const findings = checkChecklist(await projectOf(files), leaving, facts, NOW);
  for (const finding of findings)
    expect(finding).toMatchObject({ severity: "error", gift: "rose", version: "1.0.0" });
  return findingsToText(findings);
}

describe("What leaves canary", () => {
  test("passes with a record that passed, for its very bytes", async () => {
    const facts = factsOf(recorded("matrix", recordOf()));
    expect(await textOf(withChecklist(MATRIX_ITEM), facts)).toBe("");
  });

  test("needs nothing without a checklist, and what stays needs nothing with one", async () => {
    expect(await textOf(GOOD, factsOf())).toBe("");
    expect(await textOf({ ...GOOD, [POLICY]: `${GOOD[POLICY]}checklist: []\n` }, factsOf())).toBe("");
    expect(await textOf(without(GOOD, POLICY), factsOf())).toBe("");
    expect(await textOf(withChecklist(MATRIX_ITEM), factsOf(), [])).toBe("");
  });

  test("is told which command makes what is missing", async () => {
    expect(await textOf(withChecklist(MATRIX_ITEM), factsOf())).toBe(
      `${START} nothing shows "matrix" in production for its bytes [EVIDENCE_MISSING]\n  fix: run ${MATRIX}\n`,
    );
  });

  test.each<[EvidenceKind, string]>([
    ["matrix", MATRIX],
    ["smoke", "npx giftwrap smoke rose@1.0.0 --env production"],
    ["warm", "npx giftwrap warm rose@1.0.0 --env production"],
    ["drill", "npx giftwrap drill rose@1.0.0 --env production"],
    ["switch", "npx giftwrap drill rose@1.0.0 --switch --env production"],
  ])("is told so for %s", async (kind, command) => {
    const files = withChecklist(`evidence: ${kind}, environment: production`);
    expect(await textOf(files, factsOf())).toContain(`\n  fix: run ${command}\n`);
    expect(await textOf(files, factsOf(recorded(kind, recordOf({ kind }))))).toBe("");
  });

  test("is not served by a record for other bytes, of another kind or from elsewhere", async () => {
    const facts = factsOf(
      recorded("matrix", recordOf(), "production", "b2".repeat(32)),
      recorded("smoke", recordOf({ kind: "smoke" })),
      recorded("matrix", recordOf({ environment: "staging" }), "staging"),
    );
    expect(await textOf(withChecklist(MATRIX_ITEM), facts)).toContain("[EVIDENCE_MISSING]");
  });

  test("needs each thing on the list, and each release needs its own", async () => {
    const files = withChecklist(MATRIX_ITEM, "evidence: drill, environment: production");
    const other = { ...LEAVING, version: "1.1.0", place: { ...LEAVING.place, line: 20 } };
    const facts = factsOf(recorded("matrix", recordOf()));
    const findings = checkChecklist(
      await projectOf(files),
      [LEAVING, other],
      { ...facts, locks: new Map([...facts.locks, ["rose@1.1.0", "b2".repeat(32)]]) },
      NOW,
    );
    expect(findings.map((it) => [it.code, it.version, it.fix])).toEqual([
      ["EVIDENCE_MISSING", "1.0.0", "run npx giftwrap drill rose@1.0.0 --env production"],
      ["EVIDENCE_MISSING", "1.1.0", "run npx giftwrap matrix rose@1.1.0 --record --env production"],
      ["EVIDENCE_MISSING", "1.1.0", "run npx giftwrap drill rose@1.1.0 --env production"],
    ]);
  });

  test("without a lock is told once that it must be built first", async () => {
    const files = withChecklist(MATRIX_ITEM, "evidence: drill, environment: production");
    expect(await textOf(files, { locks: new Map(), records: new Map() })).toBe(
      `${START} it was not built: it has no lock, so nothing can be shown of its bytes [EVIDENCE_MISSING]\n` +
        `  fix: run npx giftwrap build rose@1.0.0 and commit releases/rose/1.0.0.lock.json, then run ${MATRIX}\n`,
    );
  });

  test("is told why a record does not count", async () => {
    const facts = factsOf(recorded("matrix", { problem: "the record is not signed" }));
    expect(await textOf(withChecklist(MATRIX_ITEM), facts)).toBe(
      `${START} nothing that counts shows "matrix" in production: the record is not signed [EVIDENCE_INVALID]\n` +
        `  fix: put that right, then run ${MATRIX}\n`,
    );
  });

  test("is told what failed, with what was seen", async () => {
    const record = recordOf({ result: "failed", facts: { refused: 3, cells: 108, worst: "android\n8.0.0" } });
    expect(await textOf(withChecklist(MATRIX_ITEM), factsOf(recorded("matrix", record)))).toBe(
      `${START} "matrix" failed in production at 2027-01-31T11:00:00Z (cells 108, refused 3, worst "android\\n8.0.0") [EVIDENCE_FAILED]\n` +
        `  fix: mend what failed, in a new version where it is in the bytes, then run ${MATRIX}\n`,
    );
    const bare = recordOf({ result: "failed", facts: {} });
    expect(linesOf(await textOf(withChecklist(MATRIX_ITEM), factsOf(recorded("matrix", bare))))).toEqual([
      `${START} "matrix" failed in production at 2027-01-31T11:00:00Z [EVIDENCE_FAILED]`,
    ]);
  });
});

describe("The age of a record", () => {
  const files = withChecklist(`${MATRIX_ITEM}, maxAgeDays: 30`);
  const aged = (milliseconds: number) => {
    const at = new Date(NOW - milliseconds).toISOString().replace(".000Z", "Z");
    return factsOf(recorded("matrix", recordOf({ recorded: at })));
  };

  test("may be what the checklist allows, to the second", async () => {
    expect(await textOf(files, aged(0))).toBe("");
    expect(await textOf(files, aged(30 * DAY))).toBe("");
    expect(await textOf(files, aged(30 * DAY + 1_000))).toBe(
      `${START} its record of "matrix" in production is 30.1 days old; the checklist allows 30 [EVIDENCE_OLD]\n` +
        `  fix: run ${MATRIX}\n`,
    );
    expect(await textOf(files, aged(45 * DAY))).toContain("is 45 days old; the checklist allows 30");
  });

  test("may be any where the checklist does not say", async () => {
    expect(await textOf(withChecklist(MATRIX_ITEM), aged(3_000 * DAY))).toBe("");
  });

  test("is never less than nothing: a date to come is no date, small differences of clocks apart", async () => {
    expect(await textOf(files, aged(-60_000))).toBe("");
    expect(await textOf(files, aged(-DAY))).toBe(
      `${START} nothing that counts shows "matrix" in production: the record's date is 2027-02-01T12:00:00Z, which is still to come [EVIDENCE_INVALID]\n` +
        `  fix: set the clock of the machine that wrote it, delete evidence/${LOCK}/production/matrix.json from the store, then run ${MATRIX}\n`,
    );
  });
});

describe("A checklist that names an environment that is not there", () => {
  const files = withChecklist("evidence: matrix, environment: prodcution", MATRIX_ITEM);
  const place = `${POLICY}:${(GOOD[POLICY] ?? "").split("\n").length + 1}:38`;

  test("is told on the policy, with the one that was probably meant", async () => {
    const findings = checkChecklistPolicy(await projectOf(files));
    expect(findings).toHaveLength(1);
    expect(findings[0]).not.toHaveProperty("gift");
    expect(findingsToText(findings)).toBe(
      `${place}: warning: there is no environment "prodcution", so nothing can leave canary; did you mean "production"? [CHECKLIST_UNKNOWN_ENVIRONMENT]\n` +
        `  fix: write "production" instead of "prodcution"\n`,
    );
  });

  test("is told what there is when none is near", async () => {
    const far = withChecklist("evidence: matrix, environment: moon");
    expect(findingsToText(checkChecklistPolicy(await projectOf(far)))).toBe(
      `${place}: warning: there is no environment "moon", so nothing can leave canary [CHECKLIST_UNKNOWN_ENVIRONMENT]\n` +
        "  fix: write one of production\n",
    );
    const none = without(far, "releases/environments/production.yaml");
    expect(findingsToText(checkChecklistPolicy(await projectOf(none)))).toContain('fix: take "moon" out\n');
  });

  test("lets nothing leave canary by that", async () => {
    const facts = factsOf(recorded("matrix", recordOf()), recorded("matrix", recordOf(), "prodcution"));
    expect(await textOf(files, facts)).toBe(
      `${START} nothing can show "matrix" in prodcution: there is no such environment [EVIDENCE_MISSING]\n` +
        `  fix: write one of production in the checklist of ${POLICY}\n`,
    );
  });

  test("is silent when all are there, and without a checklist or a policy", async () => {
    for (const good of [withChecklist(MATRIX_ITEM), GOOD, without(GOOD, POLICY)])
      expect(checkChecklistPolicy(await projectOf(good))).toEqual([]);
  });

  test("is silent about one whose file cannot be read: that has findings of its own", async () => {
    const project = await projectOf(withChecklist(MATRIX_ITEM));
    expect(checkChecklistPolicy({ ...project, environments: new Map() })).toEqual([]);
  });
});
