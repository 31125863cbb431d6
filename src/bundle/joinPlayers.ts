import { MediaError } from "../formats/media.ts";
import type { Player } from "../wire/catalog.ts";
import { compareVersions, parseVersion } from "../wire/version.ts";
import type { Tier } from "../wire/viewer.ts";

/**
 * What can play the files of every tier: a release asks for one player, so it is the newest that any of them needs.
 * @throws MediaError when tiers need different players, or carry their transparency differently
 */
export function joinPlayers(needed: Readonly<Partial<Record<Tier, Player>>>): Player | null {
  let newest: readonly [string, Player] | null = null;
  for (const [tier, player] of Object.entries(needed)) {
    if (newest) checkAlike(newest, [tier, player]);
    if (!newest || isNewer(player, newest[1])) newest = [tier, player];
  }
  return newest && newest[1];
}

function isNewer(one: Player, other: Player): boolean {
  const [a, b] = [one, other].map((it) => parseVersion(it.version));
  if (!a || !b) throw new TypeError(`${one.version} or ${other.version} is no version`);
  return compareVersions(a, b) > 0;
}

function checkAlike([tier, a]: readonly [string, Player], [other, b]: readonly [string, Player]): void {
  if (a.name !== b.name)
    throw new MediaError(
      `the file for the ${tier} tier needs the player ${a.name}, the one for the ${other} tier needs ${b.name}`,
      "export the files of all tiers in the same format",
    );
  if (a.alpha !== b.alpha)
    throw new MediaError(
      `the transparency of the file for the ${tier} tier is ${sideOf(a)}, of the one for the ${other} tier ${sideOf(b)}`,
      "export the files of all tiers with the same layout",
    );
}

function sideOf({ alpha }: Player): string {
  return alpha === undefined ? "said by the file itself" : alpha;
}
