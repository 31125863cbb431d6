import { cutOff } from "./riff.ts";

/** One page; `packets` are the pieces of its body that end on it, and the last one may go on. */
export interface OggPage {
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly isContinued: boolean;
  /** What its codec counts up to the end of this page; -1 where no packet ends on it. */
  readonly position: number;
  readonly stream: number;
  readonly sequence: number;
  /** The first bytes of each piece, and whether its packet ends here. */
  readonly pieces: readonly OggPiece[];
}

export interface OggPiece {
  readonly data: Uint8Array;
  readonly isWhole: boolean;
}

const HEADER_BYTES = 27;

/**
 * The pages of an Ogg file. Source: RFC 3533, section 6. Check values are not computed.
 * @throws MediaError when it is damaged or cut off
 */
export function* oggPages(bytes: Uint8Array): Generator<OggPage> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    if (at + HEADER_BYTES > bytes.length) throw cutOff("Ogg file", "its last page is not all there");
    if (view.getUint32(at) !== 0x4f_67_67_53 || view.getUint8(at + 4) !== 0)
      throw cutOff("Ogg file", `there is no page at byte ${at}`);
    const flags = view.getUint8(at + 5);
    const body = at + HEADER_BYTES + view.getUint8(at + 26);
    const lengths = bytes.subarray(at + HEADER_BYTES, body);
    const end = body + lengths.reduce((sum, it) => sum + it, 0);
    if (end > bytes.length) throw cutOff("Ogg file", "its last page is not all there");
    yield {
      isContinued: (flags & 1) !== 0,
      isFirst: (flags & 2) !== 0,
      isLast: (flags & 4) !== 0,
      position: Number(view.getBigInt64(at + 6, true)),
      stream: view.getUint32(at + 14, true),
      sequence: view.getUint32(at + 18, true),
      pieces: [...piecesOf(bytes, body, lengths)],
    };
    at = end;
  }
}

/** A packet is cut into pieces of 255 bytes, and ends with the first shorter one. */
function* piecesOf(bytes: Uint8Array, body: number, lengths: Uint8Array): Generator<OggPiece> {
  let from = body;
  let to = body;
  for (const length of lengths) {
    to += length;
    if (length === 255) continue;
    yield { data: bytes.subarray(from, to), isWhole: true };
    from = to;
  }
  if (to > from) yield { data: bytes.subarray(from, to), isWhole: false };
}
