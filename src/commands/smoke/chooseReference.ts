import { type Project, releaseKey } from "../../model/project.ts";
import { reachedStage, toRollout } from "../../model/rollout.ts";
import type { ObjectSource } from "../../publish/apply.ts";
import { GiftError } from "../../report/error.ts";
import { versionOf } from "../../rules/matrix/world.ts";
import { compareVersions } from "../../wire/version.ts";
import { type Io, parseReleaseWord } from "../command.ts";
import { type Contender, toContender } from "./contender.ts";
import { drawClip } from "./drawClip.ts";
import { bringObjects } from "./openSubject.ts";

/**
 * What the release is compared with: what was asked for, what the policy names for its player, the newest other release at full with
 * that player (of the same gift first), or else, for pictures, a clip drawn here as heavy as the policy's encoding allows.
 * @throws GiftError `REFERENCE_MISSING`
 */
export async function chooseReference(
  io: Io,
  project: Project,
  subject: Contender,
  asked: string | undefined,
  objects: ObjectSource,
): Promise<Contender> {
  const policy = project.policy?.value;
  const byPlayer = new Map(Object.entries(policy?.smoke?.references ?? {}));
  const named = asked ?? byPlayer.get(subject.player);
  if (named !== undefined) {
    const found = await openReference(io, project, named, objects);
    if (found) return found;
    throw new GiftError(
      "REFERENCE_MISSING",
      `${named} cannot be the reference: its release, its lock or its objects are not here`,
      `run npx giftwrap build ${named}, or name another with --reference`,
    );
  }
  for (const key of candidates(project, subject)) {
    const found = await openReference(io, project, key, objects);
    if (found && subject.tiers.every((tier) => found.tiers.includes(tier))) return found;
  }
  if (policy && subject.player === "webp") return drawClip(policy, subject.tiers);
  throw new GiftError(
    "REFERENCE_MISSING",
    `no other release at full needs the player "${subject.player}", and what another player does is no measure`,
    `name a release that is known to be well below "smoke" in releases/policy.yaml, or with --reference; the first of its kind may stand for itself: --reference ${subject.name}`,
  );
}

async function openReference(
  io: Io,
  project: Project,
  key: string,
  objects: ObjectSource,
): Promise<Contender | null> {
  const { gift, version } = parseReleaseWord(key);
  const lock = project.locks.get(key)?.value;
  if (version === undefined || !lock || (await bringObjects(io, lock, objects)) !== null) return null;
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
