import type { LoadedFile } from "../../client/load/loader.ts";
import { fill } from "../fill.ts";
import { FrameCounter } from "../frameCounter.ts";
import { NO_REPORT, type PlayOptions, type Playing, playUntilEnded, reportFirstFrame } from "../playing.ts";
import { within } from "../within.ts";
import { parseLottie } from "./lottieMovie.ts";

const DECODE_SECONDS = 5;

/** What is used of the package `lottie-web`. */
interface Lottie {
  loadAnimation(options: {
    container: HTMLElement;
    renderer: "svg";
    loop: boolean;
    autoplay: boolean;
    animationData: object;
  }): LottieAnimation;
}

type LottieEvent = "DOMLoaded" | "drawnFrame" | "complete" | "data_failed" | "error";

interface LottieAnimation {
  readonly currentFrame: number;
  addEventListener(name: LottieEvent, callback: () => void): void;
  setSubframe(isSmooth: boolean): void;
  play(): void;
  destroy(): void;
}

/** Lottie by the package `lottie-web`, which draws SVG. Its light build is enough: what runs code is refused. */
export async function playLottie(
  into: HTMLElement,
  file: LoadedFile,
  options: PlayOptions,
): Promise<Playing> {
  const lottie = await loadPlayer(options);
  const movie = parseLottie(new TextDecoder("utf-8", { fatal: true }).decode(file.content));
  const container = document.createElement("div");
  fill(container, file);
  container.style.overflow = "hidden";
  into.replaceChildren(container);

  const animation = lottie.loadAnimation({
    container,
    renderer: "svg",
    loop: options.repeat,
    autoplay: false,
    animationData: movie.json,
  });
  const { report = NO_REPORT } = options;
  const counter = new FrameCounter(movie.frames);
  const playing = playUntilEnded(() => animation.destroy());
  animation.addEventListener("drawnFrame", () => {
    counter.drew(animation.currentFrame);
    report.frames(counter.frames, counter.dropped);
  });
  animation.addEventListener("complete", () => playing.end());
  animation.addEventListener("error", () => playing.fail(new Error("the Lottie cannot be drawn")));
  try {
    await within(DECODE_SECONDS, "drawing the Lottie", untilDrawn(animation));
  } catch (cause) {
    playing.end();
    throw cause;
  }
  // Whole frames, as every other player shows: what is between them is not in the file.
  animation.setSubframe(false);
  animation.play();
  reportFirstFrame(options);
  return playing;
}

function untilDrawn(animation: LottieAnimation): Promise<void> {
  return new Promise((resolve, reject) => {
    animation.addEventListener("DOMLoaded", resolve);
    animation.addEventListener("data_failed", () => reject(new Error("the Lottie is not complete")));
    animation.addEventListener("error", () => reject(new Error("the Lottie cannot be drawn")));
  });
}

async function loadPlayer({ modules }: PlayOptions): Promise<Lottie> {
  if (!modules?.lottie) throw new Error("this app has no Lottie player");
  const module = await modules.lottie();
  const lottie = isObject(module) && "default" in module ? module.default : module;
  if (!isLottie(lottie)) throw new Error("what was loaded is not the Lottie player");
  return lottie;
}

function isLottie(value: unknown): value is Lottie {
  return isObject(value) && "loadAnimation" in value && typeof value.loadAnimation === "function";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
