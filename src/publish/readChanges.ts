import { classifyPath } from "../model/paths.ts";
import { inEnvironment, toRollout } from "../model/rollout.ts";
import type { EnvironmentFile, OverrideFile, ReleaseFile } from "../model/schemas.ts";
import { isRecord } from "../wire/isRecord.ts";
import { checkShape } from "../model/validate.ts";
import { changedPaths } from "../source/git.ts";
import { revisionTree } from "../source/tree.ts";
import { parseYaml } from "../source/yaml.ts";
import type { Override } from "../wire/override.ts";
import type { Rollout } from "../wire/rollout.ts";
import type { RolloutChange } from "./stops.ts";

/** What two commits say differently about who may see what. */
export interface Changes {
  readonly rollouts: readonly RolloutChange[];
  /** Override files that are new or changed, as far as they can be read. */
  readonly overrides: readonly Override[];
}

/**
 * Reads only release and override files that differ between two commits, and reads them tolerantly: a stop must not wait
 * for a file to be perfect. What cannot be understood is taken as it was, never as closed.
 */
export async function readChanges(
  root: string,
  from: string,
  to: string,
  mode: EnvironmentFile["rollout"],
  now: number,
): Promise<Changes> {
  const paths = await changedPaths(root, from, to, ["releases"]);
  const [before, after] = await Promise.all([
    revisionTree(root, from).read(paths),
    revisionTree(root, to).read(paths),
  ]);
  const rollouts: RolloutChange[] = [];
  const overrides: Override[] = [];
  for (const path of paths) {
    const it = classifyPath(path);
    if (it.kind === "release") {
      const { gift, version } = it;
      const then = readRollout(gift, version, toText(before.get(path)), null);
      const next = after.has(path) ? readRollout(gift, version, toText(after.get(path)), then) : null;
      rollouts.push({ gift, version, before: inEnvironment(then, mode), after: inEnvironment(next, mode) });
    } else if (it.kind === "override") {
      const override = await readOverride(it.name, toText(after.get(path)), now);
      if (override) overrides.push(override);
    }
  }
  return { rollouts, overrides };
}

/** The rollout that a release's text states, each unreadable part as `otherwise` has it; null is nobody. */
export function readRollout(
  gift: string,
  version: string,
  text: string,
  otherwise: Rollout | null,
): Rollout | null {
  const parsed = parseYaml("", text);
  if (!parsed.ok || !isRecord(parsed.located.value)) return otherwise;
  const written = parsed.located.value["rollout"];
  if (!isRecord(written)) return otherwise;
  const canary = block(written["canary"]);
  const regional = block(written["regional"]);
  const full = block(written["full"]);
  const holdback = block(written["holdback"]);
  const regions = Object.entries(block(regional["regions"])).flatMap(([region, percent]) => {
    const readable = toPercent(percent) ?? percentOf(otherwise?.regional?.regions[region]);
    return readable === undefined ? [] : [[region, readable] as const];
  });
  const held = toPercent(holdback["percent"]) ?? percentOf(otherwise?.holdback?.basisPoints);
  const share = toPercent(canary["percent"]) ?? percentOf(otherwise?.canary?.basisPoints);
  const release: ReleaseFile = {
    gift,
    version,
    title: "",
    compat: { app: {}, tiers: [] },
    rollout: {
      ...(typeof written["salt"] === "string" && { salt: written["salt"] }),
      canary: {
        open: toOpen(canary["open"], otherwise?.canary !== undefined),
        ...(Array.isArray(canary["cohorts"]) && { cohorts: canary["cohorts"].filter(isText) }),
        ...("percent" in canary && share !== undefined && { percent: share }),
      },
      regional: {
        open: toOpen(regional["open"], otherwise?.regional !== undefined),
        regions: Object.fromEntries(regions),
        ...eligibleOf(regional["eligible"]),
      },
      full: { open: toOpen(full["open"], otherwise?.full !== undefined) },
      ...("percent" in holdback && held !== undefined && { holdback: { percent: held } }),
    },
  };
  return toRollout(release);
}

/** An override from what matters in its text: a missing reason or a stray key must not hold a stop up. */
async function readOverride(name: string, text: string, now: number): Promise<Override | null> {
  const parsed = parseYaml("", text);
  if (!parsed.ok || !isRecord(parsed.located.value)) return null;
  const { gifts, versions, scope, limit, ends } = parsed.located.value;
  const essence = { gifts, versions, scope, limit, ends, reason: "as in git" };
  const present = Object.fromEntries(Object.entries(essence).filter(([, value]) => value !== undefined));
  const checked = checkShape("override", present);
  return checked.ok ? tryToWire(name, checked.value, now) : null;
}

async function tryToWire(name: string, file: OverrideFile, now: number): Promise<Override | null> {
  // Loaded when asked for: a stage that is closed does not wait for the semver library.
  const { toWireOverride } = await import("../model/entry.ts");
  try {
    return toWireOverride(name, file, now);
  } catch {
    // A range that cannot be read is a finding of the rules; nothing can be said on the wire.
    return null;
  }
}

function eligibleOf(value: unknown): Pick<ReleaseFile["rollout"]["regional"], "eligible"> {
  const eligible = block(value);
  const tiers = Array.isArray(eligible["tiers"]) ? eligible["tiers"].filter(isTier) : undefined;
  const exclude = Array.isArray(eligible["exclude"]) ? eligible["exclude"].filter(isText) : undefined;
  return tiers || exclude ? { eligible: { ...(tiers && { tiers }), ...(exclude && { exclude }) } } : {};
}

function toOpen(value: unknown, otherwise: boolean): boolean {
  return typeof value === "boolean" ? value : otherwise;
}

function toPercent(value: unknown): number | undefined {
  return typeof value === "number" && value >= 0 && value <= 100 ? value : undefined;
}

function percentOf(basisPoints: number | undefined): number | undefined {
  return basisPoints === undefined ? undefined : basisPoints / 100;
}

function block(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTier(value: unknown): value is "low" | "mid" | "high" {
  return value === "low" || value === "mid" || value === "high";
}

function toText(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes ?? new Uint8Array());
}
