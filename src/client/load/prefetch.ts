import type { ObjectFile } from "../../wire/catalog.ts";
import type { Resolution } from "../../wire/resolve.ts";
import { isRefusal } from "../error.ts";
import { filesOf } from "./files.ts";
import type { Objects } from "./objects.ts";

/** What will probably be played. */
export interface Wanted {
  readonly resolution: Resolution;
  /** More comes first; among equals the order that they were given in. 0 when absent. */
  readonly priority?: number;
}

/** What the device is on: `saver` is where the person asked to save data. */
export type Network = "wifi" | "cellular" | "saver" | "offline";

export interface PrefetchOptions {
  /** The most that is downloaded in all. */
  readonly maxBytes: number;
  /** Asked before each gift; Wi-Fi when absent. */
  readonly network?: () => Network;
  /** The most that may be downloaded in all on such a network; when absent everything on Wi-Fi, and nothing elsewhere. */
  readonly maxBytesOn?: (network: Network) => number;
  /** Nothing more is begun once it says so; an `AbortSignal` fits. */
  readonly signal?: { readonly aborted: boolean };
}

export interface Prefetched {
  /** How many of those that were wanted are at hand now. */
  readonly ready: number;
  /** What was downloaded. */
  readonly bytes: number;
  /** Why it ended: everything was looked at, or somebody said stop, or the network gave no answer. */
  readonly ended: "done" | "stopped" | "network";
}

/**
 * Fetches the first link of each, most urgent first, and one object after the other. What does not fit into what is left is
 * passed over whole, since an animation without its parts is of no use; something smaller behind it may still fit.
 */
export async function prefetch(
  objects: Objects,
  wanted: readonly Wanted[],
  { maxBytes, network = () => "wifi", maxBytesOn = onWifiOnly, signal }: PrefetchOptions,
): Promise<Prefetched> {
  let ready = 0;
  let bytes = 0;
  for (const files of inOrder(wanted)) {
    if (signal?.aborted) return { ready, bytes, ended: "stopped" };
    const missing = await missingOf(objects, files);
    const left = Math.min(maxBytes, maxBytesOn(network())) - bytes;
    if (missing.reduce((sum, file) => sum + file.bytes, 0) > left) continue;
    try {
      for (const file of missing) {
        if (signal?.aborted) return { ready, bytes, ended: "stopped" };
        await objects.bring(file);
        bytes += file.bytes;
      }
      ready++;
    } catch (error) {
      if (!isRefusal(error)) return { ready, bytes, ended: "network" };
    }
  }
  return { ready, bytes, ended: "done" };
}

/** The files of each one's first link, each file once. */
function inOrder(wanted: readonly Wanted[]): readonly (readonly ObjectFile[])[] {
  return [...wanted]
    .sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0))
    .map(({ resolution: { chain } }) => {
      const files = chain[0] ? filesOf(chain[0]).map(({ file }) => file) : [];
      return [...new Map(files.map((file) => [file.digest, file])).values()];
    });
}

async function missingOf(objects: Objects, files: readonly ObjectFile[]): Promise<readonly ObjectFile[]> {
  const missing: ObjectFile[] = [];
  for (const file of files) if (!(await objects.isAtHand(file))) missing.push(file);
  return missing;
}

function onWifiOnly(network: Network): number {
  return network === "wifi" ? Number.POSITIVE_INFINITY : 0;
}
