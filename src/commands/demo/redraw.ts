import { deflateSync, inflateSync } from "node:zlib";
import type { SourceFile } from "../../model/sources.ts";

/** Turns of the colour wheel, in degrees, per version; any that is not 0 gives other pixels. */
const HUE_STEP = 100;

/**
 * The same animation in other colours, as an artist's next version: other bytes that still play. `version` counts from 1. A
 * format whose pictures are packed away is packed again instead.
 */
export async function redraw(files: readonly SourceFile[], version: number): Promise<readonly SourceFile[]> {
  return Promise.all(
    files.map(async ({ path, bytes }) => ({ path, bytes: await redrawFile(path, bytes, version) })),
  );
}

async function redrawFile(path: string, bytes: Uint8Array, version: number): Promise<Uint8Array> {
  if (path.endsWith(".png")) {
    const { default: sharp } = await import("sharp");
    return sharp(bytes)
      .modulate({ hue: HUE_STEP * version })
      .png()
      .toBuffer();
  }
  if (path.endsWith(".json")) {
    const lottie: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return new TextEncoder().encode(JSON.stringify(turnColours(lottie, version)));
  }
  // SVGA: one zlib stream; the level decides its bytes.
  return deflateSync(inflateSync(bytes), { level: version });
}

/** In a Lottie, a colour is `c: { k: [red, green, blue, alpha] }`; its channels are turned, which is a third of the wheel. */
function turnColours(node: unknown, turns: number): unknown {
  if (Array.isArray(node)) return node.map((it) => turnColours(it, turns));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === "c" ? turnColour(value, turns) : turnColours(value, turns),
    ]),
  );
}

function turnColour(colour: unknown, turns: number): unknown {
  if (typeof colour !== "object" || colour === null || !("k" in colour) || !Array.isArray(colour.k))
    return colour;
  const [red, green, blue, ...rest]: unknown[] = colour.k;
  if (typeof red !== "number") return colour;
  return { ...colour, k: turns % 2 === 1 ? [blue, red, green, ...rest] : [green, blue, red, ...rest] };
}
