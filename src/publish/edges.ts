import type { EnvironmentFile } from "../model/schemas.ts";

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
  /** How many times it was asked. */
  readonly asked: number;
  /** From the first question to the right answer, or to giving up. */
  readonly milliseconds: number;
  /** The last wrong answer, when it never came right. */
  readonly why?: string;
}

export interface EdgeOptions {
  /** How long an edge may take until its answer is right. */
  readonly deadlineMilliseconds: number;
}

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

/** The edges that are asked and waited for. */
export function inService(edges: readonly Edge[]): readonly Edge[] {
  return edges.filter((it) => it.outOfService === undefined);
}

/** The edges that nobody waits for, each in a line that says why. */
export function outOfServiceLines(edges: readonly Edge[]): readonly string[] {
  return edges.flatMap(({ region, url, outOfService }) =>
    outOfService === undefined
      ? []
      : [`${region} ${url} is out of service: ${outOfService}; nobody waited for it`],
  );
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
