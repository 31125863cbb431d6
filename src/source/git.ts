import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { GiftError } from "../report/error.ts";

const run = promisify(execFile);

/** Runs git in the folder and gives what it prints. @throws GiftError `GIT_FAILED` */
export async function git(root: string, args: readonly string[]): Promise<string> {
  return Buffer.from(await gitBytes(root, args)).toString("utf8");
}

export async function gitBytes(root: string, args: readonly string[]): Promise<Uint8Array> {
  try {
    const { stdout } = await run("git", ["-c", "core.quotepath=off", ...args], {
      cwd: root,
      encoding: "buffer",
      maxBuffer: 1 << 30,
    });
    return stdout;
  } catch (cause) {
    const said = cause instanceof Error && "stderr" in cause ? String(cause.stderr).trim() : "";
    throw new GiftError(
      "GIT_FAILED",
      `git ${args[0]} failed${said ? `: ${said}` : ""}`,
      "run it by hand in the repository to see why",
      { cause },
    );
  }
}

/** The full id of a commit, or null when this clone does not have it. */
export async function commitOf(root: string, revision: string): Promise<string | null> {
  try {
    return (
      await git(root, ["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`])
    ).trim();
  } catch {
    return null;
  }
}

/** Whether the first commit is the second or one that it was built on. */
export async function isAncestor(root: string, ancestor: string, commit: string): Promise<boolean> {
  if (ancestor === commit) return true;
  try {
    await git(root, ["merge-base", "--is-ancestor", ancestor, commit]);
    return true;
  } catch {
    return false;
  }
}

/** Whether the clone leaves history out, so that an unknown commit may still be an ancestor. */
export async function isShallow(root: string): Promise<boolean> {
  return (await git(root, ["rev-parse", "--is-shallow-repository"])).trim() === "true";
}

/** The paths below the folders that differ between two commits. */
export async function changedPaths(
  root: string,
  from: string,
  to: string,
  folders: readonly string[],
): Promise<readonly string[]> {
  const names = await git(root, ["diff", "--name-only", "--no-renames", "-z", from, to, "--", ...folders]);
  return names.split("\0").filter(Boolean);
}

/** Whether the work tree holds anything below the folders that the commit does not. */
export async function isDirty(root: string, folders: readonly string[]): Promise<boolean> {
  return (
    (await git(root, ["status", "--porcelain", "--untracked-files=all", "--", ...folders])).trim() !== ""
  );
}
