import type { Loaded, PlayReport } from "../client/load/loader.ts";
import { type PlayerModules, type Playing, play } from "../player/player.ts";
import { find } from "./elements.ts";

const SVGA_URL: string = "/players/svga.js";
const LOTTIE_URL: string = "/players/lottie.js";
const MODULES: PlayerModules = { svga: () => import(SVGA_URL), lottie: () => import(LOTTIE_URL) };

/** Where a gift is shown. What is there stays until the next is decoded, so that nothing flickers. */
export class Stage {
  readonly #element = find("stage", HTMLElement);
  #playing: Playing | undefined;

  /** Rejects when a player cannot decode the bytes, or when the signal says that another gift is wanted by now. */
  async play(loaded: Loaded, repeat: boolean, report: PlayReport, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const template = find("own-default", HTMLTemplateElement);
    const drawDefault = (into: HTMLElement) => into.append(template.content.cloneNode(true));
    const playing = await play(this.#element, loaded, { repeat, report, modules: MODULES, drawDefault });
    if (signal.aborted) playing.end();
    signal.throwIfAborted();
    this.clear();
    this.#playing = playing;
  }

  clear(): void {
    this.#playing?.end();
    this.#playing = undefined;
  }
}
