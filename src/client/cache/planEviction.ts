export interface Entry {
  readonly name: string;
  readonly bytes: number;
}

/**
 * What must go so that the rest has room: what nothing names any more first, then what was used longest ago.
 * @param entries least recently used first; the last one is to be added
 * @returns only the newcomer where it is too large, or would take the place of something that is named and is not named itself
 */
export function planEviction(
  entries: readonly Entry[],
  maxBytes: number,
  isNamed: (name: string) => boolean,
): readonly Entry[] {
  const newcomer = entries.at(-1);
  if (!newcomer) return [];
  if (newcomer.bytes > maxBytes) return [newcomer];
  const leaving: Entry[] = [];
  let over = entries.reduce((sum, it) => sum + it.bytes, 0) - maxBytes;
  const inOrder = [...entries.filter((it) => !isNamed(it.name)), ...entries.filter((it) => isNamed(it.name))];
  for (const entry of inOrder) {
    if (over <= 0) break;
    if (entry === newcomer) return [newcomer];
    leaving.push(entry);
    over -= entry.bytes;
  }
  return leaving;
}
