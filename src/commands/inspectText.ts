import { FORMAT_NAMES } from "../formats/formatNames.ts";
import type { DeadWeight, EmbeddedPicture, Media } from "../formats/media.ts";
import { quoteName } from "../formats/quoteName.ts";
import { count, escapeUnseen, toBytes, toTable } from "../report/text.ts";

/** More would hide the rest of what is said. */
const MOST_IMAGES = 5;
const MOST_DEAD = 5;
const INDENT = "  ";

const KINDS = { animation: "an animation", picture: "a picture", sound: "a sound" } as const;
const DRAWN_BY = {
  node: "by giftwrap itself",
  browser: "by Chromium, where it is installed",
} as const;

/** What a file is, one aligned block; what it is not about is left out. */
export function mediaToText(path: string, media: Media): string {
  const rows = toRows(media).flatMap(([label, lines]) =>
    lines.map((line, at) => [`${INDENT}${at === 0 ? label : ""}`, escapeUnseen(line)]),
  );
  return `${escapeUnseen(path)}\n${toTable(rows)}`;
}

type Row = readonly [label: string, lines: readonly string[]];

function toRows(media: Media): readonly Row[] {
  const { kind, format, mediaType, player, drawnBy, slots, memoryRule, decodedBytes } = media;
  const rows: readonly Row[] = [
    ["is", [`${KINDS[kind]}: ${FORMAT_NAMES[format]} (${mediaType})`]],
    ["canvas", media.width > 0 ? [`${media.width} x ${media.height} pixels`] : []],
    ["plays", toPlays(media)],
    ["memory", [`${toBytes(decodedBytes)}: ${memoryRule}`]],
    ["images", toImages(media.pictures)],
    ["sound", toSound(media)],
    ["video", toVideo(media)],
    ["slots", slots.length > 0 ? [slots.map((it) => quoteName(it)).join(", ")] : []],
    ["needs", player ? [`a player of ${player.name} ${player.version}`] : []],
    ["drawn", drawnBy ? [DRAWN_BY[drawnBy]] : []],
    ["unused", toDead(media.deadWeight)],
    ["advice", media.warnings.flatMap(({ message, fix }) => [message, `fix: ${fix}`])],
  ];
  return rows.filter(([, lines]) => lines.length > 0);
}

function toPlays({ kind, frames, fps, durationSeconds }: Media): readonly string[] {
  if (kind === "picture") return [];
  const length = `${toNumber(durationSeconds)} s`;
  return kind === "sound" ? [length] : [`${count(frames, "frame")}, ${toNumber(fps)} per second, ${length}`];
}

/** The largest first: they are what memory goes to. */
function toImages(pictures: readonly EmbeddedPicture[]): readonly string[] {
  if (pictures.length === 0) return [];
  const largest = pictures.toSorted((a, b) => b.width * b.height - a.width * a.height).slice(0, MOST_IMAGES);
  const rows = largest.map(({ name, width, height, bytes, isUsed }) => [
    quoteName(name),
    `${width} x ${height}`,
    toBytes(bytes),
    isUsed ? "" : "not used",
  ]);
  const rest = pictures.length - largest.length;
  const all = count(pictures.length, "image");
  return [rest > 0 ? `${all}, the largest ${MOST_IMAGES}:` : `${all}:`, ...toTable(rows).split("\n")];
}

function toSound({ kind, sound }: Media): readonly string[] {
  if (!sound) return [];
  const within = kind === "sound" ? "" : ", inside of the animation";
  return [`${sound.codec}, ${toNumber(sound.seconds)} s, ${toBytes(sound.bytes)}${within}`];
}

function toVideo({ video }: Media): readonly string[] {
  if (!video) return [];
  const alpha = video.saysItsAlpha
    ? "it says where its transparency is"
    : "where its transparency is stands in gift.yaml, as `alpha:`";
  return [`${video.codec}, ${video.width} x ${video.height} pixels as it is coded; ${alpha}`];
}

function toDead(dead: readonly DeadWeight[]): readonly string[] {
  if (dead.length === 0) return [];
  const bytes = dead.reduce((sum, it) => sum + it.bytes, 0);
  const named = dead
    .slice(0, MOST_DEAD)
    .map((it) => `${it.what} ${quoteName(it.name)}, ${toBytes(it.bytes)}`);
  const rest = dead.length - named.length;
  return [
    `${toBytes(bytes)} that nobody will ever see or hear:`,
    ...named,
    ...(rest > 0 ? [`and ${rest} more`] : []),
  ];
}

/** At most two digits behind the point. */
function toNumber(value: number): string {
  return String(Math.round(value * 100) / 100);
}
