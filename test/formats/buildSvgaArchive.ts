import { inflateSync } from "node:zlib";
import { buildPng } from "./buildPng.ts";
import { buildSvga, type SvgaParts } from "./buildSvga.ts";
import { buildZip } from "./buildZip.ts";

/** An SVGA 1.x with these files instead of its own, or beside them: by default 300 x 200 pixels, 40 frames at 20 per second, two pictures. */
export function buildSvgaArchive(files: Readonly<Record<string, Uint8Array>> = {}): Buffer {
  const pictures = { "body.png": buildPng(30, 20), "tail.png": buildPng(10, 10) };
  return buildZip({ "movie.spec": buildSpec(), ...pictures, ...files });
}

export function buildSpec(parts: Readonly<Record<string, unknown>> = {}): Buffer {
  const spec = {
    ver: "1.1.0",
    movie: { viewBox: { width: 300, height: 200 }, fps: 20, frames: 40 },
    images: { body: "body", fin: "tail" },
    sprites: [buildSpecSprite("body"), buildSpecSprite("fin")],
    ...parts,
  };
  return Buffer.from(JSON.stringify(spec));
}

export function buildSpecSprite(imageKey: string, frames = 40): object {
  const frame = {
    alpha: 0.5,
    layout: { x: 0, y: 0, width: 30, height: 20 },
    transform: { a: 1, b: 0, c: 0, d: 1, tx: 5, ty: 0 },
  };
  return { imageKey, frames: Array.from({ length: frames }, () => frame) };
}

/** The message of an SVGA 2.x as `movie.binary`. */
export function buildMovieBinary(parts: Partial<SvgaParts> = {}): Buffer {
  return inflateSync(buildSvga(parts));
}
