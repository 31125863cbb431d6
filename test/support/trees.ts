import fc from "fast-check";
import type { Located, Project } from "../../src/model/project.ts";
import { releaseKey } from "../../src/model/project.ts";
import type { EnvironmentFile, GiftFile, LockFile, ReleaseFile } from "../../src/model/schemas.ts";
import { type Desired, desired } from "../../src/publish/desired.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { Catalog, writeCatalog } from "../../src/wire/catalog.ts";
import { type Override, overridesFor } from "../../src/wire/override.ts";
import { type Resolution, resolve } from "../../src/wire/resolve.ts";
import { TIERS, type Tier, toViewer, type Viewer } from "../../src/wire/viewer.ts";

/*
 * Generated trees: a few gifts with a few releases in every state, small enough that viewers, versions, shares and
 * requirements meet each other often.
 */

export const GIFTS = ["anchor", "balloon", "comet"];
const VERSIONS = ["1.0.0", "1.1.0", "1.2.0", "2.0.0-rc.1", "2.0.0"];
const SHARES = [1, 10, 50, 100];

export const ENVIRONMENT: EnvironmentFile = {
  rollout: "as-written",
  store: { folder: "x" },
  edges: {},
  pollSeconds: 30,
};

const share = fc.constantFrom(...SHARES);
const range = fc.constantFrom("*", "^1.0.0", ">=1.1.0", "2.x", "1.0.0");

/** A release in any state, without regard to others. */
export function releaseOf(gift: string, version: string): fc.Arbitrary<ReleaseFile> {
  const others = GIFTS.filter((it) => it !== gift);
  return fc
    .record({
      app: fc.constantFrom("*", ">=8.2.0", ">=8.0.0 <8.2.0"),
      tiers: fc.constantFrom<Tier[]>(["low", "mid", "high"], ["mid", "high"]),
      requires: fc.option(fc.record({ gift: fc.constantFrom(...others), range }), { freq: 3 }),
      fallback: fc.option(fc.constantFrom(...others), { freq: 2 }),
      open: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      percent: fc.option(share),
      regions: fc.record({ SG: share, ID: share }, { requiredKeys: ["SG"] }),
      exclude: fc.boolean(),
      holdback: fc.option(fc.constantFrom(2, 30), { freq: 3 }),
    })
    .map(
      ({
        app,
        tiers,
        requires,
        fallback,
        open: [canary, regional, full],
        percent,
        regions,
        exclude,
        holdback,
      }) => ({
        gift,
        version,
        title: "generated",
        compat: { app: { android: app, web: "*" }, tiers },
        ...(requires && { requires: { [requires.gift]: requires.range } }),
        ...(fallback && { fallback: [{ gift: fallback }] }),
        rollout: {
          canary: { open: canary, cohorts: ["staff"], ...(percent !== null && { percent }) },
          regional: { open: regional, regions, ...(exclude && { eligible: { exclude: ["vip"] } }) },
          full: { open: full },
          ...(holdback !== null && { holdback: { percent: holdback } }),
        },
      }),
    );
}

export const releases: fc.Arbitrary<readonly ReleaseFile[]> = fc
  .tuple(
    ...GIFTS.flatMap((gift) => VERSIONS.map((version) => fc.option(releaseOf(gift, version), { freq: 2 }))),
  )
  .map((list) => list.filter((it) => it !== null));

export const viewers: fc.Arbitrary<readonly Viewer[]> = fc.array(
  fc
    .record({
      platform: fc.constantFrom("android", "web", "ios"),
      appVersion: fc.constantFrom("8.1.0", "8.2.0", "8.3.0-beta.1", "8.4.0.17"),
      tier: fc.constantFrom(...TIERS),
      region: fc.constantFrom("SG", "ID", "BR"),
      cohorts: fc.subarray(["staff", "vip"]),
      unitId: fc.oneof(fc.constant(""), fc.nat(999).map(String)),
    })
    .map(toViewer),
  { minLength: 20, maxLength: 40 },
);

/** The project of these releases, each built, with every gift there. */
export function projectOf(list: readonly ReleaseFile[]): Project {
  return {
    gifts: new Map(
      GIFTS.map((id) => [
        id,
        located<GiftFile>({ id, name: id, owner: "@acme/art", animation: "source/a.json" }),
      ]),
    ),
    releases: new Map(list.map((it) => [releaseKey(it.gift, it.version), located(it)])),
    locks: new Map(list.map((it) => [releaseKey(it.gift, it.version), located(lockOf(it))])),
    policy: null,
    environments: new Map(),
    overrides: new Map(),
    paths: [],
  };
}

export function desiredOf(list: readonly ReleaseFile[]): Desired {
  return desired(projectOf(list), ENVIRONMENT, 0);
}

/** What these viewers get of every gift, from a tree and the overrides over it. */
export function views(
  list: readonly ReleaseFile[],
  overrides: readonly Override[],
  audience: readonly Viewer[],
  generation = 1,
): Resolution[] {
  const { lines } = desiredOf(list);
  const catalogs = new Map(TIERS.map((tier) => [tier, new Catalog(writeCatalog(tier, lines[tier]))]));
  const active = overridesFor(generation, overrides);
  return audience.flatMap((viewer) =>
    GIFTS.map((gift) => {
      const catalog = catalogs.get(viewer.tier);
      if (!catalog) throw new Error("every tier has a catalog");
      return resolve(catalog, active, viewer, gift);
    }),
  );
}

/** The version a resolution begins with, when it is of the gift that was asked for. */
export function winnerOf({ chain }: Resolution, gift: string): string | null {
  const [first] = chain;
  return first?.kind === "release" && first.gift === gift ? first.version : null;
}

function lockOf({ gift, version, compat }: ReleaseFile): LockFile {
  const file = (role: "animation" | "still") => ({
    role,
    mediaType: "image/webp",
    digest: digestOf(`${gift} ${version} ${role}`),
    bytes: 10,
  });
  const variant = {
    width: 1,
    height: 1,
    frames: 1,
    fps: 1,
    decodedBytes: 1,
    files: [file("animation"), file("still")],
  };
  return {
    gift,
    version,
    sources: [],
    builder: {},
    player: { name: "webp", version: "1.0.0" },
    slots: [],
    tiers: Object.fromEntries(compat.tiers.map((tier) => [tier, variant])),
  };
}

function located<T>(value: T): Located<T> {
  return { file: "generated", value, place: () => ({ file: "generated", line: 1, column: 1 }) };
}
