/** Chance that is the same everywhere and always: what is drawn depends on the seed alone. */
export interface Draws {
  /** 0 to `end` - 1. */
  below(end: number): number;
  isIn(percent: number): boolean;
  one<T>(list: readonly T[]): T;
  /** Each with an even chance, in the order of the list. */
  some<T>(list: readonly T[]): T[];
}

/** Mulberry32 (Tommy Ettinger, public domain). */
export function drawsFrom(seed: number): Draws {
  let state = seed >>> 0;
  const below = (end: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * end);
  };
  return {
    below,
    isIn: (percent) => below(100) < percent,
    one: (list) => {
      const drawn = list[below(list.length)];
      if (drawn === undefined) throw new RangeError("there is nothing to draw from");
      return drawn;
    },
    some: (list) => list.filter(() => below(2) === 0),
  };
}
