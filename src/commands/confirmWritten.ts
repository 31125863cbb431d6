import { confirmTimestamp, type Edge, type EdgeResult } from "../publish/edges.ts";
import type { LiveTimestamp } from "../publish/live.ts";

/** Waits until every edge serves what was just written, and says of each when it did, or what it serves instead. */
export async function confirmWritten(
  edges: readonly Edge[],
  written: LiveTimestamp,
  deadlineMilliseconds: number,
  say: (line: string) => void,
): Promise<readonly EdgeResult[]> {
  const timestamp = { bytes: written.bytes, revision: written.signed.version };
  const results = await confirmTimestamp(edges, timestamp, { deadlineMilliseconds });
  for (const { edge, ok, milliseconds, why } of results) {
    const where = `${edge.region} ${edge.url}`;
    say(ok ? `  ${where} serves it after ${milliseconds} ms` : `  ALARM: ${where} does not serve it: ${why}`);
  }
  return results;
}
