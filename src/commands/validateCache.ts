import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { giftOfPath } from "../model/paths.ts";
import { isRecord } from "../wire/isRecord.ts";
import type { Finding } from "../report/finding.ts";
import type { LockFacts } from "../rules/facts.ts";

/** What was found in a gift, and in which files: as long as these are the same, so are the findings. */
export interface CheckedGift {
  /** Digest of everything that is the gift's own. */
  readonly own: string;
  /** The gifts that its releases name. */
  readonly links: readonly string[];
  readonly isRead: boolean;
  readonly releases: number;
  readonly findings: readonly Finding[];
}

/** Findings by gift, before waivers, and what all of them depend on. */
export interface ValidateCache {
  readonly key: string;
  readonly gifts: ReadonlyMap<string, CheckedGift>;
}

/** Digest of the program's own files, and of all that is no gift's: the policy, environments and overrides. */
export function cacheKey(ids: ReadonlyMap<string, string>): string {
  const hash = createHash("sha256").update(programDigest());
  for (const [path, id] of ids) if (giftOfPath(path) === undefined) hash.update(`${path}\0${id}\n`);
  return hash.digest("hex");
}

/** By gift: a digest of its files and of what is merged of its locks. */
export function digestGifts(ids: ReadonlyMap<string, string>, locks: LockFacts): ReadonlyMap<string, string> {
  const texts = new Map<string, string[]>();
  const add = (path: string, text: string) => {
    const gift = giftOfPath(path);
    if (gift === undefined) return;
    const known = texts.get(gift);
    if (known) known.push(text);
    else texts.set(gift, [text]);
  };
  for (const [path, id] of ids) add(path, `${path}\0${id}`);
  for (const path of locks.merged) add(path, `${path}\0${locks.changed.has(path) ? "changed" : "merged"}`);
  return new Map(
    [...texts].map(([gift, lines]) => [
      gift,
      createHash("sha1").update(lines.sort().join("\n")).digest("hex"),
    ]),
  );
}

/**
 * The gifts whose findings cannot be taken from the cache: they or a gift that they lead to have changed, or they were told of
 * a name that may be known by now.
 */
export function staleGifts(
  { gifts }: ValidateCache,
  digests: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  const gone = [...gifts.keys()].filter((it) => !digests.has(it));
  const changed = [...digests].filter(([gift, own]) => gifts.get(gift)?.own !== own).map(([gift]) => gift);
  const areSame = gone.length === 0 && changed.every((it) => gifts.has(it));
  const named = areSame ? [] : [...gifts].filter(([, it]) => it.findings.length > 0).map(([gift]) => gift);
  const namedBy = new Map<string, string[]>();
  for (const [gift, { links }] of gifts)
    for (const link of links) namedBy.set(link, [...(namedBy.get(link) ?? []), gift]);
  const stale = new Set([...changed, ...gone, ...named]);
  for (const gift of stale) for (const by of namedBy.get(gift) ?? []) stale.add(by);
  return new Set([...stale].filter((it) => digests.has(it)));
}

/** Null when there is none; it may be deleted at any time. Whoever asks compares the key. */
export async function readCache(root: string): Promise<ValidateCache | null> {
  try {
    const cache: unknown = JSON.parse(await readFile(join(root, FILE), "utf8"));
    if (!isRecord(cache) || typeof cache["key"] !== "string" || !isRecord(cache["gifts"])) return null;
    const gifts = Object.entries(cache["gifts"]).flatMap(([gift, it]) =>
      isCheckedGift(it) ? [[gift, it] as const] : [],
    );
    return { key: cache["key"], gifts: new Map(gifts) };
  } catch {
    return null;
  }
}

/** A cache that cannot be written costs time, nothing else. */
export function writeCache(root: string, { key, gifts }: ValidateCache): void {
  try {
    mkdirSync(join(root, FOLDER), { recursive: true });
    const draft = join(root, `${FILE}.${process.pid}`);
    writeFileSync(draft, JSON.stringify({ key, gifts: Object.fromEntries(gifts) }));
    renameSync(draft, join(root, FILE));
  } catch {
    // The next run looks at everything again.
  }
}

const FOLDER = ".giftwrap/cache";
const FILE = `${FOLDER}/validate.json`;

/** Written by this very program, which the key says; so a glance is enough. */
function isCheckedGift(value: unknown): value is CheckedGift {
  return isRecord(value) && typeof value["own"] === "string" && Array.isArray(value["findings"]);
}

/** Other rules find other things, whatever version they call themselves. */
function programDigest(): string {
  const hash = createHash("sha256").update(process.version);
  // The bundle is one file.
  if (import.meta.url.endsWith(".mjs"))
    return hash.update(readFileSync(new URL(import.meta.url))).digest("hex");
  const folder = new URL("..", import.meta.url).pathname;
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort())
    if (/\.[jt]s$/.test(path) && !path.endsWith(".d.ts")) hash.update(readFileSync(join(folder, path)));
  return hash.digest("hex");
}
