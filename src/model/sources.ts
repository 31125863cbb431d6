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
  /** Files over {@link MAX_SOURCE_BYTES}, which are none of the above: paths below the gift's folder, and sizes. */
  readonly tooBig: readonly { readonly path: string; readonly bytes: number }[];
}

/** The files of a gift, each once. */
export function allSourceFiles({ animation, sound, still }: GiftSources): readonly SourceFile[] {
  return [...animation, ...(sound ? [sound] : []), ...(still ? [still] : [])];
}
