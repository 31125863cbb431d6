import { TIERS, type Tier, toViewer, type Viewer } from "../wire/viewer.ts";

/** One viewer as the person at the page chose it, in texts. */
export interface Choice {
  readonly platform: string;
  readonly app: string;
  readonly tier: Tier;
  readonly region: string;
  readonly unit: string;
  readonly cohorts: readonly string[];
  /** The edge's name. */
  readonly edge: string;
}

const NAMES = ["platform", "app", "tier", "region", "unit", "cohorts", "edge"] as const;

export function choiceToViewer({ platform, app, tier, region, unit, cohorts }: Choice): Viewer {
  return toViewer({ platform, appVersion: app, tier, region, cohorts, unitId: unit });
}

/**
 * Such as `?platform=android&app=8.4.0&tier=low&region=SG&unit=42&cohorts=staff,qa&edge=SG`; what is absent is `otherwise`. The
 * names of a second viewer and those behind it end with its number: `tier2=high`.
 */
export function parseChoice(query: URLSearchParams, number: number, otherwise: Choice): Choice {
  const get = (name: (typeof NAMES)[number]) => query.get(nameFor(name, number))?.trim();
  const cohorts = get("cohorts");
  return {
    platform: get("platform") ?? otherwise.platform,
    app: get("app") ?? otherwise.app,
    tier: parseTier(get("tier"), otherwise.tier),
    region: get("region") ?? otherwise.region,
    unit: get("unit") ?? otherwise.unit,
    cohorts: cohorts === undefined ? otherwise.cohorts : parseNames(cohorts),
    edge: get("edge") ?? otherwise.edge,
  };
}

/** Whether a link says anything about the viewer of this number. */
export function isChosen(query: URLSearchParams, number: number): boolean {
  return NAMES.some((name) => query.has(nameFor(name, number)));
}

/** The part of a link that shows the same. A fact that may be empty is written even then: its absence means a default. */
export function choiceToQuery(choice: Choice, number: number): readonly (readonly [string, string])[] {
  return NAMES.filter((name) => name !== "cohorts" || choice.cohorts.length > 0).map(
    (name) => [nameFor(name, number), String(choice[name])] as const,
  );
}

export function parseTier(text: unknown, otherwise: Tier): Tier {
  return TIERS.find((tier) => tier === text) ?? otherwise;
}

/** Names with commas or spaces between them. */
export function parseNames(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

function nameFor(name: string, number: number): string {
  return number === 1 ? name : `${name}${number}`;
}
