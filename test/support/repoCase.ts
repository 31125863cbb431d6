import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import type { Io } from "../../src/commands/command.ts";
import { buildPng } from "../formats/buildPng.ts";
import { buildSvga } from "../formats/buildSvga.ts";
import { fixtures } from "../formats/fixtures.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import { makeEvidence, writeEvidence } from "../../src/trust/evidence.ts";
import { type KeyName, type Signer, signerFromPem } from "../../src/trust/keys.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { makeRoot, signMetadata } from "../../src/trust/sign.ts";

const run = promisify(execFile);

/*
 * Cases of repositories: each is the good tree with something laid over it. See test/repos/README.md for how one is written.
 */

/** What is done to a tree, in this order. */
interface Steps {
  readonly copy?: readonly { readonly from: string; readonly to: string }[];
  readonly delete?: readonly string[];
  readonly edit?: readonly {
    readonly file: string;
    readonly from: string;
    readonly to: string;
    readonly all?: boolean;
  }[];
  readonly make?: readonly Made[];
}

/** What git or an editor would not keep as it is. */
type Made =
  | { readonly kind: "symlink"; readonly path: string; readonly to: string }
  | { readonly kind: "pipe"; readonly path: string }
  /** The file cut off, or made longer with zeros, to so many bytes. */
  | { readonly kind: "cut"; readonly path: string; readonly bytes: number }
  /** A word behind the end of the file, so often. */
  | { readonly kind: "append"; readonly path: string; readonly word: string; readonly times: number }
  | { readonly kind: "empty"; readonly path: string }
  /** One of the files in test/formats/fixtures.ts, by its name, or an SVGA that could be better. */
  | { readonly kind: "media"; readonly path: string; readonly of: string }
  /** The file as it is, in ISO 8859-1. */
  | { readonly kind: "latin1"; readonly path: string }
  /** A name that is not UTF-8. */
  | { readonly kind: "latin1-name"; readonly path: string }
  | {
      readonly kind: "evidence";
      readonly release: string;
      readonly result: "passed" | "failed";
      readonly hoursOld: number;
      readonly signer?: KeyName;
    };

export interface RepoCase extends Steps {
  readonly name: string;
  /** One sentence about the product. */
  readonly says: string;
  /** The good tree is committed, with what `earlier` and `base_files/` change in it, and the case is the change. */
  readonly base: boolean;
  /** Commits on top of the good tree, one after another. */
  readonly earlier: readonly Steps[];
  /** Epoch milliseconds. */
  readonly now: number;
  /** Codes that this case is the nearest fine neighbour of. */
  readonly neighbourOf: readonly string[];
}

const FOLDER = new URL("../repos", import.meta.url).pathname;
const GOOD = join(FOLDER, "good", "files");
const NOW = "2027-01-15T12:00:00Z";
const KNOWN_KEYS = ["says", "base", "earlier", "now", "neighbour_of", "delete", "copy", "edit", "make"];

/** In the names of the folders that are no repositories. */
const PLAIN = "giftwrap-plain-";

/** In the order of their names. */
export function readCases(): readonly RepoCase[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .flatMap((it) => (it.isDirectory() && it.name !== "good" ? it.name : []))
    .sort()
    .map(readCase);
}

function readCase(name: string): RepoCase {
  const text = readFileSync(join(FOLDER, name, "case.yaml"), "utf8");
  const {
    says,
    base,
    earlier,
    now,
    neighbour_of: neighbour,
    ...steps
  } = parse(text) as Steps & {
    says?: string;
    base?: boolean;
    earlier?: readonly Steps[];
    now?: string;
    neighbour_of?: string | readonly string[];
  };
  const unknown = Object.keys(parse(text) as object).filter((it) => !KNOWN_KEYS.includes(it));
  if (unknown.length > 0 || !says) throw new Error(`${name}/case.yaml: ${unknown.join(", ") || "says"}`);
  return {
    ...steps,
    name,
    says,
    base: base ?? false,
    earlier: earlier ?? [],
    now: Date.parse(now ?? NOW),
    neighbourOf: neighbour === undefined ? [] : [neighbour].flat(),
  };
}

export function expectedPath(name: string): string {
  return join(FOLDER, name, "expected.txt");
}

/** Bytes by path. */
type Bytes = ReadonlyMap<string, Uint8Array>;

/** Everything that cases share, read and made once. */
export interface Ground {
  readonly good: Bytes;
  /** The folder .git of a repository whose only commit is the good tree. */
  readonly git: Bytes;
  readonly keys: Readonly<Record<KeyName, Signer>>;
  /** Folders with the good tree in them that nobody uses now: with a repository around it, and without. */
  readonly free: { readonly base: string[]; readonly plain: string[] };
}

export async function prepareGround(): Promise<Ground> {
  const keys = { root: keyOf("root"), release: keyOf("release"), timestamp: keyOf("timestamp") };
  const root = await signMetadata(makeRoot(keys, Date.parse(NOW)), [keys.root]);
  const good = new Map([
    ...readFolder(GOOD),
    [".gitignore", Buffer.from(".giftwrap/\n")],
    ["releases/environments/production.root.json", root],
  ]);
  const folder = mkdtempSync(join(tmpdir(), "giftwrap-repos-"));
  try {
    writeFiles(folder, good);
    await run("git", ["init", "--quiet", "--initial-branch=main", "--template="], { cwd: folder });
    await run("git", ["config", "maintenance.auto", "false"], { cwd: folder });
    await commitAll(folder, "The good tree");
    await run("git", ["gc", "--quiet"], { cwd: folder });
    return { good, git: readFolder(join(folder, ".git")), keys, free: { base: [], plain: [] } };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function clearGround({ free }: Ground): void {
  for (const root of [...free.base, ...free.plain]) rmSync(root, { recursive: true });
}

/**
 * Lays the case out in a folder of its own for as long as it is used. With a base that is HEAD, and the case lies in the work
 * tree. Folders take long to write and to delete, so most are put right again and used for the next case.
 */
export async function useCase(it: RepoCase, ground: Ground, use: (io: Io) => Promise<void>): Promise<void> {
  const free = it.base ? ground.free.base : ground.free.plain;
  const root = free.pop() ?? createGood(it.base, ground);
  let isGood = false;
  try {
    await layOut(it, root, ground);
    await use(toIo(root, it.now));
    isGood = putRight(it, root, ground);
  } finally {
    if (isGood) free.push(root);
    else rmSync(root, { recursive: true });
  }
}

function toIo(root: string, now: number): Io {
  return {
    root,
    variables: {},
    line: () => {},
    progress: () => {},
    summary: () => {},
    output: () => {},
    annotate: () => {},
    now: () => now,
    untilInterrupted: async () => {},
  };
}

function createGood(isBase: boolean, { good, git }: Ground): string {
  const root = mkdtempSync(join(tmpdir(), isBase ? "giftwrap-repo-" : PLAIN));
  writeFiles(root, good);
  if (!isBase) return root;
  writeFiles(join(root, ".git"), git);
  // Empty, and without them it is no repository.
  for (const folder of ["objects", "refs"]) mkdirSync(join(root, ".git", folder), { recursive: true });
  return root;
}

async function layOut(it: RepoCase, root: string, { keys }: Ground): Promise<void> {
  const signed = { keys, now: it.now };
  const below = baseFilesOf(it);
  if (below.size > 0) {
    writeFiles(root, below);
    await commitAll(root, "What was there before");
  }
  for (const steps of it.earlier) {
    await take(root, steps, signed);
    await commitAll(root, "What happened before");
  }
  await take(root, it, signed, filesOf(it));
}

function filesOf({ name }: RepoCase): Bytes {
  return readFolder(join(FOLDER, name, "files"));
}

function baseFilesOf({ name }: RepoCase): Bytes {
  return readFolder(join(FOLDER, name, "base_files"));
}

/** Takes back what the case did; false where it did more than change files of the work tree. */
function putRight(it: RepoCase, root: string, { good }: Ground): boolean {
  if (it.make || it.earlier.length > 0 || baseFilesOf(it).size > 0) return false;
  const touched = [
    ...(it.copy ?? []).map(({ to }) => to),
    ...(it.delete ?? []),
    ...filesOf(it).keys(),
    ...(it.edit ?? []).map(({ file }) => file),
  ];
  for (const path of touched) rmSync(join(root, path), { recursive: true, force: true });
  const isTouched = (path: string) => touched.some((it) => path === it || path.startsWith(`${it}/`));
  writeFiles(root, new Map([...good].filter(([path]) => isTouched(path))));
  return true;
}

interface Signed {
  readonly keys: Ground["keys"];
  readonly now: number;
}

async function take(root: string, steps: Steps, signed: Signed, files: Bytes = new Map()): Promise<void> {
  for (const { from, to } of steps.copy ?? [])
    writeFiles(root, new Map([[to, readFileSync(join(root, from))]]));
  for (const path of steps.delete ?? []) rmSync(join(root, path), { recursive: true });
  writeFiles(root, files);
  for (const { file, from, to, all } of steps.edit ?? []) {
    const text = readFileSync(join(root, file), "utf8");
    if (!text.includes(from)) throw new Error(`"${from}" is not in ${file}`);
    writeFileSync(join(root, file), all ? text.replaceAll(from, () => to) : text.replace(from, () => to));
  }
  for (const made of steps.make ?? []) await make(root, made, signed);
}

async function make(root: string, made: Made, { keys, now }: Signed): Promise<void> {
  if (made.kind === "evidence") {
    const [gift = "", version = ""] = made.release.split("@");
    const lock = digestOf(readFileSync(join(root, "releases", gift, `${version}.lock.json`)));
    const record = makeEvidence({
      kind: "matrix",
      environment: "production",
      gift,
      version,
      lock,
      recorded: now - made.hoursOld * 3_600_000,
      result: made.result,
      facts: { cells: 108, failures: made.result === "passed" ? 0 : 3 },
      tool: "giftwrap",
    });
    const store = fileStore(join(root, ".giftwrap", "store", "production"));
    await writeEvidence(store, keys[made.signer ?? "timestamp"], record);
    return;
  }
  const path = join(root, made.path);
  mkdirSync(dirname(path), { recursive: true });
  if (made.kind === "symlink") symlinkSync(made.to, path);
  else if (made.kind === "pipe") await run("mkfifo", [path]);
  else if (made.kind === "empty") writeFileSync(path, "");
  else if (made.kind === "media") writeFileSync(path, mediaOf(made.of));
  else if (made.kind === "latin1") writeFileSync(path, Buffer.from(readFileSync(path, "utf8"), "latin1"));
  else if (made.kind === "latin1-name") writeFileSync(Buffer.from(path, "latin1"), "");
  else if (made.kind === "cut") truncateSync(path, made.bytes);
  else appendFileSync(path, made.word.repeat(made.times));
}

/** The same commits for everyone: their ids are in messages. */
const COMMITTER = {
  ...process.env,
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_AUTHOR_NAME: "Test",
  GIT_AUTHOR_EMAIL: "test@giftwrap.invalid",
  GIT_AUTHOR_DATE: NOW,
  GIT_COMMITTER_NAME: "Test",
  GIT_COMMITTER_EMAIL: "test@giftwrap.invalid",
  GIT_COMMITTER_DATE: NOW,
};

async function commitAll(root: string, message: string): Promise<void> {
  await run("git", ["add", "--all"], { cwd: root, env: COMMITTER });
  await run("git", ["commit", "--quiet", "-m", message], { cwd: root, env: COMMITTER });
}

/** A key that signs nothing but tests, made from its name so that it is the same each time. */
function keyOf(name: KeyName): Signer {
  const seed = createHash("sha256").update(`test/repos ${name}`).digest();
  // RFC 8410: what stands before the seed of an Ed25519 key in PKCS #8.
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  const label = ["PRIVATE", "KEY"].join(" ");
  return signerFromPem(name, `-----BEGIN ${label}-----\n${der.toString("base64")}\n-----END ${label}-----\n`);
}

function readFolder(folder: string, below = ""): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  try {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true })) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (!entry.isDirectory()) files.set(path, readFileSync(join(folder, path)));
      else for (const [inner, bytes] of readFolder(folder, path)) files.set(inner, bytes);
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
  return files;
}

function writeFiles(root: string, files: Bytes): void {
  const made = new Set<string>();
  for (const [path, bytes] of files) {
    const folder = dirname(join(root, path));
    if (!made.has(folder)) mkdirSync(folder, { recursive: true });
    made.add(folder);
    writeFileSync(join(root, path), bytes);
  }
}

const ODD_SVGAS: Readonly<Record<string, () => Uint8Array>> = {
  "unused.svga": () =>
    buildSvga({
      images: { body: buildPng(12, 12), spare: buildPng(40, 40) },
      sprites: [{ imageKey: "body", frames: 40 }],
    }),
  "uneven.svga": () => buildSvga({ fps: 24 }),
};

function mediaOf(name: string): Uint8Array {
  const bytes = ODD_SVGAS[name]?.() ?? fixtures().find((it) => it.name === name)?.bytes;
  if (!bytes) throw new Error(`there is no ${name}`);
  return bytes;
}
