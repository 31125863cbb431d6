import type { Theme } from "./theme.ts";

/*
 * Pictures are drawn 560 wide and shown at 600, or at 340 on a phone, where the smallest type is then 10 pixels high. Only fonts that
 * the viewer has are used, so widths are estimated by the widest of them.
 */
export const WIDTH = 560;
export const EDGE = 24;
export const TITLE_SIZE = 21;
export const TEXT_SIZE = 17;
export const LABEL_SIZE = 16;

/** DejaVu Sans, which servers have, is the widest of the usual fonts. */
const WIDTH_OF_CHARACTER = 0.6;
const FONTS =
  "-apple-system, 'Segoe UI', 'Noto Sans', 'Liberation Sans', Helvetica, Arial, 'DejaVu Sans', sans-serif";

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One element; numbers are rounded to a tenth, so that the same values give the same bytes everywhere. */
export function element(name: string, attributes: Attributes, content = ""): string {
  const written = Object.entries(attributes)
    .flatMap(([key, value]) =>
      value === undefined
        ? []
        : [` ${key}="${typeof value === "number" ? toTenth(value) : escapeXml(value)}"`],
    )
    .join("");
  return content === "" ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

export function text(content: string, attributes: Attributes): string {
  return element("text", attributes, escapeXml(content));
}

/** The frame around a picture, with a title and a description for those who do not see it. */
export function frame(
  theme: Theme,
  height: number,
  { id, title, description }: { readonly id: string; readonly title: string; readonly description: string },
  content: readonly string[],
): string {
  const names = [`${id}-title`, `${id}-desc`];
  const children = [
    element("title", { id: names[0] }, escapeXml(title)),
    element("desc", { id: names[1] }, escapeXml(description)),
    element("rect", {
      x: 0.5,
      y: 0.5,
      width: WIDTH - 1,
      height: height - 1,
      rx: 10,
      fill: theme.background,
      stroke: theme.border,
    }),
    ...content,
  ];
  return `${element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      role: "img",
      "aria-labelledby": names.join(" "),
      "font-family": FONTS,
      "font-size": LABEL_SIZE,
      fill: theme.text,
    },
    `\n${children.filter(Boolean).join("\n")}\n`,
  )}\n`;
}

/** Title and subtitle. Where a title is too long the gift's name gives way, for its version and what is shown tell pictures apart. */
export function heading(
  theme: Theme,
  { gift, version }: { readonly gift: string; readonly version: string },
  what: string,
  subtitle: string,
): string[] {
  const characters = charactersWithin(WIDTH - 2 * EDGE, TITLE_SIZE);
  const end = ` ${shorten(version, 12)}: ${what}`;
  const name = shorten(gift, Math.max(4, characters - end.length));
  const title = { x: EDGE, y: 40, "font-size": TITLE_SIZE, "font-weight": 600 };
  return [
    text(shorten(`${name}${end}`, characters), title),
    text(shorten(subtitle, charactersWithin(WIDTH - 2 * EDGE, TEXT_SIZE)), {
      x: EDGE,
      y: 68,
      "font-size": TEXT_SIZE,
      fill: theme.muted,
    }),
  ];
}

/** "a-very-lo…", at most so long. */
function shorten(name: string, characters: number): string {
  const letters = Array.from(name);
  return letters.length <= characters ? name : `${letters.slice(0, Math.max(0, characters - 1)).join("")}…`;
}

export function charactersWithin(width: number, size: number): number {
  return Math.floor(width / (size * WIDTH_OF_CHARACTER));
}

/** What XML does not allow at all is shown as U+FFFD (https://www.w3.org/TR/xml/#charsets). */
export function escapeXml(content: string): string {
  return content
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[\t\n\r]+/g, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

export function toTenth(number: number): number {
  return Number.isFinite(number) ? Math.round(number * 10) / 10 + 0 : 0;
}

/** An id that XML takes, from any names. */
export function toId(...parts: readonly string[]): string {
  return ["giftwrap", ...parts].map((it) => it.replace(/[^A-Za-z0-9]+/g, "-")).join("-");
}

export function line(x1: number, y1: number, x2: number, y2: number, attributes: Attributes): string {
  return element("line", { x1, y1, x2, y2, ...attributes });
}

/** Where there is nothing to draw, a frame that says so. */
export function emptyPlot(
  {
    x,
    y,
    width,
    height,
  }: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  theme: Theme,
): string[] {
  return [
    element("rect", {
      x,
      y,
      width,
      height,
      rx: 8,
      fill: "none",
      stroke: theme.border,
      "stroke-dasharray": "6 6",
    }),
    text("No numbers yet", {
      x: x + width / 2,
      y: y + height / 2 + 6,
      "text-anchor": "middle",
      "font-size": TEXT_SIZE,
      fill: theme.muted,
    }),
  ];
}
