import { type Finding, sortFindings } from "./finding.ts";

/** Findings as the terminal and the job summary show them. */
export function findingsToText(findings: readonly Finding[]): string {
  return sortFindings(findings)
    .map(({ code, severity, place, message, fix }) => {
      const mark = severity === "warning" ? "warning: " : "";
      const where = `${escapeUnseen(place.file)}:${place.line}:${place.column}`;
      return `${where}: ${mark}${escapeUnseen(message)} [${code}]\n  fix: ${escapeUnseen(fix)}\n`;
    })
    .join("");
}

/** Line breaks, what a terminal takes for orders, and what shows the rest of a line backwards. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** The text on one line, with nothing in it that a person would not see: such characters are written as \u{1b}. */
export function escapeUnseen(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`);
}

/** What somebody typed, on one line: a second one would be a trailer or a heading where it goes. */
export function toOneLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\u2028\u2029]+/gu, " ").trim();
}

/** One line that says how it stands. */
export function summariseFindings(findings: readonly Finding[]): string {
  const errors = findings.filter((it) => it.severity === "error").length;
  const warnings = findings.length - errors;
  return `${count(errors, "error")}, ${count(warnings, "warning")}`;
}

/** Rows as aligned columns, a header first. */
export function toTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

export function toBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(2)} MB`;
}
