import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GiftError } from "../report/error.ts";

export interface NamedBytes {
  /** With slashes between folders. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * That nothing would be lost: the folder is not there, is empty, or is one that this program wrote, with its mark in it.
 * @throws GiftError `FOLDER_TAKEN`
 */
export async function checkReplaceable(folder: string, mark: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new GiftError("FOLDER_TAKEN", `${folder} is no folder`, "name another one", { cause: error });
  });
  if (names.length === 0 || names.includes(mark)) return;
  throw new GiftError(
    "FOLDER_TAKEN",
    `${folder} holds files that were not written by this command, and would be replaced`,
    "name an empty folder, or one that is not there yet",
  );
}

/** Writes all files beside the folder first, so that it is whole or as it was. @throws GiftError `FOLDER_TAKEN` */
export async function replaceFolder(
  folder: string,
  mark: string,
  ...sources: readonly (Iterable<NamedBytes> | AsyncIterable<NamedBytes>)[]
): Promise<void> {
  const written = `${folder}.${randomUUID()}`;
  try {
    await mkdir(written, { recursive: true });
    for (const files of sources)
      for await (const { name, bytes } of files) {
        const path = join(written, ...name.split("/"));
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, bytes);
      }
    await checkReplaceable(folder, mark);
    await rm(folder, { recursive: true, force: true });
    await rename(written, folder);
  } catch (error) {
    await rm(written, { recursive: true, force: true });
    throw error;
  }
}
