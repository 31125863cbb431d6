import {
  type ClientState,
  GiftwrapClient,
  httpFetch,
  type Loaded,
  type PlayReport,
  webCrypto,
} from "../client/client.ts";
import { GIFT_MESSAGE_FORMAT, type GiftMessage, parseGiftMessage } from "../wire/giftMessage.ts";
import { explain } from "../wire/resolve.ts";
import { type Choice, choiceToViewer } from "./choice.ts";
import type { Config, Edge } from "./config.ts";
import type { RoomMessage } from "./message.ts";
import type { Shown } from "./panel.ts";
import { PhoneView } from "./phoneView.ts";
import { RefreshLog } from "./refreshLog.ts";
import { edgeNamed } from "./roomLink.ts";
import { Stage } from "./stage.ts";
import {
  explainReason,
  explainRefreshFailure,
  messageOf,
  nameOf,
  type ReleaseVerdict,
  titleOf,
} from "./words.ts";

/** What a phone tells the room, and asks of it. */
export interface PhoneOptions {
  readonly config: Config;
  readonly name: string;
  readonly choice: Choice;
  /** Whether the last gift is shown again while no other comes. */
  readonly repeats: () => boolean;
  /** Something of what the panel shows is another by now. */
  readonly onChange: (phone: Phone) => void;
}

/** Two sentences for whoever looks at the phone, and how they are meant. */
export interface Word {
  readonly title: string;
  readonly why: string;
  readonly tone: "" | "warned" | "failed";
}

/** One viewer at one edge: the client that an app would embed, a queue of gifts, and a screen. */
export class Phone {
  readonly name: string;
  readonly view: PhoneView;
  readonly log = new RefreshLog();
  readonly #options: PhoneOptions;
  readonly #stage: Stage;
  #choice: Choice;
  #client: GiftwrapClient | undefined;
  /** Counts what was opened: a client that comes too late is dropped. */
  #opened = 0;
  /**
   * Not a `GiftQueue`: that keeps to itself what waits, and plays to the end what has begun, while here people see what each gift
   * would become, a combo counts on while it plays, and news cut short what they change.
   */
  readonly #waiting: RoomMessage[] = [];
  #current: RoomMessage | undefined;
  /** The resolution that is played, to notice when news change it. */
  #resolved = "";
  #cut = new AbortController();
  #isPlaying = false;
  #isWantedAgain = false;
  #plays = 0;
  #shown: Shown | undefined;
  #word: Word = { title: "Starting…", why: "", tone: "" };

  constructor(options: PhoneOptions) {
    this.#options = options;
    this.name = options.name;
    this.#choice = options.choice;
    this.view = new PhoneView(options.name);
    this.#stage = new Stage(this.view.stage);
  }

  get choice(): Choice {
    return this.#choice;
  }

  get edge(): Edge {
    return edgeNamed(this.#options.config, this.#choice.edge);
  }

  get state(): ClientState | undefined {
    return this.#client?.state;
  }

  /** What is on the screen, or was there last, and why. */
  get shown(): Shown | undefined {
    return this.#shown;
  }

  get word(): Word {
    return this.#word;
  }

  /** The gift that this phone is about. */
  get gift(): string {
    return this.#current?.gift ?? "";
  }

  /** Another viewer or edge is asked anew, as an app that starts there would; the screen stays until there is an answer. */
  async open(choice: Choice): Promise<void> {
    const opened = ++this.#opened;
    this.#choice = choice;
    this.#leaveRoom();
    this.#shown = undefined;
    this.#cut.abort();
    this.#isWantedAgain = this.#current !== undefined;
    this.view.describe(choice, this.edge);
    this.view.setState("busy");
    this.log.restart(`Asks ${this.edge.name}, ${this.edge.url}`);
    try {
      const client = await GiftwrapClient.open({
        viewer: choiceToViewer(choice),
        root: this.#options.config.root,
        fetch: httpFetch({ baseUrl: this.edge.url }),
        crypto: webCrypto(),
      });
      if (opened !== this.#opened) return client.close();
      this.#enterRoom(client);
    } catch (error) {
      if (opened === this.#opened) this.#fail("The trusted root cannot be used", messageOf(error));
      return;
    }
    await this.refresh();
  }

  /** Asks sooner than the client would; what comes of it is heard like all else that the client asks. */
  async refresh(): Promise<void> {
    const client = this.#client;
    if (!client) return;
    await client.refresh().catch(() => {});
    if (client === this.#client) this.log.asked(Date.now());
  }

  /** What this phone sends with a gift: it names what it would show itself. */
  compose(gift: string): GiftMessage {
    return this.#client?.send(gift) ?? { format: GIFT_MESSAGE_FORMAT, gift, minRevision: 0 };
  }

  /** A gift was sent into the room, or once more while it still waits or plays. */
  receive({ id, sender, count, ...received }: RoomMessage): void {
    const gift = parseGiftMessage(received);
    if (!gift) return;
    this.#client?.heard(gift);
    const message = { ...gift, id, sender, count };
    const at = this.#waiting.findIndex((it) => it.id === id);
    if (at >= 0) this.#waiting[at] = message;
    else if (this.#current?.id === id && this.#isPlaying) {
      this.#current = message;
      this.view.showCount(count);
    } else this.#waiting.push(message);
    this.view.hear(message);
    this.#showWaiting();
    void this.#playAll();
  }

  /** Shows the last gift again, or what waits. */
  playAgain(): void {
    this.#isWantedAgain ||= !this.#isPlaying && this.#current !== undefined && this.#waiting.length === 0;
    void this.#playAll();
  }

  leave(): void {
    this.#opened++;
    this.#leaveRoom();
    this.#waiting.length = 0;
    this.#cut.abort();
    this.#stage.clear();
    this.view.root.remove();
  }

  /** Every release of the gift in the catalog, with the verdict on it for this viewer. */
  verdicts(gift: string): readonly ReleaseVerdict[] {
    if (!this.state) return [];
    return explain(this.state.catalog, this.state.overrides, choiceToViewer(this.#choice), gift);
  }

  #enterRoom(client: GiftwrapClient): void {
    let before = client.state;
    this.#client = client;
    client.onChange((state, failure) => {
      this.#hear(client, before, failure);
      before = state;
    });
    client.enterRoom();
  }

  #leaveRoom(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  #hear(client: GiftwrapClient, before: ClientState, failure: unknown): void {
    const { state } = client;
    // A question that failed half-way may have brought an override all the same.
    if (failure === undefined || before !== state) this.log.heard(before, state, Date.now());
    if (failure !== undefined) this.log.failed(failure, Date.now());
    this.view.setLive(this.log.isFailing, state.revision);
    this.#follow(client, failure);
    this.#options.onChange(this);
  }

  /** Plays something else at once when news change what this viewer gets; what waits is asked anew when its turn comes. */
  #follow(client: GiftwrapClient, failure: unknown): void {
    this.#showWaiting();
    if (client.state.generation === 0) {
      const why = failure === undefined ? "" : `${explainRefreshFailure(failure)}. ${messageOf(failure)}`;
      return this.#fail("Nothing can be played from this edge", why);
    }
    const current = this.#current;
    if (!current && this.#waiting.length === 0) {
      this.view.setState("ready");
      this.#say({
        title: "Waits for a gift",
        why: "Send one: what this viewer gets is shown here.",
        tone: "",
      });
    } else if (current && this.#resolved !== JSON.stringify(client.resolve(current.gift, current.version))) {
      if (this.#isPlaying || this.#options.repeats()) {
        this.#isWantedAgain = true;
        this.#cut.abort();
      }
    } else if (this.#shown) {
      // The same plays on, but the reason may be another one, as when a catalog takes over from a stop.
      this.#tell({ ...this.#shown, verdicts: this.verdicts(this.#shown.gift) });
    }
    void this.#playAll();
  }

  /** One after the other; what comes meanwhile waits. */
  async #playAll(): Promise<void> {
    if (this.#isPlaying) return;
    this.#isPlaying = true;
    try {
      while (this.#client && this.#client.state.generation > 0) {
        const next = this.#isWantedAgain ? this.#current : this.#waiting.shift();
        this.#isWantedAgain = false;
        if (!next) break;
        await this.#play(this.#client, next);
      }
    } finally {
      this.#isPlaying = false;
    }
  }

  async #play(client: GiftwrapClient, message: RoomMessage): Promise<void> {
    const { gift, version } = message;
    this.#current = message;
    this.#cut = new AbortController();
    const { signal } = this.#cut;
    this.#showWaiting();
    this.#resolved = JSON.stringify(client.resolve(gift, version));
    this.view.setState("busy");
    const loaded = await client.play(gift, (it, report) => this.#show(it, report, message, signal), version);
    if (signal.aborted) return;
    this.#stage.clear();
    this.view.showCount(1);
    this.view.setState("ready", "", nameOf(loaded.link));
    this.#options.onChange(this);
  }

  /** Until it is over; and again, while the room wants that and no other gift waits. Rejects when it cannot be decoded. */
  async #show(
    loaded: Loaded,
    report: PlayReport,
    { id, gift, version }: RoomMessage,
    signal: AbortSignal,
  ): Promise<void> {
    const cut = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    do {
      if (signal.aborted) return;
      const playing = await this.#stage.show(loaded, report, signal);
      if (signal.aborted) return;
      const client = this.#client;
      if (!client) return;
      const name = nameOf(loaded.link);
      this.view.setState("playing", name);
      this.view.countPlays(++this.#plays);
      this.view.showCount(this.#current?.count ?? 1);
      if (this.#shown?.loaded !== loaded) {
        this.log.plays(name);
        this.view.answer(id, loaded.link, gift);
        this.#tell({
          gift,
          hint: version ?? "",
          verdicts: this.verdicts(gift),
          resolution: client.resolve(gift, version),
          loaded,
        });
        this.#options.onChange(this);
      }
      await Promise.race([playing.ended, cut]);
    } while (this.#options.repeats() && this.#waiting.length === 0);
  }

  #tell(shown: Shown): void {
    this.#shown = shown;
    const { gift, hint, loaded, verdicts } = shown;
    const isSecondBest =
      loaded.failed.length > 0 || loaded.link.kind !== "release" || loaded.link.gift !== gift;
    this.#say({
      title: titleOf(loaded.link),
      why: explainReason(gift, hint, loaded, verdicts),
      tone: isSecondBest ? "warned" : "",
    });
  }

  #fail(title: string, why: string): void {
    this.#cut.abort();
    this.#stage.clear();
    this.#shown = undefined;
    this.view.setState("failed");
    this.#say({ title, why, tone: "failed" });
    this.#options.onChange(this);
  }

  #say(word: Word): void {
    this.#word = word;
    this.view.say(word);
  }

  /** What waits, and what this viewer would get of it now. */
  #showWaiting(): void {
    this.view.showWaiting(
      this.#waiting.map((message) => {
        const [first] = this.#client?.resolve(message.gift, message.version).chain ?? [];
        return { message, now: first ? nameOf(first) : "" };
      }),
    );
  }
}
