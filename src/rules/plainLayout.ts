import { STAGES } from "../model/rollout.ts";

/*
 * YAML of which each line says all: nothing, a comment, a key or a list item, with a value that ends where the line does. Only a
 * text without quotes may go on below, and a line with a key in it is never the rest of one. So among such lines what looks
 * like a key is one, and its value stands beside it or deeper below.
 */
const UNQUOTED = String.raw`[\p{L}\p{N}_.^~/](?:[^:#]|:(?=\S)|(?<=\S)#)*(?:(?<= )#.*)?`;
const QUOTED = String.raw`"[^"\\]*"|'[^']*'`;
const IN_BRACKETS = String.raw`(?:[^{}[\]"'#]|"[^"\\]*")*`;
const BRACKETS = String.raw`[{[]${IN_BRACKETS}(?:[{[]${IN_BRACKETS}[}\]]${IN_BRACKETS})*[}\]]`;
const VALUE = String.raw`(?:${UNQUOTED}|(?:${QUOTED}|${BRACKETS}) *(?:(?<= )#.*)?|#.*)`;
const KEY = "[A-Za-z0-9_][A-Za-z0-9_-]*:";
const LINE = new RegExp(String.raw`^ *(?:#.*|- +${VALUE}|(?:- +)?${KEY}(?: +${VALUE}| *))?$`, "u");
/** Longer lines are looked at another way. */
const LONGEST_LINE = 300;

const COMMENT_OR_BLANK = /^ *(?:#|$)/;
const BARE_KEY = /^ *[A-Za-z]+: *(?:#.*)?$/;
/** Lines in a rollout that no later change touches. */
const STEADY = /^ *(?:#|$)|^ {4}eligible:|^ {4,6}- /;

/**
 * Whether a release that can be read is certainly laid out so that reverts apply; false means only that nobody knows yet. The
 * text is looked at line by line, which takes a hundredth of the time that places take.
 */
export function isPlainLayout(text: string): boolean {
  const lines = text.split(/\r?\n/);
  if (!lines.every((line) => line.length <= LONGEST_LINE && LINE.test(line) && !/\p{Cc}/u.test(line)))
    return false;
  const start = lines.findIndex((line) => line.startsWith("rollout:"));
  const end = lines.findIndex((line, at) => at > start && /^[^ #]/.test(line));
  return start >= 0 && isPlainRollout(lines.slice(start, end < 0 ? undefined : end));
}

function isPlainRollout([top = "", ...lines]: readonly string[]): boolean {
  if (!BARE_KEY.test(top)) return false;
  if (!lines.every((line) => COMMENT_OR_BLANK.test(line) || /^(?: {2}){1,3}[^ ]/.test(line))) return false;
  const stages: string[] = [];
  const opens: string[] = [];
  let block = "";
  for (const [at, line] of lines.entries()) {
    const [, key] = /^ {2}([a-z]+):/.exec(line) ?? [];
    if (key !== undefined) block = key;
    if (STAGES.some((stage) => stage === key)) {
      if (!BARE_KEY.test(line) || (stages.length > 0 && !hasBlankAbove(lines, at + 1))) return false;
      stages.push(block);
    }
    if (/^ {4}open:/.test(line)) {
      if (!isSteady(lines[at - 1] ?? "") || !isSteady(lines[at + 1] ?? "")) return false;
      opens.push(block);
    }
  }
  return STAGES.every((stage) => stages.includes(stage) && opens.includes(stage));
}

function isSteady(line: string): boolean {
  return STEADY.test(line) || BARE_KEY.test(line);
}

/** Whether a blank line is above the line (the first is 1), comments in between not counted. */
export function hasBlankAbove(lines: readonly string[], line: number): boolean {
  for (let at = line - 2; at >= 0; at--) {
    const text = lines[at]?.trim() ?? "";
    if (text === "") return true;
    if (!text.startsWith("#")) return false;
  }
  return true;
}
