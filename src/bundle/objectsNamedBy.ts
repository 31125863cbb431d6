import type { LockFile } from "../model/schemas.ts";

export interface NamedObject {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: number;
}

/** All objects that a lock names, those of each tier and the previews: what a store keeps of a release. */
export function objectsNamedBy({ tiers, previews = [] }: LockFile): readonly NamedObject[] {
  return [...Object.values(tiers).flatMap((it) => it.files), ...previews];
}
