import type { Loaded, LoadedFile } from "../client/load/loader.ts";
import { element, find } from "./elements.ts";
import { playerFor } from "./player.ts";
import { prepareSound } from "./sound.ts";

/** Where a gift is shown. What is there stays until the next is decoded, so that nothing flickers. */
export class Stage {
  readonly #element = find("stage", HTMLElement);
  #end: () => void = () => {};

  /** Rejects when a player cannot decode the bytes, or when the signal says that another gift is wanted by now. */
  async play(loaded: Loaded, repeat: boolean, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const layer = element("div", "layer");
    this.#element.append(layer);
    let end = () => layer.remove();
    try {
      const shown = await this.#show(layer, loaded, repeat);
      end = () => {
        shown.end();
        layer.remove();
      };
      signal.throwIfAborted();
      this.clear();
      this.#end = end;
      layer.classList.add("shown");
      shown.start();
    } catch (cause) {
      end();
      throw cause;
    }
  }

  clear(): void {
    this.#end();
    this.#end = () => {};
  }

  async #show(
    layer: HTMLElement,
    { link, files }: Loaded,
    repeat: boolean,
  ): Promise<{ start(): void; end(): void }> {
    if (link.kind === "default") {
      layer.append(find("own-default", HTMLTemplateElement).content.cloneNode(true));
      return { start: () => {}, end: () => {} };
    }
    const own = files.filter((file) => file.gift === link.gift);
    const picture = own.find((file) => file.role === (link.kind === "still" ? "still" : "animation"));
    if (!picture) throw new Error("it has nothing to look at");
    const soundFile: LoadedFile | undefined = own.find((file) => file.role === "sound");
    const sound = soundFile && (await prepareSound(soundFile));
    try {
      const endPicture = await playerFor(picture)(layer, picture, repeat);
      return {
        start: () => sound?.start(),
        end: () => {
          endPicture();
          sound?.end();
        },
      };
    } catch (cause) {
      sound?.end();
      throw cause;
    }
  }
}
