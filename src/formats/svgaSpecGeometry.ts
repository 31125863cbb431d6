import { numberOf, toRecord } from "./jsonValues.ts";
import { isRecord } from "../wire/isRecord.ts";
import { IDENTITY, type Layout, type Transform } from "./svgaGeometry.ts";

/** A frame's `layout` as the JSON of SVGA 1.x has it. */
export function toLayout(value: unknown): Layout {
  const layout = toRecord(value);
  return {
    x: numberOf(layout["x"], 0),
    y: numberOf(layout["y"], 0),
    width: numberOf(layout["width"], 0),
    height: numberOf(layout["height"], 0),
  };
}

/** Its `transform`. Unlike in a message, a number that is missing is the unit matrix's. */
export function toTransform(value: unknown): Transform {
  if (!isRecord(value)) return IDENTITY;
  const number = (key: keyof Transform) => numberOf(value[key], IDENTITY[key]);
  return {
    a: number("a"),
    b: number("b"),
    c: number("c"),
    d: number("d"),
    tx: number("tx"),
    ty: number("ty"),
  };
}
