import { type CollectorLimits, Collector } from "../../src/metrics/collector.ts";
import { toExposition } from "../../src/metrics/exposition.ts";
import { KnownReleases } from "../../src/metrics/knownReleases.ts";
import type { BeaconBatch, BeaconEvent, ExposedEvent } from "../../src/wire/beacon.ts";
import { digestLike } from "../wire/catalogOf.ts";

export const NEWER = digestLike("rose 1.1.0");
export const OLDER = digestLike("rose 1.0.0");
export const NOW = Date.UTC(2027, 0, 31, 12);

export const RELEASES = new KnownReleases([
  { gift: "rose", version: "1.1.0", build: "aaaaaaaaaaaa", digests: [NEWER, digestLike("rose 1.1.0 low")] },
  { gift: "rose", version: "1.0.0", build: "bbbbbbbbbbbb", digests: [OLDER] },
  { gift: "lily", version: "2.0.0", build: "cccccccccccc", digests: [digestLike("lily 2.0.0")] },
]);

export function collectorOf(
  limits: Partial<CollectorLimits> = {},
  decodeBounds: readonly number[] = [],
): Collector {
  return new Collector({
    releases: RELEASES,
    regions: new Set(["SG", "ID"]),
    platforms: new Set(["android", "ios"]),
    secret: new Uint8Array(32).fill(7),
    startedMilliseconds: NOW,
    decodeBounds,
    // Two generations of two million take their time to be made.
    limits: { seenKeys: 10_000, ...limits },
  });
}

export function deviceOf(number: number): string {
  return number.toString(16).padStart(32, "0");
}

export function playOf(number: number): string {
  return number.toString(16).padStart(16, "0");
}

/** The exposure of rose 1.1.0, given by chance to a fifth. */
export function exposedOf(play: number, parts: Partial<ExposedEvent> = {}): ExposedEvent {
  return {
    kind: "exposed",
    play: playOf(play),
    gift: "rose",
    version: "1.1.0",
    digest: NEWER,
    arm: "trial",
    trial: "1.1.0",
    sharePerMillion: 200_000,
    first: true,
    ...parts,
  };
}

export const BASELINE: Partial<ExposedEvent> = { version: "1.0.0", digest: OLDER, arm: "baseline" };
export const LIVE: Partial<ExposedEvent> = {
  version: "1.0.0",
  digest: OLDER,
  arm: "live",
  trial: "",
  sharePerMillion: 0,
};

export function endedOf(play: number, frames = 0, dropped = 0): BeaconEvent {
  return { kind: "ended", play: playOf(play), frames, dropped };
}

/** A play that went well. */
export function wellOf(
  play: number,
  parts: Partial<ExposedEvent> = {},
  milliseconds = 80,
): readonly BeaconEvent[] {
  return [
    exposedOf(play, parts),
    { kind: "loaded", play: playOf(play), milliseconds: 200 },
    { kind: "decoded", play: playOf(play), milliseconds },
    endedOf(play, 100, 1),
  ];
}

export function batchOf(events: readonly BeaconEvent[], parts: Partial<BeaconBatch> = {}): BeaconBatch {
  return {
    format: "1.0",
    device: deviceOf(1),
    platform: "android",
    app: "8.4.0",
    tier: "mid",
    region: "SG",
    events,
    ...parts,
  };
}

/** What a scrape shows, by name and labels. */
export function scrape(collector: Collector): ReadonlyMap<string, number> {
  return parseExposition(toExposition(collector.families()));
}

export function parseExposition(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** The sum of a family over the series whose labels hold all of these texts. */
export function sumOf(
  found: ReadonlyMap<string, number>,
  name: string,
  ...labels: readonly string[]
): number {
  let sum = 0;
  for (const [key, value] of found)
    if ((key === name || key.startsWith(`${name}{`)) && labels.every((label) => key.includes(label)))
      sum += value;
  return sum;
}
