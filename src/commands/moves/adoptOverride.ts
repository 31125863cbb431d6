import { keepProposal } from "../../github/keepProposal.ts";
import type { GitHub } from "../../github/openGitHub.ts";
import { escapeCell } from "../../report/github.ts";
import { overrideBranch } from "../../rollout/proposalBranches.ts";
import type { Io } from "../command.ts";
import { readTexts } from "./bringMain.ts";
import { type StandingOverride, toOverrideFile } from "./overrideFile.ts";

/** An override to be put into git. */
export interface Adoption {
  readonly standing: StandingOverride;
  readonly tip: string;
  readonly base: string;
  readonly file?: Parameters<typeof toOverrideFile>[1];
}

/** What became of it, in words, and where. */
export interface Adopted {
  readonly said: string;
  readonly url: string;
}

/**
 * Opens one pull request with the override's file; never a second, also when a person closed it: then they are told where it was.
 * Nothing is lifted by it.
 * @throws GiftError of `askGitHub`
 */
export async function proposeOverride(
  { root }: Io,
  github: GitHub,
  { standing, tip, base, file }: Adoption,
): Promise<Adopted> {
  const { id } = standing.override;
  const written = toOverrideFile(standing, file);
  const kept = await keepProposal(github, {
    branch: overrideBranch(id),
    base,
    tip,
    files: [written],
    onMain: await readTexts(root, tip, [written.path]),
    message: `Put the override ${id} into git\n`,
    title: `Put the override ${id} into git`,
    body: toBody(standing),
    labels: [],
    isOnce: true,
    mayReopen: () => false,
  });
  const { url } = kept.kind === "past" ? kept.past : kept;
  switch (kept.kind) {
    case "past":
      return { url, said: `${kept.past.isMerged ? "merged" : "a person closed it"}: ${url}` };
    case "theirs":
      return { url, said: `somebody else has it: ${url}` };
    default:
      return { url, said: `${kept.kind}: ${url}` };
  }
}

function toBody({ override: { id }, why, by }: StandingOverride): string {
  return [
    `The override ${escapeCell(id)} was written with break-glass and holds viewers back now. Merging this makes git say so, too: from then on the file rules, and deleting it lifts the override.`,
    "",
    ...(why === null ? [] : [`**Why:** ${escapeCell(why)}`]),
    ...(by === null ? [] : [`**By:** ${escapeCell(by)}`]),
    "",
    "Closing it lifts nothing: the override holds on until somebody runs `npx giftwrap override --lift`.",
    "",
  ].join("\n");
}
