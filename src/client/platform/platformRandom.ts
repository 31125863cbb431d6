/** So many bytes of chance. */
export type Random = (bytes: number) => Uint8Array;

/** The platform's cryptography, or what the language has: nothing secret is made of it. */
export const platformRandom: Random = (bytes) => {
  const chance = new Uint8Array(bytes);
  if (globalThis.crypto?.getRandomValues) return globalThis.crypto.getRandomValues(chance);
  return chance.map(() => Math.floor(256 * Math.random()));
};
