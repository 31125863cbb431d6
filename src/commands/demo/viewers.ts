import {
  GiftwrapClient,
  httpFetch,
  type Loaded,
  type ObjectCache,
  toViewer,
  type Viewer,
} from "../../client/client.ts";
import { nodeCrypto } from "../../trust/nodeCrypto.ts";
import { TIERS } from "../../wire/viewer.ts";

/** How many clients ask at the same time; a phone asks alone, but two cores play all of them here. */
const PARALLEL = 64;

export interface DemoViewer {
  readonly viewer: Viewer;
  readonly client: GiftwrapClient;
}

/** What was seen when every viewer was sent the gift once. */
export interface Audience {
  /** Viewers by what they saw, such as `crown 1.0.0`. */
  readonly seen: ReadonlyMap<string, number>;
  /** Viewers for whom something failed first, so that they saw a later link of their chain. */
  readonly fallbacks: number;
}

/** Whether this viewer's device can show what was loaded. */
export type CanPlay = (viewer: Viewer, loaded: Loaded) => boolean;

/** Real clients over real HTTP, spread over the edges' regions, the platforms and the tiers; every 50th is staff. */
export async function openViewers(
  count: number,
  edges: readonly { region: string; url: string }[],
  platforms: readonly string[],
  root: Uint8Array,
): Promise<readonly DemoViewer[]> {
  // One object cache for all of them: every read from it is verified, and two cores need not move each file 2,000 times.
  const cache = memoryCache();
  return inParallel(
    Array.from({ length: count }, (_, at) => at),
    async (at) => {
      const edge = edges[at % edges.length];
      if (!edge) throw new TypeError("viewers need an edge");
      const viewer = toViewer({
        platform: platforms[Math.floor(at / 3) % platforms.length] ?? "web",
        // Apps that have every player of the shipped policy.
        appVersion: `8.${1 + (Math.floor(at / 7) % 6)}.0`,
        tier: TIERS[Math.floor(at / 11) % TIERS.length] ?? "mid",
        region: edge.region,
        cohorts: at % 50 === 0 ? ["staff"] : [],
        unitId: `viewer-${at}`,
      });
      const client = await GiftwrapClient.open({
        viewer,
        root,
        crypto: nodeCrypto,
        cache,
        fetch: httpFetch({ baseUrl: edge.url, sendEtag: true }),
      });
      return { viewer, client };
    },
  );
}

/** Every viewer polls once. Gives how many could not. */
export async function refreshAll(viewers: readonly DemoViewer[]): Promise<number> {
  const results = await inParallel(viewers, ({ client }) =>
    client.refresh().then(
      () => true,
      () => false,
    ),
  );
  return results.filter((ok) => !ok).length;
}

/** Every viewer is sent the gift once. */
export async function playAll(
  viewers: readonly DemoViewer[],
  gift: string,
  canPlay: CanPlay,
): Promise<Audience> {
  const seen = new Map<string, number>();
  let fallbacks = 0;
  await inParallel(viewers, async ({ viewer, client }) => {
    const { link, failed } = await client.play(gift, (loaded) => {
      if (!canPlay(viewer, loaded)) throw new Error("the device could not decode it");
    });
    const what =
      link.kind === "default"
        ? "the app's default"
        : `${link.gift} ${link.version}${link.kind === "still" ? " (still)" : ""}`;
    seen.set(what, (seen.get(what) ?? 0) + 1);
    if (failed.length > 0) fallbacks++;
  });
  return { seen, fallbacks };
}

function memoryCache(): ObjectCache {
  const objects = new Map<string, Uint8Array>();
  return {
    get: async (digest) => objects.get(digest) ?? null,
    put: async (digest, bytes) => {
      objects.set(digest, bytes);
    },
  };
}

async function inParallel<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const work = async () => {
    for (const [at, item] of queue) results[at] = await act(item);
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return results;
}
