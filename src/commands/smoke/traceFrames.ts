import { isRecord } from "../../wire/isRecord.ts";

/** What Chromium is asked to write down: the compositor's work, decoding of pictures by whatever way, and scripts that draw. */
export const TRACE_CATEGORIES = ["cc", "blink", "devtools.timeline", "benchmark"];

export interface FrameTimes {
  /** Of single frames, in milliseconds: of decoding them, or of the script that draws them. */
  readonly frames: readonly number[];
  /** Milliseconds of all threads that decode, draw into tiles or run such scripts. */
  readonly busyMilliseconds: number;
}

/**
 * Names differ between versions of Chromium and between ways to draw, and hold each other: the innermost that is there is taken.
 * requestAnimationFrame sees none of this, for pictures are decoded on threads of their own.
 */
const DECODES = [
  "ImageDecoder::DecodeFrameBufferAtIndex",
  "ImageFrameGenerator::decode",
  "Decode Image",
  "ImageDecodeTask",
];
const SCRIPT = "FireAnimationFrame";
const RASTER = "RasterTask";

/**
 * From a trace as CDP gives it (https://chromedevtools.github.io/devtools-protocol/tot/Tracing/), complete events alone.
 * @param isPicture whether the gift's frames are decoded, as pictures and videos are, and not drawn by a script
 */
export function toFrameTimes(trace: unknown, isPicture: boolean): FrameTimes {
  const byName = new Map<string, number[]>();
  const events: unknown = isRecord(trace) ? trace["traceEvents"] : null;
  for (const event of Array.isArray(events) ? events : []) {
    if (!isRecord(event) || event["ph"] !== "X") continue;
    const { name, dur } = event;
    if (typeof name !== "string" || typeof dur !== "number") continue;
    const known = byName.get(name);
    if (known) known.push(dur / 1_000);
    else byName.set(name, [dur / 1_000]);
  }
  const decodes = DECODES.map((it) => byName.get(it) ?? []).find((it) => it.length > 0) ?? [];
  const scripts = byName.get(SCRIPT) ?? [];
  const busy = [...decodes, ...scripts, ...(byName.get(RASTER) ?? [])];
  return {
    frames: isPicture ? decodes : scripts,
    busyMilliseconds: busy.reduce((sum, it) => sum + it, 0),
  };
}

/** The value below which this share of them lies; null of none. */
export function quantileOf(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}
