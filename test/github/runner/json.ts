/** Any value of JSON, as payloads, contexts and plain YAML have it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonBlock;

export interface JsonBlock {
  readonly [key: string]: Json;
}

export function isBlock(value: unknown): value is JsonBlock {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value);
}

/** The value at `keys`, or null where the way ends. */
export function at(value: Json | undefined, ...keys: readonly string[]): Json {
  let found: Json = value ?? null;
  for (const key of keys) found = (isBlock(found) ? found[key] : undefined) ?? null;
  return found;
}

/** The text at `keys`; empty where there is none. */
export function textAt(value: Json | undefined, ...keys: readonly string[]): string {
  const found = at(value, ...keys);
  return typeof found === "string" || typeof found === "number" || typeof found === "boolean"
    ? String(found)
    : "";
}

/** A plain value of YAML as the text that GitHub makes of it. */
export function toText(value: Json): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
