import type { LoadedFile } from "../client/load/loader.ts";
import { type PlayOptions, type Playing, playUntilEnded, reportFirstFrame } from "./playing.ts";
import { within } from "./within.ts";

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

interface LottieAnimation {
  addEventListener(name: "DOMLoaded" | "complete" | "data_failed" | "error", callback: () => void): void;
  destroy(): void;
}

export async function playLottie(
  into: HTMLElement,
  file: LoadedFile,
  options: PlayOptions,
): Promise<Playing> {
  const lottie = await loadPlayer(options);
  const animationData = parseMovie(file.content);
  const container = document.createElement("div");
  container.className = "giftwrap-lottie";
  container.setAttribute("role", "img");
  container.setAttribute("aria-label", `${file.gift}, ${file.role}`);
  into.replaceChildren(container);

  const animation = lottie.loadAnimation({
    container,
    renderer: "svg",
    loop: options.repeat,
    autoplay: true,
    animationData,
  });
  const playing = playUntilEnded(() => animation.destroy());
  animation.addEventListener("complete", () => playing.end());
  animation.addEventListener("error", () => playing.fail(new Error("the Lottie cannot be drawn")));
  try {
    await within(DECODE_SECONDS, "drawing the Lottie", untilDrawn(animation));
  } catch (cause) {
    playing.end();
    throw cause;
  }
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

function parseMovie(bytes: Uint8Array): object {
  const movie: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  if (typeof movie !== "object" || movie === null || !("layers" in movie) || !Array.isArray(movie.layers)) {
    throw new Error("the JSON is no Lottie: it has no layers");
  }
  return movie;
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
