import { buildApng } from "./buildApng.ts";
import { sampleAvifSequence, sampleAvifStill } from "./buildAvif.ts";
import { buildDotLottie, buildDotLottie1 } from "./buildDotLottie.ts";
import { buildGif } from "./buildGif.ts";
import { sampleJpeg } from "./buildJpeg.ts";
import { buildLayer, buildLottie, dataUrl } from "./buildLottie.ts";
import { sampleM4a, sampleMp4, sampleVap, sampleYyeva } from "./buildMp4.ts";
import { buildPag, pagComposition, pagImage, pagLayer, pagSound, pagVideo } from "./buildPag.ts";
import { buildPng } from "./buildPng.ts";
import { sampleAac, sampleMp3, sampleOpus } from "./buildSounds.ts";
import { buildSvga } from "./buildSvga.ts";
import { buildMovieBinary, buildSpec, buildSvgaArchive } from "./buildSvgaArchive.ts";
import { buildWav } from "./buildWav.ts";
import { buildAnimatedWebp, buildExtendedWebp, buildLosslessWebp, buildLossyWebp } from "./buildWebp.ts";

export interface Fixture {
  /** With the ending that its format has. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A sound file of every format that is read, with more than one thing inside of it. */
export function fixtures(): readonly Fixture[] {
  const petal = buildPng(30, 20);
  const pictures = { petal, leaf: buildPng(12, 12), avatar: buildPng(40, 40) };
  const sprites = Object.keys(pictures).map((imageKey) => ({ imageKey, frames: 40 }));
  const frames = [
    { width: 16, height: 8 },
    { width: 16, height: 8, delay: [1, 20] },
    { width: 4, height: 4, left: 3 },
  ] as const;
  const scene = buildLottie({
    assets: [
      { id: "petal", w: 30, h: 20, u: "", p: dataUrl("image/png", petal), e: 1 },
      { id: "flower", layers: [buildLayer({ ty: 2, refId: "petal" })] },
    ],
    layers: [
      buildLayer({ ty: 0, refId: "flower", w: 100, h: 100 }),
      buildLayer({ ty: 4, shapes: [{ ty: "gr", it: [{ ty: "rc" }, { ty: "rp", c: { a: 0, k: 3 } }] }] }),
      buildLayer({ ty: 5, nm: "nickname" }),
    ],
  });
  return [
    { name: "apng.png", bytes: buildApng(16, 8, [...frames]) },
    { name: "avif-still.avif", bytes: sampleAvifStill() },
    { name: "avif.avif", bytes: sampleAvifSequence() },
    { name: "dotlottie.lottie", bytes: buildDotLottie() },
    { name: "dotlottie-1.lottie", bytes: buildDotLottie1() },
    {
      name: "gif.gif",
      bytes: buildGif(16, 16, [
        { width: 16, height: 16 },
        { width: 8, height: 8 },
      ]),
    },
    { name: "jpeg.jpg", bytes: sampleJpeg() },
    { name: "lottie.json", bytes: scene },
    { name: "mp4.mp4", bytes: sampleMp4() },
    {
      name: "pag.pag",
      bytes: buildPag({
        layers: [pagLayer(2), pagLayer(2)],
        before: [
          pagImage(1, buildLossyWebp(20, 10)),
          pagVideo(3, [[180, 240]]),
          pagComposition(4, [pagLayer(2)]),
          pagSound(sampleMp3()),
        ],
      }),
    },
    { name: "png.png", bytes: petal },
    { name: "sound.aac", bytes: sampleAac() },
    { name: "sound.m4a", bytes: sampleM4a() },
    { name: "sound.mp3", bytes: sampleMp3() },
    { name: "sound.ogg", bytes: sampleOpus() },
    { name: "sound.wav", bytes: buildWav() },
    {
      name: "svga.svga",
      bytes: buildSvga({ images: { ...pictures, beat: sampleMp3() }, sprites, sounds: ["beat"] }),
    },
    { name: "svga-1.svga", bytes: buildSvgaArchive() },
    {
      name: "svga-1-binary.svga",
      bytes: buildSvgaArchive({
        "movie.spec": buildSpec(),
        "movie.binary": buildMovieBinary({ images: { petal }, sprites: [{ imageKey: "petal", frames: 40 }] }),
      }),
    },
    { name: "vap.mp4", bytes: sampleVap() },
    { name: "webp.webp", bytes: buildLossyWebp(20, 10) },
    {
      name: "webp-animated.webp",
      bytes: buildAnimatedWebp(16, 16, [
        { width: 16, height: 16, durationMs: 50 },
        { width: 8, height: 8, durationMs: 50 },
      ]),
    },
    { name: "webp-extended.webp", bytes: buildExtendedWebp(20, 10, [20, 10]) },
    { name: "webp-lossless.webp", bytes: buildLosslessWebp(20, 10) },
    { name: "yyeva.mp4", bytes: sampleYyeva() },
  ];
}
