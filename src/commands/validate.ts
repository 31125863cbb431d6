import { giftOfPath, POLICY_PATH } from "../model/paths.ts";
import type { Project } from "../model/project.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { type Finding, sortFindings, stoppedGifts } from "../report/finding.ts";
import { findingsToCommands } from "../report/github.ts";
import { count, findingsToText, summariseFindings } from "../report/text.ts";
import type { ChangeKind } from "../rules/change/change.ts";
import { type ChangeFacts, leavingCanary } from "../rules/change/checkChange.ts";
import { check } from "../rules/check.ts";
import type { EvidenceFacts } from "../rules/checkChecklist.ts";
import { linkedGifts } from "../rules/matrix/world.ts";
import { isShallow, mergeBase, pathsChangedSince, releasesWithKey } from "../source/git.ts";
import { type ReadProject, readProject } from "../source/readProject.ts";
import { revisionTree, type Tree, workTree } from "../source/tree.ts";
import { type Command, EXIT, type Exit, type Io, JSON_OPTION } from "./command.ts";
import { openEnvironment } from "./environment.ts";
import { gatherChange } from "./gatherChange.ts";
import { baseRevision, gatherFacts, requireBase } from "./gatherFacts.ts";
import { gatherEvidence } from "./readEvidence.ts";

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
    if (format === "json") io.line(JSON.stringify(validation));
    else for (const line of validationToLines(validation, format)) io.line(line);
    return validation.exit;
  },
};

function validationToLines(
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

/** Everything, or with a base what differs from it. Merged locks are compared with the main branch in either case. */
export async function validate(io: Io, base?: string): Promise<Validation> {
  return base === undefined ? validateTree(io) : validateChange(io, await forkPoint(io.root, base));
}

async function validateTree(io: Io): Promise<Validation> {
  const tree = workTree(io.root);
  const { project, findings } = await readProject(tree);
  const facts = await gatherFacts(io.root, tree, project, await baseRevision(io.root));
  return toValidation(project, [...findings, ...check(project, { ...facts, now: io.now() })], null);
}

/**
 * The gifts that differ, those that require one of them, and how they differ. Other gifts are only read as far as these lead
 * to them. A change of the policy concerns every gift.
 */
async function validateChange(io: Io, base: string): Promise<Validation> {
  const tree = workTree(io.root);
  const paths = await pathsChangedSince(io.root, base);
  const touched = new Set(paths.flatMap((path) => giftOfPath(path) ?? []));
  const concerned = paths.includes(POLICY_PATH) ? null : await withDependents(io.root, touched);
  const { project, findings } = concerned ? await readClosure(tree, concerned) : await readProject(tree);

  const change = await gatherChange(io.root, base, tree, project, paths);
  const facts = await gatherFacts(io.root, tree, project, base, concerned ?? undefined);
  const evidence = await gatherEvidenceFor(io, tree, project, change, base);
  const found = [...findings, ...check(project, { ...facts, now: io.now(), change, evidence })];
  const isConcerned = ({ gift }: Finding) => gift === undefined || (concerned?.has(gift) ?? true);
  return toValidation(project, found.filter(isConcerned), change.change.kind, concerned);
}

/**
 * Where the work tree left the base: what others merged since is no part of this change.
 * @throws GiftError `BASE_MISSING`, `BASE_UNRELATED`
 */
async function forkPoint(root: string, base: string): Promise<string> {
  const commit = await requireBase(root, base);
  const fork = await mergeBase(root, commit, "HEAD");
  if (fork !== null) return fork;
  const shallow = await isShallow(root);
  throw new GiftError(
    "BASE_UNRELATED",
    `nobody can say where this branch left ${base}: ${shallow ? "this clone leaves history out" : "the two have no commit in common"}`,
    shallow
      ? "run git fetch --unshallow (in a workflow, check out with fetch-depth: 0)"
      : "name the branch that this one was made from",
  );
}

/** The gifts themselves, and all that require them, however far. */
async function withDependents(root: string, gifts: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  const found = new Set(gifts);
  let asked = [...gifts];
  while (asked.length > 0) {
    const files = await releasesWithKey(root, asked);
    asked = [...new Set(files.flatMap((path) => giftOfPath(path) ?? []))].filter((it) => !found.has(it));
    for (const gift of asked) found.add(gift);
  }
  return found;
}

/** The gifts, and every gift that their releases lead to. */
async function readClosure(tree: Tree, gifts: ReadonlySet<string>): Promise<ReadProject> {
  let wanted = new Set(gifts);
  for (;;) {
    const read = await readProject(tree, wanted);
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
  return gatherEvidence(tree, project, leavingCanary(change), (name) =>
    openEnvironment(io.root, trusted, name),
  );
}

function toValidation(
  project: Project,
  findings: readonly Finding[],
  change: ChangeKind | null,
  gifts: ReadonlySet<string> | null = null,
): Validation {
  const isCounted = (gift: string) => gifts?.has(gift) ?? true;
  return {
    findings: sortFindings(findings),
    change,
    gifts: [...project.gifts.keys()].filter(isCounted).length,
    releases: [...project.releases.values()].filter((it) => isCounted(it.value.gift)).length,
    exit: findings.some((it) => it.severity === "error") ? EXIT.findings : EXIT.ok,
  };
}
