import { askGitHub } from "./askGitHub.ts";
import type { GitHub } from "./openGitHub.ts";
import { readPage } from "./readPage.ts";
import { writeOnce } from "./writeOnce.ts";

/** An issue that this account keeps, found by its label and its marker. */
export interface KeptIssue {
  readonly marker: string;
  readonly label: string;
  readonly title: string;
  /** The text, from the text as it is now, or an empty one. It begins with the marker's line. */
  toBody(before: string): string;
  readonly isOpen: boolean;
}

interface Issue {
  readonly number: number;
  readonly body: string;
  readonly isOpen: boolean;
  readonly url: string;
}

const FIX = "give the job the permission issues: write, then run it again";

/**
 * Keeps one issue of this account, edited in place, opened and closed as needed. Nothing is written where it is right already, and none is
 * made only to be closed: then the url is null.
 * @throws GiftError of `askGitHub`
 */
export async function upsertIssue(
  github: GitHub,
  { marker, label, title, toBody, isOpen }: KeptIssue,
): Promise<{ readonly url: string | null; readonly isChanged: boolean }> {
  const { octokit, owner, repo } = github;
  const line = `<!-- ${marker} -->`;
  return await askGitHub(`keep the issue ${title}`, FIX, async () => {
    const before = await findIssues(github, label, line);
    if (before.length > 0) return await keep(github, before, toBody, isOpen);
    if (!isOpen) return { url: null, isChanged: false };
    const body = toBody("");
    await writeOnce(
      github,
      async () => {
        const { data } = await octokit.issues.create({ owner, repo, title, body, labels: [label] });
        return data.number;
      },
      async () => (await findIssues(github, label, line))[0]?.number ?? null,
    );
    // Another job may have made one meanwhile.
    const after = await findIssues(github, label, line);
    const { url } = await keep(github, after, toBody, isOpen);
    return { url, isChanged: true };
  });
}

async function findIssues(
  { octokit, owner, repo, login }: GitHub,
  label: string,
  line: string,
): Promise<readonly Issue[]> {
  const all = await octokit.paginate(
    octokit.issues.listForRepo,
    { owner, repo, labels: label, state: "all", per_page: 100 },
    readPage,
  );
  return all
    .filter((it) => !it.pull_request && it.user?.login === login && (it.body ?? "").startsWith(line))
    .map((it) => ({
      number: it.number,
      body: it.body ?? "",
      isOpen: it.state === "open",
      url: it.html_url,
    }))
    .sort((a, b) => a.number - b.number);
}

/** The oldest is kept; the others are closed, for issues cannot be deleted. */
async function keep(
  { octokit, owner, repo }: GitHub,
  issues: readonly Issue[],
  toBody: KeptIssue["toBody"],
  isOpen: boolean,
): Promise<{ readonly url: string | null; readonly isChanged: boolean }> {
  const [kept, ...others] = issues;
  if (!kept) return { url: null, isChanged: false };
  const body = toBody(kept.body);
  const isSame = kept.body.replace(/\r\n/g, "\n").trimEnd() === body.trimEnd() && kept.isOpen === isOpen;
  const state = isOpen ? "open" : "closed";
  if (!isSame) await octokit.issues.update({ owner, repo, issue_number: kept.number, body, state });
  const stray = others.filter((it) => it.isOpen);
  for (const { number } of stray)
    await octokit.issues.update({ owner, repo, issue_number: number, state: "closed" });
  return { url: kept.url, isChanged: !isSame || stray.length > 0 };
}
