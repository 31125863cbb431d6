import { releaseKey } from "../model/project.ts";
import { Catalog, type CatalogRelease, type ObjectFile } from "../wire/catalog.ts";
import { type Override, speaksOf } from "../wire/override.ts";
import { isOpenToAll } from "../wire/rollout.ts";
import { isWithin, type Version } from "../wire/version.ts";
import type { Tier } from "../wire/viewer.ts";

/** What one release needs on one tier to show something: its still, or all of its animation with what that requires. */
export interface Part {
  readonly release: string;
  readonly tier: Tier;
  readonly shows: "still" | "animation";
  /** Why it stands where it stands. */
  readonly why: "asked for" | "open to everyone" | "on trial";
  readonly bytes: number;
}

export interface ShippedObject {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: number;
  /** What it was chosen for, the first one first. */
  readonly parts: readonly Part[];
}

export interface Shipped {
  /** Sorted by digest. */
  readonly objects: readonly ShippedObject[];
  /** In the order in which they were passed over. */
  readonly leftOut: readonly Part[];
}

export interface ShippedWish {
  readonly tiers: readonly Tier[];
  /** Gifts that come before all others. */
  readonly gifts: readonly string[];
  readonly maxBytes: number;
}

/**
 * Which objects an app ships inside. The most valuable come first, until the bytes are used up: what was asked for; then what is
 * open to everyone, since that will be played for longest; then what is on trial. Among those stills before animations, so that
 * every gift shows something without a network, and smaller ones first, so that as many as possible do. A part that does not
 * fit is passed over whole, and what it shares with another costs nothing twice. What an override speaks of is not shipped.
 */
export function chooseShipped(
  catalogs: Partial<Readonly<Record<Tier, string>>>,
  overrides: readonly Override[],
  { tiers, gifts, maxBytes }: ShippedWish,
): Shipped {
  const wanted = tiers
    .flatMap((tier) =>
      catalogs[tier] ? partsOf(new Catalog(catalogs[tier]), tier, overrides, new Set(gifts)) : [],
    )
    .sort(byValue);
  const objects = new Map<string, ObjectFile & { parts: Part[] }>();
  const leftOut: Part[] = [];
  let left = maxBytes;
  for (const { part, files } of wanted) {
    const missing = files.filter((file) => !objects.has(file.digest));
    const bytes = sizeOf(missing);
    if (bytes > left) {
      leftOut.push(part);
      continue;
    }
    left -= bytes;
    for (const file of missing) objects.set(file.digest, { ...file, parts: [] });
    for (const file of files) objects.get(file.digest)?.parts.push(part);
  }
  return {
    objects: [...objects.values()]
      .sort((a, b) => compare(a.digest, b.digest))
      .map(({ digest, mediaType, bytes, parts }) => ({ digest, mediaType, bytes, parts })),
    leftOut,
  };
}

interface WantedPart {
  readonly part: Part;
  readonly files: readonly ObjectFile[];
}

const VALUE = ["asked for", "open to everyone", "on trial"] as const;

function byValue({ part: a }: WantedPart, { part: b }: WantedPart): number {
  return (
    VALUE.indexOf(a.why) - VALUE.indexOf(b.why) ||
    Number(a.shows === "animation") - Number(b.shows === "animation") ||
    a.bytes - b.bytes ||
    compare(a.release, b.release) ||
    compare(a.tier, b.tier)
  );
}

/** Of each gift the newest release that is open to everyone, and those that are on trial above it. */
function partsOf(
  catalog: Catalog,
  tier: Tier,
  overrides: readonly Override[],
  asked: ReadonlySet<string>,
): readonly WantedPart[] {
  const isStopped = (gift: string, version: Version) => overrides.some((it) => speaksOf(it, gift, version));
  return [...catalog.ids()].flatMap((gift) => {
    const parts: WantedPart[] = [];
    for (const { release, version } of catalog.get(gift)?.releases ?? []) {
      if (isStopped(gift, version)) continue;
      const isOpen = isOpenToAll(release.rollout);
      const why = asked.has(gift) ? "asked for" : isOpen ? "open to everyone" : "on trial";
      const named = { release: releaseKey(gift, release.version), tier, why } as const;
      const still = release.files.filter((it) => it.role === "still");
      if (still.length > 0)
        parts.push({ part: { ...named, shows: "still", bytes: sizeOf(still) }, files: still });
      const moving = withRequired(catalog, gift, release, isStopped);
      if (moving && moving.length > 0)
        parts.push({ part: { ...named, shows: "animation", bytes: sizeOf(moving) }, files: moving });
      if (isOpen) break;
    }
    return parts;
  });
}

/** The release's own files but its still, and those of the newest releases that it requires; null where one is not there. */
function withRequired(
  catalog: Catalog,
  gift: string,
  release: CatalogRelease,
  isStopped: (gift: string, version: Version) => boolean,
  path: readonly string[] = [],
): readonly ObjectFile[] | null {
  const files = release.files.filter((file) => file.role !== "still");
  for (const [required, range] of Object.entries(release.requires ?? {})) {
    if (required === gift || path.includes(required)) return null;
    const found = catalog
      .get(required)
      ?.releases.find(({ version }) => isWithin(version, range) && !isStopped(required, version));
    const more = found && withRequired(catalog, required, found.release, isStopped, [...path, gift]);
    if (!more) return null;
    files.push(...more);
  }
  return [...new Map(files.map((file) => [file.digest, file])).values()];
}

function sizeOf(files: readonly ObjectFile[]): number {
  return files.reduce((sum, file) => sum + file.bytes, 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
