const MAX_CHARACTERS = 60;

/** A name from inside a file, in quotation marks, fit for a message: one line, not endless, "(no name)" for none. */
export function quoteName(name: string): string {
  const line = name.replace(/\p{C}+/gu, " ").trim();
  if (line === "") return "(no name)";
  const start = line.slice(0, MAX_CHARACTERS).replace(/[\ud800-\udbff]$/, "");
  return `"${start}${start === line ? "" : "…"}"`;
}
