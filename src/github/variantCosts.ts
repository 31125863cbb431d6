import type { Project } from "../model/project.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";

/** What one release costs on devices of one tier, against the policy's budget; bytes. */
export interface VariantCost {
  readonly release: string;
  readonly tier: Tier;
  readonly download: { readonly bytes: number; readonly budget: number };
  /** Decoded images at the peak. */
  readonly memory: { readonly bytes: number; readonly budget: number };
}

/** From the locks of the releases, as `gift@version`; what has no lock or no policy to compare with is left out. */
export function variantCosts(
  { locks, policy }: Project,
  releases: readonly string[],
): readonly VariantCost[] {
  return releases.flatMap((release) =>
    TIERS.flatMap((tier): VariantCost[] => {
      const variant = locks.get(release)?.value.tiers[tier];
      const budget = policy?.value.tiers[tier].budget;
      if (!variant || !budget) return [];
      const bytes = variant.files.reduce((sum, file) => sum + file.bytes, 0);
      return [
        {
          release,
          tier,
          download: { bytes, budget: budget.downloadBytes },
          memory: { bytes: variant.decodedBytes, budget: budget.decodedBytes },
        },
      ];
    }),
  );
}
