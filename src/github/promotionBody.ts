import type { VerdictStory } from "../rollout/verdict/story.ts";
import { verdictToMarkdown } from "../rollout/verdict/verdictMarkdown.ts";

const MAX_VERDICT = 55_000;

/** What the pull request of a promotion says: the verdict now, and how it is kept. */
export function promotionBody(story: VerdictStory): string {
  return `${verdictToMarkdown(story, { maxLength: MAX_VERDICT }).trimEnd()}\n\n${HOW_IT_IS_KEPT}\n`;
}

const HOW_IT_IS_KEPT = `<sub>Giftwrap keeps this pull request: its numbers and its commit follow the main branch, and it closes by itself when it is overtaken, held, or failed. Merging is for people. Close it to say no: it is not opened again until the stage before it is opened anew. Once somebody pushes to its branch it is theirs, and nothing here changes by itself.</sub>`;
