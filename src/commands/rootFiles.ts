import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { draftRootPath, formerRootPath, rootPath } from "../model/paths.ts";
import { GiftError } from "../report/error.ts";
import { workTree } from "../source/tree.ts";
import { type HeldKey, keyFolder, readHeldKeys } from "../trust/keyring.ts";
import { signerFromPem } from "../trust/keys.ts";
import { isComplete, parseRoot, type Tally, tallySignatures, writeRoot } from "../trust/rootFile.ts";
import type { Envelope, Root } from "../wire/metadata.ts";
import type { Io } from "./command.ts";

/** An environment's root as the work tree has it, and the draft of the next. */
export interface RootFiles {
  readonly root: Envelope<Root>;
  readonly bytes: Uint8Array;
  readonly draft: Envelope<Root> | null;
}

/** @throws GiftError `ROOT_MISSING`, `ROOT_BROKEN` */
export async function readRootFiles(io: Pick<Io, "root">, name: string): Promise<RootFiles> {
  const [path, draftPath] = [rootPath(name), draftRootPath(name)];
  const files = await workTree(io.root).read([path, draftPath]);
  const bytes = files.get(path);
  if (!bytes)
    throw new GiftError(
      "ROOT_MISSING",
      `${path} is not there`,
      `run this in the repository's folder; if ${name} has no keys yet, npx giftwrap keys init --env ${name}`,
    );
  const root = parseRoot(path, bytes);
  const draftBytes = files.get(draftPath);
  const draft = draftBytes ? parseRoot(draftPath, draftBytes) : null;
  // What was adopted by a command that was killed before it could take the draft away.
  const isPast = draft !== null && draft.signed.version <= root.signed.version;
  return { root, bytes, draft: isPast ? null : draft };
}

/** The root keys of this machine: of the environment's folder or GIFTWRAP_ROOT_KEY, and the files that are named. */
export async function readRootKeys(
  io: Pick<Io, "root" | "variables">,
  name: string | null,
  paths: readonly string[],
): Promise<readonly HeldKey[]> {
  const folder = name === null ? null : keyFolder(io.root, name);
  const held = folder === null ? [] : await readHeldKeys("root", folder, io.variables);
  const named = await Promise.all(
    paths.map(async (from) => ({ from, signer: signerFromPem(from, await readText(io, from)) })),
  );
  return [...held, ...named];
}

/** @throws GiftError `FILE_MISSING` */
export async function readText(io: Pick<Io, "root">, path: string): Promise<string> {
  try {
    return await readFile(join(...(path.startsWith("/") ? [path] : [io.root, path])), "utf8");
  } catch (cause) {
    throw new GiftError(
      "FILE_MISSING",
      `${path} cannot be read`,
      "check the path, and that you may read it",
      {
        cause,
      },
    );
  }
}

/**
 * Writes the draft; when it has its signatures, it takes the place of the root, which is kept under its number. Each file is
 * whole at any moment, and the root that is replaced is kept before.
 * @returns how far the signatures go, and whether the draft is the root now
 */
export async function writeDraft(
  io: Pick<Io, "root">,
  name: string,
  { root, bytes }: RootFiles,
  draft: Envelope<Root>,
): Promise<{ readonly tallies: readonly Tally[]; readonly adopted: boolean }> {
  const tallies = await tallySignatures(draft, root.signed);
  const adopted = isComplete(tallies) && draft.signed.version === root.signed.version + 1;
  const draftPath = join(io.root, draftRootPath(name));
  await writeWhole(draftPath, writeRoot(draft));
  if (adopted) {
    await writeWhole(join(io.root, formerRootPath(name, root.signed.version)), bytes);
    await writeWhole(join(io.root, rootPath(name)), writeRoot(draft));
    await rm(draftPath);
  }
  return { tallies, adopted };
}

async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.tmp`, content);
  await rename(`${path}.tmp`, path);
}
