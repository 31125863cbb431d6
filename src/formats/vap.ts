import { findBox } from "../player/boxes.ts";
import { readVapc } from "../player/video/layout.ts";
import { isRecord } from "../wire/isRecord.ts";
import { isMp4 } from "./isobmff.ts";
import { checkFps, checkFrames, checkSeconds, checkSize, MAX_ANIMATION_SECONDS } from "./limits.ts";
import { type Advice, MediaError, type MediaFormat } from "./media.ts";
import { namesAmong } from "./namesAmong.ts";
import { parseJson } from "./parseJson.ts";
import { readVideo, type Video, videoMedia } from "./video.ts";

const NOUN = "VAP";
const EXPORT_AGAIN = "export it again with VAP's tool (version 2) and upload the whole file";

/**
 * VAP: an MP4 whose box `vapc`, at the top level, says as JSON where colour and transparency are and which pictures and texts an app
 * puts in. Source: github.com/Tencent/vap, Introduction.md and its players. The players play at the rate that this box says, so frames,
 * rate and duration are its own. The rectangles are read as this project's player reads them.
 */
export const vap: MediaFormat = {
  name: "VAP",
  matches: (bytes) => isMp4(bytes) && findBox(bytes, "vapc") !== null,
  read(bytes) {
    const video = readVideo({ noun: NOUN, bytes });
    const layout = readLayout(bytes);
    const { info, slots } = readConfig(bytes);
    const canvas = checkSize(NOUN, numberIn(info, "w"), numberIn(info, "h"));
    const frames = numberIn(info, "f");
    const fps = numberIn(info, "fps");
    // Android's player plays nothing that lacks it, though it makes no difference.
    numberIn(info, "orien");
    const hasSlots = numberIn(info, "isVapx") === 1;
    checkFrames(NOUN, frames);
    checkFps(NOUN, fps);
    checkSeconds(NOUN, frames / fps, MAX_ANIMATION_SECONDS);
    const media = videoMedia("vap", canvas, video, true);
    return {
      ...media,
      frames,
      fps,
      durationSeconds: frames / fps,
      slots: hasSlots ? slots : [],
      player: { name: "vap", version: "2.0.0" },
      warnings: [...media.warnings, ...adviseDifferences(video, layout, frames, fps)],
    };
  },
};

function readLayout(bytes: Uint8Array): { width: number; height: number } {
  try {
    const layout = readVapc(bytes);
    if (layout) return layout;
  } catch (cause) {
    throw new MediaError(`the VAP cannot be played: ${reasonOf(cause)}`, EXPORT_AGAIN, { cause });
  }
  throw new MediaError("the VAP does not say where its transparency is", EXPORT_AGAIN);
}

/** {@link readLayout} went before: the box is there, short, and JSON with an `info`. */
function readConfig(bytes: Uint8Array): { info: Record<string, unknown>; slots: string[] } {
  const { start = 0, end = 0 } = findBox(bytes, "vapc") ?? {};
  const json = parseJson("VAP's vapc box", bytes.subarray(start, end));
  const info = isRecord(json) && isRecord(json["info"]) ? json["info"] : {};
  const sources: readonly unknown[] = isRecord(json) && Array.isArray(json["src"]) ? json["src"] : [];
  const tags = sources.map((it) => (isRecord(it) ? it["srcTag"] : null));
  return { info, slots: namesAmong(tags) };
}

function numberIn(info: Record<string, unknown>, key: string): number {
  const value = info[key];
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw new MediaError(`the VAP does not say its ${MEANINGS[key] ?? key} as a whole number`, EXPORT_AGAIN);
}

const MEANINGS: Readonly<Record<string, string>> = {
  w: "width (w)",
  h: "height (h)",
  f: "number of frames (f)",
  fps: "frame rate (fps)",
  orien: "orientation (orien)",
  isVapx: "use of pictures and texts (isVapx)",
};

/** What the box says and the video is not; players follow the one or the other. */
function adviseDifferences(
  video: Video,
  layout: { width: number; height: number },
  frames: number,
  fps: number,
): Advice[] {
  const said = `${layout.width} x ${layout.height} pixels, ${frames} frames, ${fps} per second`;
  const { width, height } = video.coded;
  const found = `${width} x ${height} pixels, ${video.frames} frames, ${Math.round(video.fps)} per second`;
  if (said === found) return [];
  return [
    {
      message: `the VAP says its video is ${said}, and it is ${found}; players follow the one or the other`,
      fix: "export it again with VAP's tool, and do not change the video afterwards",
    },
  ];
}

/** JSON's own errors quote what they found, which may be anything; an odd version cannot even be quoted. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error && cause.message.startsWith("its vapc box")
    ? cause.message
    : "its vapc box is not JSON that can be understood";
}
