import { ClientError } from "../error.ts";

/** The beginning of one file, as far as it came: what is there already is not asked for again. */
export class Pieces {
  readonly #size: number;
  #bytes = new Uint8Array();
  #length = 0;

  /** @param size how long the whole file is */
  constructor(size: number) {
    this.#size = size;
  }

  /** So many bytes are there from the first one on. */
  get length(): number {
    return this.#length;
  }

  /** Takes a piece that joins what is there, or lies over it: the newer bytes count. Anything else is let go. */
  add(piece: Uint8Array, at: number): void {
    const end = at + piece.length;
    if (!(at >= 0 && at <= this.#length && end <= this.#size)) return;
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#size);
    this.#bytes.set(piece, at);
    this.#length = Math.max(this.#length, end);
  }

  /** The whole file of which `rest` is what comes from byte `from` on. @throws ClientError where the two do not join */
  join(rest: Uint8Array, from: number): Uint8Array {
    if (from === 0) return rest;
    if (!(from > 0 && from <= this.#length))
      throw new ClientError("network", `what is before byte ${from} is not there`);
    const whole = new Uint8Array(from + rest.length);
    whole.set(this.#bytes.subarray(0, from));
    whole.set(rest, from);
    return whole;
  }

  forget(): void {
    this.#length = 0;
  }
}
