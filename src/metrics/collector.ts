import { createHmac } from "node:crypto";
import type { BeaconBatch, BeaconEvent, ExposedEvent, FailureCause, FallbackLink } from "../wire/beacon.ts";
import { TIERS } from "../wire/viewer.ts";
import type { Family, HistogramValue } from "./exposition.ts";
import { DECODE_BOUNDS, DROPPED_BOUNDS, FAMILIES, UNIT_LABELS } from "./families.ts";
import type { KnownRelease, KnownReleases } from "./knownReleases.ts";
import { MinuteRates } from "./minuteRates.ts";
import { type Key, SeenKeys } from "./seenKeys.ts";
import { SeriesTable } from "./seriesTable.ts";

export interface CollectorLimits {
  /** An exposure without an end is a crash after this. */
  readonly crashAfterMilliseconds: number;
  /** While senders are turned away ({@link Collector.postpone}), at most this. */
  readonly crashAtLastMilliseconds: number;
  /** Plays that may be under way. */
  readonly pendingPlays: number;
  /** Things remembered of devices (about three each for a release on trial) before the oldest are forgotten: see {@link SeenKeys}. */
  readonly seenKeys: number;
  /** Label sets of units; plays of nobody's trial (`live`) may take half of them. Each is about 45 lines of a scrape. */
  readonly series: number;
  /** Different shares of one arm in one region and tier, and different apps of one arm on one platform. */
  readonly valuesPerTrial: number;
  readonly deviceEventsPerMinute: number;
  /** Whole networks of phones share one address: without end unless the collector is asked directly, by few. */
  readonly addressEventsPerMinute: number;
}

export const COLLECTOR_LIMITS: CollectorLimits = {
  crashAfterMilliseconds: 120_000,
  crashAtLastMilliseconds: 600_000,
  pendingPlays: 200_000,
  seenKeys: 2_000_000,
  series: 4_000,
  valuesPerTrial: 64,
  deviceEventsPerMinute: 300,
  addressEventsPerMinute: Number.POSITIVE_INFINITY,
};

export interface CollectorOptions {
  readonly releases: KnownReleases;
  readonly regions: ReadonlySet<string>;
  readonly platforms: ReadonlySet<string>;
  /** Bounds of the decode histogram beside {@link DECODE_BOUNDS}: the policy's objectives, in milliseconds. */
  readonly decodeBounds?: readonly number[];
  /** Made by chance at every start: what is remembered of devices means nothing to anybody else, and nothing afterwards. */
  readonly secret: Uint8Array;
  readonly startedMilliseconds: number;
  readonly limits?: Partial<CollectorLimits>;
}

/** Why an event was not counted, or, for the last three, a request not read. */
export type Refusal =
  | "digest" // no release has an animation with it
  | "release" // the digest is another gift's or version's
  | "trial" // not a version of the gift, or one that contradicts the arm
  | "region"
  | "tier"
  | "platform"
  | "play" // of a play that was not exposed, or is over
  | "repeated" // said before
  | "numbers" // more frames dropped than there were
  | "series" // would be one series more than may be
  | "pending" // would be one play more than may be under way
  | "device" // too many events from one device
  | "address" // too many events from one address
  | "malformed"
  | "too_large"
  | "busy";

/** What became of a batch's events; those that are counted nowhere because the device was counted before are accepted, too. */
export interface Outcome {
  readonly accepted: number;
  readonly refused: ReadonlyMap<Refusal, number>;
}

const HOUR_MILLISECONDS = 3_600_000;

/*
 * One keyed hash of a device, 32 bytes, is enough for all that is kept of it: the first bytes stand before its plays' ids, the next are
 * its rate's key, and others, by exclusive or with the key of a thing (a release, an arm, an hour), say whether it was seen in that. Two
 * such pairs meet with the chance of two random keys: it is tabulation hashing (Zobrist 1970; Patrascu and Thorup 2012).
 */
const PLAY_BYTES = 9;
const RATE_AT = 12;
const SEEN_AT = 20;
/** Keys of things that are remembered. */
const MAX_KEYS = 20_000;

/**
 * Counts what apps say of their plays. Bounded in memory, whatever is sent; holds no device id and no address, only keyed hashes
 * of them. A unit is counted whole when it ends, and once for a device: see `families.ts`. Time is given in milliseconds since
 * 1970 and never goes back.
 */
export class Collector {
  readonly #options: CollectorOptions;
  readonly #limits: CollectorLimits;
  readonly #decodeBounds: readonly number[];
  #releases: KnownReleases;
  #regions: ReadonlySet<string>;
  #platforms: ReadonlySet<string>;
  /** In the order of their exposure. */
  readonly #pending = new Map<string, PendingPlay>();
  readonly #seen: SeenKeys;
  readonly #deviceRates = new MinuteRates();
  readonly #addressRates = new MinuteRates();
  readonly #units: SeriesTable<UnitCounts>;
  readonly #devices = new SeriesTable<Count>(() => ({ value: 0 }));
  readonly #apps = new SeriesTable<Count>(() => ({ value: 0 }));
  readonly #causes = new SeriesTable<Count>(() => ({ value: 0 }));
  readonly #fallbacks = new SeriesTable<Count>(() => ({ value: 0 }));
  readonly #events = new Map<string, number>(KINDS.map((kind) => [kind, 0]));
  readonly #refused = new Map<Refusal, number>();
  readonly #keys = new Map<string, Key>();
  #postponedUntil = 0;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#limits = { ...COLLECTOR_LIMITS, ...options.limits };
    this.#releases = options.releases;
    this.#regions = options.regions;
    this.#platforms = options.platforms;
    this.#decodeBounds = [...new Set([...DECODE_BOUNDS, ...(options.decodeBounds ?? [])])].sort(
      (a, b) => a - b,
    );
    this.#seen = new SeenKeys(this.#limits.seenKeys);
    const buckets = this.#decodeBounds.length + 1;
    this.#units = new SeriesTable(() => newUnitCounts(buckets));
  }

  /** From now on other releases, regions and platforms exist; what was counted stays. */
  know(known: Pick<CollectorOptions, "releases" | "regions" | "platforms">): void {
    this.#releases = known.releases;
    this.#regions = known.regions;
    this.#platforms = known.platforms;
  }

  /** Whether no further play can be followed. */
  get isFull(): boolean {
    return this.#pending.size >= this.#limits.pendingPlays;
  }

  get pendingPlays(): number {
    return this.#pending.size;
  }

  /** @param batch of the schema's shape; what it says is not believed for that */
  take(batch: BeaconBatch, now: number, address?: string): Outcome {
    const refused = new Map<Refusal, number>();
    const refuse = (reason: Refusal, events = 1) => {
      refused.set(reason, (refused.get(reason) ?? 0) + events);
      this.refuse(reason, events);
    };
    const { events } = batch;
    const device = this.#hash(`device ${batch.device}`);
    const whole = this.#refusalOfAll(batch, keyAt(device, RATE_AT), now, address);
    if (whole) {
      refuse(whole, events.length);
      return { accepted: 0, refused };
    }
    // A play's id is the device's own: no device can end another's play.
    const from: Sender = {
      batch,
      key: keyAt(device, SEEN_AT),
      id: device.toString("base64url", 0, PLAY_BYTES),
    };
    let accepted = 0;
    for (const event of events) {
      const reason = this.#takeEvent(from, event, now);
      if (reason) refuse(reason);
      else {
        accepted++;
        this.#events.set(event.kind, (this.#events.get(event.kind) ?? 0) + 1);
      }
    }
    return { accepted, refused };
  }

  /** Counts what was refused before it was a batch. */
  refuse(reason: Refusal, events = 1): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + events);
  }

  /** Senders are being turned away, so that ends come late: a play is not a crash for that. */
  postpone(now: number): void {
    this.#postponedUntil = now + this.#limits.crashAfterMilliseconds;
  }

  /** Ends what has been without an end for too long: those were crashes. To be called every second or so. */
  tick(now: number): void {
    const { crashAfterMilliseconds, crashAtLastMilliseconds } = this.#limits;
    const wait = now < this.#postponedUntil ? crashAtLastMilliseconds : crashAfterMilliseconds;
    for (const [id, play] of this.#pending) {
      if (now - play.exposedAt < wait) return;
      this.#pending.delete(id);
      this.#count(play, null);
    }
  }

  #refusalOfAll(
    { region, tier, platform, events }: BeaconBatch,
    device: Key,
    now: number,
    address?: string,
  ): Refusal | null {
    const { deviceEventsPerMinute, addressEventsPerMinute } = this.#limits;
    if (this.#deviceRates.add(device, events.length, now) > deviceEventsPerMinute) return "device";
    if (
      address !== undefined &&
      addressEventsPerMinute < Number.POSITIVE_INFINITY &&
      this.#addressRates.add(keyAt(this.#hash(`address ${address}`), 0), events.length, now) >
        addressEventsPerMinute
    )
      return "address";
    if (!this.#regions.has(region)) return "region";
    if (!this.#platforms.has(platform)) return "platform";
    return TIERS.includes(tier) ? null : "tier";
  }

  #takeEvent(from: Sender, event: BeaconEvent, now: number): Refusal | null {
    const id = `${from.id}${event.play}`;
    const play = this.#pending.get(id);
    if (event.kind === "exposed") return play ? "repeated" : this.#expose(from, event, id, now);
    if (!play) return "play";
    switch (event.kind) {
      case "loaded":
        if (play.isLoaded) return "repeated";
        play.isLoaded = true;
        return null;
      case "decoded":
        if (play.decodedMilliseconds !== null) return "repeated";
        play.decodedMilliseconds = event.milliseconds;
        return null;
      case "failed":
        if (play.cause !== null) return "repeated";
        play.cause = event.cause;
        return null;
      case "fell_back":
        if (play.fellBackTo !== null) return "repeated";
        play.fellBackTo = event.to;
        return null;
      case "ended":
        this.#pending.delete(id);
        // A sender that cannot count is believed in nothing: neither a good play nor a crash.
        if (event.dropped > event.frames) return "numbers";
        this.#count(play, event);
        return null;
    }
  }

  #expose({ batch, key }: Sender, event: ExposedEvent, id: string, now: number): Refusal | null {
    const same = this.#releases.withDigest(event.digest);
    if (same.length === 0) return "digest";
    const release = same.find((it) => it.gift === event.gift && it.version === event.version);
    if (!release) return "release";
    if (!this.#isTrialRight(event)) return "trial";
    if (this.isFull) return "pending";

    const { region, tier, platform } = batch;
    const { gift, arm, trial, first } = event;
    const share = String(event.sharePerMillion);
    const app = batch.app.split(".", 2).join(".");
    const { series, valuesPerTrial } = this.#limits;
    // Room for everything is made before anything is counted.
    const units = this.#unitsOf(batch, event, release);
    const devices = this.#devices.take(
      [gift, trial, arm, region, tier, share],
      series,
      `${gift} ${trial} ${arm} ${region} ${tier}`,
      arm === "live" ? 0 : valuesPerTrial,
    );
    const apps = this.#apps.take(
      [gift, trial, arm, platform, app],
      series,
      `${gift} ${trial} ${arm} ${platform}`,
      arm === "live" ? 0 : valuesPerTrial,
    );
    if (!units || (arm !== "live" && (!devices || !apps))) return "series";

    if (devices && this.#isNew(key, `share ${gift} ${trial} ${arm} ${share}`)) devices.value++;
    if (apps && this.#isNew(key, `app ${gift} ${trial} ${arm}`)) apps.value++;
    const when = first ? "first" : String(Math.floor(now / HOUR_MILLISECONDS));
    const isNew = this.#isNew(key, `unit ${release.build} ${arm} ${when}`);
    this.#pending.set(id, {
      release,
      units: isNew ? units : null,
      exposedAt: now,
      isLoaded: false,
      decodedMilliseconds: null,
      cause: null,
      fellBackTo: null,
    });
    return null;
  }

  #isTrialRight({ gift, version, arm, trial, sharePerMillion }: ExposedEvent): boolean {
    if (arm === "live") return trial === "" && sharePerMillion === 0;
    if (!this.#releases.hasVersion(gift, trial)) return false;
    if ((trial === version) === (arm === "baseline")) return false;
    return sharePerMillion > 0 === (arm !== "cohort");
  }

  #unitsOf(
    { region, tier, platform }: BeaconBatch,
    event: ExposedEvent,
    release: KnownRelease,
  ): UnitCounts | null {
    const { gift, version, build } = release;
    const { trial, arm, first } = event;
    const { series } = this.#limits;
    const isLive = arm === "live";
    return this.#units.take(
      [gift, version, build, trial, arm, region, tier, platform, first ? "first" : "repeat"],
      series,
      isLive ? "live" : "compared",
      isLive ? series / 2 : series,
    );
  }

  /** The play is a unit, whole. */
  #count(play: PendingPlay, end: { readonly frames: number; readonly dropped: number } | null): void {
    const { units, release, cause, fellBackTo, decodedMilliseconds } = play;
    if (!units) return;
    const { gift, version } = release;
    units.units++;
    if (cause !== null) {
      units.failed++;
      if (cause === "hash") units.mismatched++;
      increase(this.#causes.take([gift, version, cause], Number.POSITIVE_INFINITY));
    }
    if (fellBackTo !== null) {
      units.fellBack++;
      increase(this.#fallbacks.take([gift, version, fellBackTo], Number.POSITIVE_INFINITY));
    }
    if (!end) units.crashed++;
    if (decodedMilliseconds !== null) observe(units.decode, this.#decodeBounds, decodedMilliseconds);
    if (end && cause === null && end.frames > 0)
      observe(units.dropped, DROPPED_BOUNDS, end.dropped / end.frames);
  }

  /** Whether the device is seen for the first time in what the text names. */
  #isNew(device: Key, what: string): boolean {
    const thing = this.#keyOf(what);
    return this.#seen.add({ low: device.low ^ thing.low, high: device.high ^ thing.high });
  }

  /** The key of a text that many devices share. */
  #keyOf(what: string): Key {
    const known = this.#keys.get(what);
    if (known) return known;
    const key = keyAt(this.#hash(what), SEEN_AT);
    if (this.#keys.size >= MAX_KEYS) this.#keys.clear();
    this.#keys.set(what, key);
    return key;
  }

  #hash(what: string): Buffer {
    return createHmac("sha256", this.#options.secret).update(what).digest();
  }

  /** Everything that was counted, as a scrape shows it. */
  *families(): IterableIterator<Family> {
    const unitLabels = [...UNIT_LABELS];
    const counter = (name: string, help: string, of: (units: UnitCounts) => number): Family => ({
      type: "counter",
      name,
      help,
      labels: unitLabels,
      series: mapSeries(this.#units, of),
    });
    yield counter(FAMILIES.units, "Units that have ended.", (it) => it.units);
    yield counter(FAMILIES.failed, "Units whose first link could not be shown.", (it) => it.failed);
    yield counter(FAMILIES.crashed, "Units without an end.", (it) => it.crashed);
    yield counter(FAMILIES.fellBack, "Units that were shown something else.", (it) => it.fellBack);
    yield counter(
      FAMILIES.mismatched,
      "Units that were handed bytes with a wrong digest.",
      (it) => it.mismatched,
    );
    yield {
      type: "histogram",
      name: FAMILIES.decode,
      help: "Milliseconds from the bytes to the first frame, of units that were decoded.",
      labels: unitLabels,
      bounds: this.#decodeBounds,
      series: mapSeries(this.#units, (it) => it.decode),
    };
    yield {
      type: "histogram",
      name: FAMILIES.dropped,
      help: "Share of frames that were dropped, of units that were played to their end.",
      labels: unitLabels,
      bounds: DROPPED_BOUNDS,
      series: mapSeries(this.#units, (it) => it.dropped),
    };
    const plain = (
      name: string,
      help: string,
      labels: readonly string[],
      table: SeriesTable<Count>,
    ): Family => ({
      type: "counter",
      name,
      help,
      labels,
      series: mapSeries(table, (it) => it.value),
    });
    const deviceLabels = ["gift", "trial", "arm", "region", "tier", "share"];
    const appLabels = ["gift", "trial", "arm", "platform", "app"];
    yield plain(FAMILIES.devices, "Devices by arm, each once for each share.", deviceLabels, this.#devices);
    yield plain(FAMILIES.apps, "Devices by arm and app.", appLabels, this.#apps);
    yield plain(FAMILIES.causes, "Units that failed, by cause.", ["gift", "version", "cause"], this.#causes);
    yield plain(
      FAMILIES.fallbacks,
      "Units that fell back, by what was shown.",
      ["gift", "version", "to"],
      this.#fallbacks,
    );
    yield {
      type: "counter",
      name: FAMILIES.events,
      help: "Events that were accepted.",
      labels: ["kind"],
      series: [...this.#events].map(([kind, value]) => [[kind], value] as const),
    };
    yield {
      type: "counter",
      name: FAMILIES.refused,
      help: "Events that were not accepted; a request that was not read at all is one.",
      labels: ["reason"],
      series: [...this.#refused].map(([reason, value]) => [[reason], value] as const),
    };
    yield {
      type: "gauge",
      name: FAMILIES.started,
      help: "When this collector began, and every counter at 0.",
      labels: [],
      series: [[[], this.#options.startedMilliseconds / 1000]],
    };
  }
}

interface Count {
  value: number;
}

interface UnitCounts {
  units: number;
  failed: number;
  crashed: number;
  fellBack: number;
  mismatched: number;
  readonly decode: Observed;
  readonly dropped: Observed;
}

interface Observed extends HistogramValue {
  readonly counts: Float64Array;
  sum: number;
}

/** A batch, and what is kept of its device. */
interface Sender {
  readonly batch: BeaconBatch;
  readonly key: Key;
  /** Stands before the ids of its plays. */
  readonly id: string;
}

/** A play that was exposed and has not ended. */
interface PendingPlay {
  readonly release: KnownRelease;
  /** Null when the device was counted before: then nothing of the play is. */
  readonly units: UnitCounts | null;
  readonly exposedAt: number;
  isLoaded: boolean;
  decodedMilliseconds: number | null;
  cause: FailureCause | null;
  fellBackTo: FallbackLink | null;
}

const KINDS: readonly BeaconEvent["kind"][] = [
  "exposed",
  "loaded",
  "decoded",
  "failed",
  "fell_back",
  "ended",
];

/** 8 of a hash's bytes. */
function keyAt(hash: Buffer, at: number): Key {
  return { low: hash.readUInt32LE(at), high: hash.readUInt32LE(at + 4) };
}

function newUnitCounts(decodeBuckets: number): UnitCounts {
  const observed = (buckets: number): Observed => ({ counts: new Float64Array(buckets), sum: 0 });
  return {
    units: 0,
    failed: 0,
    crashed: 0,
    fellBack: 0,
    mismatched: 0,
    decode: observed(decodeBuckets),
    dropped: observed(DROPPED_BOUNDS.length + 1),
  };
}

function increase(count: Count | null): void {
  if (count) count.value++;
}

function observe(observed: Observed, bounds: readonly number[], value: number): void {
  const at = bounds.findIndex((bound) => value <= bound);
  const bucket = at < 0 ? bounds.length : at;
  observed.counts[bucket] = (observed.counts[bucket] ?? 0) + 1;
  observed.sum += value;
}

function* mapSeries<T, V>(
  table: SeriesTable<T>,
  to: (it: T) => V,
): IterableIterator<readonly [values: readonly string[], value: V]> {
  for (const [values, it] of table) yield [values, to(it)];
}
