import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import { GiftError } from "../report/error.ts";
import { commitOf, git, gitBytes } from "./git.ts";
import { readObjects } from "./tree.ts";

/** A commit's data, laid out to be read. */
export interface DataCheckout {
  /** The folder; git commands work in it, with the objects and refs of the repository that it came from. */
  readonly root: string;
  /** The paths that are symbolic links in the commit; here they are plain files that hold where the link would lead. */
  readonly links: readonly string[];
  /** Takes it away again. What an interrupted process left in git goes with the next checkout. */
  remove(): Promise<void>;
}

const FOLDERS = ["gifts", "releases"];
/** So much is in memory at once, unless one file alone is more. */
const MAX_CHUNK_BYTES = 32_000_000;
const MAX_CHUNK_FILES = 500;
/** Whatever this machine is set up to run when files are laid out. */
const QUIET = ["core.hooksPath=/dev/null", "core.fsmonitor=false", "core.symlinks=false"];

/**
 * A temporary work tree of a commit that nobody vouches for, with `gifts/` and `releases/` only, byte for byte as git keeps them:
 * no attribute, filter, hook, link or submodule of the commit has a say in it. Git takes its files for unchanged, so that it
 * never looks into them, and the others for left out.
 * @throws GiftError `COMMIT_MISSING`, `COMMIT_UNSAFE`, `GIT_FAILED`
 */
export async function checkOutData(root: string, commit: string): Promise<DataCheckout> {
  const id = await commitOf(root, commit);
  if (id === null)
    throw new GiftError("COMMIT_MISSING", `${commit} is no commit here`, "fetch it, then run it again");
  const entries = await listEntries(root, id);
  const folder = await realpath(await mkdtemp(join(tmpdir(), "giftwrap-data-")));
  const quiet = QUIET.flatMap((it) => ["-c", it]);
  const remove = async () => {
    await rm(folder, { recursive: true, force: true });
    await git(root, ["worktree", "prune"]);
  };
  try {
    await git(root, ["worktree", "prune"]);
    await git(root, [...quiet, "worktree", "add", "--quiet", "--detach", "--no-checkout", folder, id]);
    await git(folder, [...quiet, "read-tree", id]);
    await markIndex(folder, quiet);
    await writeEntries(root, folder, entries);
  } catch (error) {
    await remove();
    throw error;
  }
  return { root: folder, links: entries.filter((it) => it.isLink).map((it) => it.path), remove };
}

interface Entry {
  readonly path: string;
  readonly object: string;
  readonly bytes: number;
  readonly isLink: boolean;
}

/** The commit's files below the folders; submodules have none. */
async function listEntries(root: string, commit: string): Promise<readonly Entry[]> {
  const lines = await git(root, ["ls-tree", "-r", "-l", "-z", commit, "--", ...FOLDERS]);
  return lines.split("\0").flatMap((line): Entry[] => {
    const [, mode, object = "", bytes, path = ""] = /^(\d+) blob ([0-9a-f]+) +(\d+)\t(.*)$/s.exec(line) ?? [];
    if (mode === undefined) return [];
    checkPath(path);
    return [{ path, object, bytes: Number(bytes), isLink: mode === "120000" }];
  });
}

/** Git itself makes no such names, but whoever writes objects by hand can. */
function checkPath(path: string): void {
  const isUnsafe = path
    .split("/")
    .some((part) => /^(?:\.{0,2}|\.git|git~\d+)$/i.test(part) || (sep !== "/" && part.includes(sep)));
  if (isUnsafe || !FOLDERS.some((folder) => path === folder || path.startsWith(`${folder}/`)))
    throw unsafe(path);
}

function unsafe(path: string, cause?: unknown): GiftError {
  return new GiftError(
    "COMMIT_UNSAFE",
    `the commit has a path that cannot be laid out in a folder: ${JSON.stringify(path)}`,
    "rename that file in the commit",
    { cause },
  );
}

async function markIndex(folder: string, quiet: readonly string[]): Promise<void> {
  const mark = async (flag: string, paths: readonly string[]) => {
    const names = await gitBytes(folder, ["ls-files", "-z", "--", ...paths]);
    if (names.length === 0) return;
    await git(folder, [...quiet, "update-index", "-z", flag, "--stdin"], { stdin: names });
  };
  await mark("--skip-worktree", [":/", ...FOLDERS.map((it) => `:(exclude,top)${it}`)]);
  await mark("--assume-unchanged", FOLDERS);
}

async function writeEntries(root: string, folder: string, entries: readonly Entry[]): Promise<void> {
  const made = new Set<string>();
  for (const chunk of toChunks(entries)) {
    const contents = await readObjects(root, [...new Set(chunk.map((it) => it.object))]);
    for (const { path, object } of chunk) {
      const bytes = contents.get(object);
      if (!bytes)
        throw new GiftError("GIT_FAILED", `git has no content for ${path}`, "fetch the commit again");
      const target = join(folder, path);
      try {
        if (!made.has(dirname(path))) await mkdir(dirname(target), { recursive: true });
        made.add(dirname(path));
        await writeFile(target, bytes, { flag: "wx" });
      } catch (cause) {
        if (!isOfThePath(cause)) throw cause;
        // Two names that are not UTF-8 look alike here; that there is one is enough to be told.
        if (!path.includes("\ufffd")) throw unsafe(path, cause);
      }
    }
  }
}

function isOfThePath(error: unknown): boolean {
  const codes = ["EEXIST", "ENOTDIR", "EISDIR", "ENAMETOOLONG", "EILSEQ", "EINVAL"];
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

function toChunks(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const chunks: Entry[][] = [];
  let chunk: Entry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    if (chunk.length > 0 && (bytes + entry.bytes > MAX_CHUNK_BYTES || chunk.length >= MAX_CHUNK_FILES)) {
      chunks.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push(entry);
    bytes += entry.bytes;
  }
  return chunk.length > 0 ? [...chunks, chunk] : chunks;
}
