import type { Json } from "./json.ts";

/** Where a payload lacks what a recorded one has, or has another type there; empty when it is like it. Lists are compared by their first entry. */
export function unlikeEvent(
  recorded: Json | undefined,
  given: Json | undefined,
  path = "",
): readonly string[] {
  const wanted = kindOf(recorded);
  const kind = kindOf(given);
  if (kind === "nothing") return [`${path} is missing`];
  // What may be null is filled by the next event.
  if (wanted === "null" || kind === "null") return [];
  if (wanted !== kind) return [`${path} is ${kind}, not ${wanted}`];
  if (Array.isArray(recorded) && Array.isArray(given)) {
    const [first] = recorded as readonly Json[];
    const [other] = given as readonly Json[];
    if (first === undefined) return given.length > 0 ? [`${path} is not empty`] : [];
    return other === undefined ? [`${path} is empty`] : unlikeEvent(first, other, `${path}[0]`);
  }
  if (typeof recorded !== "object" || recorded === null || typeof given !== "object" || given === null)
    return [];
  const there: Readonly<Record<string, Json>> = { ...(given as object) };
  return Object.entries(recorded).flatMap(([name, value]) =>
    unlikeEvent(value as Json, there[name], path === "" ? name : `${path}.${name}`),
  );
}

function kindOf(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}
