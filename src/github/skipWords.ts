import type { SkipWords } from "./card/pullRequestCard.ts";

/** What keeps GitHub from running workflows for a push (docs.github.com, "Skipping workflow runs"). */
const WORDS = /\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]|^skip-checks:\s*true\s*$/im;

/** Where a pull request says what would keep its merge from being published, each place once. */
export function findSkipWords(title: string, body: string, commits: readonly string[]): readonly SkipWords[] {
  const texts = [
    { where: "title", text: title },
    { where: "body", text: body },
    ...commits.map((text) => ({ where: "commit", text }) as const),
  ] as const;
  const found = new Map<string, SkipWords>();
  for (const { where, text } of texts) {
    const words = WORDS.exec(text.replace(/\r\n?/g, "\n"))?.[0].trim();
    if (words !== undefined) found.set(`${where} ${words}`, { where, words });
  }
  return [...found.values()];
}

/** The same text for people, that keeps GitHub from nothing: what somebody gave as a reason goes into the message of a merge. */
export function breakSkipWords(text: string): string {
  return text
    .replaceAll(/\[((?:skip|no) ci|ci skip|skip actions|actions skip)\]/gi, "($1)")
    .replaceAll(/^(skip-checks):(\s*true\s*)$/gim, "$1 $2");
}
