import type { LoadedFile } from "../../client/load/loader.ts";
import { blobUrl } from "../blob.ts";
import { fill } from "../fill.ts";
import { MAX_SECONDS } from "../limits.ts";
import {
  type PlayOptions,
  playForSeconds,
  type Playing,
  playUntilEnded,
  reportFirstFrame,
  STILL_SECONDS,
} from "../playing.ts";
import { within } from "../within.ts";
import type { PictureFacts } from "./facts.ts";

const DECODE_SECONDS = 10;

/** A picture by the browser itself. One that moves cannot be counted; it is shown anew where it would stop too early. */
export async function playImage(
  into: HTMLElement,
  file: LoadedFile,
  { milliseconds, plays }: PictureFacts,
  options: PlayOptions,
): Promise<Playing> {
  const urls: string[] = [];
  const decode = async (): Promise<HTMLImageElement> => {
    // A new address each time: browsers go on with an animation whose address they know, at its last frame.
    const url = blobUrl(file);
    urls.push(url);
    const image = document.createElement("img");
    image.src = url;
    fill(image, file);
    await within(DECODE_SECONDS, "decoding the picture", image.decode());
    return image;
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const free = () => {
    isOver = true;
    clearTimeout(timer);
    for (const url of urls.splice(0)) URL.revokeObjectURL(url);
  };
  try {
    into.replaceChildren(await decode());
  } catch (cause) {
    free();
    throw cause;
  }
  reportFirstFrame(options);
  const seconds = Math.min((milliseconds * (Number.isFinite(plays) ? plays : 1)) / 1000, MAX_SECONDS);
  if (!options.repeat) return playForSeconds(seconds || (options.stillSeconds ?? STILL_SECONDS), free);

  const playing = playUntilEnded(free);
  const playAgainLater = () => {
    timer = setTimeout(() => void decode().then(showAnew, playing.fail), 1000 * seconds);
  };
  // The next round begins when this one is on the screen, however long it took to decode.
  const showAnew = (image: HTMLImageElement) => {
    if (isOver) return free();
    into.replaceChildren(image);
    for (const url of urls.splice(0, urls.length - 1)) URL.revokeObjectURL(url);
    playAgainLater();
  };
  if (seconds > 0 && Number.isFinite(plays)) playAgainLater();
  return playing;
}
