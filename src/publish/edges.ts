import type { EnvironmentFile } from "../model/schemas.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { TIMESTAMP_KEY } from "../wire/keys.ts";
import { explainError } from "../report/error.ts";

/** One configured address that apps of a region read from. */
export interface Edge {
  readonly region: string;
  readonly url: string;
  /** Why nobody waits for it. */
  readonly outOfService?: string;
}

/** How one edge answered. */
export interface EdgeResult {
  readonly edge: Edge;
  readonly ok: boolean;
  /** Whether it ever gave a whole answer, right or wrong. */
  readonly answered: boolean;
  /** From the first question to the right answer, or to giving up. */
  readonly milliseconds: number;
  /** The last wrong answer, when it never came right. */
  readonly why?: string;
}

export interface EdgeOptions {
  /** How long an edge may take until its answer is right. */
  readonly deadlineMilliseconds: number;
}

const FIRST_PAUSE_MILLISECONDS = 20;
const LONGEST_PAUSE_MILLISECONDS = 500;
const PARALLEL_REQUESTS = 8;
const TOO_LATE = "it did not answer in time";

export function toEdges(byRegion: EnvironmentFile["edges"]): readonly Edge[] {
  return Object.entries(byRegion)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([region, addresses]) =>
      addresses.map((it) => {
        const { url, ...rest } = typeof it === "string" ? { url: it } : it;
        return { region, url: url.endsWith("/") ? url : `${url}/`, ...rest };
      }),
    );
}

/** Asks every edge until it serves this timestamp, or a newer one that somebody else wrote since. */
export function confirmTimestamp(
  edges: readonly Edge[],
  timestamp: { bytes: Uint8Array; revision: number },
  options: EdgeOptions,
): Promise<readonly EdgeResult[]> {
  const expected = digestOf(timestamp.bytes);
  return Promise.all(
    edges.map((edge) =>
      askUntilRight(edge, TIMESTAMP_KEY, options, (body) => {
        if (digestOf(body) === expected) return null;
        const revision = revisionOf(body);
        if (revision > timestamp.revision) return null;
        return revision === timestamp.revision
          ? "it serves other bytes under the same revision"
          : `it still serves revision ${revision}`;
      }),
    ),
  );
}

/** Fetches every object through every edge and compares its hash, which also warms the edge. Gives the failures. */
export async function warmObjects(
  edges: readonly Edge[],
  objects: readonly { key: string; digest: string }[],
  options: EdgeOptions,
): Promise<readonly (EdgeResult & { digest: string })[]> {
  const questions = edges.flatMap((edge) => objects.map((object) => ({ edge, ...object })));
  const failures: (EdgeResult & { digest: string })[] = [];
  // An edge that is down is waited for once, not once per object.
  const silent = new Map<string, EdgeResult>();
  const work = async () => {
    for (let next = questions.pop(); next; next = questions.pop()) {
      const { edge, key, digest } = next;
      const gone = silent.get(edge.url);
      if (gone) {
        failures.push({ ...gone, digest });
        continue;
      }
      const wrong = "it serves other bytes than were published";
      const result = await askUntilRight(edge, key, options, (body) =>
        digestOf(body) === digest ? null : wrong,
      );
      if (!result.ok) failures.push({ ...result, digest });
      if (!result.answered) silent.set(edge.url, result);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_REQUESTS }, work));
  return failures;
}

/** `problemOf` says what is wrong with an answer, or null when it is right. */
async function askUntilRight(
  edge: Edge,
  key: string,
  { deadlineMilliseconds }: EdgeOptions,
  problemOf: (body: Uint8Array) => string | null,
): Promise<EdgeResult> {
  const started = performance.now();
  const elapsed = () => Math.round(performance.now() - started);
  let pause = FIRST_PAUSE_MILLISECONDS;
  let why: string | undefined;
  let answered = false;
  for (;;) {
    const problem = await ask(
      edge.url + key,
      Math.max(1, deadlineMilliseconds - elapsed()),
      (status, body) => {
        answered = true;
        return status === 200 ? problemOf(body) : `it answered ${status}`;
      },
    );
    if (problem === null) return { edge, ok: true, answered, milliseconds: elapsed() };
    // The deadline cuts the last question short, which says less than the answers before.
    why = problem === TOO_LATE && why !== undefined ? why : problem;
    if (elapsed() + pause >= deadlineMilliseconds)
      return { edge, ok: false, answered, milliseconds: elapsed(), why };
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(LONGEST_PAUSE_MILLISECONDS, pause * 2);
  }
}

async function ask(
  url: string,
  timeoutMilliseconds: number,
  problemOf: (status: number, body: Uint8Array) => string | null,
): Promise<string | null> {
  try {
    const response = await fetch(url, {
      cache: "no-cache",
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    const body = new Uint8Array(await response.arrayBuffer());
    return problemOf(response.status, body);
  } catch (error) {
    const isTooLate = error instanceof Error && error.name === "TimeoutError";
    return isTooLate ? TOO_LATE : `it did not answer: ${explainError(error)}`;
  }
}

/** The revision that a timestamp claims, unverified; 0 when the bytes are none. */
export function revisionOf(body: Uint8Array): number {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body));
    if (typeof parsed !== "object" || parsed === null || !("signed" in parsed)) return 0;
    const { signed } = parsed;
    if (typeof signed !== "object" || signed === null || !("version" in signed)) return 0;
    return typeof signed.version === "number" ? signed.version : 0;
  } catch {
    return 0;
  }
}
