import { type EvidenceContent, makeEvidence } from "../trust/evidence.ts";
import type { EvidenceFile } from "../model/schemas.ts";
import type { ObjectFile } from "../wire/catalog.ts";
import type { WarmResult } from "./warmObjects.ts";

/** A release whose objects were asked of its edges. */
export interface WarmedRelease {
  readonly gift: string;
  readonly version: string;
  /** SHA-256 of its lock. */
  readonly lock: string;
  readonly facts: WarmFacts;
}

/** How many edges served how many objects, their bytes, and how long the slowest answer took. */
export interface WarmFacts {
  readonly edges: number;
  readonly objects: number;
  readonly bytes: number;
  readonly milliseconds: number;
}

/** @param results of these files and no others */
export function toWarmFacts(
  files: readonly Pick<ObjectFile, "digest" | "bytes">[],
  results: readonly WarmResult[],
): WarmFacts {
  const objects = new Map(files.map((it) => [it.digest, it.bytes]));
  return {
    edges: new Set(results.map((it) => it.edge.url)).size,
    objects: objects.size,
    bytes: [...objects.values()].reduce((sum, it) => sum + it, 0),
    milliseconds: results.reduce((slowest, it) => Math.max(slowest, it.milliseconds), 0),
  };
}

/** The record of a release that its edges served whole, or did not. */
export function toWarmEvidence(
  { gift, version, lock, facts }: WarmedRelease,
  { environment, recorded, result }: Pick<EvidenceContent, "environment" | "recorded" | "result">,
): EvidenceFile {
  return makeEvidence({
    kind: "warm",
    environment,
    gift,
    version,
    lock,
    recorded,
    result,
    facts: { ...facts },
    tool: "giftwrap",
  });
}
