import type { EvidenceRow, PlaceRow, StoryRow } from "./story.ts";

/** The tables of a verdict, as cells with a header; the terminal and Markdown write them each in their way. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function toMainTable(rows: readonly StoryRow[]): Table {
  return {
    header: ["plays that", "new", "live today", "limit", "verdict"],
    rows: rows.map((it) => [it.what, it.new, it.live, it.limit, it.verdict]),
  };
}

export function toPlaceTable(rows: readonly PlaceRow[]): Table {
  return {
    header: ["region", "tier", "new", "live today", "verdict"],
    rows: rows.map((it) => [it.region, it.tier, it.new, it.live, it.verdict]),
  };
}

export function toEvidenceTable(rows: readonly EvidenceRow[]): Table {
  return {
    header: [
      "plays that",
      "new - live, points",
      "very likely",
      "evidence of worse",
      "evidence of within the limit",
    ],
    rows: rows.map((it) => [it.what, it.difference, it.range, it.worse, it.within]),
  };
}
