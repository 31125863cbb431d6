import type { AnalysisPlan } from "../gate/analysisPlan.ts";
import type { DifferenceOverTime, Interval, MetricVerdict, Verdict } from "../gate/verdict.ts";
import { decimalsOf, toPoints, toUtc } from "./amounts.ts";
import { rateOf } from "./describeReason.ts";
import { EDGE, element, emptyPlot, frame, heading, line, text, toId, toTenth, WIDTH } from "./svg.ts";
import type { Theme } from "./theme.ts";
import { numberTicks, timeTicks } from "./ticks.ts";
import { metricWords } from "./words.ts";

type Point = DifferenceOverTime["points"][number];

const HEIGHT = 360;
const LEFT = 78;
const RIGHT = WIDTH - 132;
const TOP = 96;
const BOTTOM = HEIGHT - 52;
/** Between labels at the end of lines. */
const LEAST_GAP = 21;
const LAST_SECOND = 8_640_000_000_000;

/** What the picture says, in one sentence; also its alternative text. */
export function describeDifference(
  verdict: Verdict,
  plan: AnalysisPlan,
  metric: MetricVerdict,
  over: DifferenceOverTime,
): string {
  const { title } = metricWords(metric.name, metric.over);
  const last = pointsOf(over).at(-1);
  const limit = limitOf(metric, plan);
  const until = limit === null ? "" : ` The limit is ${toPoints(limit)}.`;
  const now = last
    ? `New minus live is ${toPoints(last.estimate)} by now, very likely between ${bound(last.lower)} and ${bound(last.upper)}.`
    : "There are no numbers yet.";
  return `${verdict.gift} ${verdict.version}: plays that ${title}. ${now}${until}`;
}

/**
 * How much more often something went wrong with the new release than with what is live, as time went on: the difference with its
 * interval, the line where both are alike, and the limit. Any numbers give a picture, no points at all included.
 */
export function differenceSvg(
  verdict: Verdict,
  plan: AnalysisPlan,
  metric: MetricVerdict,
  over: DifferenceOverTime,
  theme: Theme,
): string {
  const points = pointsOf(over);
  const limit = limitOf(metric, plan);
  const release = `${verdict.gift} ${verdict.version}`;
  const { title } = metricWords(metric.name, metric.over);
  const last = points.at(-1);
  const write = writerOf(last, limit);
  const range =
    last && Number.isFinite(last.lower) && Number.isFinite(last.upper)
      ? ` (${write(last.lower)} to ${write(last.upper)})`
      : "";
  const subtitle = last ? `new minus live: ${write(last.estimate)} points${range}` : "new minus live";
  const id = toId("difference", metric.name, theme.name);
  const names = {
    id,
    title: `${release}: plays that ${title}, new minus live`,
    description: describeDifference(verdict, plan, metric, over),
  };
  const content = last
    ? drawChart(points, last, limit, write, theme, id)
    : emptyPlot({ x: EDGE, y: TOP, width: WIDTH - 2 * EDGE, height: BOTTOM - TOP + 24 }, theme);
  return frame(theme, HEIGHT, names, [...heading(theme, verdict, title, subtitle), ...content]);
}

function drawChart(
  points: readonly Point[],
  last: Point,
  limit: number | null,
  write: (difference: number) => string,
  theme: Theme,
  id: string,
): string[] {
  const [low, high] = rangeOf(points, last, limit);
  const start = points[0]?.seconds ?? last.seconds;
  const isAlone = last.seconds <= start;
  const x = (seconds: number) =>
    isAlone ? (LEFT + RIGHT) / 2 : LEFT + ((seconds - start) / (last.seconds - start)) * (RIGHT - LEFT);
  // What is beyond the picture is drawn a little beyond it, and clipped.
  const most = (high - low) / 4;
  const y = (difference: number) =>
    BOTTOM - ((clamp(difference, low - most, high + most) - low) / (high - low)) * (BOTTOM - TOP);
  const ticks = numberTicks(low * 100, high * 100, 4);
  const decimals = decimalsBetween(ticks);
  return [
    ...(limit !== null && limit < high
      ? [
          element("rect", {
            x: LEFT,
            y: TOP,
            width: RIGHT - LEFT,
            height: y(limit) - TOP,
            fill: theme.limit,
            "fill-opacity": "0.08",
          }),
        ]
      : []),
    ...ticks.flatMap((tick) => [
      line(LEFT, y(tick / 100), RIGHT, y(tick / 100), { stroke: theme.grid }),
      text(withSign(tick, decimals), {
        x: LEFT - 10,
        y: y(tick / 100) + 5.5,
        "text-anchor": "end",
        fill: theme.muted,
      }),
    ]),
    element(
      "clipPath",
      { id: `${id}-plot` },
      element("rect", { x: LEFT, y: TOP, width: RIGHT - LEFT, height: BOTTOM - TOP }),
    ),
    element(
      "g",
      { "clip-path": `url(#${id}-plot)` },
      (isAlone ? drawWhisker(last, x, y, theme) : drawBand(points, x, y, theme)).join(""),
    ),
    line(LEFT, y(0), RIGHT, y(0), { stroke: theme.muted, "stroke-width": 2 }),
    ...(limit === null
      ? []
      : [
          line(LEFT, y(limit), RIGHT, y(limit), {
            stroke: theme.limit,
            "stroke-width": 2.5,
            "stroke-dasharray": "8 5",
          }),
        ]),
    isAlone ? "" : element("g", { "clip-path": `url(#${id}-plot)` }, drawLine(points, id, x, y, theme)),
    element("circle", {
      cx: x(last.seconds),
      cy: y(last.estimate),
      r: 6,
      fill: theme.accent,
      stroke: theme.background,
      "stroke-width": 2,
    }),
    ...drawLabels(last, limit, write, y, theme),
    ...drawTimes(start, last.seconds, x, theme),
  ];
}

/** The difference itself: the first looks may lie far outside. */
function drawLine(
  points: readonly Point[],
  id: string,
  x: (it: number) => number,
  y: (it: number) => number,
  theme: Theme,
): string {
  return element("polyline", {
    id: `${id}-line`,
    points: points.map((it) => `${toTenth(x(it.seconds))},${toTenth(y(it.estimate))}`).join(" "),
    fill: "none",
    stroke: theme.accent,
    "stroke-width": 3,
    "stroke-linejoin": "round",
    "stroke-linecap": "round",
  });
}

/** The interval: where it reaches beyond the picture, it is cut at its edge. */
function drawBand(
  points: readonly Point[],
  x: (it: number) => number,
  y: (it: number) => number,
  theme: Theme,
): string[] {
  const upper = points.map((it) => `${toTenth(x(it.seconds))},${toTenth(y(it.upper))}`);
  const lower = points.map((it) => `${toTenth(x(it.seconds))},${toTenth(y(it.lower))}`);
  const stroke = { fill: "none", stroke: theme.accent, "stroke-width": 1.2, "stroke-opacity": "0.7" };
  return [
    element("polygon", {
      points: [...upper, ...lower.toReversed()].join(" "),
      fill: theme.accent,
      "fill-opacity": "0.16",
    }),
    element("polyline", { points: upper.join(" "), ...stroke }),
    element("polyline", { points: lower.join(" "), ...stroke }),
  ];
}

function drawWhisker(
  point: Point,
  x: (it: number) => number,
  y: (it: number) => number,
  theme: Theme,
): string[] {
  const at = x(point.seconds);
  const stroke = { stroke: theme.accent, "stroke-width": 3, "stroke-linecap": "round" };
  return [
    line(at, y(point.lower), at, y(point.upper), stroke),
    ...(Number.isFinite(point.lower) ? [line(at - 9, y(point.lower), at + 9, y(point.lower), stroke)] : []),
    ...(Number.isFinite(point.upper) ? [line(at - 9, y(point.upper), at + 9, y(point.upper), stroke)] : []),
  ];
}

/** Lines are named where they end, so that nobody needs a legend, or colours. */
function drawLabels(
  last: Point,
  limit: number | null,
  write: (difference: number) => string,
  y: (it: number) => number,
  theme: Theme,
): string[] {
  const labels = [
    { at: y(0), words: "like live", fill: theme.muted, weight: 400 },
    { at: y(last.estimate), words: `now ${write(last.estimate)}`, fill: theme.accent, weight: 600 },
    ...(limit === null
      ? []
      : [{ at: y(limit), words: `limit ${write(limit)}`, fill: theme.limit, weight: 600 }]),
  ].toSorted((a, b) => a.at - b.at);
  return spread(labels.map((it) => it.at)).map((at, index) => {
    const label = labels[index];
    return label
      ? text(label.words, { x: RIGHT + 12, y: at + 5.5, fill: label.fill, "font-weight": label.weight })
      : "";
  });
}

/** Moves what stands too close apart, as little as it takes; `places` ascend. Those that touch share the way. */
function spread(places: readonly number[]): readonly number[] {
  const groups: { readonly members: readonly number[]; readonly start: number }[] = [];
  for (const place of places) {
    let group = { members: [place], start: place };
    for (
      let last = groups.at(-1);
      last && last.start + last.members.length * LEAST_GAP > group.start;
      last = groups.at(-1)
    ) {
      groups.pop();
      const members = [...last.members, ...group.members];
      const sum = members.reduce((total, it, at) => total + it - at * LEAST_GAP, 0);
      group = { members, start: sum / members.length };
    }
    groups.push(group);
  }
  return groups.flatMap(({ members, start }) => members.map((_, at) => start + at * LEAST_GAP));
}

function drawTimes(start: number, end: number, x: (it: number) => number, theme: Theme): string[] {
  return [
    ...(end > start
      ? timeTicks(start, end, 4)
      : [{ seconds: end, label: toUtc(end).replace(" UTC", "") }]
    ).flatMap(({ seconds, label }) => [
      line(x(seconds), BOTTOM, x(seconds), BOTTOM + 6, { stroke: theme.muted }),
      text(label, { x: x(seconds), y: BOTTOM + 26, "text-anchor": "middle", fill: theme.muted }),
    ]),
    text("UTC", { x: WIDTH - EDGE, y: BOTTOM + 26, "text-anchor": "end", fill: theme.muted }),
  ];
}

/** What matters is near zero, the limit and the newest interval; how wide the first ones were does not. */
function rangeOf(points: readonly Point[], last: Point, limit: number | null): readonly [number, number] {
  const later = points.slice(Math.floor(points.length / 3));
  const seen = [0, limit ?? 0, last.lower, last.upper, ...later.map((it) => it.estimate)].filter(
    Number.isFinite,
  );
  const low = Math.min(...seen);
  const high = Math.max(...seen);
  const room = Math.max((high - low) * 0.16, 0.00005);
  return [low - room, high + room];
}

/**
 * The limit as a difference. The metric's limit is `ratio * baseline + absolute` for the baseline in the plan's mix of regions and
 * tiers, as the difference is, so that baseline is taken from it, and not from the totals.
 */
function limitOf({ name, limit, baseline }: MetricVerdict, plan: AnalysisPlan): number | null {
  const margin = plan.metrics.find((it) => it.name === name)?.margin;
  const live = margin && margin.ratio > 0 ? (limit - margin.absolute) / margin.ratio : rateOf(baseline);
  const difference = limit - live;
  return Number.isFinite(difference) ? clamp(difference, -1, 1) : null;
}

/** Points that can be drawn, in time: differences of rates lie within -1 and 1, and bounds that are not known are infinite. */
function pointsOf({ points }: DifferenceOverTime): readonly Point[] {
  return points
    .filter((it) => Math.abs(it.seconds) <= LAST_SECOND && Number.isFinite(it.estimate))
    .map(({ seconds, estimate, lower, upper }) => ({
      seconds,
      estimate: clamp(estimate, -1, 1),
      lower: Number.isFinite(lower) ? clamp(lower, -1, 1) : Number.NEGATIVE_INFINITY,
      upper: Number.isFinite(upper) ? clamp(upper, -1, 1) : Number.POSITIVE_INFINITY,
    }))
    .toSorted((a, b) => a.seconds - b.seconds);
}

function clamp(number: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, number));
}

/** Writes points of per cent with a true minus sign, and all of one picture as exactly: "+0.02", "−0.11". */
function writerOf(last: Point | undefined, limit: number | null): (difference: number) => string {
  const seen = [last?.estimate, last?.lower, last?.upper, limit].map((it) => Math.abs(it ?? 0) * 100);
  const decimals = decimalsOf(Math.max(0.0001, ...seen.filter(Number.isFinite)));
  return (difference) => withSign(difference * 100, decimals);
}

function bound(difference: Interval["lower"]): string {
  return Number.isFinite(difference) ? toPoints(difference) : "an unknown bound";
}

function withSign(points: number, decimals: number): string {
  const written = Math.abs(points).toFixed(decimals);
  if (Number(written) === 0) return "0";
  return `${points > 0 ? "+" : "−"}${written}`;
}

function decimalsBetween([first = 0, second = 1]: readonly number[]): number {
  const step = Math.abs(second - first);
  for (let decimals = 0; decimals < 4; decimals++)
    if (Math.abs(step - Number(step.toFixed(decimals))) < step / 1_000) return decimals;
  return 4;
}
