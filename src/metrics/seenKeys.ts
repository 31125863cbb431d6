/** 64 bits, as two halves; made with a keyed hash, so that nobody can choose them. */
export interface Key {
  readonly low: number;
  readonly high: number;
}

/**
 * What was seen before, in bounded memory: two generations of 64-bit keys with open addressing. When the newer one is full it
 * becomes the older one, and what only the older one knew is forgotten: a device that was last seen before the last `capacity`
 * to `2 * capacity` other keys counts as new again. Two keys are taken for one with a chance of `2 * capacity / 2^64`.
 */
export class SeenKeys {
  readonly #capacity: number;
  readonly #slots: number;
  #newer: Uint32Array;
  #older: Uint32Array | null = null;
  #size = 0;

  /** @param capacity keys in a generation; each takes 11 to 22 bytes in each of the two */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#slots = 2 ** Math.ceil(Math.log2(capacity / 0.7 + 1));
    this.#newer = new Uint32Array(2 * this.#slots);
  }

  /** True when the key was not there yet. */
  add(key: Key): boolean {
    // A pair of zeros marks an empty slot; the one key that looks like it shares its place with its neighbour.
    const low = key.low === 0 && key.high === 0 ? 1 : key.low >>> 0;
    const high = key.high >>> 0;
    const at = this.#find(this.#newer, low, high);
    if (this.#isUsed(this.#newer, at)) return false;
    const isNew = this.#older === null || !this.#isUsed(this.#older, this.#find(this.#older, low, high));
    // Also one that the older generation knew: whoever is seen again stays.
    this.#newer[at] = low;
    this.#newer[at + 1] = high;
    this.#size++;
    if (this.#size >= this.#capacity) this.#rotate();
    return isNew;
  }

  get bytes(): number {
    return this.#newer.byteLength + (this.#older?.byteLength ?? 0);
  }

  #rotate(): void {
    const recycled = this.#older ?? new Uint32Array(2 * this.#slots);
    this.#older = this.#newer;
    this.#newer = recycled.fill(0);
    this.#size = 0;
  }

  /** Where the key is, or the empty slot where it would be. */
  #find(table: Uint32Array, low: number, high: number): number {
    for (let slot = low & (this.#slots - 1); ; slot = (slot + 1) & (this.#slots - 1)) {
      const at = 2 * slot;
      if (!this.#isUsed(table, at) || (table[at] === low && table[at + 1] === high)) return at;
    }
  }

  #isUsed(table: Uint32Array, at: number): boolean {
    return table[at] !== 0 || table[at + 1] !== 0;
  }
}
