import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { World } from "./world.ts";

/** What may happen to one file of a store behind everybody's back. */
export type Harm = "delete" | "flip";

/**
 * Does it to a key of a world's store: takes the value away, or changes one of its bytes, wherever `at` falls. Gives what
 * puts it right again.
 */
export async function harm(world: World, key: string, what: Harm, at = 0): Promise<() => Promise<void>> {
  const path = join(world.root, ".giftwrap/store/production", key);
  const bytes = await readFile(path);
  if (what === "delete") await rm(path);
  else await writeFile(path, flipped(bytes, at));
  return () => writeFile(path, bytes);
}

/** The bytes with one of them changed. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const other = Uint8Array.from(bytes);
  const index = at % Math.max(1, other.length);
  other[index] = (other[index] ?? 0) ^ 1;
  return other;
}
