import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCommentCommand } from "../../src/github/commentCommand.ts";

describe("a comment on a pull request", () => {
  test.each([
    ["/help", { kind: "help" }],
    ["  /Help please", { kind: "help" }],
    ["／help", { kind: "help" }],
    ["\n\n/recheck\nthanks", { kind: "recheck" }],
    ["/re-check!", { kind: "recheck" }],
    ["/check", { kind: "recheck" }],
    ["/hold", { kind: "hold", reason: "" }],
    ["/hold wait for the new driver\r\nand more", { kind: "hold", reason: "wait for the new driver" }],
    ["/hold: wait", { kind: "hold", reason: "wait" }],
    ["/HOLD — 等一下", { kind: "hold", reason: "等一下" }],
    ["> /recheck\n\n/hold no", { kind: "hold", reason: "no" }],
    ["```\n/recheck\n```\n/help", { kind: "help" }],
    ["<!-- /recheck -->/help", { kind: "help" }],
    ["/hodl", { kind: "unknown", word: "hodl" }],
  ])("that begins with %j asks for %j", (body, command) => {
    expect(parseCommentCommand(body)).toEqual(command);
  });

  test.each([
    "",
    "Looks good",
    "I would /hold this",
    "Try this:\n/recheck",
    "> /recheck",
    "```\n/recheck",
    "~~~~\n/recheck\n~~~\n/hold\n~~~~~",
    "    /recheck",
    "\t/recheck",
    "`/recheck`",
    "<!-- \n/recheck\n",
    "/gifts/rose is wrong",
    "/help.md",
    "//help",
    "/ 1",
  ])("that only talks asks for nothing: %j", (body) => {
    expect(parseCommentCommand(body)).toBeNull();
  });

  test("never gives a reason with more than one line, or with what hides or turns text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const command = parseCommentCommand(`/hold ${text}`);
        if (command?.kind !== "hold") return;
        expect(command.reason).not.toMatch(/[\n\r\p{Cc}\p{Cf}\u2028\u2029]/u);
        expect(command.reason.length).toBeLessThanOrEqual(300);
      }),
    );
  });
});
