import type { PolicyFile } from "../../model/schemas.ts";
import { type GiftIndex, indexGift, type IndexedGift } from "../../wire/catalog.ts";
import type { Interval } from "../../wire/version.ts";
import { TIERS, type Tier, type Viewer } from "../../wire/viewer.ts";
import { appRangesOf, cutApps } from "./apps.ts";
import { type Audience, audiencesOf, regionsOf } from "./audiences.ts";
import type { World } from "./world.ts";

/** Viewers whom nothing tells apart: the first app version of the piece, and any viewer of the audience, stands for all. */
export interface Cell {
  readonly platform: string;
  readonly apps: Interval;
  readonly tier: Tier;
  readonly audience: Audience;
  readonly viewer: Viewer;
  /** In the order of the worlds that the cells were made from. */
  readonly worlds: readonly SettledWorld[];
}

/** A world as one audience sees it, and a catalog of it for the resolver. */
export interface SettledWorld {
  readonly world: World;
  readonly index: GiftIndex;
}

/**
 * Every cell of platform, piece of the app-version line, tier, region and kind of viewer: together they are all viewers there
 * are. With two worlds the cells are fine enough for both.
 * @throws TooManyAudiences
 */
export function* cellsOf(
  policy: PolicyFile,
  worlds: readonly World[],
  gifts: readonly string[],
): Generator<Cell> {
  const lines = Object.entries(policy.platforms).map(
    ([platform, it]) => [platform, cutApps(it, appRangesOf(platform, worlds, gifts))] as const,
  );
  for (const region of regionsOf(worlds, gifts)) {
    for (const tier of TIERS) {
      for (const audience of audiencesOf(worlds, gifts, region, tier)) {
        const settled = worlds.map((world) => toSettled(audience.settle(world), tier));
        const { cohorts, unitId } = audience;
        for (const [platform, pieces] of lines) {
          for (const apps of pieces) {
            const viewer: Viewer = { platform, app: apps[0], tier, region, cohorts, unitId };
            yield { platform, apps, tier, audience, viewer, worlds: settled };
          }
        }
      }
    }
  }
}

export function toSettled(world: World, tier: Tier): SettledWorld {
  return { world, index: toIndex(world, tier) };
}

/** What the tier's catalog would answer; gifts are indexed when first asked for. */
function toIndex({ releases }: World, tier: Tier): GiftIndex {
  const known = new Map<string, IndexedGift>();
  return {
    get: (id) => {
      const gift = known.get(id);
      if (gift) return gift;
      const list = releases.get(id);
      if (!list || list.length === 0) return undefined;
      const indexed = indexGift({ id, releases: list.map((it) => it.entries[tier]) });
      known.set(id, indexed);
      return indexed;
    },
  };
}
