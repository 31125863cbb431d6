import { keepProposal } from "../../github/keepProposal.ts";
import type { GitHub } from "../../github/openGitHub.ts";
import { releasePath } from "../../model/paths.ts";
import { releaseKey } from "../../model/project.ts";
import { UsageError } from "../../report/error.ts";
import type { ReleaseName } from "../../rollout/readPinned.ts";
import { toOpeningLine } from "../../source/proposeCommit.ts";
import type { Io } from "../command.ts";
import { readTexts } from "./bringMain.ts";

/** One value of a release's file changed, as somebody asked for it. */
export interface EditOrder {
  readonly release: ReleaseName;
  readonly branch: string;
  readonly base: string;
  readonly tip: string;
  readonly text: string;
  readonly title: string;
  readonly reason: string;
  readonly body: string;
  readonly label: string;
  readonly opening?: string;
}

/** The release's file on main. @throws UsageError where there is none */
export async function readOnMain(io: Io, tip: string, release: ReleaseName): Promise<string> {
  const path = releasePath(release.gift, release.version);
  const [file] = await readTexts(io.root, tip, [path]);
  if (file?.text == null) throw new UsageError(`there is no ${path} on the main branch`);
  return file.text;
}

/** Opens its pull request, or brings the one that is open up to date; says so, and gives where it is. */
export async function proposeEdit(
  io: Io,
  github: GitHub,
  { release, branch, base, tip, text, title, reason, body, label, opening }: EditOrder,
): Promise<{ readonly number: number; readonly url: string; readonly said: string }> {
  const { gift, version } = release;
  const path = releasePath(gift, version);
  const trailers = [`Gift: ${gift}`, `Release: ${version}`, ...(opening ? [toOpeningLine(opening)] : [])];
  const kept = await keepProposal(github, {
    branch,
    base,
    tip,
    files: [{ path, text }],
    onMain: await readTexts(io.root, tip, [path]),
    message: `${title}\n\n${reason}\n\n${trailers.join("\n")}\n`,
    title: title.slice(0, 250),
    body,
    labels: [label],
    isAskedFor: true,
    ...(opening && { opening }),
  });
  if (kept.kind === "past") throw new TypeError("what a person asks for may always be opened again");
  io.output("pull", String(kept.number));
  io.output("url", kept.url);
  io.output("branch", branch);
  const name = releaseKey(gift, version);
  const said =
    kept.kind === "theirs"
      ? `${name}: somebody pushed to ${kept.url}, so it is theirs and stays as it is`
      : `${name}: ${title}: ${kept.url} (${kept.kind})`;
  return { number: kept.number, url: kept.url, said };
}
