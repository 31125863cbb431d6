import { buildLayer, buildLottie } from "./buildLottie.ts";
import { buildPng } from "./buildPng.ts";
import { buildZip } from "./buildZip.ts";

type Files = Readonly<Record<string, Uint8Array>>;

/** A dotLottie 2 of one animation that shows one image, with these files instead of its own, or beside them. */
export function buildDotLottie(files: Files = {}): Buffer {
  return buildZip({
    "manifest.json": buildManifest({ version: "2", animations: [{ id: "rose" }] }),
    "a/rose.json": buildScene("/i/"),
    "i/petal.png": buildPng(30, 20),
    ...files,
  });
}

/** The same as dotLottie 1. */
export function buildDotLottie1(files: Files = {}): Buffer {
  return buildZip({
    "manifest.json": buildManifest({ version: "1.0", animations: [{ id: "rose" }] }),
    "animations/rose.json": buildScene("/images/"),
    "images/petal.png": buildPng(30, 20),
    ...files,
  });
}

export function buildManifest(manifest: object): Buffer {
  return Buffer.from(JSON.stringify(manifest));
}

function buildScene(folder: string): Buffer {
  const assets = [{ id: "petal", w: 3, h: 2, u: folder, p: "petal.png", e: 0 }];
  return buildLottie({ assets, layers: [buildLayer({ ty: 2, refId: "petal" })] });
}
