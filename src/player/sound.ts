import type { LoadedFile } from "../client/load/loader.ts";
import { blobUrl } from "./blob.ts";

/** How long to wait for a browser that puts off decoding, as some do in a tab that is not looked at. */
const PATIENCE_MILLISECONDS = 2_000;

/** A sound that is ready to start. */
export interface Sound {
  start(): void;
  end(): void;
}

/** Rejects when the bytes cannot be decoded. */
export async function prepareSound(file: LoadedFile): Promise<Sound> {
  const url = blobUrl(file);
  const audio = new Audio(url);
  const end = () => {
    audio.pause();
    audio.removeAttribute("src");
    URL.revokeObjectURL(url);
  };
  try {
    await new Promise<void>((resolve, reject) => {
      audio.addEventListener("canplay", () => resolve(), { once: true });
      audio.addEventListener(
        "error",
        () => reject(new Error(audio.error?.message || "the sound cannot be decoded")),
        { once: true },
      );
      setTimeout(resolve, PATIENCE_MILLISECONDS);
    });
  } catch (cause) {
    end();
    throw cause;
  }
  // Browsers refuse sound before the person has touched the page; the animation plays all the same.
  return { start: () => void audio.play().catch(() => {}), end };
}
