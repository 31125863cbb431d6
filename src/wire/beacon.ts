import type { Arm } from "./trial.ts";
import type { Tier } from "./viewer.ts";

/*
 * What an app tells the collector about its plays. Nothing here names a person: the device id is chance, made by the sender and
 * used only to count a device once.
 */

export const BEACON_FORMAT = "1.0";
export const MAX_BATCH_EVENTS = 20;
export const MAX_BATCH_BYTES = 16_384;

/** Why the link that a chain began with could not be shown. */
export type FailureCause = "network" | "missing" | "hash" | "decode";
/** What was shown instead. */
export type FallbackLink = "release" | "gift" | "still" | "default";

export interface BeaconBatch {
  readonly format: string;
  /** 32 lower-case hexadecimal digits, made by chance when the app was installed. */
  readonly device: string;
  readonly platform: string;
  /** The app's version, `major.minor.patch`. */
  readonly app: string;
  readonly tier: Tier;
  /** Two capital letters, or empty when unknown. */
  readonly region: string;
  readonly events: readonly BeaconEvent[];
}

/** Sent before anything is downloaded or decoded, so that a crash leaves it without its end. */
export interface ExposedEvent {
  readonly kind: "exposed";
  /** 16 lower-case hexadecimal digits, made by chance for each play. */
  readonly play: string;
  readonly gift: string;
  readonly version: string;
  /** SHA-256 of the animation that the chain begins with. */
  readonly digest: string;
  readonly arm: Arm;
  readonly trial: string;
  readonly sharePerMillion: number;
  /** Whether this device never played these bytes before: only such plays are compared. */
  readonly first: boolean;
}

export type BeaconEvent =
  | ExposedEvent
  /** Every file was downloaded and has its digest; `milliseconds` since the exposure. */
  | { readonly kind: "loaded"; readonly play: string; readonly milliseconds: number }
  /** The player shows the first frame; `milliseconds` since it was handed the bytes. */
  | { readonly kind: "decoded"; readonly play: string; readonly milliseconds: number }
  | { readonly kind: "failed"; readonly play: string; readonly cause: FailureCause }
  | { readonly kind: "fell_back"; readonly play: string; readonly to: FallbackLink }
  /** The play is over, however it went; an exposure without it is a crash. */
  | { readonly kind: "ended"; readonly play: string; readonly frames: number; readonly dropped: number };
