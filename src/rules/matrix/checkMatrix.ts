import type { Located, Project } from "../../model/project.ts";
import type { PolicyFile } from "../../model/schemas.ts";
import type { Finding } from "../../report/finding.ts";
import { TIERS, type Tier } from "../../wire/viewer.ts";
import { appsThatPlay, describeApps } from "./apps.ts";
import { TooManyAudiences } from "./audiences.ts";
import { type Failure, failuresOf } from "./failures.ts";
import type { Flaw } from "./prove.ts";
import { shapeOf } from "./shape.ts";
import { linkedFrom, openOverrides, openReleases, type World, type WorldRelease, worldOf } from "./world.ts";

/**
 * Whatever is open plays on every device that it claims, or falls back to something that does: now, after each rollback, and
 * at every later stage of the release that is on its way. As the releases are written; testers see no less.
 */
export function checkMatrix(project: Project): Finding[] {
  const { policy } = project;
  if (!policy) return [];
  const releases = openReleases(project, "as-written");
  const overrides = openOverrides(project, 0);
  const proven = new Set<string>();
  return [...releases.keys()].flatMap((gift) => {
    const gifts = linkedFrom(releases, gift);
    const held = overrides.filter((it) => it.gifts === "*" || it.gifts.some((id) => gifts.includes(id)));
    // Overrides name gifts and versions, which shapes do not.
    const shape = held.length > 0 ? null : shapeOf(policy.value, releases, gifts);
    if (shape !== null && proven.has(shape)) return [];
    const world = worldOf(releases, held, gifts);
    try {
      const failures = failuresOf(world, policy.value, gift);
      if (shape !== null && failures.length === 0) proven.add(shape);
      return failures.flatMap((it) => toFinding(policy, world, gift, it));
    } catch (error) {
      if (!(error instanceof TooManyAudiences)) throw error;
      return toTooMany(world, gift, error);
    }
  });
}

function toFinding(
  policy: Located<PolicyFile>,
  world: World,
  gift: string,
  { flaw, platform, apps, tiers }: Failure,
): Finding[] {
  const release = world.releases.get(gift)?.find((it) => it.version === flaw.version);
  if (!release) return [];
  const where = `${platform} ${describeApps(apps)}, ${describeTiers(tiers)}`;
  const name = `${gift}@${flaw.version}`;
  const about = { gift, version: flaw.version, place: placeOf(release, platform, flaw) };
  switch (flaw.kind) {
    case "unplayable":
      return [
        {
          ...about,
          code: "PLAYER_MISSING",
          severity: "error",
          message: `${where}: ${name} needs a player for ${describePlayer(release)}, and these apps have none`,
          fix: howToPlay(policy, release, platform),
        },
      ];
    case "unresolved":
      return [
        {
          ...about,
          code: "REQUIRES_UNRESOLVED",
          severity: "error",
          message: `${where}: ${name} requires ${flaw.requires}, and no release of that in range serves there, so these viewers never get it`,
          fix: `claim fewer apps or tiers in compat, or widen compat of ${flaw.requires} in a new version of it`,
        },
      ];
    case "narrower":
      // Only ever a warning: closing a stage of what is required is a rollback, and what depends on it stops by itself.
      return [
        {
          ...about,
          code: "REQUIRES_NARROWER",
          severity: "warning",
          message: `${where}: ${name} requires ${flaw.requires}, which is not open to all of its viewers, so they do not get it`,
          fix: `open ${flaw.requires} as far as ${name} first; its holdback and overrides count too`,
        },
      ];
    case "conflict":
      return [
        {
          ...about,
          code: "REQUIRES_CONFLICT",
          severity: "error",
          message: `${where}: ${name} needs two versions of ${flaw.requires} at once: ${flaw.paths.map((path) => path.join(" -> ")).join(", and ")}`,
          fix: `write ranges that have one version of ${flaw.requires} in common as their newest`,
        },
      ];
    case "unanswered":
      return [
        {
          ...about,
          code: "NO_ANSWER",
          severity: "warning",
          message: `${where}: ${name} is open to these viewers but does not serve them, and nothing stands in for it: they see the app's own picture`,
          fix: "add a fallback gift that serves them, or widen compat",
        },
      ];
    case "irreversible":
      return [
        {
          ...about,
          code: "NO_WAY_BACK",
          severity: "warning",
          message: `${where}: when ${name} is rolled back, these viewers are left with the app's own picture`,
          fix: "keep an older release open that serves them",
        },
      ];
  }
}

function placeOf({ file }: WorldRelease, platform: string, flaw: Flaw): Finding["place"] {
  if (flaw.kind === "unresolved" || flaw.kind === "narrower") return file.place(["requires", flaw.requires]);
  if (flaw.kind === "conflict") return file.place(["requires"], "key");
  return file.place(["compat", "app", platform]);
}

function describePlayer({ lock: { player } }: WorldRelease): string {
  return `${player.name} ${player.version}${player.embeddedSound ? " with sound inside" : ""}`;
}

/** The nearest range that would do, as the policy writes it. */
function howToPlay({ value, file }: Located<PolicyFile>, release: WorldRelease, platform: string): string {
  const known = value.platforms[platform];
  const [apps] = known ? appsThatPlay(known, release.lock.player) : [];
  if (apps !== undefined)
    return `write ${platform}: "${apps}" in compat.app, which is where ${file} has that player`;
  const players = (known?.players ?? []).map((it) => `${it.name} (${it.formats})`).join(", ");
  return `take ${platform} out of compat.app, or export the animation for what ${platform} has: ${players}`;
}

function describeTiers(tiers: readonly Tier[]): string {
  if (tiers.length === TIERS.length) return "all tiers";
  return `${tiers.join(" and ")} tier${tiers.length > 1 ? "s" : ""}`;
}

function toTooMany(world: World, gift: string, error: TooManyAudiences): Finding[] {
  const [release] = world.releases.get(gift) ?? [];
  if (!release) return [];
  return [
    {
      code: "MATRIX_TOO_LARGE",
      severity: "error",
      gift,
      version: release.version,
      place: release.file.place(["rollout"], "key"),
      message: `${gift} and the gifts that it leads to are on their way in too many shares and cohorts at once to look at each viewer (${error.message})`,
      fix: "bring releases that are on their way to full, or close them, before opening another",
    },
  ];
}
