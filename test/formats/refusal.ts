import { inspect } from "../../src/formats/inspect.ts";
import { MediaError, UnforeseenError } from "../../src/formats/media.ts";

/** The words with which a file is refused by a reader that knows what is wrong. */
export async function refusal(bytes: Uint8Array): Promise<{ message: string; fix: string }> {
  try {
    await inspect(bytes);
  } catch (error) {
    if (error instanceof MediaError && !(error instanceof UnforeseenError))
      return { message: error.message, fix: error.fix };
    throw error;
  }
  throw new Error("the file was not refused");
}
