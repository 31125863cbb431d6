import { inspect } from "../../src/formats/inspect.ts";
import { MediaError } from "../../src/formats/media.ts";

const STEP_BYTES = 64;

/** The file cut off at every 64th byte and one byte before its end; each is read or refused in words, or this throws. */
export async function answersOfPieces(file: Uint8Array): Promise<("read" | "refused")[]> {
  const lengths = Array.from({ length: Math.ceil(file.length / STEP_BYTES) }, (_, at) => at * STEP_BYTES);
  const answers: ("read" | "refused")[] = [];
  for (const length of [...lengths, file.length - 1]) {
    try {
      await inspect(file.subarray(0, length));
      answers.push("read");
    } catch (error) {
      if (!(error instanceof MediaError) || error.message === "" || error.fix === "") throw error;
      answers.push("refused");
    }
  }
  return answers;
}
