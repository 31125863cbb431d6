import type { ObjectFile } from "../../wire/catalog.ts";
import { toHex } from "../../wire/digest.ts";
import { objectKey } from "../../wire/keys.ts";
import { bodyOf } from "../bodyOf.ts";
import { ClientError, isRefusal } from "../error.ts";
import type { Crypto, Fetch } from "../ports.ts";
import { Pieces } from "./pieces.ts";

/** However often an answer breaks off: a network that gives a few bytes each time must not be asked for ever. */
const MOST_TRIES = 6;
/** Tries that may bring nothing at all. */
const MOST_FRUITLESS_TRIES = 2;

/**
 * Fetches one object. What came before an answer broke off is kept, and the next try asks for the rest. An answer that is not
 * the object (other bytes, too long, not there) is asked for once more, whole: from another address where there are several,
 * and past the caches on the way, which would keep damaged bytes for a year.
 * @throws ClientError `network`, `missing`, `too_large` or `hash`, after a bounded number of tries
 */
export async function download(fetch: Fetch, crypto: Crypto, file: ObjectFile): Promise<Uint8Array> {
  const pieces = new Pieces(file.bytes);
  let wrongAnswers = 0;
  let fruitlessTries = 0;
  let goesOn = true;
  for (let tries = 1; ; tries++) {
    const had = pieces.length;
    try {
      return await ask(fetch, crypto, file, pieces, { isAgain: !goesOn, isRefused: wrongAnswers > 0 });
    } catch (error) {
      const isWrong = isRefusal(error);
      const isFruitless = pieces.length <= had;
      // Of two answers that were put together nobody knows which was wrong: neither is held against its address.
      if (isWrong && had === 0) wrongAnswers++;
      else if (isFruitless && !isWrong) fruitlessTries++;
      // Once something was wrong, a file comes from one address whole.
      if (isWrong) goesOn = false;
      // What is there may not be the file's beginning after all, or nobody can go on from it.
      if (!goesOn || isFruitless || pieces.length === file.bytes) pieces.forget();
      if (wrongAnswers > 1 || fruitlessTries >= MOST_FRUITLESS_TRIES || tries >= MOST_TRIES) throw error;
    }
  }
}

async function ask(
  fetch: Fetch,
  crypto: Crypto,
  { digest, mediaType, bytes: maxBytes }: ObjectFile,
  pieces: Pieces,
  { isAgain, isRefused }: { readonly isAgain: boolean; readonly isRefused: boolean },
): Promise<Uint8Array> {
  const key = objectKey(digest, mediaType);
  const from = pieces.length;
  const answer = await fetch(key, {
    maxBytes,
    onPiece: (piece, at) => pieces.add(piece, at),
    ...(from > 0 && { from }),
    ...(isAgain && { revalidate: true }),
    ...(isRefused && { attempt: 1 }),
  });
  const { bytes: rest, from: restFrom = 0 } = bodyOf(answer, key);
  const bytes = pieces.join(rest, restFrom);
  if (bytes.length > maxBytes) throw new ClientError("too_large", `${key} is longer than ${maxBytes} bytes`);
  if (await hasDigest(crypto, bytes, digest)) return bytes;
  throw new ClientError("hash", `${key} does not have its SHA-256`);
}

export async function hasDigest(crypto: Crypto, bytes: Uint8Array, digest: string): Promise<boolean> {
  return toHex(await crypto.sha256(bytes)) === digest;
}
