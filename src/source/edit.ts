import { isCollection, isScalar, parseDocument } from "yaml";
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
