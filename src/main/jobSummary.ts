import { escapeUnseen } from "../report/text.ts";

/** GitHub takes 1 MiB for a step, and shows nothing of a longer one. */
export const MAX_SUMMARY_BYTES = 999_000;
/** More of a log than this nobody reads on the page of a job. */
const MAX_LOG_LENGTH = 200_000;

/** What a command said, as a block in which nothing is markup, whoever wrote it. */
export function logToMarkdown(title: string, lines: readonly string[]): string {
  const text = lines.join("\n").trim();
  if (text === "") return `### ${title}\n`;
  const isLong = text.length > MAX_LOG_LENGTH;
  const shown = (isLong ? text.slice(0, MAX_LOG_LENGTH) : text)
    .replaceAll("\t", "  ")
    .split("\n")
    .map(escapeUnseen)
    .join("\n");
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const rest = isLong ? "\nThe rest of it is in the log.\n" : "";
  return `### ${title}\n\n${fence}text\n${shown}\n${fence}\n${rest}`;
}

/** Whole lines from the top, as many as GitHub shows. */
export function capSummary(markdown: string, maxBytes = MAX_SUMMARY_BYTES): string {
  if (Buffer.byteLength(markdown) <= maxBytes) return markdown;
  const note = "\n\nThe rest is too long for this page; the log has it.\n";
  const bytes = Buffer.from(markdown).subarray(0, maxBytes - Buffer.byteLength(note));
  const end = bytes.lastIndexOf(0x0a);
  // A line that is cut may end within a letter; what stands before the last line feed does not.
  return `${end < 0 ? "" : bytes.subarray(0, end).toString("utf8")}${note}`;
}
