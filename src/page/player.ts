import type { LoadedFile } from "../client/load/loader.ts";
import { playLottie } from "./lottie.ts";
import { playPicture } from "./picture.ts";
import { playSvga } from "./svga.ts";

/** Shows a file in an empty element and gives what ends it. Rejects when the bytes cannot be decoded. */
export type Player = (into: HTMLElement, file: LoadedFile, repeat: boolean) => Promise<() => void>;

const PLAYERS: Readonly<Record<string, Player>> = {
  "image/webp": playPicture,
  "image/png": playPicture,
  "application/x-svga": playSvga,
  "application/vnd.lottie+json": playLottie,
};

/** @throws Error when this page has no player for the file's media type */
export function playerFor({ mediaType }: LoadedFile): Player {
  const player = PLAYERS[mediaType];
  if (!player) throw new Error(`this page has no player for ${mediaType}`);
  return player;
}
