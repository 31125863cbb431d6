import { parseVersion } from "../wire/version.ts";

/** A format version as files write it (`5.7`, `2.0.0`), as a semantic version; null when it is none. */
export function toPlayerVersion(text: string): string | null {
  const version = parseVersion(text);
  if (!version) return null;
  const [major, minor, patch, ...identifiers] = version;
  const release = `${major}.${minor}.${patch}`;
  return identifiers.length === 0 ? release : `${release}-${identifiers.join(".")}`;
}
