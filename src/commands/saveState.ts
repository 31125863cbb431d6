import { writeFile } from "node:fs/promises";
import { environmentPath, formerRootPath, rootPath } from "../model/paths.ts";
import type { LiveTimestamp } from "../publish/live.ts";
import { savedStateText } from "../publish/savedState.ts";
import { GiftError } from "../report/error.ts";
import type { Tree } from "../source/tree.ts";
import { type Environment, trustEnvironment } from "./environment.ts";

/** Keeps what `giftwrap override --state FILE` needs when neither git nor the store can be read. No secret is in it. */
export async function saveState(
  path: string,
  tree: Tree,
  environment: Environment,
  live: LiveTimestamp | null,
  now: number,
): Promise<void> {
  const { name, formerRoots } = environment;
  const { version } = (await trustEnvironment(environment)).root;
  const former = formerRoots.map((_, at) => formerRootPath(name, version - 1 - at));
  const files = await tree.read([environmentPath(name), rootPath(name), ...former]);
  const decoder = new TextDecoder();
  const text = savedStateText({
    environment: name,
    files: Object.fromEntries([...files].map(([path, bytes]) => [path, decoder.decode(bytes)])),
    timestamp: live?.tag ? { text: decoder.decode(live.bytes), tag: live.tag } : null,
    savedAt: new Date(now).toISOString(),
  });
  try {
    await writeFile(path, text);
  } catch (cause) {
    const fix = "name a file in a folder that is there and may be written";
    throw new GiftError("STATE_UNWRITTEN", `the state of ${name} could not be written to ${path}`, fix, {
      cause,
    });
  }
}
