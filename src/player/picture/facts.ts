/** What a picture's headers say, before anything of it is decoded. */
export interface PictureFacts {
  readonly width: number;
  readonly height: number;
  /** 1 for a picture that does not move; null where only a decoder can tell. */
  readonly frames: number | null;
  /** How long its frames last together, once through; 0 for a picture that does not move. */
  readonly milliseconds: number;
  /** How often it plays by itself; `Infinity` for without end. */
  readonly plays: number;
}

/** Frames that last no time are shown as browsers show them: a tenth of a second each. */
export function frameMilliseconds(milliseconds: number): number {
  return milliseconds > 10 ? milliseconds : 100;
}

export function cutOff(what: string): Error {
  return new Error(`the ${what} is cut off`);
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
