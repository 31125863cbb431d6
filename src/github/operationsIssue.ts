import { createHash } from "node:crypto";
import { escapeCell, toMarkdownTable } from "../report/github.ts";

/** The first line of the one issue about what reconciling left. */
export const OPERATIONS_MARKER = "giftwrap:operations";
export const OPERATIONS_TITLE = "Gift operations";
/** By which the issue is found. */
export const OPERATIONS_LABEL = "giftwrap: operations";

/** What is left for people in one environment. All texts are shown escaped. */
export interface Drift {
  readonly environment: string;
  readonly left: readonly { readonly what: string; readonly fix: string }[];
  /** Edges that do not serve what was written. */
  readonly unconfirmed: readonly string[];
}

const MAX_ROWS = 100;

/** The issue's text. What was there before keeps the time since when it is; `before` is the issue's text as it is, or empty. */
export function operationsToMarkdown(drifts: readonly Drift[], before: string, now: number): string {
  const since = readSince(before);
  const rows = drifts.flatMap(({ environment, left, unconfirmed }) => [
    ...left.map(({ what, fix }) => ({ environment, what, fix })),
    ...unconfirmed.map((edge) => ({
      environment,
      what: `the edge ${edge} does not serve what was written`,
      fix: "look at that edge; if it is to stay away, mark it out of service",
    })),
  ]);
  const told = rows.slice(0, MAX_ROWS).map((it) => {
    const id = createHash("sha256").update(`${it.environment}\0${it.what}`).digest("hex").slice(0, 12);
    return { ...it, id, since: since.get(id) ?? toMinute(now) };
  });
  return [
    `<!-- ${OPERATIONS_MARKER} -->`,
    ...told.map((it) => `<!-- since ${it.id} ${it.since} -->`),
    rows.length === 0
      ? "Nothing is left to do: what is published is what git says.\n"
      : `What is published is not what git says, and no machine may mend this:\n\n${toMarkdownTable(
          ["Environment", "What", "Since (UTC)", "What to do"],
          told.map((it) => [
            escapeCell(it.environment),
            escapeCell(it.what),
            it.since.replace("T", " ").replace("Z", ""),
            escapeCell(it.fix),
          ]),
        )}${rows.length > MAX_ROWS ? `\n… and ${rows.length - MAX_ROWS} more: run giftwrap reconcile --dry-run.\n` : ""}`,
    "<sub>This issue is kept up to date, and closes itself when nothing is left.</sub>\n",
  ].join("\n");
}

/** Whether something is left for people. */
export function hasDrift(drifts: readonly Drift[]): boolean {
  return drifts.some((it) => it.left.length > 0 || it.unconfirmed.length > 0);
}

function readSince(body: string): ReadonlyMap<string, string> {
  const found = body.matchAll(/^<!-- since ([0-9a-f]{12}) (\d{4}-\d\d-\d\dT\d\d:\d\dZ) -->\r?$/gm);
  return new Map([...found].map(([, id = "", since = ""]) => [id, since]));
}

function toMinute(now: number): string {
  return `${new Date(now).toISOString().slice(0, 16)}Z`;
}
