import type { FormatName } from "./media.ts";

/** Formats as artists call them. */
export const FORMAT_NAMES: Readonly<Record<FormatName, string>> = {
  svga: "SVGA",
  lottie: "Lottie JSON",
  dotlottie: "dotLottie",
  vap: "VAP",
  yyeva: "YYEVA",
  mp4: "MP4",
  pag: "PAG",
  webp: "WebP",
  gif: "GIF",
  apng: "APNG",
  avif: "AVIF",
  png: "PNG",
  jpeg: "JPEG",
  mp3: "MP3",
  aac: "AAC",
  opus: "Opus",
  wav: "WAV",
};
