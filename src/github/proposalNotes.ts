import type { FileText } from "../source/fileText.ts";
import { digestOf } from "../trust/nodeCrypto.ts";

/**
 * What the tool notes, hidden, in the body of a pull request that it keeps, so that a later run knows it again. Whoever may edit the
 * body may change it: by a wrong note a commit is made once more or not at all, and never anything of a person's undone.
 */
export interface ProposalNotes {
  /** The commit that opened the stage which a promotion goes on from. */
  readonly opening: string | null;
  /** The head that the tool pushed last, and what it was made of. */
  readonly built: { readonly head: string; readonly content: string } | null;
  /** The tool closed it by itself: that is no person's no. */
  readonly isClosedByItself: boolean;
  /** A person asked for it by a form: their words stay, and only what makes it pointless closes it. */
  readonly isAskedFor: boolean;
}

export const NO_NOTES: ProposalNotes = {
  opening: null,
  built: null,
  isClosedByItself: false,
  isAskedFor: false,
};

/** A pull request that there was for a branch. */
export interface PastProposal {
  readonly number: number;
  readonly url: string;
  readonly isMerged: boolean;
  readonly notes: ProposalNotes;
}

/**
 * Whether people have decided about this opening of the stage: they merged the promotion, or closed it. One that says of no opening was
 * for any, unless it was merged.
 */
export function wasAnswered({ isMerged, notes }: PastProposal, opening: string): boolean {
  if (notes.isClosedByItself) return false;
  return notes.opening === null ? !isMerged : notes.opening === opening;
}

const OPENING = /<!-- giftwrap:opening ([0-9a-f]{40,64}) -->/;
const BUILT = /<!-- giftwrap:built ([0-9a-f]{40,64}) ([0-9a-f]{64}) -->/;
const CLOSED = "<!-- giftwrap:closed-by-itself -->";
const ASKED = "<!-- giftwrap:asked-for -->";
const ANY = /\n*<!-- giftwrap:(?:opening|built|closed-by-itself|asked-for)[^\n]*-->/g;

export function readNotes(body: string): ProposalNotes {
  const [, head, content] = BUILT.exec(body) ?? [];
  return {
    opening: OPENING.exec(body)?.[1] ?? null,
    built: head === undefined || content === undefined ? null : { head, content },
    isClosedByItself: body.includes(CLOSED),
    isAskedFor: body.includes(ASKED),
  };
}

/** The body with these notes, and none that stood there before. */
export function writeNotes(
  body: string,
  { opening, built, isClosedByItself, isAskedFor }: ProposalNotes,
): string {
  const notes = [
    ...(opening === null ? [] : [`<!-- giftwrap:opening ${opening} -->`]),
    ...(built === null ? [] : [`<!-- giftwrap:built ${built.head} ${built.content} -->`]),
    ...(isClosedByItself ? [CLOSED] : []),
    ...(isAskedFor ? [ASKED] : []),
  ];
  return [body.replace(ANY, "").trimEnd(), "", ...notes, ""].join("\n");
}

/** A digest of what is proposed and of what main has in its place: when either changes, the branch is made anew. */
export function contentOf(files: readonly FileText[], onMain: readonly FileText[]): string {
  return digestOf(JSON.stringify([toPairs(files), toPairs(onMain)]));
}

function toPairs(files: readonly FileText[]): readonly (readonly [string, string | null])[] {
  return [...files].sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ path, text }) => [path, text]);
}
