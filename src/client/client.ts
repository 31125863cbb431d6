import { type Resolution, resolve } from "../wire/resolve.ts";
import { standingOf } from "../wire/trial.ts";
import type { Viewer } from "../wire/viewer.ts";
import { type Loaded, Loader, type Play } from "./load/loader.ts";
import type { Prefetched, PrefetchOptions } from "./load/prefetch.ts";
import type { ObjectCache, ReadBundled } from "./ports.ts";
import { Telemetry, type TelemetryOptions } from "./telemetry/telemetry.ts";
import { type ClientState, Updater, type UpdaterOptions } from "./update/updater.ts";

export { toViewer, type Viewer } from "../wire/viewer.ts";
export { ClientError } from "./error.ts";
export { httpBundled } from "./platform/httpBundled.ts";
export { httpFetch, type HttpFetchOptions } from "./platform/httpFetch.ts";
export { httpPost, type PostBatch, type PostResult } from "./platform/httpPost.ts";
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
export type { Telemetry, TelemetryOptions } from "./telemetry/telemetry.ts";
export type { ClientState } from "./update/updater.ts";
export { webCrypto } from "./platform/webCrypto.ts";

export interface ClientOptions extends Omit<UpdaterOptions, "tier"> {
  readonly viewer: Viewer;
  readonly cache?: ObjectCache;
  /** What the app ships inside: objects are taken from there before the network is asked. */
  readonly bundled?: ReadBundled;
  /** How plays go, told to the collector whose figures decide about promotions; nothing is told without it. */
  readonly telemetry?: TelemetryOptions;
}

/**
 * What an app embeds. Start it with {@link GiftwrapClient.open}, call {@link GiftwrapClient.refresh} on start, on foreground,
 * on entering a room and every `state.pollSeconds`, and {@link GiftwrapClient.play} when a gift is sent.
 */
export class GiftwrapClient {
  readonly #options: ClientOptions;
  readonly #updater: Updater;
  readonly #loader: Loader;
  /** To be flushed when the app goes away; null without the option. */
  readonly telemetry: Telemetry | null;

  private constructor(options: ClientOptions, updater: Updater, telemetry: Telemetry | null) {
    this.#options = options;
    this.#updater = updater;
    this.#loader = new Loader(options);
    this.#loader.retain(updater.state.catalog);
    this.telemetry = telemetry;
  }

  /** Ready with the last stored state, before any network. */
  static async open(options: ClientOptions): Promise<GiftwrapClient> {
    const updater = await Updater.open({ ...options, tier: options.viewer.tier });
    const { telemetry, viewer, store } = options;
    return new GiftwrapClient(
      options,
      updater,
      telemetry ? await Telemetry.open(telemetry, viewer, store) : null,
    );
  }

  get state(): ClientState {
    return this.#updater.state;
  }

  /** True when something changed. @throws ClientError; the last good state stands and may be played from */
  async refresh(): Promise<boolean> {
    const { catalog } = this.state;
    const isChanged = await this.#updater.refresh();
    if (this.state.catalog !== catalog) this.#loader.retain(this.state.catalog);
    return isChanged;
  }

  /** What this viewer would get now, without loading it. `hint` is the version named in a gift message. */
  resolve(gift: string, hint?: string): Resolution {
    const { catalog, overrides } = this.state;
    return resolve(catalog, overrides, this.#options.viewer, gift, hint);
  }

  /** Verified bytes of the first link that can be had, with the reason; {@link Loaded.next} goes on when it cannot be played. */
  load(gift: string, hint?: string): Promise<Loaded> {
    return this.#loader.load(this.resolve(gift, hint));
  }

  /**
   * Loads and verifies the first link that can be used and hands it to `play`; a rejection there tries the next link. An
   * override that arrives meanwhile holds for it, too.
   */
  play(gift: string, play?: Play, hint?: string): Promise<Loaded> {
    const { catalog, overrides } = this.state;
    const resolution = this.resolve(gift, hint);
    const watch = this.telemetry?.begin(
      resolution.chain[0],
      standingOf(catalog, overrides, this.#options.viewer, gift, resolution),
    );
    return this.#loader.play(() => this.resolve(gift, hint), play, watch);
  }

  /** Fetches ahead what this viewer would get of these gifts, the first ones first. Never rejects. */
  prefetch(gifts: readonly string[], options: PrefetchOptions): Promise<Prefetched> {
    return this.#loader.prefetch(
      gifts.map((gift) => ({ resolution: this.resolve(gift) })),
      options,
    );
  }
}
