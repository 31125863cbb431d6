import fc from "fast-check";
import { expect, test } from "vitest";
import { type Family, toExposition } from "../../src/metrics/exposition.ts";

test("counters, gauges and histograms are written as Prometheus reads them", () => {
  const families: readonly Family[] = [
    {
      type: "counter",
      name: "a_total",
      help: "What\nit is, \\ and all",
      labels: ["x", "y"],
      series: [[["1", ""], 5]],
    },
    { type: "gauge", name: "b", help: "Plain", labels: [], series: [[[], 1.5]] },
    {
      type: "histogram",
      name: "c",
      help: "Buckets",
      labels: ["x"],
      bounds: [0.5, 10],
      series: [[["1"], { counts: [2, 0, 1], sum: 20.25 }]],
    },
    { type: "counter", name: "d_total", help: "Nothing yet", labels: ["x"], series: [] },
  ];
  expect(toExposition(families)).toBe(
    [
      "# HELP a_total What\\nit is, \\\\ and all",
      "# TYPE a_total counter",
      'a_total{x="1",y=""} 5',
      "# HELP b Plain",
      "# TYPE b gauge",
      "b 1.5",
      "# HELP c Buckets",
      "# TYPE c histogram",
      'c_bucket{x="1",le="0.5"} 2',
      'c_bucket{x="1",le="10"} 2',
      'c_bucket{x="1",le="+Inf"} 3',
      'c_sum{x="1"} 20.25',
      'c_count{x="1"} 3',
      "# HELP d_total Nothing yet",
      "# TYPE d_total counter",
      "",
    ].join("\n"),
  );
});

test("no text in a label can end it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const written = toExposition([
        { type: "gauge", name: "a", help: "", labels: ["x"], series: [[[text], 1]] },
      ]);
      const [, , line, ...rest] = written.split("\n");
      expect(rest).toEqual([""]);
      const inside = /^a\{x="((?:[^"\\\n]|\\[\\n"])*)"\} 1$/.exec(line ?? "")?.[1];
      expect(inside?.replace(/\\(.)/g, (_all, escaped) => (escaped === "n" ? "\n" : String(escaped)))).toBe(
        text,
      );
    }),
  );
});
