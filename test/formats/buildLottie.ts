/** By default 120 x 80 pixels, 60 frames at 30 per second, one shape layer. */
export function buildLottie(parts: Readonly<Record<string, unknown>> = {}): Buffer {
  const movie = {
    v: "5.7.4",
    fr: 30,
    ip: 0,
    op: 60,
    w: 120,
    h: 80,
    assets: [],
    layers: [buildLayer()],
    ...parts,
  };
  return Buffer.from(JSON.stringify(movie));
}

export function buildLayer(parts: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { ty: 4, nm: "petals", ip: 0, op: 60, ks: { o: { a: 0, k: 100 } }, ...parts };
}

export function dataUrl(mediaType: string, bytes: Uint8Array): string {
  return `data:${mediaType};base64,${Buffer.from(bytes).toString("base64")}`;
}
