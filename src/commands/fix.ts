import { randomUUID } from "node:crypto";
import { lstat, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { adviseFile } from "../bundle/fix/adviseFile.ts";
import { adviseFrames } from "../bundle/fix/adviseFrames.ts";
import { planFixes } from "../bundle/fix/planFixes.ts";
import type { Change } from "../bundle/vector/change.ts";
import { inspect } from "../formats/inspect.ts";
import { type Advice, type Declared, declaredOf, MediaError } from "../formats/media.ts";
import { quoteName } from "../formats/quoteName.ts";
import { giftPath } from "../model/paths.ts";
import type { Project } from "../model/project.ts";
import type { PolicyFile } from "../model/schemas.ts";
import { allSourceFiles, type GiftSources, type SourceFile } from "../model/sources.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { count, escapeUnseen, toBytes } from "../report/text.ts";
import { readProject } from "../source/readProject.ts";
import { readSources } from "../source/readSources.ts";
import { type Tree, workTree } from "../source/tree.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { type Command, EXIT, type Io, JSON_OPTION } from "./command.ts";
import { findGift } from "./findReleases.ts";

export const command: Command = {
  summary: "show what can be made lighter in a gift's files without a change to how it looks, or do it",
  usage: "GIFT [--write]",
  example: "giftwrap fix rocket --write",
  options: {
    write: { type: "boolean", help: "replace the files; without it nothing is changed" },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const [word, ...others] = args.words;
    if (word === undefined || others.length > 0) throw new UsageError("name one gift: giftwrap fix rose");
    const write = args.flag("write");
    const fixed = await fix(io, word, write);
    if (args.flag("json")) io.line(JSON.stringify(fixed));
    else for (const line of describe(fixed, write)) io.line(escapeUnseen(line));
    return fixed.files.some((it) => it.problem) ? EXIT.findings : EXIT.ok;
  },
};

export interface Fixed {
  readonly gift: string;
  readonly files: readonly FixedFile[];
  /** Versions whose locks name a file as it was before. */
  readonly locked: readonly string[];
}

export interface FixedFile {
  /** Below the repository. */
  readonly path: string;
  readonly before: Size;
  readonly after: Size;
  readonly changes: readonly Change[];
  readonly advice: readonly Advice[];
  /** Why nothing can be said about the file. */
  readonly problem?: Advice;
  readonly isWritten: boolean;
}

interface Size {
  readonly bytes: number;
  readonly decodedBytes: number;
}

/**
 * What there is to fix in a gift's files, and with `write` the files replaced, each of them whole or not at all.
 * @param word names the gift, as its id or its folder
 */
export async function fix(io: Io, word: string, write: boolean): Promise<Fixed> {
  const tree = workTree(io.root);
  const read = await readProject(tree);
  const { project } = read;
  const found = findGift(read, word);
  const gift = found.id;
  const sources = await readSources(tree, found);
  const declared = declaredOf(found);
  const policy = project.policy?.value ?? null;
  const files: FixedFile[] = [];
  for (const file of animationsOf(sources)) {
    io.progress(`${giftPath(gift, file.path)}: looking for what is too heavy`);
    const { result, bytes } = await fixFile(gift, file, declared, policy);
    const isWritten = write && result.changes.length > 0;
    if (isWritten) await replaceSource(io.root, tree, result.path, file.bytes, bytes);
    files.push({ ...result, isWritten });
  }
  if (sources.isFolder) files.push(await lookAtFolder(gift, found.animation, sources));
  return { gift, files, locked: lockedVersions(project, gift, sources, files) };
}

/** The files that may be fixed: a folder's frames are looked at together. */
function animationsOf(sources: GiftSources): readonly SourceFile[] {
  if (sources.isFolder) return [];
  const { animation, variants } = sources;
  return allSourceFiles({ isFolder: false, animation, ...(variants && { variants }), tooBig: [] });
}

async function fixFile(
  gift: string,
  file: SourceFile,
  declared: Declared,
  policy: PolicyFile | null,
): Promise<{ result: Omit<FixedFile, "isWritten">; bytes: Uint8Array }> {
  const path = giftPath(gift, file.path);
  try {
    const media = await inspect(file.bytes, declared);
    const before = { bytes: file.bytes.length, decodedBytes: media.decodedBytes };
    const { bytes, changes } = await planFixes(media, file.bytes);
    const fixed = changes.length === 0 ? media : await inspect(bytes, declared);
    const after = { bytes: bytes.length, decodedBytes: fixed.decodedBytes };
    return { result: { path, before, after, changes, advice: adviseFile(fixed, policy) }, bytes };
  } catch (error) {
    return { result: toProblem(path, file.bytes.length, error), bytes: file.bytes };
  }
}

async function lookAtFolder(gift: string, folder: string, sources: GiftSources): Promise<FixedFile> {
  const path = giftPath(gift, folder);
  const bytes = sources.animation.reduce((sum, it) => sum + it.bytes.length, 0);
  try {
    const frames = await Promise.all(sources.animation.map((it) => inspect(it.bytes)));
    const [size] = frames;
    const isEven = size && frames.every((it) => it.width === size.width && it.height === size.height);
    const advice = isEven ? await adviseFrames(sources.animation, size) : [];
    const before = { bytes, decodedBytes: frames.reduce((sum, it) => sum + it.decodedBytes, 0) };
    return { path, before, after: before, changes: [], advice, isWritten: false };
  } catch (error) {
    return { ...toProblem(path, bytes, error), isWritten: false };
  }
}

function toProblem(path: string, bytes: number, error: unknown): Omit<FixedFile, "isWritten"> {
  if (!(error instanceof MediaError)) throw error;
  const size = { bytes, decodedBytes: 0 };
  const problem = { message: error.message, fix: error.fix };
  return { path, before: size, after: size, changes: [], advice: [], problem };
}

/** Replaces the file by a rename, and only while it is still the file that was looked at. */
async function replaceSource(
  root: string,
  tree: Tree,
  path: string,
  before: Uint8Array,
  after: Uint8Array,
): Promise<void> {
  const now = (await tree.read([path])).get(path);
  if (!now || digestOf(now) !== digestOf(before))
    throw new GiftError("SOURCE_CHANGED", `${path} was changed meanwhile`, "run it again");
  const place = join(root, path);
  const temporary = `${place}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, after, { mode: (await lstat(place)).mode, flag: "wx" });
    await rename(temporary, place);
  } catch (cause) {
    await rm(temporary, { force: true });
    const fixIt = "make the folder writable, and run it again";
    throw new GiftError("SOURCE_UNWRITTEN", `${path} could not be replaced`, fixIt, { cause });
  }
}

function lockedVersions(
  project: Project,
  gift: string,
  sources: GiftSources,
  files: readonly FixedFile[],
): string[] {
  const changed = new Set(files.filter((it) => it.changes.length > 0).map((it) => it.path));
  const digests = new Set(
    allSourceFiles(sources).flatMap((it) =>
      changed.has(giftPath(gift, it.path)) ? [`${it.path} ${digestOf(it.bytes)}`] : [],
    ),
  );
  return [...project.locks.values()].flatMap(({ value: lock }) =>
    lock.gift === gift && lock.sources.some((it) => digests.has(`${it.path} ${it.digest}`))
      ? [lock.version]
      : [],
  );
}

function* describe({ gift, files, locked }: Fixed, write: boolean): Generator<string> {
  for (const file of files) {
    const { path, before, after, changes, advice, problem } = file;
    if (problem) {
      yield `${path}: cannot be used: ${problem.message}`;
      yield `  fix: ${problem.fix}`;
    } else if (changes.length === 0) yield `${path}: nothing to fix; ${sizeText(before)}`;
    else yield `${path}: ${fromTo(before, after)}`;
    for (const change of changes) yield `  ${changeText(change)}`;
    for (const { message, fix: what } of advice) {
      yield `  only you may decide: ${message}`;
      yield `    fix: ${what}`;
    }
  }
  const fixed = files.filter((it) => it.changes.length > 0);
  if (fixed.length === 0) return;
  if (fixed.length > 1)
    yield `together: ${fromTo(sum(fixed.map((it) => it.before)), sum(fixed.map((it) => it.after)))}`;
  if (write) {
    yield `${count(fixed.length, "file")} replaced: look at the gift before you commit`;
    if (locked.length > 0)
      yield `${locked.map((it) => `${gift} ${it}`).join(" and ")} ${locked.length === 1 ? "keeps" : "keep"} the bytes of before, as locked: to release the new ones, make a new version`;
  } else yield "nothing is changed: run it with --write to replace the file, or look at the list first";
}

function changeText({ kind, name: own, before, after }: Change): string {
  const name = quoteName(own);
  const isPicture = before.width > 0;
  const size = ({ width, height }: Change["before"]) => `${width}x${height}`;
  if (kind === "dropped")
    return `${name}: dropped, nobody sees or hears it (${isPicture ? `${size(before)}, ` : ""}${toBytes(before.bytes)})`;
  const why = {
    cut: "clear edges cut off",
    scaled: "scaled to what is shown of it at most",
    "cut and scaled": "clear edges cut off, and scaled to what is shown of it at most",
  }[kind];
  return `${name}: ${size(before)} -> ${size(after)}, ${why} (${toBytes(before.bytes)} -> ${toBytes(after.bytes)})`;
}

function fromTo(before: Size, after: Size): string {
  return `${toBytes(before.bytes)} -> ${toBytes(after.bytes)}, decoded ${toBytes(before.decodedBytes)} -> ${toBytes(after.decodedBytes)}`;
}

function sizeText({ bytes, decodedBytes }: Size): string {
  return `${toBytes(bytes)}, decoded ${toBytes(decodedBytes)}`;
}

function sum(sizes: readonly Size[]): Size {
  return sizes.reduce(
    (all, it) => ({ bytes: all.bytes + it.bytes, decodedBytes: all.decodedBytes + it.decodedBytes }),
    { bytes: 0, decodedBytes: 0 },
  );
}
