import type { Preview } from "../../bundle/preview/sheet.ts";
import type { Advice } from "../../formats/media.ts";
import { count, toBytes } from "../../report/text.ts";
import { escapeXml } from "../../rollout/verdict/svg.ts";
import { PREVIEW_STYLE } from "./previewStyle.ts";
import type { PreviewFacts, PreviewPictures, SourceFacts, VariantFacts } from "./previewFacts.ts";

/** Nothing is loaded and nothing runs, whatever a gift's files say. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** One page with everything in it: it is opened by a double click and needs no server, no network and no script. */
export function previewPage(facts: PreviewFacts): string {
  const { gift, version, name, title, owner, source, pictures, notes, variants, comparison } = facts;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="content-security-policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeXml(`${name} ${version}`)}</title>
<link rel="icon" href="data:,">
<style>${PREVIEW_STYLE}${pictures ? motionStyle(pictures) : ""}</style>
</head>
<body>
<header>
<h1>${escapeXml(name)} <span class="version">${escapeXml(version)}</span></h1>
<p class="title">${escapeXml(title)}</p>
<p class="soft"><code>${escapeXml(gift)}@${escapeXml(version)}</code> by ${escapeXml(owner)}</p>
</header>
<main>
${notes.length > 0 ? notesSection(notes) : ""}
${pictures ? picturesSections(pictures) : ""}
${comparison ? `<section><h2>Before and after</h2><p>Above is ${escapeXml(comparison.version)}, which everyone has now; below is ${escapeXml(version)}, at the same moments, each as large as fits.</p>${image(comparison.picture, `${comparison.version} above ${version}`)}</section>` : ""}
${source ? `<section><h2>What you delivered</h2>${sourceFacts(source)}</section>` : ""}
${variantsSection(variants)}
</main>
</body>
</html>
`;
}

function notesSection(notes: readonly Advice[]): string {
  const items = notes.map(
    ({ message, fix }) =>
      `<li><strong>${escapeXml(sentence(message))}</strong> <span>${escapeXml(sentence(fix))}</span></li>`,
  );
  return `<section class="notes"><h2>Worth knowing</h2><ul>${items.join("")}</ul></section>`;
}

function picturesSections({ sheet, motion, still, stillFrom }: PreviewPictures): string {
  const backdrops = ["checker", "light", "dark"].map(
    (it) =>
      `<figure><div class="motion ${it}" role="img" aria-label="The animation on ${it}"></div><figcaption>on ${it}</figcaption></figure>`,
  );
  const stillWords = {
    author: "Yours, from the gift's folder.",
    frame: "Made from the frame that shows most, since you gave none.",
    lock: "As it was built.",
  }[stillFrom];
  return `<section><h2>In motion</h2><div class="motions" style="--ratio: ${motion.width} / ${motion.height}; --wide: ${motion.width}px">${backdrops.join("")}</div></section>
<section><h2>Frame by frame</h2>${image(sheet, "Frames of the animation on a checker, on light and on dark")}</section>
${still ? `<section><h2>Still</h2><p>Shown where nothing can move. ${stillWords}</p><div class="still checker">${image(still, "The still")}</div></section>` : ""}`;
}

/** The animation is written once and shown thrice. */
function motionStyle({ motion }: PreviewPictures): string {
  return `.motion::before { background-image: url("${dataUri(motion.bytes)}"); }`;
}

function image({ bytes, width, height }: Preview, alt: string): string {
  return `<img src="${dataUri(bytes)}" width="${width}" height="${height}" alt="${escapeXml(alt)}">`;
}

function dataUri(bytes: Uint8Array): string {
  const isPng = bytes[0] === 0x89;
  return `data:image/${isPng ? "png" : "webp"};base64,${Buffer.from(bytes).toString("base64")}`;
}

function sourceFacts(source: SourceFacts): string {
  const { path, what, width, height, frames, fps, bytes, decodedBytes, player, sound, slots } = source;
  const rows: readonly (readonly [string, string])[] = [
    ["File", `${path} (${what})`],
    ["Size", `${width} x ${height} pixels`],
    ["Length", `${count(frames, "frame")} at ${toRate(fps)} a second: ${(frames / fps).toFixed(2)} s`],
    ["All files", toBytes(bytes)],
    ...(decodedBytes === null ? [] : [["Memory", `${toBytes(decodedBytes)} while it plays`] as const]),
    ["Player", player ?? "none: any app shows it"],
    ["Sound", sound ?? "none"],
    ["Slots", slots.length > 0 ? slots.join(", ") : "none: nothing that an app replaces"],
  ];
  const items = rows.map(([term, text]) => `<dt>${term}</dt><dd>${escapeXml(text)}</dd>`);
  return `<dl>${items.join("")}</dl>`;
}

function variantsSection(variants: readonly VariantFacts[]): string {
  if (variants.length === 0) return "";
  const rows = variants.map(
    (it) =>
      `<tr><th scope="row">${it.tier}</th><td>${it.width} x ${it.height}</td><td>${it.frames}</td><td>${toRate(it.fps)}</td><td>${meter(it.bytes, it.mostBytes)}</td><td>${meter(it.decodedBytes, it.mostDecodedBytes)}</td></tr>`,
  );
  return `<section><h2>What each device gets</h2><div class="wide"><table><thead><tr><th scope="col">Tier</th><th scope="col">Pixels</th><th scope="col">Frames</th><th scope="col">A second</th><th scope="col">Download</th><th scope="col">Memory</th></tr></thead><tbody>${rows.join("")}</tbody></table></div></section>`;
}

/** How much of a budget is used, in words and as a bar; red beyond it. */
function meter(bytes: number, most: number | null): string {
  if (most === null) return toBytes(bytes);
  const share = Math.min(100, Math.round((bytes / most) * 100));
  const kind = bytes > most ? "bar over" : "bar";
  return `${toBytes(bytes)} <span class="soft">of ${toBytes(most)}</span><span class="${kind}" style="--share: ${share}%"></span>`;
}

function toRate(fps: number): string {
  return String(Math.round(fps * 100) / 100);
}

/** With a capital letter and a full stop. */
function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
