/** Numbers by chance that a seed repeats: 0 or more, below 1. */
export type Random = () => number;

/** xoshiro128** 1.1 (Blackman and Vigna, public domain), its state filled from the seed by SplitMix32. */
export function randomOf(seed: number): Random {
  let mix = seed >>> 0;
  const next = () => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let [a, b, c, d] = [next(), next(), next(), next()];
  return () => {
    const scrambled = Math.imul(b, 5);
    const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return (result >>> 0) / 4_294_967_296;
  };
}

/** One of the names, each as often as its parts say. */
export function pickerOf<T>(parts: readonly (readonly [name: T, parts: number])[]): (random: Random) => T {
  const all = parts.reduce((sum, [, part]) => sum + part, 0);
  const last = parts.at(-1);
  if (!last || !(all > 0)) throw new TypeError("there is nothing to pick from");
  return (random) => {
    let left = random() * all;
    for (const [name, part] of parts) if ((left -= part) < 0) return name;
    return last[0];
  };
}

/** Normally distributed, mean 0 and deviation 1 (Box and Muller 1958). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
