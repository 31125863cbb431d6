import { type ConfirmOptions, confirmTimestamp } from "./confirmTimestamp.ts";
import { type Edge, revisionOf } from "./edges.ts";
import type { LiveTimestamp } from "./live.ts";
import { TIMESTAMP_KEY } from "../wire/keys.ts";

/** What one edge serves now. */
export interface EdgeStanding {
  readonly region: string;
  readonly url: string;
  readonly state: "up_to_date" | "behind" | "wrong" | "out_of_service";
  /** How many revisions it is behind; null when it does not serve a timestamp. */
  readonly behind: number | null;
  readonly milliseconds: number;
  /** What it answers instead, or why nobody waits for it. */
  readonly why?: string;
}

/** Asks each edge for the live timestamp, for so long, and says what it serves. Those out of service are not asked. */
export async function askEdges(
  edges: readonly Edge[],
  live: LiveTimestamp,
  options: ConfirmOptions,
): Promise<readonly EdgeStanding[]> {
  const timestamp = { bytes: live.bytes, revision: live.signed.version };
  return Promise.all(
    edges.map(async (edge): Promise<EdgeStanding> => {
      const { region, url, outOfService } = edge;
      if (outOfService !== undefined)
        return { region, url, state: "out_of_service", behind: null, milliseconds: 0, why: outOfService };
      const [result] = await confirmTimestamp([edge], timestamp, options);
      const milliseconds = result?.milliseconds ?? 0;
      if (result?.ok) return { region, url, state: "up_to_date", behind: 0, milliseconds };
      const why = result?.why ?? "it did not answer";
      const revision = result?.answered ? await askRevision(url, options.deadlineMilliseconds) : 0;
      return revision > 0 && revision < timestamp.revision
        ? { region, url, state: "behind", behind: timestamp.revision - revision, milliseconds, why }
        : { region, url, state: "wrong", behind: null, milliseconds, why };
    }),
  );
}

/** The revision that an edge claims to serve; 0 for none. */
async function askRevision(url: string, timeoutMilliseconds: number): Promise<number> {
  try {
    const response = await fetch(url + TIMESTAMP_KEY, {
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMilliseconds),
    });
    return response.status === 200 ? revisionOf(new Uint8Array(await response.arrayBuffer())) : 0;
  } catch {
    return 0;
  }
}
