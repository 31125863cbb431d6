import { checkShape } from "../model/validate.ts";
import type { BeaconBatch } from "../wire/beacon.ts";

export type ParsedBatch =
  | { readonly ok: true; readonly batch: BeaconBatch }
  /** In words, for whoever wrote the sender. */
  | { readonly ok: false; readonly why: string };

/** A batch as the schema wants it, strictly. */
export function parseBatch(text: string): ParsedBatch {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, why: "this is no JSON" };
  }
  // The words for files would speak of one.
  if (value === null || typeof value !== "object" || Array.isArray(value))
    return { ok: false, why: "a batch is one JSON object; see schemas/beacon.schema.json" };
  const checked = checkShape("beacon", value);
  if (checked.ok) return { ok: true, batch: checked.value };
  const [misfit] = checked.misfits;
  const at = misfit?.path.join(".");
  return {
    ok: false,
    why: misfit ? `${at ? `${at}: ` : ""}${misfit.message}; ${misfit.fix}` : "it does not fit the schema",
  };
}
