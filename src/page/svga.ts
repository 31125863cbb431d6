import type { LoadedFile } from "../client/load/loader.ts";
import { blobUrl } from "./blob.ts";
import { element } from "./elements.ts";
import { within } from "./within.ts";

const PLAYER_URL: string = "/players/svga.js";
const DECODE_SECONDS = 15;

/** What is used of the package `svga`. */
interface Svga {
  readonly Parser: new () => { load(url: string): Promise<object>; destroy(): void };
  readonly Player: new (options: {
    container: HTMLCanvasElement;
    loop: boolean;
    /** `backwards` rests on the last frame, as this package has it. */
    fillMode: "forwards" | "backwards";
  }) => { mount(movie: object): Promise<void>; start(): void; destroy(): void };
}

export async function playSvga(into: HTMLElement, file: LoadedFile, repeat: boolean): Promise<() => void> {
  const { Parser, Player } = await loadPlayer();
  const canvas = element("canvas", "");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${file.gift}, ${file.role}`);

  const url = blobUrl(file);
  const parser = new Parser();
  const player = new Player({ container: canvas, loop: repeat, fillMode: "backwards" });
  try {
    const movie = await within(DECODE_SECONDS, "decoding the SVGA", parser.load(url));
    await within(DECODE_SECONDS, "decoding the pictures in the SVGA", player.mount(movie));
  } finally {
    parser.destroy();
    URL.revokeObjectURL(url);
  }
  into.replaceChildren(canvas);
  player.start();
  return () => player.destroy();
}

async function loadPlayer(): Promise<Svga> {
  const module: unknown = await import(PLAYER_URL);
  if (!isSvga(module)) throw new Error(`${PLAYER_URL} is not the SVGA player`);
  return module;
}

function isSvga(module: unknown): module is Svga {
  if (typeof module !== "object" || module === null || !("Parser" in module) || !("Player" in module))
    return false;
  return typeof module.Parser === "function" && typeof module.Player === "function";
}
