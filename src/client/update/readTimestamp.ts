import { isRecord } from "../../wire/isRecord.ts";
import { isKnownFormat } from "../../wire/format.ts";
import { type PlainTimestamp, TIMESTAMP_FORMAT, type Timestamp } from "../../wire/metadata.ts";
import type { Override } from "../../wire/override.ts";
import { ClientError } from "../error.ts";
import { isTexts } from "./shapes.ts";

/**
 * A timestamp as this project's publisher writes it, with a field that no other repository has.
 * @throws ClientError `schema` for a format of another major, or what does not have its shape
 */
export function readTimestamp(timestamp: PlainTimestamp): Timestamp {
  const { giftwrap }: Unread = timestamp;
  const format = isRecord(giftwrap) ? giftwrap["format"] : undefined;
  if (!isKnownFormat(format, TIMESTAMP_FORMAT))
    throw new ClientError(
      "schema",
      `timestamp format ${String(format)} is not ${TIMESTAMP_FORMAT}: this app is too old for it`,
    );
  if (!isPublished(timestamp))
    throw new ClientError("schema", "timestamp does not have the shape of its format");
  return timestamp;
}

type Unread = PlainTimestamp & { readonly giftwrap?: unknown };

function isPublished(timestamp: Unread): timestamp is Timestamp {
  const { giftwrap } = timestamp;
  if (!isRecord(giftwrap)) return false;
  const { pollSeconds, commit, overrides } = giftwrap;
  return typeof pollSeconds === "number" && typeof commit === "string" && areOverrides(overrides);
}

/** As far as they are looked into for every viewer. */
export function areOverrides(value: unknown): value is readonly Override[] {
  return Array.isArray(value) && value.every(isOverride);
}

function isOverride(value: unknown): boolean {
  if (!isRecord(value) || typeof value["id"] !== "string" || !isRecord(value["limit"])) return false;
  const { gifts, versions, scope, untilGeneration } = value;
  return (
    (gifts === "*" || isTexts(gifts)) &&
    (versions === undefined || Array.isArray(versions)) &&
    (scope === undefined || isRecord(scope)) &&
    (untilGeneration === undefined || typeof untilGeneration === "number")
  );
}
