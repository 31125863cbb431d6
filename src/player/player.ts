import type { Loaded, LoadedFile } from "../client/load/loader.ts";
import { playPicture } from "./picture/playPicture.ts";
import {
  type Player,
  type PlayOptions,
  playForSeconds,
  type Playing,
  playUntilEnded,
  reportFirstFrame,
  STILL_SECONDS,
} from "./playing.ts";
import { prepareSound, type Sound } from "./sound.ts";
import { playLottie } from "./vector/playLottie.ts";
import { playSvga } from "./vector/playSvga.ts";
import { playVideo } from "./video/playVideo.ts";

export type { AlphaSide } from "../wire/catalog.ts";
export type { AlphaConvention } from "./video/layout.ts";
export type { Player, PlayerModules, Playing, PlayOptions } from "./playing.ts";

const PLAYERS: Readonly<Record<string, Player>> = {
  "image/webp": playPicture,
  "image/png": playPicture,
  "image/apng": playPicture,
  "image/avif": playPicture,
  "image/gif": playPicture,
  "video/mp4": playVideo,
  "video/webm": playVideo,
  "application/x-svga": playSvga,
  "application/vnd.lottie+json": playLottie,
};

/** @throws Error when there is no player for the file's media type */
export function playerFor({ mediaType }: Pick<LoadedFile, "mediaType">): Player {
  const player = Object.hasOwn(PLAYERS, mediaType) ? PLAYERS[mediaType] : undefined;
  if (!player) throw new Error(`there is no player for ${mediaType}`);
  return player;
}

/**
 * Shows a loaded link in an element of its own inside of `into`, with its sound, and resolves when its first frame is there. What was in `into`
 * stays beside it, so that nothing flickers: end that then. The app's own default is drawn by `drawDefault`.
 * Rejects when the bytes cannot be decoded; nothing of it is left in `into` then.
 */
export async function play(
  into: HTMLElement,
  loaded: Loaded,
  options: PlayOptions & { readonly drawDefault?: (into: HTMLElement) => void },
): Promise<Playing> {
  const layer = document.createElement("div");
  layer.className = "giftwrap-layer";
  layer.style.cssText = "position:absolute;inset:0;visibility:hidden";
  into.append(layer);
  let sound: Sound | undefined;
  const free = () => {
    sound?.end();
    layer.remove();
  };
  try {
    const { animation, sound: soundFile } = filesToPlay(loaded);
    sound = soundFile && (await prepareSound(soundFile));
    const playing = animation
      ? await playerFor(animation)(layer, animation, withAlpha(loaded, options))
      : playDefault(layer, options);
    layer.style.visibility = "visible";
    sound?.start();
    return freeAtEnd(playing, free);
  } catch (cause) {
    free();
    throw cause;
  }
}

/** What a release says of its video's transparency goes before what the app has agreed on for all videos. */
export function withAlpha({ link }: Pick<Loaded, "link">, options: PlayOptions): PlayOptions {
  const side = link.kind === "release" ? link.player.alpha : undefined;
  return side === undefined ? options : { ...options, alpha: { ...options.alpha, side } };
}

/** @throws Error when the link has nothing to look at */
function filesToPlay({ link, files }: Loaded): { animation?: LoadedFile; sound?: LoadedFile } {
  if (link.kind === "default") return {};
  const own = files.filter((file) => file.gift === link.gift);
  const animation = own.find((file) => file.role === (link.kind === "still" ? "still" : "animation"));
  if (!animation) throw new Error("it has nothing to look at");
  const sound = own.find((file) => file.role === "sound");
  return { animation, ...(sound && { sound }) };
}

function playDefault(
  layer: HTMLElement,
  options: PlayOptions & { readonly drawDefault?: (into: HTMLElement) => void },
): Playing {
  options.drawDefault?.(layer);
  reportFirstFrame(options);
  return playForSeconds(options.repeat ? null : (options.stillSeconds ?? STILL_SECONDS), () => {});
}

function freeAtEnd(playing: Playing, free: () => void): Playing {
  const whole = playUntilEnded(() => {
    playing.end();
    free();
  });
  playing.ended.then(whole.end, whole.fail);
  return whole;
}
