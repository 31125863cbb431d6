import type { ParsedYaml } from "./yaml.ts";

/** JSON text to a value. JSON files are written by tools, so their places are only as fine as the syntax error needs. */
export function parseJson(file: string, text: string): ParsedYaml {
  const start = { file, line: 1, column: 1 };
  try {
    return { ok: true, located: { file, value: JSON.parse(text), place: () => start } };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      findings: [
        {
          code: "JSON_SYNTAX",
          severity: "error",
          place: start,
          message: `this is not JSON: ${message}`,
          fix: "take it from git again, or delete it and run npx giftwrap build: a tool writes this file",
        },
      ],
    };
  }
}
