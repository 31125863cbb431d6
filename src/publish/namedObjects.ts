import { releaseKey } from "../model/project.ts";
import { type CatalogGift, catalogLines, type ObjectFile } from "../wire/catalog.ts";
import { objectKey } from "../wire/keys.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";

/** An object that a catalog names, with the releases that need it, as `gift@version`. */
export interface NamedObject {
  readonly file: ObjectFile;
  readonly releases: readonly string[];
}

/** The objects of these catalogs by key, each once. */
export function namedObjects(
  catalogs: Partial<Readonly<Record<Tier, string>>>,
): ReadonlyMap<string, NamedObject> {
  const objects = new Map<string, { file: ObjectFile; releases: string[] }>();
  for (const tier of TIERS) {
    for (const line of catalogLines(catalogs[tier] ?? "").values()) {
      const gift: CatalogGift = JSON.parse(line);
      for (const { version, files } of gift.releases) {
        const release = releaseKey(gift.id, version);
        for (const file of files) {
          const key = objectKey(file.digest, file.mediaType);
          const known = objects.get(key) ?? { file, releases: [] };
          if (!known.releases.includes(release)) known.releases.push(release);
          objects.set(key, known);
        }
      }
    }
  }
  return objects;
}
