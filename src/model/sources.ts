import { type Tier, TIERS } from "../wire/viewer.ts";

/** A source file beyond this is a film, or was put here by mistake; it is not read. */
export const MAX_SOURCE_BYTES = 100_000_000;

/** One source file of a gift, with its path below the gift's folder. */
export interface SourceFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What artists delivered for one gift. */
export interface GiftSources {
  /** Whether the animation is a folder of frames; then they are in playing order. */
  readonly isFolder: boolean;
  readonly animation: readonly SourceFile[];
  readonly sound?: SourceFile;
  readonly still?: SourceFile;
  /** Other files of the same animation, by the tier that they are for. */
  readonly variants?: Readonly<Partial<Record<Tier, SourceFile>>>;
  /** Files over {@link MAX_SOURCE_BYTES}, which are none of the above: paths below the gift's folder, and sizes. */
  readonly tooBig: readonly { readonly path: string; readonly bytes: number }[];
}

/** The files of a gift, each once. */
export function allSourceFiles({
  animation,
  sound,
  still,
  variants = {},
}: GiftSources): readonly SourceFile[] {
  const files = [...animation, ...(sound ? [sound] : []), ...(still ? [still] : [])];
  const paths = new Set(files.map((it) => it.path));
  for (const tier of TIERS) {
    const file = variants[tier];
    if (!file || paths.has(file.path)) continue;
    paths.add(file.path);
    files.push(file);
  }
  return files;
}
