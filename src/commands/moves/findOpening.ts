import { releasePath } from "../../model/paths.ts";
import { STAGES } from "../../model/rollout.ts";
import { stageOf } from "../../rules/change/compareReleases.ts";
import { fileHistory } from "../../source/git.ts";
import { parseFile } from "../../source/readProject.ts";
import { readObjects } from "../../source/tree.ts";
import type { Stage } from "../../wire/rollout.ts";

/** The commit, on the way to this one, since which the release has reached the stage; null where it has not, or nobody can say since when. */
export async function findOpening(
  root: string,
  commit: string,
  { gift, version, stage }: { readonly gift: string; readonly version: string; readonly stage: Stage },
): Promise<string | null> {
  const path = releasePath(gift, version);
  const states = (await fileHistory(root, commit, [path])).get(path) ?? [];
  const contents = await readObjects(
    root,
    states.flatMap(({ blob }) => blob ?? []),
  );
  let opening: string | null = null;
  for (const { commit: at, blob } of states) {
    const bytes = blob === null ? undefined : contents.get(blob);
    const reached = stageOf(parseFile("release", path, bytes).located?.value ?? null);
    if (reached < STAGES.indexOf(stage)) return opening;
    opening = at;
  }
  // Without the state before it nobody knows whether the stage was opened there; a file that begins so was.
  return opening;
}
