import { classifyPath, giftOfPath } from "../model/paths.ts";
import type { Finding } from "../report/finding.ts";
import { escapeUnseen } from "../report/text.ts";
import type { TreeEntry } from "./tree.ts";

/** What a tree holds, as far as anything may be read of it. */
export interface CheckedEntries {
  /** Every path that has a meaning, sorted; also those of what is not read, so that nobody takes it for missing. */
  readonly paths: readonly string[];
  /** Of these the plain files. */
  readonly files: readonly string[];
  readonly findings: readonly Finding[];
}

/** Names that cannot be shown are told here, escaped, and nowhere else; what is no file is told and never opened. */
export function checkEntries(entries: readonly TreeEntry[]): CheckedEntries {
  const paths: string[] = [];
  const files: string[] = [];
  const findings: Finding[] = [];
  for (const { path, kind } of entries) {
    const fault = findNameFault(path) ?? (kind === "file" ? null : KIND_FAULTS[kind]);
    if (fault) findings.push(toFinding(escapeUnseen(path), fault));
    if (fault?.code === "FILE_NAME") continue;
    if (kind === "file") files.push(path);
    // A stray one is told about here; one finding is enough.
    if (kind === "file" || classifyPath(path).kind !== "stray") paths.push(path);
  }
  return { paths, files, findings };
}

type Fault = Pick<Finding, "code" | "message" | "fix">;

const KIND_FAULTS: Readonly<Record<"link" | "other", Fault>> = {
  link: {
    code: "SYMLINK",
    message: "this is a link, and links are not followed: what they lead to is not in this repository's care",
    fix: "put the file itself here",
  },
  other: {
    code: "NOT_A_FILE",
    message: "this is neither a file nor a folder of this repository",
    fix: "put the file itself here, or delete it",
  },
};

/** Most names are plain, and there are many. */
const PLAIN_NAME = /^[\x20-\x7e]*$/;

function findNameFault(path: string): Fault | null {
  if (PLAIN_NAME.test(path)) return null;
  if (path.includes("\ufffd"))
    return {
      code: "FILE_NAME",
      message: "the name is not UTF-8 text, so it is another one on each computer",
      fix: "rename it, with letters, digits and dashes",
    };
  if (escapeUnseen(path) !== path)
    return {
      code: "FILE_NAME",
      message: "the name has characters in it that cannot be seen",
      fix: "rename it, with letters, digits and dashes",
    };
  if (path !== path.normalize("NFC"))
    return {
      code: "FILE_NAME",
      message: "the name has its accents apart from their letters (not NFC), so no typed name is the same",
      fix: "rename it: type the name anew, or leave the accents out",
    };
  return null;
}

function toFinding(file: string, fault: Fault): Finding {
  const gift = giftOfPath(file);
  return {
    ...fault,
    severity: "error",
    place: { file, line: 1, column: 1 },
    ...(gift !== undefined && { gift }),
  };
}
