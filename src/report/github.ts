import { type Finding, sortFindings, stoppedGifts } from "./finding.ts";
import { count, summariseFindings } from "./text.ts";

/** Findings as Markdown for a job summary. */
export function findingsToMarkdown(findings: readonly Finding[]): string {
  if (findings.length === 0) return "**Files:** everything is in order.\n";
  const rows = sortFindings(findings).map(
    ({ severity, place, message, fix }) =>
      `| ${severity} | \`${place.file}:${place.line}\` | ${escapeCell(message)} | ${escapeCell(fix)} |`,
  );
  const { everything, gifts } = stoppedGifts(findings);
  const verdict = everything
    ? "Nothing can be published until the errors are fixed."
    : gifts.size > 0
      ? `${count(gifts.size, "gift")} cannot go out: ${[...gifts].sort().join(", ")}. The others are not held up.`
      : "Nothing is stopped.";
  return `**Files:** ${summariseFindings(findings)}. ${verdict}\n\n| | where | what | fix |\n|---|---|---|---|\n${rows.join("\n")}\n`;
}

/** Text in a table cell: nothing a file contains may become markup, a mention or a new row. */
function escapeCell(text: string): string {
  return text
    .replace(/[\r\n]+/g, " ")
    .replace(/[\\`*_{}[\]<>|#!~]/g, "\\$&")
    .replace(/@/g, "@\u200b");
}
