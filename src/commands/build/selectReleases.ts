import type { ReadProject } from "../../source/readProject.ts";
import { findReleases } from "../findReleases.ts";

/**
 * The releases that people name, each once; all of them, sorted, where there is no word.
 * @throws as {@link findReleases}
 */
export function selectReleases(read: ReadProject, words: readonly string[]): readonly string[] {
  if (words.length === 0) return [...read.project.releases.keys()].sort();
  return [...new Set(words.flatMap((word) => findReleases(read, word)))];
}
