import { isKnownFormat } from "./format.ts";
import { isOpenToAll, type Rollout } from "./rollout.ts";
import { type Interval, parseVersion, type Version } from "./version.ts";
import type { Tier } from "./viewer.ts";

/** The catalog format that this code writes and reads; a client refuses another major. */
export const CATALOG_FORMAT = "1.0";

export type Role = "animation" | "sound" | "still";

/** One immutable object of a release. */
export interface ObjectFile {
  readonly role: Role;
  readonly mediaType: string;
  /** SHA-256, 64 lower-case hexadecimal digits. */
  readonly digest: string;
  readonly bytes: number;
}

/** The player that can show an animation, read from its bytes. */
export interface Player {
  readonly name: string;
  /** The format version that the player must understand. */
  readonly version: string;
  /** Which part of each frame carries the transparency, where the file does not say it itself. */
  readonly alpha?: AlphaSide;
}

/** The half of a video that carries its transparency as grey; `none` for a video without. */
export type AlphaSide = "left" | "right" | "top" | "bottom" | "none";

export interface CatalogRelease {
  readonly version: string;
  /** App versions by platform; a platform that is not named is not served. */
  readonly app: Readonly<Record<string, readonly Interval[]>>;
  readonly requires?: Readonly<Record<string, readonly Interval[]>>;
  readonly fallback?: readonly string[];
  readonly rollout: Rollout;
  readonly player: Player;
  /** Empty when the release has nothing for this tier. */
  readonly files: readonly ObjectFile[];
}

/** A gift's line in a catalog: the releases that have an open stage, newest first. */
export interface CatalogGift {
  readonly id: string;
  readonly releases: readonly CatalogRelease[];
}

export interface CatalogHeader {
  readonly format: string;
  readonly tier: Tier;
}

/** Another gift's release that must be at hand to play a link. */
export interface RequiredRelease {
  readonly gift: string;
  readonly version: string;
  readonly files: readonly ObjectFile[];
}

export interface ReleaseLink {
  readonly kind: "release";
  readonly gift: string;
  readonly version: string;
  readonly player: Player;
  readonly files: readonly ObjectFile[];
  readonly requires: readonly RequiredRelease[];
}

export interface StillLink {
  readonly kind: "still";
  readonly gift: string;
  readonly version: string;
  readonly file: ObjectFile;
}

/** What {@link Catalog.get} hands out: releases with their versions read and their links ready, made once and not per viewer. */
export interface IndexedGift {
  readonly id: string;
  readonly releases: readonly IndexedRelease[];
}

export interface IndexedRelease {
  readonly version: Version;
  readonly release: CatalogRelease;
  /** Without what it requires, which depends on the viewer. */
  readonly link: ReleaseLink;
  readonly still: StillLink | null;
  /*
   * What nearly every resolution asks, at hand: over a large catalog each further object to look into is a cache miss.
   */
  /** Open to everyone with nobody held back: the rollout need not be looked at. */
  readonly isOpenToAll: boolean;
  /** Nothing for this tier. */
  readonly isEmpty: boolean;
  readonly app: CatalogRelease["app"];
  readonly requires: CatalogRelease["requires"];
  readonly fallback: CatalogRelease["fallback"];
}

/** Where releases are looked up by gift: a {@link Catalog}, or what somebody wants to know of before it is one. */
export type GiftIndex = Pick<Catalog, "get">;

export class CatalogFormatError extends Error {
  override name = "CatalogFormatError";
}

/** One tier's catalog. Lines are indexed at once and parsed when first asked for: most gifts are never played. */
export class Catalog {
  readonly header: CatalogHeader;
  readonly #gifts: Map<string, string | IndexedGift>;
  readonly #shared = new SharedParts();

  /** @throws CatalogFormatError for an unknown major or a text that is no catalog */
  constructor(text: string) {
    const [header = ""] = text.split("\n", 1);
    this.header = parseHeader(header);
    this.#gifts = catalogLines(text);
  }

  get size(): number {
    return this.#gifts.size;
  }

  ids(): IterableIterator<string> {
    return this.#gifts.keys();
  }

  /** Undefined also for a gift whose line cannot be read: it has nothing to play, and the others stand. */
  get(id: string): IndexedGift | undefined {
    const known = this.#gifts.get(id);
    if (typeof known !== "string") return known;
    const gift = readLine(id, known, this.#shared);
    if (gift) this.#gifts.set(id, gift);
    return gift;
  }
}

/** The catalog's text: a header line, then one line per gift, sorted by id, each ended by a line feed. */
export function writeCatalog(tier: Tier, lines: ReadonlyMap<string, string>): string {
  const header: CatalogHeader = { format: CATALOG_FORMAT, tier };
  const sorted = [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
  return `${[JSON.stringify(header), ...sorted].join("\n")}\n`;
}

/** Gift id to line, of a catalog's text. */
export function catalogLines(text: string): Map<string, string> {
  const lines = new Map<string, string>();
  for (const line of text.split("\n").slice(1)) if (line) lines.set(idOfLine(line), line);
  return lines;
}

/** A gift's line. The id comes first: {@link Catalog} finds it there without parsing the rest. */
export function toLine(gift: CatalogGift): string {
  return JSON.stringify({ id: gift.id, releases: gift.releases });
}

const LINE_START = '{"id":"';

function idOfLine(line: string): string {
  const end = line.indexOf('"', LINE_START.length);
  if (!line.startsWith(LINE_START) || end < 0)
    throw new CatalogFormatError("a catalog line does not begin with its gift's id");
  return line.slice(LINE_START.length, end);
}

function readLine(id: string, line: string, shared: SharedParts): IndexedGift | undefined {
  try {
    const gift = indexGift(JSON.parse(line), shared);
    return gift.id === id ? gift : undefined;
  } catch {
    return undefined;
  }
}

function parseHeader(line: string): CatalogHeader {
  let header: CatalogHeader;
  try {
    header = JSON.parse(line);
  } catch (cause) {
    throw new CatalogFormatError("the catalog has no header line", { cause });
  }
  if (!isKnownFormat(header?.format, CATALOG_FORMAT))
    throw new CatalogFormatError(
      `catalog format ${header?.format} is not ${CATALOG_FORMAT}: this app is too old for it`,
    );
  return header;
}

/** A gift's line with what every resolution asks made ready. `shared` saves memory where there are many gifts. */
export function indexGift({ id: gift, releases }: CatalogGift, shared?: SharedParts): IndexedGift {
  return {
    id: gift,
    releases: releases.map((written) => {
      const release = shared ? withSharedParts(written, shared) : written;
      const { version, player, files } = release;
      const still = files.find((file) => file.role === "still");
      return {
        version: parseVersion(version) ?? [0, 0, 0],
        release,
        link: { kind: "release", gift, version, player, files, requires: NOTHING },
        still: still ? { kind: "still", gift, version, file: still } : null,
        isOpenToAll: isOpenToAll(release.rollout),
        isEmpty: files.length === 0,
        app: release.app,
        requires: release.requires,
        fallback: release.fallback,
      };
    }),
  };
}

const NOTHING: readonly RequiredRelease[] = [];

function withSharedParts(release: CatalogRelease, shared: SharedParts): CatalogRelease {
  const { app, player, rollout } = release;
  const { canary, regional } = rollout;
  return {
    ...release,
    app: shared.oneOf(app),
    player: shared.oneOf(player),
    rollout: {
      ...rollout,
      ...(canary && { canary: shared.oneOf(canary) }),
      ...(regional && { regional: shared.oneOf(regional) }),
    },
  };
}

/**
 * Equal parts as one. Nearly all releases say the same about apps and stages: kept once, a catalog takes half the memory, and
 * what every resolution reads stays in the processor's cache.
 */
class SharedParts {
  readonly #byText = new Map<string, unknown>();

  oneOf<T>(part: T): T {
    const text = JSON.stringify(part);
    const known = this.#byText.get(text);
    if (known !== undefined) return known as T;
    this.#byText.set(text, part);
    return part;
  }
}
