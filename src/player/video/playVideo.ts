import type { LoadedFile } from "../../client/load/loader.ts";
import { blobUrl } from "../blob.ts";
import { isCutOff } from "../boxes.ts";
import { fill } from "../fill.ts";
import { checkSize } from "../limits.ts";
import { NO_REPORT, type PlayOptions, type Playing, playUntilEnded, reportFirstFrame } from "../playing.ts";
import { within } from "../within.ts";
import { Compositor } from "./compositor.ts";
import { type AlphaLayout, readVapc, splitLayout } from "./layout.ts";

const DECODE_SECONDS = 10;
/** How long graphics that were taken away may stay away, and how long a video may stand still. */
const PATIENCE_SECONDS = 5;

/** A video whose frames carry their transparency beside the colour, composed by WebGL. */
export async function playVideo(into: HTMLElement, file: LoadedFile, options: PlayOptions): Promise<Playing> {
  if (isCutOff(file.content, ["ftyp", "moov", "moof", "mdat", "vapc"]))
    throw new Error("the video is cut off");
  const vapc = readVapc(file.content);
  const video = document.createElement("video");
  if (video.canPlayType(file.mediaType) === "")
    throw new Error(`the browser does not play ${file.mediaType}`);
  const url = blobUrl(file);
  const freeVideo = () => {
    video.pause();
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  };
  video.playsInline = true;
  video.preload = "auto";
  video.loop = options.repeat;
  let compositor: Compositor | undefined;
  try {
    await within(DECODE_SECONDS, "decoding the video", untilLoaded(video, url));
    const layout = vapc ?? splitLayout(video.videoWidth, video.videoHeight, options.alpha);
    compositor = prepareCompositor(video, layout);
    await within(DECODE_SECONDS, "starting the video", startVideo(video));
    const playing = start(video, compositor, options, freeVideo);
    fill(compositor.canvas, file);
    into.replaceChildren(compositor.canvas);
    reportFirstFrame(options);
    return playing;
  } catch (cause) {
    compositor?.free();
    freeVideo();
    throw cause;
  }
}

function prepareCompositor(video: HTMLVideoElement, layout: AlphaLayout): Compositor {
  checkSize(video.videoWidth, video.videoHeight);
  checkSize(layout.colour.width, layout.colour.height);
  const compositor = new Compositor(layout);
  if (Math.max(video.videoWidth, video.videoHeight) > compositor.maxSide) {
    compositor.free();
    throw new Error("the video is larger than the graphics take");
  }
  compositor.draw(video);
  return compositor;
}

function start(
  video: HTMLVideoElement,
  compositor: Compositor,
  { report = NO_REPORT }: PlayOptions,
  freeVideo: () => void,
): Playing {
  let asked: () => void = () => {};
  let away: ReturnType<typeof setTimeout> | undefined;
  const { canvas } = compositor;
  const listening = new AbortController();
  const { signal } = listening;
  const playing = playUntilEnded(() => {
    listening.abort();
    asked();
    clearTimeout(away);
    compositor.free();
    freeVideo();
  });

  // One was drawn before it started.
  let drawn = 1;
  const draw = () => {
    compositor.draw(video);
    drawn++;
    const { totalVideoFrames: frames } = video.getVideoPlaybackQuality();
    report.frames(frames, Math.max(0, frames - drawn));
    asked = askForFrame(video, draw);
  };
  asked = askForFrame(video, draw);

  video.addEventListener("ended", () => playing.end(), { signal });
  video.addEventListener("error", () => playing.fail(errorOf(video)), { signal });
  const lost = (event: Event) => {
    // Without this the browser does not give them back.
    event.preventDefault();
    const gone = new Error("the graphics were taken away");
    away = setTimeout(() => playing.fail(gone), 1000 * PATIENCE_SECONDS);
  };
  const restored = () => {
    clearTimeout(away);
    try {
      compositor.prepare();
      compositor.draw(video);
    } catch (cause) {
      playing.fail(cause);
    }
  };
  canvas.addEventListener("webglcontextlost", lost, { signal });
  canvas.addEventListener("webglcontextrestored", restored, { signal });
  return playing;
}

/** Calls once when there is another frame; gives what takes that back. */
function askForFrame(video: HTMLVideoElement, draw: () => void): () => void {
  if ("requestVideoFrameCallback" in video) {
    const asked = video.requestVideoFrameCallback(draw);
    return () => video.cancelVideoFrameCallback(asked);
  }
  const asked = requestAnimationFrame(draw);
  return () => cancelAnimationFrame(asked);
}

function untilLoaded(video: HTMLVideoElement, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    video.addEventListener("loadeddata", () => resolve(), { once: true });
    video.addEventListener("error", () => reject(errorOf(video)), { once: true });
    video.src = url;
  });
}

/** Browsers refuse sound before the person has touched the page; the animation plays all the same. */
async function startVideo(video: HTMLVideoElement): Promise<void> {
  try {
    await video.play();
  } catch (cause) {
    if (!(cause instanceof DOMException) || cause.name !== "NotAllowedError") throw cause;
    video.muted = true;
    await video.play();
  }
}

function errorOf({ error }: HTMLVideoElement): Error {
  return new Error(`the video cannot be decoded${error?.message ? `: ${error.message}` : ""}`);
}
