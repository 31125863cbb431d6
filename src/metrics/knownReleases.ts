/** A release that beacons may speak of. */
export interface KnownRelease {
  readonly gift: string;
  readonly version: string;
  /** First 12 digits of the lock's SHA-256. */
  readonly build: string;
  /** SHA-256 of its animations, one or several for each tier. */
  readonly digests: readonly string[];
}

/** The releases that exist, looked up as beacons name them. Two releases may have the same bytes. */
export class KnownReleases {
  readonly #byDigest = new Map<string, KnownRelease[]>();
  readonly #versions = new Map<string, Set<string>>();

  constructor(releases: Iterable<KnownRelease>) {
    for (const release of releases) {
      for (const digest of new Set(release.digests)) {
        const same = this.#byDigest.get(digest);
        if (same) same.push(release);
        else this.#byDigest.set(digest, [release]);
      }
      const versions = this.#versions.get(release.gift) ?? new Set();
      this.#versions.set(release.gift, versions.add(release.version));
    }
  }

  withDigest(digest: string): readonly KnownRelease[] {
    return this.#byDigest.get(digest) ?? [];
  }

  hasVersion(gift: string, version: string): boolean {
    return this.#versions.get(gift)?.has(version) ?? false;
  }
}
