import {
  Composer,
  type Document,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Pair,
  Parser,
  YAMLParseError,
} from "yaml";
import type { Located } from "../model/project.ts";
import type { Path } from "../model/validate.ts";
import type { Finding, Place } from "../report/finding.ts";
import { readPlainYaml } from "./plainYaml.ts";

export type ParsedYaml =
  | { readonly ok: true; readonly located: Located<unknown> }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** What people write has a handful of levels; far beyond, the composer overflows the stack, which can end the process. */
export const MAX_LEVELS = 100;
/** Keys and list items together: what checks a list may compare each with each. */
const MAX_VALUES = 20_000;
const MAX_ALIASES = 100;
/** Documents kept for places: who asks for one place in a file often asks for the next. */
const RECENT_DOCUMENTS = 4;

/**
 * Text to a value that knows its lines. YAML 1.2; a key written twice is an error, and so is anything YAML warns of. The
 * value is made of lists, records, texts, numbers, booleans and nulls only. Work, memory and stack are bounded whatever the
 * text holds. Of the text only itself is kept: a place costs another parse, when its line or column is first read.
 */
export function parseYaml(file: string, text: string): ParsedYaml {
  const toLocated = (value: unknown): ParsedYaml => ({
    ok: true,
    located: { file, value, place: (path, at = "value") => toPlace(file, text, path, at) },
  });
  const plain = readPlainYaml(text);
  if (plain !== undefined) return toLocated(plain);
  const { document, lines } = compose(text);
  const problem = findProblem(document);
  if (problem) return { ok: false, findings: [toFinding(file, text, lines, problem)] };
  const value = toPlain(document);
  const excess = value instanceof Error ? { code: "ALIAS", message: value.message } : findExcess(value);
  if (excess) return { ok: false, findings: [toFinding(file, text, lines, { ...excess, offset: 0 })] };
  return toLocated(value);
}

/** A text as nodes that know their offsets, and where its lines begin. */
interface Composed {
  readonly document: Document.Parsed;
  readonly lines: LineCounter;
}

/** Whatever is wrong is among the document's errors, where it ends before its levels or aliases are too many. */
function compose(text: string): Composed {
  const lines = new LineCounter();
  const parser = new Parser(lines.addNewLine);
  const composer = new Composer({
    lineCounter: lines,
    prettyErrors: false,
    logLevel: "error",
    stringKeys: true,
    // The composer would compare each key with each; findDuplicate does not.
    uniqueKeys: false,
    // No schema can check sets, dates, bytes and merged maps: there are none, whatever the file says of itself.
    schema: "core",
    resolveKnownTags: false,
    merge: false,
  });
  const beyond: YAMLParseError[] = [];
  function* tokens() {
    lines.addNewLine(0);
    let aliases = 0;
    for (const lexeme of new Lexer().lex(text)) {
      yield* parser.next(lexeme);
      if (lexeme.startsWith("*")) aliases++;
      // The document itself is the first level.
      const isTooDeep = parser.stack.length > MAX_LEVELS + 1;
      if (!isTooDeep && aliases <= MAX_ALIASES) continue;
      beyond.push(toError(isTooDeep ? "RESOURCE_EXHAUSTION" : "BAD_ALIAS", parser.offset));
      // What is open stays unsaid: the composer calls itself for each level, and looks through all that is above an alias.
      return;
    }
    yield* parser.end();
  }
  const [document, another] = composer.compose(tokens(), true, text.length);
  if (!document) throw new TypeError("the composer was told to give a document and gave none");
  document.errors.unshift(...beyond);
  if (another) document.errors.push(toError("MULTIPLE_DOCS", another.range[0]));
  return { document, lines };
}

function toError(code: YAMLParseError["code"], offset: number): YAMLParseError {
  return new YAMLParseError([offset, offset], code, "");
}

/** What is wrong and where; the code is the parser's or one of ours, the message the parser's. */
interface Problem {
  readonly code: string;
  readonly message: string;
  readonly offset: number;
}

/** One slip often gives several complaints about one place; the first says it best. */
function findProblem(document: Document.Parsed): Problem | null {
  const [first] = [...document.errors, ...document.warnings];
  if (first) return { code: first.code, message: first.message, offset: first.pos[0] };
  if (document.directives.yaml.version !== "1.2") return { code: "VERSION", message: "", offset: 0 };
  const duplicate = findDuplicate(document.contents);
  return duplicate === null ? null : { code: "DUPLICATE_KEY", message: "", offset: duplicate };
}

/** The offset of the first key that stands in its block already. */
function findDuplicate(node: unknown): number | null {
  if (isSeq(node)) {
    for (const item of node.items) {
      const found = findDuplicate(item);
      if (found !== null) return found;
    }
  }
  if (!isMap(node)) return null;
  const keys = new Set<string>();
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : "";
    if (keys.has(name)) return startOf(key) ?? startOf(value) ?? startOf(node) ?? 0;
    keys.add(name);
    const found = findDuplicate(value);
    if (found !== null) return found;
  }
  return null;
}

/** The plain value, or the error for what only shows when aliases are followed. */
function toPlain(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Why the value is too much to be checked, or null. */
function findExcess(value: unknown): Omit<Problem, "offset"> | null {
  let values = 0;
  // Written levels are counted while parsing; more of them come from aliases, and without end when one is inside itself.
  const isExcessive = (it: unknown, level: number): boolean => {
    if (typeof it !== "object" || it === null) return false;
    const parts: unknown[] = Array.isArray(it) ? it : Object.values(it);
    values += parts.length;
    if (level > MAX_LEVELS || values > MAX_VALUES) return true;
    return parts.some((part) => isExcessive(part, level + 1));
  };
  if (!isExcessive(value, 1)) return null;
  return { code: values > MAX_VALUES ? "VALUES" : "ALIAS", message: "" };
}

function toFinding(file: string, text: string, lines: LineCounter, problem: Problem): Finding {
  return {
    severity: "error",
    place: placeAt(file, lines, problem.offset),
    ...explain(problem, text.slice(problem.offset), isIndentedByTab(text, problem.offset)),
  };
}

function explain(
  { code, message }: Problem,
  rest: string,
  isAfterTab: boolean,
): Pick<Finding, "code" | "message" | "fix"> {
  if (code === "TAB_AS_INDENT" || isAfterTab)
    return {
      code: "YAML_TAB",
      message: "this line is indented with a tab, which YAML does not take for indentation",
      fix: "write spaces instead of the tab",
    };
  switch (code) {
    case "DUPLICATE_KEY":
      return {
        code,
        message: `"${/^[^:\n]*/.exec(rest)?.[0].trim() ?? ""}" is written twice in the same block`,
        fix: "keep one of the two",
      };
    case "RESOURCE_EXHAUSTION":
      return {
        code: "YAML_DEEP",
        message: `blocks or brackets are nested in more than ${MAX_LEVELS} levels here`,
        fix: "take out what does not belong into this file; what is known here needs a handful of levels",
      };
    case "VALUES":
      return {
        code: "YAML_VALUES",
        message: `this file has more than ${MAX_VALUES} keys and list items`,
        fix: "take out what does not belong into this file",
      };
    case "MULTIPLE_DOCS":
      return {
        code: "YAML_DOCUMENTS",
        message: "a second document begins here; a file holds one",
        fix: "take the line --- out if both belong together; if not, keep one of the two",
      };
    case "VERSION":
      return {
        code: "YAML_VERSION",
        message: "this file says that it is of an older YAML, in which words such as no mean something else",
        fix: "take the line that begins with %YAML out",
      };
    case "TAG_RESOLVE_FAILED":
      return {
        code: "YAML_TAG",
        message: `${wordOf(rest)} begins with "!", so YAML takes it for the type of a value; no such type is known here`,
        fix: 'take that word out; where the "!" belongs to a text, put the text in quotes',
      };
    case "NON_STRING_KEY":
      return {
        code: "YAML_KEY",
        message: "what stands before a colon here is more than a word",
        fix: "write one word, without brackets or *, before the colon",
      };
    case "ALIAS":
    case "BAD_ALIAS":
      return {
        code: "YAML_ALIASES",
        message: explainAlias(message),
        fix: 'write the values out instead of the "*"; where "*" is meant as a text, put it in quotes: "*"',
      };
    default:
      return {
        code: "YAML_SYNTAX",
        message: `this is not YAML: ${firstLine(message)}`,
        fix: "check the indentation, the quotes and the colons around this place",
      };
  }
}

function explainAlias(message: string): string {
  const [, name] = /^Unresolved alias.*: (.*)$/.exec(message) ?? [];
  if (name !== undefined) return `*${name} repeats what is named &${name}, but nothing above it is`;
  if (/empty/.test(message)) return 'a "*" repeats a value by its name, but no name follows it';
  return `names with "*" repeat values inside each other, more than ${MAX_ALIASES} times or without end`;
}

/** A place that is looked up when it is read: rules name places before they know whether anything is wrong. */
function toPlace(file: string, text: string, path: Path, at: "key" | "value"): Place {
  let known: Place | undefined;
  const find = () => {
    if (known) return known;
    const { document, lines } = recall(text);
    known = placeAt(file, lines, offsetOf(document, path, at));
    return known;
  };
  return {
    file,
    get line() {
      return find().line;
    },
    get column() {
      return find().column;
    },
  };
}

const recent: (Composed & { readonly text: string })[] = [];

/** The text's document, composed again unless it was among the last ones asked for. */
function recall(text: string): Composed {
  const at = recent.findIndex((it) => it.text === text);
  const [found = { ...compose(text), text }] = at < 0 ? [] : recent.splice(at, 1);
  recent.unshift(found);
  recent.length = Math.min(recent.length, RECENT_DOCUMENTS);
  return found;
}

function placeAt(file: string, lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { file, line: Math.max(1, line), column: Math.max(1, col) };
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

function isIndentedByTab(text: string, offset: number): boolean {
  const lineStart = text.lastIndexOf("\n", offset - 1) + 1;
  return /^ *\t/.test(text.slice(lineStart, offset + 1));
}

function wordOf(rest: string): string {
  return /^\S*/.exec(rest)?.[0] ?? "";
}

function firstLine(message: string): string {
  return message.split("\n")[0] ?? message;
}
