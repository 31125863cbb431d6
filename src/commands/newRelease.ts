import { askGitHub } from "../github/askGitHub.ts";
import { type FormProblem, parseIssueForm } from "../github/issueForm.ts";
import { keepProposal, readProposals } from "../github/keepProposal.ts";
import { APPROVED_AUTHOR_LABEL, NEW_RELEASE_LABEL, RELEASE_LABEL } from "../github/labels.ts";
import { mayWrite } from "../github/mayWrite.ts";
import { type GitHub, requireGitHub } from "../github/openGitHub.ts";
import { type KnownGift, type NewRelease, planNewRelease } from "../github/planNewRelease.ts";
import type { PastProposal } from "../github/proposalNotes.ts";
import { upsertComment } from "../github/upsertComment.ts";
import { classifyPath, giftPath, POLICY_PATH } from "../model/paths.ts";
import type { PolicyFile } from "../model/schemas.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { escapeCell } from "../report/github.ts";
import { releaseIssueBranch } from "../rollout/proposalBranches.ts";
import { git } from "../source/git.ts";
import { parseFile } from "../source/readProject.ts";
import { revisionTree } from "../source/tree.ts";
import { compareVersions, parseVersion } from "../wire/version.ts";
import { type Command, EXIT, type Io, JSON_OPTION, parseWholeNumber } from "./command.ts";
import { bringMain, readTexts } from "./moves/bringMain.ts";

const MARKER = "giftwrap:issue";

export const command: Command = {
  summary: "turn the issue form for a new release into a pull request with its file filled in",
  usage: "--issue NUMBER",
  example: "giftwrap new-release --issue 12",
  options: {
    issue: { type: "string", value: "NUMBER", help: "the issue that was made with the form" },
    "dry-run": { type: "boolean", help: "print the files, and make nothing" },
    branch: {
      type: "string",
      value: "NAME",
      help: "the branch that the pull request goes to (default: main)",
    },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const number = parseWholeNumber("issue", args.text("issue"), 0);
    if (number === 0) throw new UsageError("say which issue, such as: giftwrap new-release --issue 12");
    const github = await requireGitHub(io.variables);
    const isDry = args.flag("dry-run");
    const issue = await readIssue(github, number);
    const done = await answer(io, github, issue, args.text("branch") ?? "main", isDry);
    if (!isDry && done.comment !== null) await upsertComment(github, number, MARKER, done.comment);
    io.line(
      args.flag("json") ? JSON.stringify({ issue: number, said: done.said, url: done.url }) : done.said,
    );
    io.summary(done.comment ?? `${escapeCell(done.said)}\n`);
    return EXIT.ok;
  },
};

interface Issue {
  readonly number: number;
  readonly body: string;
  readonly author: string | null;
  readonly labels: readonly string[];
  readonly isOpen: boolean;
  readonly isPullRequest: boolean;
}

async function readIssue({ octokit, owner, repo }: GitHub, number: number): Promise<Issue> {
  const fix = "give the job the permission issues: write";
  const { data } = await askGitHub(`give issue #${number}`, fix, () =>
    octokit.issues.get({ owner, repo, issue_number: number }),
  );
  return {
    number,
    body: data.body ?? "",
    author: data.user?.login ?? null,
    labels: data.labels.map((it) => (typeof it === "string" ? it : (it.name ?? ""))),
    isOpen: data.state === "open",
    isPullRequest: data.pull_request !== undefined,
  };
}

interface Answer {
  /** For the log. */
  readonly said: string;
  /** For the issue; null when nothing is to be said there. */
  readonly comment: string | null;
  readonly url: string | null;
}

async function answer(io: Io, github: GitHub, issue: Issue, base: string, isDry: boolean): Promise<Answer> {
  const { number, author, labels } = issue;
  const nothing = (said: string): Answer => ({ said: `#${number}: ${said}`, comment: null, url: null });
  if (issue.isPullRequest || !labels.includes(NEW_RELEASE_LABEL)) return nothing("it is not the form's");
  if (!issue.isOpen) return nothing("it is closed");
  if (author === null) return nothing("its author is gone");
  if (!labels.includes(APPROVED_AUTHOR_LABEL) && !(await mayWrite(github, author)))
    return { ...nothing(`${author} may not write here, and nobody approved`), comment: WAITING };

  const branch = releaseIssueBranch(number);
  const { open, past } = await readProposals(github, branch);
  if (!open && past) return toPastAnswer(number, past);
  const parsed = parseIssueForm(issue.body);
  if (parsed.kind === "problems") return toProblems(number, parsed.problems);
  const tip = await bringMain(io, github, base);
  const { gift } = parsed.form;
  const known = await readKnown(io.root, tip, gift);
  const planned = planNewRelease(parsed.form, known, await readPolicy(io.root, tip), author);
  if (planned.kind === "problems") return toProblems(number, planned.problems);
  if (isDry) return nothing(planned.files.map((it) => `${it.path}\n${it.text}`).join("\n"));

  const upload = toUploadLink(github, branch, planned.uploadTo);
  const title = `${planned.isNewGift ? "New gift" : "New release"} ${gift} ${planned.version}: ${planned.title}`;
  const kept = await keepProposal(github, {
    branch,
    base,
    tip,
    files: planned.files,
    onMain: await readTexts(
      io.root,
      tip,
      planned.files.map((it) => it.path),
    ),
    message: `${title}\n\nGift: ${gift}\nRelease: ${planned.version}\nIssue: #${number}\n`,
    title: title.slice(0, 250),
    body: toBody(planned, number, upload),
    labels: [RELEASE_LABEL],
    mayReopen: () => false,
  });
  if (kept.kind === "past") return toPastAnswer(number, kept.past);
  io.output("pull", String(kept.number));
  io.output("url", kept.url);
  io.output("branch", branch);
  const said = `#${number}: ${gift} ${planned.version}: ${kept.url} (${kept.kind})`;
  const comment = kept.kind === "theirs" ? toTheirs(kept.url, upload) : toLinks(planned, kept.url, upload);
  return { said, comment, url: kept.url };
}

/** What main has of the gift, and which versions ever had a file there. */
async function readKnown(root: string, tip: string, gift: string): Promise<KnownGift> {
  const tree = revisionTree(root, tip);
  const log = await git(root, [
    "log",
    "--format=",
    "--name-only",
    "--no-renames",
    "-z",
    tip,
    "--",
    `releases/${gift}`,
  ]);
  const versions = new Set(
    log.split("\0").flatMap((line) => {
      const it = classifyPath(line.trim());
      return (it.kind === "release" || it.kind === "lock") && it.gift === gift ? [it.version] : [];
    }),
  );
  const paths = (await tree.list(`releases/${gift}`)).filter((path) => classifyPath(path).kind === "release");
  const files = await tree.read([...paths, giftPath(gift)]);
  const releases = paths.flatMap((path) => {
    const release = parseFile("release", path, files.get(path)).located?.value;
    const version = release && parseVersion(release.version);
    return release && version ? [{ release, version }] : [];
  });
  const newest = releases.sort((a, b) => compareVersions(b.version, a.version))[0]?.release ?? null;
  const written = files.get(giftPath(gift));
  const animation = written && parseFile("gift", giftPath(gift), written).located?.value.animation;
  return { isThere: written !== undefined, animation: animation ?? null, versions: [...versions], newest };
}

async function readPolicy(root: string, tip: string): Promise<PolicyFile> {
  const bytes = (await revisionTree(root, tip).read([POLICY_PATH])).get(POLICY_PATH);
  const policy = parseFile("policy", POLICY_PATH, bytes).located?.value;
  if (policy) return policy;
  throw new GiftError(
    "FILES_BROKEN",
    `${POLICY_PATH} of the main branch cannot be read`,
    "run npx giftwrap validate, and mend what it says of that file",
  );
}

/** Every part is encoded: what a person named may hold nothing but letters, and this link is written by a program. */
function toUploadLink({ webUrl, owner, repo }: GitHub, branch: string, folder: string): string {
  const parts = [owner, repo, "upload", ...branch.split("/"), ...folder.split("/")];
  return `${webUrl}/${parts.map(encodeURIComponent).join("/")}`;
}

const WAITING = `Thank you for this. A pull request is made for people who may write to this repository; a maintainer can let this one through by adding the label \`${APPROVED_AUTHOR_LABEL}\`. Nothing else is needed from you.\n`;

function toProblems(number: number, problems: readonly FormProblem[]): Answer {
  const lines = problems.map(({ heading, message }) =>
    heading === "" ? `- ${escapeCell(message)}` : `- **${escapeCell(heading)}**: ${escapeCell(message)}`,
  );
  const n = problems.length === 1 ? "One thing is" : `${problems.length} things are`;
  return {
    said: `#${number}: ${n.toLowerCase()} to be mended in the form`,
    comment: `${n} to be mended before the pull request can be made. Edit this issue, and it is looked at again:\n\n${lines.join("\n")}\n`,
    url: null,
  };
}

function toPastAnswer(number: number, { url, isMerged }: PastProposal): Answer {
  const words = isMerged
    ? `This is merged: ${url}. What changes now is another pull request; for another version, open another issue.`
    : `The pull request was closed: ${url}. Reopen it there to go on, or open another issue.`;
  return { said: `#${number}: ${isMerged ? "merged" : "closed"}: ${url}`, comment: `${words}\n`, url };
}

function toTheirs(url: string, upload: string): string {
  return `${url} has the release. Somebody has pushed to its branch since, so it is theirs: what is edited here no longer changes it. Edit the files in the pull request instead; more art goes [here](${upload}).\n`;
}

function toLinks({ gift, version, art, isNewGift }: NewRelease, url: string, upload: string): string {
  return [
    `**${escapeCell(`${gift} ${version}`)}** has its pull request: ${url}`,
    "",
    isNewGift
      ? `Next: [upload the art here](${upload}): ${escapeCell(art)}.`
      : `Next: [upload the new art here](${upload}): ${escapeCell(art)}. A file of the same name replaces the one that is there.`,
    "",
    "Edit this issue to change what you entered; that works until somebody commits to the pull request.",
    "",
  ].join("\n");
}

function toBody({ gift, version, art, files, isNewGift }: NewRelease, issue: number, upload: string): string {
  return [
    `${isNewGift ? "A new gift" : "A new release"}: **${escapeCell(`${gift} ${version}`)}**. Closes #${issue}.`,
    "",
    "What to do:",
    "",
    `1. [Upload the art](${upload}): ${escapeCell(art)}. Choose *Commit directly to this branch*.`,
    `2. Look through ${files.map((it) => `\`${it.path}\``).join(" and ")}: who sees it first, and where it goes then.`,
    "3. Follow the comment below: it says what is to mend, and whom it waits for.",
    "",
  ].join("\n");
}
