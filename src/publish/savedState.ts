import { isRecord } from "../wire/isRecord.ts";
import { GiftError } from "../report/error.ts";

/** What a copy of an environment's state speaks; another major is refused. */
const STATE_FORMAT = "1.0";

/** What break-glass needs when neither git nor the store can be read: `giftwrap status --save` keeps it. */
export interface SavedState {
  /** The environment's name. */
  readonly environment: string;
  /** The texts of its file and its roots, by their paths in git. */
  readonly files: Readonly<Record<string, string>>;
  /** The text of the last timestamp and the store's tag for it; null before the first publish. */
  readonly timestamp: { readonly text: string; readonly tag: string } | null;
  /** ISO 8601, in UTC. */
  readonly savedAt: string;
}

export function savedStateText(state: SavedState): string {
  return `${JSON.stringify({ format: STATE_FORMAT, ...state }, null, 2)}\n`;
}

/** @param name the file's name, for the error. @throws GiftError `STATE_BROKEN` */
export function parseSavedState(name: string, text: string): SavedState {
  const state = readState(text);
  if (state) return state;
  throw new GiftError(
    "STATE_BROKEN",
    `${name} is no copy of an environment's state`,
    "give the file that npx giftwrap status --save FILE wrote",
  );
}

function readState(text: string): SavedState | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value)) return null;
  const { format, environment, files, timestamp, savedAt } = value;
  if (typeof format !== "string" || format.split(".")[0] !== STATE_FORMAT.split(".")[0]) return null;
  if (typeof environment !== "string" || typeof savedAt !== "string" || !isTexts(files)) return null;
  if (timestamp === null) return { environment, files, timestamp, savedAt };
  if (!isRecord(timestamp)) return null;
  const { text: content, tag } = timestamp;
  if (typeof content !== "string" || typeof tag !== "string") return null;
  return { environment, files, timestamp: { text: content, tag }, savedAt };
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((it) => typeof it === "string");
}
