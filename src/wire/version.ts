/**
 * A version as the wire carries it: `[major, minor, patch, ...pre-release identifiers]`, ordered as Semantic
 * Versioning 2.0.0 section 11 says. `[9, 0, 0, 0]` is `9.0.0-0`, the smallest version called 9.0.0.
 */
export type Version = readonly [number, number, number, ...(number | string)[]];

/** Half-open: `from` is in, `to` is out; `null` means without end. Sorted and disjoint within a list. */
export type Interval = readonly [from: Version, to: Version | null];

const SHAPE =
  /^v?(\d{1,15})(?:\.(\d{1,15})(?:\.(\d{1,15})(?:\.\d+)*)?)?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/**
 * Reads a version as apps report it, by one written rule: missing parts are 0 (`8.2` is `8.2.0`), a fourth and
 * further part is a build number and is dropped (`8.2.0.117` is `8.2.0`), build metadata is dropped, and a
 * pre-release counts as smaller than its release (`8.3.0-beta.1` is not yet `8.3.0`). Null when it is no version.
 */
export function parseVersion(text: string): Version | null {
  const parts = SHAPE.exec(text);
  if (!parts) return null;
  const [, major, minor, patch, pre] = parts;
  const identifiers =
    pre === undefined ? [] : pre.split(".").map((id) => (/^\d+$/.test(id) ? Number(id) : id));
  if (identifiers.includes("")) return null;
  return [Number(major), Number(minor ?? 0), Number(patch ?? 0), ...identifiers];
}

/** Negative, zero or positive, by semver precedence. */
export function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < 3; i++) {
    const difference = Number(a[i]) - Number(b[i]);
    if (difference !== 0) return difference;
  }
  if (a.length === 3 || b.length === 3) return b.length - a.length;
  for (let i = 3; i < a.length && i < b.length; i++) {
    const order = compareIdentifiers(a[i] ?? 0, b[i] ?? 0);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** The next version in precedence: nothing lies between `1.2.3` and `1.2.4-0`, nor between `1.2.3-a` and `1.2.3-a.0`. */
export function successor([major, minor, patch, ...pre]: Version): Version {
  return pre.length === 0 ? [major, minor, patch + 1, 0] : [major, minor, patch, ...pre, 0];
}

export function isWithin(version: Version, intervals: readonly Interval[]): boolean {
  for (const [from, to] of intervals) {
    if (compareVersions(version, from) >= 0 && (to === null || compareVersions(version, to) < 0)) return true;
  }
  return false;
}

function compareIdentifiers(a: number | string, b: number | string): number {
  // Identifiers of hundreds of digits are all Infinity, whose difference is no number.
  if (typeof a === "number") return typeof b !== "number" ? -1 : a === b ? 0 : a - b;
  if (typeof b === "number") return 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
