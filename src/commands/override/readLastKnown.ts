import { ClientError, httpFetch } from "../../client/client.ts";
import type { TrustedMetadata } from "../../client/update/trusted.ts";
import type { Edge } from "../../publish/edges.ts";
import { TIMESTAMP_KEY } from "../../wire/keys.ts";
import type { Timestamp } from "../../wire/metadata.ts";

/** A timestamp that was found elsewhere than in the store, verified. */
export interface LastKnown {
  readonly signed: Timestamp;
  readonly bytes: Uint8Array;
  /** Such as "the SG edge". */
  readonly where: string;
}

/** No edge is waited for longer: there may be others, and a copy. */
const PATIENCE_MILLISECONDS = 3_000;
/** TUF clients cap the timestamp at this. */
const MAX_BYTES = 16_384;

/** The newest timestamp that an edge serves or a copy holds, expired or not; null when none can be trusted. `trust` begins anew each time. */
export async function readLastKnown(
  edges: readonly Edge[],
  copy: { readonly bytes: Uint8Array; readonly where: string } | null,
  trust: () => Promise<TrustedMetadata>,
): Promise<LastKnown | null> {
  const found = await Promise.all(edges.map(askEdge));
  const known: LastKnown[] = [];
  for (const { bytes, where } of [...(copy ? [copy] : []), ...found.flatMap((it) => it ?? [])]) {
    const signed = await verify(bytes, await trust());
    if (signed) known.push({ signed, bytes, where });
  }
  return known.sort((a, b) => b.signed.version - a.signed.version)[0] ?? null;
}

async function askEdge({ region, url }: Edge): Promise<{ bytes: Uint8Array; where: string } | null> {
  const fetch = httpFetch({ baseUrl: url, timeoutMilliseconds: PATIENCE_MILLISECONDS });
  try {
    const result = await fetch(TIMESTAMP_KEY, { maxBytes: MAX_BYTES, revalidate: true });
    return result.kind === "body" ? { bytes: result.bytes, where: `the ${region} edge` } : null;
  } catch (error) {
    if (error instanceof ClientError) return null;
    throw error;
  }
}

async function verify(bytes: Uint8Array, trusted: TrustedMetadata): Promise<Timestamp | null> {
  try {
    await trusted.updateTimestamp(bytes, Number.NEGATIVE_INFINITY);
  } catch (error) {
    if (error instanceof ClientError) return null;
    throw error;
  }
  return trusted.timestamp ?? null;
}
