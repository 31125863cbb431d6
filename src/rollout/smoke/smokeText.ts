import { escapeUnseen, toTable } from "../../report/text.ts";
import type { SmokeStory } from "./smokeStory.ts";

export const SMOKE_HEADER = [
  "device",
  "scenario",
  "measure",
  "new",
  "reference",
  "limit",
  "verdict",
] as const;

/** For the terminal: the verdict, why, what to do, then the numbers. Ends with a line break. */
export function smokeToText(story: SmokeStory): string {
  const rows = smokeCells(story).map((cells) => cells.map(escapeUnseen));
  return [
    story.headline,
    ...story.why.map((it) => `  why: ${it}`),
    `  next: ${story.next}`,
    "",
    ...(rows.length > 0 ? [...toTable([SMOKE_HEADER, ...rows]).split("\n"), ""] : []),
    story.basis,
  ]
    .map((line) => `${escapeUnseen(line)}\n`)
    .join("");
}

export function smokeCells({ rows }: SmokeStory): readonly (readonly string[])[] {
  return rows.map((it) => [it.tier, it.scenario, it.what, it.new, it.reference, it.limit, it.verdict]);
}
