import { type Finding, sortFindings } from "./finding.ts";

/** Findings as the terminal and the job summary show them. */
export function findingsToText(findings: readonly Finding[]): string {
  return sortFindings(findings)
    .map(({ code, severity, place, message, fix }) => {
      const mark = severity === "warning" ? "warning: " : "";
      return `${place.file}:${place.line}:${place.column}: ${mark}${message} [${code}]\n  fix: ${fix}\n`;
    })
    .join("");
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
