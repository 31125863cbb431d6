/** The texts among the values that say anything: each once, sorted. For formats whose files name their slots themselves. */
export function namesAmong(values: readonly unknown[]): string[] {
  const names = values.filter((it) => typeof it === "string").filter((it) => it.trim() !== "");
  return [...new Set(names)].sort();
}
