import type { Finding } from "../report/finding.ts";
import { escapeCell } from "../report/github.ts";
import { count } from "../report/text.ts";
import type { VerdictStory } from "../rollout/verdict/story.ts";
import { verdictToMarkdown } from "../rollout/verdict/verdictMarkdown.ts";
import { toAnnotations } from "./checkReport.ts";
import type { CheckReport } from "./publishCheck.ts";

/** The check run that branch protection asks for before a promotion is merged. */
export const GATE_NAME = "giftwrap gate";

/** What GitHub takes of a check's text, with room for the words around it. */
const MAX_CHARACTERS = 60_000;

/** What was judged of a change. */
interface Judged {
  readonly stories: readonly VerdictStory[];
  /** What stands against it; a waiver makes a warning of it. */
  readonly findings: readonly Finding[];
  /** Main's policy asks for no proof at all. */
  readonly isUngated: boolean;
}

/**
 * The check `giftwrap gate` of a head: success only where all that it opens further is proven, or waived on main, or where it opens nothing
 * further. Pure.
 */
export function toGateReport({ stories, findings, isUngated }: Judged, headSha: string): CheckReport {
  if (isUngated) {
    const title = "The policy has no gate";
    const summary =
      "releases/policy.yaml on main has no gate, so nothing has to be proven before it is merged.\n";
    return { name: GATE_NAME, headSha, conclusion: "success", title, summary, annotations: [] };
  }
  const errors = findings.filter((it) => it.severity === "error");
  return {
    name: GATE_NAME,
    headSha,
    conclusion: errors.length > 0 ? "failure" : "success",
    title: titleOf(stories.length, findings, errors),
    summary: summaryOf(stories, findings),
    annotations: toAnnotations(findings),
  };
}

function titleOf(judged: number, findings: readonly Finding[], errors: readonly Finding[]): string {
  const failed = errors.filter((it) => it.code === "GATE_FAIL").length;
  if (failed > 0) return `${count(failed, "release")} failed`;
  if (errors.length > 0) return `Not proven yet: ${count(errors.length, "release")}`;
  if (findings.length > 0) return `Waived: ${count(findings.length, "release")}`;
  return judged > 0 ? "Proven to be no worse" : "Nothing here has to be proven";
}

function summaryOf(stories: readonly VerdictStory[], findings: readonly Finding[]): string {
  const told = findings.map(
    ({ message, fix, waiver }) =>
      `- ${escapeCell(message)}. ${waiver ? `Waived by ${escapeCell(waiver.owner)} until ${waiver.ends}: ${escapeCell(waiver.reason)}` : `Next: ${escapeCell(fix)}`}\n`,
  );
  const parts = [...(told.length > 0 ? [told.join("")] : []), ...stories.map((it) => verdictToMarkdown(it))];
  if (parts.length === 0)
    return "No release on trial reaches more viewers by this change. What closes or lowers never waits.\n";
  let text = "";
  for (const part of parts) {
    if (text.length + part.length > MAX_CHARACTERS)
      return `${text}\nThe rest is too long to show here: npx giftwrap gate with a release's name tells it.\n`;
    text += `${part}\n`;
  }
  return text;
}
