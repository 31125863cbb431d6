/** Set by the configuration of the slow tests. */
const IS_WHOLE = process.env["GIFTWRAP_WHOLE_LAWS"] === "1";

/**
 * How often a law is tried: `whole` in the slow tests, which run its file, too (see `vitest.e2e.config.ts`), and `quick`
 * where people wait for it.
 */
export function runsOf(whole: number, quick: number): { readonly numRuns: number } {
  return { numRuns: IS_WHOLE ? whole : quick };
}
