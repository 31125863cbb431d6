import { confirmTimestamp } from "../publish/confirmTimestamp.ts";
import { type Edge, type EdgeResult, inService, outOfServiceLines } from "../publish/edges.ts";
import { isSignedTimestamp, type LiveTimestamp } from "../publish/live.ts";
import { type Environment, trustEnvironment } from "./environment.ts";
import { headersOf, TIMESTAMP_KEY } from "../wire/keys.ts";
import type { Io } from "./command.ts";

export interface Confirming {
  readonly environment: Environment;
  readonly edgeDeadlineMilliseconds: number;
  readonly io: Pick<Io, "root" | "progress">;
}

export interface Confirmed {
  /** Of the edges in service. */
  readonly edges: readonly EdgeResult[];
  /** Ends when nothing is purged any more; never rejects. Nobody's answer depends on it. */
  readonly purging: Promise<void>;
}

/**
 * Asks edges in service until they serve what was just written, and beside that asks them to forget what was before, where the
 * environment says how.
 * @param only these edges of the environment (default: all)
 * @param failedBefore addresses of edges that are not waited for as long
 */
export async function confirmEdges(
  { environment, edgeDeadlineMilliseconds: deadlineMilliseconds, io }: Confirming,
  written: LiveTimestamp,
  only: readonly Edge[] = environment.edges,
  failedBefore?: ReadonlySet<string>,
): Promise<Confirmed> {
  const edges = inService(only);
  const answers = confirmTimestamp(
    edges,
    { bytes: written.bytes, revision: written.signed.version },
    {
      deadlineMilliseconds,
      isSigned: async (body) => isSignedTimestamp(await trustEnvironment(environment), body),
      ...(failedBefore && { failedBefore }),
    },
  );
  const purging = purge(environment, edges, io);
  return { edges: await answers, purging };
}

/** Nothing of it is loaded where no environment asks for it. */
async function purge(
  { file }: Environment,
  edges: readonly Edge[],
  { root, progress }: Confirming["io"],
): Promise<void> {
  if (!file.purge || edges.length === 0) return;
  const { purgeTimestamp } = await import("../publish/purgeTimestamp.ts");
  for (const line of await purgeTimestamp(edges, file.purge, root)) progress(line);
}

/** What each edge answered, a line each, and which were not asked. */
export function toEdgeLines(
  edges: readonly EdgeResult[],
  { environment }: Pick<Confirming, "environment">,
): readonly string[] {
  return [
    ...edges.map(({ edge: { region, url }, ok, milliseconds, asked, why }) =>
      ok
        ? `  ${region} ${url} serves it after ${milliseconds} ms${asked > 1 ? `, asked ${asked} times` : ""}`
        : `  ALARM: ${region} ${url} does not serve it: ${why}`,
    ),
    ...outOfServiceLines(environment.edges).map((line) => `  ${line}`),
  ];
}

/** "Done" means the configured addresses: how long others may still have what was before. */
export function behindEdgesLine(): string {
  const seconds = /max-age=(\d+)/.exec(headersOf(TIMESTAMP_KEY).cacheControl)?.[1] ?? "0";
  return `apps behind other cache points follow within ${seconds} s`;
}
