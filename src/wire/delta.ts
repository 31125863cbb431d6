import { catalogLines, writeCatalog } from "./catalog.ts";
import type { Tier } from "./viewer.ts";

/** Lines that differ between two catalogs: a whole new one, null where a gift goes, or what changed inside of it. */
export type Delta = Readonly<Record<string, string | Splice | null>>;

/** A line that keeps so many UTF-16 code units of its beginning and of its end, with another text between. */
export type Splice = readonly [head: number, tail: number, text: string];

export function makeDelta(from: string, to: string): Delta {
  const before = catalogLines(from);
  const after = catalogLines(to);
  const delta: Record<string, string | Splice | null> = {};
  for (const [id, line] of after) {
    const known = before.get(id);
    if (known !== line) delta[id] = known === undefined ? line : spliceOf(known, line);
  }
  for (const id of before.keys()) if (!after.has(id)) delta[id] = null;
  return delta;
}

/**
 * The newer catalog's text. It is trusted only when it has the signed hash: a delta proves nothing by itself.
 * @throws RangeError when it was made for another catalog, as far as that shows
 */
export function applyDelta(tier: Tier, from: string, delta: Delta): string {
  const lines = catalogLines(from);
  for (const [id, change] of Object.entries(delta)) {
    if (change === null) lines.delete(id);
    else lines.set(id, typeof change === "string" ? change : splice(lines.get(id) ?? "", change));
  }
  return writeCatalog(tier, lines);
}

/**
 * One delta for two that follow each other, without the catalog that the first begins with.
 * @param after the lines that the second leads to
 */
export function joinDeltas(first: Delta, second: Delta, after: ReadonlyMap<string, string>): Delta {
  const joined: Record<string, string | Splice | null> = { ...first };
  for (const [id, change] of Object.entries(second)) {
    const earlier = first[id];
    const line = after.get(id);
    if (earlier === undefined || line === undefined) joined[id] = change;
    else if (isSplice(earlier) && isSplice(change)) {
      // What neither has touched is the same on both sides.
      const [head, tail] = [Math.min(earlier[0], change[0]), Math.min(earlier[1], change[1])];
      joined[id] = [head, tail, line.slice(head, line.length - tail)];
    } else joined[id] = line;
  }
  return joined;
}

function spliceOf(before: string, after: string): Splice {
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < most - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return [head, tail, after.slice(head, after.length - tail)];
}

function splice(line: string, [head, tail, text]: Splice): string {
  if (head < 0 || tail < 0 || head + tail > line.length)
    throw new RangeError("the delta was made for another catalog");
  return line.slice(0, head) + text + line.slice(line.length - tail);
}

function isSplice(change: Delta[string] | undefined): change is Splice {
  return typeof change === "object" && change !== null;
}
