/** One series: raw values of a counter or gauge, ascending in time. Absent instants are absent, never zero. */
export interface Series {
  /** The name of the sample, such as `giftwrap_units_total` or `giftwrap_units_decode_milliseconds_bucket`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch seconds and the value as it was, NaN and infinities included. */
  readonly samples: readonly (readonly [seconds: number, value: number])[];
}

/** Series by name and equal labels, at each instant `start + n * step` up to and with `end`; epoch seconds. */
export interface MetricQuery {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly stepSeconds: number;
}

/**
 * Where numbers come from. Raw counters only: what a server would extrapolate or hide (`rate`, `increase`) is never asked for.
 * @throws GiftError `METRICS_UNREACHABLE`, `METRICS_REFUSED`, `METRICS_BROKEN` (an answer that is not what was asked for)
 */
export interface MetricSource {
  /** What answered, for people: an address without credentials, or a file's name. */
  readonly name: string;
  read(query: MetricQuery): Promise<readonly Series[]>;
  /** When each series of that name was last really sampled, not as looked back upon; epoch seconds. */
  newest(query: MetricQuery): Promise<readonly number[]>;
}
