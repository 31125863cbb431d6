import type { LoadedFile } from "../client/load/loader.ts";
import { blobUrl } from "./blob.ts";
import { type PlayOptions, type Playing, playUntilEnded, reportFirstFrame } from "./playing.ts";
import { within } from "./within.ts";

const DECODE_SECONDS = 15;

/** What is used of the package `svga`. */
interface Svga {
  readonly Parser: new () => { load(url: string): Promise<object>; destroy(): void };
  readonly Player: new (options: {
    container: HTMLCanvasElement;
    loop: boolean;
    fillMode: "forwards" | "backwards";
  }) => SvgaPlayer;
}

interface SvgaPlayer {
  onEnd: undefined | (() => void);
  mount(movie: object): Promise<void>;
  start(): void;
  destroy(): void;
}

export async function playSvga(into: HTMLElement, file: LoadedFile, options: PlayOptions): Promise<Playing> {
  const { Parser, Player } = await loadPlayer(options);
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${file.gift}, ${file.role}`);

  const url = blobUrl(file);
  const parser = new Parser();
  const player = new Player({ container: canvas, loop: options.repeat, fillMode: "forwards" });
  try {
    const movie = await within(DECODE_SECONDS, "decoding the SVGA", parser.load(url));
    await within(DECODE_SECONDS, "decoding the pictures in the SVGA", player.mount(movie));
  } finally {
    parser.destroy();
    URL.revokeObjectURL(url);
  }
  into.replaceChildren(canvas);
  const playing = playUntilEnded(() => player.destroy());
  player.onEnd = () => playing.end();
  player.start();
  reportFirstFrame(options);
  return playing;
}

async function loadPlayer({ modules }: PlayOptions): Promise<Svga> {
  if (!modules?.svga) throw new Error("this app has no SVGA player");
  const module = await modules.svga();
  if (!isSvga(module)) throw new Error("what was loaded is not the SVGA player");
  return module;
}

function isSvga(module: unknown): module is Svga {
  if (typeof module !== "object" || module === null || !("Parser" in module) || !("Player" in module))
    return false;
  return typeof module.Parser === "function" && typeof module.Player === "function";
}
