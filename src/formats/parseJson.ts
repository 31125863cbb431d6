import { MediaError } from "./media.ts";

/** Ten times what a gift may be; text of another kind than ours takes twenty times its length in memory. */
const MAX_BYTES = 10_000_000;
/** Groups within groups within layers come to a few dozen; recursive code can follow this many. */
const MAX_DEPTH = 256;
/** By the estimate below: some 2.5 MB of nothing but key frames. */
const MAX_MEMORY_BYTES = 120_000_000;
/**
 * Bytes of memory by the mark that stands for a list or an object, a named value, or a further one. V8 itself keeps 40 to 180 for a list or
 * an object, most where each object has other names (measured with Node 20); the rest is for what readers make of them and for garbage.
 */
const CONTAINER_BYTES = 350;
const NAMED_BYTES = 180;
const FURTHER_BYTES = 50;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The value that JSON text (RFC 8259, in UTF-8) stands for. Its size, its depth and the memory that it takes are bounded before anything
 * is made of it: two bytes of text would otherwise be an object in memory.
 * @param noun what the text is, as in "the Lottie"
 * @throws MediaError when it is damaged or more than an animation can be
 */
export function parseJson(noun: string, bytes: Uint8Array): unknown {
  if (bytes.length > MAX_BYTES)
    throw new MediaError(
      `the ${noun} is ${Math.ceil(bytes.length / 1_000_000)} MB of JSON, at most ${MAX_BYTES / 1_000_000} MB are allowed`,
      "use smaller images and simpler paths, then export it again",
    );
  checkMarks(noun, bytes);
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

/** Brackets, braces, colons and commas outside of strings; whether they match is the parser's question. */
function checkMarks(noun: string, bytes: Uint8Array): void {
  let depth = 0;
  let memory = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      memory += CONTAINER_BYTES;
      if (depth > MAX_DEPTH) throw overgrown(`the ${noun} is nested more than ${MAX_DEPTH} levels deep`);
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    else if (byte === 0x3a) memory += NAMED_BYTES;
    else if (byte === 0x2c) memory += FURTHER_BYTES;
  }
  if (memory > MAX_MEMORY_BYTES)
    throw overgrown(
      `the ${noun} would take ${Math.ceil(memory / 1_000_000)} MB of memory, at most ${MAX_MEMORY_BYTES / 1_000_000} MB are allowed`,
    );
}

function overgrown(message: string): MediaError {
  return new MediaError(message, "make it of fewer groups, layers and key frames, then export it again");
}
