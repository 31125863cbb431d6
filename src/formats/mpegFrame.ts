/** One frame of MPEG audio, layer III. */
export interface MpegFrame {
  /** With its header. */
  readonly bytes: number;
  /** Of each channel. */
  readonly samples: number;
  readonly samplesPerSecond: number;
  /** Where its summary may stand, from its start: behind the header and what is said about its channels. */
  readonly sideEnd: number;
}

/** Thousands of bits per second by index. 0 is "free", 15 forbidden. ISO/IEC 11172-3, 2.4.2.3, and ISO/IEC 13818-3, 2.4.2.3. */
const KILOBITS_1: readonly number[] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KILOBITS_2: readonly number[] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
/** Of MPEG-1; MPEG-2 has half of it, MPEG-2.5 a quarter. */
const RATES: readonly number[] = [44_100, 48_000, 32_000];
const LAYER_3 = 1;
const MONO = 3;

/** The frame whose header stands here; null where there is none. A frame may be longer than what is left of the file. */
export function mpegFrame(bytes: Uint8Array, at: number): MpegFrame | null {
  const [sync = 0, second = 0, third = 0, fourth = 0] = bytes.subarray(at, at + 4);
  if (sync !== 0xff || (second & 0xe0) !== 0xe0 || ((second >> 1) & 3) !== LAYER_3) return null;
  // 0 is MPEG-2.5, 1 reserved, 2 MPEG-2, 3 MPEG-1.
  const version = (second >> 3) & 3;
  const isFirst = version === 3;
  const kilobits = (isFirst ? KILOBITS_1 : KILOBITS_2)[third >> 4] ?? 0;
  const rate = RATES[(third >> 2) & 3];
  if (version === 1 || kilobits === 0 || rate === undefined) return null;
  const samplesPerSecond = isFirst ? rate : version === 2 ? rate / 2 : rate / 4;
  const samples = isFirst ? 1_152 : 576;
  const padding = (third >> 1) & 1;
  const isMono = fourth >> 6 === MONO;
  return {
    bytes: Math.floor((samples / 8) * ((kilobits * 1_000) / samplesPerSecond)) + padding,
    samples,
    samplesPerSecond,
    sideEnd: 4 + (isFirst ? (isMono ? 17 : 32) : isMono ? 9 : 17),
  };
}

/**
 * How many frames follow, when the first one is a summary without sound: the header that Xing's and Fraunhofer's encoders write, and LAME
 * after them. 0 when such a frame does not say it; null when it is no summary. Source: the encoders' own, as the MP3 tech pages at gabriel.mp3-tech.org describe.
 */
export function summaryFrames(bytes: Uint8Array, at: number, frame: MpegFrame): number | null {
  const text = (from: number): string => Buffer.from(bytes.subarray(from, from + 4)).toString("latin1");
  const number = (from: number): number => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(from, from + 4);
    return a * 0x1_00_00_00 + ((b << 16) | (c << 8) | d);
  };
  const xing = at + frame.sideEnd;
  const name = text(xing);
  if (name === "Xing" || name === "Info") return number(xing + 4) & 1 ? number(xing + 8) : 0;
  const vbri = at + 36;
  return text(vbri) === "VBRI" ? number(vbri + 14) : null;
}
