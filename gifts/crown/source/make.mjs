// Draws the Crown gift: a jewelled gold crown lands on a velvet cushion, its gems light up one by one,
// a highlight sweeps over the gold and everything settles into a steady glow.
//
// Run from the repository root:  node gifts/crown/source/make.mjs
//
// Writes next to this file: crown.json (Lottie, 512x512, 30 fps, 90 frames), chime.wav and still.png.
// The output is the same on every run. All art is plain Lottie shape data without masks, mattes, effects
// or expressions. The still is drawn from that same data by the small SVG writer near the end.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import sharp from "sharp";

const SIZE = 512;
const FPS = 30;
const FRAMES = 90;
const STILL_FRAME = 66;
const MIDDLE = SIZE / 2;

const out = (name) => fileURLToPath(new URL(name, import.meta.url));

// ---------------------------------------------------------------------------------------------------------
// Numbers, colours, chance

const round = (n) => Math.round(n * 100) / 100 || 0;
const round3 = (n) => Math.round(n * 1000) / 1000 || 0;
const lerp = (a, b, t) => a + (b - a) * t;
const clamp = (n, low, high) => Math.min(high, Math.max(low, n));
const radians = (deg) => (deg * Math.PI) / 180;
const polar = (x, y, r, deg) => [x + r * Math.cos(radians(deg)), y + r * Math.sin(radians(deg))];
const range = (n) => Array.from({ length: n }, (_, i) => i);

function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let n = Math.imul(state ^ (state >>> 15), state | 1);
    n ^= n + Math.imul(n ^ (n >>> 7), n | 61);
    return ((n ^ (n >>> 14)) >>> 0) / 4294967296;
  };
}

const rgb = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255);
const hexOf = (channels) =>
  `#${channels
    .map((c) =>
      Math.round(clamp(c, 0, 1) * 255)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
const mix = (a, b, t) => hexOf(rgb(a).map((c, i) => lerp(c, rgb(b)[i], t)));

/** Colour at t (0..1) along evenly spaced colours. */
function ramp(colours, t) {
  const at = clamp(t, 0, 1) * (colours.length - 1);
  const i = Math.min(Math.floor(at), colours.length - 2);
  return mix(colours[i], colours[i + 1], at - i);
}

const GOLD = {
  pale: "#fff8cf",
  light: "#ffe688",
  mid: "#fbc02d",
  warm: "#e2930f",
  deep: "#a65f08",
  dark: "#6a3604",
};
const GEMS = {
  ruby: ["#5e0019", "#b30034", "#f5224f", "#ff7a8f", "#ffe3e6"],
  emerald: ["#00391f", "#007a45", "#12bd6c", "#6df0ac", "#e4fff0"],
  sapphire: ["#06145e", "#1238b8", "#2f74ff", "#86b9ff", "#e9f3ff"],
  amethyst: ["#33075c", "#6b16b5", "#a548f0", "#d69cff", "#f8ecff"],
  diamond: ["#2d7fa8", "#66c3e6", "#a9e8fb", "#dcf8ff", "#ffffff"],
};

// ---------------------------------------------------------------------------------------------------------
// Motion: keyframes are [frame, value, ease to the next keyframe]

const EASES = {
  soft: [0.42, 0, 0.58, 1],
  drift: [0.3, 0.12, 0.7, 0.88],
  fall: [0.5, 0, 0.9, 0.75],
  rise: [0.1, 0.4, 0.5, 1],
  pop: [0.2, 0.7, 0.3, 1],
  fade: [0.35, 0, 0.4, 1],
};

const still = (value) => ({ a: 0, k: Array.isArray(value) ? value.map(round) : round(value) });

function moving(keyframes) {
  const last = keyframes.length - 1;
  const k = keyframes.map(([t, value, ease = "soft"], at) => {
    const frame = { t: round(t), s: (Array.isArray(value) ? value : [value]).map(round) };
    if (at === last) return frame;
    const [ox, oy, ix, iy] = EASES[ease];
    return { ...frame, o: { x: [ox], y: [oy] }, i: { x: [ix], y: [iy] } };
  });
  return { a: 1, k };
}

const isKeyframes = (value) => Array.isArray(value) && Array.isArray(value[0]);
const property = (value) => (isKeyframes(value) ? moving(value) : still(value));

function transform({ at = [0, 0], anchor = [0, 0], scale = [100, 100], turn = 0, opacity = 100 } = {}) {
  return {
    a: property(anchor),
    p: property(at),
    s: property(scale),
    r: property(turn),
    o: property(opacity),
  };
}

// ---------------------------------------------------------------------------------------------------------
// Shapes. Art is written from back to front; Lottie lists it from front to back, so groups reverse it.

/** A pen that records cubic curves as Lottie path data. */
function pen(start) {
  const knots = [{ at: start, into: start, from: start }];
  const self = {
    curve(c1, c2, to) {
      knots.at(-1).from = c1;
      knots.push({ at: to, into: c2, from: to });
      return self;
    },
    line: (to) => self.curve(knots.at(-1).at, to, to),
    lines: (points) => points.reduce((p, point) => p.line(point), self),
    follow: (curves) => curves.reduce((p, c) => p.curve(...c), self),
    close: () => finish(true),
    open: () => finish(false),
  };
  function finish(closed) {
    const first = knots[0];
    const end = knots.at(-1);
    const meets = Math.hypot(first.at[0] - end.at[0], first.at[1] - end.at[1]) < 0.01;
    if (closed && meets && knots.length > 1) first.into = knots.pop().into;
    const tangent = (knot, handle) => [round(handle[0] - knot.at[0]), round(handle[1] - knot.at[1])];
    const k = {
      c: closed,
      v: knots.map((knot) => knot.at.map(round)),
      i: knots.map((knot) => tangent(knot, knot.into)),
      o: knots.map((knot) => tangent(knot, knot.from)),
    };
    return { ty: "sh", ks: { a: 0, k } };
  }
  return self;
}

const polygon = (points) => pen(points[0]).lines(points.slice(1)).close();
const ellipse = (x, y, rx, ry = rx) => ({ ty: "el", d: 1, p: still([x, y]), s: still([rx * 2, ry * 2]) });

/** A smooth curve through points. */
function smooth(points, closed) {
  const n = points.length;
  const pick = (i) => (closed ? points[(i + n) % n] : points[clamp(i, 0, n - 1)]);
  const path = pen(points[0]);
  for (const i of range(closed ? n : n - 1)) {
    const [a, b, c, d] = [pick(i - 1), pick(i), pick(i + 1), pick(i + 2)];
    path.curve(
      [0, 1].map((x) => b[x] + (c[x] - a[x]) / 6),
      [0, 1].map((x) => c[x] - (d[x] - b[x]) / 6),
      c,
    );
  }
  return closed ? path.close() : path.open();
}

/** Four-pointed glint with hollow sides. */
function glint(r, waist = 0.1) {
  const tip = (deg) => polar(0, 0, r, deg);
  const inner = (deg) => polar(0, 0, r * waist, deg);
  const path = pen(tip(-90));
  for (const deg of [-90, 0, 90, 180]) path.curve(inner(deg + 15), inner(deg + 75), tip(deg + 90));
  return path.close();
}

const flat = (hex, opacity = 100) => ({
  ty: "fl",
  c: { a: 0, k: [...rgb(hex).map(round3), 1] },
  o: property(opacity),
  r: 1,
});

const line = (hex, width, opacity = 100) => ({
  ty: "st",
  c: { a: 0, k: [...rgb(hex).map(round3), 1] },
  o: property(opacity),
  w: property(width),
  lc: 2,
  lj: 2,
});

/** Gradient stops are [offset, colour, alpha]; alpha stops share the colour offsets. */
function gradient(type, from, to, stops, opacity) {
  const colours = stops.flatMap(([offset, hex]) => [round3(offset), ...rgb(hex).map(round3)]);
  const clear = stops.some(([, , alpha = 1]) => alpha < 1);
  const alphas = clear ? stops.flatMap(([offset, , alpha = 1]) => [round3(offset), round3(alpha)]) : [];
  return {
    ty: "gf",
    o: property(opacity),
    r: 1,
    g: { p: stops.length, k: { a: 0, k: [...colours, ...alphas] } },
    s: property(from),
    e: property(to),
    t: type,
    ...(type === 2 ? { h: { a: 0, k: 0 }, a: { a: 0, k: 0 } } : {}),
  };
}

const linear = (from, to, stops, opacity = 100) => gradient(1, from, to, stops, opacity);
const radial = (x, y, r, stops, opacity = 100) => gradient(2, [x, y], [x + r, y], stops, opacity);
const evenly = (...colours) => colours.map((hex, i) => [i / (colours.length - 1), hex]);

/** One drawn element: paths with one paint, or several from back to front. */
const drawn = (nm, paths, paints, tr) => ({
  ty: "gr",
  nm,
  it: [...[paths].flat(), ...[paints].flat().reverse(), { ty: "tr", ...transform(tr) }],
});

/** Several drawn elements, back to front. */
const group = (nm, items, tr) => ({
  ty: "gr",
  nm,
  it: [...items.flat(3).reverse(), { ty: "tr", ...transform(tr) }],
});

const layer = (nm, items, tr = {}, parent) => ({
  nm,
  parent,
  ty: 4,
  ks: transform(tr),
  shapes: [items].flat(3).reverse(),
});
const rig = (nm, tr) => ({ nm, ty: 3, ks: transform(tr) });

// ---------------------------------------------------------------------------------------------------------
// The crown stands on a cone seen slightly from above. Points on it are (degrees round, height 0..1).

const CONE = { y: 350, height: 196, bottom: 116, top: 152, tilt: 0.17 };
const BASE = [MIDDLE, 390];
const RIM = 0.3;
const VALLEY = 0.5;
const HALF_STEP = 20;
const FRONT_SPIKES = [
  { deg: -80, tip: 0.88 },
  { deg: -40, tip: 1.02 },
  { deg: 0, tip: 1.2 },
  { deg: 40, tip: 1.02 },
  { deg: 80, tip: 0.88 },
];
const BACK_SPIKES = [
  { deg: -120, tip: 0.74 },
  { deg: -160, tip: 0.8 },
  { deg: -200, tip: 0.8 },
  { deg: -240, tip: 0.74 },
];

const coneRadius = (h) => lerp(CONE.bottom, CONE.top, Math.max(h, -0.2));

function onCone(deg, h, swell = 0) {
  const r = coneRadius(h) + swell;
  return [
    MIDDLE + r * Math.sin(radians(deg)),
    CONE.y - CONE.height * h + r * CONE.tilt * Math.cos(radians(deg)),
  ];
}

/** Curves along the cone at one height. */
function ring(h, from, to, swell = 0) {
  const steps = Math.max(1, Math.ceil(Math.abs(to - from) / 45));
  const step = (to - from) / steps;
  const handle = (4 / 3) * Math.tan(radians(step) / 4) * (coneRadius(h) + swell);
  const along = (deg, sign) => {
    const [x, y] = onCone(deg, h, swell);
    const [dx, dy] = [Math.cos(radians(deg)), -CONE.tilt * Math.sin(radians(deg))];
    return [x + sign * handle * dx, y + sign * handle * dy];
  };
  return range(steps).map((i) => {
    const [a, b] = [from + step * i, from + step * (i + 1)];
    return [along(a, 1), along(b, -1), onCone(b, h, swell)];
  });
}

/** Band between two heights over the whole front. */
function hoop(low, high, swell = 0, edge = 90) {
  return pen(onCone(-edge, low, swell))
    .follow(ring(low, -edge, edge, swell))
    .line(onCone(edge, high, swell))
    .follow(ring(high, edge, -edge, swell))
    .close();
}

/** The two flanks of a spike: up to its tip from one valley, and down to the next. */
function spikeUp({ deg, tip }, way, width = 1, foot = VALLEY) {
  const spot = (side, t) => onCone(deg - way * HALF_STEP * width * side, lerp(foot, tip, t));
  return [[spot(0.62, 0), spot(0.34, 0.34), spot(0.07, 1)]];
}
function spikeDown({ deg, tip }, way, width = 1, foot = VALLEY) {
  const spot = (side, t) => onCone(deg + way * HALF_STEP * width * side, lerp(foot, tip, t));
  return [[spot(0.34, 0.34), spot(0.62, 0), spot(1, 0)]];
}

function spikes(path, list, way) {
  for (const spike of list) {
    path.follow(spikeUp(spike, way));
    path.line(onCone(spike.deg + way * HALF_STEP * 0.07, spike.tip));
    path.follow(spikeDown(spike, way));
  }
  return path;
}

function frontOutline() {
  const path = pen(onCone(-90, 0)).line(onCone(-100, VALLEY));
  spikes(path, FRONT_SPIKES, 1);
  return path
    .line(onCone(90, 0))
    .follow(ring(0, 90, -90))
    .close();
}

function backOutline() {
  const path = pen(onCone(-100, RIM)).line(onCone(-100, VALLEY));
  spikes(path, BACK_SPIKES, -1);
  return path.line(onCone(100, RIM)).close();
}

const goldAcross = (left = 100, right = 412) =>
  linear(
    [left, 0],
    [right, 0],
    [
      [0, GOLD.dark],
      [0.06, GOLD.deep],
      [0.18, GOLD.mid],
      [0.31, GOLD.pale],
      [0.4, GOLD.light],
      [0.52, GOLD.mid],
      [0.68, GOLD.warm],
      [0.82, GOLD.mid],
      [0.9, GOLD.light],
      [0.96, GOLD.warm],
      [1, GOLD.dark],
    ],
  );

function goldBall(nm, x, y, r) {
  return drawn(
    nm,
    ellipse(x, y, r),
    radial(x - r * 0.35, y - r * 0.4, r * 1.5, evenly(GOLD.pale, GOLD.mid, GOLD.warm, GOLD.dark)),
  );
}

function pearl(nm, x, y, r) {
  const stops = [
    [0, "#ffffff"],
    [0.35, "#fff6ea"],
    [0.68, "#e9d6d3"],
    [0.9, "#b79fb4"],
    [1, "#d9c7d6"],
  ];
  return group(nm, [
    drawn("pearl", ellipse(x, y, r), radial(x - r * 0.3, y - r * 0.35, r * 1.4, stops)),
    drawn("shine", ellipse(x - r * 0.35, y - r * 0.4, r * 0.26, r * 0.2), flat("#ffffff")),
  ]);
}

function drawBack() {
  const outline = backOutline();
  return [
    drawn("inside wall", outline, [
      linear([0, 190], [0, 300], evenly("#c98110", "#8a4a06", "#4a2302")),
      line("#ffd45e", 2, 80),
    ]),
    BACK_SPIKES.map(({ deg, tip }) => {
      const [x, y] = onCone(deg, tip);
      return pearl("back pearl", x, y - 5, 6.5);
    }),
  ];
}

function drawVelvet() {
  const dome = pen([130, 300])
    .curve([126, 236], [178, 205], [256, 203])
    .curve([334, 205], [386, 236], [382, 300])
    .curve([340, 330], [172, 330], [130, 300])
    .close();
  const fold = (x, lean) =>
    pen([x, 300])
      .curve([x + lean * 0.1, 268], [x + lean * 0.4, 230], [x + lean, 210])
      .open();
  return [
    drawn("velvet", dome, radial(222, 232, 165, evenly("#ff5c7a", "#d81b47", "#8d0a2e", "#3d0217"))),
    [
      [152, 66],
      [196, 38],
      [316, -38],
      [360, -66],
    ].map(([x, lean]) => drawn("fold", fold(x, lean), line("#5c061f", 3, 55))),
    [
      [160, 64],
      [205, 36],
      [308, -36],
      [352, -64],
    ].map(([x, lean]) => drawn("fold light", fold(x, lean), line("#ff8aa0", 2, 45))),
    drawn(
      "velvet sheen",
      ellipse(0, 0, 60),
      radial(0, 0, 60, [
        [0, "#ffd0da", 0.6],
        [1, "#ff6f91", 0],
      ]),
      { at: [224, 222], scale: [100, 30], turn: -6 },
    ),
    drawn(
      "velvet shade",
      dome,
      linear(
        [0, 230],
        [0, 300],
        [
          [0, "#2a0010", 0],
          [1, "#2a0010", 0.75],
        ],
      ),
    ),
  ];
}

/** Bevels: a lit left face and a shaded right face on each spike, fading towards the band. */
function bevel(spike) {
  const { deg, tip } = spike;
  const top = onCone(deg, tip);
  const foot = onCone(deg, RIM);
  const face = (side) => {
    const path = pen(foot)
      .line(onCone(deg + side * HALF_STEP, RIM))
      .line(onCone(deg + side * HALF_STEP, VALLEY));
    return path.follow(spikeUp(spike, -side)).line(top).close();
  };
  const fadeDown = (hex, alpha) =>
    linear(top, foot, [
      [0, hex, alpha],
      [0.6, hex, alpha * 0.7],
      [1, hex, 0],
    ]);
  return group("spike bevel", [
    drawn("lit face", face(-1), fadeDown("#fffbe0", 0.55)),
    drawn("shaded face", face(1), fadeDown("#8a4a02", 0.62)),
  ]);
}

function filigree(spike) {
  const inset = { deg: spike.deg, tip: lerp(VALLEY, spike.tip, 0.74) };
  const foot = 0.42;
  const width = 0.7;
  const start = onCone(spike.deg - HALF_STEP * width, foot);
  const path = pen(start)
    .follow(spikeUp(inset, 1, width, foot))
    .line(onCone(inset.deg + HALF_STEP * width * 0.07, inset.tip))
    .follow(spikeDown(inset, 1, width, foot))
    .curve(onCone(spike.deg + 8, 0.34), onCone(spike.deg - 8, 0.34), start)
    .close();
  return group("filigree", [
    drawn("groove", path, line("#8a4b05", 2.2, 75)),
    drawn("groove light", path, line("#fff3b8", 1.1, 90), { at: [0.9, 1.2] }),
  ]);
}

function drawFront() {
  const outline = frontOutline();
  return [
    drawn("gold", outline, [
      goldAcross(),
      linear(
        [0, 150],
        [0, 372],
        [
          [0, "#fff7c9", 0.5],
          [0.35, "#ffd75e", 0],
          [1, "#7a3b02", 0.45],
        ],
      ),
    ]),
    FRONT_SPIKES.map(bevel),
    drawn("gold edge", outline, [line("#fff4bd", 2.6, 95), line("#7d4204", 0.9, 80)]),
    FRONT_SPIKES.map(filigree),
  ];
}

function drawBand() {
  const beads = range(21).map((i) => {
    const deg = -80 + i * 8;
    const [x, y] = onCone(deg, RIM + 0.005, 3);
    return goldBall("bead", x, y, 4.3 * lerp(0.72, 1, Math.cos(radians(deg))));
  });
  const studs = [-60, -39, -14, 14, 39, 60].flatMap((deg) =>
    [0.075, 0.225].map((h) => {
      const [x, y] = onCone(deg, h, 1);
      return pearl("stud", x, y, 3.6 * lerp(0.6, 1, Math.cos(radians(deg))));
    }),
  );
  return [
    drawn(
      "band shadow",
      hoop(0, RIM + 0.045),
      linear(
        [0, 290],
        [0, 322],
        [
          [0, "#6b3302", 0],
          [1, "#6b3302", 0.7],
        ],
      ),
    ),
    drawn("band", hoop(0, RIM, 1), goldAcross(138, 374)),
    drawn(
      "band inlay",
      hoop(0.05, RIM - 0.05, 1),
      linear(
        [140, 0],
        [372, 0],
        [
          [0, "#5e2f03", 0.9],
          [0.3, "#d98a10", 0.45],
          [0.5, "#a86207", 0.6],
          [0.75, "#d98a10", 0.5],
          [1, "#5e2f03", 0.9],
        ],
      ),
    ),
    drawn("upper rim", hoop(RIM - 0.055, RIM - 0.01, 3), goldAcross(138, 374)),
    drawn("lower rim", hoop(0.0, 0.05, 3), goldAcross(138, 374)),
    drawn("rim lines", [hoop(RIM - 0.055, RIM - 0.01, 3), hoop(0, 0.05, 3)], line("#7d4204", 0.8, 70)),
    beads,
    studs,
  ];
}

/** A cross with flared arms. */
function flaredCross(arm, waist, flare) {
  const arms = [0, 90, 180, 270].map((deg) => {
    const spin = (x, y) => [
      x * Math.cos(radians(deg)) - y * Math.sin(radians(deg)),
      x * Math.sin(radians(deg)) + y * Math.cos(radians(deg)),
    ];
    return [
      spin(-waist, -waist),
      spin(-waist, -arm * 0.6),
      spin(-flare, -arm),
      spin(0, -arm * 0.9),
      spin(flare, -arm),
      spin(waist, -arm * 0.6),
      spin(waist, -waist),
    ];
  });
  const path = pen(arms[0][0]);
  for (const [root, bend, corner, dip, far, farBend, farRoot] of arms) {
    path.line(root).curve(bend, bend, corner).line(dip).line(far).curve(farBend, farBend, farRoot);
  }
  return path.close();
}

/** The orb and cross on the middle spike. */
function drawFinial(x, y) {
  const cross = flaredCross(16, 2.6, 7.5);
  const up = { at: [x, y - 35] };
  return group("finial", [
    goldBall("orb", x, y - 9, 12.5),
    drawn(
      "orb hoop",
      pen([x - 11.5, y - 10])
        .curve([x - 6, y - 5.5], [x + 6, y - 5.5], [x + 11.5, y - 10])
        .open(),
      [line("#8a4b05", 3.4, 80), line(GOLD.light, 1.6)],
    ),
    drawn("orb shine", ellipse(x - 4.5, y - 14.5, 3.4, 2.2), flat("#ffffff", 90)),
    drawn(
      "cross",
      cross,
      [
        linear([-14, -14], [14, 14], evenly(GOLD.pale, GOLD.light, GOLD.mid, GOLD.deep)),
        line("#8a4b05", 1, 80),
      ],
      up,
    ),
    drawn(
      "cross ruby",
      ellipse(0, 0, 4.2),
      radial(-1.2, -1.4, 6, evenly("#ffd0d8", "#f5224f", "#8d0a2e")),
      up,
    ),
  ]);
}

function drawTips() {
  return FRONT_SPIKES.map(({ deg, tip }) => {
    const [x, y] = onCone(deg, tip);
    const r = deg === 0 ? 12 : 10.5;
    return group("tip", [
      drawn(
        "collar",
        ellipse(x, y + 1, r * 0.85, r * 0.42),
        linear([x - r, 0], [x + r, 0], evenly(GOLD.deep, GOLD.pale, GOLD.warm, GOLD.dark)),
      ),
      deg === 0 ? drawFinial(x, y) : pearl("pearl", x, y - r * 0.75, r),
    ]);
  });
}

/** Ermine: a furry white roll with black tails round the foot of the crown. */
function drawErmine() {
  const random = seededRandom(11);
  const [low, high, edge] = [-0.122, 0.02, 84];
  const bulge = 12;
  const tufts = (h, count, depth, direction, swell) =>
    range(count).flatMap((i) => {
      const deg = (portion) => direction * lerp(-edge, edge, portion);
      const root = onCone(deg(i / count), h, swell + random());
      const [tipX, tipY] = onCone(deg((i + 0.55) / count), h, swell + random());
      return [root, [tipX + random() * 2 - 1, tipY + direction * depth * (0.7 + random() * 0.6)]];
    });
  const end = (way, portions) => portions.map(([h, swell]) => onCone(way * 90, lerp(low, high, h), swell));
  const bulges = [
    [0.05, 11],
    [0.3, 15.5],
    [0.55, 16],
    [0.8, 12],
  ];
  const body = smooth(
    [
      ...tufts(low, 30, 4.6, 1, 9),
      ...end(1, bulges),
      ...tufts(high, 26, 2.4, -1, 6),
      ...end(-1, [...bulges].reverse()),
    ],
    true,
  );
  const ticks = range(64).map((i) => {
    const deg = lerp(-84, 84, (i + random() * 0.8) / 64);
    const [x, y] = onCone(deg, lerp(low + 0.01, high - 0.02, random()), bulge);
    const lean = deg * 0.035;
    return pen([x, y])
      .curve([x + lean * 0.2, y + 2], [x + lean * 0.5, y + 4], [x + lean, y + 5.5])
      .open();
  });
  const tails = range(15).map((i) => {
    const deg = -77 + i * 11;
    const [x, y] = onCone(deg, i % 2 ? -0.08 : -0.025, bulge);
    const wide = 3.8 * lerp(0.5, 1, Math.cos(radians(deg)));
    const tail = pen([x, y - 7])
      .curve([x + wide * 0.5, y - 3], [x + wide, y + 2], [x + wide * 0.8, y + 5])
      .curve([x + wide * 0.3, y + 8], [x - wide * 0.3, y + 8], [x - wide * 0.8, y + 5])
      .curve([x - wide, y + 2], [x - wide * 0.5, y - 3], [x, y - 7])
      .close();
    return drawn("ermine tail", tail, linear([x, y - 7], [x, y + 7], evenly("#5a5168", "#17131f")));
  });
  const roundness = (shift, alpha) => {
    const band = hoop(lerp(low, high, shift - 0.14), lerp(low, high, shift + 0.14), bulge, 80);
    return drawn(
      "fur roll",
      band,
      linear(
        [132, 0],
        [380, 0],
        [
          [0, "#ffffff", 0],
          [0.3, "#ffffff", alpha],
          [0.7, "#ffffff", alpha * 0.8],
          [1, "#ffffff", 0],
        ],
      ),
    );
  };
  return [
    drawn("fur", body, [
      linear(
        [0, 342],
        [0, 402],
        [
          [0, "#f4edff"],
          [0.35, "#fffdff"],
          [0.62, "#efe6f8"],
          [0.86, "#c9bbdd"],
          [1, "#9887b8"],
        ],
      ),
      linear(
        [124, 0],
        [388, 0],
        [
          [0, "#5c4a80", 0.75],
          [0.16, "#8d7bb0", 0.2],
          [0.35, "#ffffff", 0.3],
          [0.7, "#ffffff", 0],
          [0.86, "#8d7bb0", 0.2],
          [1, "#5c4a80", 0.75],
        ],
      ),
    ]),
    drawn(
      "fur underside",
      hoop(low - 0.005, lerp(low, high, 0.3), bulge, 86),
      linear(
        [124, 0],
        [388, 0],
        [
          [0, "#6f5d96", 0.35],
          [0.5, "#6f5d96", 0.22],
          [1, "#6f5d96", 0.4],
        ],
      ),
    ),
    roundness(0.68, 0.75),
    drawn("fur ticks", ticks, line("#a899c4", 1.1, 70)),
    tails,
  ];
}

// ---------------------------------------------------------------------------------------------------------
// Gems: an outline cut into facets, each shaded by the way it faces

const regular = (n, rx, ry, turn = 0) =>
  range(n).map((i) => [
    rx * Math.cos(radians((360 / n) * i + turn)),
    ry * Math.sin(radians((360 / n) * i + turn)),
  ]);

const CUTS = {
  oval: (r) => regular(12, r, r * 0.84, 15),
  round: (r) => regular(8, r, r, 22.5),
  step: (r) =>
    [
      [-0.62, -1],
      [0.62, -1],
      [1, -0.66],
      [1, 0.66],
      [0.62, 1],
      [-0.62, 1],
      [-1, 0.66],
      [-1, -0.66],
    ].map(([x, y]) => [x * r, y * r]),
  pear: (r) =>
    [
      [0, -1.5],
      [0.48, -0.72],
      [0.88, -0.02],
      [0.9, 0.5],
      [0.52, 0.95],
      [0, 1.1],
      [-0.52, 0.95],
      [-0.9, 0.5],
      [-0.88, -0.02],
      [-0.48, -0.72],
    ].map(([x, y]) => [x * r, y * r]),
};

const scaled = (points, k) => points.map(([x, y]) => [x * k, y * k]);

/** Facets between the outline and the table, gathered by shade. */
function facets(outline, table, colours, random) {
  const levels = 6;
  const byShade = range(levels + 1).map(() => []);
  outline.forEach((a, i) => {
    const next = (i + 1) % outline.length;
    const [mx, my] = [(a[0] + outline[next][0]) / 2, (a[1] + outline[next][1]) / 2];
    const facing = (-0.5 * mx - 0.86 * my) / Math.hypot(mx, my);
    const shade = clamp(0.4 + facing * 0.3 + (random() - 0.5) * 0.34, 0, 0.9);
    byShade[Math.round(shade * levels)].push(polygon([a, outline[next], table[next], table[i]]));
  });
  return byShade.flatMap((paths, level) =>
    paths.length ? drawn("facets", paths, flat(ramp(colours, level / levels))) : [],
  );
}

function drawGem({ cut, colour, r, lit }, seed) {
  const outline = CUTS[cut](r);
  const table = scaled(outline, 0.56);
  const colours = GEMS[colour];
  const stone = polygon(outline);
  const setting = smooth(scaled(outline, 1.25), true);
  return [
    drawn("setting shadow", setting, flat("#4a2202", 55), { at: [1, 2.2] }),
    drawn("setting", setting, linear([-r, -r], [r, r], evenly(GOLD.pale, GOLD.mid, GOLD.deep, GOLD.light))),
    drawn("seat", smooth(scaled(outline, 1.08), true), flat("#5a2c02")),
    facets(outline, table, colours, seededRandom(seed)),
    drawn("table", polygon(table), [
      linear(
        [-r * 0.5, -r * 0.6],
        [r * 0.5, r * 0.6],
        evenly(colours[3], colours[2], colours[1], mix(colours[2], colours[3], 0.5)),
      ),
      line(colours[4], 0.7, 60),
    ]),
    drawn(
      "low glow",
      ellipse(r * 0.22, r * 0.42, r * 0.5, r * 0.34),
      radial(r * 0.22, r * 0.42, r * 0.5, [
        [0, colours[3], 0.9],
        [1, colours[3], 0],
      ]),
    ),
    drawn("lighting up", stone, [
      flat("#12001a", [
        [0, 40],
        [lit, 40, "pop"],
        [lit + 6, 0],
      ]),
      flat(colours[4], [
        [0, 0],
        [lit, 0, "pop"],
        [lit + 4, 80, "fade"],
        [lit + 16, 0],
      ]),
    ]),
    drawn(
      "reflection",
      polygon(
        [
          [-0.5, -0.42],
          [0.1, -0.52],
          [-0.3, 0.1],
          [-0.52, 0.05],
        ].map(([x, y]) => [x * r, y * r]),
      ),
      flat("#ffffff", 70),
    ),
    drawn("spark", ellipse(-r * 0.36, -r * 0.42, r * 0.15, r * 0.11), flat("#ffffff")),
  ];
}

function drawGemLight({ colour, r, lit }) {
  const colours = GEMS[colour];
  const reach = r * 2.7;
  return [
    drawn(
      "halo",
      ellipse(0, 0, reach),
      radial(0, 0, reach, [
        [0, colours[3], 0.8],
        [0.34, colours[3], 0.5],
        [1, colours[2], 0],
      ]),
      {
        scale: [
          [0, [40, 40]],
          [lit, [40, 40], "pop"],
          [lit + 6, [118, 118], "fade"],
          [lit + 18, [88, 88]],
          [89, [94, 94]],
        ],
        opacity: [
          [0, 0],
          [lit, 0, "pop"],
          [lit + 5, 100, "fade"],
          [lit + 18, 34],
          [89, 44],
        ],
      },
    ),
    drawn("flare", glint(r * 2.5, 0.07), flat("#ffffff"), {
      scale: [
        [0, [0, 0]],
        [lit, [0, 0], "pop"],
        [lit + 5, [100, 100], "fade"],
        [lit + 20, [26, 26]],
        [89, [32, 32]],
      ],
      turn: [
        [0, -20],
        [lit, -20, "pop"],
        [lit + 20, 25],
      ],
      opacity: [
        [0, 0],
        [lit, 0, "pop"],
        [lit + 3, 100, "fade"],
        [lit + 20, 65],
      ],
    }),
  ];
}

const JEWELS = [
  { deg: -71, h: 0.15, cut: "round", colour: "amethyst", r: 9 },
  { deg: -50, h: 0.15, cut: "oval", colour: "sapphire", r: 13 },
  { deg: -27, h: 0.15, cut: "step", colour: "emerald", r: 12.5 },
  { deg: 0, h: 0.15, cut: "oval", colour: "ruby", r: 20 },
  { deg: 27, h: 0.15, cut: "step", colour: "emerald", r: 12.5 },
  { deg: 50, h: 0.15, cut: "oval", colour: "sapphire", r: 13 },
  { deg: 71, h: 0.15, cut: "round", colour: "amethyst", r: 9 },
  { deg: 71, h: 0.45, cut: "pear", colour: "emerald", r: 9 },
  { deg: 40, h: 0.47, cut: "pear", colour: "ruby", r: 12.5 },
  { deg: -71, h: 0.45, cut: "pear", colour: "emerald", r: 9 },
  { deg: -40, h: 0.47, cut: "pear", colour: "ruby", r: 12.5 },
  { deg: 0, h: 0.5, cut: "pear", colour: "diamond", r: 16.5 },
].map((jewel, i) => ({ ...jewel, lit: 12 + i * 3 }));

function jewelLayers() {
  const place = ({ deg, h }, narrow) => {
    const wide = narrow ? 100 * clamp(Math.cos(radians(deg)) ** 0.55, 0.55, 1) : 100;
    return { at: onCone(deg, h, 2), scale: [wide, 100], turn: deg * (h > RIM ? 0.08 : 0) };
  };
  const stones = JEWELS.map((jewel, i) =>
    layer(`${jewel.colour} ${i + 1}`, drawGem(jewel, 40 + i), place(jewel, true), "crown rig"),
  );
  const lights = JEWELS.map((jewel, i) =>
    layer(`light ${i + 1}`, drawGemLight(jewel), place(jewel, false), "crown rig"),
  );
  return { stones, lights };
}

// ---------------------------------------------------------------------------------------------------------
// The cushion

function cushionTop() {
  return pen([62, 438])
    .curve([92, 420], [108, 398], [116, 374])
    .curve([170, 358], [342, 358], [396, 374])
    .curve([404, 398], [420, 420], [450, 438])
    .curve([392, 462], [120, 462], [62, 438])
    .close();
}

function cushionBottom() {
  return pen([62, 438])
    .curve([120, 462], [392, 462], [450, 438])
    .curve([436, 462], [424, 476], [404, 484])
    .curve([330, 498], [182, 498], [108, 484])
    .curve([88, 476], [76, 462], [62, 438])
    .close();
}

const cushionSeam = () => pen([62, 438]).curve([120, 462], [392, 462], [450, 438]).open();
const cushionSides = () => [
  pen([62, 438]).curve([92, 420], [108, 398], [116, 374]).open(),
  pen([450, 438]).curve([420, 420], [404, 398], [396, 374]).open(),
];

/** Point on the front seam. */
function onSeam(t) {
  const knots = [
    [62, 438],
    [120, 462],
    [392, 462],
    [450, 438],
  ];
  const weights = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3];
  return [0, 1].map((axis) => knots.reduce((sum, knot, i) => sum + knot[axis] * weights[i], 0));
}

function rope(paths) {
  return [
    drawn("rope", paths, [line("#8a4b05", 8), line("#f0ac1c", 5.6)]),
    drawn("rope light", paths, line("#fff0a8", 1.8, 90), { at: [0, -1.4] }),
  ];
}

function drawCushion() {
  const top = cushionTop();
  const bottom = cushionBottom();
  const twists = range(43).map((i) => {
    const [x, y] = onSeam((i + 0.5) / 43);
    return pen([x - 1.8, y + 3])
      .line([x + 1.8, y - 3])
      .open();
  });
  const crease = (x, y, dx, dy) =>
    pen([x, y])
      .curve([x + dx * 0.3, y + dy * 0.1], [x + dx * 0.7, y + dy * 0.5], [x + dx, y + dy])
      .open();
  const braid = pen([84, 464]).curve([150, 486], [362, 486], [428, 464]).open();
  const motif = (t) => {
    const [x, y] = onSeam(t);
    const size = lerp(7, 9, 1 - Math.abs(t - 0.5) * 2);
    return drawn(
      "embroidery",
      glint(size, 0.34),
      linear([0, -size], [0, size], evenly("#fff0a8", "#f0ac1c", "#b26f0a")),
      { at: [x, y + 15 - Math.abs(t - 0.5) * 6], scale: [80, 100] },
    );
  };
  return [
    drawn("cushion underside", bottom, linear([0, 440], [0, 494], evenly("#7a2bd6", "#4c1399", "#1f0650"))),
    drawn(
      "underside shade",
      bottom,
      linear(
        [62, 0],
        [450, 0],
        [
          [0, "#12002e", 0.7],
          [0.25, "#12002e", 0],
          [0.45, "#c79bff", 0.2],
          [0.7, "#12002e", 0],
          [1, "#12002e", 0.75],
        ],
      ),
    ),
    drawn("cushion top", top, radial(230, 420, 215, evenly("#b06bff", "#8a35ea", "#5f18b8", "#2f0873"))),
    drawn(
      "cushion sheen left",
      ellipse(0, 0, 60),
      radial(0, 0, 60, [
        [0, "#ead0ff", 0.5],
        [0.5, "#c890ff", 0.22],
        [1, "#b06bff", 0],
      ]),
      { at: [146, 424], scale: [112, 30], turn: -10 },
    ),
    drawn(
      "cushion sheen right",
      ellipse(0, 0, 60),
      radial(0, 0, 60, [
        [0, "#e0bcff", 0.38],
        [0.5, "#c890ff", 0.16],
        [1, "#b06bff", 0],
      ]),
      { at: [368, 425], scale: [108, 28], turn: 10 },
    ),
    [
      [74, 436, 46, -8],
      [80, 432, 40, -22],
      [438, 436, -46, -8],
      [432, 432, -40, -22],
    ].map((c) => drawn("crease", crease(...c), line("#2b0766", 2.2, 60))),
    [
      [84, 446, 36, 12],
      [428, 446, -36, 12],
    ].map((c) => drawn("crease light", crease(...c), line("#c79bff", 2, 45))),
    [0.16, 0.33, 0.5, 0.67, 0.84].map(motif),
    rope(cushionSides()),
    drawn("gold braid", braid, line("#e9a820", 2, 85)),
    goldBall("back knot", 116, 373, 7),
    goldBall("back knot", 396, 373, 7),
    rope(cushionSeam()),
    drawn("rope twist", twists, line("#9a5a06", 1.3, 85)),
  ];
}

function drawTassel() {
  const strands = range(7).map((i) => {
    const x = (i - 3) * 3;
    return pen([x * 0.55, 12])
      .curve([x * 0.8, 20], [x * 1.1, 30], [x * 1.15, 41])
      .open();
  });
  const skirt = pen([-6, 10])
    .curve([-9, 20], [-13, 32], [-12, 42])
    .curve([-6, 46], [6, 46], [12, 42])
    .curve([13, 32], [9, 20], [6, 10])
    .close();
  return [
    drawn("skirt", skirt, linear([-12, 0], [12, 0], evenly(GOLD.deep, GOLD.light, GOLD.mid, GOLD.dark))),
    drawn("strands", strands, line("#9a5a06", 1, 75)),
    goldBall("knot", 0, 4, 8),
    drawn("tie", ellipse(0, 12, 7, 2.8), linear([-7, 0], [7, 0], evenly("#7a2bd6", "#d6b3ff", "#4c1399"))),
  ];
}

const tasselSwing = (way) =>
  [
    [0, 7],
    [8, -5],
    [16, 11],
    [26, -7],
    [38, 4],
    [54, -3],
    [72, 2],
    [89, 0],
  ].map(([t, turn]) => [t, turn * way]);

// ---------------------------------------------------------------------------------------------------------
// Light and air around the crown

/** Long and short rays by turns. */
function drawRays(pairs, width, reach, hex, alpha) {
  const stops = [
    [0, hex, alpha],
    [0.4, hex, alpha * 0.85],
    [0.75, hex, alpha * 0.32],
    [1, hex, 0],
  ];
  const wedge = (deg, r) =>
    polygon([
      polar(0, 0, 20, deg - width * 0.4),
      polar(0, 0, r, deg - width),
      polar(0, 0, r, deg + width),
      polar(0, 0, 20, deg + width * 0.4),
    ]);
  return [0, 1].map((short) => {
    const r = reach * (short ? 0.84 : 1);
    const wedges = range(pairs).map((i) => wedge((360 / pairs) * (i + short / 2), r));
    return drawn(short ? "short rays" : "long rays", wedges, radial(0, 0, r, stops));
  });
}

function backdropLayers() {
  const at = [MIDDLE, 248];
  const glow = drawn(
    "glow",
    ellipse(0, 0, 246),
    radial(0, 0, 246, [
      [0, "#fff3b0", 1],
      [0.35, "#ffcf3f", 0.8],
      [0.6, "#ffa02a", 0.46],
      [0.8, "#ff7d45", 0.17],
      [1, "#ff7a70", 0],
    ]),
  );
  const ringLine = drawn("ring", ellipse(0, 0, 196), line("#ffd75e", 1.8, 60));
  const pips = range(24).map((i) => ellipse(...polar(0, 0, 196, i * 15), i % 2 ? 1.8 : 3.6));
  return [
    layer("glow", glow, {
      at,
      scale: [
        [0, [88, 88]],
        [8, [96, 96], "pop"],
        [22, [90, 90]],
        [46, [92, 92]],
        [62, [103, 103]],
        [89, [100, 100]],
      ],
      opacity: [
        [0, 72],
        [8, 92],
        [22, 74],
        [46, 80],
        [62, 100],
        [89, 94],
      ],
    }),
    layer("wide rays", drawRays(6, 6.5, 250, "#ffc021", 0.85), {
      at,
      turn: [
        [0, 0, "drift"],
        [89, 26],
      ],
      opacity: [
        [0, 70],
        [50, 82],
        [64, 100],
        [89, 92],
      ],
    }),
    layer("fine rays", drawRays(9, 2, 236, "#ffdc6b", 0.9), {
      at,
      turn: [
        [0, 8, "drift"],
        [89, -20],
      ],
      opacity: [
        [0, 62],
        [45, 76],
        [64, 100],
        [89, 88],
      ],
    }),
    layer("halo ring", [ringLine, drawn("pips", pips, flat("#ffcf4d", 90))], {
      at,
      turn: [
        [0, 0, "drift"],
        [89, 18],
      ],
      scale: [
        [0, [94, 94]],
        [30, [97, 97]],
        [62, [102, 102]],
        [89, [100, 100]],
      ],
    }),
  ];
}

function drawSparkle(r, hex) {
  return [
    drawn(
      "sparkle glow",
      ellipse(0, 0, r),
      radial(0, 0, r, [
        [0, hex, 0.75],
        [1, hex, 0],
      ]),
    ),
    drawn("sparkle", glint(r * 1.7, 0.14), flat(hex)),
    drawn("sparkle core", glint(r * 0.9, 0.11), flat("#fffbe6")),
  ];
}

const SPARKLES = [
  [66, 118, 11],
  [118, 62, 8],
  [196, 92, 7],
  [330, 66, 10],
  [414, 96, 8],
  [458, 176, 11],
  [40, 232, 8],
  [92, 300, 7],
  [432, 304, 9],
  [478, 268, 6],
  [256, 44, 9],
  [80, 190, 6],
  [436, 46, 6],
  [30, 330, 6],
  [482, 360, 8],
  [372, 128, 6],
];

function sparkleLayers() {
  const random = seededRandom(5);
  return SPARKLES.map(([x, y, r], i) => {
    const beat = 20 + random() * 10;
    const phase = random() * beat;
    const times = range(7)
      .map((n) => Math.round(n * beat - phase))
      .filter((t) => t > 2 && t < 86);
    const sizes = [0, ...times, 89].map((t, n) => [t, (n + i) % 2 ? 48 : 112]);
    const climb = 8 + random() * 14;
    const lean = (random() - 0.5) * 14;
    return layer(`sparkle ${i + 1}`, drawSparkle(r, i % 3 ? "#ffc01f" : "#ff7fbf"), {
      at: [
        [0, [x, y], "drift"],
        [45, [x + lean, y - climb * 0.5], "drift"],
        [89, [x, y - climb]],
      ],
      scale: sizes.map(([t, s]) => [t, [s, s]]),
      turn: [
        [0, -18, "drift"],
        [89, 30],
      ],
    });
  });
}

const CONFETTI_COLOURS = ["#ffc42e", "#f5224f", "#9a4dff", "#22c3a6", "#ff7ab8", "#3d8bff"];

function confettiPiece(kind, size, hex) {
  const shine = mix(hex, "#ffffff", 0.32);
  const paint = linear([-size, -size], [size, size], evenly(shine, mix(hex, "#20002a", 0.15)));
  if (kind === 0)
    return drawn(
      "slip",
      polygon([
        [-size, -size * 0.5],
        [size, -size * 0.5],
        [size, size * 0.5],
        [-size, size * 0.5],
      ]),
      paint,
    );
  if (kind === 1) return drawn("dot", ellipse(0, 0, size * 0.62), paint);
  if (kind === 2)
    return drawn(
      "diamond",
      polygon([
        [0, -size],
        [size * 0.62, 0],
        [0, size],
        [-size * 0.62, 0],
      ]),
      paint,
    );
  const curl = pen([-size * 1.5, 0])
    .curve([-size, -size], [-size * 0.4, size], [0, 0])
    .curve([size * 0.4, -size], [size, size], [size * 1.5, 0])
    .open();
  return drawn("curl", curl, line(hex, 3));
}

/** Paper drifting down, swaying and tumbling. Each side of the crown gets its share. */
function confettiLayers(count, seed, sizes, clear) {
  const random = seededRandom(seed);
  return range(count).map((i) => {
    const side = i % 2 ? 1 : -1;
    const x = MIDDLE + side * lerp(clear, 226, random());
    const y = lerp(24, 330, (i + random()) / count);
    const drop = lerp(60, 120, random());
    const sway = lerp(10, 22, random()) * (random() < 0.5 ? -1 : 1);
    const size = lerp(...sizes, random());
    const spin = lerp(70, 190, random()) * (random() < 0.5 ? -1 : 1);
    const start = random() * 360;
    const path = [0, 30, 60, 89].map((t, n) => [
      t,
      [clamp(x + sway * (n % 2 ? 1 : -1), 18, 494), y + (drop * t) / 89],
    ]);
    const flip = [0, 22, 45, 67, 89].map((t, n) => [t, [100, (n + i) % 2 ? 45 : 100]]);
    return layer(
      `confetti ${seed}-${i + 1}`,
      confettiPiece(Math.floor(random() * 4), size, CONFETTI_COLOURS[i % CONFETTI_COLOURS.length]),
      {
        at: path,
        scale: flip,
        turn: [
          [0, start, "drift"],
          [89, start + spin],
        ],
      },
    );
  });
}

/** Gold dust rising through the light. */
function dustLayer() {
  const random = seededRandom(23);
  const motes = range(22).map((i) => {
    const x = lerp(50, 462, random());
    const y = lerp(150, 420, random());
    const r = lerp(1.4, 3, random());
    const sway = (random() - 0.5) * 30;
    const peak = Math.round(lerp(15, 75, random()));
    return drawn("mote", ellipse(0, 0, r), flat(i % 2 ? "#ffe08a" : "#ffb52e"), {
      at: [
        [0, [x, y], "drift"],
        [89, [x + sway, y - lerp(50, 110, random())]],
      ],
      opacity: [
        [0, 45],
        [peak, 100],
        [89, 40],
      ],
    });
  });
  return layer("gold dust", motes);
}

/** A ring and flying sparks as the crown touches the cushion. */
function landingLayers() {
  const random = seededRandom(31);
  const sparks = range(12).map((i) => {
    const deg = i < 6 ? -172 + i * 12 : -8 - (i - 6) * 12;
    const reach = lerp(60, 120, random());
    const from = [MIDDLE + 120 * Math.sign(Math.cos(radians(deg))), 400];
    const to = polar(from[0], from[1], reach, deg);
    return drawn("landing spark", glint(lerp(5, 9, random()), 0.2), flat(i % 2 ? "#fff3b8" : "#ffc83d"), {
      at: [
        [0, from],
        [7, from, "pop"],
        [30, to],
      ],
      scale: [
        [0, [0, 0]],
        [7, [20, 20], "pop"],
        [13, [110, 110], "fade"],
        [32, [0, 0]],
      ],
      opacity: [
        [0, 0],
        [6, 0, "pop"],
        [8, 100],
        [32, 0],
      ],
    });
  });
  const ripple = drawn("landing ring", ellipse(0, 0, 100), line("#fff0b0", 4), {
    at: [MIDDLE, 402],
    scale: [
      [0, [100, 22]],
      [7, [110, 24], "pop"],
      [28, [205, 46]],
    ],
    opacity: [
      [0, 0],
      [6, 0, "pop"],
      [9, 80, "fade"],
      [28, 0],
    ],
  });
  return [layer("landing ripple", ripple), layer("landing sparks", sparks)];
}

/** The highlight that runs over the gold: a clear gradient with one bright streak, moved across the outline. */
function sweepLayer() {
  const streak = [
    [0, "#ffffff", 0],
    [0.3, "#fff8d8", 0.25],
    [0.42, "#ffffff", 0.9],
    [0.5, "#ffffff", 0.95],
    [0.56, "#fff8d8", 0.3],
    [0.64, "#ffffff", 0.55],
    [0.72, "#ffffff", 0],
    [1, "#ffffff", 0],
  ];
  const run = (x, y) => [
    [0, [x, y]],
    [44, [x, y], "soft"],
    [74, [x + 470, y]],
  ];
  const wide = 120;
  return layer(
    "sweep",
    drawn("sweep", [frontOutline()], linear(run(-30, 230), run(-30 + wide, 275), streak)),
    {},
    "crown rig",
  );
}

function finaleLayer() {
  const [x, y] = onCone(0, FRONT_SPIKES[2].tip);
  const star = (r, waist, turn) => drawn("star", glint(r, waist), flat("#ffffff"), { turn });
  const items = [
    drawn(
      "star glow",
      ellipse(0, 0, 46),
      radial(0, 0, 46, [
        [0, "#ffffff", 0.95],
        [0.35, "#fff0b0", 0.5],
        [1, "#ffc83d", 0],
      ]),
    ),
    star(46, 0.06, 0),
    star(24, 0.09, 45),
  ];
  return layer(
    "top star",
    items,
    {
      at: [x - 5, y - 14],
      scale: [
        [0, [34, 34]],
        [10, [44, 44]],
        [24, [30, 30]],
        [48, [34, 34], "pop"],
        [60, [92, 92], "fade"],
        [76, [56, 56]],
        [89, [62, 62]],
      ],
      turn: [
        [0, -15],
        [48, 0],
        [60, 30],
        [89, 45],
      ],
      opacity: [
        [0, 70],
        [48, 75],
        [58, 100],
        [89, 95],
      ],
    },
    "crown rig",
  );
}

// ---------------------------------------------------------------------------------------------------------
// Putting the scene together

const crownRig = () =>
  rig("crown rig", {
    anchor: BASE,
    at: [
      [0, [256, 350], "fall"],
      [7, [256, 396], "rise"],
      [13, [256, 377], "fall"],
      [19, [256, 392], "rise"],
      [24, [256, 386], "fall"],
      [29, [256, 390]],
      [60, [256, 388]],
      [89, [256, 390]],
    ],
    scale: [
      [0, [98, 103], "fall"],
      [7, [104, 93.5], "rise"],
      [13, [98.8, 102], "soft"],
      [19, [101.5, 98], "soft"],
      [27, [100, 100]],
      [58, [101, 101]],
      [89, [100.5, 100.5]],
    ],
    turn: [
      [0, -4, "soft"],
      [7, 2],
      [15, -1.6],
      [22, 0.8],
      [30, 0],
    ],
  });

const cushionRig = () =>
  rig("cushion rig", {
    anchor: [256, 490],
    at: [256, 490],
    scale: [
      [0, [100, 101]],
      [4, [100, 101], "fall"],
      [8, [102, 94], "rise"],
      [14, [99.5, 101.5]],
      [20, [100.6, 98.6]],
      [28, [100, 100]],
      [60, [100, 100.6]],
      [89, [100, 100]],
    ],
  });

function cushionLayers() {
  const softShadow = (nm, r, stops, tr) =>
    layer(nm, drawn("shadow", ellipse(0, 0, r), radial(0, 0, r, stops)), tr);
  const floorStops = [
    [0, "#1a0530", 0.75],
    [0.6, "#1a0530", 0.45],
    [1, "#1a0530", 0],
  ];
  const crownStops = [
    [0, "#16002e", 0.95],
    [0.68, "#16002e", 0.8],
    [0.84, "#16002e", 0.34],
    [1, "#16002e", 0],
  ];
  const crownShadow = softShadow("crown shadow", 142, crownStops, {
    at: [256, 384],
    scale: [
      [0, [82, 20]],
      [7, [104, 31]],
      [13, [94, 25]],
      [19, [101, 28]],
      [29, [100, 27]],
    ],
    opacity: [
      [0, 45],
      [7, 100],
      [13, 78],
      [19, 98],
      [29, 100],
    ],
  });
  const tassel = (nm, x, y, way, size) =>
    layer(nm, drawTassel(), { at: [x, y], scale: [size, size], turn: tasselSwing(way) }, "cushion rig");
  return [
    softShadow("floor shadow", 232, floorStops, { at: [256, 486], scale: [100, 9] }),
    layer("cushion", drawCushion(), {}, "cushion rig"),
    tassel("tassel left", 60, 436, 1, 105),
    tassel("tassel right", 452, 436, -1, 105),
    { ...crownShadow, parent: "cushion rig" },
  ];
}

function crownLayers() {
  const { stones, lights } = jewelLayers();
  const part = (nm, items) => layer(nm, items, {}, "crown rig");
  return [
    part("crown back", drawBack()),
    part("velvet", drawVelvet()),
    part("crown front", drawFront()),
    part("ermine", drawErmine()),
    part("band", drawBand()),
    part("tips", drawTips()),
    stones,
    sweepLayer(),
    lights,
    finaleLayer(),
  ].flat();
}

function finishLayers(backToFront) {
  const layers = [...backToFront].reverse();
  const indexOf = new Map(layers.map((l, i) => [l.nm, i + 1]));
  return layers.map(({ nm, parent, ty, ks, shapes }, i) => ({
    ddd: 0,
    ind: i + 1,
    ty,
    nm,
    ...(parent ? { parent: indexOf.get(parent) } : {}),
    sr: 1,
    ks: { o: ks.o, r: ks.r, p: ks.p, a: ks.a, s: ks.s },
    ao: 0,
    ...(shapes ? { shapes } : {}),
    ip: 0,
    op: FRAMES,
    st: 0,
    bm: 0,
  }));
}

function buildAnimation() {
  const layers = [
    backdropLayers(),
    confettiLayers(20, 71, [6, 9.5], 96),
    dustLayer(),
    cushionLayers(),
    landingLayers(),
    crownLayers(),
    sparkleLayers(),
    confettiLayers(8, 72, [6, 9], 178),
    crownRig(),
    cushionRig(),
  ].flat();
  return {
    v: "5.7.4",
    fr: FPS,
    ip: 0,
    op: FRAMES,
    w: SIZE,
    h: SIZE,
    nm: "Crown",
    ddd: 0,
    assets: [],
    layers: finishLayers(layers),
  };
}

// ---------------------------------------------------------------------------------------------------------
// The still: one frame of the animation written as SVG

function easedPortion({ o, i }, portion) {
  const bezier = (a, b, t) => 3 * a * t * (1 - t) ** 2 + 3 * b * t * t * (1 - t) + t ** 3;
  let [low, high] = [0, 1];
  for (const _ of range(30)) {
    const t = (low + high) / 2;
    if (bezier(o.x[0], i.x[0], t) < portion) low = t;
    else high = t;
  }
  return bezier(o.y[0], i.y[0], low);
}

/** Value of a Lottie property at a frame, always as a list. */
function valueAt({ a, k }, frame) {
  if (!a) return [k].flat();
  const next = k.findIndex((keyframe) => keyframe.t > frame);
  if (next === 0) return k[0].s;
  if (next < 0) return k.at(-1).s;
  const [from, to] = [k[next - 1], k[next]];
  const t = easedPortion(from, (frame - from.t) / (to.t - from.t));
  return from.s.map((n, axis) => lerp(n, to.s[axis], t));
}

function svgTransform(tr, frame) {
  const [[px, py], [ax, ay], [sx, sy], [turn]] = [tr.p, tr.a, tr.s, tr.r].map((value) =>
    valueAt(value, frame),
  );
  return `translate(${px} ${py}) rotate(${turn}) scale(${sx / 100} ${sy / 100}) translate(${-ax} ${-ay})`;
}

function svgPath(shape, frame) {
  if (shape.ty === "el") {
    const [[x, y], [w, h]] = [valueAt(shape.p, frame), valueAt(shape.s, frame)];
    return `M${x - w / 2} ${y}a${w / 2} ${h / 2} 0 1 1 ${w} 0a${w / 2} ${h / 2} 0 1 1 ${-w} 0Z`;
  }
  const { v, i, o, c } = shape.ks.k;
  const add = (p, q) => `${round(p[0] + q[0])} ${round(p[1] + q[1])}`;
  const hops = range(c ? v.length : v.length - 1).map((n) => {
    const m = (n + 1) % v.length;
    return `C${add(v[n], o[n])} ${add(v[m], i[m])} ${v[m].join(" ")}`;
  });
  return `M${v[0].join(" ")}${hops.join("")}${c ? "Z" : ""}`;
}

function svgGradient(paint, id, frame) {
  const { p, k } = paint.g;
  const stops = range(p).map((n) => {
    const [offset, ...channels] = k.k.slice(n * 4, n * 4 + 4);
    const alpha = k.k[p * 4 + n * 2 + 1] ?? 1;
    return `<stop offset="${offset}" stop-color="${hexOf(channels)}" stop-opacity="${alpha}"/>`;
  });
  const [[x1, y1], [x2, y2]] = [valueAt(paint.s, frame), valueAt(paint.e, frame)];
  return paint.t === 1
    ? `<linearGradient id="${id}" gradientUnits="userSpaceOnUse" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}">${stops.join("")}</linearGradient>`
    : `<radialGradient id="${id}" gradientUnits="userSpaceOnUse" cx="${x1}" cy="${y1}" r="${Math.hypot(x2 - x1, y2 - y1)}">${stops.join("")}</radialGradient>`;
}

function svgFrame(animation, frame) {
  const definitions = [];
  const byIndex = new Map(animation.layers.map((l) => [l.ind, l]));

  function paintAttributes(paint) {
    const opacity = valueAt(paint.o, frame)[0] / 100;
    if (paint.ty === "gf") {
      const id = `g${definitions.length}`;
      definitions.push(svgGradient(paint, id, frame));
      return `fill="url(#${id})" fill-opacity="${opacity}"`;
    }
    const colour = hexOf(paint.c.k.slice(0, 3));
    if (paint.ty === "fl") return `fill="${colour}" fill-opacity="${opacity}"`;
    const width = valueAt(paint.w, frame)[0];
    return `fill="none" stroke="${colour}" stroke-opacity="${opacity}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"`;
  }

  function items(list) {
    const paths = list.filter((item) => item.ty === "sh" || item.ty === "el");
    const d = paths.map((path) => svgPath(path, frame)).join("");
    const painted = [...list].reverse().map((item) => {
      if (item.ty === "gr") return groupMarkup(item);
      return ["fl", "gf", "st"].includes(item.ty) ? `<path d="${d}" ${paintAttributes(item)}/>` : "";
    });
    return painted.join("");
  }

  function groupMarkup({ it }) {
    const tr = it.at(-1);
    return `<g transform="${svgTransform(tr, frame)}" opacity="${valueAt(tr.o, frame)[0] / 100}">${items(it)}</g>`;
  }

  function layerMarkup(l) {
    const chain = [];
    for (let each = l; each; each = byIndex.get(each.parent)) chain.unshift(svgTransform(each.ks, frame));
    return `<g transform="${chain.join(" ")}" opacity="${valueAt(l.ks.o, frame)[0] / 100}">${items(l.shapes)}</g>`;
  }

  const body = animation.layers
    .filter((l) => l.shapes)
    .reverse()
    .map(layerMarkup)
    .join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${SIZE}" height="${SIZE}" viewBox="0 0 ${SIZE} ${SIZE}"><defs>${definitions.join("")}</defs>${body}</svg>`;
}

// ---------------------------------------------------------------------------------------------------------
// The chime: a rising arpeggio of small bells over a soft chord

const RATE = 22050;
const CHIME_SECONDS = 2;

function addBell(samples, start, frequency, loudness, decay) {
  const partials = [
    [1, 1, 1],
    [2.004, 0.42, 0.7],
    [3.01, 0.2, 0.45],
    [4.23, 0.1, 0.28],
  ];
  const first = Math.round(start * RATE);
  for (let n = first; n < samples.length; n++) {
    const t = (n - first) / RATE;
    const attack = 1 - Math.exp(-t / 0.006);
    const shimmer = 1 + 0.12 * Math.sin(2 * Math.PI * 6.3 * t + frequency);
    for (const [ratio, level, length] of partials) {
      if (frequency * ratio > RATE * 0.45) continue;
      const ring = Math.exp(-t / (decay * length));
      samples[n] +=
        loudness * level * attack * shimmer * ring * Math.sin(2 * Math.PI * frequency * ratio * t);
    }
  }
}

function buildChime() {
  const samples = new Float64Array(RATE * CHIME_SECONDS);
  const [C5, E5, G5, B5, C6, E6, G6] = [523.25, 659.26, 783.99, 987.77, 1046.5, 1318.51, 1567.98];
  [C5, E5, G5, B5, C6, E6].forEach((note, i) =>
    addBell(samples, 0.02 + i * 0.105, note, 0.5 + i * 0.03, 0.42),
  );
  [C5, G5, C6, E6, G6].forEach((note) => addBell(samples, 0.74, note, 0.42, 0.5));
  [G6 * 2, E6 * 2, C6 * 4].forEach((note, i) => addBell(samples, 0.86 + i * 0.09, note, 0.09, 0.3));

  const loudest = samples.reduce((most, s) => Math.max(most, Math.abs(s)), 0);
  const fadeFrom = samples.length - RATE * 0.25;
  return samples.map((s, n) => {
    const fade = n < fadeFrom ? 1 : Math.cos(((n - fadeFrom) / (RATE * 0.25)) * (Math.PI / 2)) ** 2;
    return (s / loudest) * 0.82 * fade;
  });
}

function wavFile(samples) {
  const file = Buffer.alloc(44 + samples.length * 2);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + samples.length * 2, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(RATE * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((s, n) => file.writeInt16LE(Math.round(s * 32767), 44 + n * 2));
  return file;
}

// ---------------------------------------------------------------------------------------------------------

const animation = buildAnimation();
writeFileSync(out("crown.json"), `${JSON.stringify(animation)}\n`);
writeFileSync(out("chime.wav"), wavFile(buildChime()));
await sharp(Buffer.from(svgFrame(animation, STILL_FRAME)))
  .png({ compressionLevel: 9 })
  .toFile(out("still.png"));
