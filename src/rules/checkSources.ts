import { classifyPath, giftPath } from "../model/paths.ts";
import type { Located, Project } from "../model/project.ts";
import type { GiftFile } from "../model/schemas.ts";
import { MAX_SOURCE_BYTES } from "../model/sources.ts";
import type { FindingCode } from "../report/codes.ts";
import type { Finding } from "../report/finding.ts";
import { type Tier, TIERS } from "../wire/viewer.ts";
import { nearestWord } from "../report/nearest.ts";
import { count, toBytes } from "../report/text.ts";
import { checkArt } from "./checkArt.ts";
import { checkFrames } from "./checkFrames.ts";
import type { GiftMedia, MediaFact, SourceFact } from "./facts.ts";

/** What gift.yaml names is there, can be read, and is what its name and its place say. */
export function checkSources(project: Project, media?: ReadonlyMap<string, GiftMedia>): Finding[] {
  if (!media) return [];
  const sources = sourcesByGift(project);
  return [...project.gifts].flatMap(([id, gift]) => {
    const found = media.get(id);
    return found ? checkGift(id, gift, found, sources.get(id) ?? []) : [];
  });
}

type Role = "animation" | "sound" | "still" | `variants.${Tier}`;

function checkGift(
  id: string,
  gift: Located<GiftFile>,
  media: GiftMedia,
  sources: readonly string[],
): Finding[] {
  const { animation, fps, sound, still } = gift.value;
  // What is there and is no file, such as a link, was told about when it was found.
  const isThere = (path: string) => sources.some((it) => it === path || it.startsWith(`${path}/`));
  const missing = (role: Role, path: string) =>
    isThere(path) ? [] : [toMissing(id, gift, role, path, sources)];
  return [
    ...(media.animation.length === 0 ? missing("animation", animation) : []),
    ...(sound !== undefined && !media.sound ? missing("sound", sound) : []),
    ...(still !== undefined && !media.still ? missing("still", still) : []),
    ...checkFiles(id, gift, "animation", media.animation, media.isFolder ? isFrame : isAnimation),
    ...tiersOf(gift.value).flatMap(([tier, path]) => {
      const file = media.variants?.[tier];
      const role = `variants.${tier}` as const;
      return file ? checkFiles(id, gift, role, [file], isAnimation) : missing(role, path);
    }),
    ...checkFiles(id, gift, "sound", media.sound ? [media.sound] : [], isSound),
    ...checkFiles(id, gift, "still", media.still ? [media.still] : [], isPicture),
    ...(media.isFolder ? checkFrames(id, gift, media.animation) : []),
    ...(!media.isFolder && media.animation.length > 0 && fps !== undefined ? [toFpsUnused(id, gift)] : []),
    ...checkArt(id, gift, media),
  ];
}

function tiersOf({ variants = {} }: GiftFile): (readonly [Tier, string])[] {
  return TIERS.flatMap((tier) => (variants[tier] === undefined ? [] : [[tier, variants[tier]] as const]));
}

/** What is wrong with a file, worded so that its path goes before it. */
interface Fault {
  readonly code: FindingCode;
  readonly says: string;
  readonly fix: string;
}

/** Says what a file should be instead, or null when it is right. */
type Wanted = (media: MediaFact) => { readonly says: string; readonly fix: string } | null;

const isAnimation: Wanted = ({ kind }) =>
  kind === "animation"
    ? null
    : {
        says: "not an animation",
        fix: "name an animation, such as an SVGA, Lottie, MP4, PAG, WebP or GIF file, or a folder of PNG frames",
      };
const isFrame: Wanted = ({ kind, format }) =>
  kind === "picture" && format.toLowerCase() === "png"
    ? null
    : { says: "not a PNG frame", fix: "export every frame as PNG; move anything else out of the folder" };
const isSound: Wanted = ({ kind }) =>
  kind === "sound" ? null : { says: "not a sound", fix: "name a sound file, or take the sound out" };
const isPicture: Wanted = ({ kind }) =>
  kind === "picture"
    ? null
    : { says: "not a single picture", fix: "export one picture of the gift, such as source/still.png" };

/** One finding for all files with the same fault: a folder of frames often has it in every one. */
function checkFiles(
  id: string,
  gift: Located<GiftFile>,
  role: Role,
  files: readonly SourceFact[],
  wanted: Wanted,
): Finding[] {
  const groups = new Map<string, { fault: Fault; paths: string[] }>();
  for (const file of files) {
    const fault = findFault(file, wanted);
    if (!fault) continue;
    const key = `${fault.code} ${fault.says}`;
    const group = groups.get(key) ?? { fault, paths: [] };
    group.paths.push(file.path);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ fault: { code, says, fix }, paths }) => ({
    code,
    severity: "error",
    place: gift.place(role.split(".")),
    message: `${paths[0] ?? role}${says}${paths.length > 1 ? `; ${count(paths.length - 1, "other file")} likewise` : ""}`,
    fix,
    gift: id,
  }));
}

function findFault(file: SourceFact, wanted: Wanted): Fault | null {
  if (file.bytes === 0)
    return {
      code: "SOURCE_EMPTY",
      says: " is empty: 0 bytes",
      fix: "export it again and upload the whole file",
    };
  if (file.bytes > MAX_SOURCE_BYTES)
    return {
      code: "SOURCE_TOO_BIG",
      says: ` has ${toBytes(file.bytes)}; the most is ${toBytes(MAX_SOURCE_BYTES)}`,
      fix: "export it shorter or smaller; a gift is a few megabytes",
    };
  if ("problem" in file) {
    const { message, fix } = file.problem;
    return { code: "SOURCE_UNREADABLE", says: ` cannot be used: ${message}`, fix };
  }
  const { media } = file;
  const is = ` is really ${KINDS[media.kind]} (${formatName(media.format)})`;
  const extension = extensionOf(file.path);
  const extensions = media.extensions.map((it) => it.replace(/^\./, "").toLowerCase());
  const want = wanted(media);
  if (!extensions.includes(extension.toLowerCase())) {
    const says = extension === "" ? "a name without an ending" : `.${extension}`;
    const again = extension === "" ? "export it again" : `export it again as .${extension}`;
    // Renaming helps only where the file is otherwise what belongs here.
    const other = want || extensions[0] === undefined ? "" : `, or rename it to end in .${extensions[0]}`;
    return { code: "SOURCE_MISNAMED", says: `${is}, not what ${says} says`, fix: `${again}${other}` };
  }
  return want && { code: "SOURCE_WRONG_KIND", says: `${is}, ${want.says}`, fix: want.fix };
}

function formatName(format: string): string {
  return FORMAT_NAMES[format] ?? format.toUpperCase();
}

const FORMAT_NAMES: Readonly<Record<string, string>> = {
  lottie: "Lottie",
  dotlottie: "dotLottie",
  webp: "WebP",
  opus: "Opus",
};

const KINDS = { animation: "an animation", picture: "a picture", sound: "a sound" } as const;

function toMissing(
  id: string,
  gift: Located<GiftFile>,
  role: Role,
  path: string,
  sources: readonly string[],
): Finding {
  const bare = path.replace(/\/+$/, "");
  const folders = sources.map((it) => it.slice(0, it.lastIndexOf("/"))).filter((it) => it !== "source");
  const others = [...sources, ...(role === "animation" ? folders : [])].filter((it) => it !== path);
  const near = nearestWord(bare, others);
  return {
    code: "SOURCE_MISSING",
    severity: "error",
    place: gift.place(role.split(".")),
    message: `${role} is ${path}, but ${giftPath(id, path)} is not there${near ? `; did you mean ${near}?` : ""}`,
    fix: near
      ? `write ${role}: ${near}, or upload the file`
      : `upload the file to ${giftPath(id, "source/")}, or name another`,
    gift: id,
  };
}

function toFpsUnused(id: string, gift: Located<GiftFile>): Finding {
  return {
    code: "FPS_UNUSED",
    severity: "warning",
    place: gift.place(["fps"]),
    message: `fps is ${gift.value.fps}, but ${gift.value.animation} is one file and knows its own speed`,
    fix: "take the fps line out; it is only for folders of frames",
    gift: id,
  };
}

/** Paths below each gift's folder. */
function sourcesByGift({ paths }: Project): ReadonlyMap<string, readonly string[]> {
  const sources = new Map<string, string[]>();
  for (const path of paths) {
    const it = classifyPath(path);
    if (it.kind !== "source") continue;
    const known = sources.get(it.gift);
    if (known) known.push(it.path);
    else sources.set(it.gift, [it.path]);
  }
  return sources;
}

function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1);
}
