import { describe, expect, test } from "vitest";
import { findingsIn, GOOD, linesOf, textOf, withEdit } from "./projectOf.ts";

const RELEASE = "releases/rose/1.0.0.yaml";

describe("What cannot be read is told by line and column", () => {
  test("the good project has no findings", async () => {
    expect(await textOf(GOOD)).toBe("");
  });

  test("broken YAML", async () => {
    const text = await textOf(withEdit(GOOD, RELEASE, "compat:\n", "compat\n"));
    expect(text).toContain(`${RELEASE}:5:1: this is not YAML`);
    expect(text).toContain("fix: check the indentation, the quotes and the colons");
  });

  test("an unknown key, with the one that was probably meant", async () => {
    expect(linesOf(await textOf(withEdit(GOOD, RELEASE, "cohorts:", "cohort:")))).toContain(
      `${RELEASE}:12:5: "cohort" is not known here; did you mean "cohorts"? [UNKNOWN_KEY]`,
    );
  });

  test("a key written twice", async () => {
    const files = withEdit(GOOD, "gifts/rose/gift.yaml", "name: A rose\n", "name: A rose\nname: Rose\n");
    expect(linesOf(await textOf(files))).toContain(
      'gifts/rose/gift.yaml:3:1: "name" is written twice in the same block [DUPLICATE_KEY]',
    );
  });

  test("a value of the wrong type", async () => {
    expect(linesOf(await textOf(withEdit(GOOD, RELEASE, "open: true", 'open: "yes"')))).toEqual([
      `${RELEASE}:11:11: open is "yes", not true or false [WRONG_TYPE]`,
    ]);
  });

  test("a version that is not semantic", async () => {
    const text = await textOf(withEdit(GOOD, RELEASE, "version: 1.0.0", "version: v1.0"));
    expect(linesOf(text)).toEqual([`${RELEASE}:2:10: "v1.0" is not a semantic version [NOT_SEMVER]`]);
    expect(text).toContain('like "1.4.0"');
  });

  test("a percentage above everyone", async () => {
    expect(linesOf(await textOf(withEdit(GOOD, RELEASE, "SG: 5", "SG: 150")))).toEqual([
      `${RELEASE}:18:11: SG is 150; the most is 100 [PERCENT_RANGE]`,
    ]);
  });

  test("a file that cannot be read belongs to its gift and hides no other finding", async () => {
    const files = {
      ...withEdit(GOOD, RELEASE, "compat:\n", "compat\n"),
      "gifts/rose/source/old.svga": "",
    };
    const findings = await findingsIn(files);
    expect(findings.map((it) => it.code)).toContain("STRAY_FILE");
    expect(findings.every((it) => it.gift === "rose")).toBe(true);
  });

  test("a file that cannot be read is not said to be missing", async () => {
    const broken = { ...GOOD };
    for (const path of Object.keys(GOOD).filter((it) => it.endsWith(".yaml") || it.endsWith(".lock.json"))) {
      const findings = await findingsIn({ ...broken, [path]: "{" });
      expect(findings.map((it) => it.place.file)).toEqual(findings.map(() => path));
      expect(findings.map((it) => it.code)).not.toContain("POLICY_MISSING");
    }
  });
});
