import { toLogRecord, type Written, writeLog } from "../publish/record.ts";
import { explainError, GiftError } from "../report/error.ts";
import type { Store } from "../store/store.ts";

/** Writes the log's record of what stands already: a log that cannot be written is told, not failed for. */
export async function logWritten(
  store: Store,
  written: Written,
  warn: (line: string) => void,
): Promise<void> {
  try {
    await writeLog(store, toLogRecord(written));
  } catch (error) {
    if (!(error instanceof GiftError)) throw error;
    warn(`WARNING: the log does not have it: ${explainError(error)}`);
  }
}
