import type { Located } from "../../model/project.ts";
import type { LockFile, PolicyFile, ReleaseFile } from "../../model/schemas.ts";
import type { Override } from "../../wire/override.ts";
import { type Interval, isWithin } from "../../wire/version.ts";
import { TIERS, type Tier } from "../../wire/viewer.ts";
import { appRange, canPlay, cutApps } from "./apps.ts";

/** A piece of a platform's app-version line on one tier; `like` is equal where all releases fare alike. */
export interface Device {
  readonly platform: string;
  readonly apps: Interval;
  readonly like: string;
}

interface Built {
  readonly file: Located<ReleaseFile>;
  readonly lock: LockFile;
}

export function devicesOf(
  policy: PolicyFile,
  releases: readonly Built[],
  overrides: readonly Override[],
): ReadonlyMap<Tier, readonly Device[]> {
  const devices = new Map<Tier, Device[]>(TIERS.map((tier) => [tier, []]));
  const filled = new Map(
    TIERS.map((tier) => [tier, releases.map((it) => Number(isFilled(it, tier))).join("")] as const),
  );
  for (const [platform, known] of Object.entries(policy.platforms)) {
    const ranges = releases.map(({ file }) => {
      const text = file.value.compat.app[platform];
      return text === undefined ? null : appRange(text);
    });
    const scopes = overrides.map((it) => it.scope?.app?.[platform] ?? []);
    for (const apps of cutApps(known, [...ranges.map((it) => it ?? []), ...scopes])) {
      const fits = releases
        .map(({ lock }, at) => {
          const range = ranges[at];
          return `${range ? Number(isWithin(apps[0], range)) : "-"}${Number(canPlay(known, apps[0], lock.player))}`;
        })
        .join("");
      for (const tier of TIERS) {
        // The scope of an override may single out any device.
        const own = overrides.length > 0 ? `${platform} ${JSON.stringify(apps)} ${tier}` : "";
        devices.get(tier)?.push({ platform, apps, like: `${fits} ${filled.get(tier) ?? ""} ${own}` });
      }
    }
  }
  return devices;
}

function isFilled({ file, lock }: Built, tier: Tier): boolean {
  return file.value.compat.tiers.includes(tier) && (lock.tiers[tier]?.files.length ?? 0) > 0;
}
