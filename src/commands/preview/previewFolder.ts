import { readdir } from "node:fs/promises";
import { relative } from "node:path";
import { UsageError } from "../../report/error.ts";
import { isDropped } from "../../source/tree.ts";
import { replaceFolder } from "../replaceFolder.ts";

/** Also the mark of a folder that may be replaced. */
const MARK = "giftwrap-preview.json";

/** What is written, by its name; null for what there is none of. */
export interface PreviewFiles {
  readonly "index.html": string;
  readonly "sheet.webp": Uint8Array | null;
  readonly "motion.webp": Uint8Array | null;
  readonly "still.png": Uint8Array | null;
  readonly "before-after.webp": Uint8Array | null;
}

const NAMES: ReadonlySet<string> = new Set<keyof PreviewFiles | typeof MARK>([
  MARK,
  "index.html",
  "sheet.webp",
  "motion.webp",
  "still.png",
  "before-after.webp",
]);

/**
 * That nobody's files would be lost: the folder is not there, is empty, or holds a preview and nothing else.
 * @param folder an absolute path @throws UsageError
 */
export async function checkPreviewFolder(root: string, folder: string): Promise<void> {
  const [top = ""] = relative(root, folder).split(/[/\\]/);
  if (["gifts", "releases"].includes(top.toLowerCase()))
    throw new UsageError(`${folder} lies in ${top}/, where releases are made from: name another folder`);
  const names = await readdir(folder).catch((error: unknown): string[] => {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOENT") return [];
    if (code === "ENOTDIR") throw new UsageError(`${folder} is no folder: name another one`);
    throw error;
  });
  const own = names.filter((it) => !isDropped(it));
  const other = own.find((it) => !own.includes(MARK) || !NAMES.has(it));
  if (other !== undefined)
    throw new UsageError(
      `${folder} holds ${other}, which this command did not write: name an empty folder, or one that is not there yet`,
    );
}

/** Replaces the folder whole, so that nobody looks at a picture of an older preview. @throws UsageError as {@link checkPreviewFolder} */
export async function writePreview(
  root: string,
  folder: string,
  release: string,
  files: PreviewFiles,
): Promise<void> {
  await checkPreviewFolder(root, folder);
  const encoder = new TextEncoder();
  const written = Object.entries(files).flatMap(([name, content]) => {
    const bytes = typeof content === "string" ? encoder.encode(content) : content;
    return bytes ? [{ name, bytes }] : [];
  });
  const mark = { name: MARK, bytes: encoder.encode(`${JSON.stringify({ release })}\n`) };
  await replaceFolder(folder, MARK, [mark, ...written]);
}
