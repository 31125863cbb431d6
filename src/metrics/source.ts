/** One series: raw values of a counter or gauge, ascending in time. Absent instants are absent, never zero. */
export interface Series {
  /** The name of the sample, such as `giftwrap_units_total` or `giftwrap_units_decode_milliseconds_bucket`. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Epoch seconds and the value as it was, NaN and infinities included. */
  readonly samples: readonly (readonly [seconds: number, value: number])[];
}

/** Series by name and labels, at each instant `start + n * step` up to and with `end`; epoch seconds. */
export interface MetricQuery {
  /** The name, or several of which each will do. */
  readonly name: string | readonly string[];
  /** Labels that are equal; one that is not there is empty. */
  readonly labels: Readonly<Record<string, string>>;
  /** Labels that match as a whole: regular expressions that RE2 and JavaScript read alike. */
  readonly matching?: Readonly<Record<string, string>>;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly stepSeconds: number;
}

/** Of one name and equal labels. */
export interface NamedQuery extends MetricQuery {
  readonly name: string;
  readonly matching?: never;
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
  newest(query: NamedQuery): Promise<readonly number[]>;
}
