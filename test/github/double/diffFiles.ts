import { git } from "./git.ts";

export interface FileChange {
  readonly path: string;
  readonly previousPath: string | null;
  readonly status: "added" | "removed" | "modified" | "renamed" | "changed";
  /** The blob after the change; before it when the file is removed. */
  readonly blob: string;
  readonly additions: number;
  readonly deletions: number;
  /** The hunks; null for binary files and renames without a change. */
  readonly patch: string | null;
}

const EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/** Commits never change; each page of a long list asks for the same ones. */
const known = new Map<string, Promise<readonly FileChange[]>>();
const MAX_KNOWN = 20;

/** The files that differ between two commits, by their ids, with real hunks; from nothing when `from` is null. */
export function diffFiles(folder: string, from: string | null, to: string): Promise<readonly FileChange[]> {
  const key = `${folder} ${from} ${to}`;
  const files = known.get(key) ?? readDiff(folder, from, to);
  known.delete(key);
  known.set(key, files);
  for (const oldest of known.keys()) {
    if (known.size <= MAX_KNOWN) break;
    known.delete(oldest);
  }
  files.catch(() => known.delete(key));
  return files;
}

async function readDiff(folder: string, from: string | null, to: string): Promise<readonly FileChange[]> {
  const base = ["-c", "core.quotePath=false", "diff", "--no-color", "--no-ext-diff", "-M", "--full-index"];
  const [raw, whole] = await Promise.all([
    git(folder, [...base, "--raw", "--numstat", "-z", from ?? EMPTY_TREE, to]),
    git(folder, [...base, "-p", from ?? EMPTY_TREE, to]),
  ]);
  const patches = whole.split(/^(?=diff --git )/m).filter(Boolean);
  const parts = raw.split("\0");
  const changes: Omit<FileChange, "patch">[] = [];
  const sums = new Map<string, { additions: number; deletions: number }>();

  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] ?? "";
    if (part.startsWith(":")) {
      const [oldMode, newMode, oldBlob = "", newBlob = "", letter = ""] = part.slice(1).split(" ");
      const isMoved = letter.startsWith("R") || letter.startsWith("C");
      const first = parts[++at] ?? "";
      const path = isMoved ? (parts[++at] ?? "") : first;
      changes.push({
        path,
        previousPath: isMoved ? first : null,
        status: statusOf(letter, oldMode !== newMode && oldBlob === newBlob),
        blob: letter === "D" ? oldBlob : newBlob,
        additions: 0,
        deletions: 0,
      });
    } else if (part !== "") {
      const [added = "", deleted = "", name = ""] = part.split("\t");
      const path = name === "" ? ((at += 2), parts[at] ?? "") : name;
      sums.set(path, { additions: Number(added) || 0, deletions: Number(deleted) || 0 });
    }
  }
  return changes.map((change, index) => ({
    ...change,
    ...sums.get(change.path),
    patch: hunksOf(patches[index] ?? ""),
  }));
}

function statusOf(letter: string, isModeOnly: boolean): FileChange["status"] {
  if (letter === "A") return "added";
  if (letter === "D") return "removed";
  if (letter.startsWith("R")) return "renamed";
  return isModeOnly ? "changed" : "modified";
}

function hunksOf(patch: string): string | null {
  const start = patch.indexOf("\n@@ ");
  return start < 0 ? null : patch.slice(start + 1).replace(/\n$/, "");
}
