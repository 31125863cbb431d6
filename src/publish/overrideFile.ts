import { toWireOverride } from "../model/entry.ts";
import { toRangeText } from "../model/range.ts";
import type { OverrideFile } from "../model/schemas.ts";
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
 */
export function overrideFileText(
  { gifts, versions, scope, limit }: Override,
  reason: string,
  incident?: string,
): string {
  const lines = [
    gifts === "*" ? 'gifts: "*"' : `gifts: ${toList(gifts)}`,
    ...(versions ? [`versions: ${toScalar(toRangeText(versions))}`] : []),
    ...(scope ? ["scope:", ...toScopeLines(scope)] : []),
    `limit: ${toLimitWord(limit)}`,
    `reason: ${toScalar(reason)}`,
    ...(incident === undefined ? [] : [`incident: ${toScalar(incident)}`]),
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
            ([platform, range]) => `    ${toScalar(platform)}: ${toScalar(toRangeText(range))}`,
          ),
        ]
      : []),
    ...(tiers ? [`  tiers: ${toList(tiers)}`] : []),
  ];
}

function toList(texts: readonly string[]): string {
  return `[${texts.map(toScalar).join(", ")}]`;
}

/** Words that some reader of YAML takes for something else than a text. */
const NO_TEXT = new Set(["null", "true", "false", "yes", "no", "on", "off", "y", "n"]);
const PLAIN = /^[a-z][a-z0-9-]*$/;

/** A text that every reader of YAML takes for that text: JSON's quotes are YAML's too. */
function toScalar(text: string): string {
  return PLAIN.test(text) && !NO_TEXT.has(text) ? text : escapeSigns(JSON.stringify(text));
}

/** What a reader of YAML may refuse or turn into a line's end, and what nobody would see. */
const SIGNS = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\u2028\u2029]/gu;

function escapeSigns(quoted: string): string {
  return quoted.replace(SIGNS, (sign) => {
    const code = sign.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\U${toHex(code, 8)}` : `\\u${toHex(code, 4)}`;
  });
}

function toHex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
