import type { FileKind, Files } from "../../model/validate.ts";
import { UsageError } from "../../report/error.ts";
import { parseFile } from "../../source/readProject.ts";
import { workTree } from "../../source/tree.ts";

/**
 * One file of the work tree; null when it is not there. Nothing else is read.
 * @throws UsageError when it is wrong, so that nobody sets GitHub up by half of it
 */
export async function readMainFile<K extends FileKind>(
  root: string,
  kind: K,
  path: string,
): Promise<Files[K] | null> {
  const bytes = (await workTree(root).read([path])).get(path);
  if (!bytes) return null;
  const { located } = parseFile(kind, path, bytes);
  if (!located) throw new UsageError(`${path} has errors: npx giftwrap validate says which`);
  return located.value;
}
