import type { AlphaSide } from "../../wire/catalog.ts";
import { isRecord } from "../../wire/isRecord.ts";
import { findBox } from "../boxes.ts";

/** In pixels, from the top left corner. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where a video carries colour, and where the transparency of the same picture, as grey. */
export interface AlphaLayout {
  /** The size that the rectangles are measured in; the decoded video may have another. */
  readonly width: number;
  readonly height: number;
  readonly colour: Rectangle;
  readonly alpha: Rectangle;
  /**
   * Whether the colour is as it would be without transparency. Otherwise it was drawn over black, as the tools of VAP and YYEVA
   * write it, and a glow carries its fading in the colour already.
   */
  readonly isStraight: boolean;
}

/** How a video carries transparency that does not say so itself. */
export interface AlphaConvention {
  /** Default: `right`. */
  readonly side?: AlphaSide;
  /** See {@link AlphaLayout.isStraight}. Default: false. */
  readonly isStraight?: boolean;
}

/** Every frame may place a dozen pictures of people, at some hundred bytes each. */
const MAX_VAPC_BYTES = 1_000_000;
/** The only version of the box that players know. */
const VAPC_VERSION = 2;

/** Two equal halves. */
export function splitLayout(
  width: number,
  height: number,
  { side = "right", isStraight = false }: AlphaConvention = {},
): AlphaLayout {
  const whole = { x: 0, y: 0, width, height };
  const nothing = { x: 0, y: 0, width: 0, height: 0 };
  if (side === "none") return { width, height, colour: whole, alpha: nothing, isStraight };
  const isBeside = side === "left" || side === "right";
  const half = isBeside
    ? { width: Math.floor(width / 2), height }
    : { width, height: Math.floor(height / 2) };
  const first = { x: 0, y: 0, ...half };
  const second = { x: isBeside ? width - half.width : 0, y: isBeside ? 0 : height - half.height, ...half };
  const isFirst = side === "left" || side === "top";
  return { width, height, colour: isFirst ? second : first, alpha: isFirst ? first : second, isStraight };
}

/**
 * The layout that the box `vapc` of a VAP file gives; null for a file without one. Source: Tencent/vap, web and Android
 * players: a box at the top level with JSON, `info` with the video's size and the rectangles as [x, y, width, height].
 * @throws Error when there is such a box and it cannot be used
 */
export function readVapc(bytes: Uint8Array): AlphaLayout | null {
  const box = findBox(bytes, "vapc");
  if (!box) return null;
  if (box.end - box.start > MAX_VAPC_BYTES) throw new Error("its vapc box is too long");
  const json: unknown = JSON.parse(
    new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(box.start, box.end)),
  );
  const info = isRecord(json) ? json["info"] : null;
  if (!isRecord(info)) throw new Error("its vapc box has no info");
  if (info["v"] !== VAPC_VERSION) throw new Error(`its vapc box has version ${String(info["v"])}`);
  const width = toSide(info["videoW"]);
  const height = toSide(info["videoH"]);
  const colour = toRectangle(info["rgbFrame"], width, height);
  const alpha = toRectangle(info["aFrame"], width, height);
  return { width, height, colour, alpha, isStraight: false };
}

function toRectangle(value: unknown, width: number, height: number): Rectangle {
  if (!Array.isArray(value) || value.length !== 4) throw new Error("its vapc box has no rectangles");
  const [x = -1, y = -1, w = 0, h = 0]: unknown[] = value;
  const rectangle = { x: toOffset(x), y: toOffset(y), width: toSide(w), height: toSide(h) };
  if (rectangle.x + rectangle.width > width || rectangle.y + rectangle.height > height)
    throw new Error("its vapc box names a rectangle beyond the video");
  return rectangle;
}

function toSide(value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > 16_384)
    throw new Error(`its vapc box has a side of ${String(value)}`);
  return value;
}

function toOffset(value: unknown): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0)
    throw new Error(`its vapc box has a corner at ${String(value)}`);
  return value;
}
