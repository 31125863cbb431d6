import { readFile } from "node:fs/promises";
import { isRecord } from "../../wire/isRecord.ts";
import { explainError, UsageError } from "../../report/error.ts";

const MAX_BYTES = 4_000_000;

/** A JSON object from a file that another step wrote. @throws UsageError where it is none */
export async function readResult(path: string): Promise<Readonly<Record<string, unknown>>> {
  let value: unknown;
  try {
    const text = await readFile(path, "utf8");
    if (text.length > MAX_BYTES) throw new Error("it is too big");
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--result ${path} cannot be read: ${explainError(error)}`);
  }
  if (!isRecord(value)) throw new UsageError(`--result ${path}: it is no JSON object`);
  return value;
}

/** Gifts whose live entry stays, and why, as `publish --json` says it. */
export function toKept(result: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const { kept } = result;
  if (!isRecord(kept)) return {};
  return Object.fromEntries(
    Object.entries(kept).flatMap(([gift, why]) => (typeof why === "string" ? [[gift, why] as const] : [])),
  );
}
