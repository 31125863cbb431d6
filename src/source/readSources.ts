import { giftPath } from "../model/paths.ts";
import type { GiftFile } from "../model/schemas.ts";
import type { GiftSources, SourceFile } from "../model/sources.ts";
import type { Tree } from "./tree.ts";

/** The files that a gift names. What is missing is left out; rules say so. */
export async function readSources(tree: Tree, gift: GiftFile): Promise<GiftSources> {
  const paths = await tree.list(giftPath(gift.id, "source"));
  const below = (path: string) => path.slice(giftPath(gift.id, "").length);
  const frames = paths.filter((path) => below(path).startsWith(`${gift.animation}/`));
  const wanted = [
    ...frames,
    ...[gift.animation, gift.sound, gift.still].flatMap((it) => (it ? [giftPath(gift.id, it)] : [])),
  ];
  const bytes = await tree.read(wanted.filter((path) => paths.includes(path)));
  const toFile = (path: string): SourceFile[] => {
    const content = bytes.get(path);
    return content ? [{ path: below(path), bytes: content }] : [];
  };
  const [sound] = gift.sound ? toFile(giftPath(gift.id, gift.sound)) : [];
  const [still] = gift.still ? toFile(giftPath(gift.id, gift.still)) : [];
  return {
    isFolder: frames.length > 0,
    animation: frames.length > 0 ? frames.flatMap(toFile) : toFile(giftPath(gift.id, gift.animation)),
    ...(sound && { sound }),
    ...(still && { still }),
  };
}
