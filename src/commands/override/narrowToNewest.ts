import { classifyPath } from "../../model/paths.ts";
import type { OverrideFile } from "../../model/schemas.ts";
import { UsageError } from "../../report/error.ts";
import { planRollback } from "../../rollout/planRollback.ts";
import { workTree } from "../../source/tree.ts";
import type { Arguments } from "../command.ts";

/**
 * With `--newest` and no versions named: the same arguments with the one release that `giftwrap rollback` would close, by what the
 * work tree holds. Nothing else than the gift's own release files is read. Null when no release of it reaches beyond the limit.
 * @throws UsageError when no single gift is named
 */
export async function narrowToNewest(args: Arguments, root: string): Promise<Arguments | null> {
  const [gift = "", ...others] = args.words;
  if (!args.flag("newest") || args.text("range") !== undefined || gift.includes("@")) return args;
  if (gift === "" || others.length > 0 || args.flag("all-gifts"))
    throw new UsageError("--newest goes with one gift, such as: giftwrap override rose --newest");
  const limit = toLimit(args.text("limit"));
  const newest = planRollback(gift, await readReleases(root, gift), limit);
  if (!newest) return null;
  return { ...args, text: (name) => (name === "range" ? newest.version : args.text(name)) };
}

async function readReleases(root: string, gift: string): Promise<ReadonlyMap<string, string>> {
  const tree = workTree(root);
  const versions = (await tree.list(`releases/${gift}`)).flatMap((path) => {
    const it = classifyPath(path);
    return it.kind === "release" && it.gift === gift ? [[path, it.version] as const] : [];
  });
  if (versions.length === 0) throw new UsageError(`${gift} has no release here, so nothing of it is newest`);
  const contents = await tree.read(versions.map(([path]) => path));
  return new Map(
    versions.map(([path, version]) => [version, new TextDecoder().decode(contents.get(path))] as const),
  );
}

function toLimit(text: string | undefined): OverrideFile["limit"] {
  if (text === "none" || text === "canary" || text === "regional") return text;
  throw new UsageError("--newest needs --limit none, canary or regional");
}
