import { readLive, readLiveTimestamp } from "../../publish/live.ts";
import { explainError, GiftError } from "../../report/error.ts";
import { nearestWord } from "../../report/nearest.ts";
import { count } from "../../report/text.ts";
import { type CatalogGift, catalogLines } from "../../wire/catalog.ts";
import type { Override } from "../../wire/override.ts";
import { compareVersions, isWithin, parseVersion } from "../../wire/version.ts";
import { TIERS } from "../../wire/viewer.ts";
import { type Environment, trustEnvironment } from "../environment.ts";

/** What an override holds of what is live. */
export interface Reached {
  /** Open releases that it speaks of, as `rose 1.1.0`. */
  readonly releases: readonly string[];
  /** Names in it that nothing live has, each with the nearest that something has. */
  readonly unknown: readonly { readonly word: string; readonly near: string | null }[];
  /** Why the catalogs could not be looked into. */
  readonly problem?: string;
}

/** Looks the override up in the live catalogs: a switch with a misspelt word in it looks thrown and holds nothing. */
export async function findReached(environment: Environment, override: Override): Promise<Reached> {
  let gifts: readonly CatalogGift[];
  try {
    gifts = await readGifts(environment);
  } catch (error) {
    if (!(error instanceof GiftError)) throw error;
    return { releases: [], unknown: [], problem: explainError(error) };
  }
  const ids = gifts.map((it) => it.id);
  const platforms = [
    ...new Set(gifts.flatMap((it) => it.releases.flatMap((release) => Object.keys(release.app)))),
  ];
  const named = [...(override.scope?.platforms ?? []), ...Object.keys(override.scope?.app ?? {})];
  const words = [
    ...toUnknown(override.gifts === "*" ? [] : override.gifts, ids),
    ...toUnknown([...new Set(named)], platforms),
  ];
  return { releases: gifts.flatMap((gift) => releasesWithin(gift, override)), unknown: words };
}

export function reachedToLines(
  { releases, unknown, problem }: Reached,
  environment: string,
): readonly string[] {
  if (problem !== undefined) return [`which releases it holds could not be looked up: ${problem}`];
  const shown = releases.slice(0, MOST_SHOWN).join(", ");
  const more = releases.length - MOST_SHOWN;
  return [
    releases.length > 0
      ? `it holds ${count(releases.length, "open release")}: ${shown}${more > 0 ? ` and ${more} more` : ""}`
      : `WARNING: it holds nothing that is open in ${environment} now`,
    ...unknown.map(
      ({ word, near }) =>
        `WARNING: nothing live is called "${word}"${near === null ? "" : `; did you mean "${near}"?`}`,
    ),
  ];
}

const MOST_SHOWN = 8;

async function readGifts(environment: Environment): Promise<readonly CatalogGift[]> {
  const trusted = await trustEnvironment(environment);
  const timestamp = await readLiveTimestamp(environment.store, trusted);
  if (!timestamp) return [];
  const { catalogs } = await readLive(environment.store, trusted, timestamp);
  const lines = new Map(TIERS.flatMap((tier) => [...catalogLines(catalogs[tier])]));
  return [...lines.values()].map((line): CatalogGift => JSON.parse(line));
}

function toUnknown(words: readonly string[], known: readonly string[]): Reached["unknown"] {
  return words
    .filter((word) => !known.includes(word))
    .map((word) => ({ word, near: nearestWord(word, known) }));
}

function releasesWithin({ id, releases }: CatalogGift, { gifts, versions }: Override): readonly string[] {
  if (gifts !== "*" && !gifts.includes(id)) return [];
  return releases
    .map((it) => ({ text: it.version, version: parseVersion(it.version) ?? ([0, 0, 0] as const) }))
    .filter((it) => !versions || isWithin(it.version, versions))
    .sort((a, b) => compareVersions(b.version, a.version))
    .map((it) => `${id} ${it.text}`);
}
