import { existsSync } from "node:fs";
import { join } from "node:path";
import { giftOfPath, giftPath, POLICY_PATH } from "../model/paths.ts";
import type { Project } from "../model/project.ts";
import type { ReleaseFile } from "../model/schemas.ts";
import { UsageError } from "../report/error.ts";
import { type Finding, sortFindings, stoppedGifts } from "../report/finding.ts";
import { findingsToCommands } from "../report/github.ts";
import { count, findingsToText, summariseFindings } from "../report/text.ts";
import type { ChangeKind } from "../rules/change/change.ts";
import { type ChangeFacts, leavingCanary } from "../rules/change/checkChange.ts";
import { applyWaivers } from "../rules/applyWaivers.ts";
import { check, checkTree, softenFor } from "../rules/check.ts";
import type { EvidenceFacts } from "../rules/checkChecklist.ts";
import type { LockFacts } from "../rules/facts.ts";
import { linkedGifts } from "../rules/matrix/world.ts";
import { indexedPaths, pathsChangedSince, releasesWith, untrackedPaths } from "../source/git.ts";
import { parseFile, type ReadProject, readProject } from "../source/readProject.ts";
import { isTop, trackedTree } from "../source/trackedTree.ts";
import { listRevision, revisionTree, type Tree, type TreeEntry, workTree } from "../source/tree.ts";
import { type Command, EXIT, type Exit, type Io, JSON_OPTION } from "./command.ts";
import { openEnvironment } from "./environment.ts";
import { forkPoint } from "./forkPoint.ts";
import { gatherChange } from "./gatherChange.ts";
import { baseRevision, compareLocks, gatherFacts, gatherLocks } from "./gatherFacts.ts";
import { gatherEvidence } from "./readEvidence.ts";
import {
  cacheKey,
  type CheckedGift,
  digestGifts,
  readCache,
  staleGifts,
  type ValidateCache,
  writeCache,
} from "./validateCache.ts";

export interface Validation {
  readonly findings: readonly Finding[];
  /** What the change is for viewers; null when nothing was compared. */
  readonly change: ChangeKind | null;
  /** How many were looked at. */
  readonly gifts: number;
  readonly releases: number;
  readonly exit: Exit;
}

const FORMATS = ["text", "json", "github"];

export const command: Command = {
  summary: "check everything below gifts/ and releases/, or what a change does to it",
  usage: "[--base REVISION]",
  example: "giftwrap validate --base origin/main",
  options: {
    base: {
      type: "string",
      value: "REVISION",
      help: "look only at the gifts that differ from this revision, and at how they differ",
    },
    format: { type: "string", value: "text|json|github", help: "how findings are printed (default: text)" },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const format = args.flag("json") ? "json" : (args.text("format") ?? "text");
    if (!FORMATS.includes(format))
      throw new UsageError(`--format ${format}: write one of ${FORMATS.join(", ")}`);
    const validation = await validate(io, args.text("base"));
    io.annotate(validation.findings);
    if (format === "json") io.line(JSON.stringify(validation));
    else for (const line of validationToLines(validation, format)) io.line(line);
    return validation.exit;
  },
};

export function validationToLines(
  { findings, change, gifts, releases }: Validation,
  format: string,
): readonly string[] {
  const stopped = stoppedGifts(findings);
  const kind = change === null ? "" : ` (${KIND_WORDS[change]})`;
  return [
    ...(findings.length > 0
      ? [format === "github" ? findingsToCommands(findings) : findingsToText(findings)]
      : []),
    `${count(gifts, "gift")}, ${count(releases, "release")}${kind}: ${summariseFindings(findings)}`,
    ...(stopped.everything ? ["stopped: everything, until the errors that are no gift's are mended"] : []),
    ...(!stopped.everything && stopped.gifts.size > 0
      ? [`stopped: ${[...stopped.gifts].sort().join(", ")}; the other gifts are not held up`]
      : []),
  ];
}

const KIND_WORDS: Readonly<Record<ChangeKind, string>> = {
  release: "a new release",
  promotion: "a promotion",
  rollback: "a rollback",
  override: "an override",
  policy: "policy",
  none: "nothing changes for viewers",
};

/**
 * Everything, or with a base what differs from it. Merged locks are compared with the main branch in either case.
 * @param home the repository that the stores of its environments are kept beside, where `io.root` is a checkout elsewhere
 */
export async function validate(io: Io, base?: string, home = io.root): Promise<Validation> {
  return base === undefined ? validateTree(io) : validateChange(io, base, home);
}

/**
 * The whole tree. Of gifts that are as they were when they were last looked at, the findings are remembered
 * (`.giftwrap/cache`): what a gift's findings depend on is in the digests beside them.
 */
async function validateTree(io: Io): Promise<Validation> {
  const [tracked, merged, known] = await Promise.all([
    trackedTree(io.root, "gifts", "releases"),
    isTop(io.root) ? mergedReleases(io.root) : null,
    readCache(io.root),
  ]);
  if (!tracked) {
    const tree = workTree(io.root);
    const read = await readProject(tree);
    const facts = await gatherFacts(tree, read.project, null);
    const found = [...read.findings, ...check(read.project, { ...facts, now: io.now() })];
    return toValidation(found, null, read.project.gifts.size, read.project.releases.size);
  }
  const locks = merged && compareLocks(merged, tracked.ids);
  const key = cacheKey(tracked.ids);
  const digests = digestGifts(tracked.ids, locks ?? NO_LOCKS);
  const cache = known?.key === key ? known : null;
  const stale = cache ? staleGifts(cache, digests) : new Set(digests.keys());
  const { project, findings } = await readGifts(
    tracked.tree,
    stale.size < digests.size ? stale : null,
    tracked.entries.filter((it) => isCommon(it.path)),
  );
  const facts = await gatherFacts(tracked.tree, project, locks, stale);
  const found = [...findings, ...checkTree(project, facts)];
  const gifts = remember(cache, digests, stale, project, found);
  writeCache(io.root, { key, gifts });

  // What is no gift's, or a gift's without a file, is looked at each time.
  const others = found.filter(({ gift }) => gift === undefined || !digests.has(gift));
  const all = [...others, ...[...gifts.values()].flatMap((it) => it.findings)];
  return toValidation(
    applyWaivers(all, project.policy, io.now()),
    null,
    [...gifts.values()].filter((it) => it.isRead).length,
    [...gifts.values()].reduce((sum, it) => sum + it.releases, 0),
  );
}

/** What the main branch holds below `releases/`; null in a repository without a commit. */
async function mergedReleases(root: string): Promise<ReadonlyMap<string, string> | null> {
  const base = await baseRevision(root);
  if (base === null) return null;
  return new Map((await listRevision(root, base, ["releases"])).map((it) => [it.path, it.object]));
}

const NO_LOCKS: LockFacts = { merged: new Set(), changed: new Set() };

/** What is known of each gift now: of the stale ones what was found, of the others what was remembered. */
function remember(
  cache: ValidateCache | null,
  digests: ReadonlyMap<string, string>,
  stale: ReadonlySet<string>,
  project: Project,
  found: readonly Finding[],
): ReadonlyMap<string, CheckedGift> {
  const byGift = new Map<string, Finding[]>();
  for (const finding of found) {
    if (finding.gift === undefined || !stale.has(finding.gift)) continue;
    byGift.set(finding.gift, [...(byGift.get(finding.gift) ?? []), finding]);
  }
  const releases = new Map<string, ReleaseFile[]>();
  for (const { file, value } of project.releases.values()) {
    const gift = giftOfPath(file) ?? "";
    releases.set(gift, [...(releases.get(gift) ?? []), value]);
  }
  return new Map(
    [...digests].flatMap(([gift, own]): [string, CheckedGift][] => {
      const known = cache?.gifts.get(gift);
      if (known && !stale.has(gift)) return [[gift, known]];
      const its = releases.get(gift) ?? [];
      const links = [...new Set(its.flatMap(linkedGifts))];
      const findings = byGift.get(gift) ?? [];
      return [[gift, { own, links, isRead: project.gifts.has(gift), releases: its.length, findings }]];
    }),
  );
}

/**
 * The gifts that differ, those that require one of them, and how they differ. Other gifts are only read as far as these lead
 * to them. A change of the policy concerns every gift.
 */
async function validateChange(io: Io, asked: string, home: string): Promise<Validation> {
  const tree = workTree(io.root);
  const giftsOf = (paths: readonly string[]) => paths.flatMap((path) => giftOfPath(path) ?? []);
  const [{ base, changed, dependents }, untracked, indexed] = await Promise.all([
    forkPoint(io.root, asked).then(async (base) => {
      const changed = await pathsChangedSince(io.root, base);
      return { base, changed, dependents: await withDependents(io.root, tree, giftsOf(changed)) };
    }),
    // Git looks through every folder for these, which takes as long as all the rest.
    untrackedPaths(io.root),
    indexedPaths(io.root, COMMON_PATHS),
  ]);
  const paths = [...new Set([...changed, ...untracked])].sort();
  const concerned = paths.includes(POLICY_PATH)
    ? null
    : await withDependents(io.root, tree, giftsOf(untracked), dependents);
  const differs = new Set(paths);
  const others = [...new Set([...indexed, ...untracked.filter(isCommon)])].filter(
    (path) => !differs.has(path) || existsSync(join(io.root, path)),
  );
  const { project, findings } = await readGifts(tree, concerned, others.map(toFileEntry));

  const [change, locks] = await Promise.all([
    gatherChange(io.root, base, tree, project, paths),
    gatherLocks(io.root, base, changed, concerned),
  ]);
  const facts = await gatherFacts(tree, project, locks, concerned ?? undefined);
  const evidence = await gatherEvidenceFor({ ...io, root: home }, tree, project, change, base);
  const found = [
    // What this change itself leaves unreadable is no rollback.
    ...findings.map((it) => (differs.has(it.place.file) ? it : softenFor(change.change, it))),
    ...check(project, { ...facts, now: io.now(), change, evidence }),
  ];
  const isConcerned = (gift: string | undefined) => gift === undefined || (concerned?.has(gift) ?? true);
  return toValidation(
    found.filter((it) => isConcerned(it.gift)),
    change.change.kind,
    [...project.gifts.keys()].filter(isConcerned).length,
    [...project.releases.values()].filter((it) => isConcerned(it.value.gift)).length,
  );
}

/** What every gift may ask for: which gifts there are, and what is no gift's. */
const COMMON_PATHS = [
  "gifts/*/gift.yaml",
  "gifts/*",
  "releases/*",
  "releases/environments/*",
  "releases/overrides/*",
];

function isCommon(path: string): boolean {
  const isBelow = path.startsWith("gifts/") || path.startsWith("releases/");
  return isBelow && (path.endsWith("/gift.yaml") || giftOfPath(path) === undefined);
}

function toFileEntry(path: string): TreeEntry {
  return { path, kind: "file" };
}

/**
 * The gifts themselves, all that require them, however far, and all that fall back to one that is gone; together with those
 * that are known already.
 */
async function withDependents(
  root: string,
  tree: Tree,
  gifts: readonly string[],
  known: ReadonlySet<string> = new Set(),
): Promise<ReadonlySet<string>> {
  let asked = [...new Set(gifts)].filter((it) => !known.has(it));
  const found = new Set([...known, ...asked]);
  const gone = new Set(asked.filter((it) => !existsSync(join(root, giftPath(it)))));
  while (asked.length > 0) {
    const texts = await tree.read(await releasesWith(root, asked));
    const requiring = [...texts].flatMap(([path, bytes]) => {
      const { located } = parseFile("release", path, bytes);
      const { requires = {}, fallback = [] } = located?.value ?? {};
      // Whoever falls back to a gift that is gone has to hear of it; of one that changed each viewer's chain still ends.
      const named = [...Object.keys(requires), ...fallback.map((it) => it.gift).filter((it) => gone.has(it))];
      return named.some((it) => asked.includes(it)) ? (giftOfPath(path) ?? []) : [];
    });
    asked = [...new Set(requiring)].filter((it) => !found.has(it));
    for (const gift of asked) found.add(gift);
  }
  return found;
}

/** The gifts, and every gift that their releases lead to; null is all there are. */
async function readGifts(
  tree: Tree,
  gifts: ReadonlySet<string> | null,
  others: readonly TreeEntry[],
): Promise<ReadProject> {
  if (!gifts) return readProject(tree);
  let wanted = new Set(gifts);
  for (;;) {
    const read = await readProject(tree, { gifts: wanted, others });
    const linked = [...read.project.releases.values()].flatMap(({ value }) => linkedGifts(value));
    const more = linked.filter((it) => !wanted.has(it));
    if (more.length === 0) return read;
    wanted = new Set([...wanted, ...more]);
  }
}

/** The environments of the base decide where evidence is kept and whose signatures count: a change cannot bring its own. */
async function gatherEvidenceFor(
  io: Io,
  tree: Tree,
  project: Project,
  { change }: ChangeFacts,
  base: string,
): Promise<EvidenceFacts> {
  const trusted = revisionTree(io.root, base);
  return gatherEvidence(tree, project, leavingCanary(change), (name) => openEnvironment(io, trusted, name));
}

function toValidation(
  findings: readonly Finding[],
  change: ChangeKind | null,
  gifts: number,
  releases: number,
): Validation {
  const exit = findings.some((it) => it.severity === "error") ? EXIT.findings : EXIT.ok;
  return { findings: sortFindings(findings), change, gifts, releases, exit };
}
