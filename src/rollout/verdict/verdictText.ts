import { escapeUnseen, toTable } from "../../report/text.ts";
import type { NextStep } from "./nextStep.ts";
import type { VerdictStory } from "./story.ts";
import { type Table, toEvidenceTable, toMainTable, toPlaceTable } from "./tables.ts";

/** For the terminal: what to do first, then the numbers, and the rest below. Ends with a line break. */
export function verdictToText(story: VerdictStory): string {
  const { headline, why, next, rows, basis, reasons, places, evidence, decode, notes } = story;
  const also = reasons.slice(1).map((it) => it.sentence);
  return [
    headline,
    `  why: ${why}`,
    ...nextToLines(next),
    "",
    ...toLines(toMainTable(rows)),
    basis,
    ...section("also", also),
    ...places.flatMap((it) => section(`${it.what}, by region and tier`, toLines(toPlaceTable(it.rows)))),
    ...section("how sure this is", [...toLines(toEvidenceTable(evidence)), ...decode, ...notes]),
  ]
    .map((line) => `${escapeUnseen(line)}\n`)
    .join("");
}

function nextToLines({ who, what, command }: NextStep): string[] {
  return [`  next (${who}): ${what}`, ...(command === undefined ? [] : [`    ${command}`])];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", title, ...lines.map((line) => `  ${line}`)];
}

/** Cells are escaped before they are measured, so that columns stay aligned and no cell begins a line. */
function toLines({ header, rows }: Table): string[] {
  if (rows.length === 0) return [];
  return toTable([header, ...rows.map((cells) => cells.map(escapeUnseen))]).split("\n");
}
