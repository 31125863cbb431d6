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
}

/** The files of a gift, each once. */
export function allSourceFiles({ animation, sound, still }: GiftSources): readonly SourceFile[] {
  return [...animation, ...(sound ? [sound] : []), ...(still ? [still] : [])];
}
