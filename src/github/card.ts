import type { Finding } from "../report/finding.ts";
import { escapeCell, findingsToMarkdown, toMarkdownTable } from "../report/github.ts";
import { count, toBytes } from "../report/text.ts";
import type { Stage } from "../wire/rollout.ts";
import type { VariantCost } from "./variantCosts.ts";

/** Everything that a pull request or a publish tells people: one model for the job summary and later for a comment. */
export interface Card {
  readonly command: "check" | "publish";
  readonly environment: string;
  readonly verdict: Verdict;
  /** What the world did to us, when it did. */
  readonly problem: Problem | null;
  /** Null when the files were never looked at. */
  readonly findings: readonly Finding[] | null;
  readonly compared: Comparison;
  /** Ids of the overrides that go out before everything else. */
  readonly stops: readonly string[];
  readonly changes: readonly ViewerChange[];
  /** Gifts whose live entry stays, and why. */
  readonly kept: Readonly<Record<string, string>>;
  /** What else people must know, before the details. */
  readonly alarms: readonly string[];
  readonly builds: readonly BuildNote[];
  readonly variants: readonly VariantCost[];
  /** What was said while it ran. */
  readonly log: readonly string[];
}

/** `findings`: the files are wrong. `failure`: the world failed. */
export type Verdict = "ok" | "findings" | "failure";

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}

/** What the changes are changes from. */
export type Comparison =
  | { readonly kind: "live"; readonly revision: number }
  /** Nothing published can be read from here, so two commits are compared instead. */
  | { readonly kind: "git"; readonly base: string }
  | { readonly kind: "nothing" };

/** One release before and after; null is nobody. */
export interface ViewerChange {
  readonly gift: string;
  readonly version: string;
  readonly before: Stage | null;
  readonly after: Stage | null;
  readonly details: readonly string[];
  /** Who gets it afterwards, in words: "canary staff; regional SG 5 %". */
  readonly audience: string;
}

export interface BuildNote {
  readonly release: string;
  /** Whether somebody has to change something: the sources cannot be read, or the lock names other bytes. */
  readonly isWrong: boolean;
  readonly message: string;
}

/** GitHub takes 1 MiB of summary for a step, and shows nothing of a longer one. */
const MAX_BYTES = 1_000_000;

/** Rows of a table, tried until the card fits. */
const LIMITS = [Number.POSITIVE_INFINITY, 1_000, 300, 100, 30, 10];

const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  canary: "test group",
  regional: "some regions",
  full: "everyone",
};

/** The verdict and the next action first, then what viewers will see, and the details folded. At most `maxBytes` long. */
export function cardToMarkdown(card: Card, maxBytes = MAX_BYTES): string {
  let shortest = "";
  for (const limit of LIMITS) {
    shortest = render(card, limit);
    if (new TextEncoder().encode(shortest).length <= maxBytes) return shortest;
  }
  return `${describeHead(card)}\nThe rest is too long to show here: see the log of this step.\n`;
}

/** The verdict in one line, without markup. */
export function headlineOf(card: Card): string {
  const { command, verdict, compared, changes, stops } = card;
  const wrong = countWrong(card);
  if (command === "publish") {
    const at = compared.kind === "live" ? ` at revision ${compared.revision}` : "";
    if (card.problem) return `Publishing to ${card.environment} failed`;
    if (verdict === "failure") return `${card.environment} is${at}, but not everything could be published`;
    if (verdict === "findings")
      return `${card.environment} is${at}, but not all of main is fit to be published`;
    return changes.length + stops.length > 0
      ? `Published: ${card.environment} is${at}`
      : `Nothing to do: ${card.environment} is${at}`;
  }
  if (verdict === "findings") return `${count(wrong, "thing")} to fix`;
  if (verdict === "failure") return "This check could not be finished";
  if (compared.kind === "nothing") return "Everything is in order";
  const [number, noun] = changes.length > 0 ? [changes.length, "release"] : [stops.length, "override"];
  return number > 0
    ? `In order: ${count(number, noun)} ${number === 1 ? "changes" : "change"} for viewers`
    : "In order: nothing changes for viewers";
}

function render(card: Card, limit: number): string {
  const sections = [
    describeHead(card),
    describeProblem(card),
    describeViewers(card, limit),
    card.findings ? findingsToMarkdown(card.findings, limit) : "",
    describeWaivers(card, limit),
    toList(card.builds.filter((it) => it.isWrong).map(describeBuild), limit),
    describeVariants(card, limit),
    fold("How it was built", card.builds.map(describeBuild), limit),
    fold("What was said", card.log, limit),
  ];
  return sections.filter(Boolean).join("\n");
}

function describeHead(card: Card): string {
  const mark = { ok: "✅", findings: "✋", failure: "🔧" }[card.verdict];
  return `### ${mark} ${escapeCell(headlineOf(card))}\n\n**Next:** ${nextAction(card)}\n`;
}

function nextAction({ command, verdict, problem, findings, alarms }: Card): string {
  if (verdict === "failure" && problem) return `${escapeCell(problem.fix)}.`;
  if (command === "publish") {
    if (verdict === "findings")
      return "mend what is listed below in a new pull request. Until then those gifts stay as they are live.";
    if (verdict === "failure") return "see below what was held back and why, then run this workflow again.";
    if (alarms.length > 0) return "see to the alarm below. Until then some viewers keep what they had.";
    return "nothing. To take a change back, revert its pull request.";
  }
  if (verdict === "findings")
    return "mend what is listed below and commit it here; this check then runs again.";
  if (verdict === "failure") return "run this check again.";
  const warnings = (findings ?? []).filter((it) => it.severity === "warning").length;
  const first = warnings > 0 ? `look at the ${count(warnings, "warning")} below, then ` : "";
  return `${first}have it approved and merge it. Viewers get it when main is published.`;
}

function describeProblem({ problem, alarms }: Card): string {
  const lines = [
    ...(problem
      ? [`**What went wrong:** ${escapeCell(problem.message)} (${escapeCell(problem.code)})\n`]
      : []),
    ...alarms.map((it) => `**Alarm:** ${escapeCell(it)}\n`),
  ];
  return lines.join("\n");
}

function describeViewers(card: Card, limit: number): string {
  const { command, compared, changes, kept, stops } = card;
  const isSilent = changes.length + stops.length + Object.keys(kept).length === 0;
  if (compared.kind === "nothing" && isSilent) return "";
  const title = command === "publish" ? "What viewers see now" : "What viewers will see";
  const changed = changes.map(({ gift, version, before, after, details, audience }) => [
    escapeCell(`${gift} ${version}`),
    toWords(before),
    before === after
      ? `${toWords(after)}; changed: ${escapeCell(details.join(", "))}`
      : `**${toWords(after)}**`,
    escapeCell(audience),
  ]);
  return [
    `**${title}** in ${escapeCell(card.environment)} (${describeComparison(compared)}):${changed.length === 0 ? " nothing changes." : ""}\n`,
    ...(stops.length > 0
      ? [`Goes out first, before everything else: ${stops.map(escapeCell).join(", ")}.\n`]
      : []),
    ...(changed.length > 0
      ? [toMarkdownTable(["release", "before", "after", "who that is"], changed, limit)]
      : []),
    ...(Object.keys(kept).length > 0
      ? [
          toList(
            Object.entries(kept).map(([gift, why]) => `${gift} stays as it is live: ${why}`),
            limit,
          ),
        ]
      : []),
  ].join("\n");
}

function describeComparison(compared: Comparison): string {
  if (compared.kind === "live") return `live is revision ${compared.revision}`;
  const unread = "no published state can be read from here";
  return compared.kind === "git"
    ? `${unread}, so this compares stages and shares in git with ${escapeCell(compared.base.slice(0, 10))}`
    : `${unread}, so this lists everything that is open`;
}

/** What is let through although it breaks a rule. Once for all device tiers: one waiver forgives them together. */
function describeWaivers({ findings }: Card, limit: number): string {
  const waived = (findings ?? []).flatMap(({ code, gift = "", version = "", waiver }) =>
    waiver ? [[`${gift} ${version}`, code, waiver.ends, waiver.owner, waiver.reason].map(escapeCell)] : [],
  );
  if (waived.length === 0) return "";
  const rows = [...new Map(waived.map((cells) => [cells.join(" | "), cells])).values()];
  return `**Waived for now:**\n\n${toMarkdownTable(["release", "rule", "until", "by", "why"], rows, limit)}`;
}

function describeVariants({ variants }: Card, limit: number): string {
  if (variants.length === 0) return "";
  const rows = variants.map(({ release, tier, download, memory }) => [
    escapeCell(release),
    tier,
    toShare(download),
    toShare(memory),
  ]);
  return `**What it costs on a device:**\n\n${toMarkdownTable(["release", "tier", "download", "memory"], rows, limit)}`;
}

function toShare({ bytes, budget }: VariantCost["download"]): string {
  const share = `${toBytes(bytes)} of ${toBytes(budget)}`;
  return bytes > budget ? `**${share}: too much**` : share;
}

function fold(title: string, lines: readonly string[], limit: number): string {
  if (lines.length === 0) return "";
  return `<details><summary>${title} (${lines.length})</summary>\n\n${toList(lines, limit)}\n</details>\n`;
}

function describeBuild({ release, message }: BuildNote): string {
  return `${release}: ${message}`;
}

/** The invisible space keeps what begins like a list or a rule from becoming one. */
function toList(lines: readonly string[], limit: number): string {
  const more = lines.length - limit;
  return `${lines
    .slice(0, limit)
    .map((line) => `- \u200b${escapeCell(line)}\n`)
    .join("")}${more > 0 ? `\n… and ${more} more.\n` : ""}`;
}

function countWrong({ findings, builds }: Card): number {
  return (
    (findings ?? []).filter((it) => it.severity === "error").length + builds.filter((it) => it.isWrong).length
  );
}

function toWords(stage: Stage | null): string {
  return stage === null ? "nobody" : STAGE_WORDS[stage];
}
