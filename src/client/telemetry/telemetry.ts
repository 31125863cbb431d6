import { BEACON_FORMAT, type BeaconEvent, type FailureCause, type FallbackLink } from "../../wire/beacon.ts";
import { toHex } from "../../wire/digest.ts";
import type { Link, Resolution } from "../../wire/resolve.ts";
import { type Standing, standingOf } from "../../wire/trial.ts";
import { decodeUtf8, encodeUtf8 } from "../../wire/utf8.ts";
import type { Viewer } from "../../wire/viewer.ts";
import type { OpenTelemetry } from "../client.ts";
import { ClientError } from "../error.ts";
import type { ChainWatch } from "../load/loader.ts";
import type { PostBatch } from "../platform/httpPost.ts";
import { platformRandom, type Random } from "../platform/platformRandom.ts";
import { platformTimers } from "../platform/platformTimers.ts";
import type { StateStore, Timers } from "../ports.ts";
import type { ClientState } from "../update/updater.ts";
import { BeaconQueue } from "./beaconQueue.ts";
import { PlayBudget } from "./playBudget.ts";

export { httpPost, type HttpPostOptions, type PostBatch, type PostResult } from "../platform/httpPost.ts";

export interface TelemetryOptions {
  /** Keeps the device's id and what it has played before; the client's own store when absent. */
  readonly store?: StateStore;
  /** The client's own when absent, and so for `timers`. */
  readonly random?: Random;
  readonly timers?: Timers;
  /** How long events wait for others; a first play in a trial never waits. 5 when absent. */
  readonly flushSeconds?: number;
  /**
   * The part of devices, from 0 to 1, that tells of plays which belong to no trial; 1 when absent. Whole devices are in it, by their
   * own id, so their first and repeated plays stay what they are. Plays of a trial and of its baseline are always told: the gate
   * compares counts of devices, and a part of one arm would look like a fault in how chance dealt them out.
   */
  readonly livePart?: number;
  /** No device tells of more in an hour; 100 when absent. A first play in a trial is always told. */
  readonly maxPlaysPerHour?: number;
}

/** Tells the collector how plays go: `GiftwrapClient.open({ telemetry: telemetryTo(httpPost({ url })), ... })`. */
export function telemetryTo(post: PostBatch, options: TelemetryOptions = {}): OpenTelemetry {
  return (viewer, store, surroundings) =>
    Telemetry.open(post, viewer, { ...surroundings, ...(store && { store }), ...options });
}

const STATE_NAME = "telemetry";
/** Animations that are remembered as played before; the collector counts a device once anyway. */
const MAX_PLAYED = 1_000;
/** So much of a digest tells animations apart on one device. */
const PLAYED_DIGITS = 16;
const MAX_MILLISECONDS = 3_600_000;
const MAX_FRAMES = 1_000_000;

/**
 * Tells the collector how plays go. It delays no play and throws nothing into the app: whatever fails in it costs beacons only.
 * The device's id is chance, kept in the store; without a store each start is a new device that has played nothing.
 */
export class Telemetry {
  readonly #queue: BeaconQueue;
  readonly #random: Random;
  readonly #timers: Timers;
  readonly #memory: Memory;
  readonly #budget: PlayBudget;
  readonly #tellsLive: boolean;
  readonly #open = new Set<FollowedPlay>();

  private constructor(
    { random, timers }: Required<Pick<TelemetryOptions, "random" | "timers">>,
    { livePart = 1, maxPlaysPerHour = 100 }: TelemetryOptions,
    queue: BeaconQueue,
    memory: Memory,
  ) {
    this.#random = random;
    this.#timers = timers;
    this.#queue = queue;
    this.#memory = memory;
    this.#budget = new PlayBudget(maxPlaysPerHour, timers.now());
    this.#tellsLive = Number.parseInt(memory.device.slice(0, 8), 16) < livePart * 2 ** 32;
  }

  /** Null where the platform has not even chance. */
  static async open(
    post: PostBatch,
    viewer: Viewer,
    options: TelemetryOptions = {},
  ): Promise<Telemetry | null> {
    try {
      const { store, random = platformRandom, flushSeconds = 5 } = options;
      const timers = quietTimers(options.timers ?? platformTimers());
      const memory = await Memory.open(store, random);
      const queue = new BeaconQueue({
        head: {
          format: BEACON_FORMAT,
          device: memory.device,
          platform: viewer.platform,
          app: viewer.app.slice(0, 3).join("."),
          tier: viewer.tier,
          region: /^[A-Z]{2}$/.test(viewer.region) ? viewer.region : "",
        },
        post,
        timers,
        chance: () => quietly(() => (random(1)[0] ?? 0) / 256, 0.5),
        flushMilliseconds: 1_000 * flushSeconds,
      });
      return new Telemetry({ random, timers }, options, queue, memory);
    } catch {
      return null;
    }
  }

  /** Plays of which something could not be sent. */
  get dropped(): number {
    return this.#queue.dropped;
  }

  /** Sends what waits. Resolves when it was taken, or when the collector wants it later; never rejects. */
  flush(): Promise<void> {
    return this.#queue.flush().catch(() => {});
  }

  /**
   * To be called when the app goes away or into the background (`pagehide`): plays that are under way end here, for nobody would
   * tell of their end, and a play without one counts as a crash.
   */
  leave(): void {
    quietly(() => {
      for (const play of this.#open) play.end();
      this.#queue.leave();
    }, undefined);
  }

  /**
   * The play of `resolution`, which the state gave for the viewer, is exposed now. Null when there is no animation to follow, or when
   * this one is not told of.
   */
  begin(
    { catalog, overrides }: Pick<ClientState, "catalog" | "overrides">,
    viewer: Viewer,
    gift: string,
    resolution: Resolution,
  ): ChainWatch | null {
    return quietly(
      () => this.#expose(resolution.chain[0], standingOf(catalog, overrides, viewer, gift, resolution)),
      null,
    );
  }

  #expose(link: Link | undefined, standing: Standing): ChainWatch | null {
    const animation = link?.kind === "release" ? link.files.find((it) => it.role === "animation") : undefined;
    if (link?.kind !== "release" || !animation) return null;
    // Also of a play that is not told: the next one is not the first.
    const first = this.#memory.addPlayed(animation.digest);
    const isLive = standing.arm === "live";
    if (isLive && !this.#tellsLive) return null;
    const isUrgent = first && !isLive;
    if (!this.#budget.take(this.#timers.now()) && !isUrgent) return null;
    const play = toHex(this.#random(8));
    const { gift, version } = link;
    this.#queue.add(
      { kind: "exposed", play, gift, version, digest: animation.digest, ...standing, first },
      isUrgent,
    );
    const followed = new FollowedPlay(play, gift, this.#queue, this.#timers, () =>
      this.#open.delete(followed),
    );
    this.#open.add(followed);
    return followed;
  }
}

/** Turns what the loader tells of a chain into the play's events. */
class FollowedPlay implements ChainWatch {
  readonly #play: string;
  readonly #gift: string;
  readonly #queue: BeaconQueue;
  readonly #timers: Timers;
  readonly #onEnd: () => void;
  readonly #exposedAt: number;
  #handedAt = 0;
  #isDecoded = false;
  #hasFailed = false;
  #isOver = false;
  #frames = 0;
  #dropped = 0;

  constructor(play: string, gift: string, queue: BeaconQueue, timers: Timers, onEnd: () => void) {
    this.#play = play;
    this.#gift = gift;
    this.#queue = queue;
    this.#timers = timers;
    this.#onEnd = onEnd;
    this.#exposedAt = timers.now();
  }

  loaded(at: number): void {
    this.#tell(at === 0, () => {
      this.#handedAt = this.#timers.now();
      return {
        kind: "loaded",
        play: this.#play,
        milliseconds: limit(this.#handedAt - this.#exposedAt, MAX_MILLISECONDS),
      };
    });
  }

  firstFrame(at: number): void {
    this.#tell(at === 0 && !this.#isDecoded, () => {
      this.#isDecoded = true;
      const milliseconds = limit(this.#timers.now() - this.#handedAt, MAX_MILLISECONDS);
      return { kind: "decoded", play: this.#play, milliseconds };
    });
  }

  frames(at: number, frames: number, dropped: number): void {
    if (at !== 0) return;
    this.#frames = limit(frames, MAX_FRAMES);
    this.#dropped = Math.min(limit(dropped, MAX_FRAMES), this.#frames);
  }

  failed(at: number, phase: "load" | "play", error: unknown): void {
    this.#tell(at === 0, () => ({ kind: "failed", play: this.#play, cause: causeOf(phase, error) }));
    if (at > 0) return;
    this.#hasFailed = true;
    this.#frames = this.#dropped = 0;
  }

  shown(at: number, link: Link): void {
    // What an override took away while it was loading has not failed, so nobody fell back.
    this.#tell(at > 0 && this.#hasFailed, () => ({
      kind: "fell_back",
      play: this.#play,
      to: fallbackOf(link, this.#gift),
    }));
    this.end();
  }

  end(): void {
    this.#tell(true, () => ({
      kind: "ended",
      play: this.#play,
      frames: this.#frames,
      dropped: this.#dropped,
    }));
    this.#isOver = true;
    this.#onEnd();
  }

  #tell(isWanted: boolean, toEvent: () => BeaconEvent): void {
    if (isWanted && !this.#isOver) quietly(() => this.#queue.add(toEvent()), undefined);
  }
}

function causeOf(phase: "load" | "play", error: unknown): FailureCause {
  if (phase === "play") return "decode";
  const code = error instanceof ClientError ? error.code : "network";
  // Longer than what was signed is other bytes, too.
  if (code === "hash" || code === "too_large") return "hash";
  return code === "missing" ? "missing" : "network";
}

function fallbackOf(link: Link, gift: string): FallbackLink {
  if (link.kind !== "release") return link.kind;
  return link.gift === gift ? "release" : "gift";
}

/** A whole number from 0 to `most`, whatever an app reports. */
function limit(value: number, most: number): number {
  return Number.isFinite(value) ? Math.min(most, Math.max(0, Math.round(value))) : 0;
}

/** What the device keeps: its id, and the animations that it has played, oldest first. */
class Memory {
  readonly device: string;
  readonly #played: Set<string>;
  readonly #store: StateStore | undefined;
  #isSaving = false;
  #isChanged = false;

  private constructor(device: string, played: readonly string[], store: StateStore | undefined) {
    this.device = device;
    this.#played = new Set(played);
    this.#store = store;
  }

  static async open(store: StateStore | undefined, random: (bytes: number) => Uint8Array): Promise<Memory> {
    const stored = parseMemory(await store?.read(STATE_NAME).catch(() => null));
    if (stored) return new Memory(stored.device, stored.played, store);
    const memory = new Memory(toHex(random(16)), [], store);
    memory.#save();
    return memory;
  }

  /** True when the animation was not there yet. */
  addPlayed(digest: string): boolean {
    const digits = digest.slice(0, PLAYED_DIGITS);
    if (this.#played.has(digits)) return false;
    this.#played.add(digits);
    const [oldest] = this.#played;
    if (this.#played.size > MAX_PLAYED && oldest !== undefined) this.#played.delete(oldest);
    this.#save();
    return true;
  }

  /** One write at a time, the last one with everything; nobody waits for it. */
  #save(): void {
    this.#isChanged = true;
    if (!this.#isSaving) void this.#write();
  }

  async #write(): Promise<void> {
    this.#isSaving = true;
    while (this.#isChanged) {
      this.#isChanged = false;
      const text = JSON.stringify({ device: this.device, played: [...this.#played] });
      try {
        await this.#store?.write(STATE_NAME, encodeUtf8(text));
      } catch {
        // A full disk costs a first play that counts as one again.
      }
    }
    this.#isSaving = false;
  }
}

function parseMemory(
  bytes: Uint8Array | null | undefined,
): { device: string; played: readonly string[] } | null {
  if (!bytes) return null;
  try {
    const value: unknown = JSON.parse(decodeUtf8(bytes));
    if (value === null || typeof value !== "object" || !("device" in value) || !("played" in value))
      return null;
    const { device, played } = value;
    if (typeof device !== "string" || !/^[0-9a-f]{32}$/.test(device) || !Array.isArray(played)) return null;
    return { device, played: played.filter((it) => typeof it === "string").slice(-MAX_PLAYED) };
  } catch {
    return null;
  }
}

function quietTimers(timers: Timers): Timers {
  return {
    now: () => quietly(() => timers.now(), 0),
    after: (milliseconds, act) => {
      const cancel = quietly(
        () => timers.after(milliseconds, act),
        () => {},
      );
      return () => quietly(cancel, undefined);
    },
  };
}

/** What it gives, or the other thing when it throws: a beacon less is all that may come of it. */
function quietly<T>(act: () => T, otherwise: T): T {
  try {
    return act();
  } catch {
    return otherwise;
  }
}
