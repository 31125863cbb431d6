import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { parseIssueForm, RELEASE_FORM } from "../../src/github/issueForm.ts";
import { ownersIn } from "../../src/github/settings/diagnose.ts";
import { LABELS } from "../../src/github/settings/wantedSettings.ts";

const GITHUB = new URL("../../.github/", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, GITHUB), "utf8");
const form = parse(read("ISSUE_TEMPLATE/new-release.yml"));
const fields: readonly Field[] = form.body.filter((it: { type: string }) => it.type !== "markdown");

interface Field {
  readonly id: string;
  readonly attributes: { readonly label: string; readonly placeholder?: string; readonly options?: string[] };
  readonly validations?: { readonly required?: boolean };
}

describe("the form New gift release", () => {
  test("asks just what is read from it, under the same headings", () => {
    const asked = fields.map(({ id, attributes, validations }) => ({
      id,
      heading: attributes.label,
      isRequired: validations?.required ?? false,
      ...(attributes.options && { options: attributes.options }),
    }));
    expect(asked).toEqual(RELEASE_FORM);
  });

  test("filled in as its placeholders show, can be read", () => {
    const body = fields.map(
      ({ attributes: { label, placeholder, options } }) =>
        `### ${label}\n\n${placeholder ?? options?.[0] ?? "_No response_"}\n`,
    );
    expect(parseIssueForm(body.join("\n"))).toMatchObject({ kind: "form" });
  });

  test("gives the label that its workflow waits for, which setup makes", () => {
    expect(LABELS.map(({ name }) => name)).toContain(form.labels[0]);
    expect(read("workflows/new-release.yml")).toContain(`'${form.labels[0]}'`);
  });
});

test("the links beside the form lead to workflows with a form, and to pages that are there", () => {
  const { contact_links: links } = parse(read("ISSUE_TEMPLATE/config.yml"));
  for (const { url } of links) {
    const [, workflow] = /\/actions\/workflows\/(.+)$/.exec(url) ?? [];
    const [, page] = /\/blob\/main\/\.github\/(.+)$/.exec(url) ?? [];
    if (workflow !== undefined)
      expect(parse(read(`workflows/${workflow}`)).on).toHaveProperty("workflow_dispatch");
    else expect(read(page ?? expect.fail(url)).length).toBeGreaterThan(0);
  }
});

test("CODEOWNERS leaves releases to the policy: who closes a stage waits for nobody", () => {
  const lines = read("CODEOWNERS").split("\n");
  expect(lines).toContain("/releases/");
  expect(new Set(ownersIn(read("CODEOWNERS")).map((it) => it.org))).toEqual(new Set(["acme"]));
});

test("the forms ask in words, and each of their fields says what it is", () => {
  for (const name of ["rollback", "stop", "promote"]) {
    const { inputs } = parse(read(`workflows/${name}.yml`)).on.workflow_dispatch;
    for (const [id, input] of Object.entries<{ description?: string; required?: boolean }>(inputs))
      expect(input.description, `${name}: ${id}`).toMatch(/^[A-Z].{3,}/);
    expect(inputs.reason.required).toBe(true);
  }
});
