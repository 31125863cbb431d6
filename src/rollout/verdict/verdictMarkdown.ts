import { escapeCell, toMarkdownTable } from "../../report/github.ts";
import type { NextStep } from "./nextStep.ts";
import type { Recommendation, VerdictStory } from "./story.ts";
import { type Table, toEvidenceTable, toMainTable, toPlaceTable } from "./tables.ts";

/** Where a picture of the verdict can be fetched, for a light and a dark page. */
export interface LinkedPicture {
  readonly light: string;
  readonly dark: string;
  /** What it shows, for those who do not see it. */
  readonly alt: string;
}

export interface MarkdownOptions {
  readonly pictures?: readonly LinkedPicture[];
  /** Characters: GitHub takes 65,536 in a comment. */
  readonly maxLength?: number;
}

const MAX_LENGTH = 60_000;
/** Rows of each table by region and tier, tried until the text fits. */
const LIMITS = [Number.POSITIVE_INFINITY, 60, 20, 5, 0];

const MARKS: Readonly<Record<Recommendation, string>> = {
  promote: "✅",
  wait: "⏳",
  decide: "✋",
  look: "🔎",
  take_back: "⛔",
};

/** For a pull request: what to do first, then new against live against the limit, pictures, and the rest folded away. */
export function verdictToMarkdown(
  story: VerdictStory,
  { pictures = [], maxLength = MAX_LENGTH }: MarkdownOptions = {},
): string {
  let shortest = "";
  for (const limit of LIMITS) {
    shortest = render(story, pictures, limit);
    if (shortest.length <= maxLength) return shortest;
  }
  return `${describeHead(story)}\nThe rest is too long to show here.\n`;
}

function render(story: VerdictStory, pictures: readonly LinkedPicture[], limit: number): string {
  const { rows, basis, reasons, places, evidence, decode, notes } = story;
  const also = reasons.slice(1).map((it) => it.sentence);
  const tables = places.map(
    (it) => `**${escapeCell(`Plays that ${it.what}`)}**\n\n${toTable(toPlaceTable(it.rows), limit)}`,
  );
  return [
    describeHead(story),
    ...(rows.length > 0 ? [toTable(toMainTable(rows))] : []),
    `${escapeCell(basis)}\n`,
    ...pictures.map(toPicture),
    ...(also.length > 0 ? [fold("Also", toList(also))] : []),
    ...(tables.length > 0 ? [fold("By region and tier", tables.join("\n"))] : []),
    fold(
      "How sure this is",
      [toTable(toEvidenceTable(evidence)), toList([...decode, ...notes])].filter(Boolean).join("\n"),
    ),
  ].join("\n");
}

function toTable({ header, rows }: Table, limit?: number): string {
  return rows.length === 0
    ? ""
    : toMarkdownTable(
        header,
        rows.map((cells) => cells.map(toCell)),
        limit,
      );
}

function describeHead({ recommendation, headline, why, next }: VerdictStory): string {
  return [
    `### ${MARKS[recommendation]} ${escapeCell(headline)}\n`,
    `**Why:** ${escapeCell(why)}\n`,
    `**Next (${next.who}):** ${describeNext(next)}\n`,
  ].join("\n");
}

function describeNext({ what, command }: NextStep): string {
  const instruction = escapeCell(what);
  if (command === undefined) return `${instruction}.`;
  // Within a code span nothing is escaped, and nothing needs to be that a command of ours may hold.
  return /^[\w@.\-+ ]+$/.test(command)
    ? `${instruction}: \`${command}\``
    : `${instruction}: ${escapeCell(command)}`;
}

/** A number stays on the line of its unit. */
function toCell(text: string): string {
  return escapeCell(text).replace(/(?<=\d) (?=%)|(?<=up to) (?=\d)/g, "\u00a0");
}

function toPicture({ light, dark, alt }: LinkedPicture): string {
  return `<picture><source media="(prefers-color-scheme: dark)" srcset="${toAttribute(dark)}"><img alt="${toAttribute(alt)}" src="${toAttribute(light)}" width="600"></picture>\n`;
}

function fold(title: string, content: string): string {
  return `<details><summary>${title}</summary>\n\n${content}\n</details>\n`;
}

/** The invisible space keeps what begins like a list or a rule from becoming one. */
function toList(lines: readonly string[]): string {
  return lines.map((line) => `- \u200b${escapeCell(line)}\n`).join("");
}

/** A line break would end the HTML, and quotes the attribute. */
function toAttribute(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]+/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
