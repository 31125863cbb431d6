import { describe, expect, test } from "vitest";
import { sortFindings } from "../../src/report/finding.ts";
import { findingsToText } from "../../src/report/text.ts";
import { applyWaivers } from "../../src/rules/applyWaivers.ts";
import { checkBudgets } from "../../src/rules/checkBudgets.ts";
import { checkWaivers } from "../../src/rules/checkWaivers.ts";
import {
  closed,
  type Files,
  GOOD,
  giftFiles,
  linesOf,
  lockOf,
  projectOf,
  releaseText,
  without,
} from "./projectOf.ts";

const POLICY = "releases/policy.yaml";
const MEMORY = "on mid devices rose@1.0.0 takes 54.32 MB of memory once decoded";

/** A policy with this text below it, and a rose that takes too much memory on one tier. */
function heavy(policy: string, version = "1.0.0"): Files {
  const lock = lockOf("rose", version);
  Object.assign(lock.tiers["mid"] ?? {}, { decodedBytes: 54_321_000 });
  return {
    ...without(GOOD, "releases/rose/1.0.0.yaml", "releases/rose/1.0.0.lock.json"),
    [POLICY]: `${GOOD[POLICY]}${policy}`,
    [`releases/rose/${version}.yaml`]: releaseText("rose", version),
    [`releases/rose/${version}.lock.json`]: JSON.stringify(lock),
  };
}

interface Waiver {
  readonly rule: string;
  readonly gift: string;
  readonly versions: string;
  readonly owner: string;
  readonly reason: string;
  readonly ends: string;
}

/** By default for the memory of every rose, until the last day of January. */
function waivers(...changes: readonly Partial<Waiver>[]): string {
  const usual = { rule: "BUDGET_MEMORY", gift: "rose", owner: "@acme/art", reason: "It is shown alone" };
  const entries = changes.map((it) => JSON.stringify({ ...usual, ends: "2027-01-31", ...it }));
  return `waivers:\n${entries.map((it) => `  - ${it}\n`).join("")}`;
}

/** What the budgets find in the files on that day, at a time in UTC. */
async function judged(files: Files, time?: string) {
  const project = await projectOf(files);
  const now = time === undefined ? undefined : Date.parse(time);
  return applyWaivers(checkBudgets(project), project.policy, now);
}

async function severitiesOf(files: Files, time?: string): Promise<string[]> {
  return (await judged(files, time)).map((it) => it.severity);
}

describe("A waiver", () => {
  test("turns what it forgives into a warning that says until when, by whom and why", async () => {
    const [finding, ...others] = await judged(heavy(waivers({})), "2027-01-01T00:00:00Z");
    expect(others).toEqual([]);
    expect(finding).toMatchObject({
      code: "BUDGET_MEMORY",
      severity: "warning",
      gift: "rose",
      version: "1.0.0",
      waiver: { owner: "@acme/art", reason: "It is shown alone", ends: "2027-01-31" },
    });
    expect(finding?.message).toContain(MEMORY);
    expect(finding?.message).toMatch(/; waived until 2027-01-31 by @acme\/art: It is shown alone$/);
    expect(finding?.fix).toMatch(/^by 2027-01-31, use fewer and smaller images/);
  });

  test("holds to the end of its last day in UTC, and from then on the gift is stopped", async () => {
    const files = heavy(waivers({}));
    expect(await severitiesOf(files, "2027-01-31T23:59:59.999Z")).toEqual(["warning"]);
    expect(await severitiesOf(files, "2027-02-01T00:00:00Z")).toEqual(["error"]);
    expect(await severitiesOf(files, "2027-01-31T23:00:00-02:00")).toEqual(["error"]);
  });

  test("that has ended says so, and whom to ask", async () => {
    const [finding] = await judged(heavy(waivers({})), "2027-02-01T00:00:00Z");
    expect(finding).not.toHaveProperty("waiver");
    expect(finding?.message).toContain(MEMORY);
    expect(finding?.message).toMatch(/; the waiver by @acme\/art ended on 2027-01-31$/);
    expect(finding?.fix).toMatch(/; or have @acme\/art renew the waiver in releases\/policy\.yaml$/);
  });

  test("never ends where the day must not decide", async () => {
    expect(await severitiesOf(heavy(waivers({ ends: "2001-01-01" })))).toEqual(["warning"]);
  });

  test("forgives one rule of one gift", async () => {
    expect(await severitiesOf(heavy(waivers({ rule: "BUDGET_DOWNLOAD" })))).toEqual(["error"]);
    expect(await severitiesOf({ ...heavy(waivers({ gift: "rocket" })), ...giftFiles("rocket") })).toEqual([
      "error",
    ]);
  });

  test.each([
    ["1.0.0", "1.0.0", "warning"],
    ["1.0.0", "1.0.1", "error"],
    ["<1.1.0", "1.0.9", "warning"],
    ["<1.1.0", "1.1.0", "error"],
    [">=1.4.0 <2.0.0", "1.4.0", "warning"],
    [">=1.4.0 <2.0.0", "2.0.0", "error"],
    ["*", "3.0.0", "warning"],
  ])("for versions %s meets rose %s: %s", async (versions, version, severity) => {
    expect(await severitiesOf(heavy(waivers({ versions }), version))).toEqual([severity]);
  });

  test("of versions forgives nothing that is about no version", async () => {
    const project = await projectOf(heavy(waivers({ versions: "*" })));
    const findings = checkBudgets(project).map(({ code, severity, place, message, fix }) => ({
      code,
      severity,
      place,
      message,
      fix,
      gift: "rose",
    }));
    expect(applyWaivers(findings, project.policy)).toEqual(findings);
  });

  test("whose versions cannot be read forgives nothing", async () => {
    expect(await severitiesOf(heavy(waivers({ versions: "the old one" })))).toEqual(["error"]);
  });

  test("is renewed by another beside it: the one that ends last counts, in any order", async () => {
    const old = { ends: "2026-12-31" };
    const renewed = { ends: "2027-06-30", owner: "@acme/live" };
    for (const files of [heavy(waivers(old, renewed)), heavy(waivers(renewed, old))]) {
      expect(await severitiesOf(files, "2027-01-15T00:00:00Z")).toEqual(["warning"]);
      const [ended] = await judged(files, "2027-07-01T00:00:00Z");
      expect(ended?.message).toMatch(/; the waiver by @acme\/live ended on 2027-06-30$/);
    }
  });

  test("leaves everything else as it is", async () => {
    const project = await projectOf(heavy(waivers({})));
    const other = { code: "STRAY_FILE", severity: "error", message: "", fix: "", gift: "rose" } as const;
    const place = { file: "gifts/rose/x", line: 1, column: 1 };
    const findings = [{ ...other, place }, ...checkBudgets(project)];
    expect(applyWaivers(findings, project.policy)[0]).toBe(findings[0]);
    expect(applyWaivers(findings, null)).toEqual(findings);
  });
});

describe("A rule that only warns", () => {
  const warns = "warnings: [BUDGET_MEMORY]\n";

  test("stops no gift", async () => {
    const [finding] = await judged(heavy(warns));
    expect(finding).toMatchObject({ severity: "warning", message: expect.stringContaining(MEMORY) });
    expect(finding).not.toHaveProperty("waiver");
    expect(await severitiesOf(heavy("warnings: [BUDGET_FPS]\n"))).toEqual(["error"]);
  });

  test("stops the gift all the same once its waiver has ended: somebody promised to mend it", async () => {
    const files = heavy(warns + waivers({}));
    expect(await severitiesOf(files, "2027-01-31T12:00:00Z")).toEqual(["warning"]);
    expect(await severitiesOf(files, "2027-02-01T12:00:00Z")).toEqual(["error"]);
  });
});

test("closing a release is a way back whatever has ended: it never stops its gift", async () => {
  for (const policy of [waivers({}), `warnings: [BUDGET_MEMORY]\n${waivers({})}`]) {
    const files = { ...heavy(policy), "releases/rose/1.0.0.yaml": closed(releaseText("rose", "1.0.0")) };
    expect(await severitiesOf(files, "2027-01-01T00:00:00Z")).toEqual(["warning"]);
    expect(await severitiesOf(files, "2027-02-01T00:00:00Z")).toEqual(["warning"]);
  }
});

async function foundIn(policy: string) {
  return sortFindings(checkWaivers(await projectOf({ ...GOOD, [POLICY]: `${GOOD[POLICY]}${policy}` })));
}

const LINE = (GOOD[POLICY] ?? "").split("\n").length;

describe("What waivers and freezes name", () => {
  const freeze = (...allow: string[]) =>
    `freezes:\n  - name: New year\n    starts: 2027-02-05T18:00:00+08:00\n    ends: 2027-02-08T18:00:00+08:00\n    allow: [${allow.join(", ")}]\n`;

  test("may be all in order, or not there at all", async () => {
    expect(await foundIn(waivers({ versions: "^1.0.0" }) + freeze("rose"))).toEqual([]);
    expect(await foundIn("")).toEqual([]);
    expect(checkWaivers(await projectOf(without(GOOD, POLICY)))).toEqual([]);
  });

  test("is a gift that exists; a waiver for another forgives nothing, which stops nobody", async () => {
    const findings = await foundIn(waivers({ gift: "rosee" }, { gift: "dragon-parade" }));
    expect(findingsToText(findings)).toBe(
      `${POLICY}:${LINE + 1}:36: warning: there is no gift "rosee" to waive anything for; did you mean "rose"? [WAIVER_UNKNOWN_GIFT]\n` +
        '  fix: write "rose" instead of "rosee"\n' +
        `${POLICY}:${LINE + 2}:36: warning: there is no gift "dragon-parade" to waive anything for [WAIVER_UNKNOWN_GIFT]\n` +
        "  fix: write the id of a gift, or take the waiver out\n",
    );
    for (const finding of findings) expect(finding).not.toHaveProperty("gift");
  });

  test("is a gift that a freeze lets through", async () => {
    const findings = await foundIn(freeze("rose", "rsoe"));
    expect(linesOf(findingsToText(findings))).toEqual([
      `${POLICY}:${LINE + 4}:19: warning: there is no gift "rsoe" to let through; did you mean "rose"? [FREEZE_UNKNOWN_GIFT]`,
    ]);
  });

  test("are versions that can be read; if not, only the waiver's own gift is stopped", async () => {
    const findings = await foundIn(waivers({ versions: "the old one" }, { versions: ">=2.0.0 <1.0.0" }));
    expect(findings).toMatchObject([
      { code: "BAD_RANGE", severity: "error", gift: "rose" },
      { code: "EMPTY_RANGE", severity: "error", gift: "rose" },
    ]);
    expect(findings[0]?.message).toBe('waivers.versions is "the old one", which is not a range of versions');
  });

  test.each([
    ["2027-02-28", null],
    ["2028-02-29", null],
    ["2027-12-31", null],
    ["2027-02-29", "2027-02-28"],
    ["2027-02-30", "2027-02-28"],
    ["2028-02-30", "2028-02-29"],
    ["2027-04-31", "2027-04-30"],
  ])("is a day of the calendar: %s, or else %s", async (ends, last) => {
    const findings = await foundIn(waivers({ ends }));
    expect(findings.map(({ code, severity, message, fix }) => [code, severity, message, fix])).toEqual(
      last === null
        ? []
        : [
            [
              "WAIVER_DATE",
              "error",
              `ends is ${ends}, which is no day of the calendar: its month ends on ${last}`,
              `write ${last}, or another day that there is`,
            ],
          ],
    );
  });
});
