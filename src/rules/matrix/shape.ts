import { compileRange, InvalidRange } from "../../model/range.ts";
import type { PolicyFile } from "../../model/schemas.ts";
import { isOpenToAll } from "../../wire/rollout.ts";
import { type Interval, isWithin } from "../../wire/version.ts";
import { TIERS } from "../../wire/viewer.ts";
import { cohortParts, regionPattern, tierPattern } from "./audiences.ts";
import { devicesOf } from "./devices.ts";
import { opened, type OpenReleases, versionOf } from "./world.ts";

/**
 * All that the proofs of a gift depend on, and no more: not how gifts, cohorts, regions and versions are called, nor how large
 * a share is, only which is larger; not where an app range ends, only which releases share a piece of it. Gifts of one shape
 * need one proof. `gifts` is the gift and all that it leads to. Null where a range cannot be read.
 */
export function shapeOf(policy: PolicyFile, releases: OpenReleases, gifts: readonly string[]): string | null {
  const all = gifts.flatMap((gift) => releases.get(gift) ?? []);
  // As if every stage were open, for later stages are proved too; which of them are is told beside it.
  const partial = all
    .filter((it) => !isOpenToAll(it.rollout))
    .map(({ file, rollout }) => opened(file.value, "full") ?? rollout);
  const regions = new Set(["", ...partial.flatMap((it) => Object.keys(it.regional?.regions ?? {}))]);
  try {
    const links = gifts.map((gift) =>
      (releases.get(gift) ?? []).map(({ file, lock, rollout }) => [
        Object.values(file.value.compat.app).every(isReadable),
        TIERS.map((tier) => Number(lock.tiers[tier]?.files.some((it) => it.role === "still") ?? false)),
        Object.entries(file.value.requires ?? {}).map(([to, range]) => [
          gifts.indexOf(to),
          inRange(releases, to, compileRange(range)),
        ]),
        (file.value.fallback ?? []).map((it) => gifts.indexOf(it.gift)),
        [rollout.regional !== undefined, rollout.full === true, rollout.holdback !== undefined],
      ]),
    );
    const devices = [...devicesOf(policy, all, []).values()].map((list) =>
      [...new Set(list.map((it) => it.like))].sort(),
    );
    return JSON.stringify([
      links,
      devices,
      TIERS.map((tier) => tierPattern(partial, tier)),
      cohortParts(partial),
      [...new Set([...regions].map((region) => regionPattern(partial, region)))].sort(),
    ]);
  } catch (error) {
    if (error instanceof InvalidRange) return null;
    throw error;
  }
}

/** Which releases of the gift the range lets in, newest first. */
function inRange(releases: OpenReleases, gift: string, range: readonly Interval[]): string {
  return (releases.get(gift) ?? [])
    .map(({ file }) => Number(isWithin(versionOf(file.value), range)))
    .join("");
}

/** @throws InvalidRange */
function isReadable(range: string): boolean {
  return compileRange(range).length > 0;
}
