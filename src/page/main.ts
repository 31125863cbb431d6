import type { Choice } from "./choice.ts";
import { type Config, readConfig } from "./config.ts";
import { find } from "./elements.ts";
import { ViewerForm } from "./form.ts";
import { Conversation } from "./message.ts";
import { showPhone } from "./panel.ts";
import { Phone } from "./phone.ts";
import { anyViewer, MAX_PHONES, parseRoomLink, roomLinkToQuery } from "./roomLink.ts";
import { Tray } from "./tray.ts";
import { messageOf } from "./words.ts";

const TICK_MILLISECONDS = 1_000;
/** Apps ask every 30 to 300 seconds; a person who looks on wants to see a publish or a stop at once. */
const TICKS_PER_REFRESH = 2;

/** A room: several viewers side by side, each with a client of its own; what one sends, all get. */
class Room {
  readonly #config: Config;
  readonly #tray: Tray;
  readonly #form: ViewerForm;
  readonly #conversation = new Conversation();
  readonly #phones: Phone[] = [];
  #names = 0;
  #sent: string;
  /** The phone that the panel is about. */
  #selected: Phone;
  #sender: Phone;

  constructor(config: Config, query: URLSearchParams) {
    this.#config = config;
    const { gift, hint, sender, choices } = parseRoomLink(query, config);
    this.#sent = gift;
    this.#tray = new Tray(
      hint,
      (it) => this.#send(it),
      () => {
        this.#remember();
        if (this.#tray.repeats) for (const phone of this.#phones) phone.playAgain();
      },
    );
    this.#form = new ViewerForm(
      config.edges,
      () => this.#change(this.#form.read()),
      () => this.#sendAgain(),
    );
    for (const choice of choices) this.#add(choice);
    const [first] = this.#phones;
    if (!first) throw new TypeError("a room has at least one phone");
    this.#selected = first;
    this.#sender = this.#phones[sender - 1] ?? first;
    find("again", HTMLButtonElement).addEventListener("click", () => this.#sendAgain());
    find("add", HTMLButtonElement).addEventListener("click", () => {
      const phone = this.#add(anyViewer(config, this.#phones.length));
      void phone.open(phone.choice).then(() => this.#showGifts());
      this.#select(phone);
      this.#remember();
    });
    this.#setSender(this.#sender);
    this.#select(first);
  }

  async start(): Promise<void> {
    await Promise.all(this.#phones.map((phone) => phone.open(phone.choice)));
    this.#showGifts();
    if (this.#sent !== "") this.#send(this.#sent);
    let ticks = 0;
    setInterval(() => {
      ticks++;
      for (const phone of this.#phones) {
        phone.log.tick(Date.now());
        if (ticks % TICKS_PER_REFRESH === 0) void phone.refresh();
      }
    }, TICK_MILLISECONDS);
  }

  #add(choice: Choice): Phone {
    const phone = new Phone({
      config: this.#config,
      name: `Viewer ${++this.#names}`,
      choice,
      repeats: () => this.#tray.repeats,
      onChange: () => this.#show(phone),
    });
    this.#phones.push(phone);
    phone.view.choose.addEventListener("click", () => this.#select(phone));
    phone.view.sends.addEventListener("change", () => {
      this.#setSender(phone);
      this.#remember();
    });
    phone.view.remove.addEventListener("click", () => this.#removePhone(phone));
    find("phones", HTMLElement).append(phone.view.root);
    this.#showNumber();
    return phone;
  }

  #removePhone(phone: Phone): void {
    const other = this.#phones.find((it) => it !== phone);
    if (!other) return;
    this.#phones.splice(this.#phones.indexOf(phone), 1);
    phone.leave();
    if (phone === this.#sender) this.#setSender(other);
    if (phone === this.#selected) this.#select(other);
    other.view.choose.focus();
    this.#showNumber();
    this.#showGifts();
    this.#remember();
  }

  #change(choice: Choice): void {
    void this.#selected.open(choice).then(() => this.#showGifts());
    this.#form.describe(choice);
    this.#remember();
    this.#show(this.#selected);
  }

  #send(gift: string): void {
    this.#sent = gift;
    const { hint } = this.#tray;
    const composed = this.#sender.compose(gift);
    const said = hint === "" ? composed : { ...composed, version: hint };
    const message = this.#conversation.send(said, this.#sender.name, Date.now());
    const { version: _, ...own } = message;
    // The sender shows what it names; unless a person wrote a name that no phone would say by itself.
    for (const phone of this.#phones) phone.receive(phone === this.#sender && hint === "" ? own : message);
    this.#showGifts();
    this.#show(this.#selected);
    this.#remember();
  }

  #sendAgain(): void {
    const gift = this.#sent || this.#gifts()[0];
    if (gift !== undefined) this.#send(gift);
  }

  #setSender(phone: Phone): void {
    this.#sender = phone;
    phone.view.sends.checked = true;
    this.#tray.setSender(phone.name);
  }

  #select(phone: Phone): void {
    this.#selected = phone;
    for (const it of this.#phones) it.view.setSelected(it === phone);
    this.#form.write(phone.choice);
    this.#form.describe(phone.choice);
    showPhone(phone);
  }

  #show(phone: Phone): void {
    this.#showGifts();
    if (phone === this.#selected) showPhone(phone);
  }

  #showGifts(): void {
    this.#tray.show(this.#gifts(), this.#sent);
  }

  #gifts(): readonly string[] {
    return [...new Set(this.#phones.flatMap(({ state }) => [...(state?.catalog.ids() ?? [])]))].sort();
  }

  #showNumber(): void {
    const { length } = this.#phones;
    find("add", HTMLButtonElement).disabled = length >= MAX_PHONES;
    for (const { view } of this.#phones) view.setAlone(length === 1);
  }

  #remember(): void {
    const query = roomLinkToQuery({
      gift: this.#sent,
      hint: this.#tray.hint,
      sender: this.#phones.indexOf(this.#sender) + 1,
      choices: this.#phones.map((phone) => phone.choice),
    });
    history.replaceState(null, "", `?${query}`);
  }
}

const { dataset } = document.documentElement;
try {
  await new Room(await readConfig(), new URLSearchParams(location.search)).start();
  dataset["state"] = "ready";
} catch (error) {
  dataset["state"] = "failed";
  find("trouble", HTMLElement).textContent = `This page cannot start: ${messageOf(error)}`;
  throw error;
}
