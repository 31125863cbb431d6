import { digestOf } from "../trust/nodeCrypto.ts";
import { type CatalogRelease, catalogLines, type ObjectFile, toLine, writeCatalog } from "../wire/catalog.ts";
import type { Interval } from "../wire/version.ts";
import type { Tier } from "../wire/viewer.ts";

/** The gift on which the switch is proved: nobody is in its cohort but the drill, and no app has its platform. */
export const HIDDEN_GIFT = "giftwrap-drill";
const VERSION = "1.0.0";
const EVERY_APP: readonly Interval[] = [[[0, 0, 0, 0], null]];

export const HIDDEN_PLATFORMS: Readonly<Record<string, readonly Interval[]>> = { [HIDDEN_GIFT]: EVERY_APP };

/** A Lottie animation of one empty frame, ever the same bytes. */
export const HIDDEN_BYTES = new TextEncoder().encode(
  '{"v":"5.7.0","fr":1,"ip":0,"op":1,"w":1,"h":1,"layers":[]}',
);

export const HIDDEN_FILE: ObjectFile = {
  role: "animation",
  mediaType: "application/vnd.lottie+json",
  digest: digestOf(HIDDEN_BYTES),
  bytes: HIDDEN_BYTES.length,
};

export const HIDDEN_RELEASE: CatalogRelease = {
  version: VERSION,
  app: HIDDEN_PLATFORMS,
  rollout: { salt: `${HIDDEN_GIFT}/${VERSION}`, canary: { cohorts: [HIDDEN_GIFT] } },
  player: { name: "lottie", version: "5.7.0" },
  files: [HIDDEN_FILE],
};

/** The catalog with the hidden gift's line in it; every other line stays as it is, byte for byte. */
export function withHiddenGift(tier: Tier, catalog: string): string {
  const line = toLine({ id: HIDDEN_GIFT, releases: [HIDDEN_RELEASE] });
  if (catalog === "") return writeCatalog(tier, new Map([[HIDDEN_GIFT, line]]));
  const [header = ""] = catalog.split("\n");
  const lines = catalogLines(catalog).set(HIDDEN_GIFT, line);
  const sorted = [...lines].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, it]) => it);
  return `${[header, ...sorted].join("\n")}\n`;
}

/** The catalog without it: the very text that it was put into. */
export function withoutHiddenGift(catalog: string): string {
  return catalog
    .split("\n")
    .filter((line) => !line.startsWith(`{"id":"${HIDDEN_GIFT}"`))
    .join("\n");
}

export function hasHiddenGift(catalog: string): boolean {
  return withoutHiddenGift(catalog) !== catalog;
}
