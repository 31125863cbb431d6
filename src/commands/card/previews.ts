import type { Pictures, PreviewLine } from "../../github/card/pullRequestCard.ts";
import { type Project, releaseKey } from "../../model/project.ts";
import type { LockFile } from "../../model/schemas.ts";
import { objectKey } from "../../wire/keys.ts";
import type { Environment } from "../environment.ts";

interface Named {
  readonly gift: string;
  readonly version: string;
}

/**
 * The pictures that locks name, where the environment's edges serve them: a comment can only show what has an address.
 * @param liveOf the release that everyone has now, beside which a new one is shown; null without one
 */
export function gatherPreviews(
  releases: readonly Named[],
  { after, before }: { readonly after: Project; readonly before: Project },
  environment: Environment,
  liveOf: (release: Named) => string | null,
): readonly PreviewLine[] {
  const base = environment.edges.find((it) => it.outOfService === undefined)?.url;
  const picturesOf = ({ locks }: Project, key: string): Pictures | null =>
    base === undefined ? null : toPictures(base, locks.get(key)?.value);
  return releases.map((release) => {
    const live = liveOf(release);
    const key = releaseKey(release.gift, release.version);
    const shown = live === null ? null : picturesOf(before, releaseKey(release.gift, live));
    return {
      release: key,
      pictures: picturesOf(after, key),
      before: live === null || shown === null ? null : { version: live, pictures: shown },
    };
  });
}

function toPictures(base: string, lock: LockFile | undefined): Pictures | null {
  const find = (role: "sheet" | "motion") => {
    const it = lock?.previews?.find((preview) => preview.role === role);
    return it
      ? { url: `${base}${objectKey(it.digest, it.mediaType)}`, width: it.width, height: it.height }
      : null;
  };
  const pictures = { sheet: find("sheet"), motion: find("motion") };
  return pictures.sheet || pictures.motion ? pictures : null;
}
