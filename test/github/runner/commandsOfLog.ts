import { notKnown } from "./notKnown.ts";

/** What a step said about a file's line, or about nothing in particular. */
export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly message: string;
  readonly title: string | null;
  readonly file: string | null;
  readonly line: number | null;
}

/** GitHub keeps as many of each level and step, and drops the others without a word. */
const MAX_ANNOTATIONS = 10;
const LEVELS = ["error", "warning", "notice"] as const;
const COMMAND = /^\s*::([\w-]+)(?:\s+(.*?))?::(.*)$/;

export interface LogReader {
  /** Takes one line of what a step prints; returns the line for the log, or null where it was a command that leaves none. */
  read(line: string): string | null;
  readonly annotations: readonly Annotation[];
}

/** Reads the commands that a step prints among its lines. `mask` is told what shall never be seen. */
export function openLogReader(mask: (secret: string) => void, place: string): LogReader {
  const annotations: Annotation[] = [];
  let stopped: string | null = null;

  const annotate = (
    level: Annotation["level"],
    properties: Readonly<Record<string, string>>,
    text: string,
  ) => {
    if (annotations.filter((it) => it.level === level).length >= MAX_ANNOTATIONS) return;
    const line = Number.parseInt(properties["line"] ?? "", 10);
    annotations.push({
      level,
      message: text,
      title: properties["title"] ?? null,
      file: properties["file"] ?? null,
      line: Number.isNaN(line) ? null : line,
    });
  };

  const read = (line: string): string | null => {
    const found = COMMAND.exec(line);
    if (found === null) return line;
    const name = (found[1] ?? "").toLowerCase();
    const text = unescape(found[3] ?? "");
    if (stopped !== null) {
      if (name !== stopped.toLowerCase()) return line;
      stopped = null;
      return null;
    }
    const level = LEVELS.find((it) => it === name);
    if (level !== undefined) {
      annotate(level, propertiesOf(found[2] ?? ""), text);
      return `${level}: ${text}`;
    }
    if (name === "add-mask") mask(text);
    else if (name === "stop-commands") stopped = text;
    else if (name === "debug" || name === "endgroup" || name === "echo") return null;
    else if (name === "group") return text;
    else if (/^(?:set-output|set-env|add-path|save-state|add-matcher|remove-matcher)$/.test(name))
      throw notKnown(place, `the command ::${name}::, which GitHub has given up or which nothing here uses`);
    else return line;
    return null;
  };
  return { read, annotations };
}

function propertiesOf(text: string): Readonly<Record<string, string>> {
  const pairs = text.split(",").flatMap((pair) => {
    const equals = pair.indexOf("=");
    if (equals < 0) return [];
    const value = unescape(
      pair
        .slice(equals + 1)
        .replaceAll("%3A", ":")
        .replaceAll("%2C", ","),
    );
    return [[pair.slice(0, equals).trim(), value] as const];
  });
  return Object.fromEntries(pairs);
}

function unescape(text: string): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
}
