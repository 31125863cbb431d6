import type { EdgeResult } from "../publish/edges.ts";
import type { LiveTimestamp } from "../publish/live.ts";
import type { Io } from "./command.ts";
import { behindEdgesLine, confirmEdges, toEdgeLines } from "./confirmEdges.ts";
import type { Environment } from "./environment.ts";

/** Waits until every edge serves what was just written, and says of each when it did, or what it serves instead. */
export async function confirmWritten(
  environment: Environment,
  written: LiveTimestamp,
  edgeDeadlineMilliseconds: number,
  io: Pick<Io, "root" | "progress">,
  say: (line: string) => void,
): Promise<readonly EdgeResult[]> {
  const confirming = { environment, edgeDeadlineMilliseconds, io };
  const { edges, purging } = await confirmEdges(confirming, written);
  for (const line of toEdgeLines(edges, confirming)) say(line);
  if (edges.length > 0) say(behindEdgesLine());
  // Its end changes nothing; the process lives until then.
  void purging;
  return edges;
}
