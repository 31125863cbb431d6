/** What a comment asks the tool to do. */
export type CommentCommand =
  | { readonly kind: "help" }
  | { readonly kind: "recheck" }
  /** The reason may be empty. */
  | { readonly kind: "hold"; readonly reason: string }
  /** A word that begins like a command and is none. */
  | { readonly kind: "unknown"; readonly word: string };

const MAX_REASON = 300;

/**
 * The command that a comment begins with, or null when it is talk. Only its first line that says anything counts; what stands in
 * code, in quotes or in hidden text is said about a command, and asks for nothing.
 */
export function parseCommentCommand(body: string): CommentCommand | null {
  const line = firstLine(body);
  // Chinese keyboards write a slash of their own; a path such as /gifts/rose is talk.
  const [, word = "", rest = ""] =
    /^ {0,3}[/／]\s?([A-Za-z][A-Za-z-]{0,20})(?![\w/.])(.*)$/u.exec(line) ?? [];
  if (word === "") return null;
  const name = word.toLowerCase().replaceAll("-", "");
  const said = rest.replace(/^[\s:：,.!。！—–-]+/u, "");
  switch (name) {
    case "help":
      return { kind: "help" };
    case "recheck":
    case "check":
      return { kind: "recheck" };
    case "hold":
      return { kind: "hold", reason: toReason(said) };
    default:
      return { kind: "unknown", word: word.toLowerCase() };
  }
}

/** The first line that is no blank, quote, code or hidden text; empty when there is none. */
function firstLine(body: string): string {
  const shown = body.replace(/<!--[\s\S]*?(?:-->|$)/g, "");
  let fence: string | null = null;
  for (const line of shown.split(/\r\n|\r|\n/)) {
    const [, mark] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence !== null) {
      if (mark?.startsWith(fence) && line.trim() === mark) fence = null;
      continue;
    }
    if (mark !== undefined) fence = mark;
    else if (line.trim() !== "" && !/^ {0,3}>/.test(line) && !/^(?: {4}|\t)/.test(line)) return line;
  }
  return "";
}

/** One line for a file and for people: no control characters, none that hide or turn the rest around. */
function toReason(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]+/gu, " ")
    .trim()
    .slice(0, MAX_REASON)
    .trim();
}
