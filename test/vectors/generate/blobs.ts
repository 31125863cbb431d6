import { digestOf } from "../../../src/trust/nodeCrypto.ts";

/** The files that edges of traces answer with, each once, by the beginning of its SHA-256. */
export class BlobList {
  readonly #byName = new Map<string, Uint8Array>();

  nameOf(bytes: Uint8Array): string {
    const name = digestOf(bytes).slice(0, 12);
    this.#byName.set(name, bytes);
    return name;
  }

  get all(): IterableIterator<[name: string, bytes: Uint8Array]> {
    return this.#byName.entries();
  }

  /** As text where they are text, or else in base64; many alike by one of them and their number. */
  toLines(): object[] {
    return [...this.#byName].map(([blob, bytes]) => {
      const [first = 0] = bytes;
      if (bytes.length > 5_000 && bytes.every((it) => it === first))
        return { blob, byte: first, times: bytes.length };
      const text = new TextDecoder().decode(bytes);
      const isText = Buffer.from(text).equals(bytes);
      return isText ? { blob, text } : { blob, base64: Buffer.from(bytes).toString("base64") };
    });
  }
}
