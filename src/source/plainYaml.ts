/*
 * Most files are written the way that commands and templates write them: keys and list items by indentation, each value on one
 * line, brackets closed where they were opened. That much YAML is read here, in a tenth of the time that the whole of it takes.
 * What is not certainly of that kind is left to the parser, which also knows what is wrong with it. Functions here give
 * undefined for it: no YAML has that value.
 */

/** Longer texts are left to the parser, which counts what is in them. */
const LONGEST_TEXT = 20_000;
const LONGEST_LINE = 500;
const MOST_LEVELS = 20;

/** Tabs, control characters, and carriage returns that end no line. */
const SPECIAL = /[^\P{Cc}\r\n]|\ufeff|\r(?!\n)/u;
const KEY = /^([A-Za-z_][\w-]*):(?: +(.*))?$/;
const QUOTED = /^(?:"([^"\\]*)"|'([^']*)') *(?:(?<= )#.*)?$/;
const NUMBER = /^(?:0|[1-9]\d{0,14})(?:\.\d{1,6})?$/;
/** Begins like a number and is none: a version, or a moment. */
const NO_NUMBER = /^\d+\.\d+\.\d|^\d{4}-\d\d-\d\dT/;
const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ...["null", "Null", "NULL"].map((word) => [word, null] as const),
  ...["true", "True", "TRUE"].map((word) => [word, true] as const),
  ...["false", "False", "FALSE"].map((word) => [word, false] as const),
]);

/** A line that says something. */
interface Line {
  readonly indent: number;
  readonly text: string;
}

/** The text's value, exactly as the parser would give it, or undefined when only the parser can tell. */
export function readPlainYaml(text: string): unknown {
  if (text.length > LONGEST_TEXT || SPECIAL.test(text)) return undefined;
  const lines = toLines(text);
  if (lines?.[0]?.indent !== 0) return undefined;
  const reader = blockReader(lines);
  const value = reader.readMap(0, 1);
  return reader.isAtEnd() ? value : undefined;
}

function toLines(text: string): Line[] | undefined {
  const lines: Line[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.length > LONGEST_LINE) return undefined;
    let indent = 0;
    while (line[indent] === " ") indent++;
    if (indent < line.length && line[indent] !== "#") lines.push({ indent, text: line.slice(indent) });
  }
  return lines;
}

/**
 * Reads blocks of lines from the first on. A block ends before the first line of another indentation; when that fits no block
 * around it either, as after a text that goes on below, the end is never reached.
 */
function blockReader(lines: Line[]) {
  let at = 0;

  function readMap(indent: number, level: number): unknown {
    const map: Record<string, unknown> = {};
    for (let line = lines[at]; line?.indent === indent; line = lines[at]) {
      const [, key, rest = ""] = KEY.exec(line.text) ?? [];
      if (key === undefined || key === "__proto__" || Object.hasOwn(map, key)) return undefined;
      at++;
      const value = rest === "" || rest.startsWith("#") ? readBelow(indent, level) : readValue(rest);
      if (value === undefined) return undefined;
      map[key] = value;
    }
    return map;
  }

  function readList(indent: number, level: number): unknown {
    const list: unknown[] = [];
    for (let line = lines[at]; line?.indent === indent; line = lines[at]) {
      const [dash] = /^- +/.exec(line.text) ?? [];
      if (dash === undefined) break;
      const text = line.text.slice(dash.length);
      const isMap = KEY.test(text);
      // "- gift: rose" begins a block of keys where its key stands.
      if (isMap) lines[at] = { indent: indent + dash.length, text };
      else at++;
      const value = isMap ? readMap(indent + dash.length, level + 1) : readValue(text);
      if (value === undefined) return undefined;
      list.push(value);
    }
    return list;
  }

  /** What belongs to a key that has nothing beside it. The dashes of its list may stand right below the key. */
  function readBelow(indent: number, level: number): unknown {
    const next = lines[at];
    if (level >= MOST_LEVELS) return undefined;
    if (next?.text.startsWith("- ") && next.indent >= indent) return readList(next.indent, level + 1);
    return next && next.indent > indent ? readMap(next.indent, level + 1) : null;
  }

  return { readMap, isAtEnd: () => at === lines.length };
}

/** What stands beside a key or a dash. */
function readValue(text: string): unknown {
  const [quoted, double, single] = QUOTED.exec(text) ?? [];
  if (quoted !== undefined) return double ?? single;
  if (/^[{[]/.test(text)) return readBrackets(text);
  const comment = text.indexOf(" #");
  const plain = withoutSpacesAtEnd(comment < 0 ? text : text.slice(0, comment));
  return plain.includes(": ") || plain.endsWith(":") ? undefined : toScalar(plain);
}

/** A text without quotes as YAML 1.2 takes it. */
function toScalar(text: string): unknown {
  if (/^[\p{L}^]/u.test(text)) return WORDS.has(text) ? WORDS.get(text) : text;
  if (NUMBER.test(text)) return Number(text);
  return NO_NUMBER.test(text) ? text : undefined;
}

/** One sign, a quoted text, or a text without quotes with all that could be one. */
const TOKEN = / *(?:([{}[\],])|"([^"\\]*)"|'([^']*)'|([A-Za-z_][\w-]*): |([\p{L}\p{N}^][^,{}[\]"'#:]*))/uy;

function readBrackets(text: string): unknown {
  let at = 0;
  const next = () => {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    const [all = "", sign, double, single, key, plain] = found ?? [];
    at += all.length;
    return { sign, quoted: double ?? single, key, plain };
  };

  function read({ sign, quoted, plain }: ReturnType<typeof next>, level: number): unknown {
    if (quoted !== undefined) return quoted;
    if (plain !== undefined) return toScalar(withoutSpacesAtEnd(plain));
    if (level > MOST_LEVELS) return undefined;
    return sign === "[" ? readItems(level) : sign === "{" ? readPairs(level) : undefined;
  }

  function readItems(level: number): unknown {
    const list: unknown[] = [];
    for (let token = next(); ; token = next()) {
      if (token.sign === "]" && list.length === 0) return list;
      const value = read(token, level + 1);
      const { sign } = next();
      if (value === undefined || (sign !== "," && sign !== "]")) return undefined;
      list.push(value);
      if (sign === "]") return list;
    }
  }

  function readPairs(level: number): unknown {
    const map: Record<string, unknown> = {};
    for (let token = next(); ; token = next()) {
      const { key } = token;
      if (token.sign === "}" && Object.keys(map).length === 0) return map;
      if (key === undefined || key === "__proto__" || Object.hasOwn(map, key)) return undefined;
      const value = read(next(), level + 1);
      const { sign } = next();
      if (value === undefined || (sign !== "," && sign !== "}")) return undefined;
      map[key] = value;
      if (sign === "}") return map;
    }
  }

  const value = read(next(), 1);
  return /^ *(?:(?<= )#.*)?$/.test(text.slice(at)) ? value : undefined;
}

function withoutSpacesAtEnd(text: string): string {
  let end = text.length;
  while (text[end - 1] === " ") end--;
  return text.slice(0, end);
}
