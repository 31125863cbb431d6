import { type Desired, desired } from "../publish/desired.ts";
import type { Kept } from "../publish/plan.ts";
import { GiftError } from "../report/error.ts";
import { type Finding, stoppedGifts } from "../report/finding.ts";
import { check } from "../rules/check.ts";
import { readProject } from "../source/readProject.ts";
import type { Tree } from "../source/tree.ts";
import type { Environment } from "./environment.ts";

/** What a tree wants of an environment, as far as its files are in order. */
export interface DesiredTree {
  readonly findings: readonly Finding[];
  readonly wanted: Desired;
  /** Gifts whose live entry has to stay, and why: their files have errors, or a release of theirs is not built. */
  readonly kept: Kept;
}

/** Null beside the findings when a file that concerns every gift is wrong: then nothing can be wanted. */
export async function readDesired(
  tree: Tree,
  environment: Environment,
  now: number,
): Promise<DesiredTree | { readonly findings: readonly Finding[]; readonly wanted: null }> {
  const { project, findings: unreadable } = await readProject(tree);
  const findings = [...unreadable, ...check(project, {})];
  const { everything, gifts } = stoppedGifts(findings);
  if (everything) return { findings, wanted: null };

  const releases = new Map([...project.releases].filter(([, { value }]) => !gifts.has(value.gift)));
  const wanted = desired({ ...project, releases }, environment.file, now);
  const kept = new Map<string, string>();
  for (const [gift, versions] of wanted.unbuilt)
    kept.set(gift, `${versions.join(", ")} has no lock: run npx giftwrap build`);
  for (const gift of gifts) kept.set(gift, "its files have errors: run npx giftwrap validate");
  return { findings, wanted, kept };
}

/** @throws GiftError `FILES_BROKEN` */
export async function mustReadDesired(
  tree: Tree,
  environment: Environment,
  now: number,
): Promise<DesiredTree> {
  const read = await readDesired(tree, environment, now);
  if (read.wanted) return read;
  throw new GiftError(
    "FILES_BROKEN",
    "files that concern every gift have errors",
    "run npx giftwrap validate to see them",
  );
}
