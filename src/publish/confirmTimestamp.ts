import { digestOf } from "../trust/nodeCrypto.ts";
import { TIMESTAMP_KEY } from "../wire/keys.ts";
import { askUntilRight } from "./askUntilRight.ts";
import { type Edge, type EdgeOptions, type EdgeResult, revisionOf } from "./edges.ts";

/** Clients of The Update Framework read no timestamp above 16 KB; what is far larger is none. */
const MAX_TIMESTAMP_BYTES = 65_536;
/** One question that hangs must not use up the time in which another would be answered. */
const ANSWER_MILLISECONDS = 5_000;
/** For an edge that has used up the whole deadline before. */
const LITTLE_PATIENCE_MILLISECONDS = 1_000;

export interface ConfirmOptions extends EdgeOptions {
  /** Whether bytes are a timestamp that the environment's keys signed; asked only for a revision above the expected one. */
  isSigned(body: Uint8Array): Promise<boolean>;
  /** Addresses of edges that failed a moment ago: they are asked again, but not waited for as long. */
  readonly failedBefore?: ReadonlySet<string>;
}

/**
 * Asks every edge until it serves this timestamp, byte for byte, or a newer one that is signed, which somebody else wrote
 * since. Results are in the order of the edges.
 */
export function confirmTimestamp(
  edges: readonly Edge[],
  timestamp: { bytes: Uint8Array; revision: number },
  { deadlineMilliseconds, isSigned, failedBefore }: ConfirmOptions,
): Promise<readonly EdgeResult[]> {
  const expected = digestOf(timestamp.bytes);
  return Promise.all(
    edges.map((edge) =>
      askUntilRight(edge, {
        key: TIMESTAMP_KEY,
        revalidate: true,
        answerMilliseconds: ANSWER_MILLISECONDS,
        deadlineMilliseconds: failedBefore?.has(edge.url)
          ? Math.min(LITTLE_PATIENCE_MILLISECONDS, deadlineMilliseconds)
          : deadlineMilliseconds,
        judge: async (stream) => {
          const body = await readLimited(stream);
          if (!body) return `it serves more than ${MAX_TIMESTAMP_BYTES} bytes, which is no timestamp`;
          if (digestOf(body) === expected) return null;
          const revision = revisionOf(body);
          if (revision === 0) return "it serves what is no timestamp";
          if (revision === timestamp.revision) return "it serves other bytes under the same revision";
          if (revision < timestamp.revision) return `it still serves revision ${revision}`;
          return (await isSigned(body)) ? null : `it serves a revision ${revision} that nobody signed`;
        },
      }),
    ),
  );
}

async function readLimited(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > MAX_TIMESTAMP_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
