import type { Finding } from "../report/finding.ts";
import { sortFindings } from "../report/finding.ts";
import { escapeUnseen } from "../report/text.ts";
import { cardToHead } from "./card/cardMarkdown.ts";
import { isInOrder, type PullRequestCard } from "./card/pullRequestCard.ts";
import type { CheckAnnotation, CheckReport } from "./publishCheck.ts";

/** The check run of the files, by main's code: branch protection asks for it. */
export const CHECK_NAME = "giftwrap";

/**
 * The check run of a pull request or of a merge queue's commit: every finding on its line, and the head of the card. What nobody could
 * check does not pass.
 */
export function toCheckReport(card: PullRequestCard, headSha: string): CheckReport {
  const { title, summary } = cardToHead(card);
  return {
    name: CHECK_NAME,
    headSha,
    conclusion: isInOrder(card) ? "success" : "failure",
    title: toPlain(title),
    summary,
    annotations: toAnnotations(card.findings),
  };
}

/** Errors first, each with what to do; plain text, for GitHub shows no Markdown there. */
export function toAnnotations(findings: readonly Finding[]): readonly CheckAnnotation[] {
  const sorted = sortFindings(findings);
  return [
    ...sorted.filter((it) => it.severity === "error"),
    ...sorted.filter((it) => it.severity === "warning"),
  ].map(({ code, severity, place, message, fix }) => ({
    path: escapeUnseen(place.file),
    startLine: Math.max(1, place.line),
    endLine: Math.max(1, place.line),
    level: severity === "error" ? "failure" : "warning",
    title: code,
    message: `${escapeUnseen(message)}\nfix: ${escapeUnseen(fix)}`,
  }));
}

/** A check's title is no Markdown. */
function toPlain(markdown: string): string {
  return markdown.replace(/\\([\\`*_{}[\]<>|#!~$&])/g, "$1").replaceAll("**", "");
}
