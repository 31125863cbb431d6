import type { Tier } from "../../wire/viewer.ts";

interface Serving {
  /** For people. */
  readonly name: string;
  readonly tiers: readonly Tier[];
}

/**
 * Where a release can be compared with its reference, in the release's order, and why not elsewhere, in words.
 * @param asked all that the release serves when it is empty
 */
export function chooseTiers(
  asked: readonly Tier[],
  subject: Serving,
  reference: Serving,
): { readonly tiers: readonly Tier[]; readonly gaps: readonly string[] } {
  const wanted = asked.length === 0 ? subject.tiers : [...new Set(asked)];
  const tiers = subject.tiers.filter((it) => wanted.includes(it) && reference.tiers.includes(it));
  const gaps = wanted
    .filter((it) => !tiers.includes(it))
    .map((it) => {
      const lacking = subject.tiers.includes(it) ? reference : subject;
      return `${it} devices: ${lacking.name} does not serve them, so nothing was measured there`;
    });
  return { tiers, gaps };
}
