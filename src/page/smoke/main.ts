import {
  GiftwrapClient,
  httpFetch,
  type Loaded,
  type PlayReport,
  toViewer,
  webCrypto,
} from "../../client/client.ts";
import { type Playing, play } from "../../player/player.ts";
import { MODULES } from "../modules.ts";
import { messageOf, nameOf } from "../words.ts";
import type { Act, ActOutcome, ActPlay } from "./act.ts";

/** The client and the player that apps embed, in a page that does what it is asked and says how long it took. */
class SmokePage {
  #client: GiftwrapClient | undefined;
  #updateMilliseconds = 0;
  #sayFirstFrame: () => void = () => {};
  /** Whatever is shown, also what stands in for the gift. */
  readonly #firstFrame = new Promise<void>((resolve) => {
    this.#sayFirstFrame = resolve;
  });
  readonly #stage = document.body;

  /** A viewer comes: the client is opened, and learns what is live. @throws ClientError */
  async open({ platform, appVersion, tier }: Act): Promise<void> {
    const begun = performance.now();
    this.#client = await GiftwrapClient.open({
      viewer: toViewer({ platform, appVersion, tier }),
      root: await readRoot(),
      fetch: httpFetch({ baseUrl: location.origin }),
      crypto: webCrypto(),
    });
    await this.#client.refresh();
    this.#updateMilliseconds = performance.now() - begun;
  }

  /** Resolves when the first frame of the first gift is on the screen. */
  async started(): Promise<void> {
    await this.#firstFrame;
  }

  async refresh(): Promise<void> {
    await this.#opened().refresh();
  }

  /** Gifts are sent as the act says; done when the last of them is over. */
  async act({ gift, sentAt, shownMilliseconds, isQueued }: Act): Promise<ActOutcome> {
    const begun = performance.now();
    const plays: ActPlay[] = [];
    let playing: Promise<void>[] = [];
    for (const at of sentAt) {
      if (isQueued) await Promise.all(playing.splice(0));
      else await pause(begun + at - performance.now());
      playing.push(this.#play(gift, shownMilliseconds, plays));
    }
    await Promise.all(playing);
    const requests = performance.getEntriesByType("resource").length;
    return { updateMilliseconds: this.#updateMilliseconds, requests, plays };
  }

  async #play(gift: string, shownMilliseconds: number, plays: ActPlay[]): Promise<void> {
    const sent = performance.now();
    let loadedAt = sent;
    let startedAt = sent;
    let [frames, dropped] = [0, 0];
    const report: PlayReport = {
      firstFrame: () => this.#sayFirstFrame(),
      frames: (all, lost) => ([frames, dropped] = [all, lost]),
    };
    let playing: Playing | undefined;
    const loaded = await this.#opened().play(gift, async (it) => {
      loadedAt = performance.now();
      playing = await play(this.#stage, it, { repeat: true, report, modules: MODULES });
      startedAt = performance.now();
    });
    await pause(shownMilliseconds);
    playing?.end();
    plays.push({
      shown: nameOf(loaded.link),
      loadMilliseconds: loadedAt - sent,
      startMilliseconds: startedAt - loadedAt,
      frames,
      dropped,
      failed: loaded.failed.map(explainFailure),
    });
  }

  #opened(): GiftwrapClient {
    if (!this.#client) throw new TypeError("nothing is played before the client is open");
    return this.#client;
  }
}

async function readRoot(): Promise<Uint8Array> {
  const response = await fetch("/root.json");
  if (!response.ok) throw new Error(`/root.json answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
}

function explainFailure({ link, error }: Loaded["failed"][number]): string {
  return `${nameOf(link)}: ${messageOf(error)}`;
}

Object.assign(globalThis, { smoke: new SmokePage() });
