import { inflateSync } from "node:zlib";
import { MediaError } from "../../formats/media.ts";
import { boxesOf } from "../../player/boxes.ts";
import { type AlphaLayout, type Rectangle, readVapc, splitLayout } from "../../player/video/layout.ts";
import { isRecord } from "../../wire/isRecord.ts";
import type { Artwork } from "./frames.ts";

const START = "yyeffectmp4json[[";
const END = "]]yyeffectmp4json";
const MAX_SETTINGS_BYTES = 4_000_000;

/**
 * Where an MP4 carries its colour and its transparency: a VAP and a YYEVA say it, of any other the author does.
 * @throws MediaError when what the file says cannot be used
 */
export function readVideoAlpha({ bytes, media, declared }: Artwork & { readonly kind: "file" }): AlphaLayout {
  const coded = media.video ?? media;
  try {
    const layout =
      media.format === "vap" ? readVapc(bytes) : media.format === "yyeva" ? readYyeva(bytes) : null;
    if (layout) return layout;
  } catch (cause) {
    throw new MediaError(
      "the video does not say rightly where its transparency is",
      "export it again with the plug-in that it was made with",
      { cause },
    );
  }
  return splitLayout(coded.width, coded.height, { side: declared.alpha ?? "none" });
}

/**
 * Source: github.com/yylive/YYEVA, design specification: between two marks in the file's notes base64 of a zlib stream of JSON, whose
 * `descript` has the video's size and both rectangles as [x, y, width, height].
 */
function readYyeva(bytes: Uint8Array): AlphaLayout | null {
  for (const { type, start, end } of boxesOf(bytes)) {
    if (type === "mdat") continue;
    const content = Buffer.from(bytes.subarray(start, Math.min(end, bytes.length))).toString("latin1");
    const from = content.indexOf(START);
    if (from === -1) continue;
    const to = content.indexOf(END, from);
    const packed = Buffer.from(content.slice(from + START.length, to === -1 ? undefined : to), "base64");
    const json: unknown = JSON.parse(
      inflateSync(packed, { maxOutputLength: MAX_SETTINGS_BYTES }).toString("utf8"),
    );
    const descript = isRecord(json) ? json["descript"] : null;
    if (!isRecord(descript)) throw new Error("its settings have no descript");
    const { width, height } = descript;
    if (typeof width !== "number" || typeof height !== "number") throw new Error("its settings have no size");
    return {
      width,
      height,
      colour: toRectangle(descript["rgbFrame"]),
      alpha: toRectangle(descript["alphaFrame"]),
      isStraight: false,
    };
  }
  return null;
}

function toRectangle(value: unknown): Rectangle {
  const numbers = Array.isArray(value) ? value.filter((it) => typeof it === "number") : [];
  const [x, y, width, height] = numbers;
  if (x === undefined || y === undefined || !width || !height)
    throw new Error("its settings have no rectangles");
  return { x, y, width, height };
}
