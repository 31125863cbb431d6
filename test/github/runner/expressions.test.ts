import { describe, expect, it } from "vitest";
import { evaluate, fill, fillAll, isMet, type Scope } from "./expressions.ts";

const scope: Scope = {
  contexts: {
    github: { event: { issue: { labels: [{ name: "giftwrap: hold" }] } }, ref: "refs/heads/main" },
    needs: { build: { result: "success", outputs: { gifts: '["rose"]' } } },
    env: {},
  },
  status: { success: true, failure: false, cancelled: false },
};
const failed: Scope = { ...scope, status: { success: false, failure: true, cancelled: false } };

describe("an expression", () => {
  it("reads contexts, whatever the case, and nothing where nothing is", () => {
    expect(evaluate("GitHub.REF == 'REFS/heads/main'", scope, "")).toBe(true);
    expect(evaluate("github.event.pull_request.number || 'none'", scope, "")).toBe("none");
    expect(evaluate("contains(github.event.issue.labels.*.name, 'giftwrap: hold')", scope, "")).toBe(true);
    expect(evaluate("fromJSON(needs.build.outputs.gifts)", scope, "")).toEqual(["rose"]);
  });

  it("keeps its type alone, and is text among text", () => {
    expect(fill("${{ 1 < 2 }}", scope, "")).toBe(true);
    expect(fill("is ${{ 1 < 2 }}, ${{ format('{0}}}', 'a}}b') }}", scope, "")).toBe("is true, a}}b}");
    expect(fill("${{ 'a' }}${{ 'b' }}", scope, "")).toBe("ab");
    expect(fillAll({ a: ["${{ null }}", 1] }, scope, "")).toEqual({ a: [null, 1] });
  });

  it("says where it is when something in it is not known", () => {
    expect(() => evaluate("hashFiles('x')", scope, "it.yml:7")).toThrow(
      "it.yml:7: the executor does not know the expression ${{ hashFiles('x') }}",
    );
    expect(() => evaluate("secrets.KEY", scope, "it.yml:7")).toThrow("Unrecognized named-value: 'secrets'");
  });
});

describe("if:", () => {
  it("means success() as well, unless it asks how things stand itself", () => {
    expect(isMet(null, failed, "")).toBe(false);
    expect(isMet("github.ref != ''", failed, "")).toBe(false);
    expect(isMet("github.ref != 'always()'", failed, "")).toBe(false);
    expect(isMet("always()", failed, "")).toBe(true);
    expect(isMet("${{ !cancelled() && needs.build.result == 'success' }}", failed, "")).toBe(true);
    expect(isMet("failure() && github.ref == ''", failed, "")).toBe(false);
    expect(isMet("success() || Failure()", failed, "")).toBe(true);
  });

  it("refuses the one that is half text, which GitHub takes for true", () => {
    expect(() => isMet("${{ false }} && ${{ false }}", scope, "it.yml:3")).toThrow("it.yml:3");
  });
});
