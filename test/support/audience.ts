import type { Fetch, GiftwrapClient } from "../../src/client/client.ts";
import { toViewer, type Viewer } from "../../src/wire/viewer.ts";
import type { World } from "./world.ts";

/** Viewers of every kind that the tests' releases tell apart. */
export const AUDIENCE: readonly Viewer[] = ["SG", "ID", "BR"].flatMap((region, at) => [
  toViewer({ platform: "android", appVersion: "8.4.0", tier: "mid", region, unitId: `viewer-${at}` }),
  toViewer({
    platform: "web",
    appVersion: "1.0.0",
    tier: "low",
    region,
    unitId: `viewer-${at + 10}`,
    cohorts: ["vip"],
  }),
  toViewer({
    platform: "android",
    appVersion: "8.0.0",
    tier: "high",
    region,
    unitId: `viewer-${at + 20}`,
    cohorts: ["staff"],
  }),
]);

export async function openAudience(world: World, fetch?: Fetch): Promise<GiftwrapClient[]> {
  return Promise.all(AUDIENCE.map((viewer) => world.viewer(viewer, fetch)));
}

/** What each viewer is shown of each gift: the verified bytes, as text, or what stands for none. */
export async function seenBy(
  clients: readonly GiftwrapClient[],
  gifts: readonly string[],
): Promise<string[]> {
  const seen: string[] = [];
  for (const client of clients) {
    for (const gift of gifts) {
      const { link, files, failed } = await client.play(gift);
      if (failed.length > 0)
        throw new Error(`${gift}: a link of the chain could not be loaded: ${String(failed[0]?.error)}`);
      seen.push(
        link.kind === "default"
          ? "default"
          : files.map((file) => new TextDecoder().decode(file.content)).join(" with "),
      );
    }
  }
  return seen;
}

/** What newcomers see now: they have no state but what is published. */
export async function seenByNewcomers(
  world: World,
  gifts: readonly string[],
  fetch?: Fetch,
): Promise<string[]> {
  const clients = await openAudience(world, fetch);
  await Promise.all(clients.map((client) => client.refresh()));
  return seenBy(clients, gifts);
}
