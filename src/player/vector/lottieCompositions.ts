import { isRecord } from "../../wire/isRecord.ts";

/** An object of a JSON text; what is in it is not known. */
type Json = Readonly<Record<string, unknown>>;

/**
 * How many values the layers of a Lottie are once each layer that shows a composition (an asset with layers) has a copy of it of
 * its own, as the player `lottie-web` makes them (`completeLayers` in its data manager), copies in copies too. A letter to write
 * counts as a value, since each is drawn by itself. Nothing is copied to count it, and each composition is counted once.
 * @throws Error when a composition shows itself, or when letters are compositions, which are copied for each letter of a text
 */
export function countExpandedValues(movie: Json): number {
  const compositions = compositionsOf(movie);
  const counts = new Map<Json, number>();
  const open = new Set<Json>();

  const countComposition = (composition: Json): number => {
    const known = counts.get(composition);
    if (known !== undefined) return known;
    if (open.has(composition)) throw new Error("the Lottie has a composition that shows itself");
    open.add(composition);
    const count = countIn(composition["layers"]);
    open.delete(composition);
    counts.set(composition, count);
    return count;
  };

  /** The walk keeps its own stack: a file may be nested at will. */
  const countIn = (root: unknown): number => {
    const waiting: unknown[] = [root];
    let count = 0;
    while (waiting.length > 0) {
      const value = waiting.pop();
      if (typeof value !== "object" || value === null) continue;
      if (isRecord(value)) {
        if (typeof value["t"] === "string") count += value["t"].length;
        const shown = compositions.get(value["refId"]);
        if (shown) count += countComposition(shown);
      }
      for (const item of Object.values(value)) {
        count++;
        if (typeof item === "object" && item !== null) waiting.push(item);
      }
    }
    return count;
  };

  const chars = Array.isArray(movie["chars"]) ? movie["chars"] : [];
  if (chars.some((char: unknown) => isRecord(char) && isRecord(char["data"]) && "refId" in char["data"]))
    throw new Error("the Lottie has letters that are compositions");
  return countIn(movie["layers"]);
}

/** By their names. One without a name would be found by every layer that names nothing. */
function compositionsOf({ assets }: Json): ReadonlyMap<unknown, Json> {
  const compositions = new Map<unknown, Json>();
  for (const asset of Array.isArray(assets) ? assets : []) {
    if (!isRecord(asset) || !("layers" in asset)) continue;
    if (typeof asset["id"] !== "string" && typeof asset["id"] !== "number")
      throw new Error("the Lottie has a composition without a name");
    if (!compositions.has(asset["id"])) compositions.set(asset["id"], asset);
  }
  return compositions;
}
