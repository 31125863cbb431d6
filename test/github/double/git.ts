import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Nothing of the machine's own settings of git. */
export const GIT_ENVIRONMENT = {
  PATH: process.env.PATH ?? "",
  HOME: tmpdir(),
  LC_ALL: "C.UTF-8",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
};

export interface GitAnswer {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface Signature {
  readonly name: string;
  readonly email: string;
  /** ISO 8601. */
  readonly date: string;
}

export interface CommitFacts {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

/** A file of a commit to make; null deletes it. */
export type FileContent = string | Buffer | null | { readonly text: string; readonly mode: string };

/** Runs git in a folder and waits; any exit code is an answer. */
export function askGit(
  folder: string,
  args: readonly string[],
  options: { readonly input?: string | Buffer; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<GitAnswer> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", args, { cwd: folder, env: { ...GIT_ENVIRONMENT, ...options.env } });
    const out: Buffer[] = [];
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, stdout: Buffer.concat(out), stderr }));
    // A git that ends without reading everything has said why.
    child.stdin.on("error", () => {});
    child.stdin.end(options.input);
  });
}

/** What git printed, without the last line break. @throws Error when git fails */
export async function git(
  folder: string,
  args: readonly string[],
  options: { readonly input?: string | Buffer; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const { code, stdout, stderr } = await askGit(folder, args, options);
  if (code !== 0) throw new Error(`git ${args.join(" ")}: ${stderr.trim()}`);
  return stdout.toString().replace(/\n$/, "");
}

/** The commit's id; null when there is none of that name. */
export async function resolveCommit(folder: string, name: string): Promise<string | null> {
  if (name.startsWith("-") || name === "") return null;
  const { code, stdout } = await askGit(folder, [
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    `${name}^{commit}`,
  ]);
  return code === 0 ? (stdout.toString().trim().split("\n").at(-1) ?? null) : null;
}

/** The kind of an object; null when it is not there. */
export async function objectType(folder: string, sha: string): Promise<string | null> {
  if (!/^[0-9a-f]{40}$/.test(sha)) return null;
  const { code, stdout } = await askGit(folder, ["cat-file", "-t", sha]);
  return code === 0 ? stdout.toString().trim() : null;
}

const FORMAT = ["%H", "%T", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", "%B"].join("%x00");

/** Commits as `git log` lists them for these arguments. */
export async function readCommits(folder: string, args: readonly string[]): Promise<CommitFacts[]> {
  const text = await git(folder, ["log", `--format=${FORMAT}%x1e`, ...args]);
  return text
    .split("\x1e")
    .map((entry) => entry.replace(/^\n/, ""))
    .filter((entry) => entry !== "")
    .map((entry) => {
      const [
        sha = "",
        tree = "",
        parents = "",
        an = "",
        ae = "",
        ad = "",
        cn = "",
        ce = "",
        cd = "",
        message = "",
      ] = entry.split("\0");
      return {
        sha,
        tree,
        parents: parents.split(" ").filter(Boolean),
        author: { name: an, email: ae, date: toUtc(ad) },
        committer: { name: cn, email: ce, date: toUtc(cd) },
        message: message.replace(/\n+$/, ""),
      };
    });
}

/** Commits never change, wherever they are. */
const knownCommits = new Map<string, CommitFacts>();
const MAX_KNOWN = 500;

/** One commit. @throws Error when it is not there */
export async function readCommit(folder: string, sha: string): Promise<CommitFacts> {
  const known = knownCommits.get(sha);
  if (known) return known;
  const [commit] = await readCommits(folder, ["-1", sha, "--"]);
  if (!commit) throw new Error(`no commit ${sha}`);
  if (knownCommits.size >= MAX_KNOWN) knownCommits.clear();
  knownCommits.set(commit.sha, commit);
  return commit;
}

/** What is known of commits by their ids, wherever they are: it never changes, and a process for each question cost the most. */
const knownAncestry = new Map<string, boolean>();

export async function isAncestor(folder: string, older: string, newer: string): Promise<boolean> {
  const pair = `${older} ${newer}`;
  const known = knownAncestry.get(pair);
  if (known !== undefined) return known;
  const { code } = await askGit(folder, ["merge-base", "--is-ancestor", older, newer]);
  // Another code says that one of them is not there yet.
  if (/^[0-9a-f]{40} [0-9a-f]{40}$/.test(pair) && code <= 1) knownAncestry.set(pair, code === 0);
  return code === 0;
}

/** The tree of both merged; null when they conflict. */
export async function mergeTrees(folder: string, ours: string, theirs: string): Promise<string | null> {
  const { code, stdout, stderr } = await askGit(folder, ["merge-tree", "--write-tree", ours, theirs]);
  if (code > 1) throw new Error(`git merge-tree: ${stderr}`);
  return code === 0 ? stdout.toString().trim() : null;
}

/** Makes a commit that no branch has yet. */
export function commitTree(
  folder: string,
  commit: {
    readonly tree: string;
    readonly parents: readonly string[];
    readonly message: string;
    readonly author: Signature;
    readonly committer: Signature;
  },
): Promise<string> {
  const parents = commit.parents.flatMap((parent) => ["-p", parent]);
  return git(folder, ["commit-tree", commit.tree, ...parents], {
    input: commit.message,
    env: signatureEnvironment(commit.author, commit.committer),
  });
}

export function signatureEnvironment(author: Signature, committer: Signature): Record<string, string> {
  return {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_AUTHOR_DATE: author.date,
    GIT_COMMITTER_NAME: committer.name,
    GIT_COMMITTER_EMAIL: committer.email,
    GIT_COMMITTER_DATE: committer.date,
  };
}

const NONE = "0".repeat(40);

/** Moves, makes (`from` null) or deletes (`to` null) a reference; false when it is no longer where it was said to be. */
export async function moveRef(
  folder: string,
  ref: string,
  from: string | null,
  to: string | null,
): Promise<boolean> {
  const args = to ? ["update-ref", ref, to, from ?? NONE] : ["update-ref", "-d", ref, from ?? ""];
  return (await askGit(folder, args)).code === 0;
}

/** Where a reference is; null when there is none. */
export async function readRef(folder: string, ref: string): Promise<string | null> {
  if (/^refs\/[\w./-]+$/.test(ref) && !ref.includes("..")) {
    const loose = await readFile(join(folder, ref), "utf8").catch(() => "");
    if (/^[0-9a-f]{40}\n$/.test(loose)) return loose.trim();
  }
  const { code, stdout } = await askGit(folder, [
    "rev-parse",
    "--verify",
    "--quiet",
    "--end-of-options",
    ref,
  ]);
  return code === 0 ? (stdout.toString().trim().split("\n").at(-1) ?? null) : null;
}

/** All branches and where they are. */
export async function readHeads(folder: string): Promise<Map<string, string>> {
  const text = await git(folder, [
    "for-each-ref",
    "--format=%(refname:lstrip=2) %(objectname)",
    "refs/heads",
  ]);
  const lines = text.split("\n").filter(Boolean);
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(" ");
      return [line.slice(0, space), line.slice(space + 1)];
    }),
  );
}

/** A commit with these files on top of a parent; its id. Nothing points to it yet. */
export async function writeCommit(
  folder: string,
  commit: {
    readonly parent: string | null;
    readonly files: Readonly<Record<string, FileContent>>;
    readonly message: string;
    readonly author: Signature;
    readonly committer: Signature;
  },
): Promise<string> {
  const chunks: (string | Buffer)[] = [];
  const data = (content: string | Buffer) => {
    const bytes = Buffer.from(content);
    chunks.push(`data ${bytes.length}\n`, bytes, "\n");
  };
  const who = ({ name, email, date }: Signature) =>
    `${name} <${email}> ${Math.floor(Date.parse(date) / 1000)} +0000`;
  const ref = `refs/double/${process.hrtime.bigint()}`;
  chunks.push(`commit ${ref}\nmark :1\nauthor ${who(commit.author)}\ncommitter ${who(commit.committer)}\n`);
  data(commit.message);
  if (commit.parent) chunks.push(`from ${commit.parent}\n`);
  for (const [path, content] of Object.entries(commit.files)) {
    const name = JSON.stringify(path);
    if (content === null) {
      chunks.push(`D ${name}\n`);
    } else if (typeof content === "string" || Buffer.isBuffer(content)) {
      chunks.push(`M 100644 inline ${name}\n`);
      data(content);
    } else {
      chunks.push(`M ${content.mode} inline ${name}\n`);
      data(content.text);
    }
  }
  chunks.push(`get-mark :1\nreset ${ref}\nfrom ${NONE}\n`);
  const input = Buffer.concat(chunks.map((chunk) => Buffer.from(chunk)));
  return git(folder, ["fast-import", "--quiet", "--date-format=raw", "--force"], { input });
}

/**
 * The commit that takes another one back, made by `git revert` on top of a tip; null when git cannot without conflicts,
 * and when there is nothing to take back.
 */
export async function revertCommit(
  folder: string,
  tip: string,
  reverted: string,
  { message, who }: { readonly message: string; readonly who: Signature },
): Promise<string | null> {
  const holder = await mkdtemp(join(tmpdir(), "revert-"));
  const tree = join(holder, "tree");
  try {
    await git(folder, ["worktree", "add", "--quiet", "--detach", tree, tip]);
    const env = signatureEnvironment(who, who);
    const { code } = await askGit(tree, ["revert", "--no-commit", reverted], { env });
    if (code !== 0) return null;
    const same = await askGit(tree, ["diff", "--cached", "--quiet"]);
    if (same.code === 0) return null;
    await git(tree, ["commit", "--quiet", "--no-verify", "--cleanup=verbatim", "--file=-"], {
      env,
      input: message,
    });
    return await git(tree, ["rev-parse", "HEAD"]);
  } finally {
    await askGit(folder, ["worktree", "remove", "--force", tree]);
    await rm(holder, { recursive: true, force: true });
  }
}

function toUtc(date: string): string {
  return `${new Date(date).toISOString().slice(0, 19)}Z`;
}
