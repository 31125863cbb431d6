import {
  Catalog,
  type CatalogRelease,
  type ObjectFile,
  toLine,
  writeCatalog,
} from "../../src/wire/catalog.ts";
import type { Override } from "../../src/wire/override.ts";
import type { Link } from "../../src/wire/resolve.ts";
import type { Rollout } from "../../src/wire/rollout.ts";
import type { Interval } from "../../src/wire/version.ts";
import type { Viewer } from "../../src/wire/viewer.ts";

export const EVERY_APP: readonly Interval[] = [[[0, 0, 0, 0], null]];

/** Open to everyone, as a release at full without a holdback. */
export const FULL: Rollout = { salt: "s", canary: {}, regional: { regions: {} }, full: true };

export const STAFF_ONLY: Rollout = { salt: "s", canary: { cohorts: ["staff"] } };

/** A digest that says in its first letters whose it is; nothing hashes to it. */
export function digestLike(name: string): string {
  return Buffer.from(name).toString("hex").padEnd(64, "0").slice(0, 64);
}

export function fileOf(name: string, role: ObjectFile["role"] = "animation"): ObjectFile {
  const mediaType = role === "sound" ? "audio/wav" : role === "still" ? "image/png" : "image/webp";
  return { role, mediaType, digest: digestLike(`${role}/${name}`), bytes: 1_000 };
}

/** A release at full that every app can play, with an animation and a still, unless it says otherwise. */
export function releaseOf(version: string, parts: Partial<CatalogRelease> = {}): CatalogRelease {
  return {
    version,
    app: { android: EVERY_APP, ios: EVERY_APP },
    rollout: FULL,
    player: { name: "webp", version: "1.0.0" },
    files: [fileOf(version), fileOf(version, "still")],
    ...parts,
  };
}

/** Releases by gift, newest first as a publisher writes them. */
export type Gifts = Readonly<Record<string, readonly CatalogRelease[]>>;

export function linesOf(gifts: Gifts): Map<string, string> {
  return new Map(Object.entries(gifts).map(([id, releases]) => [id, toLine({ id, releases })]));
}

export function textOf(gifts: Gifts): string {
  return writeCatalog("mid", linesOf(gifts));
}

export function catalogOf(gifts: Gifts): Catalog {
  return new Catalog(textOf(gifts));
}

export function viewerOf(parts: Partial<Viewer> = {}): Viewer {
  return {
    platform: "android",
    app: [8, 2, 0],
    tier: "mid",
    region: "SG",
    cohorts: [],
    unitId: "user-1",
    ...parts,
  };
}

/** Stops every release of the gift for everyone, unless it says otherwise. */
export function overrideOf(gift: string, parts: Partial<Override> = {}): Override {
  return { id: `stop-${gift}`, origin: "git", gifts: [gift], limit: {}, ...parts };
}

/** A stop of one release of rose, as the publisher derives it from a commit. */
export function stopOf(version: `${number}.${number}.${number}`, parts: Partial<Override> = {}): Override {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return overrideOf("rose", {
    id: `stop/rose/${version}`,
    origin: "stop",
    versions: [
      [
        [major, minor, patch],
        [major, minor, patch + 1, 0],
      ],
    ],
    ...parts,
  });
}

/** A chain as one word per link, such as `rose@1.1.0`, `still of rose@1.1.0` or `default`. */
export function wordsOf(chain: readonly Link[]): string[] {
  return chain.map((link) => {
    if (link.kind === "default") return "default";
    const name = `${link.gift}@${link.version}`;
    return link.kind === "still" ? `still of ${name}` : name;
  });
}

/** A unit id whose bucket in `salt` the test asks for; the ids are tried in order, so it is always the same one. */
export function unitIdWhere(holds: (unitId: string) => boolean): string {
  for (let i = 0; i < 100_000; i++) if (holds(`user-${i}`)) return `user-${i}`;
  throw new Error("no unit id is in that place");
}
