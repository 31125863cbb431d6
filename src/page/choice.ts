import { TIERS, type Tier, toViewer, type Viewer } from "../wire/viewer.ts";

/** What the person at the page has chosen, as texts; a link to the page carries the same. */
export interface Choice {
  readonly gift: string;
  readonly platform: string;
  readonly app: string;
  readonly tier: Tier;
  readonly region: string;
  readonly unit: string;
  readonly cohorts: readonly string[];
  /** The version that a gift message names; empty for none. */
  readonly hint: string;
  /** The edge's name. */
  readonly edge: string;
}

export function choiceToViewer({ platform, app, tier, region, unit, cohorts }: Choice): Viewer {
  return toViewer({ platform, appVersion: app, tier, region, cohorts, unitId: unit });
}

/** Such as `?gift=rose&platform=android&app=8.4.0&tier=low&region=SG&unit=42&cohorts=staff,qa&edge=SG`; what is absent is `otherwise`. */
export function parseChoice(query: URLSearchParams, otherwise: Choice): Choice {
  const read = (name: "gift" | "platform" | "app" | "region" | "unit" | "hint" | "edge") =>
    query.get(name)?.trim() ?? otherwise[name];
  const cohorts = query.get("cohorts");
  return {
    gift: read("gift"),
    platform: read("platform"),
    app: read("app"),
    tier: parseTier(query.get("tier"), otherwise.tier),
    region: read("region"),
    unit: read("unit"),
    cohorts: cohorts === null ? otherwise.cohorts : parseNames(cohorts),
    hint: read("hint"),
    edge: read("edge"),
  };
}

/** The query of a link that shows the same. A fact that may be empty is written even then: its absence means a default. */
export function choiceToQuery(choice: Choice): URLSearchParams {
  const { gift, platform, app, tier, region, unit, cohorts, hint, edge } = choice;
  return new URLSearchParams({
    ...(gift && { gift }),
    platform,
    app,
    tier,
    region,
    unit,
    ...(cohorts.length > 0 && { cohorts: cohorts.join() }),
    ...(hint && { hint }),
    edge,
  });
}

export function parseTier(text: unknown, otherwise: Tier): Tier {
  return TIERS.find((tier) => tier === text) ?? otherwise;
}

/** Names with commas or spaces between them. */
export function parseNames(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}
