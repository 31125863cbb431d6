import { desired } from "../../dist/publish/desired.js";
import { digestOf } from "../../dist/trust/nodeCrypto.js";
import { writeCatalog } from "../../dist/wire/catalog.js";
import { toViewer } from "../../dist/wire/viewer.js";

const REGIONS = ["SG", "ID", "BR", "JP", "US"];
export const COMPAT = { app: { android: ">=8.2.0", ios: ">=8.3.1", web: "*" }, tiers: ["low", "mid", "high"] };

export const REGIONAL = {
  open: true,
  regions: { SG: 5, ID: 10 },
  eligible: { tiers: ["mid", "high"], exclude: ["vip"] },
};

/**
 * A large live catalog as the publisher writes it: one or two releases at full for each gift, every 20th gift with a newer one
 * on trial at regional, some that need another gift and some that name a fallback.
 * @param {number} gifts
 */
export function largeCatalog(gifts) {
  const releases = Array.from({ length: gifts }, (_, at) => releasesOf(at, gifts)).flat();
  const key = ({ gift, version }) => `${gift}@${version}`;
  const project = {
    gifts: new Map(Array.from({ length: gifts }, (_, at) => [giftId(at), {}])),
    releases: new Map(releases.map((it) => [key(it), { value: it }])),
    locks: new Map(releases.map((it) => [key(it), { value: lockOf(it) }])),
    overrides: new Map(),
  };
  const { lines } = desired(project, { rollout: "as-written" }, 0);
  return writeCatalog("mid", lines.mid);
}

/** @param {number} at */
export function giftId(at) {
  return `gift-${String(at).padStart(5, "0")}`;
}

/**
 * Viewers of every platform and region; one in 50 is staff, one in 20 is a vip, one in 10 has an app that is too old.
 * @param {number} count
 */
export function viewersOf(count) {
  return Array.from({ length: count }, (_, at) =>
    toViewer({
      platform: ["android", "ios", "web"][at % 3],
      appVersion: at % 10 === 0 ? "8.1.0" : `8.${4 + (at % 7)}.${at % 4}`,
      tier: "mid",
      region: REGIONS[at % REGIONS.length],
      cohorts: at % 50 === 0 ? ["staff"] : at % 20 === 1 ? ["vip"] : [],
      unitId: `u-${String(at * 7919).padStart(9, "0")}`,
    }),
  );
}

/** What may hold at one bad moment: a stop, a switch for one region, and one app version that must not get the newest. */
export const THREE_OVERRIDES = [
  {
    id: "stop/gift-00007/1.2.0",
    origin: "stop",
    gifts: [giftId(7)],
    versions: [
      [
        [1, 2, 0],
        [1, 2, 1, 0],
      ],
    ],
    limit: {},
    untilGeneration: 2,
  },
  {
    id: "night-shift",
    origin: "git",
    gifts: [giftId(40), giftId(41)],
    scope: { regions: ["ID"] },
    limit: {},
  },
  {
    id: "android-decoder",
    origin: "break-glass",
    gifts: "*",
    scope: {
      app: {
        android: [
          [
            [8, 6, 0, 0],
            [8, 7, 0, 0],
          ],
        ],
      },
    },
    limit: { canary: true, regional: true },
  },
];

/**
 * @param {number} at
 * @param {number} gifts
 */
function releasesOf(at, gifts) {
  const versions = at % 2 === 0 ? ["1.0.0"] : ["1.0.0", "1.1.0"];
  const full = versions.map((version) => releaseOf(at, version, gifts, true));
  return at % 20 === 7 ? [...full, releaseOf(at, "1.2.0", gifts, false)] : full;
}

/**
 * @param {number} at
 * @param {string} version
 * @param {number} gifts
 * @param {boolean} isFull
 */
function releaseOf(at, version, gifts, isFull) {
  const another = giftId((at * 31 + 1) % gifts);
  return {
    gift: giftId(at),
    version,
    title: "never published",
    compat: COMPAT,
    ...(at % 25 === 3 && { requires: { [another]: "^1.0.0" } }),
    ...(at % 10 === 4 && { fallback: [{ gift: another }] }),
    rollout: {
      canary: { open: true, cohorts: ["staff", "qa"], ...(at % 4 === 0 && { percent: 1 }) },
      regional: REGIONAL,
      full: { open: isFull },
    },
  };
}

function lockOf({ gift, version }) {
  const file = (role, mediaType, bytes) => ({
    role,
    mediaType,
    digest: digestOf(`${gift} ${version} ${role}`),
    bytes,
  });
  const files = [
    file("animation", "application/x-svga", 240_000),
    ...(gift.endsWith("1") ? [file("sound", "audio/wav", 80_000)] : []),
    file("still", "image/webp", 30_000),
  ];
  return { player: { name: "svga", version: "2.0.0" }, tiers: { mid: { files } } };
}
