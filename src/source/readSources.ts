import { giftPath } from "../model/paths.ts";
import type { GiftFile } from "../model/schemas.ts";
import { type GiftSources, MAX_SOURCE_BYTES, type SourceFile } from "../model/sources.ts";
import { TIERS } from "../wire/viewer.ts";
import type { Tree } from "./tree.ts";

/** The files that a gift names. What is missing or no file is left out, and what is too big is not read; rules say so. */
export async function readSources(tree: Tree, gift: GiftFile): Promise<GiftSources> {
  const entries = await tree.entries(giftPath(gift.id, "source"));
  const paths = new Set(entries.flatMap(({ path, kind }) => (kind === "file" ? [path] : [])));
  const below = (path: string) => path.slice(giftPath(gift.id, "").length);
  const frames = [...paths].filter((path) => below(path).startsWith(`${gift.animation}/`));
  const ofTiers = TIERS.map((tier) => gift.variants?.[tier]);
  const named = [gift.animation, gift.sound, gift.still, ...ofTiers].flatMap((it) =>
    it ? [giftPath(gift.id, it)] : [],
  );
  const wanted = [...new Set([...frames, ...named.filter((path) => paths.has(path))])];
  const contents = await tree.read(wanted, MAX_SOURCE_BYTES);
  const unread = await tree.sizes(wanted.filter((path) => !contents.has(path)));
  const toFile = (path: string): SourceFile[] => {
    const bytes = contents.get(path);
    return bytes ? [{ path: below(path), bytes }] : [];
  };
  const [sound] = gift.sound ? toFile(giftPath(gift.id, gift.sound)) : [];
  const [still] = gift.still ? toFile(giftPath(gift.id, gift.still)) : [];
  const variants = TIERS.flatMap((tier) => {
    const path = gift.variants?.[tier];
    const [file] = path === undefined ? [] : toFile(giftPath(gift.id, path));
    return file ? [[tier, file] as const] : [];
  });
  return {
    isFolder: frames.length > 0,
    animation: frames.length > 0 ? frames.flatMap(toFile) : toFile(giftPath(gift.id, gift.animation)),
    ...(sound && { sound }),
    ...(still && { still }),
    ...(variants.length > 0 && { variants: Object.fromEntries(variants) }),
    tooBig: [...unread].map(([path, bytes]) => ({ path: below(path), bytes })),
  };
}
