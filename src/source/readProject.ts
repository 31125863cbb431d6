import { classifyPath, giftOfPath, type PathKind, POLICY_PATH } from "../model/paths.ts";
import { type Located, type Project, releaseKey } from "../model/project.ts";
import type {
  EnvironmentFile,
  GiftFile,
  LockFile,
  OverrideFile,
  PolicyFile,
  ReleaseFile,
} from "../model/schemas.ts";
import { checkShape, type FileKind, type Files } from "../model/validate.ts";
import type { Finding, Place } from "../report/finding.ts";
import { toBytes } from "../report/text.ts";
import { checkEntries } from "./checkEntries.ts";
import { parseJson } from "./json.ts";
import type { Tree, TreeEntry } from "./tree.ts";
import { parseYaml } from "./yaml.ts";

/** More is no file that a person wrote, nor a lock of any gift. */
export const MAX_TEXT_BYTES = 1_000_000;
/** Files in memory at a time, beside what was made of the others. */
const FILES_AT_ONCE = 2_000;

export interface ReadProject {
  readonly project: Project;
  /** What could not be read. Such a file is absent from the project; the others are not hidden by it. */
  readonly findings: readonly Finding[];
}

/** A part of a project: some gifts, beside the policy, the environments and the overrides. */
export interface ProjectPart {
  readonly gifts: ReadonlySet<string>;
  /** What else is known to be there and should be among the paths, such as the gift.yaml of other gifts. */
  readonly others: readonly TreeEntry[];
}

/** Reads everything under `gifts/` and `releases/`, media files apart; or a part of it, and then nothing else is listed. */
export async function readProject(tree: Tree, part?: ProjectPart): Promise<ReadProject> {
  const entries = part ? await entriesOf(tree, part) : await tree.entries("gifts", "releases");
  const { paths, files, findings: faults } = checkEntries(entries);
  const isAsked = (path: string) => {
    const gift = part && giftOfPath(path);
    return gift === undefined || (part?.gifts.has(gift) ?? true);
  };
  const findings = [...faults];
  const giftFiles = new Map<string, Located<GiftFile>>();
  const releases = new Map<string, Located<ReleaseFile>>();
  const locks = new Map<string, Located<LockFile>>();
  const environments = new Map<string, Located<EnvironmentFile>>();
  const overrides = new Map<string, Located<OverrideFile>>();
  let policy: Located<PolicyFile> | null = null;

  const texts = files.filter((path) => isAsked(path) && isText(classifyPath(path).kind));
  for (let start = 0; start < texts.length; start += FILES_AT_ONCE) {
    const batch = texts.slice(start, start + FILES_AT_ONCE);
    const contents = await tree.read(batch, MAX_TEXT_BYTES);
    const tooBig = await tree.sizes(batch.filter((path) => !contents.has(path)));
    const read = <K extends FileKind>(kind: K, path: string): Located<Files[K]> | null => {
      const { located, findings: found } = parseFile(kind, path, contents.get(path));
      findings.push(...found);
      return located;
    };
    for (const path of batch) {
      const it = classifyPath(path);
      const bytes = tooBig.get(path);
      if (bytes !== undefined) findings.push(toTooBig(path, bytes));
      else if (it.kind === "gift") setIfRead(giftFiles, it.gift, read("gift", path));
      else if (it.kind === "release")
        setIfRead(releases, releaseKey(it.gift, it.version), read("release", path));
      else if (it.kind === "lock") setIfRead(locks, releaseKey(it.gift, it.version), read("lock", path));
      else if (it.kind === "environment") setIfRead(environments, it.name, read("environment", path));
      else if (it.kind === "override") setIfRead(overrides, it.name, read("override", path));
      else if (it.kind === "policy") policy = read("policy", path);
    }
  }
  return { project: { gifts: giftFiles, releases, locks, policy, environments, overrides, paths }, findings };
}

async function entriesOf(tree: Tree, { gifts, others }: ProjectPart): Promise<readonly TreeEntry[]> {
  const folders = [...gifts].flatMap((gift) => [`gifts/${gift}`, `releases/${gift}`]);
  const found = await tree.entries("releases/environments", "releases/overrides", ...folders);
  const policy = (await tree.sizes([POLICY_PATH])).has(POLICY_PATH);
  const all = new Map<string, TreeEntry>([...others, ...found].map((it) => [it.path, it]));
  if (policy && !all.has(POLICY_PATH)) all.set(POLICY_PATH, { path: POLICY_PATH, kind: "file" });
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function isText(kind: PathKind["kind"]): boolean {
  return kind !== "source" && kind !== "stray" && kind !== "root";
}

/** One file of a kind: its value with places, or the findings that say why not. A missing file counts as an empty one. */
export function parseFile<K extends FileKind>(
  kind: K,
  path: string,
  bytes: Uint8Array = new Uint8Array(),
): { located: Located<Files[K]> | null; findings: Finding[] } {
  const text = decode(bytes);
  if (text === null) return { located: null, findings: [toNotUtf8(path, bytes)] };
  if (isLfsPointer(text)) return { located: null, findings: [toLfsPointer(path)] };
  const parsed = kind === "lock" ? parseJson(path, text) : parseYaml(path, text);
  if (!parsed.ok)
    return { located: null, findings: parsed.findings.map((it) => ({ ...it, ...giftAt(path) })) };

  const { located } = parsed;
  const checked = checkShape(kind, located.value);
  if (checked.ok)
    return { located: { file: path, value: checked.value, place: located.place }, findings: [] };
  return {
    located: null,
    findings: checked.misfits.map(({ code, path: at, at: which, message, fix }) => ({
      code,
      severity: "error",
      place: located.place(at, which),
      message,
      fix,
      ...giftAt(path),
    })),
  };
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

/** Without the mark (BOM) that some editors put before a text; null when it is not UTF-8. */
function decode(bytes: Uint8Array): string | null {
  try {
    return UTF8.decode(bytes);
  } catch {
    return null;
  }
}

function toNotUtf8(path: string, bytes: Uint8Array): Finding {
  const lines = (new TextDecoder().decode(bytes).split("\ufffd", 1)[0] ?? "").split("\n");
  return {
    code: "NOT_UTF8",
    severity: "error",
    place: { file: path, line: lines.length, column: (lines.at(-1) ?? "").length + 1 },
    message: "here is a character that is not saved as UTF-8",
    fix: "save the file again and choose the encoding UTF-8",
    ...giftAt(path),
  };
}

/** The first line of every pointer: Git LFS specification, "The Pointer". */
function isLfsPointer(text: string): boolean {
  return text.startsWith("version https://git-lfs");
}

function toLfsPointer(path: string): Finding {
  return {
    code: "LFS_POINTER",
    severity: "error",
    place: startOf(path),
    message: "this is a Git LFS pointer, a note that the file is kept elsewhere, and not the file",
    fix: "take gifts/ and releases/ out of .gitattributes and upload the file itself",
    ...giftAt(path),
  };
}

function toTooBig(path: string, bytes: number): Finding {
  return {
    code: "FILE_TOO_BIG",
    severity: "error",
    place: startOf(path),
    message: `this file has ${toBytes(bytes)}; the most is ${toBytes(MAX_TEXT_BYTES)}`,
    fix: path.endsWith(".json")
      ? "take it from git again, or delete it and run npx giftwrap build: a tool writes this file"
      : "take out what does not belong into it; pictures, sounds and data belong below source/",
    ...giftAt(path),
  };
}

function giftAt(path: string): Pick<Finding, "gift"> {
  const gift = giftOfPath(path);
  return gift === undefined ? {} : { gift };
}

function startOf(file: string): Place {
  return { file, line: 1, column: 1 };
}

function setIfRead<T>(map: Map<string, T>, key: string, value: T | null): void {
  if (value !== null) map.set(key, value);
}
