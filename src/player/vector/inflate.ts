/** A zlib stream (RFC 1950), inflated. @throws Error when it is damaged, or longer than `maxBytes` when it is inflated */
export async function inflate(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new Blob([new Uint8Array(bytes)])
    .stream()
    .pipeThrough(new DecompressionStream("deflate"))
    .getReader();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(pieces).arrayBuffer());
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      throw new Error(`it is longer than ${maxBytes} bytes when it is inflated`);
    }
    pieces.push(value);
  }
}
