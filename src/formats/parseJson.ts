import { MediaError } from "./media.ts";

/** Ten times what a gift may be; text of another kind than ours takes twenty times its length in memory. */
const MAX_BYTES = 10_000_000;
/** Groups within groups within layers come to a few dozen; recursive code can follow this many. */
const MAX_DEPTH = 256;
/** Each costs about a hundred bytes of memory, however short it is written. */
const MAX_CONTAINERS = 1_500_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The value that JSON text (RFC 8259, in UTF-8) stands for. Its size, its depth and its number of lists and objects are bounded before
 * anything is made of it: two bytes of text would otherwise be an object in memory.
 * @param noun what the text is, as in "the Lottie"
 * @throws MediaError when it is damaged or more than an animation can be
 */
export function parseJson(noun: string, bytes: Uint8Array): unknown {
  if (bytes.length > MAX_BYTES)
    throw new MediaError(
      `the ${noun} is ${Math.ceil(bytes.length / 1_000_000)} MB of JSON, at most ${MAX_BYTES / 1_000_000} MB are allowed`,
      "use smaller images and simpler paths, then export it again",
    );
  checkNesting(noun, bytes);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new MediaError(
      `the ${noun} is damaged or cut off: its JSON cannot be parsed`,
      "export it again and upload the whole file",
      { cause },
    );
  }
}

/** Brackets and braces outside of strings; whether they match is the parser's question. */
function checkNesting(noun: string, bytes: Uint8Array): void {
  let depth = 0;
  let containers = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      containers += 1;
      if (depth > MAX_DEPTH || containers > MAX_CONTAINERS) throw overgrown(noun, depth > MAX_DEPTH);
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
}

function overgrown(noun: string, isDeep: boolean): MediaError {
  return new MediaError(
    isDeep
      ? `the ${noun} is nested more than ${MAX_DEPTH} levels deep`
      : `the ${noun} has more than ${MAX_CONTAINERS} parts in its JSON`,
    "make it of fewer groups, layers and key frames, then export it again",
  );
}
