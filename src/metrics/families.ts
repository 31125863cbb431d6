/*
 * What the collector exposes and the gate reads. A unit is one device's first play of a release's bytes: it is counted once, and
 * whole, when it has ended (or when its time to end is over), so that the unit and all that went wrong with it are in the same
 * scrape. Later plays of a device are counted apart (`play="repeat"`), at most one in an hour, and are never compared.
 *
 * With the first unit of a label set every counter of units has a series for it, 0 included, and keeps it while the process
 * lives: then a series that is not there means that nobody knows, and never that nothing happened.
 */

/** Labels of every unit family. `build` is the first 12 digits of the lock's SHA-256, `trial` the version on trial or empty. */
export const UNIT_LABELS = [
  "gift",
  "version",
  "build",
  "trial",
  "arm",
  "region",
  "tier",
  "platform",
  "play",
] as const;

export const FAMILIES = {
  /** Units that have ended. */
  units: "giftwrap_units_total",
  /** Units whose first link could not be shown, for whatever cause. */
  failed: "giftwrap_units_failed_total",
  /** Units without an end. */
  crashed: "giftwrap_units_crashed_total",
  /** Units that were shown something else. */
  fellBack: "giftwrap_units_fell_back_total",
  /** Units that were handed bytes with a wrong digest. */
  mismatched: "giftwrap_units_mismatched_total",
  /** Histogram over the units that were decoded; `le` in milliseconds. */
  decode: "giftwrap_units_decode_milliseconds",
  /** Histogram over the units that were played to their end; `le` is the share of dropped frames. */
  dropped: "giftwrap_units_dropped_ratio",
  /** Devices by arm, each once for each share: labels gift, trial, arm, region, tier, share (parts per million). */
  devices: "giftwrap_trial_devices_total",
  /** Devices by arm and app: labels gift, trial, arm, platform, app (`major.minor`). */
  apps: "giftwrap_trial_apps_total",
  /** Failures by cause: labels gift, version, cause. */
  causes: "giftwrap_failures_total",
  /** What was shown instead: labels gift, version, to. */
  fallbacks: "giftwrap_fallbacks_total",
  /** Events that were accepted, by kind; a unit is some of them. */
  events: "giftwrap_events_total",
  /** Events that were not accepted, by reason; a request that was not read at all is one. */
  refused: "giftwrap_refused_total",
  /** When the collector's process began, epoch seconds: every counter of it began at 0 then. */
  started: "giftwrap_collector_start_time_seconds",
} as const;

/** Upper bounds of the decode histogram in milliseconds, infinity apart; a policy's objectives are added to them. */
export const DECODE_BOUNDS: readonly number[] = [
  10, 25, 50, 75, 100, 125, 150, 175, 200, 225, 250, 300, 350, 400, 500, 750, 1000, 2000, 4000,
];
/** Upper bounds of the dropped-frame histogram, as shares of all frames. */
export const DROPPED_BOUNDS: readonly number[] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
