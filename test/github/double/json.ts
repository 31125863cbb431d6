/** What travels between GitHub and those who ask it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** An object from a value that may be anything; empty when it is none. */
export function toObject(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** The text of a field, or the given one when it has none. */
export function toText(value: Json | undefined, fallback = ""): string {
  return typeof value === "string" ? value : fallback;
}

/** The texts of a field that holds a list. */
export function toTexts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}
