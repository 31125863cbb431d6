import { giftPath, releasePath } from "../model/paths.ts";
import type { PolicyFile, ReleaseFile } from "../model/schemas.ts";
import type { FileText } from "../source/fileText.ts";
import { toYamlScalar } from "../source/yamlScalar.ts";
import { compareVersions, parseVersion } from "../wire/version.ts";
import { TIERS } from "../wire/viewer.ts";
import type { AnimationChoice, FormProblem, ReleaseForm } from "./issueForm.ts";

/** What main knows of the gift that a form is about. */
export interface KnownGift {
  /** Whether there is a gift.yaml. */
  readonly isThere: boolean;
  /** Where its art is, below the gift's folder, such as `source/frames`; null where that cannot be read. */
  readonly animation: string | null;
  /** Every version that ever had a file, also those that are gone. */
  readonly versions: readonly string[];
  /** Its newest release that can be read. */
  readonly newest: ReleaseFile | null;
}

/** The files of a new release, and where its art goes. */
export interface NewRelease {
  readonly gift: string;
  readonly version: string;
  readonly title: string;
  readonly isNewGift: boolean;
  readonly files: readonly FileText[];
  /** The folder for the art. */
  readonly uploadTo: string;
  /** What is expected there, in words. */
  readonly art: string;
}

export type PlannedRelease =
  | ({ readonly kind: "release" } & NewRelease)
  | { readonly kind: "problems"; readonly problems: readonly FormProblem[] };

interface Art {
  readonly animation: string;
  readonly player: string;
  readonly isFolder: boolean;
  /** Whether somebody has to draw the still: nothing else than a browser could. */
  readonly needsStill: boolean;
  readonly folder: string;
  readonly words: string;
}

const SHARE_PERCENT = 5;
const COHORTS = ["staff"];
const FPS = 24;

/**
 * A release that is open to its test group alone, with the layout that the rules want. What the form leaves out is as in the gift's
 * newest release, or follows from the policy.
 * @param author the login of the person who asked, who becomes the owner of a new gift
 */
export function planNewRelease(
  form: ReleaseForm,
  known: KnownGift,
  policy: Pick<PolicyFile, "platforms" | "gate">,
  author: string,
): PlannedRelease {
  const { gift, title } = form;
  const next = nextVersion(known.versions);
  const version = form.version ?? next;
  const problems: FormProblem[] = [];
  if (known.versions.includes(version))
    problems.push({
      heading: "Version",
      message: `${gift} ${version} is there already, or was: a version is never used again. The next one is ${next}`,
    });
  if (!known.isThere && !form.animation)
    problems.push({ heading: "Kind of animation", message: `${gift} is a new gift: choose what its art is` });
  const regions = regionsOf(form, known, policy);
  if (regions.length === 0)
    problems.push({ heading: "Regions", message: "name at least one, such as: SG 5" });
  if (problems.length > 0) return { kind: "problems", problems };

  const art = artOf(gift, known, form.animation);
  const release = releaseText({ form, version, known, policy, regions, player: art.player });
  return {
    kind: "release",
    gift,
    version,
    title,
    isNewGift: !known.isThere,
    files: [
      ...(known.isThere ? [] : [{ path: giftPath(gift), text: giftText(form, art, author) }]),
      { path: releasePath(gift, version), text: release },
    ],
    uploadTo: giftPath(gift, art.folder),
    art: art.words,
  };
}

/** The next minor version after all that ever were; 1.0.0 for the first. */
export function nextVersion(versions: readonly string[]): string {
  const parsed = versions.flatMap((text) => {
    const version = parseVersion(text);
    return version ? [{ text, version }] : [];
  });
  const newest = parsed.sort((a, b) => compareVersions(b.version, a.version))[0];
  if (!newest) return "1.0.0";
  const [major, minor, patch, ...pre] = newest.version;
  // What is tried under 1.4.0-rc.1 becomes 1.4.0.
  return pre.length > 0 ? `${major}.${minor}.${patch}` : `${major}.${minor + 1}.0`;
}

function artOf(gift: string, { isThere, animation }: KnownGift, choice: AnimationChoice | undefined): Art {
  if (isThere && animation === null)
    return { ...FRAMES, animation: "source", folder: "source", words: "the files of this version" };
  const file = isThere ? fileKindOf(animation ?? "") : FILES[choice ?? "PNG frames"];
  const folder = (isThere && animation) || "source/frames";
  if (!file) return { ...FRAMES, animation: folder, folder };
  const path = animation ?? `source/${gift}.${file.extension}`;
  const name = path.slice(path.lastIndexOf("/") + 1);
  const still = file.needsStill ? ", and still.png, the picture that is shown where nothing can move" : "";
  return {
    animation: path,
    player: file.player,
    isFolder: false,
    needsStill: file.needsStill,
    folder: path.slice(0, Math.max(0, path.lastIndexOf("/"))) || "source",
    words: `the animation as ${name}${still}`,
  };
}

const FRAMES = {
  player: "webp",
  isFolder: true,
  needsStill: false,
  words: "the frames, as PNG files that are numbered in playing order: 000.png, 001.png …",
} as const;

interface FileKind {
  readonly extension: string;
  readonly player: string;
  readonly needsStill: boolean;
}

const drawn = (extension: string, player: string): FileKind => ({ extension, player, needsStill: false });
const filmed = (extension: string, player: string): FileKind => ({ extension, player, needsStill: true });

/** What is one file, by what people call it. */
const FILES: Readonly<Record<AnimationChoice, FileKind | null>> = {
  "PNG frames": null,
  SVGA: drawn("svga", "svga"),
  Lottie: drawn("json", "lottie"),
  dotLottie: drawn("lottie", "dotlottie"),
  WebP: drawn("webp", "webp"),
  GIF: drawn("gif", "webp"),
  PAG: filmed("pag", "pag"),
  VAP: filmed("mp4", "vap"),
  YYEVA: filmed("mp4", "yyeva"),
};

/** Of a gift that is there only its file's name is known; null for a folder. */
function fileKindOf(animation: string): FileKind | null {
  const extension = /\.([a-z0-9]+)$/i.exec(animation)?.[1]?.toLowerCase();
  if (extension === undefined) return null;
  const known = Object.values(FILES).find((it) => it?.extension === extension);
  return known ?? { extension, player: "webp", needsStill: false };
}

function regionsOf(
  { regions }: ReleaseForm,
  { newest }: KnownGift,
  { gate }: Pick<PolicyFile, "gate">,
): readonly (readonly [string, number])[] {
  if (regions.size > 0) return [...regions].map(([name, share]) => [name, share ?? SHARE_PERCENT]);
  if (newest) return Object.entries(newest.rollout.regional.regions);
  return Object.keys(gate?.traffic?.regions ?? {}).map((name) => [name, SHARE_PERCENT]);
}

function giftText(
  { gift, giftName }: ReleaseForm,
  { animation, isFolder, needsStill }: Art,
  author: string,
): string {
  return [
    "# yaml-language-server: $schema=../../schemas/gift.schema.json",
    `id: ${toYamlScalar(gift)}`,
    `name: ${toYamlScalar(giftName ?? toName(gift))}`,
    `owner: ${toYamlScalar(`@${author}`)}`,
    `animation: ${animation}`,
    ...(isFolder ? [`fps: ${FPS}`] : []),
    ...(needsStill ? ["still: source/still.png"] : []),
    "",
  ].join("\n");
}

/** "dragon-dance" is "Dragon Dance". */
function toName(gift: string): string {
  return gift
    .split("-")
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join(" ");
}

interface ReleaseParts {
  readonly form: ReleaseForm;
  readonly version: string;
  readonly known: KnownGift;
  readonly policy: Pick<PolicyFile, "platforms">;
  readonly regions: readonly (readonly [string, number])[];
  readonly player: string;
}

function releaseText({ form, version, known: { newest }, policy, regions, player }: ReleaseParts): string {
  const compat = newest?.compat ?? { app: appsOf(policy, player), tiers: [...TIERS] };
  const isAsked = form.cohorts.length > 0 || form.percent !== undefined;
  const canary = newest?.rollout.canary;
  const cohorts = isAsked
    ? form.cohorts
    : (canary?.cohorts ?? (canary?.percent === undefined ? COHORTS : []));
  const percent = isAsked ? form.percent : canary?.percent;
  const eligible = form.regions.size === 0 ? newest?.rollout.regional.eligible : undefined;
  const { requires = {}, fallback = [] } = newest ?? {};
  const lines = [
    "# yaml-language-server: $schema=../../schemas/release.schema.json",
    `gift: ${toYamlScalar(form.gift)}`,
    `version: ${version}`,
    `title: ${toYamlScalar(form.title)}`,
    "",
    "compat:",
    `  app: ${toFlow(compat.app)}`,
    `  tiers: [${compat.tiers.join(", ")}]`,
    "",
    ...(Object.keys(requires).length > 0 ? [`requires: ${toFlow(requires)}`] : []),
    ...(fallback.length > 0 ? ["fallback:", ...fallback.map((it) => `  - gift: ${it.gift}`)] : []),
    ...(Object.keys(requires).length + fallback.length > 0 ? [""] : []),
    ...(form.campaign
      ? [
          "campaign:",
          `  name: ${toYamlScalar(form.campaign.name)}`,
          `  starts: ${toYamlScalar(form.campaign.starts)}`,
          `  ends: ${toYamlScalar(form.campaign.ends)}`,
          "",
        ]
      : []),
    "rollout:",
    "  canary:",
    "    open: true",
    ...(cohorts.length > 0 ? ["    cohorts:", ...cohorts.map((it) => `      - ${toYamlScalar(it)}`)] : []),
    // Nothing that changes later may touch the line with open.
    ...(percent === undefined
      ? []
      : [...(cohorts.length > 0 ? [] : ["    # of all viewers"]), `    percent: ${percent}`]),
    "",
    "  regional:",
    "    open: false",
    "    regions:",
    ...regions.map(([name, share]) => `      ${name}: ${share}`),
    ...(eligible ? [`    eligible: ${toEligible(eligible)}`] : []),
    "",
    "  full:",
    "    open: false",
    "",
  ];
  return lines.join("\n");
}

/** The apps of each platform that carry the player; a platform without it is not served. */
function appsOf(
  { platforms }: Pick<PolicyFile, "platforms">,
  player: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(platforms).flatMap(([name, { apps, players }]) => {
      const ranges = players
        .filter((it) => it.name === player)
        .map((it) => (it.apps === "*" ? apps : it.apps));
      return ranges.length > 0 ? [[name, [...new Set(ranges)].join(" || ")]] : [];
    }),
  );
}

function toFlow(ranges: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(ranges).map(([key, range]) => `${toYamlScalar(key)}: ${toYamlScalar(range)}`);
  return `{ ${pairs.join(", ")} }`;
}

function toEligible({ tiers, exclude }: NonNullable<ReleaseFile["rollout"]["regional"]["eligible"]>): string {
  const parts = [
    ...(tiers ? [`tiers: [${tiers.join(", ")}]`] : []),
    ...(exclude ? [`exclude: [${exclude.map(toYamlScalar).join(", ")}]`] : []),
  ];
  return `{ ${parts.join(", ")} }`;
}
