import { askGitHub } from "./askGitHub.ts";
import { statusOf } from "./keepAsking.ts";
import type { GitHub } from "./openGitHub.ts";
import { readPage } from "./readPage.ts";
import { writeOnce } from "./writeOnce.ts";

export interface UpsertOptions {
  /** Whether what stands there stays as it is, though the new text differs. */
  isKept?(before: string): boolean;
  /** What {@link findComments} found just now; it is asked again unless given. */
  readonly before?: readonly Comment[];
}

/** What was done about a comment. */
export interface Upserted {
  readonly url: string;
  /** False when it said so already: then nothing was written. */
  readonly isChanged: boolean;
}

/** A comment of this account. */
export interface Comment {
  readonly id: number;
  readonly body: string;
  readonly url: string;
}

const FIX =
  "give the job the permission pull-requests: write (issues: write for an issue), then run it again";
/** GitHub asks for at most one write a second; a comment that flickers helps nobody. */
const PAUSE_MILLISECONDS = 1_000;
/** When each comment was written last, by its address. */
const written = new WeakMap<GitHub["octokit"], Map<string, number>>();

/**
 * Keeps one comment of this account on an issue or a pull request: the one that begins with the marker, edited in place. Where there are
 * several (two jobs at once, or one that died), the oldest is kept and the others go. The body may begin with the marker's line or not.
 * @throws GiftError of `askGitHub`
 */
export async function upsertComment(
  github: GitHub,
  issue: number,
  marker: string,
  body: string,
  { isKept = () => false, before: known }: UpsertOptions = {},
): Promise<Upserted> {
  const line = `<!-- ${marker} -->\n`;
  const text = body.startsWith(line) ? body : line + body;
  return await askGitHub(`write a comment on #${issue}`, FIX, async () => {
    const before = known ?? (await listComments(github, issue, line));
    if (before.length > 0) return await keepOne(github, before, text, isKept);
    const { owner, repo, octokit } = github;
    const created = await writeOnce(
      github,
      async () => {
        await pause(github, `new ${issue} ${marker}`);
        const { data } = await octokit.issues.createComment({ owner, repo, issue_number: issue, body: text });
        return { id: data.id, body: text, url: data.html_url };
      },
      async () => (await listComments(github, issue, line))[0] ?? null,
    );
    // Another job may have written one meanwhile: whoever looks last sees both.
    const after = await listComments(github, issue, line);
    const { url } = after.length > 0 ? await keepOne(github, after, text, isKept) : created;
    return { url, isChanged: true };
  });
}

/**
 * Writes anew the comment that is there, from its text; null, and nothing is written, where there is none.
 * @throws GiftError of `askGitHub`
 */
export async function reviseComment(
  github: GitHub,
  issue: number,
  marker: string,
  revise: (before: string) => string,
): Promise<Upserted | null> {
  return await askGitHub(`write a comment on #${issue}`, FIX, async () => {
    const before = await listComments(github, issue, `<!-- ${marker} -->\n`);
    const [kept] = before;
    return kept ? await keepOne(github, before, revise(kept.body), () => false) : null;
  });
}

/** This account's comments that begin with the marker, the oldest first. @throws GiftError of `askGitHub` */
export async function findComments(
  github: GitHub,
  issue: number,
  marker: string,
): Promise<readonly Comment[]> {
  return await askGitHub(
    `list the comments of #${issue}`,
    "give the job the permission pull-requests: read",
    () => listComments(github, issue, `<!-- ${marker} -->\n`),
  );
}

/** Whether there is one comment alone, and it says that very text. */
export function isOnly(comments: readonly Comment[], text: string): boolean {
  const [first, ...others] = comments;
  return first !== undefined && others.length === 0 && normalise(first.body) === normalise(text);
}

async function listComments(
  { octokit, owner, repo, login }: GitHub,
  issue: number,
  line: string,
): Promise<readonly Comment[]> {
  const all = await octokit.paginate(
    octokit.issues.listComments,
    { owner, repo, issue_number: issue, per_page: 100 },
    readPage,
  );
  return all
    .filter((it) => it.user?.login === login && normalise(it.body ?? "").startsWith(line))
    .map((it) => ({ id: it.id, body: it.body ?? "", url: it.html_url }))
    .sort((a, b) => a.id - b.id);
}

async function keepOne(
  github: GitHub,
  comments: readonly Comment[],
  text: string,
  isKept: (before: string) => boolean,
): Promise<Upserted> {
  const [kept, ...others] = comments;
  if (!kept) throw new Error("there is no comment to keep");
  const { octokit, owner, repo } = github;
  const isChanged = normalise(kept.body) !== normalise(text) && !isKept(normalise(kept.body));
  if (isChanged) {
    await pause(github, kept.url);
    await octokit.issues.updateComment({ owner, repo, comment_id: kept.id, body: text });
  }
  for (const { id } of others) {
    try {
      await octokit.issues.deleteComment({ owner, repo, comment_id: id });
    } catch (error) {
      // The other job deleted it.
      if (statusOf(error) !== 404) throw error;
    }
  }
  return { url: kept.url, isChanged: isChanged || others.length > 0 };
}

async function pause({ octokit, clock }: GitHub, name: string): Promise<void> {
  const times = written.get(octokit) ?? new Map<string, number>();
  written.set(octokit, times);
  const last = times.get(name);
  const wait = last === undefined ? 0 : last + PAUSE_MILLISECONDS - clock.now();
  if (wait > 0) await clock.sleep(wait);
  times.set(name, clock.now());
}

/** GitHub may give line breaks as browsers do, and drop space at the end. */
function normalise(body: string): string {
  return body.replace(/\r\n/g, "\n").trimEnd();
}
