import type { LoadedFile } from "../client/load/loader.ts";
import { element } from "./elements.ts";
import { within } from "./within.ts";

const PLAYER_URL: string = "/players/lottie.js";
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
  addEventListener(name: "DOMLoaded" | "data_failed" | "error", callback: () => void): void;
  destroy(): void;
}

export async function playLottie(into: HTMLElement, file: LoadedFile, repeat: boolean): Promise<() => void> {
  const lottie = await loadPlayer();
  const animationData = parseMovie(file.content);
  const container = element("div", "lottie");
  container.setAttribute("role", "img");
  container.setAttribute("aria-label", `${file.gift}, ${file.role}`);
  into.replaceChildren(container);

  const animation = lottie.loadAnimation({
    container,
    renderer: "svg",
    loop: repeat,
    autoplay: true,
    animationData,
  });
  try {
    await within(DECODE_SECONDS, "drawing the Lottie", untilDrawn(animation));
  } catch (cause) {
    animation.destroy();
    throw cause;
  }
  return () => animation.destroy();
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

async function loadPlayer(): Promise<Lottie> {
  const module: unknown = await import(PLAYER_URL);
  if (typeof module !== "object" || module === null || !("default" in module) || !isLottie(module.default)) {
    throw new Error(`${PLAYER_URL} is not the Lottie player`);
  }
  return module.default;
}

function isLottie(value: unknown): value is Lottie {
  return (
    typeof value === "object" &&
    value !== null &&
    "loadAnimation" in value &&
    typeof value.loadAnimation === "function"
  );
}
