import { keepProposal, readProposals } from "../../github/keepProposal.ts";
import { ROLLBACK_LABEL } from "../../github/labels.ts";
import { type GitHub, requireGitHub } from "../../github/openGitHub.ts";
import { findPullRequestOfCommit } from "../../github/pullRequest.ts";
import { type Merged, mergePullRequest } from "../../github/pullRequests.ts";
import { upsertComment } from "../../github/upsertComment.ts";
import { overridePath } from "../../model/paths.ts";
import { explainError, GiftError } from "../../report/error.ts";
import { escapeCell } from "../../report/github.ts";
import type { LimitWord, Rollback } from "../../rollout/planRollback.ts";
import { overrideBranch, rollbackBranch } from "../../rollout/proposalBranches.ts";
import type { FileText } from "../../source/fileText.ts";
import { revisionTree } from "../../source/tree.ts";
import { canonicalJson } from "../../wire/metadata.ts";
import type { Override } from "../../wire/override.ts";
import { EXIT, type Exit, type Io } from "../command.ts";
import { openEnvironment } from "../environment.ts";
import { proposeOverride } from "./adoptOverride.ts";
import { bringMain, readTexts } from "./bringMain.ts";
import { findOpening } from "./findOpening.ts";
import { readFileOn, readStanding, type StandingOverride, toOverrideFile } from "./overrideFile.ts";

/** What the form *Roll back a gift* asks for. */
export interface RollbackOrder {
  readonly gift: string;
  readonly version: string | undefined;
  readonly limit: LimitWord;
  readonly reason: string;
  readonly incident: string | undefined;
  /** The id of the break-glass override that stopped it already. */
  readonly override: string | undefined;
  readonly environment: string;
  /** The main branch. */
  readonly base: string;
  readonly isJson: boolean;
}

/** How the rollback is planned at a commit; null where nothing reaches beyond the limit, then with why. */
export interface PlannedRollback {
  readonly rollback: Rollback | null;
  readonly why: string;
  /** Each release and whom it reaches afterwards, newest first. */
  readonly left: readonly string[];
}

/** So long git's own file holds the release back: by then the closed stages are long published. */
const OVERRIDE_HOURS = 24;
/** Marks what the pull request that opened the stage is told. */
const ROLLBACK_MARKER = "giftwrap:rollback";

/**
 * Closes the stages on main as it is now, in one pull request by the API, together with the file that adopts the override; tells the
 * pull request that opened the stage; and merges where GitHub lets it. Done twice, it is done once.
 * @throws UsageError, and GiftError of `askGitHub` and `bringMain`
 */
export async function recordRollback(
  io: Io,
  order: RollbackOrder,
  plan: (tip: string) => Promise<PlannedRollback>,
): Promise<Exit> {
  const github = await requireGitHub(io.variables);
  const tip = await bringMain(io, github, order.base);
  const { rollback, why, left } = await plan(tip);
  const standing = await findOverrides(io, order, tip);
  if (!rollback) return await sayNothing(io, github, order, tip, why, standing);

  const { gift, reason, incident } = order;
  const { version, path, text, closed } = rollback;
  const branch = rollbackBranch(gift, version);
  // Of several who pressed each has an override of their own that holds the same: all of them go with it.
  const adopted = await Promise.all(
    standing.map((it) => toAdopted(io, github, { order, branch, standing: it })),
  );
  const files: readonly FileText[] = [{ path, text }, ...adopted];
  const title = `Roll back ${gift} ${version}${order.limit === "none" ? "" : ` to ${order.limit}`}`;
  const kept = await keepProposal(github, {
    branch,
    base: order.base,
    tip,
    files,
    onMain: await readTexts(
      io.root,
      tip,
      files.map((it) => it.path),
    ),
    message: `${title}: ${reason}\n\nGift: ${gift}\nRelease: ${version}\nMove: ${closed.join(", ")} closed\n`,
    title: `${title}: ${reason}`.slice(0, 250),
    body: toBody(order, rollback, left, adopted.length > 0),
    labels: [ROLLBACK_LABEL],
  });
  if (kept.kind === "past") throw new TypeError("a rollback may always be opened again");
  io.output("pull", String(kept.number));
  io.output("url", kept.url);
  io.output("branch", branch);

  const merged: Merged =
    kept.kind === "theirs"
      ? { kind: "blocked", why: "somebody pushed to its branch" }
      : await mergePullRequest(github, kept, { title: `${title} (#${kept.number})`, message: reason });
  const told = await tellOriginal(io, github, tip, rollback, gift, kept.url);
  const receipt = {
    gift,
    version,
    closed,
    pull: kept.number,
    url: kept.url,
    merged: merged.kind === "merged" ? merged.sha : null,
    override: order.override ?? null,
    told,
    incident: incident ?? null,
  };
  if (order.isJson) io.line(JSON.stringify(receipt));
  else {
    io.line(`${gift} ${version}: ${closed.join(", ")} closed in ${kept.url}`);
    for (const it of adopted)
      io.line(`${it.path} goes with it: git holds it back, too, until the closed stages are live`);
    if (told !== null) io.line(`told on ${told}`);
    io.line(
      merged.kind === "merged"
        ? `merged as ${merged.sha.slice(0, 10)}: it is published next`
        : `merge it now: ${kept.url} (GitHub: ${merged.why})`,
    );
  }
  io.summary(
    merged.kind === "merged"
      ? `### ⏪ ${escapeCell(`${gift} ${version}`)} is rolled back\n\nMerged: ${kept.url}\n`
      : `### ⏪ Merge it now: ${kept.url}\n\n${escapeCell(`${gift} ${version}: ${closed.join(", ")} closed. GitHub does not merge it yet: ${merged.why}`)}\n`,
  );
  return EXIT.ok;
}

/**
 * The override that the form's first job wrote, and those by break-glass that hold the same and that git does not say either. That it
 * cannot be read holds nothing up: a back-fill follows.
 */
async function findOverrides(
  io: Io,
  { override: id, environment }: RollbackOrder,
  tip: string,
): Promise<readonly StandingOverride[]> {
  if (id === undefined) return [];
  const tree = revisionTree(io.root, tip);
  const inGit = await tree.list("releases/overrides");
  try {
    if (inGit.includes(overridePath(id))) return [];
    const standing = await readStanding(
      await openEnvironment(io, tree, environment),
      (it) => !inGit.includes(overridePath(it.id)),
    );
    const found = standing.find((it) => it.override.id === id);
    if (!found) io.progress(`the override ${id} does not stand in ${environment}: its file is not written`);
    return found ? standing.filter((it) => holdsSame(it.override, found.override)) : [];
  } catch (error) {
    if (!(error instanceof GiftError)) throw error;
    io.progress(
      `the override ${id} cannot be read (${explainError(error)}): giftwrap adopt writes its file later`,
    );
    return [];
  }
}

function holdsSame(one: Override, other: Override): boolean {
  return canonicalJson({ ...one, id: "" }) === canonicalJson({ ...other, id: "" });
}

/** Its file; a second run gives what the first one wrote, for only the time has changed. */
async function toAdopted(
  io: Io,
  github: GitHub,
  {
    order: { reason, incident, override },
    branch,
    standing,
  }: { readonly order: RollbackOrder; readonly branch: string; readonly standing: StandingOverride },
): Promise<FileText> {
  const path = overridePath(standing.override.id);
  const { open } = await readProposals(github, branch);
  const before = open && (await readFileOn(github, open.head.sha, path));
  if (before) return { path, text: before };
  const own = standing.override.id === override ? { reason, incident } : {};
  return toOverrideFile(standing, { ...own, ends: toEnd(io.now()) });
}

function toEnd(now: number): string {
  return new Date(now + OVERRIDE_HOURS * 3_600_000).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Somebody was faster, or it is a second run: that is a success, and the override still has to come into git. */
async function sayNothing(
  io: Io,
  github: GitHub,
  order: RollbackOrder,
  tip: string,
  why: string,
  found: readonly StandingOverride[],
): Promise<Exit> {
  const { reason, incident } = order;
  // The others have an order of their own, or the back-fill.
  const standing = found.find((it) => it.override.id === order.override);
  const adopted =
    standing &&
    (await proposeOverride(io, github, {
      standing,
      tip,
      base: order.base,
      file: { reason, incident, ends: toEnd(io.now()) },
    }));
  if (order.isJson)
    io.line(JSON.stringify({ gift: order.gift, closed: [], why, override: adopted?.url ?? null }));
  else {
    io.line(why);
    if (standing && adopted) io.line(`${overrideBranch(standing.override.id)}: ${adopted.said}`);
  }
  io.summary(`### Nothing to close\n\n${escapeCell(why)}\n`);
  return EXIT.ok;
}

/** The address of the comment on the pull request that opened the first of the stages; null where there is none. */
async function tellOriginal(
  { root }: Io,
  github: GitHub,
  tip: string,
  { version, closed }: Rollback,
  gift: string,
  url: string,
): Promise<string | null> {
  const [stage] = closed;
  if (stage === undefined) return null;
  const opening = await findOpening(root, tip, { gift, version, stage });
  const original = opening === null ? null : await findPullRequestOfCommit(github, opening);
  if (!original) return null;
  const words = `⏪ ${escapeCell(`${gift} ${version}`)} is being rolled back (${closed.join(", ")} closed): ${url}\n`;
  return (await upsertComment(github, original.number, ROLLBACK_MARKER, words)).url;
}

function toBody(
  { reason, incident, override }: RollbackOrder,
  { version, closed }: Rollback,
  left: readonly string[],
  isAdopted: boolean,
): string {
  return [
    `**On-call: merge now.** Nobody has to approve what takes a release away from viewers.`,
    "",
    `${closed.join(", ")} closed for ${escapeCell(version)}: viewers get the next older release back. Afterwards, newest first:`,
    "",
    ...left.map((line) => `- ${escapeCell(line)}`),
    "",
    `**Why:** ${escapeCell(reason)}`,
    ...(incident === undefined ? [] : [`**Incident:** ${escapeCell(incident)}`]),
    ...(isAdopted
      ? [
          "",
          `It is stopped already, by the override ${escapeCell(override ?? "")}. Its file is in here, so that git says it too, and ends ${OVERRIDE_HOURS} hours after it was written: from the merge on the closed stages hold.`,
        ]
      : []),
    "",
    "Nothing opens these stages again by itself.",
    "",
  ].join("\n");
}
