import type { Loaded, PlayReport } from "../client/load/loader.ts";
import { type Playing, play } from "../player/player.ts";
import { find } from "./elements.ts";
import { MODULES } from "./modules.ts";

/** Where gifts are shown. What is there stays until the next is decoded, so that nothing flickers. */
export class Stage {
  readonly #element: HTMLElement;
  #playing: Playing | undefined;

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  /** Rejects when no player can decode the bytes. With a signal that is aborted by then, what was decoded is not shown. */
  async show(loaded: Loaded, report: PlayReport, signal: AbortSignal): Promise<Playing> {
    const template = find("own-default", HTMLTemplateElement);
    const playing = await play(this.#element, loaded, {
      repeat: false,
      report,
      modules: MODULES,
      drawDefault: (into) => into.append(template.content.cloneNode(true)),
    });
    if (signal.aborted) {
      playing.end();
      return playing;
    }
    this.#playing?.end();
    this.#playing = playing;
    return playing;
  }

  clear(): void {
    this.#playing?.end();
    this.#playing = undefined;
  }
}
