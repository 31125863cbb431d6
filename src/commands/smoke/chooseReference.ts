import { type Project, releaseKey } from "../../model/project.ts";
import { reachedStage, toRollout } from "../../model/rollout.ts";
import type { ObjectSource } from "../../publish/apply.ts";
import { GiftError } from "../../report/error.ts";
import { versionOf } from "../../rules/matrix/world.ts";
import { compareVersions } from "../../wire/version.ts";
import { parseReleaseWord } from "../command.ts";
import { type Contender, hasObjects, toContender } from "./contender.ts";
import { drawClip } from "./drawClip.ts";

/**
 * What the release is compared with: what was asked for, what the policy names for its player, the newest other release at full with
 * that player (of the same gift first), or else a clip drawn here as heavy as the policy's encoding allows.
 * @throws GiftError `REFERENCE_MISSING`
 */
export async function chooseReference(
  project: Project,
  subject: Contender,
  asked: string | undefined,
  objects: ObjectSource,
): Promise<Contender> {
  const policy = project.policy?.value;
  const byPlayer = new Map(Object.entries(policy?.smoke?.references ?? {}));
  const named = asked ?? byPlayer.get(subject.player);
  if (named !== undefined) return requireReference(project, named, objects);
  for (const key of candidates(project, subject)) {
    const found = await openReference(project, key, objects);
    if (found && subject.tiers.every((tier) => found.tiers.includes(tier))) return found;
  }
  if (!policy)
    throw new GiftError("FILES_BROKEN", "there is no policy that can be read", "run npx giftwrap validate");
  return drawClip(policy, subject.tiers);
}

async function requireReference(project: Project, named: string, objects: ObjectSource): Promise<Contender> {
  const found = await openReference(project, named, objects);
  if (found) return found;
  throw new GiftError(
    "REFERENCE_MISSING",
    `${named} cannot be the reference: its release, its lock or its objects are not here`,
    `run npx giftwrap build ${named}, or name another with --reference`,
  );
}

async function openReference(
  project: Project,
  key: string,
  objects: ObjectSource,
): Promise<Contender | null> {
  const { gift, version } = parseReleaseWord(key);
  const lock = project.locks.get(key)?.value;
  if (version === undefined || !lock || !(await hasObjects(lock, objects))) return null;
  return toContender(project, gift, version, objects);
}

/** Newest first, those of the same gift before all others. */
function candidates(project: Project, { gift, version, player }: Contender): readonly string[] {
  const own = releaseKey(gift, version);
  return [...project.releases]
    .filter(([key, { value }]) => {
      const isSamePlayer = project.locks.get(key)?.value.player.name === player;
      return key !== own && isSamePlayer && reachedStage(toRollout(value)) === "full";
    })
    .map(([key, { value }]) => ({ key, value }))
    .sort(
      (a, b) =>
        Number(b.value.gift === gift) - Number(a.value.gift === gift) ||
        (a.value.gift < b.value.gift ? -1 : a.value.gift > b.value.gift ? 1 : 0) ||
        compareVersions(versionOf(b.value), versionOf(a.value)),
    )
    .map((it) => it.key);
}
