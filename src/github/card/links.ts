/** Where the links of a card lead. */
export interface CardPlace {
  /** Such as `https://github.com`, without a slash at the end. */
  readonly webUrl: string;
  readonly owner: string;
  readonly repo: string;
  /** `owner/name` of the repository that holds the head's branch, a fork's for a fork; null when it is gone. */
  readonly headRepo: string | null;
  readonly headBranch: string;
}

/** A longer address may be refused on its way. */
const LONGEST_LINK = 2_000;

/** The editor at a line of a file on the head's branch; null where the branch's repository is gone. */
export function editLink(place: CardPlace, path: string, line: number): string | null {
  const at = headLink(place, "edit", path);
  return at === null ? null : `${at}#L${Math.max(1, Math.trunc(line))}`;
}

/** The page that takes files into a folder of the head's branch. */
export function uploadLink(place: CardPlace, folder: string): string | null {
  return headLink(place, "upload", folder);
}

/** The file, or what is left of its folder, on the head's branch. */
export function viewLink(place: CardPlace, path: string): string | null {
  return headLink(place, "blob", path);
}

/** The editor with a new file on the head's branch: filled in, unless that would make the address too long. */
export function newFileLink(place: CardPlace, path: string, text: string): string | null {
  const at = headLink(place, "new", "");
  if (at === null) return null;
  const short = `${at}?filename=${encode(path)}`;
  const filled = `${short}&value=${encode(text)}`;
  return [filled, short, at].find((it) => it.length < LONGEST_LINK) ?? null;
}

/** The form of a workflow, by its file's name. */
export function workflowLink({ webUrl, owner, repo }: CardPlace, file: string): string {
  return `${webUrl}/${encode(owner)}/${encode(repo)}/actions/workflows/${encode(file)}`;
}

/** The issue form for a new release of a gift. */
export function newReleaseLink({ webUrl, owner, repo }: CardPlace, gift: string): string {
  return `${webUrl}/${encode(owner)}/${encode(repo)}/issues/new?template=new-release.yml&gift=${encode(gift)}`;
}

export function commitLink({ webUrl, owner, repo }: CardPlace, commit: string): string {
  return `${webUrl}/${encode(owner)}/${encode(repo)}/commit/${encode(commit)}`;
}

/** Branches and paths may hold slashes, which stay; everything else that an address or Markdown could take for its own is encoded. */
function headLink({ webUrl, headRepo, headBranch }: CardPlace, page: string, path: string): string | null {
  if (headRepo === null) return null;
  return [webUrl, ...[headRepo, page, headBranch, path].filter(Boolean).map(encodeParts)].join("/");
}

function encodeParts(path: string): string {
  return path.split("/").map(encode).join("/");
}

/** A part that is nothing but dots would lead elsewhere, so its dots are encoded, too. */
function encode(text: string): string {
  const encoded = encodeURIComponent(text.replace(/\p{Cs}/gu, "\ufffd")).replace(
    /[!'()*~]/g,
    (it) => `%${it.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return /^\.+$/.test(encoded) ? encoded.replaceAll(".", "%2E") : encoded;
}
