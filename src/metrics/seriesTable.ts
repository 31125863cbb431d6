/** Series of one family by the values of their labels, and no more than there may be. */
export class SeriesTable<T> {
  readonly #series = new Map<string, { readonly values: readonly string[]; readonly value: T }>();
  readonly #groups = new Map<string, number>();
  readonly #make: () => T;

  constructor(make: () => T) {
    this.#make = make;
  }

  get size(): number {
    return this.#series.size;
  }

  /**
   * The series of these values, made when there is none yet; null where that would be more than `maximum` in all, or more than
   * `groupMaximum` with the same group (a text such as the gift).
   */
  take(values: readonly string[], maximum: number, group = "", groupMaximum = maximum): T | null {
    const key = values.join("\n");
    const known = this.#series.get(key);
    if (known) return known.value;
    const inGroup = this.#groups.get(group) ?? 0;
    if (this.#series.size >= maximum || inGroup >= groupMaximum) return null;
    this.#groups.set(group, inGroup + 1);
    const value = this.#make();
    this.#series.set(key, { values, value });
    return value;
  }

  *[Symbol.iterator](): IterableIterator<readonly [values: readonly string[], value: T]> {
    for (const { values, value } of this.#series.values()) yield [values, value];
  }
}
