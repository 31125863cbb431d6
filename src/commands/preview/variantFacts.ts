import type { LockFile, PolicyFile } from "../../model/schemas.ts";
import { TIERS } from "../../wire/viewer.ts";
import type { VariantFacts } from "./previewFacts.ts";

/** What each tier downloads and decodes, beside what the policy allows. */
export function variantFacts(lock: LockFile, policy: PolicyFile | null): readonly VariantFacts[] {
  return TIERS.flatMap((tier) => {
    const variant = lock.tiers[tier];
    if (!variant) return [];
    const { width, height, frames, fps, decodedBytes, files } = variant;
    const budget = policy?.tiers[tier].budget;
    return [
      {
        tier,
        width,
        height,
        frames,
        fps,
        bytes: files.reduce((sum, it) => sum + it.bytes, 0),
        mostBytes: budget?.downloadBytes ?? null,
        decodedBytes,
        mostDecodedBytes: budget?.decodedBytes ?? null,
      },
    ];
  });
}
