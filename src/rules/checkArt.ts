import { giftPath } from "../model/paths.ts";
import type { Located } from "../model/project.ts";
import type { GiftFile } from "../model/schemas.ts";
import type { Finding } from "../report/finding.ts";
import { count, toBytes } from "../report/text.ts";
import { TIERS } from "../wire/viewer.ts";
import type { GiftMedia, MediaFact, SourceFact } from "./facts.ts";

/** What the animation leaves to its author is said, what it says itself is not said again, and nobody downloads what nobody sees. */
export function checkArt(id: string, gift: Located<GiftFile>, media: GiftMedia): Finding[] {
  const [main] = media.animation;
  const art = main && "media" in main && main.media.kind === "animation" ? main.media : null;
  const found = { gift: id };
  return [
    ...(art ? checkAlpha(gift, art) : []),
    ...checkVariants(gift, media, art),
    ...(art && gift.value.still === undefined ? checkStill(gift, art) : []),
    ...[...media.animation, ...Object.values(media.variants ?? {})].flatMap((it) =>
      tellOf(id, gift, "animation", it),
    ),
    ...(media.sound ? tellOf(id, gift, "sound", media.sound) : []),
    ...(media.still ? tellOf(id, gift, "still", media.still) : []),
  ].map((it) => ({ ...found, ...it }));
}

/** What a plain MP4 does not say itself; every other format does. */
function checkAlpha(gift: Located<GiftFile>, { saysItsAlpha }: MediaFact): Finding[] {
  const { alpha, animation } = gift.value;
  if (saysItsAlpha === false && alpha === undefined)
    return [
      {
        code: "ALPHA_MISSING",
        severity: "error",
        place: gift.place(["animation"]),
        message: `${animation} is an MP4 that does not say where its transparency is, and neither does gift.yaml`,
        fix: "add a line such as alpha: right, with the half that is grey (left, right, top or bottom), or alpha: none where nothing shows through",
      },
    ];
  if (saysItsAlpha === false || alpha === undefined) return [];
  return [
    {
      code: "ALPHA_UNUSED",
      severity: "warning",
      place: gift.place(["alpha"]),
      message: `alpha is ${alpha}, but ${animation} says itself what shows through`,
      fix: "take the alpha line out; it is only for MP4 files without a description of their own",
    },
  ];
}

/** Formats that cannot be made smaller here, so that artists deliver another file for weaker devices. */
const CARRIED: readonly string[] = ["vap", "yyeva", "mp4", "pag", "avif"];

function checkVariants(
  gift: Located<GiftFile>,
  { variants = {}, isFolder }: GiftMedia,
  art: MediaFact | null,
): Finding[] {
  const { variants: named = {}, animation } = gift.value;
  const tiers = TIERS.filter((it) => named[it] !== undefined);
  if (tiers.length === 0) return [];
  if (isFolder || (art && !CARRIED.includes(art.format)))
    return [
      {
        code: "VARIANTS_UNUSED",
        severity: "error",
        place: gift.place(["variants"]),
        message: `variants are given, but every tier's file is made from ${animation} by itself`,
        fix: "take the variants out, and delete their files; only MP4, PAG and AVIF need them",
      },
    ];
  if (!art) return [];
  return tiers.flatMap((tier) => {
    const file = variants[tier];
    if (!file || !("media" in file) || file.media.format === art.format) return [];
    return [
      {
        code: "VARIANT_FORMAT",
        severity: "error",
        place: gift.place(["variants", tier]),
        message: `${file.path} is ${file.media.format.toUpperCase()}, but ${animation} is ${art.format.toUpperCase()}: apps ask for one player, whatever the tier`,
        fix: `export it as ${art.format.toUpperCase()}, like the others`,
      } as const,
    ];
  });
}

/** A picture for viewers whose app cannot play it: given, or drawn from the animation. */
function checkStill(gift: Located<GiftFile>, { drawnBy }: MediaFact): Finding[] {
  if (drawnBy === "node") return [];
  const { animation } = gift.value;
  return [
    {
      code: "STILL_MISSING",
      severity: drawnBy === "browser" ? "warning" : "error",
      place: gift.place(["animation"]),
      message:
        drawnBy === "browser"
          ? `there is no still, and only a browser can draw one from ${animation}: where there is none, the gift cannot be built`
          : `there is no still, and none can be made from ${animation}: viewers whose app cannot play it would see nothing of this gift`,
      fix: "draw one picture of the gift, upload it as source/still.png and add the line still: source/still.png",
    },
  ];
}

/** Where in gift.yaml a file is named. */
type Key = "animation" | "sound" | "still";

function tellOf(id: string, gift: Located<GiftFile>, key: Key, file: SourceFact): Finding[] {
  return [...checkDeadWeight(id, gift, key, file), ...toAdvice(gift, key, file)];
}

function checkDeadWeight(id: string, gift: Located<GiftFile>, key: Key, file: SourceFact): Finding[] {
  if (!("media" in file) || file.media.deadWeight.length === 0) return [];
  const { deadWeight } = file.media;
  const bytes = deadWeight.reduce((sum, it) => sum + it.bytes, 0);
  const [first] = deadWeight;
  const others = deadWeight.length - 1;
  return [
    {
      code: "DEAD_WEIGHT",
      severity: "warning",
      place: gift.place([key]),
      message: `${file.path} carries ${toBytes(bytes)} that nobody sees or hears: the ${first?.what} "${first?.name}"${others > 0 ? ` and ${count(others, "other")}` : ""}`,
      fix: lighten(id, giftPath(id, file.path), deadWeight),
    },
  ];
}

/** What a machine cannot take out is asked of the author only. */
function lighten(id: string, path: string, deadWeight: MediaFact["deadWeight"]): string {
  const byMachine = `run npx giftwrap fix ${id} --write`;
  if (deadWeight.every((it) => it.isRemovable))
    return `${byMachine}, or export ${path} without it; builds leave it out where they can`;
  if (deadWeight.some((it) => it.isRemovable))
    return `${byMachine}, and export ${path} again without the rest`;
  return `export ${path} again without it`;
}

function toAdvice(gift: Located<GiftFile>, key: Key, file: SourceFact): Finding[] {
  if (!("media" in file)) return [];
  return file.media.warnings.map(({ message, fix }) => ({
    code: "ART_ADVICE",
    severity: "warning",
    place: gift.place([key]),
    message: `${file.path}: ${message}`,
    fix,
  }));
}
