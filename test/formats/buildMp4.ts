import { deflateSync } from "node:zlib";
import { box, fullBox, letters, u16be, u32be } from "./buildBoxes.ts";

export interface TrackParts {
  readonly handler: string;
  /** The entry in stsd, see {@link h264Entry}. */
  readonly entry: Buffer;
  readonly samples: number;
  readonly timescale: number;
  readonly ticksPerSample: number;
  /** What headers say, which may be a lie; the samples' sum by default. */
  readonly saidTicks?: number;
  readonly isTurned?: boolean;
}

export interface Mp4Parts {
  readonly brands: readonly string[];
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly fps: number;
  readonly entry: Buffer;
  readonly isTurned: boolean;
  readonly sound: TrackParts | null;
  /** Boxes behind ftyp. */
  readonly before: readonly Buffer[];
  /** Boxes at the end of moov. */
  readonly inIndex: readonly Buffer[];
  readonly after: readonly Buffer[];
  readonly isIndexLast: boolean;
}

/** Every sample is made of as many bytes that mean nothing. */
const SAMPLE_BYTES = 5;
const UNITY_MATRIX = u32be(0x1_00_00, 0, 0, 0, 0x1_00_00, 0, 0, 0, 0x40_00_00_00);
const QUARTER_TURN = u32be(0, 0x1_00_00, 0, 0xff_ff_00_00, 0, 0, 0, 0, 0x40_00_00_00);

/** By default a second of 320 x 160 at 25 frames per second: whole in its boxes, without a picture that can be decoded. */
export function buildMp4(parts: Partial<Mp4Parts> = {}): Buffer {
  const { width, height, fps, frames, ...all } = { ...DEFAULTS, ...parts };
  const picture: TrackParts = {
    handler: "vide",
    entry: parts.entry ?? h264Entry(width, height),
    samples: frames,
    timescale: 12_800,
    ticksPerSample: 12_800 / fps,
    isTurned: all.isTurned,
  };
  return buildMovie({ ...all, tracks: all.sound ? [picture, all.sound] : [picture] });
}

const DEFAULTS: Omit<Mp4Parts, "entry"> = {
  brands: ["isom", "isom", "avc1"],
  width: 320,
  height: 160,
  frames: 25,
  fps: 25,
  isTurned: false,
  sound: null,
  before: [],
  inIndex: [],
  after: [],
  isIndexLast: false,
};

export function buildMovie({
  brands,
  tracks,
  before = [],
  inIndex = [],
  after = [],
  isIndexLast = false,
}: {
  readonly brands: readonly string[];
  readonly tracks: readonly TrackParts[];
  readonly before?: readonly Buffer[];
  readonly inIndex?: readonly Buffer[];
  readonly after?: readonly Buffer[];
  readonly isIndexLast?: boolean;
}): Buffer {
  const [major = "isom", ...compatible] = brands;
  const index = box("moov", box("mvhd", Buffer.alloc(100)), ...tracks.map(track), ...inIndex);
  const samples = tracks.reduce((sum, it) => sum + it.samples, 0);
  const data = box("mdat", Buffer.alloc(SAMPLE_BYTES * samples, 0x5a));
  return Buffer.concat([
    box("ftyp", letters(major), u32be(0), ...compatible.map(letters)),
    ...before,
    ...(isIndexLast ? [data, index] : [index, data]),
    ...after,
  ]);
}

/** ISO/IEC 14496-12, sections 8.3 to 8.7. */
function track(parts: TrackParts): Buffer {
  const { handler, entry, samples, timescale, ticksPerSample, isTurned = false } = parts;
  const said = parts.saidTicks ?? samples * ticksPerSample;
  const times = fullBox("stts", u32be(1, samples, ticksPerSample));
  const sizes = fullBox("stsz", u32be(0, samples, ...Array.from({ length: samples }, () => SAMPLE_BYTES)));
  const table = box(
    "stbl",
    fullBox("stsd", u32be(1), entry),
    times,
    fullBox("stsc", u32be(1, 1, samples, 1)),
    sizes,
    fullBox("stco", u32be(1, 0)),
  );
  const header = fullBox(
    "tkhd",
    u32be(0, 0, 1, 0, said),
    Buffer.alloc(16),
    isTurned ? QUARTER_TURN : UNITY_MATRIX,
    u32be(0, 0),
  );
  const media = box(
    "mdia",
    fullBox("mdhd", u32be(0, 0, timescale, said, 0)),
    fullBox("hdlr", u32be(0), letters(handler), Buffer.alloc(13)),
    box("minf", table),
  );
  return box("trak", header, media);
}

/** VisualSampleEntry: ISO/IEC 14496-12, section 12.1.3. */
export function visualEntry(
  type: string,
  width: number,
  height: number,
  ...inner: readonly Buffer[]
): Buffer {
  return box(type, Buffer.alloc(24), u16be(width, height), Buffer.alloc(50), ...inner);
}

/** High profile, level 4.0: `avc1.640028`. */
export function h264Entry(width: number, height: number): Buffer {
  return visualEntry("avc1", width, height, box("avcC", Buffer.from([1, 0x64, 0, 0x28, 0xff, 0xe0, 0])));
}

/** Main profile, level 4.0: `hvc1.1.6.L120.90`. */
export function h265Entry(width: number, height: number): Buffer {
  const record = [1, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 120];
  return visualEntry("hvc1", width, height, box("hvcC", Buffer.from([...record, ...Array(10).fill(0)])));
}

/** Main profile, level 2.0, 8 bits: `av01.0.00M.08`. */
export function av1Entry(width: number, height: number): Buffer {
  return visualEntry("av01", width, height, box("av1C", Buffer.from([0x81, 0, 0x0c, 0])));
}

/** AudioSampleEntry with an elementary stream's descriptor: AAC-LC unless another object type is given (ISO/IEC 14496-1, 7.2.6.6.2). */
export function soundEntry(objectType = 0x40): Buffer {
  const specific = Buffer.from([0x05, 2, 0x11, 0x90]);
  const config = Buffer.concat([Buffer.from([0x04, 13 + 4, objectType]), Buffer.alloc(12), specific]);
  const stream = Buffer.concat([Buffer.from([0x03, 3 + config.length, 0, 1, 0]), config]);
  return box("mp4a", Buffer.alloc(28), fullBox("esds", stream));
}

/** AAC at 48 kHz, a second of it by default: 47 frames of 1,024 samples. */
export function soundTrack(parts: Partial<TrackParts> = {}): TrackParts {
  return {
    handler: "soun",
    entry: soundEntry(),
    samples: 47,
    timescale: 48_000,
    ticksPerSample: 1_024,
    ...parts,
  };
}

export interface VapInfo {
  readonly v: number;
  readonly f: number;
  readonly w: number;
  readonly h: number;
  readonly fps: number;
  readonly videoW: number;
  readonly videoH: number;
  readonly rgbFrame: readonly number[];
  readonly aFrame: readonly number[];
}

/** By default 160 x 160 of colour beside 80 x 80 of transparency, and no slots. */
export function buildVap(
  info: Partial<VapInfo> = {},
  src: readonly unknown[] = [],
  parts: Partial<Mp4Parts> = {},
): Buffer {
  const said = {
    v: 2,
    f: 25,
    w: 160,
    h: 160,
    fps: 25,
    videoW: 320,
    videoH: 160,
    rgbFrame: [0, 0, 160, 160],
    aFrame: [160, 0, 80, 80],
    isVapx: src.length > 0 ? 1 : 0,
    ...info,
  };
  return buildMp4({ ...parts, before: [box("vapc", Buffer.from(JSON.stringify({ info: said, src })))] });
}

export interface YyevaDescript {
  readonly width: number;
  readonly height: number;
  readonly version: unknown;
  readonly fps: number;
  readonly rgbFrame: unknown;
  readonly alphaFrame: unknown;
}

/** As {@link buildVap}; the settings stand in a note inside of the index. */
export function buildYyeva(
  descript: Partial<YyevaDescript> = {},
  effect: readonly unknown[] = [],
  parts: Partial<Mp4Parts> = {},
): Buffer {
  const said = {
    width: 320,
    height: 160,
    isEffect: 1,
    version: 1,
    fps: 25,
    rgbFrame: [0, 0, 160, 160],
    alphaFrame: [160, 0, 80, 80],
    ...descript,
  };
  return buildMp4({
    ...parts,
    inIndex: [yyevaNote(Buffer.from(JSON.stringify({ descript: said, effect })))],
  });
}

export function yyevaNote(settings: Uint8Array): Buffer {
  const text = `yyeffectmp4json[[${deflateSync(settings).toString("base64")}]]yyeffectmp4json`;
  return box("udta", box("note", letters(text)));
}

export function sampleMp4(): Buffer {
  return buildMp4({ sound: soundTrack(), isIndexLast: true });
}

export function sampleVap(): Buffer {
  return buildVap({}, [{ srcId: "1", srcType: "img", srcTag: "avatar" }]);
}

export function sampleYyeva(): Buffer {
  return buildYyeva({}, [{ effectId: 1, effectType: "txt", effectTag: "nickname" }]);
}

export function sampleM4a(): Buffer {
  return buildMovie({ brands: ["M4A ", "isom"], tracks: [soundTrack()] });
}
