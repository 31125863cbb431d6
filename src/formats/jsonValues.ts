import { isRecord } from "../wire/isRecord.ts";

/*
 * What parsed JSON holds at a place, whoever wrote it: something else there is as good as nothing.
 */

export type Json = Readonly<Record<string, unknown>>;

export function toRecord(value: unknown): Json {
  return isRecord(value) ? value : {};
}

/** The records of a list. */
export function toList(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function numberOf(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}
