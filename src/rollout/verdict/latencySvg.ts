import type { Quantile, Verdict } from "../gate/verdict.ts";
import { toMilliseconds, toPercent } from "./amounts.ts";
import { type Decode, type Slot, slotsOf } from "./slots.ts";
import {
  EDGE,
  element,
  emptyPlot,
  frame,
  heading,
  line,
  TEXT_SIZE,
  text,
  toId,
  toTenth,
  WIDTH,
} from "./svg.ts";
import type { Theme } from "./theme.ts";
import { numberTicks } from "./ticks.ts";

const LEFT = 78;
const RIGHT = WIDTH - EDGE;
const TOP = 122;
const BOTTOM = 292;
const STRIP = BOTTOM + 74;
const ROW = 34;
const FOOT = 16;
const MOST_QUANTILES = 3;
const LEAST_BAR = 6;
const MOST_LABELS = 6;

/** What the picture says; also its alternative text. */
export function describeLatency({ gift, version, decode }: Verdict, objective: number | null): string {
  const bounds = (decode?.trial ?? []).map((it) => {
    const live = decode?.baseline.find(({ p }) => p === it.p);
    return `${toPercent(it.p)} of new plays within ${toRange(it)}${live ? `, live within ${toRange(live)}` : ""}`;
  });
  const aim =
    objective === null || !Number.isFinite(objective) ? "" : ` The line is at ${toMilliseconds(objective)}.`;
  const said = bounds.length > 0 ? `${bounds.join("; ")}.` : "No bounds are known yet.";
  return `${gift} ${version}: how long decoding takes, new beside live. ${said}${aim}`;
}

/**
 * How long decoding takes, new beside live: shares by bucket, the objective's line, and below it where the quantiles surely lie.
 *
 * @param objective milliseconds that few plays may exceed, a bound of the histogram; null when there is none
 */
export function latencySvg(verdict: Verdict, objective: number | null, theme: Theme): string {
  const { decode } = verdict;
  const release = `${verdict.gift} ${verdict.version}`;
  const aim = objective !== null && Number.isFinite(objective) && objective > 0 ? objective : null;
  const slots = decode ? slotsOf(decode, aim) : [];
  const quantiles = decode ? decode.trial.slice(0, MOST_QUANTILES) : [];
  const hasStrip = slots.length > 0 && quantiles.length > 0;
  const height = hasStrip ? STRIP + quantiles.length * ROW + FOOT : BOTTOM + 64;
  const names = {
    id: toId("latency", theme.name),
    title: `${release}: time to decode`,
    description: describeLatency(verdict, aim),
  };
  return frame(theme, height, names, [
    ...heading(
      theme,
      verdict,
      "time to decode",
      slots.length > 0 ? "share of plays by milliseconds" : "new beside live",
    ),
    ...(slots.length > 0
      ? drawHistogram(slots, aim, theme)
      : emptyPlot({ x: EDGE, y: 96, width: RIGHT - EDGE, height: BOTTOM - 56 }, theme)),
    ...(hasStrip && decode ? drawQuantiles(decode, quantiles, slots, theme) : []),
  ]);
}

function drawHistogram(slots: readonly Slot[], objective: number | null, theme: Theme): string[] {
  const highest = Math.max(0.01, ...slots.flatMap((it) => [it.trial, it.baseline]));
  const top = highest * 1.08;
  const y = (share: number) => BOTTOM - (share / top) * (BOTTOM - TOP);
  const width = (RIGHT - LEFT) / slots.length;
  const hasLive = slots.some((it) => it.baseline > 0);
  const gap = Math.min(4, width * 0.16);
  const stair = slots.flatMap(({ baseline }, at) => [
    `${toTenth(LEFT + at * width)},${toTenth(y(baseline))}`,
    `${toTenth(LEFT + (at + 1) * width)},${toTenth(y(baseline))}`,
  ]);
  return [
    ...drawLegend(hasLive, theme),
    ...numberTicks(0, top * 100, 3).flatMap((tick) => [
      line(LEFT, y(tick / 100), RIGHT, y(tick / 100), { stroke: theme.grid }),
      text(tick === 0 ? "0" : `${Number(tick.toFixed(2))} %`, {
        x: LEFT - 10,
        y: y(tick / 100) + 5.5,
        "text-anchor": "end",
        fill: theme.muted,
      }),
    ]),
    ...slots.map(({ trial }, at) =>
      trial > 0
        ? element("rect", {
            x: LEFT + at * width + gap / 2,
            y: y(trial),
            width: width - gap,
            height: BOTTOM - y(trial),
            rx: Math.min(2, width / 6),
            fill: theme.accent,
            "fill-opacity": "0.75",
          })
        : "",
    ),
    hasLive
      ? element("polyline", {
          points: [`${LEFT},${BOTTOM}`, ...stair, `${RIGHT},${BOTTOM}`].join(" "),
          fill: "none",
          stroke: theme.text,
          "stroke-width": 2.2,
          "stroke-linejoin": "round",
        })
      : "",
    line(LEFT, BOTTOM, RIGHT, BOTTOM, { stroke: theme.muted, "stroke-width": 1.5 }),
    ...drawBounds(slots, width, theme),
    ...(objective === null ? [] : drawObjective(objective, slots, theme)),
  ];
}

function drawLegend(hasLive: boolean, theme: Theme): string[] {
  const y = 98;
  return [
    element("rect", {
      x: EDGE,
      y: y - 13,
      width: 18,
      height: 14,
      rx: 2,
      fill: theme.accent,
      "fill-opacity": "0.75",
    }),
    text("new", { x: EDGE + 26, y, fill: theme.text }),
    ...(hasLive
      ? [
          element("polyline", {
            points: `104,${y + 1} 104,${y - 12} 122,${y - 12} 122,${y + 1}`,
            fill: "none",
            stroke: theme.text,
            "stroke-width": 2.2,
          }),
          text("live today", { x: 130, y, fill: theme.text }),
        ]
      : [text("nothing live to compare with", { x: 104, y, fill: theme.muted })]),
  ];
}

/** Bounds below the slots, as many as can be read. */
function drawBounds(slots: readonly Slot[], width: number, theme: Theme): string[] {
  const each = Math.ceil((slots.length + 1) / MOST_LABELS);
  return slots.flatMap(({ to }, at) => {
    const isLast = at === slots.length - 1;
    if ((at + 1) % each !== 0 || !Number.isFinite(to)) return [];
    const x = LEFT + (at + 1) * width;
    return [
      line(x, BOTTOM, x, BOTTOM + 6, { stroke: theme.muted }),
      text(`${Number(to.toFixed(1))}`, {
        x: isLast ? x + 4 : x,
        y: BOTTOM + 25,
        "text-anchor": isLast ? "end" : "middle",
        fill: theme.muted,
      }),
    ];
  });
}

function drawObjective(objective: number, slots: readonly Slot[], theme: Theme): string[] {
  const x = placeOf(objective, slots);
  const isFarRight = x > (LEFT + RIGHT) / 2;
  return [
    line(x, TOP - 12, x, BOTTOM, { stroke: theme.limit, "stroke-width": 2.5, "stroke-dasharray": "8 5" }),
    text(`goal ${toMilliseconds(objective)}`, {
      x: isFarRight ? x - 8 : x + 8,
      y: TOP - 2,
      "text-anchor": isFarRight ? "end" : "start",
      fill: theme.limit,
      "font-weight": 600,
    }),
  ];
}

/** For each quantile two bars, the new one filled and the live one not: where it surely lies. */
function drawQuantiles(
  decode: Decode,
  quantiles: readonly Quantile[],
  slots: readonly Slot[],
  theme: Theme,
): string[] {
  return [
    text("time by which so many plays are decoded", {
      x: EDGE,
      y: STRIP - 14,
      "font-size": TEXT_SIZE,
      fill: theme.muted,
    }),
    ...quantiles.flatMap((quantile, at) => {
      const y = STRIP + at * ROW + 6;
      const live = decode.baseline.find((it) => it.p === quantile.p);
      return [
        line(LEFT, y + 10, RIGHT, y + 10, { stroke: theme.grid }),
        text(toPercent(quantile.p).replace(".0 %", " %"), {
          x: LEFT - 10,
          y: y + 15,
          "text-anchor": "end",
          fill: theme.muted,
        }),
        bar(quantile, y, slots, { fill: theme.accent }),
        ...(live
          ? [bar(live, y + 11, slots, { fill: theme.background, stroke: theme.text, "stroke-width": 1.8 })]
          : []),
      ];
    }),
  ];
}

function bar(
  { lower, upper }: Quantile,
  y: number,
  slots: readonly Slot[],
  paint: Readonly<Record<string, string | number>>,
): string {
  const [from, to] = [
    placeOf(lower, slots),
    placeOf(Number.isNaN(upper) ? Number.POSITIVE_INFINITY : upper, slots),
  ];
  const x = Math.min(from, to, RIGHT - LEAST_BAR);
  return element("rect", {
    x,
    y,
    width: Math.max(LEAST_BAR, Math.abs(to - from)),
    height: 9,
    rx: 4.5,
    ...paint,
  });
}

/** Where milliseconds lie on the axis; what is beyond it, at its end. */
function placeOf(milliseconds: number, slots: readonly Slot[]): number {
  const width = (RIGHT - LEFT) / slots.length;
  if (!(milliseconds > (slots[0]?.from ?? 0))) return LEFT;
  const at = slots.findIndex((it) => milliseconds <= it.to);
  const slot = slots[at];
  if (!slot) return RIGHT;
  // How far beyond the last bound nobody knows.
  const beyond = milliseconds === Number.POSITIVE_INFINITY ? 1 : 0.5;
  const span = slot.to - slot.from;
  const share = Number.isFinite(span) && span > 0 ? (milliseconds - slot.from) / span : beyond;
  return LEFT + (at + Math.min(1, Math.max(0, share))) * width;
}

function toRange({ lower, upper }: Quantile): string {
  return lower > 0 ? `${toMilliseconds(lower)} to ${toMilliseconds(upper)}` : toMilliseconds(upper);
}
