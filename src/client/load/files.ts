import type { ObjectFile } from "../../wire/catalog.ts";
import type { Link } from "../../wire/resolve.ts";

/** A file and whose it is. */
export interface GiftFile {
  readonly gift: string;
  readonly file: ObjectFile;
}

/** What must be at hand to play a link: its own files, no still among them, and those of what it requires. */
export function filesOf(link: Link): readonly GiftFile[] {
  if (link.kind === "default") return [];
  if (link.kind === "still") return [{ gift: link.gift, file: link.file }];
  const own = link.files.filter((file) => file.role !== "still").map((file) => ({ gift: link.gift, file }));
  return [...own, ...link.requires.flatMap(({ gift, files }) => files.map((file) => ({ gift, file })))];
}

/** The same for two links just when they stand for the same bytes. */
export function nameOfLink(link: Link): string {
  if (link.kind === "default") return link.kind;
  const digests = filesOf(link).map(({ file }) => file.digest);
  return [link.kind, link.gift, link.version, ...digests].join(" ");
}
