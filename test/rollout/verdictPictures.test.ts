import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { drawPng } from "../../src/rollout/drawPng.ts";
import { latencySvg } from "../../src/rollout/verdict/latencySvg.ts";
import { drawVerdict, type VerdictPicture } from "../../src/rollout/verdict/pictures.ts";
import { LABEL_SIZE, WIDTH } from "../../src/rollout/verdict/svg.ts";
import { LIGHT, type Theme, THEMES } from "../../src/rollout/verdict/theme.ts";
import { anyDifference, anyVerdict } from "../support/anyVerdict.ts";
import { DECODE, narrowing, OPENED, PLAN, VERDICTS, verdict } from "../support/verdicts.ts";

const PASS = drawVerdict(verdict(), PLAN, [narrowing("failed", 0.0002, 0.0013)]);
const WORSE = drawVerdict(VERDICTS["worse"]?.verdict ?? expect.fail(), PLAN, [
  narrowing("failed", 0.011, 0.0045),
]);
const FEW = drawVerdict(
  verdict({ decode: { ...DECODE, histogram: { bounds: [], trial: [], baseline: [] } } }),
  PLAN,
  [
    narrowing("failed", 0, 0, 0),
    {
      metric: "fellBack",
      points: [{ seconds: OPENED, estimate: 0.001, lower: Number.NEGATIVE_INFINITY, upper: 0.004 }],
    },
  ],
);

describe("the pictures of a verdict", () => {
  test.each([
    ["pass", PASS],
    ["worse", WORSE],
    ["few", FEW],
  ])("are the same bytes every time: %s", async (name, pictures) => {
    for (const { name: which, light, dark } of pictures) {
      await expect(light).toMatchFileSnapshot(`golden/${name}-${which}-light.svg`);
      await expect(dark).toMatchFileSnapshot(`golden/${name}-${which}-dark.svg`);
    }
  });

  test("are drawn for each difference that is known, and for decode times", () => {
    expect(PASS.map((it) => it.name)).toEqual(["difference-failed", "latency"]);
    expect(drawVerdict(verdict({ decode: null }), PLAN, [])).toEqual([]);
  });

  test("tell those who cannot see them the same", () => {
    for (const { alt, light } of PASS) {
      expect(light).toMatch(/<svg [^>]*role="img" aria-labelledby="(\S+) (\S+)"/);
      const [, title, description] = /aria-labelledby="(\S+) (\S+)"/.exec(light) ?? [];
      expect(light).toContain(`<title id="${title}">rose 1.1.0: `);
      expect(light).toContain(`<desc id="${description}">${alt}</desc>`);
      expect(alt).toMatch(/^rose 1\.1\.0: .+\d.+\.$/);
    }
  });

  test("tell lines apart by their form and their names, not by colour alone", () => {
    const [difference, latency] = PASS;
    expect(difference?.light).toMatch(/stroke-dasharray/);
    for (const words of ["like live", "now +0.02", "limit +0.50"])
      expect(difference?.light).toContain(`>${words}<`);
    for (const words of ["new", "live today", "goal 200 ms"]) expect(latency?.light).toContain(`>${words}<`);
  });

  test("say that there is nothing to draw yet", () => {
    const [nothing, one, latency] = FEW;
    expect(nothing?.light).toContain(">No numbers yet<");
    expect(latency?.light).toContain(">No numbers yet<");
    expect(one?.light).toContain(">2026-11-26 06:00<");
  });

  test("load nothing from anywhere", () => {
    for (const svg of allOf([...PASS, ...WORSE, ...FEW]))
      expect(svg.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(
        /https?:|@import|@font-face|<image|<script|<style|href|data:/,
      );
  });

  test("can be read at 600 pixels and on a phone", () => {
    for (const svg of allOf(PASS)) {
      const sizes = [...svg.matchAll(/font-size="([\d.]+)"/g)].map((it) => Number(it[1]));
      expect(Math.min(LABEL_SIZE, ...sizes) * (340 / WIDTH)).toBeGreaterThanOrEqual(9.5);
    }
  });

  test("keep names of any length inside of themselves", () => {
    const long = verdict({
      gift: "a-very-long-gift-name-that-somebody-gave-".repeat(9),
      version: "1.1.0-rc.12",
    });
    for (const svg of allOf(drawVerdict(long, PLAN, [narrowing("slow", 0.001, 0.01)]))) {
      for (const [, size, content = ""] of svg.matchAll(/<text [^>]*?font-size="([\d.]+)"[^>]*>([^<]*)</g))
        expect(content.length * Number(size) * 0.6).toBeLessThanOrEqual(WIDTH);
      expect(svg).toContain("…");
      expect(svg).toMatch(/<title [^>]*>(?:a-very-long-gift-name-that-somebody-gave-){9} 1\.1\.0-rc\.12: /);
    }
  });

  test.each(THEMES.map((theme) => [theme.name, theme] as const))("have contrast enough: %s", (_, theme) => {
    for (const colour of [theme.text, theme.muted, theme.accent, theme.limit])
      expect(contrast(colour, theme.background)).toBeGreaterThanOrEqual(4.5);
    // Bars are drawn at three quarters, and what must not be crossed lies on the band and on its own tint.
    expect(contrast(blend(theme.accent, theme.background, 0.75), theme.background)).toBeGreaterThanOrEqual(3);
    const band = blend(theme.accent, theme.background, 0.16);
    for (const colour of [theme.accent, theme.limit, theme.muted])
      expect(contrast(colour, band)).toBeGreaterThanOrEqual(3);
    const tint = blend(theme.limit, theme.background, 0.08);
    for (const colour of [theme.accent, theme.limit])
      expect(contrast(colour, tint)).toBeGreaterThanOrEqual(3);
  });

  test("become PNG, twice as large, in both colours", async () => {
    for (const { light, dark } of PASS) {
      const [day, night] = await Promise.all([drawPng(light), drawPng(dark)]);
      expect((await sharp(day).metadata()).format).toBe("png");
      expect((await sharp(day).metadata()).width).toBe(1_200);
      expect(await brightness(day)).toBeGreaterThan(200);
      expect(await brightness(night)).toBeLessThan(60);
    }
  });

  test("of any verdict are XML without a slip of a number", async () => {
    await fc.assert(
      fc.asyncProperty(anyVerdict, fc.array(anyDifference, { maxLength: 3 }), async (any, differences) => {
        for (const svg of allOf(drawVerdict(any, PLAN, differences))) {
          expect(svg).not.toMatch(/NaN|Infinity|undefined|null/);
          for (const [, , number = ""] of svg.matchAll(
            / (x|y|x1|x2|y1|y2|width|height|cx|cy|r|rx)="([^"]*)"/g,
          ))
            expect(number).toMatch(/^-?\d+(\.\d)?$/);
          expect((await sharp(Buffer.from(svg)).metadata()).format).toBe("svg");
        }
      }),
      { numRuns: 60 },
    );
  });

  test("stay inside of their frame, whatever the numbers are", () => {
    fc.assert(
      fc.property(anyVerdict, fc.array(anyDifference, { maxLength: 3 }), (any, differences) => {
        for (const svg of allOf(drawVerdict(any, PLAN, differences))) {
          const height = Number(/viewBox="0 0 \d+ (\d+)"/.exec(svg)?.[1]);
          for (const [, x, y] of svg.matchAll(/<(?:text|rect|circle) [^>]*?c?x="([^"]*)" c?y="([^"]*)"/g)) {
            expect(Number(x)).toBeGreaterThanOrEqual(0);
            expect(Number(x)).toBeLessThanOrEqual(WIDTH);
            expect(Number(y)).toBeGreaterThanOrEqual(0);
            expect(Number(y)).toBeLessThanOrEqual(height);
          }
        }
      }),
    );
  });

  test("show a goal beyond the last bucket, and one without a goal", () => {
    const { histogram } = DECODE;
    const beyond = latencySvg(
      verdict({ decode: { ...DECODE, histogram: { ...histogram, bounds: [50, 100] } } }),
      200,
      LIGHT,
    );
    expect(beyond).toContain(">goal 200 ms<");
    expect(latencySvg(verdict(), null, LIGHT)).not.toContain("goal");
  });
});

function allOf(pictures: readonly VerdictPicture[]): string[] {
  return pictures.flatMap((it) => [it.light, it.dark]);
}

async function brightness(png: Uint8Array): Promise<number> {
  const { channels } = await sharp(png).removeAlpha().greyscale().stats();
  return channels[0]?.mean ?? Number.NaN;
}

type Colour = Theme["text"];

/** WCAG 2.2, "contrast ratio": 4.5 for text, 3 for graphics. */
function contrast(one: Colour, other: Colour): number {
  const [lighter, darker] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05);
}

function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = channelsOf(colour).map((it) => {
    const share = it / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function blend(colour: Colour, background: Colour, share: number): Colour {
  const below = channelsOf(background);
  const mixed = channelsOf(colour).map((it, at) => Math.round(it * share + (below[at] ?? 0) * (1 - share)));
  return `#${mixed.map((it) => it.toString(16).padStart(2, "0")).join("")}`;
}

function channelsOf(colour: Colour): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}
