import { box, fullBox, letters, u16be, u32be } from "./buildBoxes.ts";
import { av1Entry, buildMovie, type TrackParts } from "./buildMp4.ts";

export interface SequenceParts {
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly ticksPerFrame: number;
  readonly hasAlpha: boolean;
  readonly saidTicks: number;
  readonly extra: readonly TrackParts[];
  readonly entry: Buffer;
}

/** An AVIF sequence of 1/30 s a frame that repeats for ever, so its headers say the longest time there is. */
export function buildAvifSequence(parts: Partial<SequenceParts> = {}): Buffer {
  const { frames, ticksPerFrame, hasAlpha, saidTicks, extra, entry } = {
    frames: 6,
    ticksPerFrame: 1,
    hasAlpha: true,
    saidTicks: 0xff_ff_ff_ff,
    extra: [],
    entry: av1Entry(parts.width ?? 60, parts.height ?? 40),
    ...parts,
  };
  const row = { entry, samples: frames, timescale: 30, ticksPerSample: ticksPerFrame, saidTicks };
  const alpha = hasAlpha ? [{ ...row, handler: "auxv" }] : [];
  return buildMovie({
    brands: ["avis", "avis", "avif", "msf1", "mif1"],
    tracks: [{ ...row, handler: "pict" }, ...alpha, ...extra],
  });
}

export interface AvifItemParts {
  readonly width: number;
  readonly height: number;
  /** More properties of the picture, such as irot. */
  readonly properties: readonly Buffer[];
}

/** An AVIF still whose boxes are whole and whose picture is not: ISO/IEC 23008-12. Its first item is a smaller one that is not shown. */
export function buildAvifStill(parts: Partial<AvifItemParts> = {}): Buffer {
  const { width, height, properties } = { width: 60, height: 40, properties: [], ...parts };
  const own = [fullBox("ispe", u32be(width, height)), ...properties];
  const container = box("ipco", fullBox("ispe", u32be(8, 8)), ...own);
  const indexes = Buffer.from([own.length, ...own.map((_, at) => 0x80 | (at + 2))]);
  const associations = fullBox("ipma", u32be(2), u16be(1), Buffer.from([1, 1]), u16be(2), indexes);
  const meta = fullBox(
    "meta",
    fullBox("hdlr", u32be(0), letters("pict"), Buffer.alloc(13)),
    fullBox("pitm", u16be(2)),
    box("iprp", container, associations),
  );
  return Buffer.concat([
    box("ftyp", letters("avif"), u32be(0), letters("avif"), letters("mif1")),
    meta,
    box("mdat", Buffer.alloc(32)),
  ]);
}

export function sampleAvifSequence(): Buffer {
  return buildAvifSequence();
}

export function sampleAvifStill(): Buffer {
  return buildAvifStill();
}
