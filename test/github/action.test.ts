import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  needsEvent,
  readInputs,
  toActionYaml,
  toArguments,
  variableOf,
} from "../../src/main/actionInputs.ts";
import { toEventFacts } from "../../src/main/eventFacts.ts";
import { capSummary, logToMarkdown } from "../../src/main/jobSummary.ts";

const COMMAND = {
  options: {
    env: { type: "string", help: "" },
    reason: { type: "string", help: "" },
    edge: { type: "string", multiple: true, help: "" },
    pull: { type: "string", help: "" },
    "head-sha": { type: "string", help: "" },
    base: { type: "string", help: "" },
    lift: { type: "boolean", help: "" },
  },
} as const;

const read = (inputs: Readonly<Record<string, string>>, facts = {}) =>
  toArguments("override", COMMAND, new Map(Object.entries(inputs)), facts);

describe("the inputs of the action", () => {
  // To write action.yml anew: npx vitest run --config test/vitest.config.ts test/github/action.test.ts -u
  test("are what action.yml says", async () => {
    await expect(toActionYaml()).toMatchFileSnapshot("../../.github/actions/giftwrap/action.yml");
  });

  test("reach the command as they were typed, whatever looks like an option in them", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ minLength: 1 }),
          fc.constantFrom("--lift", "--env=staging", "-h", "--", "$(id)", "a\n--lift", "'; id"),
        ),
        (typed) => {
          const args = read({ command: "override", reason: typed });
          expect(args.text("reason")).toBe(typed);
          expect(args.flag("lift")).toBe(false);
          expect(args.text("env")).toBeUndefined();
          expect(args.words).toEqual([]);
        },
      ),
    );
  });

  test("words are apart by spaces, and are never options", () => {
    const args = read({ command: "override", words: " rose@1.0.0  --lift " });
    expect(args.words).toEqual(["rose@1.0.0", "--lift"]);
    expect(args.flag("lift")).toBe(false);
  });

  test("that the command does not know are refused, and so is what is neither true nor false", () => {
    expect(() => read({ command: "override", issue: "3" })).toThrow("override takes no input issue");
    expect(() => read({ command: "override", lift: "yes" })).toThrow("write true or false");
    expect(read({ command: "override", lift: "false" }).flag("lift")).toBe(false);
  });

  test("environment is the option env, and an option that may be given more than once has a line for each", () => {
    const args = read({
      command: "override",
      environment: "staging",
      edge: "SG=http://a/\n\nID=http://b/\n",
    });
    expect(args.text("env")).toBe("staging");
    expect(args.texts("edge")).toEqual(["SG=http://a/", "ID=http://b/"]);
  });

  test("come from variables of their own, and an empty one is not given", () => {
    expect(variableOf("head-repo")).toBe("INPUT_HEAD_REPO");
    expect([
      ...readInputs({ INPUT_COMMAND: "card", INPUT_PULL: "", INPUT_HEAD_SHA: "a", INPUT_X: "y" }),
    ]).toEqual([
      ["command", "card"],
      ["head-sha", "a"],
    ]);
  });

  test("that are not given come from the event, but never a part of which pull request is meant", () => {
    const facts = { pull: "7", "head-sha": "abc", base: "def" };
    expect(read({ command: "override" }, facts).text("pull")).toBe("7");
    expect(read({ command: "override", pull: "8" }, facts).text("head-sha")).toBeUndefined();
    expect(read({ command: "override", pull: "8" }, facts).text("base")).toBe("def");
    expect(needsEvent(COMMAND, new Map())).toBe(true);
    expect(needsEvent({ options: {} }, new Map())).toBe(false);
  });
});

describe("what an event is about", () => {
  test.each([
    [
      "a pull request",
      {
        pull_request: {
          number: 7,
          base: { sha: "b" },
          head: { ref: "art", sha: "h", repo: { full_name: "mallory/gifts" } },
        },
      },
      { pull: "7", "head-repo": "mallory/gifts", "head-branch": "art", "head-sha": "h", base: "b" },
    ],
    [
      "one whose fork is gone",
      { pull_request: { number: 7, base: { sha: "b" }, head: { ref: "art", sha: "h", repo: null } } },
      { pull: "7", "head-branch": "art", "head-sha": "h", base: "b" },
    ],
    [
      "a run, whose list of pull requests is not believed",
      {
        workflow_run: {
          head_branch: "art",
          head_sha: "h",
          head_repository: { full_name: "acme/gifts" },
          pull_requests: [{ number: 3 }],
        },
      },
      { "head-repo": "acme/gifts", "head-branch": "art", "head-sha": "h" },
    ],
    ["a merge queue", { merge_group: { head_sha: "h", base_sha: "b" } }, { "head-sha": "h", base: "b" }],
    ["a form", { inputs: { pull: "7", reason: "x" } }, { pull: "7" }],
    ["a comment", { comment: { id: 1 }, issue: { number: 9, pull_request: {} } }, { pull: "9" }],
    ["a comment on an issue", { comment: { id: 1 }, issue: { number: 9 } }, {}],
    ["a push", { after: "x", pull_request: null }, {}],
    ["nothing", null, {}],
  ])("%s", (_, payload, facts) => {
    expect(toEventFacts(payload)).toEqual(facts);
  });
});

describe("the job summary", () => {
  test("shows what was said as text in which nothing is markup", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom("```", "\u001b[2K", "::add-mask::x", "\t"))),
        (lines) => {
          const text = logToMarkdown("title", [...lines, "````` <b>@acme/all</b> [x](y)"]);
          const fence = /^(`{3,})text$/m.exec(text)?.[1] ?? "";
          const inside = text.slice(text.indexOf(`${fence}text`) + fence.length + 4, text.lastIndexOf(fence));
          expect(fence.length).toBeGreaterThan(5);
          expect(inside).not.toContain(fence);
          expect(inside.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
        },
      ),
    );
  });

  test("is never longer than GitHub shows, and is cut between lines", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme" })),
        fc.integer({ min: 80, max: 400 }),
        (lines, max) => {
          const capped = capSummary(lines.join("\n"), max);
          expect(Buffer.byteLength(capped)).toBeLessThanOrEqual(max);
          expect(lines.join("\n") === capped || capped.endsWith("the log has it.\n")).toBe(true);
          expect(capped).not.toContain("\ufffd");
        },
      ),
    );
    expect(Buffer.byteLength(capSummary("玫瑰\n".repeat(900_000)))).toBeLessThanOrEqual(999_000);
  });
});
