import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const MAX_BYTES = 32 * 1024 * 1024;
/** Whoever merges to see whether it can be done. */
const MERGER = {
  GIT_AUTHOR_NAME: "GitHub",
  GIT_AUTHOR_EMAIL: "noreply@github.com",
  GIT_COMMITTER_NAME: "GitHub",
  GIT_COMMITTER_EMAIL: "noreply@github.com",
};

/** What the executor asks the bare repository. */
export interface Repository {
  /** The commit of a ref or revision; null where there is none. */
  commitOf(revision: string): Promise<string | null>;
  messageOf(commit: string): Promise<string>;
  /** The workflow files at a commit, by path: the id of each one's text. */
  workflowsAt(commit: string): Promise<ReadonlyMap<string, string>>;
  textOf(blob: string): Promise<string>;
  /** Whether a commit is in no branch of this repository, so that it came with a pull request. */
  isPullOnly(commit: string): Promise<boolean>;
  /** The commit behind `refs/pull/<n>/merge`, made anew from the base's tip; null when there are conflicts. */
  mergePull(number: number, baseRef: string, head: string): Promise<string | null>;
}

export function openRepository(folder: string): Repository {
  const git = async (...words: readonly string[]) => {
    const options = { maxBuffer: MAX_BYTES, env: { ...process.env, ...MERGER } };
    return (await run("git", ["--git-dir", folder, ...words], options)).stdout;
  };
  const commitOf = async (revision: string): Promise<string | null> => {
    // Asked several times for each run, and a process for each was most of what the answer cost.
    if (revision.startsWith("refs/heads/")) {
      const loose = (await readFile(join(folder, revision), "utf8").catch(() => "")).trim();
      if (/^[0-9a-f]{40}$/.test(loose)) return loose;
    }
    return git("rev-parse", "--verify", "--quiet", `${revision}^{commit}`).then(
      (it) => it.trim(),
      () => null,
    );
  };
  /** A commit never changes. */
  const messages = new Map<string, Promise<string>>();
  return {
    commitOf,
    messageOf(commit) {
      const message = messages.get(commit) ?? git("show", "--no-patch", "--format=%B", commit);
      messages.set(commit, message);
      return message;
    },
    async workflowsAt(commit) {
      const lines = (await git("ls-tree", commit, ".github/workflows/")).split("\n");
      return new Map(
        lines.flatMap((line) => {
          const [, blob, path] = /^\d+ blob ([0-9a-f]{40})\t(.+\.ya?ml)$/.exec(line) ?? [];
          return blob && path ? [[path, blob] as const] : [];
        }),
      );
    },
    textOf: (blob) => git("cat-file", "blob", blob),
    async isPullOnly(commit) {
      return (await git("branch", "--contains", commit).catch(() => "")).trim() === "";
    },
    async mergePull(number, baseRef, head) {
      const base = await commitOf(`refs/heads/${baseRef}`);
      if (base === null) return null;
      const ref = `refs/pull/${number}/merge`;
      const parents = await git("log", "-1", "--format=%P", ref).then(
        (it) => it.trim(),
        () => "",
      );
      if (parents === `${base} ${head}`) return commitOf(ref);
      const tree = await git("merge-tree", "--write-tree", base, head).then(
        (it) => it.trim(),
        () => null,
      );
      if (tree === null) return null;
      const message = `Merge ${head} into ${base}`;
      const commit = await git("commit-tree", tree, "-p", base, "-p", head, "-m", message);
      await git("update-ref", ref, commit.trim());
      return commit.trim();
    },
  };
}
