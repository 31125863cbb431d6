import type {
  CardFacts,
  CardKind,
  CompatLine,
  CostLine,
  MissingRelease,
  OverrideLine,
  Unjudged,
} from "../../github/card/pullRequestCard.ts";
import { nextVersion, toReleaseText } from "../../github/card/releaseText.ts";
import { variantCosts } from "../../github/variantCosts.ts";
import { type Asked, whatOpens } from "../../github/approvals.ts";
import { classifyPath, giftOfPath, releasePath } from "../../model/paths.ts";
import { type Project, releaseKey } from "../../model/project.ts";
import { reachedStage, toRollout } from "../../model/rollout.ts";
import type { ReleaseFile } from "../../model/schemas.ts";
import type { Finding } from "../../report/finding.ts";
import type { VerdictStory } from "../../rollout/verdict/story.ts";
import type { ChangeFacts } from "../../rules/change/checkChange.ts";
import { gatedIn } from "../../rules/checkGate.ts";
import { checkEntries } from "../../source/checkEntries.ts";
import { changedPaths } from "../../source/git.ts";
import { readProject } from "../../source/readProject.ts";
import { revisionTree, type Tree } from "../../source/tree.ts";
import { compareVersions, parseVersion } from "../../wire/version.ts";
import type { Arguments, Io } from "../command.ts";
import { type Environment, openEnvironment } from "../environment.ts";
import { judgeTrials } from "../gate/judgeTrials.ts";
import { openBench } from "../gate/openBench.ts";
import { gatherChange } from "../gatherChange.ts";
import { validate } from "../validate.ts";
import { type Bases, openBases } from "./openBases.ts";
import { gatherPreviews } from "./previews.ts";
import { gatherSmokes } from "./smokes.ts";
import { gatherViewerChanges } from "./viewerLines.ts";
import { gatherWaysBack } from "./waysBack.ts";

/** What is looked at: main as it is, and as it would be. */
export interface CardSides {
  /** Main's commit: its policy, environments and gate count, never those of the change. */
  readonly base: string;
  /** A commit whose first parent is the base, or the pull request's head where the two conflict. */
  readonly after: string;
  /** A folder with the data of `after`. */
  readonly folder: string;
  readonly tree: Tree;
}

/** All that files, git, stores and metrics say; what GitHub says is for others to add. */
export interface GatheredCard {
  readonly facts: Pick<
    CardFacts,
    | "kind"
    | "files"
    | "gifts"
    | "findings"
    | "compared"
    | "unread"
    | "viewers"
    | "stops"
    | "kept"
    | "overrides"
    | "compat"
    | "costs"
    | "unbuilt"
    | "waysBack"
    | "previews"
    | "smokes"
    | "stories"
    | "unjudged"
    | "missingReleases"
    | "people"
    | "environment"
  >;
  /** What approvals are asked for. */
  readonly asked: ReadonlySet<Asked>;
  readonly base: Project;
}

/**
 * @param io its root is the repository whose code runs, beside which stores in folders are kept
 * @param bases of the same `io`, where there are other changes to the same base
 * @throws GiftError as validating, git and the environment do
 */
export async function gatherCard(
  args: Arguments,
  io: Io,
  sides: CardSides,
  name: string,
  bases: Bases = openBases(io),
): Promise<GatheredCard> {
  const { base, after, folder, tree } = sides;
  const { findings } = await validate({ ...io, root: folder }, base, io.root);
  const [paths, { project }, { tree: baseTree, project: before }] = await Promise.all([
    changedPaths(io.root, base, after, ["."]),
    readProject(tree),
    bases.read(base),
  ]);
  const own = [...paths].sort();
  const change = await gatherChange(io.root, base, tree, project, own);
  const asked = whatOpens({ change: change.change, before, after: project }, io.now());
  const links = await findLinks(io.root, after, own);
  const all = [...findings, ...links];
  const { environment, now } = await bases.live(base, name);
  const viewers = await gatherViewerChanges(
    { root: io.root, base, after, tree, project },
    environment,
    now,
    io.now(),
  );
  const changed = change.change.releases.filter((it) => it.before ?? it.after);
  const shown = changed.filter((it) => it.after && (!it.before || it.widened.length > 0));
  const kind = kindOf(change, asked, all);
  const released = kind === "rollback" ? changed.filter((it) => it.narrowed.length > 0) : shown;
  const { live, ...told } = viewers;
  const store = live ? environment.store : null;
  const openDrills = () => openRehearsals(io, before, baseTree, "drill");
  const openSmokes = () => openRehearsals(io, before, baseTree, "smoke");
  const policy = before.policy ?? project.policy;

  return {
    asked,
    base: before,
    facts: {
      environment: name,
      kind,
      files: own.length,
      gifts: change.change.gifts,
      findings: all,
      ...told,
      overrides: overridesIn(own, before, project),
      compat: shown.flatMap(({ after: it }) => (it ? [toCompat(it.value)] : [])),
      costs: toCosts(
        { ...project, policy },
        before,
        shown.map((it) => releaseKey(it.gift, it.version)),
      ),
      unbuilt: unbuiltIn(change, project),
      waysBack: await gatherWaysBack(project, released, { tree, store, openDrills }),
      previews: gatherPreviews(
        shown,
        { after: project, before },
        environment,
        ({ gift, version }) => fullRelease(before, gift, version)?.version ?? null,
      ),
      smokes: await gatherSmokes(shown, { tree, askedIn: askedIn(before, "smoke"), openSmokes }),
      ...(await judge(args, io, base, change, before)),
      missingReleases: missingReleasesIn(change, before, project),
      people: before.policy?.value.people ?? {},
    },
  };
}

/** A rollback that opens something elsewhere waits as that does. */
function kindOf({ change }: ChangeFacts, asked: ReadonlySet<Asked>, findings: readonly Finding[]): CardKind {
  const isMixed = findings.some((it) => it.code === "MIXED_CHANGE");
  return isMixed || (change.kind === "rollback" && asked.size > 0) ? "mixed" : change.kind;
}

/** Links are laid out as plain files, so that here is where they are told. */
async function findLinks(
  root: string,
  commit: string,
  paths: readonly string[],
): Promise<readonly Finding[]> {
  const own = new Set(paths);
  const entries = await revisionTree(root, commit).entries("gifts", "releases");
  return checkEntries(entries.filter((it) => it.kind !== "file" && own.has(it.path))).findings;
}

/** Each promotion, by the plans, the environment and the metrics of main. Without a gate there nothing has to be proven. */
async function judge(
  args: Arguments,
  io: Io,
  base: string,
  { change }: ChangeFacts,
  before: Project,
): Promise<{ readonly stories: readonly VerdictStory[]; readonly unjudged: readonly Unjudged[] }> {
  const gated = gatedIn(change);
  if (gated.length === 0 || !before.policy?.value.gate) return { stories: [], unjudged: [] };
  const judged = [...(await judgeTrials(await openBench(args, io, base, before), gated))];
  return {
    stories: judged.flatMap(([, it]) => ("story" in it ? [it.story] : [])),
    unjudged: judged.flatMap(([release, it]) => ("story" in it ? [] : [{ release, ...it }])),
  };
}

function overridesIn(paths: readonly string[], before: Project, after: Project): readonly OverrideLine[] {
  return paths.flatMap((path) => {
    const at = classifyPath(path);
    if (at.kind !== "override") return [];
    const [then, now] = [before, after].map((it) => it.overrides.get(at.name)?.value ?? null);
    return then || now ? [{ name: at.name, before: then ?? null, after: now ?? null }] : [];
  });
}

function toCompat({ gift, version, compat }: ReleaseFile): CompatLine {
  return { release: releaseKey(gift, version), apps: compat.app, tiers: compat.tiers };
}

function toCosts(project: Project, before: Project, releases: readonly string[]): readonly CostLine[] {
  return variantCosts(project, releases).map(({ release, tier, download, memory }) => {
    const [gift = "", version = ""] = release.split("@");
    const live = fullRelease(before, gift, version);
    const variant = live && before.locks.get(releaseKey(gift, live.version))?.value.tiers[tier];
    const bytes = variant ? variant.files.reduce((sum, it) => sum + it.bytes, 0) : null;
    return {
      release,
      tier,
      download: { ...download, live: bytes },
      memory: { ...memory, live: variant ? variant.decodedBytes : null },
      liveVersion: variant ? live.version : null,
    };
  });
}

/** What everyone has on main: the newest at full, but for this one. */
export function fullRelease(project: Project, gift: string, version: string): ReleaseFile | null {
  const full = [...project.releases.values()]
    .map((it) => it.value)
    .filter((it) => it.gift === gift && it.version !== version && reachedStage(toRollout(it)) === "full");
  const newest = full.sort((a, b) => compareVersions(toVersion(b.version), toVersion(a.version)))[0];
  return newest ?? null;
}

function unbuiltIn({ change }: ChangeFacts, { locks }: Project): readonly string[] {
  return change.releases.flatMap(({ gift, version, after }) => {
    const key = releaseKey(gift, version);
    return after && reachedStage(toRollout(after.value)) !== null && !locks.has(key) ? [key] : [];
  });
}

/** Gifts whose art differs in a change that has no release of them at all. */
function missingReleasesIn(
  { change }: ChangeFacts,
  before: Project,
  { gifts, releases, policy, paths }: Project,
): readonly MissingRelease[] {
  const present = new Set(paths);
  const drawn = change.paths
    .filter((it) => it.startsWith("gifts/") && present.has(it))
    .flatMap((it) => giftOfPath(it) ?? []);
  const released = new Set(
    change.paths.filter((it) => classifyPath(it).kind === "release").flatMap((it) => giftOfPath(it) ?? []),
  );
  return [...new Set(drawn)]
    .filter((gift) => gifts.has(gift) && !released.has(gift))
    .map((gift) => {
      const newest = [...releases.values(), ...before.releases.values()]
        .map((it) => it.value)
        .filter((it) => it.gift === gift)
        .sort((a, b) => compareVersions(toVersion(b.version), toVersion(a.version)))[0];
      const version = nextVersion(newest?.version ?? null);
      const platforms = Object.keys((before.policy ?? policy)?.value.platforms ?? {});
      const text = toReleaseText(gift, version, platforms, newest ?? null);
      return { gift, path: releasePath(gift, version), text };
    });
}

/** Where the policy asks for evidence of the kind, or else where testers are. */
async function openRehearsals(
  io: Io,
  project: Project,
  tree: Tree,
  kind: "drill" | "smoke",
): Promise<Environment | null> {
  const name = askedIn(project, kind) ?? (project.environments.has("staging") ? "staging" : null);
  return name === null ? null : openEnvironment(io, tree, name);
}

function askedIn({ policy }: Project, kind: "drill" | "smoke"): string | null {
  return policy?.value.checklist?.find((it) => it.evidence === kind)?.environment ?? null;
}

function toVersion(text: string) {
  return parseVersion(text) ?? ([0, 0, 0] as const);
}
