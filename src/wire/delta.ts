import { catalogLines, writeCatalog } from "./catalog.ts";
import type { Tier } from "./viewer.ts";

/** Whole lines that differ between two catalogs; null takes a gift's line away. */
export type Delta = Readonly<Record<string, string | null>>;

export function makeDelta(from: string, to: string): Delta {
  const before = catalogLines(from);
  const after = catalogLines(to);
  const delta: Record<string, string | null> = {};
  for (const [id, line] of after) if (before.get(id) !== line) delta[id] = line;
  for (const id of before.keys()) if (!after.has(id)) delta[id] = null;
  return delta;
}

/** The newer catalog's text. It is trusted only when it has the signed hash: a delta proves nothing by itself. */
export function applyDelta(tier: Tier, from: string, delta: Delta): string {
  const lines = catalogLines(from);
  for (const [id, line] of Object.entries(delta)) {
    if (line === null) lines.delete(id);
    else lines.set(id, line);
  }
  return writeCatalog(tier, lines);
}
