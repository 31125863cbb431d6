import { createHash } from "node:crypto";
import type { ObjectFile } from "../wire/catalog.ts";
import { objectKey } from "../wire/keys.ts";
import { askUntilRight } from "./askUntilRight.ts";
import type { Edge, EdgeOptions, EdgeResult } from "./edges.ts";

/** Connections in all, and to one edge. */
const PARALLEL_REQUESTS = 24;
const PARALLEL_REQUESTS_PER_EDGE = 8;

/** One object that one edge should serve. */
export interface WarmQuestion {
  readonly edge: Edge;
  readonly file: Pick<ObjectFile, "digest" | "mediaType" | "bytes">;
}

export interface WarmResult extends EdgeResult {
  readonly digest: string;
}

/** The questions of one edge. */
interface Lane {
  readonly waiting: WarmQuestion[];
  active: number;
  /** The first that never came right. */
  failure?: EdgeResult;
}

/**
 * Fetches objects through edges and compares their hashes as they arrive, which also warms the edges; no body is kept. A
 * result for each question, in no order. An edge that never answers is waited for once, not once per object; one that
 * answered wrongly until its deadline is asked once for each of the others.
 */
export async function warmObjects(
  questions: readonly WarmQuestion[],
  options: EdgeOptions,
): Promise<readonly WarmResult[]> {
  const lanes = toLanes(questions);
  const results: WarmResult[] = [];
  const work = async () => {
    for (let lane = nextLane(lanes); lane; lane = nextLane(lanes)) {
      const question = lane.waiting.pop();
      if (!question) return;
      lane.active++;
      results.push(await warm(question, lane, options));
      // A connection is free for the next question only when the turn in which its answer ended is over.
      await new Promise(setImmediate);
      lane.active--;
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, work));
  return results;
}

function toLanes(questions: readonly WarmQuestion[]): readonly Lane[] {
  const lanes = new Map<string, Lane>();
  for (const question of questions) {
    const lane = lanes.get(question.edge.url) ?? { waiting: [], active: 0 };
    lane.waiting.push(question);
    lanes.set(question.edge.url, lane);
  }
  return [...lanes.values()];
}

/** The edge with the fewest questions under way, so that a slow one takes nothing from the others. */
function nextLane(lanes: readonly Lane[]): Lane | undefined {
  return lanes
    .filter((it) => it.waiting.length > 0 && it.active < PARALLEL_REQUESTS_PER_EDGE)
    .reduce<Lane | undefined>((least, it) => (least && least.active <= it.active ? least : it), undefined);
}

async function warm(
  { edge, file }: WarmQuestion,
  lane: Lane,
  { deadlineMilliseconds }: EdgeOptions,
): Promise<WarmResult> {
  const { digest, mediaType, bytes } = file;
  if (lane.failure && !lane.failure.answered) return { ...lane.failure, asked: 0, digest };
  const result = await askUntilRight(edge, {
    key: objectKey(digest, mediaType),
    deadlineMilliseconds,
    once: lane.failure !== undefined,
    judge: async (body) =>
      (await hashLimited(body, bytes)) === digest ? null : "it serves other bytes than were published",
  });
  if (!result.ok) lane.failure ??= result;
  return { ...result, digest };
}

/** Null when there are more bytes than that: the rest is not read. */
async function hashLimited(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string | null> {
  const hash = createHash("sha256");
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > maxBytes) return null;
    hash.update(chunk);
  }
  return hash.digest("hex");
}
