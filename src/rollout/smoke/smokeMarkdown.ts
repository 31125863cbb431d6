import { escapeCell, toMarkdownTable } from "../../report/github.ts";
import type { SmokeStory } from "./smokeStory.ts";
import { SMOKE_HEADER, smokeCells } from "./smokeText.ts";

const MARKS: Readonly<Record<SmokeStory["result"], string>> = { passed: "✅", failed: "⛔", held: "⏳" };
const MOST_ROWS = 100;

/** For the page of a job or a pull request. */
export function smokeToMarkdown(story: SmokeStory): string {
  const { headline, result, why, next, basis } = story;
  const cells = smokeCells(story).map((row) => row.map(escapeCell));
  return [
    `### ${MARKS[result]} ${escapeCell(headline)}\n`,
    why.map((it) => `- ${escapeCell(it)}\n`).join(""),
    `**Next:** ${escapeCell(next)}\n`,
    ...(cells.length > 0 ? [toMarkdownTable(SMOKE_HEADER, cells, MOST_ROWS)] : []),
    `${escapeCell(basis)}\n`,
  ].join("\n");
}
