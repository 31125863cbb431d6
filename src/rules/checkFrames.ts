import type { Located } from "../model/project.ts";
import type { GiftFile } from "../model/schemas.ts";
import type { Finding } from "../report/finding.ts";
import { count } from "../report/text.ts";
import type { SourceFact } from "./facts.ts";

/** A folder of frames is a film: several pictures of one size, in an order that their names give, at a known speed. */
export function checkFrames(id: string, gift: Located<GiftFile>, files: readonly SourceFact[]): Finding[] {
  const found = { severity: "error", place: gift.place(["animation"]), gift: id } as const;
  const { animation: folder, fps } = gift.value;
  return [
    ...checkCount(folder, files),
    ...checkSpeed(folder, fps),
    ...checkSizes(files),
    ...checkOrder(folder, files),
  ].map((it) => ({ ...found, ...it }));
}

type Words = Pick<Finding, "code" | "message" | "fix">;

function checkCount(folder: string, files: readonly SourceFact[]): Words[] {
  if (files.length >= 2) return [];
  return [
    {
      code: "FRAME_COUNT",
      message: `${folder} has ${count(files.length, "frame")}; an animation needs at least 2`,
      fix: "export every frame of the animation into the folder",
    },
  ];
}

function checkSpeed(folder: string, fps: number | undefined): Words[] {
  if (fps !== undefined) return [];
  return [
    {
      code: "FPS_MISSING",
      message: `${folder} is a folder of frames, and nothing says how fast they play`,
      fix: "add a line such as fps: 24, with the frames per second that they were drawn for",
    },
  ];
}

function checkSizes(files: readonly SourceFact[]): Words[] {
  const sizes = files.flatMap((file) =>
    "media" in file && file.media.kind === "picture"
      ? [{ path: file.path, size: `${file.media.width}x${file.media.height}` }]
      : [],
  );
  const tally = new Map<string, number>();
  for (const { size } of sizes) tally.set(size, (tally.get(size) ?? 0) + 1);
  // The most common size is the one that was meant, the first of equals.
  const [usual] = [...tally].sort(([, a], [, b]) => b - a)[0] ?? [];
  const odd = sizes.filter(({ size }) => size !== usual);
  const [first] = odd;
  if (!first || usual === undefined) return [];
  return [
    {
      code: "FRAME_SIZE",
      message: `${first.path} is ${first.size}, but the other frames are ${usual}${odd.length > 1 ? `; ${count(odd.length - 1, "other frame")} differ${odd.length === 2 ? "s" : ""} too` : ""}`,
      fix: `export all frames with the same canvas, ${usual}`,
    },
  ];
}

interface Numbered {
  readonly name: string;
  readonly prefix: string;
  readonly digits: string;
}

function checkOrder(folder: string, files: readonly SourceFact[]): Words[] {
  const prefix = folder.endsWith("/") ? folder : `${folder}/`;
  const names = files
    .map(({ path }) => (path.startsWith(prefix) ? path.slice(prefix.length) : path))
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const numbered = names.map(toNumbered);
  const why = explainDisorder(names, numbered);
  if (why === null) return [];
  return [
    {
      code: "FRAME_ORDER",
      message: `frames play in the order of their names, and in ${folder} ${why}`,
      fix: "number the frames with the same count of digits: 000.png, 001.png, 002.png and so on",
    },
  ];
}

function explainDisorder(names: readonly string[], numbered: readonly (Numbered | null)[]): string | null {
  const without = names.find((_, at) => numbered[at] === null);
  if (without !== undefined) return `${without} has no number at its end`;
  const frames = numbered.filter((it) => it !== null);
  const [first] = frames;
  if (!first) return null;
  const stranger = frames.find((it) => it.prefix !== first.prefix);
  if (stranger) return `${stranger.name} is named differently from ${first.name}`;
  for (const [at, frame] of frames.entries()) {
    const next = frames[at + 1];
    if (next && Number(next.digits) < Number(frame.digits)) return `${frame.name} sorts before ${next.name}`;
  }
  const uneven = frames.find((it) => it.digits.length !== first.digits.length);
  if (!uneven) return null;
  return `${uneven.name} has ${count(uneven.digits.length, "digit")}, but ${first.name} has ${first.digits.length}`;
}

/** Splits `spark_012.png` into what comes before the number, and the number's digits. */
function toNumbered(name: string): Numbered | null {
  const parts = /^(.*?)(\d+)(?:\.[^./]*)?$/.exec(name);
  if (!parts) return null;
  const [, prefix = "", digits = ""] = parts;
  return { name, prefix, digits };
}
