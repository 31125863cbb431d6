import { Catalog, type CatalogRelease, type ObjectFile, writeCatalog } from "../../../src/wire/catalog.ts";
import type { Override } from "../../../src/wire/override.ts";
import type { Canary, Limit, Regional, Rollout } from "../../../src/wire/rollout.ts";
import { compareVersions, type Interval, parseVersion, type Version } from "../../../src/wire/version.ts";
import { TIERS, type Tier, toViewer, type Viewer } from "../../../src/wire/viewer.ts";
import { EVERY_APP, fileOf, FULL, type Gifts, linesOf } from "../../wire/catalogOf.ts";
import type { Draws } from "./draws.ts";

/** A viewer as an app reports it. */
export interface Reported {
  readonly platform: string;
  readonly appVersion: string;
  readonly tier: Tier;
  readonly region: string;
  readonly cohorts: readonly string[];
  readonly unitId: string;
}

/** Everything that a resolution depends on. */
export interface Asked {
  readonly gifts: Gifts;
  readonly overrides: readonly Override[];
  readonly viewer: Reported;
  readonly gift: string;
  readonly hint?: string;
}

/** Catalogs by their number, each once, as cases name them. */
export class CatalogList {
  readonly texts: string[] = [];

  numberOf(gifts: Gifts): number {
    const text = writeCatalog("mid", linesOf(gifts));
    const known = this.texts.indexOf(text);
    return known >= 0 ? known : this.texts.push(text) - 1;
  }
}

export function open({ gifts, overrides, viewer }: Asked): {
  catalog: Catalog;
  viewer: Viewer;
  overrides: readonly Override[];
} {
  return { catalog: new Catalog(writeCatalog("mid", linesOf(gifts))), viewer: toViewer(viewer), overrides };
}

export const SOMEONE: Reported = {
  platform: "android",
  appVersion: "8.2.0",
  tier: "mid",
  region: "SG",
  cohorts: [],
  unitId: "user-1",
};

const GIFTS = ["rose", "kit", "crown", "spark"];
const VERSIONS = ["1.0.0", "1.1.0", "1.1.1-beta.1", "2.0.0", "2.1.0"];
const APP_VERSIONS = ["8.1.0", "8.2.0", "8.2.0.117", "8.3.0-beta.1", "8.3.0", "9.0.0", "unknown"];
const REGIONS = ["SG", "ID", "BR"];
const COHORTS = ["staff", "qa", "vip"];
const PLATFORMS = ["android", "ios"];
const SHARES = [0, 1, 500, 5_000, 10_000];
const SALTS = ["a", "b"];

export function drawViewer(draws: Draws): Reported {
  return {
    platform: draws.isIn(90) ? draws.one(PLATFORMS) : "web",
    appVersion: draws.one(APP_VERSIONS),
    tier: draws.one(TIERS),
    region: draws.isIn(85) ? draws.one(REGIONS) : draws.one(["", "sg", "constructor"]),
    cohorts: draws.isIn(40) ? draws.some(COHORTS) : [],
    unitId: draws.isIn(90) ? `user-${draws.below(200)}` : "",
  };
}

export function drawGift(draws: Draws): string {
  return draws.isIn(95) ? draws.one(GIFTS) : "tulip";
}

export function drawHint(draws: Draws): { hint?: string } {
  if (!draws.isIn(35)) return {};
  return { hint: draws.isIn(90) ? draws.one(VERSIONS) : draws.one(["", "9.9.9", "latest"]) };
}

/** @param place the release's place among its gift's, 0 for the newest */
export type DrawRollout = (draws: Draws, name: string, place: number) => Rollout;

/** A catalog as a publisher could write it: newest first, each version once. Requirements and fallbacks may go in circles. */
export function drawGifts(draws: Draws, drawRollout: DrawRollout): Gifts {
  return Object.fromEntries(GIFTS.map((gift) => [gift, drawReleases(draws, gift, drawRollout)]));
}

function drawReleases(draws: Draws, gift: string, drawRollout: DrawRollout): CatalogRelease[] {
  const versions = VERSIONS.filter(() => draws.isIn(60)).sort((a, b) => compareVersions(read(b), read(a)));
  return versions.map((version, i) => ({
    version,
    app: drawApps(draws),
    ...(draws.isIn(30) && { requires: drawRequires(draws) }),
    ...(draws.isIn(50) && { fallback: GIFTS.concat("tulip").filter(() => draws.isIn(30)) }),
    rollout: drawRollout(draws, `${gift}/${version}`, i),
    player: { name: "webp", version: "1.0.0" },
    files: drawFiles(draws, `${gift}/${version}`),
  }));
}

function drawFiles(draws: Draws, name: string): ObjectFile[] {
  if (draws.isIn(10)) return [];
  const roles: ObjectFile["role"][] = ["animation"];
  if (draws.isIn(30)) roles.push("sound");
  if (draws.isIn(70)) roles.push("still");
  return roles.map((role) => fileOf(name, role));
}

function drawRequires(draws: Draws): Record<string, readonly Interval[]> {
  const gifts = GIFTS.filter(() => draws.isIn(40));
  return Object.fromEntries(gifts.map((gift) => [gift, drawIntervals(draws, VERSIONS)]));
}

function drawApps(draws: Draws): Record<string, readonly Interval[]> {
  return {
    android: draws.isIn(60) ? EVERY_APP : drawIntervals(draws, APP_VERSIONS),
    ...(draws.isIn(80) && { ios: draws.isIn(60) ? EVERY_APP : drawIntervals(draws, APP_VERSIONS) }),
  };
}

function drawIntervals(draws: Draws, texts: readonly string[]): readonly Interval[] {
  const from = read(draws.one(texts));
  const to = read(draws.one(texts));
  if (compareVersions(from, to) < 0) return draws.isIn(50) ? [[from, to]] : [[from, null]];
  if (compareVersions(to, from) < 0)
    return [
      [[0, 0, 0, 0], to],
      [from, null],
    ];
  return EVERY_APP;
}

export function drawAnyRollout(draws: Draws, name: string): Rollout {
  if (draws.isIn(35)) return { ...FULL, salt: name };
  return {
    salt: draws.isIn(50) ? name : draws.one(SALTS),
    ...(draws.isIn(90) && { canary: drawCanary(draws) }),
    ...(draws.isIn(70) && { regional: drawRegional(draws) }),
    ...(draws.isIn(30) && { full: true as const }),
    ...(draws.isIn(30) && { holdback: drawHoldback(draws) }),
  };
}

/** The newest release on trial and older ones open to all, as most gifts are while somebody looks at their numbers. */
export function drawTrialRollout(draws: Draws, name: string, place: number): Rollout {
  if (draws.isIn(10)) return drawAnyRollout(draws, name);
  if (place > 0) return { ...FULL, salt: name };
  return {
    salt: draws.isIn(90) ? name : "a",
    canary: drawCanary(draws),
    ...(draws.isIn(80) && { regional: drawRegional(draws) }),
    ...(draws.isIn(25) && { full: true as const }),
    ...(draws.isIn(40) && { holdback: drawHoldback(draws) }),
  };
}

function drawCanary(draws: Draws): Canary {
  return {
    ...(draws.isIn(50) && { cohorts: draws.some(COHORTS) }),
    ...(draws.isIn(30) && { basisPoints: draws.one(SHARES) }),
  };
}

function drawRegional(draws: Draws): Regional {
  const regions = REGIONS.filter(() => draws.isIn(60));
  return {
    regions: Object.fromEntries(regions.map((region) => [region, draws.one(SHARES)])),
    ...(draws.isIn(30) && {
      eligible: {
        ...(draws.isIn(60) && { tiers: draws.some(TIERS) }),
        ...(draws.isIn(60) && { exclude: draws.some(COHORTS) }),
      },
    }),
  };
}

function drawHoldback(draws: Draws): { salt: string; basisPoints: number } {
  return { salt: draws.one(["holdback/x", ...SALTS]), basisPoints: draws.one([50, ...SHARES]) };
}

export function drawOverrides(draws: Draws): Override[] {
  const ids = ["one", "two", "three"].slice(0, draws.isIn(60) ? 0 : 1 + draws.below(3));
  return ids.map(
    (id): Override => ({
      id,
      origin: draws.one(["git", "break-glass", "stop", "drill"]),
      gifts: draws.isIn(20) ? "*" : draws.some(GIFTS),
      ...(draws.isIn(40) && { versions: drawIntervals(draws, VERSIONS) }),
      ...(draws.isIn(50) && { scope: drawScope(draws) }),
      limit: drawLimit(draws),
    }),
  );
}

function drawScope(draws: Draws): NonNullable<Override["scope"]> {
  return {
    ...(draws.isIn(40) && { regions: draws.some(REGIONS) }),
    ...(draws.isIn(30) && { platforms: draws.some(PLATFORMS) }),
    ...(draws.isIn(30) && { app: drawApps(draws) }),
    ...(draws.isIn(30) && { tiers: draws.some(TIERS) }),
  };
}

function drawLimit(draws: Draws): Limit {
  if (draws.isIn(25)) return {};
  return {
    ...(draws.isIn(30) && { salt: draws.one(SALTS) }),
    ...(draws.isIn(90) && { canary: draws.isIn(60) ? (true as const) : drawCanary(draws) }),
    ...(draws.isIn(70) && { regional: draws.isIn(50) ? (true as const) : drawRegional(draws) }),
    ...(draws.isIn(40) && { full: true as const }),
    ...(draws.isIn(25) && { holdback: drawHoldback(draws) }),
  };
}

function read(text: string): Version {
  return parseVersion(text) ?? [0, 0, 0];
}
