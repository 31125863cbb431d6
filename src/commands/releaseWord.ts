import { UsageError } from "../report/error.ts";
import { parseReleaseWord } from "./command.ts";

/** The one release that a command is about. @param example such as `promote rose@1.1.0 --to regional` */
export function readReleaseWord(
  [word, ...rest]: readonly string[],
  example: string,
): { readonly gift: string; readonly version: string } {
  const { gift, version } = parseReleaseWord(word ?? "");
  if (!gift || !version || rest.length > 0)
    throw new UsageError(`name one release, such as: giftwrap ${example}`);
  return { gift, version };
}
