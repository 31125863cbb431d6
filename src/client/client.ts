import { GIFT_MESSAGE_FORMAT, type GiftMessage, parseGiftMessage } from "../wire/giftMessage.ts";
import { type Resolution, resolve } from "../wire/resolve.ts";
import type { Viewer } from "../wire/viewer.ts";
import { type Loaded, Loader, type Play } from "./load/loader.ts";
import type { Prefetched, PrefetchOptions } from "./load/prefetch.ts";
import { platformRandom, type Random } from "./platform/platformRandom.ts";
import { platformTimers } from "./platform/platformTimers.ts";
import type { ObjectCache, ReadBundled, StateStore, Timers } from "./ports.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";
import { type ClientState, Updater, type UpdaterOptions } from "./update/updater.ts";
import { Schedule } from "./when/schedule.ts";

export type { GiftMessage } from "../wire/giftMessage.ts";
export { toViewer, type Viewer } from "../wire/viewer.ts";
export { ClientError } from "./error.ts";
export { followPage } from "./platform/followPage.ts";
export { httpBundled } from "./platform/httpBundled.ts";
export { httpFetch, type HttpFetchOptions } from "./platform/httpFetch.ts";
export { addresses } from "./load/addresses.ts";
export type { Loaded, Play, PlayReport } from "./load/loader.ts";
export type { Network, Prefetched, PrefetchOptions } from "./load/prefetch.ts";
export type {
  Crypto,
  Fetch,
  FetchOptions,
  FetchResult,
  ObjectCache,
  ReadBundled,
  StateStore,
  Timers,
} from "./ports.ts";
export type { Random } from "./platform/platformRandom.ts";
export type { ClientState } from "./update/updater.ts";
export { webCrypto } from "./platform/webCrypto.ts";
export { GiftQueue, type GiftQueueOptions, type PlayCombo } from "./when/giftQueue.ts";

export interface ClientOptions extends Omit<UpdaterOptions, "tier"> {
  readonly viewer: Viewer;
  readonly cache?: ObjectCache;
  /** What the app ships inside: objects are taken from there before the network is asked. */
  readonly bundled?: ReadBundled;
  /** How plays go, told to the collector whose figures decide about promotions: `telemetryTo(...)`. Nothing is told without it. */
  readonly telemetry?: OpenTelemetry;
  /** The platform's own when absent. */
  readonly timers?: Timers;
  /** Spreads what many apps ask; the platform's own when absent. */
  readonly random?: Random;
}

/** Makes what tells of plays; null where it cannot be. */
export type OpenTelemetry = (
  viewer: Viewer,
  store: StateStore | undefined,
  surroundings: { readonly timers: Timers; readonly random: Random },
) => Promise<Telemetry | null>;

/** @param failure why the last question for news failed; undefined when it did not */
export type ChangeListener = (state: ClientState, failure: unknown) => void;

/**
 * What an app embeds. {@link GiftwrapClient.open} is ready with what is stored or bundled, before any network. Then the app says
 * where it is: {@link GiftwrapClient.foreground} at its start and on each return, {@link GiftwrapClient.enterRoom}, and their
 * opposites; the client asks for news when it is time, and asks nothing in the background. What fails in that leaves the last good
 * state as it was, and stands in {@link GiftwrapClient.failure}. {@link GiftwrapClient.play} shows a gift, and
 * {@link GiftwrapClient.receive} one that somebody sent.
 */
export class GiftwrapClient {
  readonly #options: ClientOptions;
  readonly #updater: Updater;
  readonly #loader: Loader;
  readonly #schedule: Schedule;
  readonly #listeners = new Set<ChangeListener>();
  #failure: unknown;
  /** To be flushed when the app goes away for good; null without the option. */
  readonly telemetry: Telemetry | null;

  private constructor(
    options: ClientOptions,
    updater: Updater,
    telemetry: Telemetry | null,
    surroundings: { readonly timers: Timers; readonly random: Random },
  ) {
    const { timers, random } = surroundings;
    this.#options = options;
    this.#updater = updater;
    this.#loader = new Loader(options);
    this.#loader.retain(updater.state.catalog);
    this.telemetry = telemetry;
    this.#schedule = new Schedule({
      refresh: () => this.#refresh(),
      state: () => updater.state,
      timers,
      chance: () => (random(1)[0] ?? 0) / 256,
    });
  }

  /** Ready with the last stored state, before any network. @throws ClientError when the app's own root is broken */
  static async open(options: ClientOptions): Promise<GiftwrapClient> {
    const { telemetry, viewer, store, timers = platformTimers(), random = platformRandom } = options;
    const surroundings = { timers, random };
    const updater = await Updater.open({ ...options, tier: viewer.tier });
    const told = (await telemetry?.(viewer, store, surroundings)) ?? null;
    return new GiftwrapClient(options, updater, told, surroundings);
  }

  get state(): ClientState {
    return this.#updater.state;
  }

  /** Why the last question for news failed (`schema`: this app is too old); undefined when it did not. */
  get failure(): unknown {
    return this.#failure;
  }

  /**
   * Asks for news now, whatever the time; while a question is on its way it is the same one. True when something changed.
   * @throws ClientError; the last good state stands and may be played from
   */
  refresh(): Promise<boolean> {
    return this.#schedule.ask();
  }

  /** The app has started, or has come back: someone is looking. */
  foreground(): void {
    this.#schedule.tell({ kind: "foreground" });
  }

  /** Nobody is looking: nothing is asked until someone does, and what telemetry has is sent. */
  background(): void {
    this.#schedule.tell({ kind: "background" });
    this.telemetry?.leave();
  }

  /** News are asked for now, and every `state.pollSeconds` or so until the room is left. */
  enterRoom(): void {
    this.#schedule.tell({ kind: "enter" });
  }

  leaveRoom(): void {
    this.#schedule.tell({ kind: "leave" });
  }

  /** Somebody goes by a revision that may be newer: it is asked for soon, and given up when it does not come. */
  heard({ minRevision }: { readonly minRevision: number }): void {
    this.#schedule.tell({ kind: "heard", minRevision });
  }

  /** Calls after each question that changed something or failed, and the first that did not; what it gives ends that. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** No timer is left, and no listener is called again; what is loaded already may be played. */
  close(): void {
    this.#schedule.close();
    this.#listeners.clear();
    this.telemetry?.leave();
  }

  /** What this viewer would get now, without loading it. `hint` is the version named in a gift message. */
  resolve(gift: string, hint?: string): Resolution {
    return this.#resolve(this.#options.viewer, gift, hint);
  }

  /**
   * Verified bytes of the first link that can be had, for this viewer or another of the same tier, with the reason;
   * {@link Loaded.next} goes on when it cannot be played.
   * @throws TypeError for a viewer of another tier, whose catalog this client does not have
   */
  async load(gift: string, viewer: Viewer = this.#options.viewer, hint?: string): Promise<Loaded> {
    const { tier } = this.#options.viewer;
    if (viewer.tier !== tier)
      throw new TypeError(
        `this client has the catalog of tier ${tier}: open another one for a viewer of tier ${viewer.tier}`,
      );
    return this.#loader.load(this.#resolve(viewer, gift, hint));
  }

  /**
   * Loads and verifies the first link that can be used and hands it to `play`; a rejection there tries the next link. An
   * override that arrives meanwhile holds for it, too.
   */
  play(gift: string, play?: Play, hint?: string): Promise<Loaded> {
    const ask = () => this.resolve(gift, hint);
    const watch = this.telemetry?.begin(this.state, this.#options.viewer, gift, ask());
    return this.#loader.play(ask, play, watch);
  }

  /** Fetches ahead what this viewer would get of these gifts, the first ones first. Never rejects. */
  prefetch(gifts: readonly string[], options: PrefetchOptions): Promise<Prefetched> {
    const wanted = gifts.map((gift) => ({ resolution: this.resolve(gift) }));
    return this.#loader.prefetch(wanted, options);
  }

  /** What goes along with a gift that this viewer sends, so that the room sees one effect: what the viewer itself is shown. */
  send(gift: string): GiftMessage {
    const [first] = this.resolve(gift).chain;
    const isOfGift = first?.kind === "release" && first.gift === gift;
    return {
      format: GIFT_MESSAGE_FORMAT,
      gift,
      ...(isOfGift && { version: first.version }),
      minRevision: this.state.revision,
    };
  }

  /** Plays what somebody sent, as far as this viewer's own coverage goes; null when it is no message. Nothing of it throws here. */
  async receive(message: unknown, play?: Play): Promise<Loaded | null> {
    const parsed = parseGiftMessage(message);
    if (!parsed) return null;
    this.heard(parsed);
    return this.play(parsed.gift, play, parsed.version);
  }

  #resolve(viewer: Viewer, gift: string, hint?: string): Resolution {
    const { catalog, overrides } = this.state;
    return resolve(catalog, overrides, viewer, gift, hint);
  }

  async #refresh(): Promise<boolean> {
    const { state } = this;
    const before = this.#failure;
    try {
      const isNews = await this.#updater.refresh();
      this.#failure = undefined;
      return isNews;
    } catch (error) {
      this.#failure = error;
      throw error;
    } finally {
      if (this.state.catalog !== state.catalog) this.#loader.retain(this.state.catalog);
      if (this.state !== state || this.#failure !== before) this.#tellListeners();
    }
  }

  /** One that throws is the app's own, and no one else's trouble: it surfaces as a rejection that nobody handles. */
  #tellListeners(): void {
    for (const listener of this.#listeners)
      void Promise.resolve().then(() => {
        if (this.#listeners.has(listener)) listener(this.state, this.#failure);
      });
  }
}
