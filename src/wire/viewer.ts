import { type Interval, isWithin, parseVersion, type Version } from "./version.ts";

export const TIERS = ["low", "mid", "high"] as const;
export type Tier = (typeof TIERS)[number];

/** Whom a gift is resolved for. */
export interface Viewer {
  readonly platform: string;
  readonly app: Version;
  readonly tier: Tier;
  readonly region: string;
  /** Names given by the server, such as `staff` or `vip`. */
  readonly cohorts: readonly string[];
  /** The id that buckets hash, exactly as issued; empty when there is none, and then in no slice. */
  readonly unitId: string;
}

/** A viewer from what an app reports. An app version that cannot be read counts as 0.0.0, the oldest there is. */
export function toViewer(reported: {
  platform: string;
  appVersion: string;
  tier: Tier;
  region?: string;
  cohorts?: readonly string[];
  unitId?: string;
}): Viewer {
  return {
    platform: reported.platform,
    app: parseVersion(reported.appVersion) ?? [0, 0, 0],
    tier: reported.tier,
    region: reported.region ?? "",
    cohorts: reported.cohorts ?? [],
    unitId: reported.unitId ?? "",
  };
}

/** Whether the viewer's app version is in the intervals of its platform; a platform that is not named has none. */
export function hasAppWithin(viewer: Viewer, apps: Readonly<Record<string, readonly Interval[]>>): boolean {
  const intervals = Object.hasOwn(apps, viewer.platform) ? apps[viewer.platform] : undefined;
  return intervals !== undefined && isWithin(viewer.app, intervals);
}
