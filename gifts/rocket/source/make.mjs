// Draws the Rocket gift and writes rocket.svga and still.png beside this file.
//
//   node gifts/rocket/source/make.mjs [--livery silver|festival]     (default: festival)
//
// Every bitmap is an SVG drawing rasterised with sharp; every movement is an eased function of the frame
// number. Randomness is seeded and nothing reads the clock, so the same livery always gives the same movie.
//
// The story, at 30 frames per second: the rocket hovers over a small world (0-11), crouches and rumbles
// (11-20), launches (20-33), orbits the moon and lights a ring of stars (33-58), then comes to the front in a
// burst of light, fireworks and confetti (59) that settles into an afterglow (70-89).
//
// The sprite `avatar` is the replaceable slot. It lies under the hull and shows through the porthole, so a
// square picture needs no clipping.

import { writeFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import protobuf from "protobufjs";
import sharp from "sharp";

const WIDTH = 600;
const HEIGHT = 800;
const FPS = 30;
const FRAMES = 90;
const STILL_FRAME = 74;
const STILL_SIZE = 512;

const LIVERIES = {
  festival: {
    hull: ["#7a0a1c", "#d11b34", "#ff8c7c", "#ee2b44", "#a80f29", "#5c0616"],
    trim: ["#7d3c04", "#e3941a", "#fff0a8", "#f7b733", "#a85c08", "#612e03"],
    ink: "#3d0410",
    rim: "#ff9d7a",
    sky: ["#5a1049", "#8c1440", "#3a0d4c", "#d2462f", "#8d2380"],
    moon: ["#fffdf2", "#fff1cc", "#f6d08c", "#d29a56"],
    halo: "#ffcf5a",
    world: ["#ffc46b", "#e0662f", "#8f1f3a", "#4b0d37"],
    giant: ["#ffe3a3", "#f08a4b", "#a72a55", "#ffd778"],
    smoke: ["#fffdf8", "#fff0de", "#f2bfa6", "#b0718a"],
    flame: ["#ff2d12", "#ff7a12", "#ffc62b", "#fffbe0"],
    star: ["#fffbe0", "#ffd84a", "#f39a12", "#b85c05"],
    trail: ["#ff3b2e", "#ffb52e", "#fff6cf"],
    badge: ["#ffe7b0", "#ff9e57", "#d9304a"],
    confetti: ["#ffd54a", "#f7b21a", "#e8263d", "#ff5a4e", "#fff0b8", "#ff8a2a", "#c3142c"],
  },
  silver: {
    hull: ["#566173", "#a9b6c8", "#ffffff", "#d6dfea", "#8492a6", "#434d5e"],
    trim: ["#0f3f86", "#2c7be0", "#b9e2ff", "#4b9df0", "#1c58ae", "#0c2f66"],
    ink: "#1d2838",
    rim: "#bfe6ff",
    sky: ["#14275f", "#22418c", "#0f1a4c", "#3c8fc9", "#3d6fd0"],
    moon: ["#ffffff", "#e6eefb", "#b3c3de", "#7d8fb3"],
    halo: "#a9d4ff",
    world: ["#9be4ff", "#3d8fd6", "#234a9c", "#14235c"],
    giant: ["#e3ecff", "#8ea9e8", "#4a54a8", "#bcd6ff"],
    smoke: ["#ffffff", "#e6eefb", "#b4c2dc", "#7684a8"],
    flame: ["#ff5a12", "#ff9a1f", "#ffd75a", "#fffdf0"],
    star: ["#ffffff", "#ffe98a", "#f4bd2e", "#b67a08"],
    trail: ["#2f7dff", "#7fd0ff", "#ffffff"],
    badge: ["#d8f1ff", "#6fb8ff", "#2f5fd0"],
    confetti: ["#dfe8f5", "#8fc8ff", "#2c7be0", "#ffe27a", "#ffffff", "#57d6e8", "#5a6fd8"],
  },
};

// ---------------------------------------------------------------------------------------------------------
// Numbers: seeded random, easings, key frames, matrices
// ---------------------------------------------------------------------------------------------------------

const TAU = Math.PI * 2;
const rad = (degrees) => (degrees * Math.PI) / 180;
const clamp = (x, low = 0, high = 1) => Math.min(high, Math.max(low, x));
const lerp = (from, to, t) => from + (to - from) * t;
const wave = (frame, period, phase = 0) => Math.sin((frame / period + phase) * TAU);

function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const ease = {
  inQuad: (t) => t * t,
  outQuad: (t) => 1 - (1 - t) ** 2,
  outCubic: (t) => 1 - (1 - t) ** 3,
  outQuint: (t) => 1 - (1 - t) ** 5,
  inOutSine: (t) => (1 - Math.cos(Math.PI * t)) / 2,
  inOutCubic: (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (2 - 2 * t) ** 3 / 2),
  outBack: (t) => 1 + 2.7 * (t - 1) ** 3 + 1.7 * (t - 1) ** 2,
  outElastic: (t) => (t <= 0 ? 0 : t >= 1 ? 1 : 2 ** (-9 * t) * Math.sin((t * 9 - 0.75) * (TAU / 3)) + 1),
};

/** Progress of `frame` from `start` to `end`, eased. */
const progress = (frame, start, end, curve = ease.inOutSine) => curve(clamp((frame - start) / (end - start)));

/** A value on a timeline of [frame, value, easing into this key]. */
function keys(frame, ...points) {
  for (let i = 1; i < points.length; i += 1) {
    const [start, from] = points[i - 1];
    const [end, to, curve = ease.inOutSine] = points[i];
    if (frame < end) return lerp(from, to, progress(frame, start, end, curve));
  }
  return points[points.length - 1][1];
}

/** Matrices are [a, b, c, d, tx, ty], as in SVG. */
const multiply = (m, n) => [
  m[0] * n[0] + m[2] * n[1],
  m[1] * n[0] + m[3] * n[1],
  m[0] * n[2] + m[2] * n[3],
  m[1] * n[2] + m[3] * n[3],
  m[0] * n[4] + m[2] * n[5] + m[4],
  m[1] * n[4] + m[3] * n[5] + m[5],
];

function place({ x = 0, y = 0, rotate = 0, scale = 1, scaleX = scale, scaleY = scale }) {
  const cos = Math.cos(rad(rotate));
  const sin = Math.sin(rad(rotate));
  return [cos * scaleX, sin * scaleX, -sin * scaleY, cos * scaleY, x, y];
}

const apply = (m, x, y) => ({ x: m[0] * x + m[2] * y + m[4], y: m[1] * x + m[3] * y + m[5] });

// ---------------------------------------------------------------------------------------------------------
// Drawing helpers
// ---------------------------------------------------------------------------------------------------------

const n = (value) => Number(value.toFixed(2));

function stops(list) {
  return list
    .map(
      ([at, colour, opacity = 1]) =>
        `<stop offset="${at}" stop-color="${colour}" stop-opacity="${opacity}"/>`,
    )
    .join("");
}

const linear = (id, [x1, y1, x2, y2], list) =>
  `<linearGradient id="${id}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}">${stops(list)}</linearGradient>`;

const radial = (id, list, at = "") => `<radialGradient id="${id}" ${at}>${stops(list)}</radialGradient>`;

const blur = (id, amount) =>
  `<filter id="${id}" x="-60%" y="-60%" width="220%" height="220%"><feGaussianBlur stdDeviation="${amount}"/></filter>`;

const circle = (x, y, r, attributes) => `<circle cx="${n(x)}" cy="${n(y)}" r="${n(r)}" ${attributes}/>`;

/** The cross-section of a shiny tube: dark edge, body, highlight, body, core shadow, dark edge. */
const tube = (tones) => [
  [0, tones[0]],
  [0.16, tones[1]],
  [0.33, tones[2]],
  [0.5, tones[3]],
  [0.82, tones[4]],
  [1, tones[5]],
];

function starPath(cx, cy, outer, inner, points, turn = -90) {
  const corners = [];
  for (let i = 0; i < points * 2; i += 1) {
    const angle = rad(turn + (i * 180) / points);
    const r = i % 2 === 0 ? outer : inner;
    corners.push(`${n(cx + r * Math.cos(angle))} ${n(cy + r * Math.sin(angle))}`);
  }
  return `M${corners.join("L")}Z`;
}

/** A four-pointed glint with concave sides. */
function glintPath(cx, cy, length, waist = 0.1) {
  const w = length * waist;
  return (
    `M${n(cx)} ${n(cy - length)}Q${n(cx + w * 0.6)} ${n(cy - w * 0.6)} ${n(cx + length)} ${n(cy)}` +
    `Q${n(cx + w * 0.6)} ${n(cy + w * 0.6)} ${n(cx)} ${n(cy + length)}` +
    `Q${n(cx - w * 0.6)} ${n(cy + w * 0.6)} ${n(cx - length)} ${n(cy)}` +
    `Q${n(cx - w * 0.6)} ${n(cy - w * 0.6)} ${n(cx)} ${n(cy - length)}Z`
  );
}

// ---------------------------------------------------------------------------------------------------------
// The rocket. Its parts share one 180 x 340 drawing, nose up; (90, 170) is the pivot.
// ---------------------------------------------------------------------------------------------------------

const HULL =
  "M90 4C124 42 150 112 150 180C150 236 138 280 124 308L56 308C42 280 30 236 30 180C30 112 56 42 90 4Z";
const PORTHOLE = { x: 90, y: 152, r: 39 };
const PIVOT = { x: 90, y: 170 };
const NOZZLE = { x: 90, y: 330 };

/** A curled cloud, the gold ornament on the hull. */
function cloudOrnament(tint, x, y, scale, mirror = 1) {
  return `<g transform="translate(${x} ${y}) scale(${scale * mirror} ${scale})" fill="none" stroke="${tint}" stroke-width="3.6" stroke-linecap="round">
    <path d="M-22 8C-30 2-24-9-15-6C-14-17 3-19 5-8C14-13 24-4 17 4"/>
    <path d="M-15-6C-9-6-7 1-12 3"/><path d="M5-8C12-6 11 3 4 3C0 3-1-2 3-3"/>
    <path d="M-26 14C-10 9 8 14 26 8"/>
  </g>`;
}

function drawHull(c) {
  const rivets = Array.from({ length: 12 }, (_, i) => {
    const angle = rad(i * 30 + 15);
    const x = PORTHOLE.x + 45 * Math.cos(angle);
    const y = PORTHOLE.y + 45 * Math.sin(angle);
    return circle(x, y, 1.9, `fill="${c.trim[5]}"`) + circle(x - 0.5, y - 0.6, 1, `fill="${c.trim[2]}"`);
  }).join("");
  return `<defs>
    ${linear("hull", [0.1, 0, 0.9, 0.06], tube(c.hull))}
    ${linear("trim", [0, 0, 1, 0], tube(c.trim))}
    ${linear(
      "ring",
      [0, 0, 1, 1],
      [
        [0, c.trim[2]],
        [0.35, c.trim[3]],
        [0.6, c.trim[0]],
        [1, c.trim[2]],
      ],
    )}
    ${linear(
      "down",
      [0, 0, 0, 1],
      [
        [0, "#ffffff", 0.16],
        [0.4, "#ffffff", 0],
        [0.75, c.ink, 0.04],
        [1, c.ink, 0.55],
      ],
    )}
    ${blur("soft", 4)}${blur("softer", 2)}
    <clipPath id="shape"><path d="${HULL}"/></clipPath>
    <mask id="hole"><rect width="180" height="340" fill="#fff"/>${circle(PORTHOLE.x, PORTHOLE.y, PORTHOLE.r, 'fill="#000"')}</mask>
  </defs>
  <g mask="url(#hole)">
    <path d="${HULL}" fill="url(#hull)"/>
    <g clip-path="url(#shape)">
      <path d="M20 0H160V78Q90 108 20 78Z" fill="url(#trim)"/>
      <path d="M20 78Q90 108 160 78V86Q90 116 20 86Z" fill="${c.ink}" opacity=".55"/>
      <path d="M20 84Q90 114 160 84" fill="none" stroke="${c.trim[2]}" stroke-width="1.6" opacity=".8"/>
      <path d="M20 216Q90 246 160 216V228Q90 258 20 228Z" fill="url(#trim)"/>
      <path d="M20 228Q90 258 160 228V232Q90 262 20 232Z" fill="${c.ink}" opacity=".45"/>
      <path d="M20 290Q90 314 160 290V312H20Z" fill="url(#trim)"/>
      <path d="M20 288Q90 312 160 288" fill="none" stroke="${c.ink}" stroke-width="2.4" opacity=".5"/>
      <path d="M64 240Q70 272 72 300M116 240Q110 272 108 300" fill="none" stroke="${c.ink}" stroke-width="1.2" opacity=".35"/>
      ${cloudOrnament(c.trim[3], 62, 268, 0.68)}${cloudOrnament(c.trim[3], 118, 268, 0.68, -1)}
      <path d="${HULL}" fill="url(#down)"/>
      <path d="M60 60C46 100 43 170 50 240" fill="none" stroke="#fff" stroke-width="9" stroke-linecap="round" opacity=".55" filter="url(#soft)"/>
      <path d="M74 34C64 52 58 70 55 84" fill="none" stroke="#fff" stroke-width="5" stroke-linecap="round" opacity=".9" filter="url(#softer)"/>
      <path d="M148 132C152 190 146 250 126 304" fill="none" stroke="${c.rim}" stroke-width="5" opacity=".75" filter="url(#softer)"/>
      <path d="M52 308C80 296 100 296 128 308" fill="none" stroke="${c.flame[2]}" stroke-width="7" opacity=".6" filter="url(#soft)"/>
    </g>
    ${circle(PORTHOLE.x + 2, PORTHOLE.y + 4, 50, `fill="${c.ink}" opacity=".5" filter="url(#softer)"`)}
    ${circle(PORTHOLE.x, PORTHOLE.y, 50, 'fill="url(#ring)"')}
    ${circle(PORTHOLE.x, PORTHOLE.y, 49, `fill="none" stroke="${c.trim[2]}" stroke-width="1.6" opacity=".9"`)}
    ${circle(PORTHOLE.x, PORTHOLE.y, 40.5, `fill="none" stroke="${c.ink}" stroke-width="3.4" opacity=".7"`)}
    ${rivets}
  </g>
  <path d="${HULL}" fill="none" stroke="${c.ink}" stroke-width="2.4" opacity=".9"/>
  <path d="M90 226C99 246 100 300 90 334C80 300 81 246 90 226Z" fill="url(#trim)" stroke="${c.ink}" stroke-width="1.6"/>
  <path d="M88 238C84 262 84 292 88 316" fill="none" stroke="#fff" stroke-width="2" stroke-linecap="round" opacity=".7"/>`;
}

function drawFin(c, side) {
  const shape = "M46 206C18 230-6 274 0 334C14 314 34 302 62 304Z";
  const mirror = side === "right" ? 'transform="translate(180 0) scale(-1 1)"' : "";
  const tones = side === "right" ? [c.hull[4], c.hull[3], c.hull[5]] : [c.hull[2], c.hull[1], c.hull[0]];
  return `<defs>
    ${linear(
      "fin",
      [0, 0, 1, 1],
      [
        [0, tones[0]],
        [0.45, tones[1]],
        [1, tones[2]],
      ],
    )}
    ${linear(
      "edge",
      [0, 0, 0, 1],
      [
        [0, c.trim[2]],
        [0.5, c.trim[3]],
        [1, c.trim[0]],
      ],
    )}
    ${blur("soft", 2)}
  </defs>
  <g ${mirror}>
    <path d="${shape}" fill="url(#fin)" stroke="${c.ink}" stroke-width="1.8" stroke-linejoin="round"/>
    <path d="M46 206C18 230-6 274 0 334C6 324 10 320 14 317C12 278 26 244 50 222Z" fill="url(#edge)"/>
    <path d="M40 216C20 236 4 268 3 306" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round" opacity=".75" filter="url(#soft)"/>
    <path d="M24 300C26 276 34 256 46 242" fill="none" stroke="${c.ink}" stroke-width="1.4" opacity=".4"/>
    ${circle(34, 288, 4, `fill="${c.trim[3]}" stroke="${c.ink}" stroke-width="1" opacity=".95"`)}
  </g>`;
}

function drawBell(c) {
  return `<defs>
    ${linear(
      "metal",
      [0, 0, 1, 0],
      [
        [0, "#1c1420"],
        [0.25, "#6f5a62"],
        [0.38, "#d8c3b4"],
        [0.55, "#6b5560"],
        [1, "#150e18"],
      ],
    )}
    ${radial("heat", [
      [0, c.flame[3]],
      [0.5, c.flame[2]],
      [1, c.flame[0]],
    ])}
  </defs>
  <path d="M64 302H116C117 314 124 324 132 334H48C56 324 63 314 64 302Z" fill="url(#metal)"/>
  <path d="M61 312H119M56 322H124" stroke="#000" stroke-width="1.6" opacity=".45"/>
  <ellipse cx="90" cy="334" rx="42" ry="7" fill="#241820"/>
  <ellipse cx="90" cy="334.5" rx="37" ry="5" fill="url(#heat)"/>`;
}

/** One tongue of fire, hanging from (70, 0); its wobble comes from the seed. */
function drawFlame(c, seed) {
  const random = seeded(seed);
  const tongue = (width, length, top) => {
    const wobble = () => (random() - 0.5) * width * 0.42;
    const tip = 70 + wobble() * 1.2;
    return (
      `M${n(70 - width * 0.42)} ${top}C${n(70 - width * 0.78)} ${n(length * 0.24)} ${n(70 - width * 0.6 + wobble())} ${n(length * 0.5)} ` +
      `${n(70 - width * 0.26 + wobble() * 0.6)} ${n(length * 0.7)}Q${n(tip - width * 0.1)} ${n(length * 0.86)} ${n(tip)} ${n(length)}` +
      `Q${n(tip + width * 0.12)} ${n(length * 0.84)} ${n(70 + width * 0.26 + wobble() * 0.6)} ${n(length * 0.68)}` +
      `C${n(70 + width * 0.6 + wobble())} ${n(length * 0.48)} ${n(70 + width * 0.78)} ${n(length * 0.24)} ${n(70 + width * 0.42)} ${top}Z`
    );
  };
  const embers = Array.from({ length: 7 }, () => {
    const y = 130 + random() * 130;
    return circle(70 + (random() - 0.5) * 80, y, 1.4 + random() * 2.2, `fill="${c.flame[2]}" opacity=".9"`);
  }).join("");
  const fade = (id, from, to) =>
    linear(
      id,
      [0, 0, 0, 1],
      [
        [0, from, 0.95],
        [0.5, from, 0.9],
        [1, to, 0.05],
      ],
    );
  return `<defs>
    ${fade("outer", c.flame[1], c.flame[0])}${fade("middle", c.flame[2], c.flame[1])}${fade("inner", c.flame[3], c.flame[2])}
    ${blur("wide", 7)}${blur("soft", 3)}${blur("fine", 1.6)}
  </defs>
  <path d="${tongue(80, 268, 2)}" fill="${c.flame[0]}" opacity=".5" filter="url(#wide)"/>
  <path d="${tongue(70, 262, 1)}" fill="url(#outer)" filter="url(#soft)"/>
  <path d="${tongue(52, 206, 0)}" fill="url(#middle)" filter="url(#soft)"/>
  <path d="${tongue(33, 138, 0)}" fill="url(#inner)" filter="url(#fine)"/>
  ${embers}`;
}

function drawAvatar(c) {
  return `<defs>
    ${radial("back", [
      [0, c.badge[0]],
      [0.6, c.badge[1]],
      [1, c.badge[2]],
    ])}
    ${radial(
      "face",
      [
        [0, "#fff6e4"],
        [0.7, "#ffdcae"],
        [1, "#f2ab76"],
      ],
      'cx=".42" cy=".36" r=".7"',
    )}
    ${radial("ear", [
      [0, "#ffb9a8"],
      [1, "#e78364"],
    ])}
  </defs>
  <rect width="100" height="100" fill="url(#back)"/>
  <path d="${starPath(50, 50, 90, 40, 12)}" fill="#fff" opacity=".16"/>
  ${circle(25, 34, 13, 'fill="#f2ab76"')}${circle(25, 34, 7.5, 'fill="url(#ear)"')}
  ${circle(75, 34, 13, 'fill="#f2ab76"')}${circle(75, 34, 7.5, 'fill="url(#ear)"')}
  <ellipse cx="50" cy="57" rx="33" ry="30" fill="url(#face)"/>
  <ellipse cx="37" cy="53" rx="4.6" ry="6" fill="#3a1a1c"/><ellipse cx="63" cy="53" rx="4.6" ry="6" fill="#3a1a1c"/>
  ${circle(38.6, 50.6, 1.8, 'fill="#fff"')}${circle(64.6, 50.6, 1.8, 'fill="#fff"')}
  <ellipse cx="28" cy="63" rx="6" ry="4" fill="#ff7f72" opacity=".6"/><ellipse cx="72" cy="63" rx="6" ry="4" fill="#ff7f72" opacity=".6"/>
  <ellipse cx="50" cy="60" rx="4" ry="2.8" fill="#8d3b34"/>
  <path d="M41 66Q50 78 59 66Q50 70 41 66Z" fill="#a8323c" stroke="#7a2630" stroke-width="1.4" stroke-linejoin="round"/>`;
}

/** The porthole glass: shade around the edge, a bent window reflection and a glint. */
function drawGlass() {
  return `<defs>
    ${radial("shade", [
      [0, "#1a1030", 0],
      [0.72, "#1a1030", 0.05],
      [1, "#1a1030", 0.62],
    ])}
    ${linear(
      "sheen",
      [0, 0, 0.8, 1],
      [
        [0, "#ffffff", 0.85],
        [1, "#ffffff", 0.02],
      ],
    )}
    ${blur("soft", 1.1)}
  </defs>
  ${circle(45, 45, 40, 'fill="url(#shade)"')}
  <path d="M12 40C14 22 28 10 46 10C34 18 24 30 22 48C20 62 14 52 12 40Z" fill="url(#sheen)" filter="url(#soft)"/>
  <path d="M70 66C64 74 54 78 46 78" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" opacity=".5" filter="url(#soft)"/>
  ${circle(28, 24, 4, 'fill="#fff" opacity=".95"')}`;
}

// ---------------------------------------------------------------------------------------------------------
// The world around it
// ---------------------------------------------------------------------------------------------------------

function drawNebula(c) {
  const random = seeded(11);
  const clouds = Array.from({ length: 26 }, (_, i) => {
    const angle = random() * TAU;
    const reach = Math.sqrt(random());
    const x = 150 + Math.cos(angle) * reach * 74;
    const y = 200 + Math.sin(angle) * reach * 112;
    const size = 26 + random() * 34;
    return `<ellipse cx="${n(x)}" cy="${n(y)}" rx="${n(size)}" ry="${n(size * 0.8)}" fill="${c.sky[i % 4]}" opacity="${i % 4 === 3 ? 0.3 : 0.4}"/>`;
  }).join("");
  return `<defs>
    ${radial("core", [
      [0, c.sky[1], 0.92],
      [0.45, c.sky[0], 0.86],
      [0.7, c.sky[2], 0.66],
      [0.87, c.sky[4], 0.24],
      [1, c.sky[4], 0],
    ])}
    ${blur("mist", 17)}
  </defs>
  <ellipse cx="150" cy="200" rx="142" ry="192" fill="url(#core)"/>
  <g filter="url(#mist)">${clouds}</g>`;
}

function drawStarfield(c) {
  const random = seeded(29);
  const tints = [c.star[0], c.star[1], "#ffffff", c.trail[1]];
  return Array.from({ length: 74 }, (_, i) => {
    const angle = random() * TAU;
    const reach = Math.sqrt(random());
    const x = 180 + Math.cos(angle) * reach * 152;
    const y = 240 + Math.sin(angle) * reach * 212;
    const tint = tints[i % tints.length];
    if (i % 9 === 0) return `<path d="${glintPath(x, y, 5 + random() * 3, 0.16)}" fill="${tint}"/>`;
    const r = 0.6 + random() ** 2 * 1.4;
    return circle(x, y, r * 2.4, `fill="${tint}" opacity=".2"`) + circle(x, y, r, `fill="${tint}"`);
  }).join("");
}

function drawRays(c) {
  const random = seeded(41);
  const wedges = Array.from({ length: 20 }, (_, i) => {
    const angle = (i / 20) * TAU + (random() - 0.5) * 0.08;
    const half = (i % 2 ? 0.045 : 0.085) + random() * 0.02;
    const reach = i % 2 ? 130 : 160;
    const at = (turn) =>
      `${n(160 + reach * Math.cos(angle + turn))} ${n(160 + reach * Math.sin(angle + turn))}`;
    return `<path d="M160 160L${at(-half)}L${at(half)}Z"/>`;
  }).join("");
  return `<defs>${radial(
    "ray",
    [
      [0, c.star[0], 0.95],
      [0.45, c.star[1], 0.66],
      [0.75, c.flame[1], 0.3],
      [1, c.flame[0], 0],
    ],
    'gradientUnits="userSpaceOnUse" cx="160" cy="160" r="160"',
  )}${blur("soft", 1.6)}</defs><g fill="url(#ray)" filter="url(#soft)">${wedges}</g>`;
}

function drawMoon(c) {
  const craters = [
    [172, 150, 24],
    [238, 132, 14],
    [252, 206, 28],
    [178, 238, 20],
    [132, 200, 12],
    [216, 268, 13],
    [150, 112, 9],
    [206, 186, 8],
    [276, 162, 8],
  ];
  const pits = craters
    .map(
      ([x, y, r]) =>
        circle(x, y, r, `fill="${c.moon[2]}" opacity=".5"`) +
        circle(x + r * 0.12, y + r * 0.14, r * 0.86, `fill="${c.moon[1]}" opacity=".75"`) +
        `<path d="M${n(x - r * 0.8)} ${n(y + r * 0.2)}A${r} ${r} 0 0 1 ${n(x + r * 0.5)} ${n(y - r * 0.78)}" fill="none" stroke="${c.moon[3]}" stroke-width="${n(r * 0.13)}" stroke-linecap="round" opacity=".55"/>`,
    )
    .join("");
  return `<defs>
    ${radial("halo", [
      [0.6, c.halo, 0.75],
      [0.72, c.halo, 0.36],
      [0.86, c.halo, 0.1],
      [1, c.halo, 0],
    ])}
    ${radial(
      "globe",
      [
        [0, c.moon[0]],
        [0.5, c.moon[1]],
        [0.86, c.moon[2]],
        [1, c.moon[3]],
      ],
      'cx=".38" cy=".34" r=".74"',
    )}
    ${blur("soft", 5)}
    <clipPath id="disc">${circle(200, 200, 130, "")}</clipPath>
  </defs>
  ${circle(200, 200, 198, 'fill="url(#halo)"')}
  ${circle(200, 200, 130, 'fill="url(#globe)"')}
  <g clip-path="url(#disc)">
    <path d="M96 170C140 140 190 176 176 214C164 250 116 230 90 262Z" fill="${c.moon[2]}" opacity=".3" filter="url(#soft)"/>
    <path d="M214 96C256 104 300 150 296 190C268 190 240 150 214 96Z" fill="${c.moon[2]}" opacity=".32" filter="url(#soft)"/>
    ${pits}
    <path d="M82 176A122 122 0 0 1 176 82" fill="none" stroke="#fff" stroke-width="7" stroke-linecap="round" opacity=".85" filter="url(#soft)"/>
  </g>`;
}

function drawWorld(c) {
  const hills = "M0 130Q60 84 130 96Q180 56 250 66Q330 46 370 90Q440 80 500 130Z";
  return `<defs>
    ${radial(
      "ground",
      [
        [0, c.world[0]],
        [0.5, c.world[1]],
        [0.82, c.world[2]],
        [1, c.world[3]],
      ],
      'gradientUnits="userSpaceOnUse" cx="230" cy="30" r="260"',
    )}
    ${radial(
      "air",
      [
        [0.86, c.halo, 0.55],
        [1, c.halo, 0],
      ],
      'gradientUnits="userSpaceOnUse" cx="250" cy="320" r="318"',
    )}
    ${blur("soft", 6)}
    <clipPath id="globe">${circle(250, 320, 288, "")}</clipPath>
  </defs>
  ${circle(250, 320, 318, 'fill="url(#air)"')}
  ${circle(250, 320, 288, 'fill="url(#ground)"')}
  <g clip-path="url(#globe)">
    <path d="${hills}" fill="${c.world[2]}" opacity=".34"/>
    <path d="M0 150Q120 96 250 112Q380 92 500 150Z" fill="${c.world[3]}" opacity=".45"/>
    <ellipse cx="120" cy="106" rx="26" ry="8" fill="${c.world[3]}" opacity=".5"/><ellipse cx="122" cy="108" rx="24" ry="6" fill="${c.world[1]}" opacity=".8"/>
    <ellipse cx="388" cy="112" rx="20" ry="6" fill="${c.world[3]}" opacity=".5"/><ellipse cx="389" cy="113.500" rx="18" ry="4.500" fill="${c.world[1]}" opacity=".8"/>
    <path d="M60 108A288 288 0 0 1 440 104" fill="none" stroke="#fff" stroke-width="8" opacity=".6" filter="url(#soft)"/>
    <ellipse cx="250" cy="52" rx="84" ry="17" fill="${c.flame[2]}" opacity=".75" filter="url(#soft)"/>
  </g>
  <ellipse cx="250" cy="46" rx="62" ry="11" fill="${c.ink}" opacity=".8"/><ellipse cx="250" cy="43" rx="62" ry="11" fill="${c.trim[1]}"/>
  <ellipse cx="250" cy="43" rx="50" ry="8" fill="${c.trim[0]}"/><ellipse cx="250" cy="43" rx="34" ry="5" fill="${c.flame[3]}"/>`;
}

function drawGiant(c) {
  return `<defs>
    ${linear(
      "bands",
      [0, 0, 0.25, 1],
      [
        [0, c.giant[0]],
        [0.3, c.giant[0]],
        [0.34, c.giant[1]],
        [0.5, c.giant[1]],
        [0.54, c.giant[0]],
        [0.62, c.giant[1]],
        [0.8, c.giant[2]],
        [1, c.giant[2]],
      ],
    )}
    ${radial(
      "shade",
      [
        [0.4, "#1c0626", 0],
        [1, "#1c0626", 0.72],
      ],
      'cx=".36" cy=".32" r=".76"',
    )}
    ${linear(
      "ring",
      [0, 0, 1, 0],
      [
        [0, c.giant[3], 0.95],
        [0.5, c.giant[1], 0.8],
        [1, c.giant[3], 0.95],
      ],
    )}
    <clipPath id="front"><rect x="0" y="70" width="200" height="70"/></clipPath>
  </defs>
  <g transform="rotate(-16 100 70)">
    <ellipse cx="100" cy="70" rx="88" ry="22" fill="none" stroke="url(#ring)" stroke-width="9"/>
    ${circle(100, 70, 48, 'fill="url(#bands)"')}${circle(100, 70, 48, 'fill="url(#shade)"')}
    <ellipse cx="84" cy="44" rx="14" ry="7" fill="#fff" opacity=".4"/>
    <g clip-path="url(#front)"><ellipse cx="100" cy="70" rx="88" ry="22" fill="none" stroke="url(#ring)" stroke-width="9"/>
    <ellipse cx="100" cy="70" rx="80" ry="18" fill="none" stroke="${c.giant[2]}" stroke-width="1.600" opacity=".7"/></g>
  </g>`;
}

/** A comet: bright head at the bottom, tail rising above it. */
function drawStreak(c) {
  return `<defs>
    ${linear(
      "tail",
      [0, 0, 0, 1],
      [
        [0, c.trail[1], 0],
        [0.6, c.trail[1], 0.45],
        [1, c.trail[2], 1],
      ],
    )}
    ${radial("head", [
      [0, "#ffffff"],
      [0.4, c.trail[1], 0.85],
      [1, c.trail[0], 0],
    ])}
    ${blur("soft", 2.4)}
  </defs>
  <path d="M20 0L30 214Q20 232 10 214Z" fill="url(#tail)" filter="url(#soft)" opacity=".8"/>
  <path d="M20 30L24 216Q20 224 16 216Z" fill="url(#tail)"/>
  ${circle(20, 216, 18, 'fill="url(#head)"')}`;
}

/** The orbit trail: an arc of radius 140 that ends, brightest, at the left and fades anticlockwise. */
function drawTrail(c) {
  const random = seeded(53);
  const pieces = 96;
  const arc = (radius, width, tint, strength) =>
    Array.from({ length: pieces }, (_, i) => {
      const t = 1 - i / pieces;
      const from = rad(180 - (i * 190) / pieces);
      const to = rad(180 - ((i + 1.15) * 190) / pieces);
      return `<path d="M${n(160 + radius * Math.cos(from))} ${n(160 + radius * Math.sin(from))}A${radius} ${radius} 0 0 0 ${n(160 + radius * Math.cos(to))} ${n(160 + radius * Math.sin(to))}" stroke="${tint}" stroke-width="${n(width * (0.12 + 0.88 * t))}" opacity="${n(strength * t ** 1.4)}"/>`;
    }).join("");
  const dust = Array.from({ length: 46 }, () => {
    const t = random();
    const angle = rad(180 - t * 200);
    const radius = 140 + (random() - 0.5) * 34 * (0.4 + t);
    const size = 0.7 + random() * 1.7;
    return circle(
      160 + radius * Math.cos(angle),
      160 + radius * Math.sin(angle),
      size,
      `fill="${random() > 0.5 ? c.trail[2] : c.trail[1]}" opacity="${n(1 - t * 0.75)}"`,
    );
  }).join("");
  return `<defs>${blur("wide", 5)}${blur("soft", 2)}</defs>
  <g fill="none"><g filter="url(#wide)">${arc(140, 30, c.trail[0], 0.75)}</g>
  <g filter="url(#soft)">${arc(140, 15, c.trail[1], 0.95)}</g>${arc(140, 4.5, c.trail[2], 1)}
  ${arc(126, 1.6, c.trail[1], 0.7)}${arc(153, 1.6, c.trail[1], 0.7)}</g>${dust}`;
}

function drawRing(c) {
  return `<defs>
    ${radial("wave", [
      [0.62, c.star[1], 0],
      [0.84, c.star[2], 0.4],
      [0.93, c.star[1], 0.95],
      [0.955, "#ffffff", 1],
      [0.975, c.star[1], 0.6],
      [1, c.star[2], 0],
    ])}
  </defs>${circle(150, 150, 149, 'fill="url(#wave)"')}`;
}

function drawGlow(c) {
  return `<defs>${radial("glow", [
    [0, c.flame[3], 0.95],
    [0.2, c.flame[2], 0.7],
    [0.5, c.flame[1], 0.3],
    [1, c.flame[0], 0],
  ])}</defs>${circle(80, 80, 80, 'fill="url(#glow)"')}`;
}

/** A billow: many shaded balls, each lit from above, over a blurred shadow. */
function drawSmoke(c, seed) {
  const random = seeded(seed);
  const balls = Array.from({ length: 17 }, () => {
    const angle = random() * TAU;
    const reach = Math.sqrt(random()) * 50;
    return { x: 90 + Math.cos(angle) * reach, y: 94 + Math.sin(angle) * reach * 0.78, r: 20 + random() * 17 };
  }).sort((a, b) => a.y - b.y);
  const layer = (shift, grow, paint) =>
    balls.map(({ x, y, r }) => circle(x + shift * 0.5, y + shift, r * grow, paint)).join("");
  return `<defs>
    ${radial(
      "ball",
      [
        [0, c.smoke[0], 1],
        [0.4, c.smoke[1], 0.92],
        [0.68, c.smoke[2], 0.6],
        [0.88, c.smoke[2], 0.14],
        [1, c.smoke[2], 0],
      ],
      'cx=".46" cy=".36" r=".6"',
    )}
    ${blur("wide", 6)}${blur("soft", 1.5)}
  </defs>
  <g filter="url(#wide)" opacity=".8">${layer(3, 0.9, `fill="${c.smoke[3]}"`)}</g>
  <g filter="url(#wide)" opacity=".9">${layer(-3, 0.74, `fill="${c.smoke[2]}"`)}</g>
  <g filter="url(#soft)">${layer(0, 1.06, 'fill="url(#ball)"')}</g>`;
}

function drawStar(c) {
  return `<defs>
    ${radial("halo", [
      [0, c.star[1], 0.8],
      [1, c.star[2], 0],
    ])}
    ${linear(
      "gold",
      [0.1, 0, 0.8, 1],
      [
        [0, c.star[0]],
        [0.45, c.star[1]],
        [1, c.star[2]],
      ],
    )}
  </defs>
  ${circle(48, 48, 47, 'fill="url(#halo)"')}
  <path d="${starPath(48, 49, 31, 14.5, 5)}" fill="url(#gold)" stroke="${c.star[3]}" stroke-width="2.4" stroke-linejoin="round"/>
  <path d="M48 22L54.500 41L48 49Z M48 49L30 76L36 55Z M48 49L18 40L38 40Z" fill="#fff" opacity=".42"/>
  ${circle(40, 38, 3, 'fill="#fff" opacity=".9"')}`;
}

function drawSparkle(c) {
  return `<defs>${radial("halo", [
    [0, c.star[0], 0.9],
    [0.35, c.star[1], 0.4],
    [1, c.star[2], 0],
  ])}</defs>
  ${circle(48, 48, 34, 'fill="url(#halo)"')}
  <path d="${glintPath(48, 48, 46, 0.12)}" fill="${c.star[1]}"/>
  <path d="${glintPath(48, 48, 34, 0.1)}" fill="#fff"/>
  <path d="${starPath(48, 48, 19, 2.6, 4, -45)}" fill="${c.star[0]}"/>`;
}

/** A handful of paper, ribbons, coins and stars flung outwards. */
function drawConfetti(c, seed) {
  const random = seeded(seed);
  const pieces = Array.from({ length: 19 }, (_, i) => {
    const angle = (i / 19) * TAU + random() * 0.3;
    const reach = 34 + Math.sqrt(random()) * 78;
    const x = 120 + Math.cos(angle) * reach;
    const y = 120 + Math.sin(angle) * reach;
    const tint = c.confetti[Math.floor(random() * c.confetti.length)];
    const turn = Math.floor(random() * 360);
    const size = 4 + random() * 3;
    const at = `transform="translate(${n(x)} ${n(y)}) rotate(${turn})"`;
    const fold = `fill="#000" opacity=".2"`;
    switch (i % 5) {
      case 0:
        return `<g ${at}><path d="M-9 0Q-5-7 0 0T9 0" fill="none" stroke="${c.ink}" stroke-width="4.4" stroke-linecap="round" opacity=".3"/><path d="M-9 0Q-5-7 0 0T9 0" fill="none" stroke="${tint}" stroke-width="3.4" stroke-linecap="round"/></g>`;
      case 1:
        return `<path d="${starPath(x, y, size * 1.25, size * 0.55, 5, turn)}" fill="${c.star[1]}" stroke="${c.star[3]}" stroke-width=".7"/>`;
      case 2:
        return `<g ${at}><ellipse rx="${n(size)}" ry="${n(size * 0.8)}" fill="${c.star[2]}" stroke="${c.star[3]}" stroke-width=".8"/><ellipse rx="${n(size * 0.66)}" ry="${n(size * 0.5)}" fill="${c.star[1]}"/><path d="M${n(-size * 0.4)} ${n(-size * 0.3)}L${n(size * 0.1)} ${n(-size * 0.4)}" stroke="#fff" stroke-width="1.2" stroke-linecap="round"/></g>`;
      default:
        return `<g ${at}><rect x="${n(-size)}" y="${n(-size * 0.6)}" width="${n(size * 2)}" height="${n(size * 1.2)}" rx="1" fill="${tint}"/><path d="M${n(-size)} ${n(size * 0.6)}L${n(size)} ${n(-size * 0.6)}V${n(size * 0.6)}Z" ${fold}/></g>`;
    }
  }).join("");
  return pieces;
}

function drawFirework(c) {
  const random = seeded(71);
  const arms = Array.from({ length: 26 }, (_, i) => {
    const angle = (i / 26) * TAU;
    const reach = i % 2 ? 78 + random() * 10 : 104 + random() * 14;
    const tint = i % 3 === 0 ? c.trail[0] : c.star[1];
    const x = 128 + reach * Math.cos(angle);
    const y = 128 + reach * Math.sin(angle);
    const x0 = 128 + 34 * Math.cos(angle);
    const y0 = 128 + 34 * Math.sin(angle);
    const side = angle + Math.PI / 2;
    const w = 2.1;
    return (
      `<path d="M${n(x0)} ${n(y0)}L${n(x + w * Math.cos(side))} ${n(y + w * Math.sin(side))}L${n(x - w * Math.cos(side))} ${n(y - w * Math.sin(side))}Z" fill="${tint}" opacity=".9"/>` +
      circle(x, y, 7, `fill="${tint}" opacity=".28"`) +
      circle(x, y, 3, `fill="${c.star[0]}"`)
    );
  }).join("");
  return `<defs>${radial("core", [
    [0, c.star[0], 0.9],
    [0.4, c.star[1], 0.3],
    [1, c.star[2], 0],
  ])}</defs>${circle(128, 128, 70, 'fill="url(#core)"')}${arms}`;
}

// ---------------------------------------------------------------------------------------------------------
// Bitmaps: a view of a drawing, its pixels per unit, and the point of it that sprites place. A `smooth` one
// keeps all its colours; the others are reduced to a palette.
// ---------------------------------------------------------------------------------------------------------

const ROCKET_DENSITY = 1.3;

function listBitmaps(c) {
  const rocketPart = (box, drawing) => ({
    box,
    density: ROCKET_DENSITY,
    anchor: [PIVOT.x, PIVOT.y],
    drawing,
  });
  const centred = (size, density, drawing) => ({
    box: [0, 0, size, size],
    density,
    anchor: [size / 2, size / 2],
    drawing,
  });
  return {
    nebula: { box: [0, 0, 300, 400], density: 0.8, anchor: [150, 200], drawing: drawNebula(c) },
    starfield: { box: [0, 0, 360, 480], density: 1, anchor: [180, 240], drawing: drawStarfield(c) },
    rays: centred(320, 1, drawRays(c)),
    moon: centred(400, 0.95, drawMoon(c)),
    giant: { box: [0, 0, 200, 140], density: 1, anchor: [100, 70], drawing: drawGiant(c) },
    world: { box: [0, 0, 500, 140], density: 1, anchor: [250, 43], drawing: drawWorld(c) },
    streak: { box: [0, 0, 40, 240], density: 1, anchor: [20, 216], drawing: drawStreak(c) },
    trail: centred(320, 1.1, drawTrail(c)),
    ring: centred(300, 1, drawRing(c)),
    glow: centred(160, 0.8, drawGlow(c)),
    smoke1: centred(180, 0.95, drawSmoke(c, 3)),
    smoke2: centred(180, 0.95, drawSmoke(c, 5)),
    smoke3: centred(180, 0.95, drawSmoke(c, 8)),
    star: centred(96, 1, drawStar(c)),
    sparkle: centred(96, 1, drawSparkle(c)),
    firework: centred(256, 1, drawFirework(c)),
    confetti1: centred(240, 1.1, drawConfetti(c, 13)),
    confetti2: centred(240, 1.1, drawConfetti(c, 17)),
    confetti3: centred(240, 1.1, drawConfetti(c, 19)),
    flame1: { box: [0, 0, 140, 280], density: 1, anchor: [70, 6], drawing: drawFlame(c, 2) },
    flame2: { box: [0, 0, 140, 280], density: 1, anchor: [70, 6], drawing: drawFlame(c, 4) },
    flame3: { box: [0, 0, 140, 280], density: 1, anchor: [70, 6], drawing: drawFlame(c, 6) },
    bell: rocketPart([40, 298, 100, 44], drawBell(c)),
    finLeft: rocketPart([-6, 200, 74, 140], drawFin(c, "left")),
    finRight: rocketPart([112, 200, 74, 140], drawFin(c, "right")),
    avatar: centred(100, 1.28, drawAvatar(c)),
    hull: { ...rocketPart([26, 0, 128, 340], drawHull(c)), smooth: true },
    glass: { box: [0, 0, 90, 90], density: ROCKET_DENSITY, anchor: [45, 45], drawing: drawGlass() },
  };
}

async function rasterise({ box, density, anchor, drawing, smooth = false }) {
  const width = Math.round(box[2] * density);
  const height = Math.round(box[3] * density);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${box.join(" ")}">${drawing}</svg>`;
  const png = await sharp(Buffer.from(svg))
    .png({ palette: !smooth, colours: 256, quality: 100, dither: 0.8, compressionLevel: 9, effort: 10 })
    .toBuffer();
  // From bitmap pixels to drawing units around the anchor.
  const fit = [box[2] / width, 0, 0, box[3] / height, box[0] - anchor[0], box[1] - anchor[1]];
  return { width, height, png, fit };
}

// ---------------------------------------------------------------------------------------------------------
// Motion
// ---------------------------------------------------------------------------------------------------------

const LAUNCH = 20;
const ORBIT = { start: 30, end: 60, x: 300, y: 362, r: 172 };
const BURST = 59;

/** How far the view has climbed from the little world, 0 to 1. */
const climb = (frame) => progress(frame, LAUNCH, 43, ease.inOutCubic);

/** The angle on the orbit, clockwise from the left; it accelerates all the way round. */
const orbitAngle = (frame) => 180 + 360 * clamp((frame - ORBIT.start) / (ORBIT.end - ORBIT.start)) ** 1.75;

const orbitRadius = (frame) => ORBIT.r * (1 - progress(frame, 52, 60, ease.inQuad));

function rumble(frame) {
  const force = keys(frame, [0, 0.7], [9, 1.5], [17, 6, ease.inQuad], [22, 7], [31, 1.5], [60, 0], [90, 0]);
  return { x: force * wave(frame, 2.7) * wave(frame, 7.3, 0.3), y: force * 0.6 * wave(frame, 3.1, 0.2) };
}

/** Where the rocket is: rises from the pad, joins the orbit, then comes to the front. */
function rocketPose(frame) {
  const join = progress(frame, 24, 35, ease.inOutSine);
  const leave = progress(frame, 54, 63, ease.inOutSine);
  const rise = keys(
    frame,
    [0, 424],
    [6, 416],
    [11, 424],
    [17, 448, ease.outCubic],
    [21, 428, ease.inQuad],
    [33, 230, ease.inQuad],
  );
  const angle = rad(orbitAngle(frame));
  const radius = orbitRadius(frame);
  const shake = rumble(frame);
  const hover = 6 * wave(frame - 62, 26) * progress(frame, 62, 72);
  const x = lerp(lerp(300, ORBIT.x + radius * Math.cos(angle), join), 300, leave) + shake.x;
  const y = lerp(lerp(rise, ORBIT.y + radius * Math.sin(angle), join), 372, leave) + shake.y + hover;
  const rotate =
    orbitAngle(frame) -
    180 +
    keys(frame, [22, 0], [28, -18], [36, -8], [52, -6], [60, 8], [64, 14, ease.outCubic], [78, 7], [89, 9]) +
    1.2 * wave(frame, 22) * progress(frame, 70, 78) +
    0.25 * shake.x;
  const scale = keys(
    frame,
    [0, 0.94],
    [22, 0.94],
    [36, 0.65],
    [54, 0.61],
    [66, 1.04, ease.outBack],
    [76, 0.98],
    [89, 1],
  );
  const stretch = keys(
    frame,
    [10, 1],
    [17, 0.91, ease.outCubic],
    [23, 1.12, ease.inOutCubic],
    [37, 1.04],
    [58, 1.06],
    [62, 1.1],
    [68, 0.96],
    [74, 1.01],
    [80, 1],
  );
  return { x, y, rotate, scaleX: scale / stretch, scaleY: scale * stretch };
}

const rocketMatrix = (frame) => place(rocketPose(frame));
const nozzleAt = (frame) => apply(rocketMatrix(frame), NOZZLE.x - PIVOT.x, NOZZLE.y - PIVOT.y);
const onRocket = (frame, x, y, pose = {}) =>
  multiply(rocketMatrix(frame), place({ x: x - PIVOT.x, y: y - PIVOT.y, ...pose }));

const thrust = (frame) =>
  keys(
    frame,
    [0, 0.55],
    [10, 0.5],
    [15, 0.7],
    [18, 0.55, ease.outCubic],
    [22, 0.74],
    [28, 1.2, ease.outBack],
    [39, 0.86],
    [54, 0.8],
    [60, 0.95],
    [66, 0.62],
    [89, 0.58],
  );

/** Each sprite: a bitmap key and frame => { matrix, alpha }, or null where it is hidden. Drawn in order. */
function listSprites() {
  const sprites = [];
  const add = (imageKey, at) => sprites.push({ imageKey, at });
  const free = (imageKey, at) =>
    add(imageKey, (frame) => {
      const pose = at(frame);
      return pose && { matrix: place(pose), alpha: pose.alpha };
    });

  addSky(free);
  addWorlds(free);
  addStreaks(free);
  addOrbitTrail(free);
  addSmoke(free, [0, 1, 2, 3, 4]);
  addStars(free);
  addRocket(add);
  addSmoke(free, [5, 6]);
  addConfetti(free);
  addSparkles(free);
  return sprites;
}

function addSky(free) {
  free("nebula", (f) => ({
    x: 300,
    y: 400,
    scaleX: 2.02 + 0.02 * wave(f, 45),
    scaleY: 2.02 + 0.02 * wave(f, 45, 0.25),
    alpha: 0.94 + 0.06 * wave(f, 60),
  }));
  const warp = (f) => keys(f, [20, 1], [31, 1.28], [43, 1]);
  free("starfield", (f) => ({
    x: 300,
    y: 380 + 50 * climb(f),
    rotate: 5 * climb(f) + 0.05 * f,
    scaleX: 1.62,
    scaleY: 1.62 * warp(f),
    alpha: 0.82 + 0.18 * wave(f, 24),
  }));
  free("starfield", (f) => ({
    x: 300,
    y: 370 + 90 * climb(f),
    rotate: 180 - 8 * climb(f) - 0.08 * f,
    scaleX: -1.4,
    scaleY: 1.4 * warp(f),
    alpha: 0.72 - 0.24 * wave(f, 18),
  }));
  free("rays", (f) => {
    if (f < BURST) return null;
    return {
      x: 300,
      y: 372,
      rotate: f * 0.9,
      scale: keys(f, [BURST, 0.4], [68, 1.9, ease.outBack], [89, 1.82]),
      alpha: keys(f, [BURST, 0], [63, 0.95], [76, 0.68], [89, 0.62]),
    };
  });
}

function addWorlds(free) {
  free("giant", (f) => ({
    x: lerp(112, 96, climb(f)) + 3 * wave(f, 50),
    y: lerp(206, 612, climb(f)) + 4 * wave(f, 40),
    scale: lerp(0.62, 0.8, climb(f)),
    rotate: 3 * wave(f, 60),
    alpha: 1,
  }));
  free("moon", (f) => ({
    x: lerp(456, ORBIT.x, climb(f)),
    y: lerp(168, ORBIT.y, climb(f)) + 4 * progress(f, 64, 89),
    scale:
      keys(f, [0, 0.62], [LAUNCH, 0.64], [44, 0.8], [55, 0.76], [68, 1.36, ease.outBack], [89, 1.32]) +
      0.008 * wave(f, 30),
    rotate: keys(f, [0, -8], [LAUNCH, -6], [60, 8], [89, 14, ease.outCubic]),
    alpha: 1,
  }));
  [
    { x: 112, y: 196, start: 60, size: 0.86 },
    { x: 492, y: 158, start: 64, size: 0.7 },
  ].forEach(({ x, y, start, size }) => {
    free("firework", (f) => {
      if (f < start) return null;
      return {
        x,
        y: y + 16 * progress(f, start + 6, 95, ease.inQuad),
        rotate: 8 * progress(f, start, 89, ease.outCubic),
        scale: size * lerp(0.12, 1.06, progress(f, start, start + 13, ease.outQuint)),
        alpha: keys(f, [start, 0.3], [start + 2, 1], [start + 12, 1], [95, 0.85]),
      };
    });
  });
  free("world", (f) => {
    if (climb(f) > 0.72) return null;
    return { x: 300, y: 690 + 260 * climb(f) + rumble(f).y * 0.4, scale: 1.1, alpha: 1 };
  });
}

/** A shooting star first, speed lines at the launch, comets in the afterglow. */
function addStreaks(free) {
  const lanes = [
    { x: 128, y: 60, intro: -4, launch: 20, after: 66, to: [70, 420] },
    { x: 470, y: 90, intro: 9, launch: 24, after: 72, to: [552, 470] },
    { x: 232, y: 30, intro: 99, launch: 27, after: 78, to: [96, 300] },
  ];
  const fly = (f, start, length, from, to, size) => {
    const t = (f - start) / length;
    if (t < 0 || t > 1) return null;
    const run = ease.inOutSine(t);
    const angle = (Math.atan2(to[1] - from[1], to[0] - from[0]) * 180) / Math.PI - 90;
    return {
      x: lerp(from[0], to[0], run),
      y: lerp(from[1], to[1], run),
      rotate: angle,
      scaleX: size,
      scaleY: size * (0.5 + 0.7 * Math.sin(Math.PI * t)),
      alpha: Math.sin(Math.PI * clamp(t, 0.06, 0.94)) ** 0.6,
    };
  };
  lanes.forEach(({ x, y, intro, launch, after, to }, i) => {
    free("streak", (f) => {
      if (f < launch) return fly(f, intro, 18, [x + 130, y - 10], [x - 70, y + 150], 0.6);
      if (f < 40) return fly(f, launch, 11 + i, [x + (i - 1) * 30, -40], [x + (i - 1) * 50, 860], 1);
      if (f < 62)
        return fly(f, 40 + i, 17, [x + 60 - 40 * i, 520 + 30 * i], [x - 70 - 60 * i, 730 + 20 * i], 0.55);
      return fly(f, after, 30, [to[0] < 300 ? to[0] + 190 : to[0] - 60, 40], to, 0.62);
    });
  });
}

function addOrbitTrail(free) {
  free("trail", (f) => {
    const alpha = keys(f, [31, 0], [39, 1], [55, 1], [62, 0]);
    if (alpha <= 0) return null;
    const radius = Math.max(orbitRadius(f), 40);
    return {
      x: ORBIT.x,
      y: ORBIT.y,
      rotate: orbitAngle(f) - 180 - 32,
      scale: (radius * 1.05) / 140,
      alpha,
    };
  });
  free("ring", (f) => {
    if (f < BURST) return f >= LAUNCH && f < 33 ? launchRing(f) : null;
    return {
      x: 300,
      y: 372,
      scale: lerp(0.2, 1.97, progress(f, BURST, 80, ease.outQuint)),
      alpha: keys(f, [BURST, 1], [64, 0.95], [89, 0.3, ease.outQuad]),
    };
  });
}

function launchRing(f) {
  const t = progress(f, LAUNCH, 33, ease.outCubic);
  return {
    x: 300,
    y: 690 + 260 * climb(f),
    scaleX: 0.4 + 1.6 * t,
    scaleY: 0.1 + 0.36 * t,
    alpha: (1 - t) ** 0.8,
  };
}

/** Seven billows of pad smoke. Four sink and gather into the last bank of cloud; three follow the orbit. */
function addSmoke(free, indexes) {
  indexes.forEach((i) => {
    free(`smoke${(i % 3) + 1}`, (f) => {
      if (i < 4) return blend(padSmoke(i, f), cloudBank(i, f), progress(f, 30, 50, ease.inOutCubic));
      if (f < 40) return padSmoke(i, f);
      return f < 62 ? orbitSmoke(i, f) : cloudBank(i, f);
    });
  });
}

const blend = (from, to, t) =>
  Object.fromEntries(Object.keys(from).map((key) => [key, lerp(from[key], to[key], t)]));

function padSmoke(i, f) {
  const slots = [-186, 142, -96, 190, 78, -54, 42];
  const front = i >= 5;
  const rolling = (f % 34) / 34 + i * 0.37;
  const roll = Math.sin(Math.PI * (rolling % 1));
  const surge = progress(f, 14, 28, ease.outCubic);
  const reach = 1 + 0.05 * roll + 0.06 * surge;
  return {
    x: 300 + slots[i] * reach,
    y: (front ? 716 : 694) - 10 * roll - 26 * surge + 200 * climb(f),
    rotate: (i % 2 ? 1 : -1) * (f * 0.9 + 20 * i),
    scale: (front ? 0.62 : 0.82) + 0.1 * roll + 0.3 * surge,
    alpha: (0.86 + 0.1 * roll) * (i < 4 ? 1 : 1 - progress(f, 30, 38)),
  };
}

function orbitSmoke(i, f) {
  const born = 40 + (i - 4) * 4.5;
  const age = (f - born) / 15;
  if (age <= 0 || age >= 1) return null;
  const from = nozzleAt(born);
  const grow = ease.outCubic(age);
  return {
    x: from.x + (from.x - ORBIT.x) * 0.16 * grow,
    y: from.y + (from.y - ORBIT.y) * 0.16 * grow + 14 * age * age,
    rotate: i * 50 + 30 * grow,
    scale: 0.16 + 0.36 * grow,
    alpha: (1 - age) ** 0.6,
  };
}

function cloudBank(i, f) {
  const slots = [-176, 116, -88, 182, 30, -124, 88];
  const front = i >= 5;
  const t = i < 4 ? 1 : progress(f, 62 + i - 4, 78, ease.outCubic);
  if (t <= 0) return null;
  const gather = progress(f, 58, 74, ease.outCubic);
  return {
    x: 300 + slots[i] * (0.35 + 0.65 * t) + 6 * wave(f, 40, i * 0.21),
    y: (front ? 694 : lerp(722, 668, gather)) + 40 * (1 - t) + 4 * wave(f, 30, i * 0.33),
    rotate: (i % 2 ? 1 : -1) * (0.5 * f + 20 * i),
    scale: (front ? 0.6 : 0.8) * (0.4 + 0.6 * t),
    alpha: 0.9 * t,
  };
}

/** Eight gold stars: twinkling in the sky, then lit one by one along the orbit, then flung into a wreath. */
function addStars(free) {
  const random = seeded(97);
  const sky = [
    [86, 330],
    [196, 112],
    [330, 88],
    [520, 330],
    [96, 470],
    [498, 470],
    [262, 200],
    [402, 300],
  ];
  sky.forEach(([x, y], i) => {
    const angle = 198 + i * 45;
    const reach = 1.24 + 0.22 * random();
    const phase = random();
    free("star", (f) => {
      const laid = orbitFrameAt(angle) + 1;
      if (f < 32) {
        return {
          x: x + 2 * wave(f, 30, phase),
          y: y + 200 * climb(f),
          rotate: 14 * wave(f, 36, phase),
          scale: 0.34 + 0.1 * wave(f, 16, phase),
          alpha: (0.82 + 0.18 * wave(f, 16, phase)) * (1 - progress(f, 25, 32)),
        };
      }
      if (f < laid) {
        const wait = progress(f, 33, 39) * (1 - progress(f, laid - 2, laid));
        const at = rad(angle);
        return {
          x: ORBIT.x + ORBIT.r * Math.cos(at),
          y: ORBIT.y + ORBIT.r * Math.sin(at),
          rotate: 16 * wave(f, 32, phase),
          scale: 0.3 + 0.05 * wave(f, 10, phase),
          alpha: 0.7 * wait,
        };
      }
      const pop = progress(f, laid, laid + 12, ease.outElastic);
      const burst = progress(f, BURST, BURST + 13, ease.outBack);
      const drift = progress(f, 66, 89) * 8 + 4 * burst;
      const at = rad(angle + drift);
      const r = ORBIT.r * lerp(1, reach, burst);
      return {
        x: ORBIT.x + r * Math.cos(at),
        y: ORBIT.y + 6 * burst + r * Math.sin(at) * lerp(1, 1.16, burst),
        rotate: 120 * burst + 16 * wave(f, 32, phase),
        scale: pop * (lerp(0.5, 0.68, burst) + 0.07 * wave(f, 14, phase)),
        alpha: 1,
      };
    });
  });
}

/** The frame at which the rocket passes an angle of the orbit. */
function orbitFrameAt(angle) {
  for (let f = ORBIT.start; f < ORBIT.end; f += 0.25) if (orbitAngle(f) >= angle) return f;
  return ORBIT.end - 1;
}

function addRocket(add) {
  const fixed = (f) => ({ matrix: rocketMatrix(f), alpha: 1 });
  add("glow", (f) => ({
    matrix: onRocket(f, NOZZLE.x, NOZZLE.y + 42, {
      scaleX: 1.5 + 0.5 * thrust(f) + 0.12 * wave(f, 3.3),
      scaleY: 1.7 + 0.9 * thrust(f) + 0.12 * wave(f, 4.1),
    }),
    alpha: 0.72 + 0.12 * wave(f, 3.7),
  }));
  [1, 2, 3].forEach((variant) => {
    add(`flame${variant}`, (f) => {
      const order = Math.floor(f / 2) % 3;
      const strength = order === variant - 1 ? 1 : (order + 1) % 3 === variant - 1 ? 0.4 : 0;
      if (strength === 0) return null;
      const power = thrust(f);
      return {
        matrix: onRocket(f, NOZZLE.x + 1.4 * wave(f, 2.3), NOZZLE.y + 2, {
          rotate: 2.2 * wave(f, 5.3, variant * 0.3),
          scaleX: (f % 4 < 2 ? 0.86 : -0.86) * (0.86 + 0.18 * power + 0.05 * wave(f, 2.9)),
          scaleY: power * (0.94 + 0.09 * wave(f, 3.9)),
        }),
        alpha: strength,
      };
    });
  });
  add("bell", fixed);
  add("finLeft", fixed);
  add("finRight", fixed);
  add("avatar", (f) => ({
    matrix: onRocket(f, PORTHOLE.x, PORTHOLE.y, { scale: 0.84, rotate: 3 * wave(f, 28) }),
    alpha: 1,
  }));
  add("hull", fixed);
  add("glass", (f) => ({ matrix: onRocket(f, PORTHOLE.x, PORTHOLE.y), alpha: 0.92 + 0.08 * wave(f, 20) }));
}

function addConfetti(free) {
  const throws = [
    { image: 1, x: -150, y: -190, size: 1.45, turn: 70 },
    { image: 2, x: 165, y: -130, size: 1.4, turn: -80 },
    { image: 3, x: -120, y: 130, size: 1.35, turn: -60 },
    { image: 1, x: 140, y: 150, size: 1.3, turn: 90 },
    { image: 2, x: 0, y: -40, size: 2.1, turn: 40 },
  ];
  throws.forEach(({ image, x, y, size, turn }, i) => {
    free(`confetti${image}`, (f) => {
      const start = BURST + (i % 3) * 0.7;
      if (f <= start) return null;
      const out = progress(f, start, start + 14, ease.outQuint);
      const fall = progress(f, start + 4, 96, ease.inQuad);
      return {
        x: 300 + x * out + 8 * wave(f, 26, i * 0.2) * out,
        y: 372 + y * out + (70 + 12 * i) * fall,
        rotate: i * 70 + turn * progress(f, start, 92, ease.outCubic),
        scaleX: size * out * (0.92 + 0.1 * wave(f, 17, i * 0.27)),
        scaleY: size * out * (0.92 - 0.1 * wave(f, 17, i * 0.27)),
        alpha: keys(f, [start, 0.4], [start + 2, 1], [82, 1], [95, 0.9]),
      };
    });
  });
}

/** Glints: on the nose and the moon at first, around the rocket later. */
function addSparkles(free) {
  const spots = [
    { early: [-26, -112], late: [-24, -118], period: 24, phase: 0.15 },
    { early: [48, 70], late: [50, 62], period: 30, phase: 0.55 },
    { early: [-72, 128], late: [-70, 126], period: 27, phase: 0.85 },
  ];
  spots.forEach(({ early, late, period, phase }) => {
    free("sparkle", (f) => {
      const shine = Math.max(0, 0.5 + 0.6 * wave(f, period, phase));
      if (shine < 0.06) return null;
      const [x, y] = f < 50 ? early : late;
      const at = apply(rocketMatrix(f), x, y);
      return {
        ...at,
        rotate: 30 * wave(f, period * 2, phase),
        scale: 0.2 + 0.5 * shine,
        alpha: clamp(shine),
      };
    });
  });
}

// ---------------------------------------------------------------------------------------------------------
// The movie file and the still
// ---------------------------------------------------------------------------------------------------------

const SCHEMA = `syntax = "proto3";
package com.opensource.svga;
message MovieParams { float viewBoxWidth = 1; float viewBoxHeight = 2; int32 fps = 3; int32 frames = 4; }
message Layout { float x = 1; float y = 2; float width = 3; float height = 4; }
message Transform { float a = 1; float b = 2; float c = 3; float d = 4; float tx = 5; float ty = 6; }
message FrameEntity { float alpha = 1; Layout layout = 2; Transform transform = 3; string clipPath = 4; }
message SpriteEntity { string imageKey = 1; repeated FrameEntity frames = 2; string matteKey = 3; }
message MovieEntity {
  string version = 1; MovieParams params = 2; map<string, bytes> images = 3; repeated SpriteEntity sprites = 4;
}`;

/** Binary fractions keep the float bytes short enough for zlib to share. */
const snap = (value, steps) => Math.round(value * steps) / steps;

function frameOf(sprite, bitmap, frame) {
  const shown = sprite.at(frame);
  const alpha = shown ? snap(clamp(shown.alpha), 64) : 0;
  if (alpha === 0) return {};
  const [a, b, c, d, tx, ty] = multiply(shown.matrix, bitmap.fit);
  return {
    alpha,
    layout: { x: 0, y: 0, width: bitmap.width, height: bitmap.height },
    transform: {
      a: snap(a, 2048),
      b: snap(b, 2048),
      c: snap(c, 2048),
      d: snap(d, 2048),
      tx: snap(tx, 16),
      ty: snap(ty, 16),
    },
  };
}

function buildMovie(bitmaps, sprites) {
  return {
    version: "2.0.0",
    params: { viewBoxWidth: WIDTH, viewBoxHeight: HEIGHT, fps: FPS, frames: FRAMES },
    images: Object.fromEntries(Object.entries(bitmaps).map(([key, { png }]) => [key, png])),
    sprites: sprites.map((sprite) => ({
      imageKey: sprite.imageKey,
      frames: Array.from({ length: FRAMES }, (_, frame) => frameOf(sprite, bitmaps[sprite.imageKey], frame)),
    })),
  };
}

function encodeMovie(movie) {
  const type = protobuf.parse(SCHEMA).root.lookupType("com.opensource.svga.MovieEntity");
  return deflateSync(type.encode(type.fromObject(movie)).finish(), { level: 9 });
}

/** One frame of the movie as a square picture, softened towards its edges. */
async function composeStill(movie, bitmaps) {
  const layers = movie.sprites
    .map(({ imageKey, frames }) => ({ imageKey, ...frames[STILL_FRAME] }))
    .filter(({ alpha }) => alpha)
    .map(({ imageKey, alpha, layout, transform: t }) => {
      const data = bitmaps[imageKey].png.toString("base64");
      return `<image width="${layout.width}" height="${layout.height}" opacity="${alpha}" transform="matrix(${t.a} ${t.b} ${t.c} ${t.d} ${t.tx} ${t.ty})" href="data:image/png;base64,${data}"/>`;
    })
    .join("");
  const view = `-50 46 ${WIDTH + 100} ${WIDTH + 100}`;
  const scene = `<svg xmlns="http://www.w3.org/2000/svg" width="${STILL_SIZE}" height="${STILL_SIZE}" viewBox="${view}">${layers}</svg>`;
  const edge = `<svg xmlns="http://www.w3.org/2000/svg" width="${STILL_SIZE}" height="${STILL_SIZE}"><defs>${blur("edge", 9)}</defs><rect x="16" y="16" width="${STILL_SIZE - 32}" height="${STILL_SIZE - 32}" rx="130" fill="#fff" filter="url(#edge)"/></svg>`;
  const picture = await sharp(Buffer.from(scene), { unlimited: true }).ensureAlpha().png().toBuffer();
  return sharp(picture)
    .composite([{ input: Buffer.from(edge), blend: "dest-in" }])
    .png({ compressionLevel: 9, effort: 10 })
    .toBuffer();
}

function readLivery(args) {
  const at = args.indexOf("--livery");
  const name = at < 0 ? "festival" : args[at + 1];
  if (!Object.hasOwn(LIVERIES, name)) throw new Error(`--livery: one of ${Object.keys(LIVERIES).join(", ")}`);
  return LIVERIES[name];
}

async function main() {
  const drawings = Object.entries(listBitmaps(readLivery(process.argv.slice(2))));
  const bitmaps = Object.fromEntries(
    await Promise.all(drawings.map(async ([key, drawing]) => [key, await rasterise(drawing)])),
  );
  const movie = buildMovie(bitmaps, listSprites());
  const file = encodeMovie(movie);
  const still = await composeStill(movie, bitmaps);
  writeFileSync(new URL("rocket.svga", import.meta.url), file);
  writeFileSync(new URL("still.png", import.meta.url), still);
  const decoded = Object.values(bitmaps).reduce((sum, { width, height }) => sum + width * height * 4, 0);
  console.log(
    `rocket.svga: ${file.length} bytes, ${movie.sprites.length} sprites, ${drawings.length} bitmaps, ${decoded} bytes decoded; still.png: ${still.length} bytes`,
  );
}

await main();
