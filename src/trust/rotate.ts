import type { PublicKey, RoleName, Root } from "../wire/metadata.ts";
import { keyIdOf } from "./keys.ts";
import { LIFETIME_MILLISECONDS, toWholeSeconds } from "./sign.ts";

/** What the next root says differently. Nothing: it only lasts longer. */
export interface Rotation {
  /** The key that signs targets and snapshots from now on. */
  readonly release?: PublicKey;
  readonly timestamp?: PublicKey;
  readonly root?: RootKeys;
  /** Whether the keys that go may be in other hands. */
  readonly leaked: boolean;
}

export interface RootKeys {
  readonly add?: PublicKey;
  /** A key id. */
  readonly remove?: string;
  readonly threshold?: number;
}

/** The root after `root`, unsigned: one version on, with a new lifetime, and with no key that has no work. */
export function nextRoot(
  root: Root,
  { release, timestamp, root: rootKeys, leaked }: Rotation,
  now: number,
): Root {
  const roles: Record<RoleName, Root["roles"][RoleName]> = { ...root.roles };
  const added: PublicKey[] = [];
  const give = (role: RoleName, key: PublicKey) => {
    roles[role] = { keyids: [keyIdOf(key)], threshold: 1 };
    added.push(key);
  };
  if (release) for (const role of ["targets", "snapshot"] as const) give(role, release);
  if (timestamp) give("timestamp", timestamp);
  if (rootKeys) {
    const { add, remove, threshold = root.roles.root.threshold } = rootKeys;
    const keyids = root.roles.root.keyids.filter((it) => it !== remove);
    roles.root = { keyids: add ? [...keyids, keyIdOf(add)] : keyids, threshold };
    if (add) added.push(add);
  }
  const known = { ...root.keys, ...Object.fromEntries(added.map((it) => [keyIdOf(it), it])) };
  const used = new Set(Object.values(roles).flatMap((it) => it.keyids));
  const gone = Object.keys(root.keys).filter((it) => !used.has(it));
  const leakedKeys = [...(root.giftwrap?.leaked ?? []), ...(leaked ? gone : [])];
  const { giftwrap: _, ...rest } = root;
  return {
    ...rest,
    version: root.version + 1,
    expires: toWholeSeconds(now + LIFETIME_MILLISECONDS.root),
    keys: Object.fromEntries(Object.entries(known).filter(([keyId]) => used.has(keyId))),
    roles,
    ...(leakedKeys.length > 0 && { giftwrap: { leaked: leakedKeys } }),
  };
}
