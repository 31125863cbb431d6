import type { GitHub } from "./openGitHub.ts";
import { isLost } from "./keepAsking.ts";

const MAX_ATTEMPTS = 3;
/** So long GitHub may need until what it wrote can be read. */
const SETTLING_MILLISECONDS = 1_000;

/**
 * A write that must not happen twice. Where its answer is lost, `find` says whether it happened, and only if it did not it is sent again.
 * @throws what `write` throws where it was refused, or lost again and again
 */
export async function writeOnce<T>(
  { clock }: GitHub,
  write: () => Promise<T>,
  find: () => Promise<T | null>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (!isLost(error)) throw error;
      await clock.sleep(SETTLING_MILLISECONDS * attempt);
      const found = await find();
      if (found !== null) return found;
      if (attempt >= MAX_ATTEMPTS) throw error;
    }
  }
}
