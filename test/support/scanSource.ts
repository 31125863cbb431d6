/*
 * Reads what a TypeScript source imports and touches, without a TypeScript parser: a small scanner tells code from comments,
 * strings, templates and regular expressions, and patterns are then looked for in the code alone.
 */

export interface Import {
  /** The module as it is written; null when it is computed at run time. */
  readonly from: string | null;
  readonly how: "static" | "lazy" | "type";
  /** The imported names as the module calls them; `*` and `default` as such. */
  readonly names: readonly string[];
}

export interface ScannedSource {
  /** The text with comments blanked out and each literal replaced by `"<its number>"`; line breaks stay. */
  readonly code: string;
  readonly literals: readonly string[];
  readonly imports: readonly Import[];
}

export function scanSource(text: string): ScannedSource {
  const { code, literals } = separateLiterals(text);
  return { code, literals, imports: importsOf(code, literals) };
}

const WORD = String.raw`[A-Za-z_$][\w$]*`;
/** Not a property, not the end of a longer word. */
const ALONE = String.raw`(?<![\w$.]|\.\s)`;
/** `import a, { b as c } from`, `export * from`: no statement in between, since that would need one of `=;:()[]`. */
const STATIC = new RegExp(
  String.raw`${ALONE}(import|export)\b((?:(?!${ALONE}(?:import|export)\b)[\w\s{},*$])*?)\bfrom\s*"(\d+)"`,
  "g",
);
const BARE = new RegExp(String.raw`${ALONE}import\s*"(\d+)"`, "g");
const CALL = new RegExp(String.raw`(?:(typeof)\s+)?${ALONE}(import|require)\s*\(\s*(?:"(\d+)"\s*[,)])?`, "g");
const EQUALS = new RegExp(String.raw`${ALONE}import\s+${WORD}\s*=\s*require\s*\(\s*"(\d+)"`, "g");

function importsOf(code: string, literals: readonly string[]): readonly Import[] {
  const literal = (at: string | undefined): string | null =>
    at === undefined ? null : (literals[Number(at)] ?? null);
  const found: Import[] = [];
  for (const [, , clause = "", at] of code.matchAll(STATIC)) {
    const isType = /^\s*type\b(?!\s*,|\s*$)/.test(clause);
    const names = namesOf(isType ? clause.replace(/^\s*type\b/, "") : clause);
    found.push({ from: literal(at), how: isType ? "type" : "static", names });
  }
  for (const [, at] of code.matchAll(BARE)) found.push({ from: literal(at), how: "static", names: [] });
  const required = new Set([...code.matchAll(EQUALS)].map((it) => it[1]));
  for (const [, isType, word, at] of code.matchAll(CALL)) {
    const isStatic = word === "require" || required.has(at);
    found.push({ from: literal(at), how: isType ? "type" : isStatic ? "static" : "lazy", names: ["*"] });
  }
  return found;
}

function namesOf(clause: string): readonly string[] {
  const [, braces = ""] = /\{([^}]*)\}/.exec(clause) ?? [];
  const inBraces = braces.split(",").flatMap((part) => {
    const [name] = part.replace(/^\s*type\s+(?!as\b)/, "").match(new RegExp(WORD)) ?? [];
    return name === undefined ? [] : [name];
  });
  const outside = clause.replace(/\{[^}]*\}/, "");
  const star = outside.includes("*") ? ["*"] : [];
  const isDefault = new RegExp(`^\\s*${WORD}`).test(outside.replace(/\*[^,]*/, ""));
  return [...(isDefault ? ["default"] : []), ...star, ...inBraces];
}

/**
 * A slash begins a regular expression where no value has just ended. One that begins a statement right behind `if (...)` is
 * taken for a division; nobody writes that.
 */
const VALUE_ENDS = /[\w$)\]}"]$/;
const WORD_BEFORE_EXPRESSION =
  /(?:^|[^\w$.])(?:return|typeof|case|in|of|do|else|void|delete|throw|new|await|yield|instanceof)$/;

function separateLiterals(text: string): { code: string; literals: readonly string[] } {
  const literals: string[] = [];
  let code = "";
  let at = 0;
  /** For each template that is open around the present code: how many braces are open inside of its `${`. */
  const templates: number[] = [];

  const keepLiteral = (content: string) => {
    code += `"${literals.length}"${content.replace(/[^\n]/g, "")}`;
    literals.push(content);
  };
  const readTemplate = () => {
    let content = "";
    while (at < text.length && text[at] !== "`" && !text.startsWith("${", at)) {
      content += text.slice(at, at + (text[at] === "\\" ? 2 : 1));
      at += text[at] === "\\" ? 2 : 1;
    }
    keepLiteral(content);
    if (text[at] === "`") at++;
    else {
      at += 2;
      code += " + (";
      templates.push(0);
    }
  };

  while (at < text.length) {
    const character = text[at] ?? "";
    if (text.startsWith("//", at)) {
      const end = text.indexOf("\n", at);
      at = end === -1 ? text.length : end;
    } else if (text.startsWith("/*", at)) {
      const end = text.indexOf("*/", at + 2);
      const stop = end === -1 ? text.length : end + 2;
      code += ` ${text.slice(at, stop).replace(/[^\n]/g, "")}`;
      at = stop;
    } else if (character === '"' || character === "'") {
      const [whole = character] = matchAt(STRINGS[character], text, at);
      keepLiteral(whole.slice(1, -1));
      at += whole.length;
    } else if (character === "`") {
      at++;
      readTemplate();
    } else if (character === "/" && beginsRegExp(code)) {
      const [whole = character] = matchAt(REGULAR_EXPRESSION, text, at);
      keepLiteral(whole);
      at += whole.length;
    } else {
      at++;
      const open = templates.at(-1);
      if (open !== undefined && character === "{") templates[templates.length - 1] = open + 1;
      if (open !== undefined && character === "}") {
        if (open === 0) {
          templates.pop();
          code += ") + ";
          readTemplate();
          continue;
        }
        templates[templates.length - 1] = open - 1;
      }
      code += character;
    }
  }
  return { code, literals };
}

const STRINGS = { '"': /"(?:[^"\\\n]|\\[^])*"/y, "'": /'(?:[^'\\\n]|\\[^])*'/y } as const;
const REGULAR_EXPRESSION = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

function matchAt(pattern: RegExp, text: string, at: number): readonly string[] {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? [];
}

function beginsRegExp(codeBefore: string): boolean {
  const before = codeBefore.trimEnd();
  return !VALUE_ENDS.test(before) || WORD_BEFORE_EXPRESSION.test(before);
}
