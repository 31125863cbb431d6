import { toWireOverride } from "../model/entry.ts";
import { toRangeText } from "../model/range.ts";
import type { OverrideFile } from "../model/schemas.ts";
import { toYamlScalar } from "../source/yamlScalar.ts";
import type { Override } from "../wire/override.ts";
import type { Limit } from "../wire/rollout.ts";

/** What an override file would say, on the wire before git says it. @throws InvalidRange */
export function toBreakGlass(id: string, file: Omit<OverrideFile, "ends">): Override {
  const override = toWireOverride(id, file, 0);
  if (!override) throw new TypeError("what has no end has not ended");
  return { ...override, origin: "break-glass" };
}

/**
 * The text of releases/overrides/ID.yaml with which git adopts a break-glass override: read again, it gives the very same
 * override. What no file can say is said by the nearest that reaches no further.
 * @param ends until when it holds, such as 2027-01-31T12:00:00Z; for ever unless given
 */
export function overrideFileText(
  { gifts, versions, scope, limit }: Override,
  reason: string,
  incident?: string,
  ends?: string,
): string {
  const lines = [
    gifts === "*" ? 'gifts: "*"' : `gifts: ${toList(gifts)}`,
    ...(versions ? [`versions: ${toYamlScalar(toRangeText(versions))}`] : []),
    ...(scope ? ["scope:", ...toScopeLines(scope)] : []),
    `limit: ${toLimitWord(limit)}`,
    `reason: ${toYamlScalar(reason)}`,
    ...(incident === undefined ? [] : [`incident: ${toYamlScalar(incident)}`]),
    ...(ends === undefined ? [] : [`ends: ${toYamlScalar(ends)}`]),
  ];
  return `${lines.join("\n")}\n`;
}

/** The word that a file has for a limit. */
export function toLimitWord(limit: Limit): OverrideFile["limit"] {
  if (limit.canary !== true) return "none";
  return limit.regional === true ? "regional" : "canary";
}

function toScopeLines({ regions, platforms, app, tiers }: NonNullable<Override["scope"]>): readonly string[] {
  return [
    ...(regions ? [`  regions: ${toList(regions)}`] : []),
    ...(platforms ? [`  platforms: ${toList(platforms)}`] : []),
    ...(app
      ? [
          "  app:",
          ...Object.entries(app).map(
            ([platform, range]) => `    ${toYamlScalar(platform)}: ${toYamlScalar(toRangeText(range))}`,
          ),
        ]
      : []),
    ...(tiers ? [`  tiers: ${toList(tiers)}`] : []),
  ];
}

function toList(texts: readonly string[]): string {
  return `[${texts.map(toYamlScalar).join(", ")}]`;
}
