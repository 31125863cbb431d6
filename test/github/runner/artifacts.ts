import { cp, mkdir, mkdtemp, readdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";

/** What the jobs of one run leave for other jobs and runs. A name is used once. */
export interface Artifacts {
  readonly names: readonly string[];
  /** The folder of an artifact; null where there is none of that name. */
  folderOf(name: string): string | null;
  /**
   * Keeps the files and folders at `paths`, below the folder that all of them share; hidden ones are left out unless asked for.
   * Returns how many files there were, nothing is kept when there was none. Throws an Error when the name is taken.
   */
  keep(name: string, paths: readonly string[], withHidden: boolean): Promise<number>;
}

export function openArtifacts(root: string): Artifacts {
  const folders = new Map<string, string>();
  return {
    get names() {
      return [...folders.keys()].sort();
    },
    folderOf: (name) => folders.get(name) ?? null,
    async keep(name, paths, withHidden) {
      const taken = `Failed to CreateArtifact: Received non-retryable error: an artifact named ${name} already exists`;
      if (folders.has(name)) throw new Error(taken);
      const files = (await Promise.all(paths.map((path) => filesAt(path, withHidden)))).flat();
      if (files.length === 0) return 0;
      const shared = await sharedFolder(paths);
      const folder = await mkdtemp(join(root, "artifact-"));
      for (const file of files) {
        const target = join(folder, relative(shared, file));
        await mkdir(dirname(target), { recursive: true });
        await cp(file, target);
      }
      folders.set(name, folder);
      return files.length;
    },
  };
}

async function filesAt(path: string, withHidden: boolean): Promise<readonly string[]> {
  const kind = await stat(path).catch(() => null);
  if (kind === null) return [];
  if (kind.isFile()) return [path];
  const names = (await readdir(path)).filter((it) => withHidden || !basename(it).startsWith("."));
  return (await Promise.all(names.map((name) => filesAt(join(path, name), withHidden)))).flat();
}

async function sharedFolder(paths: readonly string[]): Promise<string> {
  const folders = await Promise.all(
    paths.map(async (path) => {
      const kind = await stat(path).catch(() => null);
      return kind?.isDirectory() === true ? path : dirname(path);
    }),
  );
  const isShared = (folder: string) => folders.every((it) => !relative(folder, it).startsWith(".."));
  let shared = folders[0] ?? "/";
  while (!isShared(shared)) shared = dirname(shared);
  return shared;
}
