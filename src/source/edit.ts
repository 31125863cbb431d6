import { isMap, isScalar, parseDocument } from "yaml";
import type { Path } from "../model/validate.ts";
import { GiftError } from "../report/error.ts";

/**
 * Replaces one scalar in YAML text and nothing else: comments, order and layout stay, so that a revert of the change
 * applies cleanly later.
 * @throws GiftError `EDIT_NOT_FOUND` when the path is not written in the text
 */
export function editScalar(text: string, path: Path, value: string | number | boolean): string {
  let node: unknown = parseDocument(text).contents;
  for (const part of path) node = isMap(node) ? node.get(part, true) : undefined;
  if (!isScalar(node) || !node.range) {
    throw new GiftError("EDIT_NOT_FOUND", `${path.join(".")} is not written in the file`, "add it by hand");
  }
  const [start, end] = node.range;
  return (
    text.slice(0, start) +
    (typeof value === "string" ? JSON.stringify(value) : String(value)) +
    text.slice(end)
  );
}
