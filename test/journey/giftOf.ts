import sharp from "sharp";

/** A small gift that is real in every byte: a Lottie of two moving shapes, and a still drawn from the same colours. */
export async function giftFiles(id: string, red: number): Promise<Record<string, string | Uint8Array>> {
  return {
    [`gifts/${id}/gift.yaml`]: `id: ${id}\nname: ${id}\nowner: "@acme/art"\nanimation: source/art.json\nstill: source/still.png\n`,
    [`gifts/${id}/source/art.json`]: lottieText(red),
    [`gifts/${id}/source/still.png`]: await sharp({
      create: { width: 64, height: 64, channels: 4, background: { r: red, g: 40, b: 90, alpha: 0.5 } },
    })
      .png()
      .toBuffer(),
  };
}

export function lottieText(red: number): string {
  const shape = (name: string, x: number) => ({
    ty: 4,
    nm: name,
    ip: 0,
    op: 30,
    st: 0,
    ks: { p: { a: 0, k: [x, 32, 0] }, s: { a: 0, k: [100, 100, 100] }, o: { a: 0, k: 100 } },
    shapes: [
      { ty: "el", p: { a: 0, k: [0, 0] }, s: { a: 0, k: [20, 20] } },
      { ty: "fl", c: { a: 0, k: [red / 255, 0.2, 0.4, 1] }, o: { a: 0, k: 100 } },
    ],
  });
  return JSON.stringify({
    v: "5.7.4",
    fr: 30,
    ip: 0,
    op: 30,
    w: 64,
    h: 64,
    nm: "journey",
    ddd: 0,
    assets: [],
    layers: [shape("left", 16), shape("right", 48)],
  });
}
