import type { RestEndpointMethodTypes } from "@octokit/rest";
import { digestOf } from "../trust/nodeCrypto.ts";
import { askGitHub } from "./askGitHub.ts";
import type { GitHub } from "./openGitHub.ts";
import { checkTotal } from "./readPage.ts";
import { writeOnce } from "./writeOnce.ts";

/** A note on lines of a file at the head. */
export interface CheckAnnotation {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly level: "notice" | "warning" | "failure";
  readonly title: string;
  readonly message: string;
}

/** What a check run says. Texts are Markdown where GitHub takes it: title and annotations are plain. */
export interface CheckReport {
  readonly name: string;
  readonly headSha: string;
  readonly conclusion: "success" | "failure" | "neutral" | "action_required";
  readonly title: string;
  readonly summary: string;
  readonly annotations: readonly CheckAnnotation[];
}

type NewRun = NonNullable<RestEndpointMethodTypes["checks"]["create"]["parameters"]>;
type Run = RestEndpointMethodTypes["checks"]["listForRef"]["response"]["data"]["check_runs"][number];

const BATCH = 50;
const MAX_TEXT = 65_000;
const MAX_TITLE = 250;
const OURS = "giftwrap:";
const FIX = "give the job the permission checks: write, then run it again";

/**
 * Creates or updates the newest check run of that name by this account. It is complete only when all annotations are there, so nobody
 * merges by half of it. `external_id` keeps digests of what it says, so nothing is written where it says so already. Annotations
 * can only be added to, so a run with others is followed by a new one, which is the one that counts; so is one whose name somebody else, such
 * as a job of the pull request's own workflows, has taken since.
 * @throws GiftError of `askGitHub`
 */
export async function publishCheck(
  github: GitHub,
  report: CheckReport,
): Promise<{ readonly url: string; readonly isChanged: boolean }> {
  const { octokit, owner, repo } = github;
  const { name, headSha, conclusion, annotations } = report;
  const notes = annotations.map(toNote);
  const notesDigest = shortDigest(notes);
  const output = { title: cut(report.title, MAX_TITLE), summary: cut(report.summary, MAX_TEXT) };
  const id = `${OURS}${shortDigest([conclusion, output])}:${notesDigest}`;
  const done = { status: "completed", conclusion, external_id: id } as const;

  return await askGitHub(`take the check ${name} of ${headSha}`, FIX, async () => {
    const { run: before, isNewest } = await findRun(github, name, headSha);
    if (isNewest && before?.external_id === id) return { url: before.html_url ?? "", isChanged: false };
    if (isNewest && before?.external_id?.endsWith(`:${notesDigest}`)) {
      await octokit.checks.update({ owner, repo, check_run_id: before.id, ...done, output });
      return { url: before.html_url ?? "", isChanged: true };
    }
    const isWhole = notes.length <= BATCH;
    const half = { status: "in_progress", external_id: `${OURS}half:${id.slice(OURS.length)}:` } as const;
    const first: NewRun = { owner, repo, name, head_sha: headSha, ...(isWhole ? done : half) };
    const created = await writeOnce(
      github,
      async () => {
        const some = { ...output, annotations: notes.slice(0, BATCH) };
        return (await octokit.checks.create({ ...first, output: some })).data;
      },
      async () => {
        const { run, isNewest: isLast } = await findRun(github, name, headSha);
        return isLast && run?.external_id === first.external_id ? run : null;
      },
    );
    for (let at = BATCH; at < notes.length; at += BATCH) {
      const isLast = at + BATCH >= notes.length;
      const some = { ...output, annotations: notes.slice(at, at + BATCH) };
      const state = isLast ? done : half;
      await octokit.checks.update({ owner, repo, check_run_id: created.id, ...state, output: some });
    }
    return { url: created.html_url ?? "", isChanged: true };
  });
}

/** The newest of that name that this account made by this very way, and whether nobody has taken its name since then. */
async function findRun(
  { octokit, owner, repo, login }: GitHub,
  name: string,
  headSha: string,
): Promise<{ readonly run: Run | null; readonly isNewest: boolean }> {
  const { data } = await octokit.checks.listForRef({
    owner,
    repo,
    ref: headSha,
    check_name: name,
    filter: "latest",
    per_page: 100,
  });
  checkTotal(Math.min(data.total_count, 100), data.check_runs.length);
  const named = data.check_runs.filter((it) => it.name === name).sort((a, b) => b.id - a.id);
  const isOurs = (it: Run) =>
    `${it.app?.slug ?? ""}[bot]` === login && it.external_id?.startsWith(OURS) === true;
  const run = named.find(isOurs) ?? null;
  return { run, isNewest: run !== null && run === named[0] };
}

function toNote({ path, startLine, endLine, level, title, message }: CheckAnnotation) {
  return {
    path,
    start_line: startLine,
    end_line: endLine,
    annotation_level: level,
    title: cut(title, MAX_TITLE),
    message: cut(message, MAX_TEXT),
  };
}

function shortDigest(value: unknown): string {
  return digestOf(new TextEncoder().encode(JSON.stringify(value))).slice(0, 16);
}

function cut(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max - 1)}…` : text;
}
