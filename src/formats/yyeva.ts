import { inflateSync } from "node:zlib";
import { boxesOf } from "../player/boxes.ts";
import { isRecord } from "../wire/isRecord.ts";
import { isMp4 } from "./isobmff.ts";
import { checkSize } from "./limits.ts";
import { MediaError, type MediaFormat } from "./media.ts";
import { namesAmong } from "./namesAmong.ts";
import { parseJson } from "./parseJson.ts";
import { readVideo, videoMedia } from "./video.ts";

const NOUN = "YYEVA";
const START = "yyeffectmp4json[[";
const END = "]]yyeffectmp4json";
/** Some 200 bytes for each picture of a person in each frame: 2,000 frames with a handful are 2 MB. */
const MAX_SETTINGS_BYTES = 4_000_000;
const MAX_VERSION = 99;
const EXPORT_AGAIN = "export it again with YYEVA's plug-in and upload the whole file";

/**
 * YYEVA: an MP4 whose notes hold, between two marks, base64 of a zlib stream of JSON that says where colour and transparency are and
 * which pictures and texts an app puts in. Source: github.com/yylive/YYEVA (design specification) and the players of YYEVA-Android. The
 * marks are looked for outside of the coded pictures only.
 */
export const yyeva: MediaFormat = {
  name: "YYEVA",
  matches: (bytes) => isMp4(bytes) && findSettings(bytes) !== null,
  read(bytes) {
    const video = readVideo({ noun: NOUN, bytes });
    const settings = readSettings(findSettings(bytes) ?? new Uint8Array());
    const { descript } = settings;
    const width = sideIn(descript, "width");
    const height = sideIn(descript, "height");
    rectangleIn(descript, "alphaFrame", width, height);
    const canvas = rectangleIn(descript, "rgbFrame", width, height);
    const media = videoMedia("yyeva", canvas, video, true);
    const isAsSaid = video.coded.width === width && video.coded.height === height;
    return {
      ...media,
      slots: settings.slots,
      player: { name: "yyeva", version: `${versionOf(descript)}.0.0` },
      warnings: isAsSaid
        ? media.warnings
        : [
            ...media.warnings,
            {
              message: `the YYEVA says its video is ${width} x ${height} pixels, and it is ${video.coded.width} x ${video.coded.height}`,
              fix: "export it again with YYEVA's plug-in, and do not change the video afterwards",
            },
          ],
    };
  },
};

/** What stands between the marks, in any box at the top level but the coded data; null where there is nothing. */
function findSettings(bytes: Uint8Array): Uint8Array | null {
  for (const { type, start, end } of boxesOf(bytes)) {
    if (type === "mdat") continue;
    const content = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(end, bytes.length) - start);
    const from = content.indexOf(START, 0, "latin1");
    if (from === -1) continue;
    const to = content.indexOf(END, from, "latin1");
    return content.subarray(from + START.length, to === -1 ? content.length : to);
  }
  return null;
}

function readSettings(encoded: Uint8Array): { descript: Record<string, unknown>; slots: string[] } {
  const json = parseSettings(encoded);
  const descript = isRecord(json) ? json["descript"] : null;
  if (!isRecord(descript))
    throw new MediaError("the YYEVA does not say where its transparency is", EXPORT_AGAIN);
  // Without places for them, players put nothing in.
  const isPlaced = listIn(json, "datas").length > 0;
  const tags = listIn(json, "effect").map((it) => (isRecord(it) ? it["effectTag"] : null));
  return { descript, slots: isPlaced ? namesAmong(tags) : [] };
}

function listIn(json: unknown, key: "effect" | "datas"): readonly unknown[] {
  const list = isRecord(json) ? json[key] : null;
  return Array.isArray(list) ? list : [];
}

function parseSettings(encoded: Uint8Array): unknown {
  if (encoded.length > MAX_SETTINGS_BYTES) throw tooLong();
  return parseJson("YYEVA's description", inflateSettings(encoded));
}

function inflateSettings(encoded: Uint8Array): Uint8Array {
  try {
    const packed = Buffer.from(Buffer.from(encoded).toString("latin1"), "base64");
    return inflateSync(packed, { maxOutputLength: MAX_SETTINGS_BYTES });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLong(cause);
    throw new MediaError("the YYEVA is damaged: its settings cannot be unpacked", EXPORT_AGAIN, { cause });
  }
}

function tooLong(cause?: unknown): MediaError {
  return new MediaError(
    `the settings of the YYEVA unpack to more than ${MAX_SETTINGS_BYTES / 1_000_000} MB`,
    "use fewer pictures and texts or a shorter animation, then export it again",
    { cause },
  );
}

/** The version of the plug-in that wrote it. Players read it and do not ask for it, so a file that does not say it is of the first. */
function versionOf({ version = 1 }: Record<string, unknown>): number {
  if (typeof version === "number" && Number.isInteger(version) && version >= 1 && version <= MAX_VERSION)
    return version;
  throw new MediaError(
    `the YYEVA does not say which version it is: found ${JSON.stringify(version).slice(0, 20)}`,
    EXPORT_AGAIN,
  );
}

function sideIn(descript: Record<string, unknown>, key: "width" | "height"): number {
  const side = descript[key];
  if (typeof side !== "number")
    throw new MediaError(`the YYEVA does not say the ${key} of its video`, EXPORT_AGAIN);
  return checkSize(NOUN, side, side).width;
}

/** A rectangle is written as left, top, width and height. */
function rectangleIn(
  descript: Record<string, unknown>,
  key: "rgbFrame" | "alphaFrame",
  width: number,
  height: number,
): { width: number; height: number } {
  const value: unknown = descript[key];
  const numbers = Array.isArray(value) ? value.filter((it) => typeof it === "number") : [];
  const [x = -1, y = -1, w = 0, h = 0] = numbers;
  if (numbers.length !== 4 || x < 0 || y < 0 || !(x + w <= width) || !(y + h <= height))
    throw new MediaError(
      `the ${key} of the YYEVA is ${JSON.stringify(value ?? null).slice(0, 60)}, which is no rectangle inside of its video`,
      EXPORT_AGAIN,
    );
  return checkSize(NOUN, w, h);
}
