import { splitLayout } from "../player/video/layout.ts";
import { isMp4 } from "./isobmff.ts";
import { checkSize } from "./limits.ts";
import { soundOfMovie } from "./m4a.ts";
import type { MediaFormat } from "./media.ts";
import { readMovie } from "./movie.ts";
import { videoMedia, videoOf } from "./video.ts";

const NOUN = "MP4";

/**
 * An MP4 that does not say where its transparency is: the author does, otherwise it counts as a video without. With sound alone it is
 * an M4A. Source: ISO/IEC 14496-12 and 14496-14.
 */
export const mp4: MediaFormat = {
  name: "MP4",
  matches: (bytes) => isMp4(bytes),
  read(bytes, declared) {
    const file = { noun: NOUN, bytes };
    const movie = readMovie(file);
    if (!movie.tracks.some((it) => it.handler === "vide")) return soundOfMovie(movie);
    const video = videoOf(file, movie);
    const alpha = declared?.alpha;
    const { colour } = splitLayout(video.coded.width, video.coded.height, { side: alpha ?? "none" });
    return {
      ...videoMedia("mp4", checkSize(NOUN, colour.width, colour.height), video, false),
      player: { name: "mp4", version: "1.0.0", ...(alpha && { alpha }) },
    };
  },
};
