import type { PlainTimestamp } from "../../wire/metadata.ts";
import { ClientError } from "../error.ts";
import type { TrustedMetadata } from "./trusted.ts";

/*
 * The steps of The Update Framework, specification 1.0.34, section 5, that every refresh is made of. Each asks for one file
 * by its name and hands it to the checks; what they refuse is neither trusted nor kept.
 */

/** TUF asks every download to have a limit; these hold where no signed length does. */
export const MAX_BYTES = { root: 512_000, timestamp: 16_384, metadata: 2_000_000 };
const MAX_ROOT_ROTATIONS = 256;

type Trusted = TrustedMetadata<PlainTimestamp>;

export interface MetadataPorts {
  /** Gives what `accept` makes of the file, or of null where the repository does not have it; passes on what it throws. */
  ask<T>(file: string, maxBytes: number, accept: (bytes: Uint8Array | null) => Promise<T>): Promise<T>;
  /** Takes the very bytes that were accepted. */
  keep(role: string, bytes: Uint8Array): Promise<void>;
}

/** Section 5.3: every root after the trusted one, in turn. Returns whether there was any. */
export async function refreshRoot(trusted: Trusted, { ask, keep }: MetadataPorts): Promise<boolean> {
  const { version } = trusted.root;
  const follow = async (bytes: Uint8Array | null) => {
    if (!bytes) return false;
    await trusted.updateRoot(bytes);
    await keep("root", bytes);
    return true;
  };
  while (
    trusted.root.version - version < MAX_ROOT_ROTATIONS &&
    (await ask(`${trusted.root.version + 1}.root.json`, MAX_BYTES.root, follow))
  );
  return trusted.root.version > version;
}

/** Section 5.5: the snapshot that the trusted timestamp names. */
export async function refreshSnapshot(trusted: Trusted, now: number, ports: MetadataPorts): Promise<void> {
  const accept = (bytes: Uint8Array) => trusted.updateSnapshot(bytes, now);
  await demand(trusted, "snapshot", trusted.metaOf("snapshot"), ports, accept);
}

/** Section 5.6: the targets that the trusted snapshot names. */
export async function refreshTargets(trusted: Trusted, now: number, ports: MetadataPorts): Promise<void> {
  const accept = (bytes: Uint8Array) => trusted.updateTargets(bytes, now);
  await demand(trusted, "targets", trusted.metaOf("targets"), ports, accept);
}

/**
 * A file that is named by one that is trusted, so it must be there. With consistent snapshots its name begins with its version.
 * @throws ClientError `missing`
 */
export async function demand(
  trusted: Trusted,
  role: string,
  { version, length }: { readonly version: number; readonly length?: number },
  { ask, keep }: MetadataPorts,
  accept: (bytes: Uint8Array) => Promise<unknown>,
): Promise<void> {
  const file = `${trusted.root.consistent_snapshot ? `${version}.` : ""}${role}.json`;
  await ask(file, length ?? MAX_BYTES.metadata, async (bytes) => {
    if (!bytes) throw new ClientError("missing", `${file} is not there`);
    await accept(bytes);
    await keep(role, bytes);
  });
}
