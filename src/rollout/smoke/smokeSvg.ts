import type { Tier } from "../../wire/viewer.ts";
import {
  charactersWithin,
  EDGE,
  element,
  emptyPlot,
  frame,
  heading,
  line,
  text,
  toId,
  WIDTH,
} from "../verdict/svg.ts";
import type { Theme } from "../verdict/theme.ts";
import type { Comparison, SmokeVerdict } from "./judgeSmoke.ts";
import { MEASURE_FACTS, toAmount } from "./measures.ts";
import type { SmokeRun } from "./smokeRun.ts";

const TOP = 96;
const ROW = 30;
const LEFT = 256;
const RIGHT = WIDTH - EDGE - 84;
const FOOT = 40;
/** Twice the limit; what is beyond ends there. */
const MOST = 2;

/** What the picture says; also its alternative text. */
export function describeSmokeSvg(
  { gift, version, reference }: SmokeRun,
  { comparisons }: SmokeVerdict,
  tier: Tier,
): string {
  const own = comparisons.filter((it) => it.tier === tier);
  const over = own.filter((it) => it.verdict === "failed" || it.verdict === "unsure");
  const names = over.map((it) => `${MEASURE_FACTS[it.measure].what} in ${it.scenario}`).join(", ");
  const said = over.length === 0 ? "All are within their limits." : `Over the limit: ${names}.`;
  return `${gift} ${version} on ${tier} devices beside ${reference}: ${own.length} measures as shares of what is allowed. ${said}`;
}

/** Each measure of one tier as a share of its limit: a bar for the median, a dot for each measurement, a line where the limit is. */
export function smokeSvg(run: SmokeRun, verdict: SmokeVerdict, tier: Tier, theme: Theme): string {
  const rows = verdict.comparisons.filter((it) => it.tier === tier);
  const height = TOP + Math.max(4, rows.length) * ROW + FOOT;
  const names = {
    id: toId("smoke", tier, theme.name),
    title: `${run.gift} ${run.version}: smoke test on ${tier} devices`,
    description: describeSmokeSvg(run, verdict, tier),
  };
  return frame(theme, height, names, [
    ...heading(theme, run, `${tier} devices`, `share of its limit, beside ${run.reference}`),
    ...(rows.length > 0
      ? drawRows(rows, height, theme)
      : emptyPlot({ x: EDGE, y: TOP, width: WIDTH - 2 * EDGE, height: 4 * ROW }, theme)),
  ]);
}

function drawRows(rows: readonly Comparison[], height: number, theme: Theme): string[] {
  const limit = toX(1);
  const bottom = height - FOOT;
  return [
    ...rows.flatMap((it, at) => drawRow(it, TOP + at * ROW, theme)),
    line(LEFT, TOP, LEFT, bottom, { stroke: theme.muted }),
    line(limit, TOP - 6, limit, bottom, {
      stroke: theme.limit,
      "stroke-width": 2.5,
      "stroke-dasharray": "8 5",
    }),
    text("limit", {
      x: limit,
      y: bottom + 24,
      "text-anchor": "middle",
      fill: theme.limit,
      "font-weight": 600,
    }),
  ];
}

function drawRow(row: Comparison, y: number, theme: Theme): string[] {
  const { scenario, measure, subject, limit, samples } = row;
  const label = `${scenario}, ${MEASURE_FACTS[measure].what}`;
  const isOver = row.verdict === "failed";
  const paint = isOver ? theme.limit : theme.accent;
  const written = { "text-anchor": "end", fill: isOver ? theme.limit : theme.text };
  const name = text(label.slice(0, charactersWithin(LEFT - EDGE - 10, 16)), {
    x: LEFT - 10,
    y: y + 20,
    ...written,
  });
  if (subject === null || limit === null)
    return [name, text("not measured", { x: LEFT + 8, y: y + 20, fill: theme.muted })];
  const share = (value: number) => (limit > 0 ? value / limit : value > 0 ? MOST : 0);
  return [
    name,
    element("rect", {
      x: LEFT,
      y: y + 7,
      width: Math.max(1, toX(share(subject)) - LEFT),
      height: 16,
      rx: 2,
      fill: paint,
      "fill-opacity": "0.55",
    }),
    ...samples.map((it) => element("circle", { cx: toX(share(it)), cy: y + 15, r: 3, fill: paint })),
    text(toAmount(measure, subject), { x: WIDTH - EDGE, y: y + 20, ...written }),
  ];
}

function toX(share: number): number {
  return LEFT + (Math.min(MOST, Math.max(0, share)) / MOST) * (RIGHT - LEFT);
}
