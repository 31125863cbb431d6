/** An object of a JSON text; what is in it is not known. */
export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
