import fc from "fast-check";
import type { Override } from "../../src/wire/override.ts";
import type { Limit, Rollout } from "../../src/wire/rollout.ts";
import { compareVersions, type Interval, parseVersion, type Version } from "../../src/wire/version.ts";
import { TIERS, type Viewer } from "../../src/wire/viewer.ts";
import { fileOf, type Gifts, releaseOf } from "./catalogOf.ts";

/** A Semantic Version in the letter of the standard, small enough that two of them are often near each other. */
export function versionText(): fc.Arbitrary<string> {
  const part = fc.integer({ min: 0, max: 3 });
  const identifier = fc.oneof(
    fc.integer({ min: 0, max: 12 }).map(String),
    fc.constantFrom("alpha", "beta", "rc", "Beta", "x-1", "-", "1a"),
  );
  const pre = fc.option(fc.array(identifier, { minLength: 1, maxLength: 3 }), { nil: undefined });
  return fc
    .tuple(part, part, part, pre)
    .map(([major, minor, patch, pre]) => `${major}.${minor}.${patch}${pre ? `-${pre.join(".")}` : ""}`);
}

const GIFTS = ["rose", "kit", "crown", "spark"];
const REGIONS = ["SG", "ID", "BR"];
const COHORTS = ["staff", "qa", "vip"];
const PLATFORMS = ["android", "ios"];
const VERSIONS = ["1.0.0", "1.1.0", "1.1.1-beta.1", "2.0.0", "2.1.0"];

function readVersion(text: string): Version {
  return parseVersion(text) ?? [0, 0, 0];
}

const basisPoints = fc.constantFrom(0, 1, 500, 5_000, 10_000);

function intervals(): fc.Arbitrary<readonly Interval[]> {
  const versions = fc.uniqueArray(fc.constantFrom(...VERSIONS), { minLength: 1, maxLength: 2 });
  return versions.map((texts): readonly Interval[] => {
    const [from, to] = texts.map(readVersion).sort(compareVersions);
    return from ? [[from, to ?? null]] : [];
  });
}

const canary = fc.record({ cohorts: fc.subarray(COHORTS), basisPoints }, { requiredKeys: [] });
const regional = fc.record(
  {
    regions: fc.dictionary(fc.constantFrom(...REGIONS), basisPoints),
    eligible: fc.record(
      { tiers: fc.subarray([...TIERS]), exclude: fc.subarray(COHORTS) },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ["regions"] },
);
const holdback = fc.record({ salt: fc.constant("holdback/x"), basisPoints });

export function rolloutOf(): fc.Arbitrary<Rollout> {
  return fc.record(
    { salt: fc.constantFrom("a", "b"), canary, regional, full: fc.constant(true as const), holdback },
    { requiredKeys: ["salt"] },
  );
}

export function limitOf(): fc.Arbitrary<Limit> {
  const open = fc.constant(true as const);
  return fc.record(
    {
      salt: fc.constantFrom("a", "b"),
      canary: fc.oneof(open, canary),
      regional: fc.oneof(open, regional),
      full: open,
      holdback,
    },
    { requiredKeys: [] },
  );
}

export function overridesOf(): fc.Arbitrary<readonly Override[]> {
  const override: fc.Arbitrary<Override> = fc.record(
    {
      id: fc.constantFrom("one", "two", "three"),
      origin: fc.constantFrom("git", "break-glass", "stop", "drill"),
      gifts: fc.oneof(fc.constant("*" as const), fc.subarray(GIFTS)),
      versions: intervals(),
      scope: fc.record(
        {
          regions: fc.subarray(REGIONS),
          platforms: fc.subarray(PLATFORMS),
          app: fc.dictionary(fc.constantFrom(...PLATFORMS), intervals()),
          tiers: fc.subarray([...TIERS]),
        },
        { requiredKeys: [] },
      ),
      limit: limitOf(),
    },
    { requiredKeys: ["id", "origin", "gifts", "limit"] },
  );
  return fc.array(override, { maxLength: 3 });
}

export function viewers(): fc.Arbitrary<Viewer> {
  return fc.record({
    platform: fc.constantFrom(...PLATFORMS, "web", "constructor"),
    app: fc.constantFrom(...VERSIONS).map(readVersion),
    tier: fc.constantFrom(...TIERS),
    region: fc.constantFrom(...REGIONS, "", "constructor"),
    cohorts: fc.subarray(COHORTS),
    unitId: fc.oneof(
      fc.constant(""),
      fc.nat(200).map((it) => `user-${it}`),
    ),
  });
}

export function giftIds(): fc.Arbitrary<string> {
  return fc.constantFrom(...GIFTS, "unknown", "constructor");
}

export function hints(): fc.Arbitrary<string | undefined> {
  return fc.option(fc.constantFrom(...VERSIONS, "9.9.9", "garbage"), { nil: undefined });
}

/** A catalog as a publisher could write it: newest first, each version once. Requirements and fallbacks may go in circles. */
export function catalogs(): fc.Arbitrary<Gifts> {
  const release = fc.record(
    {
      app: fc.dictionary(fc.constantFrom(...PLATFORMS), intervals()),
      requires: fc.dictionary(fc.constantFrom(...GIFTS, "unknown"), intervals(), { maxKeys: 2 }),
      fallback: fc.array(fc.constantFrom(...GIFTS, "unknown"), { maxLength: 3 }),
      rollout: rolloutOf(),
      files: fc.subarray([fileOf("a"), fileOf("a", "sound"), fileOf("a", "still")]),
    },
    { requiredKeys: ["rollout", "files"] },
  );
  const releases = fc
    .uniqueArray(fc.tuple(fc.constantFrom(...VERSIONS), release), {
      maxLength: 4,
      selector: ([version]) => version,
    })
    .map((list) =>
      list
        .sort(([a], [b]) => compareVersions(readVersion(b), readVersion(a)))
        .map(([version, parts]) => releaseOf(version, parts)),
    );
  return fc.dictionary(fc.constantFrom(...GIFTS), releases);
}
