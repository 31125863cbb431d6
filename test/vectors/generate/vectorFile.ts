/** One file of vectors: what it is about, and lists of cases. */
export interface VectorFile {
  readonly about: string;
  readonly lists: Readonly<Record<string, readonly unknown[]>>;
}

/** JSON with one case a line, so that a change reads well. The same file always gives the same text. */
export function toText({ about, lists }: VectorFile): string {
  const parts = Object.entries(lists).map(([name, cases]) => {
    const lines = cases.map((it) => JSON.stringify(it));
    return `${JSON.stringify(name)}: [\n${lines.join(",\n")}\n]`;
  });
  return `{\n${[`"about": ${JSON.stringify(about)}`, ...parts].join(",\n")}\n}\n`;
}
