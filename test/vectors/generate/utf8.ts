import type { VectorFile } from "./vectorFile.ts";

const TEXTS = [
  "",
  "rose",
  "\u0000",
  "\u007f",
  "\u0080",
  "é",
  "\u07ff",
  "\u0800",
  "玫瑰",
  "\ud7ff",
  "\ue000",
  "\ufeff",
  "\ufeffrose",
  "\ufffd",
  "\uffff",
  "\u{10000}",
  "😀",
  "\u{10ffff}",
  "\ud800",
  "\udbff",
  "\udc00",
  "\udfff",
  "a\ud83d",
  "\ud83da",
  "\ude00\ud83d",
  "\ud83d\ud83d\ude00",
  "\ud83d\ude00\ude00",
] as const;

/** Bytes that are no text: nothing of them may be believed, not even what is readable. */
const REFUSED = [
  ["a byte that begins nothing", "80"],
  ["a byte that is in no text", "ff"],
  ["a cut character of two bytes", "c3"],
  ["a cut character of three bytes", "e78e"],
  ["a cut character of four bytes", "f09f98"],
  ["a cut character in the middle", "61c361"],
  ["an overlong slash", "c0af"],
  ["an overlong NUL", "c080"],
  ["an overlong character of three bytes", "e09fbf"],
  ["an overlong character of four bytes", "f08fbfbf"],
  ["half of a pair", "eda080"],
  ["both halves of a pair, each by itself", "eda0bdedb880"],
  ["beyond U+10FFFF", "f4908080"],
  ["far beyond", "f5808080"],
  ["five bytes", "f888808080"],
] as const;

/** Encoded and decoded by the platform, which every hand-written one is held against. */
export function utf8Vectors(): VectorFile {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  return {
    about:
      "Text and its UTF-8, where half of a surrogate pair becomes U+FFFD; and bytes that are refused because they are not UTF-8.",
    lists: {
      encode: TEXTS.map((text) => ({ text, utf8: Buffer.from(encoder.encode(text)).toString("hex") })),
      decode: TEXTS.filter((text) => !/\p{Surrogate}/u.test(text)).map((text) => {
        const bytes = encoder.encode(text);
        if (decoder.decode(bytes) !== text) throw new Error(`${JSON.stringify(text)} does not come back`);
        return { utf8: Buffer.from(bytes).toString("hex"), text };
      }),
      refused: REFUSED.map(([name, utf8]) => {
        if (isUtf8(decoder, Buffer.from(utf8, "hex"))) throw new Error(`${name}: it is UTF-8`);
        return { name, utf8 };
      }),
    },
  };
}

function isUtf8(decoder: TextDecoder, bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}
