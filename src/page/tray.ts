import { element, find } from "./elements.ts";

/** The gifts to send, and how. */
export class Tray {
  readonly #gifts = find("gifts", HTMLElement);
  readonly #hint = find("hint", HTMLInputElement);
  readonly #repeat = find("repeat", HTMLInputElement);
  readonly #onSend: (gift: string) => void;

  constructor(hint: string, onSend: (gift: string) => void, onRepeat: () => void) {
    this.#onSend = onSend;
    this.#hint.value = hint;
    this.#repeat.checked = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#repeat.addEventListener("change", onRepeat);
  }

  /** The version that messages are to name, whatever the sender has; empty for the sender's own. */
  get hint(): string {
    return this.#hint.value.trim();
  }

  get repeats(): boolean {
    return this.#repeat.checked;
  }

  setSender(name: string): void {
    find("sender-name", HTMLElement).textContent = name;
  }

  /** A button for each gift, and for the one that was sent last even when no catalog has it any more. */
  show(ids: readonly string[], sent: string): void {
    const listed = sent === "" || ids.includes(sent) ? ids : [...ids, sent];
    const present = [...this.#gifts.querySelectorAll("button")];
    // Buttons stay while they can: a person may be on one of them.
    const isSame =
      present.length === listed.length &&
      present.length > 0 &&
      present.every(
        (it, at) => it.value === listed[at] && it.classList.contains("gone") !== ids.includes(it.value),
      );
    if (!isSame) {
      const buttons = listed.map((id) => this.#toButton(id, ids.includes(id)));
      const empty = element("p", "none", "There is no gift in the catalogs.");
      this.#gifts.replaceChildren(...(buttons.length > 0 ? buttons : [empty]));
    }
    for (const button of this.#gifts.querySelectorAll("button")) {
      button.classList.toggle("sent", button.value === sent);
    }
  }

  #toButton(id: string, isListed: boolean): HTMLButtonElement {
    const button = element("button", isListed ? "" : "gone", id);
    button.type = "button";
    button.value = id;
    button.addEventListener("click", () => this.#onSend(id));
    return button;
  }
}
