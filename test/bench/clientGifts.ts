import type { ObjectFile } from "../../src/wire/catalog.ts";
import { releaseOf } from "../wire/catalogOf.ts";

/** One gift for each file, `gift-0` and on, open to everyone. */
export function catalog(files: readonly ObjectFile[]) {
  return Object.fromEntries(files.map((file, at) => [`gift-${at}`, [releaseOf("1.0.0", { files: [file] })]]));
}
