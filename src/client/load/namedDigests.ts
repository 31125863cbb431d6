import type { Catalog } from "../../wire/catalog.ts";

/** Whether the catalog names an object. All its lines are read when that is first asked, which is when a cache is full. */
export function namedDigests(catalog: Catalog): (digest: string) => boolean {
  let digests: Set<string> | undefined;
  return (digest) => {
    digests ??= new Set(
      [...catalog.ids()].flatMap((id) =>
        (catalog.get(id)?.releases ?? []).flatMap(({ release }) => release.files.map((file) => file.digest)),
      ),
    );
    return digests.has(digest);
  };
}
