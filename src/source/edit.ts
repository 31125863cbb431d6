import { isCollection, isMap, isNode, isScalar, parseDocument } from "yaml";
import type { Path } from "../model/validate.ts";
import { GiftError } from "../report/error.ts";

/**
 * Replaces one scalar in YAML text and nothing else: comments, order and layout stay, so that a revert of the change
 * applies cleanly later.
 * @throws GiftError `EDIT_NOT_FOUND` when the path is not written in the text
 */
export function editScalar(text: string, path: Path, value: string | number | boolean): string {
  let node: unknown = parseDocument(text).contents;
  for (const part of path) node = isCollection(node) ? node.get(part, true) : undefined;
  if (!isScalar(node) || !node.range) {
    throw new GiftError("EDIT_NOT_FOUND", `${path.join(".")} is not written in the file`, "add it by hand");
  }
  const [start, end] = node.range;
  const before = text.slice(0, start);
  const after = text.slice(end);
  // A value that is left empty has no space of its own, and a block of text (| or >) ends with its line feed.
  const lead = start === end && /\S$/.test(before) ? " " : "";
  const tail = text.slice(start, end).endsWith("\n") ? "\n" : after.startsWith("#") ? " " : "";
  return `${before}${lead}${typeof value === "string" ? JSON.stringify(value) : value}${tail}${after}`;
}

/**
 * Writes a block of its own, with a blank line after it, above the line of a top-level key. Nothing else changes, and no line that a
 * promotion or its revert touches is next to it.
 * @param block whole lines, without the blank one
 * @throws GiftError `EDIT_NOT_FOUND` when there is no such key
 */
export function insertBlock(text: string, above: string, block: string): string {
  const [start] = rangeOfKey(text, above);
  return `${text.slice(0, start)}${block}\n\n${text.slice(start)}`;
}

/** Takes a top-level key with its value and the blank lines after it away. @throws GiftError `EDIT_NOT_FOUND` */
export function removeBlock(text: string, key: string): string {
  const [start, end] = rangeOfKey(text, key);
  return text.slice(0, start) + text.slice(end).replace(/^(?:[ \t]*\n)+/, "");
}

/** Whether the text has the top-level key. */
export function hasBlock(text: string, key: string): boolean {
  const { contents } = parseDocument(text);
  return isMap(contents) && contents.has(key);
}

/** From the start of the key's line to the end of its value's last line. */
function rangeOfKey(text: string, key: string): [number, number] {
  const { contents } = parseDocument(text);
  const pair = isMap(contents)
    ? contents.items.find((it) => isScalar(it.key) && it.key.value === key)
    : undefined;
  const start = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
  if (!pair || start === undefined)
    throw new GiftError("EDIT_NOT_FOUND", `${key} is not written in the file`, "add it by hand");
  const valueEnd = isNode(pair.value) ? (pair.value.range?.[1] ?? start) : start;
  const lineEnd = text.indexOf("\n", Math.max(start, valueEnd - 1));
  return [start, lineEnd < 0 ? text.length : lineEnd + 1];
}

/** One line as it was and is; the number begins with 1. */
export interface ChangedLine {
  readonly number: number;
  readonly before: string;
  readonly after: string;
}

/** The lines that an edit in place changed: it adds no line and takes none away. */
export function differingLines(before: string, after: string): readonly ChangedLine[] {
  const next = after.split("\n");
  return before.split("\n").flatMap((line, at) => {
    const changed = next[at] ?? "";
    return line === changed ? [] : [{ number: at + 1, before: line, after: changed }];
  });
}
