// Draws the "Rose" gift: a dewy bud on a curved stem opens, petal by petal,
// into a full rose while a comet of dust winds up the stem and bursts.
//
//   node gifts/rose/source/make.mjs [--palette coral|crimson]
//
// Writes 36 transparent 512x512 frames to frames/000.png ... 035.png (24 fps)
// and the fullest frame to still.png, both next to this script.
//
// How it works: every petal, sepal, leaf and the stem is a small curved
// surface. Each surface is bent for the current moment, lit, shaded, projected
// and written as SVG facets sorted from back to front; glow, dew, dust and
// sparkles are ordinary SVG shapes around it. The output is deterministic.

import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";

const SIZE = 512;
const SUPERSAMPLE = 2;
const FRAME_COUNT = 36;
const STILL_FRAME = 27;

// ---------------------------------------------------------------- palettes

const PALETTES = {
  coral: {
    petal: ["#4a0618", "#8e1029", "#cf2a3c", "#f4544e", "#ff8468", "#ffb48c", "#ffdfb4", "#fff6e0"],
    heart: ["#4f0714", "#971a20", "#d83c30", "#f96c46", "#ff9a5c", "#ffc47c", "#ffe5ac", "#fff8e0"],
    rim: "#ffe9b8",
    green: ["#062417", "#0d4027", "#1c6535", "#3c8f43", "#7cbb5a", "#c6e38c", "#f4fbd0"],
    vein: "#d8e89a",
    glowInner: "#ffc070",
    glowOuter: "#ff4f45",
    dust: ["#fff3c4", "#ffd76a", "#f9b233", "#ffe59a"],
    trail: "#ffd469",
    star: "#fff6d6",
    dustScale: 1,
  },
  crimson: {
    petal: ["#22000c", "#560416", "#8f0a24", "#c61535", "#e63f58", "#f97b88", "#ffb9bc", "#fff0ee"],
    heart: ["#1e0009", "#4c0312", "#83081f", "#b8112f", "#dc3450", "#f2697a", "#ffadb2", "#ffecec"],
    rim: "#ffc9cc",
    green: ["#04200f", "#0a3a1f", "#17592f", "#2f7d42", "#62a862", "#acd79a", "#eaf8dc"],
    vein: "#b9dca6",
    glowInner: "#ff9fb0",
    glowOuter: "#d3123c",
    dust: ["#ffe3e8", "#ff9db0", "#ff6f8d", "#ffd0d8"],
    trail: "#ff9db4",
    star: "#fff2f4",
    dustScale: 0.65,
  },
};

// ------------------------------------------------------------ small helpers

const { sin, cos, min, max, abs, hypot, exp, floor, round } = Math;
const PI = Math.PI;
const TAU = PI * 2;
const rad = (degrees) => (degrees * PI) / 180;
const clamp = (x, lo = 0, hi = 1) => min(hi, max(lo, x));
const mix = (a, b, t) => a + (b - a) * t;
const fract = (x) => x - floor(x);
const span = (t, from, to) => clamp((t - from) / (to - from));
const smooth = (x) => x * x * (3 - 2 * x);
const bell = (x, width) => exp(-((x / width) ** 2));

const easeInOutCubic = (x) => (x < 0.5 ? 4 * x ** 3 : 1 - (2 - 2 * x) ** 3 / 2);
const easeInOutSine = (x) => 0.5 - 0.5 * cos(PI * x);
const easeOutCubic = (x) => 1 - (1 - x) ** 3;
const easeOutBack = (x, s = 1.4) => 1 + (s + 1) * (x - 1) ** 3 + s * (x - 1) ** 2;

/** Seeded random numbers (mulberry32), so every run draws the same rose. */
function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

const n1 = (x) => String(round(x * 100) / 100);
const parseHex = (hex) => [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
const toHex = (rgb) => `#${rgb.map((c) => clamp(round(c), 0, 255).toString(16).padStart(2, "0")).join("")}`;

/** Colour of a ramp (dark to light) at a brightness from 0 to 1. */
function rampColour(ramp, value) {
  const x = clamp(value) * (ramp.length - 1);
  const i = min(ramp.length - 2, floor(x));
  return ramp[i].map((c, k) => mix(c, ramp[i + 1][k], x - i));
}

const sub = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const unit = (a) => {
  const length = hypot(...a) || 1;
  return [a[0] / length, a[1] / length, a[2] / length];
};
const rotX = ([x, y, z], a) => [x, y * cos(a) - z * sin(a), y * sin(a) + z * cos(a)];
const rotY = ([x, y, z], a) => [x * cos(a) + z * sin(a), y, z * cos(a) - x * sin(a)];
const rotZ = ([x, y, z], a) => [x * cos(a) - y * sin(a), x * sin(a) + y * cos(a), z];

// ------------------------------------------------------- the moment in time

/** Everything that moves, worked out once for a frame; t runs from 0 to 1. */
function momentAt(frame) {
  const t = frame / (FRAME_COUNT - 1);
  const sway = sin(t * TAU) * 0.6 + sin(t * TAU * 2 + 0.7) * 0.16;
  const bloom = easeInOutCubic(span(t, 0.02, 0.68));
  return {
    frame,
    t,
    sway,
    bloom,
    /** How open one layer is: outer layers (1) lead, the heart (0) follows. */
    openOf: (layer) => {
      const begin = 0.0 + 0.17 * (1 - layer);
      const x = span(t, begin, begin + 0.5);
      const bud = 0.06 + 0.09 * layer ** 3;
      return bud + (1 - bud) * mix(easeInOutCubic(x), easeOutBack(easeInOutSine(x), 1.1), 0.6);
    },
    head: [264 + sway * 9, mix(176, 196, bloom) - 5 * bell(t - 0.56, 0.1) + sway * 1.5],
    headScale: mix(168, 150, smooth(span(t, 0, 0.5))) * (1 + 0.035 * bell(t - 0.62, 0.09)),
    tilt: rad(mix(17, 50, easeInOutCubic(span(t, 0.04, 0.66)))),
    lean: rad(-7 + sway * -4),
    spin: rad(mix(-26, 8, easeInOutSine(span(t, 0, 0.86)))),
    burst: span(t, 0.5, 1.16),
    glint: mix(-260, 300, easeInOutSine(span(t, 0.58, 0.94))),
  };
}

// --------------------------------------------------- petals, sepals: shapes

/** Follows a bending line outward: angles are measured from straight up. */
function bentLine(steps, length, angleAt, r0, h0) {
  const line = [];
  let r = r0;
  let h = h0;
  for (let j = 0; j <= steps; j++) {
    const v = j / steps;
    line.push([r, h]);
    const a = angleAt(v + 0.5 / steps);
    r = max(0.012, r + (sin(a) * length) / steps);
    h += (cos(a) * length) / steps;
  }
  return line;
}

const PETAL_COUNT = 30;

function growPetals() {
  const random = seededRandom(88);
  const wobble = (amount) => (random() * 2 - 1) * amount;
  return Array.from({ length: PETAL_COUNT }, (_, k) => {
    const layer = k / (PETAL_COUNT - 1);
    return {
      layer,
      turn: rad(k * 144 + floor(k / 5) * 36 + wobble(8) - 20),
      length: mix(0.62, 1.08, layer ** 0.8) * (1 + wobble(0.035)),
      halfWidth: mix(0.3, 0.66, layer ** 0.8) * (1 + wobble(0.05)),
      openTip: rad(mix(-8, 84, layer ** 1.25) + wobble(4)),
      closedTip: rad(-(7 + 11 * layer) + wobble(1.5)),
      curl: rad(mix(12, 82, smooth(clamp(layer * 1.3))) + wobble(12)),
      notch: mix(0.0, 0.085, smooth(span(layer, 0.2, 0.7))),
      phase: random() * TAU,
      tint: wobble(0.035),
    };
  });
}

/** The surface of one petal as rows of points in flower space (radius ~ 1). */
function petalSurface(petal, moment, columns, rows) {
  const { layer } = petal;
  const open = moment.openOf(layer);
  const base = rad(mix(18 + 54 * layer, 24 + 62 * layer, open));
  const tip = mix(petal.closedTip, petal.openTip, open);
  const grid = [];
  for (let i = 0; i <= columns; i++) {
    const u = (i / columns) * 2 - 1;
    const side = abs(u);
    const length =
      petal.length *
      (1 - 0.3 * side ** 2.8 - petal.notch * bell(u, 0.3) + 0.018 * sin(u * 6 + petal.phase) * open);
    const curl = petal.curl * mix(0.25, 1, open) * (0.55 + 0.75 * side ** 2);
    const flare = rad(16) * side ** 3 * open * layer;
    const angleAt = (v) =>
      mix(base, tip, smooth(span(v, 0, 0.5))) + curl * span(v, 0.66, 1) ** 1.7 + flare * v;
    const line = bentLine(rows, length, angleAt, 0.012 + 0.03 * layer, -0.06 * layer);
    grid.push(
      line.map(([r, h], j) => {
        const v = j / rows;
        const width = petal.halfWidth * clamp(v * 1.25) ** 0.75;
        const around = min(rad(mix(74, 128, smooth(clamp(open * 1.6)))), width / max(r, 0.03)) * u;
        const spiral = 1 + (0.13 + 0.1 * (1 - layer) + 0.16 * (1 - open)) * u * v;
        const wave = 0.022 * sin(u * 8 + petal.phase) * v ** 3 * open * (0.3 + layer);
        const a = petal.turn + around;
        const cup = 0.1 * side ** 2 * v * open * layer;
        return [cos(a) * r * spiral, h + wave + cup, sin(a) * r * spiral];
      }),
    );
  }
  return grid;
}

function sepalSurface(index, moment, columns, rows) {
  const open = easeInOutSine(span(moment.t, 0, 0.26));
  const turn = rad(index * 72 + 20);
  const grid = [];
  for (let i = 0; i <= columns; i++) {
    const u = (i / columns) * 2 - 1;
    const openAngle = (v) => rad(mix(84, 124, smooth(span(v, 0, 0.4))) - 66 * span(v, 0.45, 1) ** 1.4);
    const closedAngle = (v) => rad(mix(76, -16, smooth(span(v, 0, 0.52))) + 64 * span(v, 0.6, 1) ** 1.3);
    const away = bentLine(rows, 0.72, openAngle, 0.05, -0.08);
    const hugging = bentLine(rows, 0.84, closedAngle, 0.06, -0.085);
    grid.push(
      away.map((target, j) => {
        const v = j / rows;
        const r = mix(hugging[j][0] + 0.05 * span(v, 0, 0.2), target[0], open);
        const h = mix(hugging[j][1], target[1], open);
        const width =
          0.155 *
          sin(PI * clamp(v * 0.8 + 0.2)) ** 0.9 *
          (1 - 0.5 * v) *
          (1 + 0.1 * sin(v * 26) * span(v, 0.3, 0.5));
        const a = turn + (width / max(r, 0.05)) * u;
        const out = r + 0.02 * u * u;
        return [cos(a) * out, h, sin(a) * out];
      }),
    );
  }
  return grid;
}

/** The green cup under the flower. */
function hipSurface(columns, rows) {
  return Array.from({ length: columns + 1 }, (_, i) => {
    const a = (i / columns) * TAU;
    return Array.from({ length: rows + 1 }, (_, j) => {
      const v = j / rows;
      const r = 0.038 + 0.075 * sin(PI * clamp(v * 0.72 + 0.1)) ** 1.5;
      return [cos(a) * r, mix(-0.27, -0.02, v), sin(a) * r];
    });
  });
}

/** Flower space to picture space: x right, y down, z towards the viewer. */
function headPlacer(moment) {
  return (point) => {
    const [x, y, z] = rotZ(rotX(rotY(point, moment.spin), moment.tilt), moment.lean);
    const perspective = moment.headScale / (1 - z * 0.11);
    return [
      moment.head[0] + x * perspective,
      moment.head[1] - (y - 0.42) * perspective,
      z * moment.headScale,
    ];
  };
}

// -------------------------------------------------------- stem and leaves

function stemPoint(moment, v) {
  const top = headPlacer(moment)([0, -0.2, 0]);
  const p = [[228, 506], [208 - moment.sway * 3, 420], [262 + moment.sway * 10, 350 + moment.bloom * 8], top];
  const w = [(1 - v) ** 3, 3 * v * (1 - v) ** 2, 3 * v * v * (1 - v), v ** 3];
  return [0, 1].map((axis) => p.reduce((sum, q, i) => sum + q[axis] * w[i], 0));
}

function stemSurface(moment, columns, rows) {
  const radiusAt = (v) => 6.4 - 1.6 * v + 1.6 * bell(v, 0.05);
  return Array.from({ length: columns + 1 }, (_, i) =>
    Array.from({ length: rows + 1 }, (_, j) => {
      const v = j / rows;
      const [x, y] = stemPoint(moment, v);
      const [x2, y2] = stemPoint(moment, v + 0.01);
      const length = hypot(x2 - x, y2 - y);
      const a = PI * (i / columns);
      const across = -cos(a) * radiusAt(v);
      return [x + (across * -(y2 - y)) / length, y + (across * (x2 - x)) / length, sin(a) * radiusAt(v) - 60];
    }),
  );
}

const LEAVES = [
  { at: 0.4, angle: 157, length: 150, width: 47, bend: 46, delay: 0.04, roll: 0.5 },
  { at: 0.3, angle: 22, length: 158, width: 48, bend: -50, delay: 0.0, roll: -0.45 },
  { at: 0.6, angle: 32, length: 96, width: 30, bend: -44, delay: 0.1, roll: -0.4 },
  { at: 0.13, angle: 164, length: 108, width: 34, bend: 40, delay: 0.08, roll: 0.55 },
];

/** A point of a leaf: u runs across (-1 to 1), v from stalk to tip. */
function leafPoint(leaf, moment, u, v) {
  const unfurl = mix(0.86, 1, easeOutBack(easeInOutSine(span(moment.t, leaf.delay, leaf.delay + 0.6))));
  const breeze = moment.sway * 4 * (leaf.angle > 90 ? 1 : -1);
  const steps = 14;
  let [x, y] = stemPoint(moment, leaf.at);
  let heading = 0;
  for (let i = 0; i < steps; i++) {
    const s = ((i + 0.5) / steps) * v;
    heading = rad(leaf.angle + leaf.bend * (s ** 1.4 - 0.35) * 1.1 + breeze * s);
    x += (cos(heading) * leaf.length * unfurl * v) / steps;
    y -= (sin(heading) * leaf.length * unfurl * v) / steps;
  }
  const stalk = 0.14;
  const blade = clamp((v - stalk) / (1 - stalk));
  const outline =
    blade <= 0 ? 0.045 : max(0.045 * (1 - blade), sin(PI * blade ** 0.78) ** 0.85 * (1 - 0.12 * blade));
  const teeth = 1 + (blade > 0.06 && blade < 0.96 ? 0.075 * (fract(blade * 11) - 0.5) * abs(u) ** 6 : 0);
  const across = u * outline * leaf.width * unfurl * teeth;
  const foreshorten = u * Math.sign(leaf.roll) > 0 ? 1 - abs(leaf.roll) * 0.55 : 1;
  const ripple = 3 * sin(blade * 15 + u * 2) * abs(u) ** 2;
  return [
    x + sin(heading) * across * foreshorten,
    y + cos(heading) * across * foreshorten,
    -40 +
      abs(u) * outline * leaf.width * 0.5 +
      u * leaf.roll * leaf.width * 0.9 * outline +
      ripple +
      26 * v * (1 - v) * 2,
  ];
}

const gridOf = (columns, rows, pointAt) =>
  Array.from({ length: columns + 1 }, (_, i) =>
    Array.from({ length: rows + 1 }, (_, j) => pointAt((i / columns) * 2 - 1, j / rows)),
  );

// ------------------------------------------------------ light and shading

// Picture space has y down, so "from above" is negative y.
const LIGHT = unit([-0.5, -0.68, 0.6]);
const HALFWAY = unit([LIGHT[0], LIGHT[1], LIGHT[2] + 1]);

/** Coarse map of the nearest surface seen along one direction. */
class DepthMap {
  constructor(cell, toMap) {
    this.cell = cell;
    this.toMap = toMap;
    this.side = 320;
    this.depth = new Float32Array(this.side ** 2).fill(Number.NEGATIVE_INFINITY);
  }
  index(x, y) {
    const i = floor(x / this.cell) + 40;
    const j = floor(y / this.cell) + 40;
    return i < 0 || j < 0 || i >= this.side || j >= this.side ? -1 : j * this.side + i;
  }
  splat(corners) {
    const p = corners.map(this.toMap);
    for (let a = 0; a <= 3; a++) {
      for (let b = 0; b <= 3; b++) {
        const s = a / 3;
        const t = b / 3;
        const at = (axis) => mix(mix(p[0][axis], p[1][axis], s), mix(p[3][axis], p[2][axis], s), t);
        const i = this.index(at(0), at(1));
        if (i >= 0) this.depth[i] = max(this.depth[i], at(2));
      }
    }
  }
  /** How much of the neighbourhood lies in front of this point (0 to 1). */
  covered(point, reach, bias, range) {
    const [x, y, z] = this.toMap(point);
    let sum = 0;
    let count = 0;
    for (let a = -2; a <= 2; a++) {
      for (let b = -2; b <= 2; b++) {
        const i = this.index(x + a * reach, y + b * reach);
        if (i < 0) continue;
        count++;
        const d = this.depth[i];
        if (d > z) sum += clamp((d - z - bias) / range);
      }
    }
    return count ? sum / count : 0;
  }
  /** Depth of the farthest of the nine cells around a point. */
  behindAround(point) {
    const [x, y] = this.toMap(point);
    let depth = Number.POSITIVE_INFINITY;
    for (let a = -1; a <= 1; a++) {
      for (let b = -1; b <= 1; b++) {
        const i = this.index(x + a * this.cell, y + b * this.cell);
        depth = min(depth, i < 0 ? Number.NEGATIVE_INFINITY : this.depth[i]);
      }
    }
    return depth;
  }
  at(point) {
    const [x, y] = this.toMap(point);
    const i = this.index(x, y);
    return i < 0 ? Number.NEGATIVE_INFINITY : this.depth[i];
  }
}

function lightSpace() {
  const right = unit(cross([0, 1, 0], LIGHT));
  const up = cross(LIGHT, right);
  return ([x, y, z]) => {
    const p = [x - 256, y - 256, z];
    return [dot(p, right) + 256, dot(p, up) + 256, dot(p, LIGHT)];
  };
}

/** Turns a point grid into vertices that know their place and direction. */
function verticesOf(grid, material) {
  const columns = grid.length - 1;
  const rows = grid[0].length - 1;
  return grid.map((column, i) =>
    column.map((point, j) => {
      const across = sub(grid[min(columns, i + 1)][j], grid[max(0, i - 1)][j]);
      const along = sub(column[min(rows, j + 1)], column[max(0, j - 1)]);
      return { point, normal: unit(cross(across, along)), u: (i / columns) * 2 - 1, v: j / rows, material };
    }),
  );
}

/** Cuts a coloured patch into facets, finer where the colour changes faster. */
function paintPatch(corners, facets) {
  const contrast = (a, b) => max(...[0, 1, 2].map((k) => abs(a.colour[k] - b.colour[k])));
  const pieces = (x) => clamp(Math.ceil(x / 11), 1, 4);
  const [a, b, c, d] = corners;
  const across = pieces(max(contrast(a, b), contrast(d, c)));
  const along = pieces(max(contrast(a, d), contrast(b, c)));
  const blend = (key, s, t) =>
    [0, 1, 2].map((k) => mix(mix(a[key][k], b[key][k], s), mix(d[key][k], c[key][k], s), t));
  for (let i = 0; i < across; i++) {
    for (let j = 0; j < along; j++) {
      const [s0, s1, t0, t1] = [i / across, (i + 1) / across, j / along, (j + 1) / along];
      const points = [
        [s0, t0],
        [s1, t0],
        [s1, t1],
        [s0, t1],
      ].map(([x, y]) => blend("point", x, y));
      const fill = toHex(blend("colour", (s0 + s1) / 2, (t0 + t1) / 2));
      const outline = points.map((q, k) => `${k ? "L" : "M"}${n1(q[0])} ${n1(q[1])}`).join("");
      facets.push({
        z: (points[0][2] + points[1][2] + points[2][2] + points[3][2]) / 4,
        svg: `<path d="${outline}Z" fill="${fill}" stroke="${fill}"/>`,
      });
    }
  }
}

/** Colours every vertex of a surface, then paints the patches between them. */
function paintSurface(vertices, colourOf, facets, isHidden = () => false) {
  for (const column of vertices) for (const vertex of column) vertex.colour = colourOf(vertex);
  for (const corners of patchesOf(vertices)) if (!isHidden(corners)) paintPatch(corners, facets);
}

function* patchesOf(vertices) {
  for (let i = 0; i + 1 < vertices.length; i++) {
    for (let j = 0; j + 1 < vertices[0].length; j++) {
      yield [vertices[i][j], vertices[i + 1][j], vertices[i + 1][j + 1], vertices[i][j + 1]];
    }
  }
}

const joinByDepth = (facets) =>
  facets
    .sort((a, b) => a.z - b.z)
    .map((facet) => facet.svg)
    .join("");

const towardsViewer = (normal) => (normal[2] < 0 ? normal.map((c) => -c) : normal);

function petalBrightness(vertex, shadow, hollow, moment) {
  const { u, v, material, point } = vertex;
  const { layer } = material;
  const normal = towardsViewer(vertex.normal);
  const lit = dot(normal, LIGHT);
  const wrapped = clamp(lit * 0.62 + 0.38);
  const through = clamp(-lit) * 0.14;
  const shine = clamp(dot(normal, HALFWAY)) ** 26 * 0.16;
  const edge = smooth(span(v, 0.78, 1)) * 0.14 + span(abs(u), 0.8, 1) * 0.03;
  const root = mix(0.5, 1, smooth(span(v, 0.1, 0.9)));
  const glint = 0.2 * bell(point[0] * 0.8 + point[1] * 0.6 - 330 - moment.glint, 24) * (1 - hollow);
  const silk = 0.012 * sin(u * 19 + material.phase) * span(v, 0.2, 0.6);
  const strength = mix(0.7, 0.56, layer * moment.bloom);
  const light = (0.1 + strength * wrapped * root + through) * (1 - 0.52 * shadow) * (1 - 0.8 * hollow);
  return (
    light +
    (shine + edge * (0.35 + wrapped * 0.65)) * (1 - 0.6 * shadow) * (1 - hollow) +
    material.tint +
    silk +
    glint * wrapped
  );
}

function greenBrightness(vertex, shadow, hollow) {
  const normal = towardsViewer(vertex.normal);
  const wrapped = clamp(dot(normal, LIGHT) * 0.65 + 0.32);
  const shine = clamp(dot(normal, HALFWAY)) ** 16 * 0.22;
  const base = (0.08 + 0.64 * wrapped) * (1 - 0.5 * shadow) * (1 - 0.6 * hollow) + shine * (1 - shadow);
  if (vertex.material.kind !== "leaf") return base;
  const { u, v } = vertex;
  return (
    base - 0.1 * bell(u, 0.14) + 0.07 * span(abs(u), 0.8, 1) + 0.06 * v + 0.02 * sin(v * 48 - abs(u) * 7)
  );
}

// ---------------------------------------------------------- drawing: bloom

function petalColour(brightness, layer, palette) {
  const outer = rampColour(palette.petal, brightness);
  const inner = rampColour(palette.heart, brightness);
  const toHeart = 1 - smooth(span(layer, 0.1, 0.6));
  return outer.map((c, i) => mix(c, inner[i], toHeart));
}

function drawBloom(moment, palette, petals) {
  const place = headPlacer(moment);
  const placed = (grid) => grid.map((column) => column.map(place));
  const surfaces = petals.map((petal) => placed(petalSurface(petal, moment, 26, 20)));
  // Keeps the sepals outside the petals while they still hold the bud.
  const hold = 34 * (1 - smooth(span(moment.t, 0.04, 0.26)));
  const clasp = (grid) => grid.map((column) => column.map(([x, y, z]) => [x, y, z + (z > 0 ? hold : -hold)]));
  const greens = [
    verticesOf(placed(hipSurface(24, 10)), { kind: "hip" }),
    ...[0, 1, 2, 3, 4].map((i) =>
      verticesOf(clasp(placed(sepalSurface(i, moment, 8, 22))), { kind: "sepal" }),
    ),
  ];
  const reds = surfaces.map((grid, k) => verticesOf(grid, petals[k]));

  const view = new DepthMap(2, (p) => p);
  const sun = new DepthMap(2.5, lightSpace());
  for (const vertices of [...greens, ...reds]) {
    for (const patch of patchesOf(vertices)) {
      const corners = patch.map((vertex) => vertex.point);
      view.splat(corners);
      sun.splat(corners);
    }
  }
  const shadowAt = (p) => sun.covered(p, 3, 6, 14);
  const hollowAt = (p) => view.covered(p, 5, 3, 46);
  const isHidden = (patch) => patch.every(({ point }) => view.behindAround(point) > point[2] + 9);

  const facets = [];
  for (const vertices of greens) {
    const colourOf = (vertex) =>
      rampColour(palette.green, greenBrightness(vertex, shadowAt(vertex.point), hollowAt(vertex.point)));
    paintSurface(vertices, colourOf, facets, isHidden);
  }
  for (const vertices of reds) {
    const colourOf = (vertex) => {
      const brightness = petalBrightness(vertex, shadowAt(vertex.point), hollowAt(vertex.point), moment);
      return petalColour(brightness, vertex.material.layer, palette);
    };
    paintSurface(vertices, colourOf, facets, isHidden);
  }
  surfaces.forEach((grid, k) => facets.push(...rimHighlights(grid, petals[k], palette, view, shadowAt)));
  const svg = `<g stroke-width="0.7" stroke-linejoin="round">${joinByDepth(facets)}</g>`;
  return { svg, surfaces, view };
}

/** A fine bright line along the free edge of a petal. */
function rimHighlights(grid, petal, palette, view, shadowAt) {
  const columns = grid.length - 1;
  const rows = grid[0].length - 1;
  const edge = [];
  for (let j = floor(rows * 0.35); j < rows; j++)
    edge.push([grid[columns][j], grid[columns][j + 1], 0.15 + 0.35 * (j / rows)]);
  for (let i = 0; i < columns; i++) {
    edge.push([grid[i][rows], grid[i + 1][rows], 1 - 0.6 * abs(((i + 0.5) / columns) * 2 - 1) ** 4]);
  }
  return edge.flatMap(([a, b, strength]) => {
    const centre = [0, 1, 2].map((axis) => (a[axis] + b[axis]) / 2);
    const seen = clamp(1 - (view.at(centre) - centre[2] - 1.5) / 3);
    const opacity =
      0.8 * strength * seen * (1 - 0.7 * shadowAt(centre)) * (1 - view.covered(centre, 4, 3, 40));
    if (opacity < 0.04) return [];
    const line = `M${n1(a[0])} ${n1(a[1])}L${n1(b[0])} ${n1(b[1])}`;
    const svg = `<path d="${line}" stroke="${palette.rimHex}" stroke-width="${n1(0.5 + 0.8 * strength)}" stroke-opacity="${n1(opacity)}" stroke-linecap="round"/>`;
    return [{ z: centre[2] + 1.2, svg }];
  });
}

// ------------------------------------------------- drawing: stem and leaves

function drawGreens(moment, palette) {
  const shadeUnderBloom = ([x, y]) =>
    0.75 * bell(hypot((x - moment.head[0]) / 1.1, y - moment.head[1] - 40), mix(70, 150, moment.bloom));
  const lit = (grid, material) => {
    const facets = [];
    const colourOf = (vertex) =>
      rampColour(palette.green, greenBrightness(vertex, shadeUnderBloom(vertex.point), 0));
    paintSurface(verticesOf(grid, material), colourOf, facets);
    return joinByDepth(facets);
  };
  const stem = lit(stemSurface(moment, 9, 60), { kind: "stem" });
  const thorns = [0.22, 0.5, 0.72].map((v, i) => drawThorn(moment, palette, v, i % 2 ? 1 : -1)).join("");
  const leaves = LEAVES.map((leaf) => {
    const blade = lit(
      gridOf(16, 66, (u, v) => leafPoint(leaf, moment, u, v)),
      { kind: "leaf" },
    );
    return blade + drawVeins(leaf, moment, palette);
  });
  return `<g stroke-width="0.7" stroke-linejoin="round">${leaves[3]}${leaves[2]}${thorns}${stem}${leaves[0]}${leaves[1]}</g>`;
}

function drawThorn(moment, palette, v, side) {
  const [x, y] = stemPoint(moment, v);
  const [g1, g2] = [0.3, 0.62].map((b) => toHex(rampColour(palette.green, b)));
  const tip = `${n1(x + side * 15)} ${n1(y + 1)}`;
  return (
    `<path d="M${n1(x)} ${n1(y - 8)}Q${n1(x + side * 6)} ${n1(y - 2)} ${tip}Q${n1(x + side * 6)} ${n1(y + 4)} ${n1(x)} ${n1(y + 8)}Z" fill="${g1}"/>` +
    `<path d="M${n1(x)} ${n1(y - 7)}Q${n1(x + side * 6)} ${n1(y - 2)} ${tip}" fill="none" stroke="${g2}" stroke-width="1.1"/>`
  );
}

function drawVeins(leaf, moment, palette) {
  const line = (points) => points.map((p, i) => `${i ? "L" : "M"}${n1(p[0])} ${n1(p[1])}`).join("");
  const along = Array.from({ length: 20 }, (_, i) => leafPoint(leaf, moment, 0, (i / 19) * 0.97));
  let svg = `<path d="${line(along)}" fill="none" stroke="${palette.vein}" stroke-width="1.5" stroke-opacity="0.75" stroke-linecap="round"/>`;
  for (const side of [-1, 1]) {
    for (let k = 0; k < 6; k++) {
      const v0 = 0.22 + k * 0.115;
      const vein = Array.from({ length: 7 }, (_, i) => {
        const s = i / 6;
        return leafPoint(leaf, moment, side * s * 0.84, min(0.985, v0 + 0.13 * s ** 1.3));
      });
      svg += `<path d="${line(vein)}" fill="none" stroke="${palette.vein}" stroke-width="0.8" stroke-opacity="0.42" stroke-linecap="round"/>`;
    }
  }
  return svg;
}

// --------------------------------------------------------- drawing: dew

function dewDrop(x, y, r, opacity, turn = 0) {
  return (
    `<g transform="translate(${n1(x)} ${n1(y)}) rotate(${n1(turn)}) scale(${n1(r)})" opacity="${n1(opacity)}">` +
    `<ellipse cx="0.18" cy="0.3" rx="1.02" ry="1.05" fill="#000" opacity="0.26"/>` +
    `<ellipse rx="0.94" ry="1" fill="url(#dew)"/>` +
    `<path d="M-0.62 0.42A0.76 0.8 0 0 0 0.66 0.36A0.9 0.7 0 0 1 -0.62 0.42Z" fill="#fff" opacity="0.75"/>` +
    `<ellipse cx="-0.32" cy="-0.42" rx="0.3" ry="0.22" transform="rotate(-35 -0.32 -0.42)" fill="#fff"/>` +
    `</g>`
  );
}

function drawDew(moment, bloom) {
  const random = seededRandom(2024);
  let svg = "";
  for (let i = 0; i < 34; i++) {
    const k = PETAL_COUNT - 1 - floor(random() * 15);
    const grid = bloom.surfaces[k];
    const column = floor(mix(4, 18, random()));
    const row = floor(mix(9, 18, random()));
    const r = mix(2.6, 5.8, random() ** 1.5);
    const p = grid[column][row];
    const seen = clamp(1 - (bloom.view.at(p) - p[2] - 3) / 8);
    if (seen > 0.05) svg += dewDrop(p[0], p[1], r, seen * 0.95);
  }
  const onLeaves = [
    [0, -0.4, 0.46, 5],
    [0, 0.4, 0.66, 3.6],
    [1, 0.36, 0.5, 5.2],
    [1, -0.45, 0.7, 3.4],
    [1, -0.3, 0.36, 2.6],
    [2, 0.25, 0.6, 3.2],
    [3, -0.2, 0.6, 3.4],
  ];
  for (const [leaf, u, v, r] of onLeaves) {
    const slide = 0.06 * easeInOutSine(moment.t) * (r > 4 ? 1 : 0.3);
    const p = leafPoint(LEAVES[leaf], moment, u, v + slide);
    svg += dewDrop(p[0], p[1], r, 0.92);
  }
  return svg;
}

/** Glittering flecks of dust caught along the petal rims. */
function drawFlecks(moment, bloom, palette) {
  const random = seededRandom(909);
  let svg = "";
  for (let i = 0; i < round(110 * palette.dustScale); i++) {
    const grid = bloom.surfaces[floor(random() * PETAL_COUNT)];
    const column = floor(random() * (grid.length - 1));
    const row = grid[0].length - 1 - floor(random() ** 2 * 6);
    const p = grid[column][row];
    const twinkle = 0.5 + 0.5 * sin(random() * TAU + moment.t * TAU * 3);
    const size = mix(0.6, 1.7, random() ** 2);
    if (bloom.view.at(p) < p[2] + 4)
      svg += drawMote(p[0], p[1], size, palette.dust[i % 3], 0.35 + 0.65 * twinkle);
  }
  return svg;
}

// -------------------------------------------- drawing: light, dust, petals

function drawGlow(moment) {
  const [x, y] = moment.head;
  const pulse = 1 + 0.05 * sin(moment.t * TAU * 1.5);
  const grow = mix(0.74, 1, moment.bloom) * pulse + 0.12 * bell(moment.t - 0.6, 0.1);
  const strength = mix(0.72, 1, moment.bloom) * mix(1, 0.85, smooth(span(moment.t, 0.85, 1)));
  return (
    `<circle cx="${n1(x)}" cy="${n1(y)}" r="${n1(min(250, 236 * grow))}" fill="url(#glow)" opacity="${n1(strength)}"/>` +
    drawRays(moment)
  );
}

/** Soft rays behind the flower that turn slowly and swell as it opens. */
function drawRays(moment) {
  const [x, y] = moment.head;
  const strength =
    0.1 + 0.5 * smooth(span(moment.t, 0.3, 0.62)) * mix(1, 0.7, smooth(span(moment.t, 0.8, 1)));
  let svg = "";
  for (let i = 0; i < 14; i++) {
    const a = (i / 14) * 360 + moment.t * 16 + 6 * sin(i * 2.4);
    const reach = mix(120, 236 + 18 * sin(i * 3.7), mix(0.4, 1, moment.bloom));
    const half = reach * (i % 2 ? 0.05 : 0.085);
    svg += `<path d="M0 0L${n1(reach)} ${n1(-half)}L${n1(reach)} ${n1(half)}Z" transform="rotate(${n1(a)})" fill="url(#ray)"/>`;
  }
  return `<g transform="translate(${n1(x)} ${n1(y)})" opacity="${n1(strength)}" filter="url(#soften)">${svg}</g>`;
}

/** The flourish: stars popping one after another in a crown around the bloom. */
function drawCrown(moment) {
  const count = 11;
  let svg = "";
  for (let i = 0; i < count; i++) {
    const begin = 0.56 + 0.2 * (i / count);
    const pop = easeOutBack(span(moment.t, begin, begin + 0.16), 2.4);
    if (pop <= 0) continue;
    const a = rad(mix(168, 372, i / (count - 1)) + 10 * easeOutCubic(span(moment.t, begin, 1.1)));
    const reach = mix(150, 194 + 14 * (i % 2), easeOutCubic(span(moment.t, begin, begin + 0.3)));
    const twinkle = 0.84 + 0.16 * sin(moment.t * 26 + i * 1.9);
    const x = moment.head[0] + cos(a) * reach * 1.04;
    const y = moment.head[1] + 4 + sin(a) * reach * 0.86;
    svg += drawStar(x, y, (i % 2 ? 8.5 : 15) * pop * twinkle, 1, 14 * sin(moment.t * 5 + i));
  }
  return svg;
}

/** Where the comet of dust is on its way up around the stem. */
function cometPoint(moment, s) {
  const a = s * TAU * 1.75 + 2.4;
  const centre = s < 0.62 ? stemPoint(moment, s / 0.62) : moment.head;
  const lift = span(s, 0.62, 1);
  const r = mix(46, 205, smooth(clamp(s * 1.08)));
  const x = mix(centre[0], moment.head[0], smooth(span(s, 0.4, 0.7)));
  const y = mix(486, moment.head[1] - 22, easeInOutSine(clamp(s * 1.12)));
  return { x: x + cos(a) * r, y: y + sin(a) * r * mix(0.24, 0.42, lift), front: sin(a) > 0 };
}

/** The front or back runs of one tapered veil of the comet's tail. */
function drawTail(moment, headAt, reach, front, halfWidth, colour, opacity) {
  const steps = 60;
  const points = Array.from({ length: steps + 1 }, (_, i) => {
    const f = i / steps;
    return { f, ...cometPoint(moment, max(0, headAt - reach * (1 - f))) };
  });
  const runs = [[]];
  points.forEach((p, i) => {
    const next = points[min(steps, i + 1)];
    const before = points[max(0, i - 1)];
    const length = hypot(next.x - before.x, next.y - before.y) || 1;
    const w = (halfWidth * p.f ** 1.5) / length;
    const side = { x: (before.y - next.y) * w, y: (next.x - before.x) * w };
    if (p.front === front) runs.at(-1).push({ p, side });
    else if (runs.at(-1).length) runs.push([]);
  });
  return runs
    .filter((run) => run.length > 1)
    .map((run) => {
      const left = run.map(({ p, side }) => `${n1(p.x + side.x)} ${n1(p.y + side.y)}`);
      const right = run.map(({ p, side }) => `${n1(p.x - side.x)} ${n1(p.y - side.y)}`).reverse();
      return `<path d="M${[...left, ...right].join("L")}Z" fill="${colour}" fill-opacity="${n1(opacity)}"/>`;
    })
    .join("");
}

function drawComet(moment, palette) {
  const headAt = easeInOutSine(span(moment.t, -0.22, 0.74));
  const fade = 1 - smooth(span(moment.t, 0.68, 0.86));
  const layers = { front: "", back: "" };
  if (fade <= 0) return layers;
  const length = 0.42;
  for (let veil = 0; veil < 7; veil++) {
    const reach = length * (1 - veil / 8);
    layers.back += drawTail(
      moment,
      headAt,
      reach,
      false,
      4.6 - veil * 0.3,
      veil < 2 ? palette.trail : palette.star,
      0.24 * fade,
    );
    layers.front += drawTail(
      moment,
      headAt,
      reach,
      true,
      4.6 - veil * 0.3,
      veil < 2 ? palette.trail : palette.star,
      0.24 * fade,
    );
  }
  const tip = cometPoint(moment, headAt);
  layers[tip.front ? "front" : "back"] += drawStar(tip.x, tip.y, 25, fade, 20 + moment.t * 120);
  const random = seededRandom(515);
  for (let i = 0; i < 40; i++) {
    const back = random() ** 1.3;
    const p = cometPoint(moment, max(0.01, headAt - length * 1.15 * back));
    const drift = back * 26;
    const x = p.x + (random() - 0.5) * drift;
    const y = p.y + (random() - 0.35) * drift;
    const twinkle = 0.55 + 0.45 * sin(random() * TAU + moment.t * 30);
    layers[p.front ? "front" : "back"] += drawMote(
      x,
      y,
      mix(0.8, 2.3, random()),
      palette.dust[i % 4],
      twinkle * fade * (1 - back * 0.7),
    );
  }
  return layers;
}

const drawMote = (x, y, r, colour, opacity) =>
  opacity < 0.03
    ? ""
    : `<circle cx="${n1(x)}" cy="${n1(y)}" r="${n1(r)}" fill="${colour}" fill-opacity="${n1(opacity)}"/>`;

function drawStar(x, y, r, opacity, turn = 0) {
  if (r < 0.6 || opacity < 0.03) return "";
  const arm = (a, length) => {
    const w = 0.085;
    return `M0 ${-length}Q${w} ${-w} ${length} 0Q${w} ${w} 0 ${length}Q${-w} ${w} ${-length} 0Q${-w} ${-w} 0 ${-length}Z`;
  };
  return (
    `<g transform="translate(${n1(x)} ${n1(y)}) rotate(${n1(turn)}) scale(${n1(r)})" opacity="${n1(opacity)}">` +
    `<circle r="0.8" fill="url(#spark)"/><path d="${arm(0, 1)}" fill="url(#starFill)"/>` +
    `<path d="${arm(0, 0.46)}" transform="rotate(45)" fill="url(#starFill)"/></g>`
  );
}

/** Dust that always floats upward, plus the burst at full bloom. */
function drawDust(moment, palette) {
  const random = seededRandom(71);
  const amount = mix(0.7, 1, moment.bloom);
  let svg = "";
  for (let i = 0; i < round(46 * palette.dustScale); i++) {
    const [a, b, c, d, e] = [random(), random(), random(), random(), random()];
    const life = fract(b + moment.t * (c > 0.5 ? 1 : 2));
    const x = 256 + (a - 0.5) * 440 + 12 * sin(life * TAU + d * 6);
    const y = mix(440, 40, d) - easeInOutSine(life) * 70;
    svg += drawMote(x, y, mix(0.7, 2.3, e ** 2), palette.dust[i % 4], sin(PI * life) * 0.85 * amount);
  }
  if (moment.burst > 0) {
    for (let i = 0; i < round(84 * palette.dustScale); i++) {
      const a = random() * TAU;
      const speed = mix(0.45, 1, random());
      const life = clamp(moment.burst * mix(0.85, 1.15, random()));
      const reach = mix(70, 120 + 135 * speed, easeOutCubic(life));
      const x = moment.head[0] + cos(a) * reach * 1.02;
      const y = moment.head[1] + 10 + sin(a) * reach * 0.95 + 46 * life * life;
      const twinkle = 0.7 + 0.3 * sin(random() * TAU + moment.t * 34);
      svg += drawMote(
        x,
        y,
        mix(0.8, 3, random() ** 2) * mix(1.15, 0.7, life),
        palette.dust[i % 4],
        span(life, 0, 0.08) * (1 - life ** 2.2) * twinkle,
      );
    }
  }
  return svg;
}

/** Twinkling stars: [x, y, size, phase, twinkles]; positions follow the head. */
const SPARKLES = [
  [-112, -78, 21, 0.1, 2],
  [98, -112, 17, 0.34, 2],
  [142, 4, 14, 0.55, 3],
  [-150, 26, 15, 0.72, 2],
  [-58, -142, 12, 0.86, 3],
  [66, 138, 13, 0.2, 2],
  [-88, 128, 12, 0.45, 3],
  [176, -70, 10, 0.02, 2],
  [-186, -40, 10, 0.6, 3],
  [168, 158, 13, 0.3, 2],
  [-168, 178, 12, 0.12, 2],
  [20, -166, 10, 0.5, 2],
];

function drawSparkles(moment) {
  const spread = mix(0.8, 1.1, moment.bloom);
  const onFlower = [
    [-38, -52, 15, 0.22],
    [52, -22, 12, 0.6],
    [-66, 20, 11, 0.9],
  ].map(([x, y, r, phase], i) => {
    const x01 = fract(phase + moment.t * 1.5);
    const size = r * easeOutBack(sin(PI * x01)) * mix(0.6, 1, moment.bloom);
    const k = mix(0.45, 1, moment.bloom);
    return drawStar(moment.head[0] + x * k, moment.head[1] + y * k, size, 0.95, i * 17);
  });
  return (
    SPARKLES.map(([dx, dy, r, phase, times]) => {
      const life = fract(phase + moment.t * times);
      const glow = sin(PI * life);
      return drawStar(
        moment.head[0] + dx * spread,
        moment.head[1] + dy * spread,
        r * mix(0.2, 1.05, glow),
        clamp(glow * 3),
        life * 24,
      );
    }).join("") + onFlower.join("")
  );
}

// Loose petals: [start x, start y, fall, drift, size, begins, turns, front].
const LOOSE_PETALS = [
  [92, 96, 150, -46, 17, -0.3, 0.8, true],
  [410, 60, 170, 42, 15, -0.18, -0.9, true],
  [150, 210, 190, -86, 18, 0.34, 1.0, true],
  [372, 230, 170, 78, 20, 0.42, -0.8, true],
  [300, 110, 210, 140, 15, 0.3, 1.1, false],
  [214, 120, 200, -150, 14, 0.38, -1.1, false],
  [442, 250, 150, 20, 13, -0.4, 0.9, true],
  [60, 280, 150, 12, 13, -0.1, 1.0, true],
];

function drawLoosePetals(moment, palette) {
  const layers = { front: "", back: "" };
  LOOSE_PETALS.forEach(([x0, y0, fall, drift, size, begins, turns, front], i) => {
    const life = (moment.t - begins) / 1.05;
    if (life <= 0 || life >= 1) return;
    const x = x0 + drift * easeOutCubic(life) + 13 * sin(life * TAU * 1.1 + i);
    const y =
      y0 +
      fall * (0.35 * life + 0.65 * easeInOutSine(life)) -
      26 * sin(PI * clamp(life * 2)) * (begins > 0 ? 1 : 0.2);
    const fade = smooth(span(life, 0, 0.14)) * smooth(span(1 - life, 0, 0.2));
    layers[front ? "front" : "back"] += loosePetal(
      x,
      y,
      size,
      life * turns * TAU * 0.8 + i * 1.3,
      life * TAU * 1.2 + i,
      fade,
      palette,
    );
  });
  return layers;
}

/** A small cupped, heart-shaped petal tumbling in the air. */
function loosePetal(x, y, size, turn, flip, opacity, palette) {
  const grid = gridOf(10, 10, (u, v) => {
    const width = 0.86 * sin(PI * clamp(v * 0.62 + 0.05)) ** 0.9;
    const length = v * (1 - 0.16 * bell(u, 0.34) * v ** 4 - 0.26 * abs(u) ** 3 * v);
    const p = [u * width, 1.9 * length - 1, 0.5 * (u * u * width + (v - 0.5) ** 2)];
    const q = rotZ(rotX(rotY(p, 0.5 * sin(flip * 0.7)), 0.35 + 0.75 * sin(flip)), turn);
    return [x + q[0] * size, y - q[1] * size, q[2] * size];
  });
  const facets = [];
  const colourOf = ({ normal: raw, v }) => {
    const normal = towardsViewer(raw);
    const lit = clamp(dot(normal, LIGHT) * 0.6 + 0.4);
    return rampColour(
      palette.petal,
      0.18 + 0.4 * lit + 0.2 * v ** 2 + 0.16 * clamp(dot(normal, HALFWAY)) ** 18,
    );
  };
  paintSurface(verticesOf(grid, {}), colourOf, facets);
  const rim = grid.map((column, i) => `${i ? "L" : "M"}${n1(column[10][0])} ${n1(column[10][1])}`).join("");
  return `<g opacity="${n1(opacity)}" stroke-width="0.6">${joinByDepth(facets)}<path d="${rim}" fill="none" stroke="${palette.rimHex}" stroke-opacity="0.8" stroke-width="1"/></g>`;
}

// ------------------------------------------------------------ whole picture

function definitions(palette) {
  const stops = (list) =>
    list.map(([o, c, a]) => `<stop offset="${o}" stop-color="${c}" stop-opacity="${a}"/>`).join("");
  return `<defs>
<radialGradient id="glow">${stops([
    [0, palette.glowInner, 0.72],
    [0.35, palette.glowInner, 0.4],
    [0.62, palette.glowOuter, 0.17],
    [1, palette.glowOuter, 0],
  ])}</radialGradient>
<linearGradient id="ray">${stops([
    [0, palette.glowInner, 0.5],
    [0.5, palette.glowInner, 0.32],
    [1, palette.glowInner, 0],
  ])}</linearGradient>
<radialGradient id="spark">${stops([
    [0, palette.star, 0.95],
    [0.28, palette.trail, 0.55],
    [1, palette.trail, 0],
  ])}</radialGradient>
<radialGradient id="starFill" gradientUnits="userSpaceOnUse" cx="0" cy="0" r="1">${stops([
    [0, "#ffffff", 1],
    [0.4, palette.star, 1],
    [1, palette.trail, 1],
  ])}</radialGradient>
<radialGradient id="dew" cx="0.6" cy="0.72" r="0.85">${stops([
    [0, "#ffffff", 0.72],
    [0.45, "#ffffff", 0.26],
    [0.8, "#ffffff", 0.1],
    [1, "#5a1020", 0.36],
  ])}</radialGradient>
<filter id="soften" x="-20%" y="-20%" width="140%" height="140%"><feGaussianBlur stdDeviation="5"/></filter>
</defs>`;
}

function drawFrame(frame, palette, petals) {
  const moment = momentAt(frame);
  const bloom = drawBloom(moment, palette, petals);
  const comet = drawComet(moment, palette);
  const loose = drawLoosePetals(moment, palette);
  const pixels = SIZE * SUPERSAMPLE;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${pixels}" height="${pixels}" viewBox="0 0 ${SIZE} ${SIZE}">`,
    definitions(palette),
    drawGlow(moment),
    comet.back,
    loose.back,
    drawGreens(moment, palette),
    bloom.svg,
    drawFlecks(moment, bloom, palette),
    drawDew(moment, bloom),
    drawDust(moment, palette),
    comet.front,
    loose.front,
    drawSparkles(moment),
    drawCrown(moment),
    "</svg>",
  ].join("\n");
}

async function rasterise(svg) {
  return sharp(Buffer.from(svg), { unlimited: true })
    .resize(SIZE, SIZE, { kernel: "lanczos3" })
    .png({ palette: true, colours: 256, dither: 0.7, compressionLevel: 9, effort: 10 })
    .toBuffer();
}

function preparePalette(name) {
  const palette = PALETTES[name];
  if (!palette) throw new Error(`unknown palette "${name}": use ${Object.keys(PALETTES).join(" or ")}`);
  return {
    ...palette,
    petal: palette.petal.map(parseHex),
    heart: palette.heart.map(parseHex),
    green: palette.green.map(parseHex),
    rimHex: palette.rim,
  };
}

async function main() {
  const { values } = parseArgs({ options: { palette: { type: "string", default: "coral" } } });
  const palette = preparePalette(values.palette);
  const petals = growPetals();
  const here = dirname(fileURLToPath(import.meta.url));
  const folder = join(here, "frames");
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  let bytes = 0;
  const save = async (frame, svg) => {
    const png = await rasterise(svg);
    await writeFile(join(folder, `${String(frame).padStart(3, "0")}.png`), png);
    if (frame === STILL_FRAME) await writeFile(join(here, "still.png"), png);
    bytes += png.length;
  };
  // One frame is rasterised in the background while the next one is drawn.
  let pending = Promise.resolve();
  for (let frame = 0; frame < FRAME_COUNT; frame++) {
    const svg = drawFrame(frame, palette, petals);
    await pending;
    pending = save(frame, svg);
    await new Promise(setImmediate);
  }
  await pending;
  console.log(`rose (${values.palette}): ${FRAME_COUNT} frames, ${round(bytes / 1024)} KiB`);
}

await main();
