/** Tags of the fields read here, each with its length behind it. */
const PICTURES = 0x1a;
const KEY = 0x0a;
const VALUE = 0x12;

/**
 * The pictures in an inflated SVGA 2.x: the values of the map `images`, field 3 of `MovieEntity` in svga.proto. Source: Protocol
 * Buffers, Encoding. Readers of it differ on what is unusual, so that only what every writer makes is taken: all fields with a length,
 * as this message has no others, and each entry of the map a key and then its value.
 * @throws Error when it is written in another way or cut off
 */
export function* svgaPictures(movie: Uint8Array): Generator<Uint8Array> {
  for (const { tag, content } of fieldsOf(movie)) {
    if (tag !== PICTURES) continue;
    const [key, value, ...more] = fieldsOf(content);
    if (key?.tag !== KEY || value?.tag !== VALUE || more.length > 0) throw damaged();
    yield value.content;
  }
}

interface Field {
  readonly tag: number;
  readonly content: Uint8Array;
}

function* fieldsOf(message: Uint8Array): Generator<Field> {
  for (let at = 0; at < message.length; ) {
    const tag = message[at++] ?? 0;
    // Wire type 2, and a number below 16, which is one byte.
    if (tag < 0x08 || tag >= 0x80 || (tag & 7) !== 2) throw damaged();
    let length = 0;
    let more = true;
    for (let scale = 1; more; scale *= 0x80) {
      const byte = message[at++];
      if (byte === undefined || scale > 0x80 ** 4) throw damaged();
      length += (byte & 0x7f) * scale;
      more = byte >= 0x80;
    }
    if (length > message.length - at) throw damaged();
    yield { tag, content: message.subarray(at, at + length) };
    at += length;
  }
}

function damaged(): Error {
  return new Error("the SVGA is damaged, or written in a way that is not known");
}
