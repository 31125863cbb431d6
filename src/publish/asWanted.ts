import { digestOf } from "../trust/nodeCrypto.ts";
import { writeCatalog } from "../wire/catalog.ts";
import { catalogTarget } from "../wire/keys.ts";
import { canonicalJson } from "../wire/metadata.ts";
import { TIERS } from "../wire/viewer.ts";
import type { Desired } from "./desired.ts";
import type { LiveHead } from "./live.ts";
import type { Kept } from "./plan.ts";

/**
 * Whether what is live is what the commit wants, told by the signed hashes alone. False where only the plan can tell: a gift is
 * kept as it is live, or a stop waits for its end.
 */
export function isAsWanted(desired: Desired, live: LiveHead, kept: Kept): boolean {
  const present = live.timestamp.signed.giftwrap.overrides;
  if (kept.size > 0 || present.some((it) => it.origin !== "git")) return false;
  if (canonicalJson(present) !== canonicalJson(desired.overrides)) return false;
  return TIERS.every(
    (tier) =>
      live.targets[catalogTarget(tier)]?.hashes["sha256"] ===
      digestOf(writeCatalog(tier, desired.lines[tier])),
  );
}
