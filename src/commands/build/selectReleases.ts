import { releasePath } from "../../model/paths.ts";
import { type Project, releaseKey } from "../../model/project.ts";
import { UsageError } from "../../report/error.ts";
import { parseReleaseWord } from "../command.ts";

/**
 * The releases that `GIFT` or `GIFT@VERSION` name, each once; all of them, sorted, where there is no word.
 * @throws UsageError for a word that names nothing
 */
export function selectReleases(project: Project, words: readonly string[]): readonly string[] {
  const all = [...project.releases.keys()].sort();
  if (words.length === 0) return all;
  const found = words.flatMap((word) => {
    const { gift, version } = parseReleaseWord(word);
    const named = all.filter((key) =>
      version === undefined ? key.startsWith(`${gift}@`) : key === releaseKey(gift, version),
    );
    if (named.length === 0)
      throw new UsageError(
        `${word}: there is no ${releasePath(gift, version ?? "<version>")} that can be read`,
      );
    return named;
  });
  return [...new Set(found)];
}
