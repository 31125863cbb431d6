import type { Project } from "../../model/project.ts";
import { releaseKey } from "../../model/project.ts";
import { compileRange } from "../../model/range.ts";
import { reachedStage, toRollout } from "../../model/rollout.ts";
import type { LockFile, PolicyFile, ReleaseFile } from "../../model/schemas.ts";
import type { ObjectSource } from "../../publish/apply.ts";
import { pickApp } from "../../rollout/drillViewers.ts";
import { linkedGifts, versionOf } from "../../rules/matrix/world.ts";
import { compareVersions } from "../../wire/version.ts";
import type { Tier } from "../../wire/viewer.ts";

/** A release to be measured, with all that it needs to be published and played. */
export interface Contender {
  readonly gift: string;
  readonly version: string;
  /** For people: `rose@1.1.0`, or what else it is. */
  readonly name: string;
  /** The player that it needs. */
  readonly player: string;
  readonly tiers: readonly Tier[];
  /** An app that it serves. */
  readonly platform: string;
  readonly appVersion: string;
  /** Nothing but this release, what it requires, and what stands in for it; all of it open. */
  readonly project: Project;
  readonly objects: ObjectSource;
}

/** Null when the release or its lock is not there, or no supported app is served. */
export async function toContender(
  project: Project,
  gift: string,
  version: string,
  objects: ObjectSource,
): Promise<Contender | null> {
  const key = releaseKey(gift, version);
  const release = project.releases.get(key)?.value;
  const lock = project.locks.get(key)?.value;
  const policy = project.policy?.value;
  if (!release || !lock || !policy) return null;
  const app = pickPlatform(release, policy);
  if (!app) return null;
  const chosen = [key, ...(await findCompanions(project, release, objects))];
  return {
    gift,
    version,
    name: key,
    player: lock.player.name,
    tiers: release.compat.tiers.filter((tier) => lock.tiers[tier]),
    ...app,
    project: withOnly(project, chosen),
    objects,
  };
}

/** Its own older releases at full, and the releases of gifts that it leads to, as far as their bytes are at hand. */
async function findCompanions(
  project: Project,
  { gift, version }: ReleaseFile,
  objects: ObjectSource,
): Promise<readonly string[]> {
  const gifts = linkedFrom(project, gift, version);
  const found: string[] = [];
  for (const [key, { value }] of project.releases) {
    const lock = project.locks.get(key)?.value;
    const isOlder =
      value.gift === gift &&
      compareVersions(versionOf(value), versionOf({ version })) < 0 &&
      reachedStage(toRollout(value)) === "full";
    const isLinked = value.gift !== gift && gifts.has(value.gift) && toRollout(value) !== null;
    if (lock && (isOlder || isLinked) && (await hasObjects(lock, objects))) found.push(key);
  }
  return found;
}

function linkedFrom(project: Project, gift: string, version: string): ReadonlySet<string> {
  const first = project.releases.get(releaseKey(gift, version))?.value;
  const seen = new Set(first ? linkedGifts(first) : []);
  for (const next of seen)
    for (const { value } of project.releases.values())
      if (value.gift === next) for (const it of linkedGifts(value)) seen.add(it);
  return seen;
}

export async function hasObjects({ tiers }: LockFile, objects: ObjectSource): Promise<boolean> {
  for (const { digest, mediaType } of Object.values(tiers).flatMap((it) => it.files))
    if (!(await objects(digest, mediaType))) return false;
  return true;
}

function withOnly(project: Project, keys: readonly string[]): Project {
  const releases = [...project.releases].flatMap(([key, it]) =>
    keys.includes(key) ? [[key, { ...it, value: opened(it.value) }] as const] : [],
  );
  return { ...project, releases: new Map(releases), overrides: new Map() };
}

/** Not withdrawn: testers are then served, whatever stage it has reached. */
function opened(release: ReleaseFile): ReleaseFile {
  const { rollout } = release;
  return { ...release, rollout: { ...rollout, canary: { ...rollout.canary, open: true } } };
}

/** A web app where one is served, for this is a browser; else any that is. */
function pickPlatform(
  { compat }: ReleaseFile,
  { platforms }: PolicyFile,
): Pick<Contender, "platform" | "appVersion"> | null {
  const names = Object.keys(platforms).sort((a, b) => Number(b === "web") - Number(a === "web"));
  for (const platform of names) {
    const range = compat.app[platform];
    const supported = platforms[platform]?.apps;
    if (range === undefined || supported === undefined) continue;
    const app = pickApp(compileRange(range), compileRange(supported));
    if (app) return { platform, appVersion: toText(app) };
  }
  return null;
}

function toText([major, minor, patch, ...pre]: readonly (string | number)[]): string {
  return `${major}.${minor}.${patch}${pre.length > 0 ? `-${pre.join(".")}` : ""}`;
}
