import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

const PAGE_BYTES = 4_096;
const PAUSE_MILLISECONDS = 30;

/** Resident bytes of some processes together, as Linux tells them in /proc; null where it does not. */
async function residentBytes(processes: readonly number[]): Promise<number | null> {
  let sum = 0;
  for (const id of processes) {
    const text = await readFile(`/proc/${id}/statm`, "utf8").catch(() => null);
    if (text === null) return null;
    sum += Number(text.split(" ")[1]) * PAGE_BYTES;
  }
  return sum;
}

/**
 * Watches processes until it is told to stop. Empty where memory cannot be read, and when one of them ended meanwhile: what was seen
 * until then says nothing of the whole.
 * @param read resident bytes of all of them together, or null
 */
export function watchMemory(
  processes: readonly number[],
  read: (processes: readonly number[]) => Promise<number | null> = residentBytes,
): { stop(): Promise<readonly number[]> } {
  const seen: number[] = [];
  const stopped = new AbortController();
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      const bytes = await read(processes);
      if (bytes === null) {
        seen.length = 0;
        return;
      }
      seen.push(bytes);
      await pause(PAUSE_MILLISECONDS);
    }
  })();
  return {
    stop: async () => {
      stopped.abort();
      await watching;
      return seen;
    },
  };
}

/** At the peak, more than at the beginning. */
export function peakOf(seen: readonly number[]): number | null {
  const [first] = seen;
  return first === undefined ? null : Math.max(...seen) - first;
}

/** From the second quarter, when everything has been used once, to the last. */
export function growthOf(seen: readonly number[]): number | null {
  const quarter = Math.floor(seen.length / 4);
  if (quarter === 0) return null;
  const mean = (values: readonly number[]) => values.reduce((sum, it) => sum + it, 0) / values.length;
  return mean(seen.slice(-quarter)) - mean(seen.slice(quarter, 2 * quarter));
}
