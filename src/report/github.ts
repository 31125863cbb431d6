import { type Finding, sortFindings, stoppedGifts } from "./finding.ts";
import { count, summariseFindings } from "./text.ts";

/** Longer texts are cut: one value in a file must not fill a summary. */
const LONGEST_CELL = 600;

/** Most names and numbers hold nothing that means anything to Markdown or to GitHub, and there are many. */
const PLAIN = /^(?!.*(?:gh-\d|www\.))[a-z0-9](?:[a-z0-9 ,.;%()/-]{0,400}[a-z0-9.%)])?$/i;

/** Findings as Markdown for a job summary, errors first: at most `limit` of them, and how many more there are. */
export function findingsToMarkdown(findings: readonly Finding[], limit = Number.POSITIVE_INFINITY): string {
  if (findings.length === 0) return "**Files:** everything is in order.\n";
  const sorted = sortFindings(findings);
  const warnings = sorted.filter((it) => it.severity === "warning");
  const rows = [...sorted.filter((it) => it.severity === "error"), ...warnings].map(
    ({ severity, place, message, fix }) => [
      severity,
      escapeCell(`${place.file}:${place.line}`),
      escapeCell(message),
      escapeCell(fix),
    ],
  );
  const { everything, gifts } = stoppedGifts(findings);
  const verdict = everything
    ? "Nothing can be published until the errors are fixed."
    : gifts.size > 0
      ? `${count(gifts.size, "gift")} cannot go out: ${escapeCell([...gifts].sort().join(", "))}.`
      : "Nothing is stopped.";
  return `**Files:** ${summariseFindings(findings)}. ${verdict}\n\n${toMarkdownTable(["", "where", "what", "fix"], rows, limit)}`;
}

/**
 * Findings as workflow commands, which GitHub shows as annotations on the lines (docs.github.com, "Workflow commands for
 * GitHub Actions"). It shows ten errors and ten warnings of a step; errors come first.
 */
export function findingsToCommands(findings: readonly Finding[]): string {
  const sorted = sortFindings(findings);
  return [
    ...sorted.filter((it) => it.severity === "error"),
    ...sorted.filter((it) => it.severity === "warning"),
  ]
    .map(({ code, severity, place: { file, line, column }, message, fix }) => {
      const at = `file=${escapeProperty(file)},line=${line},col=${column},title=${escapeProperty(code)}`;
      return `::${severity} ${at}::${escapeData(`${message}\nfix: ${fix}`)}`;
    })
    .join("\n");
}

/** As actions/toolkit does it: nothing in a file may end the command or begin another. */
function escapeData(text: string): string {
  return text.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replace(/:/g, "%3A").replace(/,/g, "%2C");
}

/** A table of cells that are Markdown already: the first `limit` rows, and how many more there are. */
export function toMarkdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  limit = Number.POSITIVE_INFINITY,
): string {
  const lines = [header, header.map(() => "---"), ...rows.slice(0, limit)].map(
    (cells) => `| ${cells.join(" | ")} |`,
  );
  const more = rows.length - limit;
  return `${lines.join("\n")}\n${more > 0 ? `\n… and ${more} more.\n` : ""}`;
}

/**
 * Text within a table cell or a line of prose: nothing that a file contains may become markup, a link, a mention, a
 * reference, an emoji or a new row. GitHub finds the last four in the rendered text, where a backslash is gone already, so
 * an invisible space (U+200B) takes them apart.
 */
export function escapeCell(text: string): string {
  if (PLAIN.test(text)) return text;
  const cut = text.length > LONGEST_CELL ? `${text.slice(0, LONGEST_CELL)}…` : text;
  return cut
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "") // these would show the rest of the line backwards
    .replace(/\p{Cs}/gu, "\ufffd") // half of a character, as a cut leaves it
    .replace(/[\p{Cc}\u2028\u2029]+/gu, " ")
    .replace(/[\\`*_{}[\]<>|#!~$&]/g, "\\$&")
    .replace(/[@#]|:(?=\/\/|[\w+-]+:)|\bwww(?=\.)|\bGH-(?=\d)/gi, "$&\u200b")
    .trim();
}
