import type { RoleName } from "../wire/metadata.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A timestamp that lives shorter than this is signed anew: a job that runs twice a day never lets one end. */
export const REFRESH_BELOW_MILLISECONDS = 36 * HOUR;

/** What lives shorter than this is spoken of. Snapshot and targets are renewed then; the root takes people. */
export const WARN_BELOW_MILLISECONDS: Readonly<Record<RoleName, number>> = {
  timestamp: 24 * HOUR,
  snapshot: 30 * DAY,
  targets: 30 * DAY,
  root: 60 * DAY,
};

/** When a role's file ends, in ISO 8601. */
export type Expiries = Partial<Readonly<Record<RoleName, string>>>;

export function isExpiring(role: RoleName, expires: string, now: number): boolean {
  return Date.parse(expires) - now < WARN_BELOW_MILLISECONDS[role];
}

/** "in 31 h", "in 364 days", "4 h ago". */
export function describeExpiry(expires: string, now: number): string {
  const left = Date.parse(expires) - now;
  const size = Math.abs(left);
  const span = size < 3 * DAY ? `${Math.round(size / HOUR)} h` : `${Math.round(size / DAY)} days`;
  return left > 0 ? `in ${span}` : `${span} ago`;
}
