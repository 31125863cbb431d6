import type { LoadedFile } from "../client/load/loader.ts";
import { blobUrl } from "./blob.ts";
import {
  type PlayOptions,
  playForSeconds,
  type Playing,
  playUntilEnded,
  reportFirstFrame,
  STILL_SECONDS,
} from "./playing.ts";
import { webpSeconds } from "./webp.ts";

/** Stills and animated WebP, by the browser itself. A file that plays a counted number of times is shown anew for a repeat. */
export async function playPicture(
  into: HTMLElement,
  file: LoadedFile,
  options: PlayOptions,
): Promise<Playing> {
  const urls: string[] = [];
  const decode = async (): Promise<HTMLImageElement> => {
    // A new address each time: browsers go on with an animation whose address they know, at its last frame.
    const url = blobUrl(file);
    urls.push(url);
    const image = document.createElement("img");
    image.alt = `${file.gift}, ${file.role}`;
    image.src = url;
    await image.decode();
    return image;
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  const free = () => {
    clearInterval(timer);
    for (const url of urls) URL.revokeObjectURL(url);
  };
  try {
    into.replaceChildren(await decode());
  } catch (cause) {
    free();
    throw cause;
  }
  reportFirstFrame(options);
  const seconds = webpSeconds(file.content);
  if (!options.repeat) return playForSeconds(seconds ?? options.stillSeconds ?? STILL_SECONDS, free);
  const playing = playUntilEnded(free);
  if (seconds !== null) {
    timer = setInterval(() => {
      void decode().then((image) => {
        into.replaceChildren(image);
        for (const url of urls.splice(0, urls.length - 1)) URL.revokeObjectURL(url);
      }, playing.fail);
    }, 1000 * seconds);
  }
  return playing;
}
