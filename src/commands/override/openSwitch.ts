import { readFile } from "node:fs/promises";
import { parseSavedState, type SavedState } from "../../publish/savedState.ts";
import { GiftError, UsageError } from "../../report/error.ts";
import { type Tree, workTree } from "../../source/tree.ts";
import { type Arguments, type Io, parseEdges } from "../command.ts";
import { type Environment, openEnvironment } from "../environment.ts";

/** What break-glass works on. */
export interface Switch {
  readonly environment: Environment;
  /** The copy that it was opened from, if any. */
  readonly saved: SavedState | null;
}

/** Opens an environment without git: from the files of the folder, or from the copy that --state names. */
export async function openSwitch(args: Arguments, io: Io): Promise<Switch> {
  const edges = parseEdges(args.texts("edge"));
  const path = args.text("state");
  if (path === undefined) {
    const name = args.text("env") ?? "production";
    return { environment: await openEnvironment(io, workTree(io.root), name, edges), saved: null };
  }
  const saved = parseSavedState(path, await readText(path));
  const name = args.text("env") ?? saved.environment;
  if (name !== saved.environment)
    throw new UsageError(`${path} is a copy of ${saved.environment}, and --env says ${name}`);
  return { environment: await openEnvironment(io, savedTree(saved), name, edges), saved };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new GiftError("STATE_MISSING", `${path} cannot be read`, "name the copy with --state FILE", {
      cause,
    });
  }
}

/** The files of an environment as they were when the copy was made. */
function savedTree({ files }: SavedState): Tree {
  const encoder = new TextEncoder();
  const kept = new Map(Object.entries(files).map(([path, text]) => [path, encoder.encode(text)]));
  const entries = async () => [...kept.keys()].map((path) => ({ path, kind: "file" as const }));
  return {
    entries,
    list: async () => [...kept.keys()],
    read: async (paths) => new Map([...kept].filter(([path]) => paths.includes(path))),
    sizes: async (paths) =>
      new Map([...kept].flatMap(([path, bytes]) => (paths.includes(path) ? [[path, bytes.length]] : []))),
  };
}
