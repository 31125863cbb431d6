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
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const placeOf = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    return {
      ok: false,
      findings: problems.map((problem) => {
        const isDuplicate = problem.code === "DUPLICATE_KEY";
        return {
          code: isDuplicate ? "DUPLICATE_KEY" : "YAML_SYNTAX",
          severity: "error",
          place: placeOf(problem.pos[0]),
          message: isDuplicate
            ? `${keyAt(text, problem.pos[0])} is written twice in the same block`
            : `this is not YAML: ${firstLine(problem.message)}`,
          fix: isDuplicate
            ? "keep one of the two"
            : "check the indentation, the quotes and the colons around this place",
        };
      }),
    };
  }
  return {
    ok: true,
    located: {
      file,
      value: toPlain(document),
      place: (path, at = "value") => placeOf(offsetOf(document, path, at)),
    },
  };
}

function toPlain(document: Document.Parsed): unknown {
  return document.toJS({ maxAliasCount: 100 });
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
