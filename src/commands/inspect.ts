import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { inspect } from "../formats/inspect.ts";
import { type Declared, type Media, MediaError } from "../formats/media.ts";
import { MAX_SOURCE_BYTES } from "../model/sources.ts";
import type { FindingCode } from "../report/codes.ts";
import { UsageError } from "../report/error.ts";
import type { Finding } from "../report/finding.ts";
import { count, findingsToText, toBytes } from "../report/text.ts";
import { isDropped } from "../source/tree.ts";
import { type Command, EXIT, JSON_OPTION } from "./command.ts";
import { FORMAT_NAMES } from "../formats/formatNames.ts";
import { mediaToText } from "./inspectText.ts";

const SIDES = ["left", "right", "top", "bottom", "none"] as const;

export const command: Command = {
  summary:
    "say what media files are, from their bytes alone: size, frames, memory, images, sound, what plays them",
  usage: "FILE... [--json] [--alpha SIDE]",
  example: "giftwrap inspect gifts/rose/source/rose.svga",
  options: {
    alpha: {
      type: "string",
      value: "SIDE",
      help: `which half of a plain MP4 carries its transparency: ${SIDES.join(", ")}`,
    },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const declared = parseDeclared(args.text("alpha"));
    if (args.words.length === 0) throw new UsageError("name the files to look at, or a folder of them");
    const paths = (await Promise.all(args.words.map((it) => pathsOf(io.root, it)))).flat();
    const all: Inspected[] = [];
    let findings = 0;
    for (const path of paths) {
      const inspected = await inspectFile(io.root, path, declared);
      findings += inspected.findings.length;
      io.annotate(inspected.findings);
      if (args.flag("json")) all.push(inspected);
      else io.line(toText(inspected));
    }
    if (args.flag("json")) io.line(JSON.stringify(all));
    else if (paths.length > 1) io.line(`${count(paths.length, "file")}, ${count(findings, "problem")}`);
    return findings > 0 ? EXIT.findings : EXIT.ok;
  },
};

/** One file: what it is, or why nobody can tell. */
type Inspected = {
  readonly path: string;
  readonly findings: readonly Finding[];
} & ({ readonly media: Media } | { readonly problem: { readonly message: string; readonly fix: string } });

async function inspectFile(root: string, path: string, declared: Declared): Promise<Inspected> {
  const at = resolve(root, path);
  const { size } = await stat(at);
  if (size > MAX_SOURCE_BYTES)
    return toProblem(path, "SOURCE_TOO_BIG", {
      message: `it has ${toBytes(size)}; the most is ${toBytes(MAX_SOURCE_BYTES)}`,
      fix: "export it shorter or smaller; a gift is a few megabytes",
    });
  try {
    const media = await inspect(await readFile(at), declared);
    return { path, media, findings: checkName(path, media) };
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    return toProblem(path, size === 0 ? "SOURCE_EMPTY" : "SOURCE_UNREADABLE", error);
  }
}

function toProblem(
  path: string,
  code: FindingCode,
  { message, fix }: { readonly message: string; readonly fix: string },
): Inspected {
  return { path, problem: { message, fix }, findings: [toFinding(path, code, message, fix)] };
}

/** The bytes decide what a file is; a name that says something else misleads whoever serves or opens it. */
function checkName(path: string, { format, extensions }: Media): Finding[] {
  const ending = /\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase();
  if (ending !== undefined && extensions.includes(ending)) return [];
  const says = ending === undefined ? "a name without an ending" : `.${ending}`;
  return [
    toFinding(
      path,
      "SOURCE_MISNAMED",
      `it is really ${FORMAT_NAMES[format]}, not what ${says} says`,
      `rename it to end in .${extensions[0] ?? format}${ending === undefined ? "" : `, or export it again as .${ending}`}`,
    ),
  ];
}

function toFinding(file: string, code: FindingCode, message: string, fix: string): Finding {
  return { code, severity: "error", place: { file, line: 1, column: 1 }, message, fix };
}

function toText({ path, findings, ...rest }: Inspected): string {
  const found = findingsToText(findings);
  return "media" in rest ? `${mediaToText(path, rest.media)}\n${found}` : found;
}

/**
 * The file itself, or the files in a folder in the order of their names. Of a gift's folder they are its art, with the frames that lie
 * in folders of their own: its gift.yaml is no media file.
 */
async function pathsOf(root: string, word: string): Promise<readonly string[]> {
  const found = await stat(resolve(root, word)).catch(() => null);
  if (!found) throw new UsageError(`${word}: there is no such file`);
  if (!found.isDirectory()) return [word];
  const top = await readdir(resolve(root, word));
  const isGift = top.includes("gift.yaml") && top.includes("source");
  const folder = isGift ? join(word, "source") : word;
  const names = (await filesIn(resolve(root, folder), isGift)).filter((it) => !isGift || !EXTRAS.test(it));
  if (names.length === 0) throw new UsageError(`${folder}: there are no files in this folder`);
  return names.map((it) => join(folder, it));
}

/** Beside its art a gift's folder may hold what made it and a note about it. */
const EXTRAS = /^(?:make\.[^/]+|README\.md)$/;

/** Sorted; what operating systems leave in folders is left out. */
async function filesIn(folder: string, isDeep: boolean): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: isDeep });
  return entries
    .filter((it) => it.isFile() && !isDropped(it.name))
    .map((it) => relative(folder, join(it.parentPath, it.name)))
    .sort();
}

function parseDeclared(text: string | undefined): Declared {
  if (text === undefined) return {};
  const alpha = SIDES.find((it) => it === text);
  if (!alpha) throw new UsageError(`--alpha ${text}: write ${SIDES.join(", ")}`);
  return { alpha };
}
