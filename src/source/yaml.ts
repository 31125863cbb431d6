import { type Document, isMap, isScalar, isSeq, LineCounter, type Pair, parseDocument } from "yaml";
import type { Located } from "../model/project.ts";
import type { Path } from "../model/validate.ts";
import type { Finding, Place } from "../report/finding.ts";

export type ParsedYaml =
  | { readonly ok: true; readonly located: Located<unknown> }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** Text to a value that knows its lines. YAML 1.2; a key written twice is an error, and so is anything YAML warns of. */
export function parseYaml(file: string, text: string): ParsedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    logLevel: "error",
  });
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  // One slip often gives several complaints about one place; the first says it best.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem)
    return {
      ok: false,
      findings: [toFinding(text, problem.code, problem.message, placeOf(problem.pos[0]), problem.pos[0])],
    };
  const value = toPlain(document);
  if (value instanceof Error)
    return { ok: false, findings: [toFinding(text, "ALIAS", value.message, placeOf(0), 0)] };
  return {
    ok: true,
    located: { file, value, place: (path, at = "value") => placeOf(offsetOf(document, path, at)) },
  };
}

function toFinding(text: string, code: string, message: string, place: Place, offset: number): Finding {
  if (code === "DUPLICATE_KEY") {
    return {
      code: "DUPLICATE_KEY",
      severity: "error",
      place,
      message: `${keyAt(text, offset)} is written twice in the same block`,
      fix: "keep one of the two",
    };
  }
  return {
    code: "YAML_SYNTAX",
    severity: "error",
    place,
    message: `this is not YAML: ${firstLine(message)}`,
    fix: "check the indentation, the quotes and the colons around this place",
  };
}

/** The plain value, or the error for what only shows when aliases are followed. */
function toPlain(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The offset of the deepest part of the path that is written. */
function offsetOf(document: Document.Parsed, path: Path, at: "key" | "value"): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range?.[0] ?? 0;
  path.forEach((part, depth) => {
    if (isMap(node)) {
      const pair = node.items.find(
        (item: Pair) => isScalar(item.key) && String(item.key.value) === String(part),
      );
      if (!pair) {
        node = undefined;
        return;
      }
      const isLast = depth === path.length - 1;
      offset =
        (isLast && at === "key" ? startOf(pair.key) : (startOf(pair.value) ?? startOf(pair.key))) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      offset = startOf(node) ?? offset;
    }
  });
  return offset;
}

function startOf(node: unknown): number | undefined {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range))
    return undefined;
  const start: unknown = node.range[0];
  return typeof start === "number" ? start : undefined;
}

function keyAt(text: string, offset: number): string {
  return `"${/^[^:\n]*/.exec(text.slice(offset))?.[0].trim() ?? ""}"`;
}

function firstLine(message: string): string {
  return message.split("\n")[0] ?? message;
}
