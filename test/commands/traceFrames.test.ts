import { expect, test } from "vitest";
import { quantileOf, toFrameTimes } from "../../src/commands/smoke/traceFrames.ts";
import { growthOf, peakOf } from "../../src/commands/smoke/residentMemory.ts";

const event = (name: string, milliseconds: number, ph = "X") => ({ ph, name, dur: 1_000 * milliseconds });

test("frames are the innermost decoding that a trace has, and all that draws keeps threads busy", () => {
  const traceEvents = [
    event("ImageFrameGenerator::decode", 4),
    event("ImageDecodeTask", 5),
    event("ImageFrameGenerator::decode", 6),
    event("RasterTask", 2),
    event("ImageFrameGenerator::decode", 99, "b"),
  ];
  expect(toFrameTimes({ traceEvents }, true)).toEqual({ frames: [4, 6], busyMilliseconds: 12 });
});

test("frames are what scripts draw where that is how a gift moves", () => {
  const traceEvents = [
    event("FireAnimationFrame", 7),
    event("Decode Image", 3),
    event("FireAnimationFrame", 9),
  ];
  expect(toFrameTimes({ traceEvents }, false)).toEqual({ frames: [7, 9], busyMilliseconds: 19 });
});

test.each([null, [], {}, { traceEvents: 3 }, { traceEvents: [null, 1, { ph: "X", name: 1, dur: "a" }] }])(
  "nothing is read from a trace that is none: %j",
  (trace) => {
    expect(toFrameTimes(trace, true)).toEqual({ frames: [], busyMilliseconds: 0 });
  },
);

test("a quantile is a value that was measured, and null of none", () => {
  expect([quantileOf([], 0.5), quantileOf([3, 1, 2], 0.5), quantileOf([1, 2, 3, 4], 0.95)]).toEqual([
    null,
    2,
    4,
  ]);
});

test("memory is told from the beginning to the peak, and growth from the second quarter to the last", () => {
  expect([peakOf([]), peakOf([10, 50, 30])]).toEqual([null, 40]);
  expect([growthOf([1, 2, 3]), growthOf([0, 10, 20, 30]), growthOf([9, 5, 5, 5])]).toEqual([null, 20, 0]);
});
