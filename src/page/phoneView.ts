import type { Link } from "../wire/resolve.ts";
import type { Choice } from "./choice.ts";
import type { Edge } from "./config.ts";
import { element } from "./elements.ts";
import type { RoomMessage } from "./message.ts";
import type { Word } from "./phone.ts";
import { nameOf } from "./words.ts";

/** As many as fit above a phone's lower edge. */
const MAX_MESSAGES = 4;

/** A phone on the page: its frame, what is said in the room, and what it got. */
export class PhoneView {
  readonly root: HTMLElement;
  readonly stage = element("div", "stage");
  /** Chooses this phone for the panel. */
  readonly choose = element("button", "choose");
  /** Makes this phone the one that sends. */
  readonly sends = element("input", "");
  readonly remove = element("button", "remove", "Remove");
  readonly #facts = element("span", "facts");
  readonly #live = element("span", "chip live-chip");
  readonly #caption = element("span", "chip caption");
  readonly #count = element("span", "count");
  readonly #chat = element("ol", "chat");
  readonly #queue = element("ol", "queue");
  readonly #title = element("b", "title");
  readonly #why = element("p", "why");
  readonly #acts = element("div", "acts", element("label", "sends", this.sends, "Sends"), this.remove);
  readonly #messages = new Map<number, HTMLLIElement>();

  constructor(name: string) {
    this.stage.setAttribute("role", "region");
    this.stage.setAttribute("aria-label", `Screen of ${name}`);
    this.#chat.setAttribute("aria-label", `Sent into the room, as ${name} sees it`);
    this.#queue.setAttribute("aria-label", `Gifts that wait on ${name}`);
    this.choose.type = this.remove.type = "button";
    this.choose.append(name);
    this.choose.setAttribute("aria-label", `Why ${name} gets this`);
    this.remove.setAttribute("aria-label", `Remove ${name}`);
    this.sends.type = "radio";
    this.sends.name = "sender";
    this.sends.setAttribute("aria-label", `${name} sends`);
    this.stage.append(this.#live, this.#caption, this.#count);
    this.root = element(
      "article",
      "phone",
      element("div", "head", this.choose, this.#facts),
      element("div", "device", this.stage, element("div", "over", this.#queue, this.#chat)),
      element("div", "word", this.#title, this.#why),
      this.#acts,
    );
    this.root.setAttribute("aria-label", name);
    this.root.dataset["phone"] = name;
  }

  describe({ tier, platform, app, region, unit, cohorts }: Choice, edge: Edge): void {
    const facts = [tier, `${platform} ${app}`, region, unit && `unit ${unit}`, ...cohorts].filter(Boolean);
    this.#facts.textContent = facts.join(" · ");
    this.#live.replaceChildren(element("i", ""), `LIVE ${edge.name}`);
  }

  /** For scripts and tests: `data-state`, not there while busy, and `data-playing` while something is on the screen. */
  setState(state: "busy" | "ready" | "playing" | "failed", playing = "", played = ""): void {
    const { dataset } = this.root;
    if (state === "busy") delete dataset["state"];
    else dataset["state"] = state;
    if (playing) dataset["playing"] = playing;
    else if (state !== "busy") delete dataset["playing"];
    if (played) dataset["played"] = played;
    this.#caption.textContent = dataset["playing"] ?? "";
  }

  countPlays(plays: number): void {
    this.root.dataset["plays"] = String(plays);
  }

  /** How often the gift on the screen was sent in a row. */
  showCount(count: number): void {
    this.#count.textContent = count > 1 ? `×${count}` : "";
  }

  setLive(isFailing: boolean, revision: number): void {
    this.#live.classList.toggle("failing", isFailing);
    this.#live.title = isFailing ? "its edge does not answer as it should" : `revision ${revision}`;
  }

  /** The last phone stays, and sends. */
  setAlone(isAlone: boolean): void {
    this.#acts.hidden = isAlone;
  }

  setSelected(isSelected: boolean): void {
    this.root.classList.toggle("selected", isSelected);
    this.choose.setAttribute("aria-pressed", String(isSelected));
  }

  say({ title, why, tone }: Word): void {
    if (this.#title.textContent !== title) this.#title.textContent = title;
    if (this.#why.textContent !== why) this.#why.textContent = why;
    this.root.dataset["tone"] = tone;
  }

  /** A line in the room's chat. */
  hear({ id, gift, sender, count }: RoomMessage): void {
    const combo = count > 1 && element("span", "combo", ` ×${count}`);
    const line = this.#messages.get(id) ?? element("li", "");
    const answer = line.querySelector(".answer");
    line.replaceChildren(element("b", "", sender), ` sent ${gift}`, combo || "", answer ?? "");
    if (!this.#messages.has(id)) this.#chat.append(line);
    this.#messages.set(id, line);
    for (const [old, it] of this.#messages) {
      if (this.#messages.size <= MAX_MESSAGES) break;
      it.remove();
      this.#messages.delete(old);
    }
  }

  /** What the message became on this phone. */
  answer(id: number, link: Link, gift: string): void {
    const line = this.#messages.get(id);
    line?.querySelector(".answer")?.remove();
    const isOwn = link.kind === "release" && link.gift === gift;
    const text = isOwn ? link.version : nameOf(link);
    line?.append(element("span", isOwn ? "answer" : "answer other", ` → ${text}`));
  }

  showWaiting(waiting: readonly { readonly message: RoomMessage; readonly now: string }[]): void {
    this.#queue.replaceChildren(
      ...waiting.map(({ message: { gift, count }, now }) =>
        element(
          "li",
          now.startsWith(`${gift}@`) ? "" : "other",
          `${gift}${count > 1 ? ` ×${count}` : ""} waits`,
          now !== "" && element("span", "", ` → ${now}`),
        ),
      ),
    );
  }
}
