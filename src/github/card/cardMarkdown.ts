import { ALL_BASIS_POINTS } from "../../wire/bucket.ts";
import type { Rollout } from "../../wire/rollout.ts";
import type { Finding } from "../../report/finding.ts";
import { escapeCell, toMarkdownTable } from "../../report/github.ts";
import { toBytes } from "../../report/text.ts";
import { verdictToMarkdown } from "../../rollout/verdict/verdictMarkdown.ts";
import { editLink, newFileLink, uploadLink, viewLink, workflowLink } from "./links.ts";
import {
  type Amount,
  CARD_MARKER,
  type CardVerdict,
  type CostLine,
  type OverrideLine,
  type PullRequestCard,
  type Todo,
  type ViewerLine,
  type WayBack,
} from "./pullRequestCard.ts";
import type { CardWords, HeadWords } from "./words/cardWords.ts";
import { EN } from "./words/en.ts";
import { ZH } from "./words/zh.ts";

/** Characters: GitHub takes 65,536 in a comment. */
const MAX_LENGTH = 60_000;
/** Rows of a table or list, tried until the card fits. */
const LIMITS = [1_000, 300, 100, 30, 10, 3];
/** Verdicts of the gate are long; with several, each gets its part of this. */
const LONGEST_STORIES = 24_000;
/** A longer list of names on one line says nothing. */
const MOST_NAMES = 6;

const MARKS: Readonly<Record<CardVerdict, string>> = {
  merged: "🚀",
  rolled_back: "⏪",
  closed: "🚪",
  to_fix: "✋",
  conflict: "✋",
  our_fault: "🔧",
  failed: "⛔",
  held: "⏳",
  building: "⏳",
  draft: "📝",
  waiting: "⏳",
  no_release: "🎨",
  ready: "✅",
};

/**
 * The card as the pull request's one comment, in the language that the policy asks for: the verdict and the next action first, the
 * details folded. Under 60,000 characters at any size of change. The same card gives the same text.
 */
export function cardToMarkdown(card: PullRequestCard): string {
  const words = card.people.language === "zh" ? ZH : EN;
  for (const limit of LIMITS) {
    const text = render(card, words, limit);
    if (text.length < MAX_LENGTH) return text;
  }
  return `${toHead(card, words)}\n${words.tooLong}\n`;
}

/** The verdict and the next action alone: the summary of the check run. */
export function cardToHead(card: PullRequestCard): { readonly title: string; readonly summary: string } {
  const words = card.people.language === "zh" ? ZH : EN;
  return { title: toTitle(card, words), summary: `**${words.next}:** ${toNext(card, words)}` };
}

function render(card: PullRequestCard, words: CardWords, limit: number): string {
  const sections = [
    toHead(card, words),
    describeProblem(card, words),
    describeTodos(card, words, limit),
    describeNewReleases(card, words, limit),
    describeWaits(card, words),
    describeViewers(card, words, limit),
    describeOverrides(card, words, limit),
    describeMetrics(card, words, limit),
    describeWaysBack(card, words, limit),
    describeCosts(card, words, limit),
    describeSlots(card, words),
    describeWarnings(card, words, limit),
    describeCompat(card, words, limit),
    describeOwnRun(card, words, limit),
    describeEngineers(card, words),
    describeFoot(card, words),
  ];
  return sections.filter(Boolean).join("\n");
}

function toHead(card: PullRequestCard, words: CardWords): string {
  return `<!-- ${CARD_MARKER} -->\n### ${MARKS[card.verdict]} ${toTitle(card, words)}\n\n**${words.next}:** ${toNext(card, words)}\n`;
}

function toTitle(card: PullRequestCard, words: CardWords): string {
  const subject = describeSubject(card, words);
  const kind = words.kinds[card.kind];
  const about = subject === "" ? kind : `${subject} · ${kind}`;
  return `${about} — ${words.verdicts[card.verdict](toHeadWords(card, words))}`;
}

function toNext(card: PullRequestCard, words: CardWords): string {
  return words.nexts[card.verdict](toHeadWords(card, words));
}

/** The releases that change for viewers, or else the gifts that have files that differ. */
function describeSubject({ viewers, unbuilt, gifts, overrides }: PullRequestCard, words: CardWords): string {
  const releases = viewers.map((it) => `${it.gift} ${it.version}`);
  const names = [releases, unbuilt.map((it) => it.replace("@", " ")), gifts, overrides.map((it) => it.name)];
  const [first, ...others] = names.find((it) => it.length > 0) ?? [];
  if (first === undefined) return "";
  return others.length === 0 ? escapeCell(first) : words.andMore(escapeCell(first), others.length);
}

function toHeadWords(card: PullRequestCard, words: CardWords): HeadWords {
  return {
    kind: card.kind,
    todos: card.todos.length,
    warnings: card.warnings.length,
    lead: card.people.lead === undefined ? null : escapeCell(card.people.lead),
    rollbackForm: toRollbackForm(card),
    waitsFor: describeApprovals(card, words),
    unbuilt: card.unbuilt.map(escapeCell),
    isFork: card.pullRequest?.isFork ?? false,
    author: escapeCell(card.pullRequest?.author ?? ""),
  };
}

function describeApprovals({ approvals }: PullRequestCard, words: CardWords): readonly string[] {
  return (approvals?.missing ?? []).map(({ team, needed, have, isUnknown }) =>
    isUnknown
      ? words.teamUnknown(escapeCell(team))
      : words.waitsForTeam(escapeCell(team), needed - have, have),
  );
}

function toRollbackForm({ place }: PullRequestCard): string | null {
  return place === null ? null : workflowLink(place, "rollback.yml");
}

/** What the world did to us, apart from what there is to mend. */
function describeProblem({ problem, people }: PullRequestCard, words: CardWords): string {
  if (!problem) return "";
  const lead = people.lead === undefined ? null : escapeCell(people.lead);
  return `${words.ourFault(escapeCell(problem.message), escapeCell(problem.code))}\n\n${words.ourFaultNext(escapeCell(problem.fix), lead)}\n`;
}

function describeTodos(card: PullRequestCard, words: CardWords, limit: number): string {
  const { todos } = card;
  if (todos.length === 0) return "";
  const items = todos.slice(0, limit).map((it, at) => `${at + 1}. ${describeTodo(it, card, words)}\n`);
  const note =
    words.findingsNote !== null && todos.some((it) => it.kind === "finding")
      ? `${words.findingsNote}\n\n`
      : "";
  return `#### ${words.todo}\n\n${note}${items.join("")}${describeMore(todos.length, limit, words)}`;
}

function describeTodo(todo: Todo, card: PullRequestCard, words: CardWords): string {
  switch (todo.kind) {
    case "finding":
      return describeFinding(todo.finding, card, words);
    case "skip_words":
      return words.skipWords(todo.skip.where, escapeCell(todo.skip.words));
    case "conflict":
      return words.conflict(card.kind, toRollbackForm(card));
  }
}

function describeFinding(
  { code, place, message, fix }: Finding,
  card: PullRequestCard,
  words: CardWords,
): string {
  const where = escapeCell(`${place.file}:${place.line}`);
  const links = describeFindingLink(place.file, place.line, card, words);
  return `**${escapeCell(message)}** (${where}) → ${escapeCell(fix)}. ${links}${links === "" ? "" : " "}*(${escapeCell(code)})*`;
}

/** Text is mended in the browser's editor at its line; art is uploaded again. */
function describeFindingLink(
  path: string,
  line: number,
  { place }: PullRequestCard,
  words: CardWords,
): string {
  if (!place) return "";
  if (/\.(ya?ml|json)$/.test(path) && !path.endsWith(".lock.json") && !path.includes("/source/")) {
    const link = editLink(place, path, line);
    return link === null ? "" : words.fixAtLine(link, line);
  }
  const isSource = /^gifts\/[^/]+\/source\//.test(path);
  const link = isSource ? uploadLink(place, path.split("/").slice(0, -1).join("/")) : viewLink(place, path);
  if (link === null) return "";
  return isSource ? words.uploadAgain(link) : words.look(link);
}

function describeNewReleases(
  { missingReleases, place }: PullRequestCard,
  words: CardWords,
  limit: number,
): string {
  const lines = missingReleases.map(({ gift, path, text }) => {
    const link = place && newFileLink(place, path, text);
    return words.newRelease(escapeCell(gift), escapeCell(path), link);
  });
  return toList(lines, limit, words);
}

function describeWaits(card: PullRequestCard, words: CardWords): string {
  const { verdict, pullRequest, unbuilt, approvals } = card;
  if (["merged", "rolled_back", "closed"].includes(verdict)) return "";
  const names = unbuilt.slice(0, MOST_NAMES).map(escapeCell);
  const releases = unbuilt.length > MOST_NAMES ? `${names.join(", ")}, …` : names.join(", ");
  const waits = [
    ...(unbuilt.length > 0 ? [words.waitsForBytes(releases, pullRequest?.isFork ?? false)] : []),
    ...(pullRequest?.isDraft ? [words.waitsForAuthor(escapeCell(pullRequest.author))] : []),
    ...describeApprovals(card, words),
  ];
  const given = approvals?.state === "success" && approvals.asked > 0 ? `${words.approvalsGiven}\n` : "";
  if (waits.length === 0) return given;
  return `**${words.waitsFor}:**\n\n${toList(waits, LIMITS[0] ?? 1, words)}${given}`;
}

function describeViewers(card: PullRequestCard, words: CardWords, limit: number): string {
  const { environment, compared, viewers, stops, kept, unread, verdict } = card;
  const isMerged = verdict === "merged" || verdict === "rolled_back";
  if (card.problem && viewers.length === 0) return "";
  const title = `**${words.viewers(escapeCell(environment), isMerged)}** (${describeComparison(card, words)}):`;
  const rows = viewers.map((it) => describeViewerLine(it, words));
  return [
    `${title}${rows.length === 0 ? ` ${words.nothingChanges}` : ""}\n`,
    ...(rows.length > 0 ? [toTable(words.viewersHeader, rows, limit, words)] : []),
    ...(stops.length > 0 ? [`${words.stopsFirst(toNames(stops))}\n`] : []),
    toList(
      Object.entries(kept).map(([gift, why]) => words.keptAsLive(escapeCell(gift), escapeCell(why))),
      limit,
      words,
    ),
    ...(unread && compared.kind !== "live"
      ? [`${words.unread(escapeCell(unread.message), escapeCell(unread.code))}\n`]
      : []),
  ]
    .filter(Boolean)
    .join("\n");
}

function describeComparison({ compared }: PullRequestCard, words: CardWords): string {
  if (compared.kind === "live") return words.comparedWithLive(compared.revision);
  return compared.kind === "git"
    ? words.comparedWithGit(escapeCell(compared.base.slice(0, 10)))
    : words.comparedWithNothing;
}

function describeViewerLine(
  { gift, version, before, after, details }: ViewerLine,
  words: CardWords,
): string[] {
  const [then, now] = [before, after].map((it) => describeRollout(it, words));
  const also = details.length > 0 ? `; ${words.alsoChanged(escapeCell(details.join(", ")))}` : "";
  return [escapeCell(`${gift} ${version}`), then ?? "", then === now ? `${now}${also}` : `**${now}**${also}`];
}

function describeRollout(rollout: Rollout | null, words: CardWords): string {
  if (!rollout?.canary) return words.nobody;
  const { canary, regional, full, holdback } = rollout;
  return words.audience({
    cohorts: (canary.cohorts ?? []).map(escapeCell),
    percent: toPercent(canary.basisPoints ?? 0),
    regions: regional
      ? Object.entries(regional.regions).map(([region, share]) => ({
          region: escapeCell(region),
          percent: toPercent(share),
        }))
      : null,
    tiers: regional?.eligible?.tiers ?? [],
    exclude: (regional?.eligible?.exclude ?? []).map(escapeCell),
    isFull: regional !== undefined && full === true,
    holdback: toPercent(holdback?.basisPoints ?? 0),
  });
}

function toPercent(basisPoints: number): number {
  return (basisPoints * 100) / ALL_BASIS_POINTS;
}

function describeOverrides({ overrides }: PullRequestCard, words: CardWords, limit: number): string {
  if (overrides.length === 0) return "";
  const rows = overrides.map((it) => describeOverride(it, words));
  return `**${words.overridesTitle}:**\n\n${toTable(words.overridesHeader, rows, limit, words)}`;
}

function describeOverride({ name, before, after }: OverrideLine, words: CardWords): string[] {
  const file = after ?? before;
  const gifts = !file || file.gifts === "*" ? words.allGifts : toNames(file.gifts);
  const versions = file?.versions === undefined ? "" : ` ${escapeCell(file.versions)}`;
  const limit = after
    ? [
        `**${words.limits[after.limit]}**`,
        ...(before && before.limit !== after.limit
          ? [`(${words.overrideWas(words.limits[before.limit])})`]
          : []),
        ...(after.ends === undefined ? [] : [words.overrideEnds(escapeCell(after.ends))]),
      ].join(" ")
    : words.overrideGone;
  const why = [file?.reason, file?.incident].flatMap((it) => (it === undefined ? [] : [escapeCell(it)]));
  return [escapeCell(name), `${gifts}${versions}`, limit, why.join(" · ")];
}

function describeMetrics({ stories, unjudged }: PullRequestCard, words: CardWords, limit: number): string {
  if (stories.length + unjudged.length === 0) return "";
  const shown = stories.slice(0, limit);
  const maxLength = Math.floor(LONGEST_STORIES / Math.max(1, shown.length));
  return [
    `#### ${words.metrics}\n`,
    toList(
      unjudged.map((it) => words.unjudged(escapeCell(it.release), escapeCell(it.why), escapeCell(it.next))),
      limit,
      words,
    ),
    ...shown.map((it) => verdictToMarkdown(it, { maxLength })),
    describeMore(stories.length, limit, words),
  ]
    .filter(Boolean)
    .join("\n");
}

function describeWaysBack(card: PullRequestCard, words: CardWords, limit: number): string {
  const { waysBack, kind, verdict } = card;
  if (waysBack.length === 0) return "";
  const lines = waysBack.map((it) => describeWayBack(it, words));
  const how = kind === "rollback" || verdict === "closed" ? "" : `${words.backHow(toRollbackForm(card))}\n`;
  return `**${kind === "rollback" ? words.viewersGetBack : words.back}:**\n\n${toList(lines, limit, words)}${how === "" ? "" : `\n${how}`}`;
}

function describeWayBack(it: WayBack, words: CardWords): string {
  const release = escapeCell(`${it.gift} ${it.version}`);
  const parts = [
    it.to === null
      ? it.fallback.length > 0
        ? words.backToFallback(release, toNames(it.fallback))
        : words.backToNothing(release)
      : words.backTo(release, escapeCell(it.to)),
    ...(it.to === null ? [] : [words.bytes[it.bytes]]),
    describeDrill(it.drill, words),
  ];
  return parts.join("; ");
}

function describeDrill(drill: WayBack["drill"], words: CardWords): string {
  switch (drill.kind) {
    case "passed":
      return words.drillPassed(escapeCell(drill.at), escapeCell(drill.environment));
    case "failed":
      return words.drillFailed(escapeCell(drill.at), escapeCell(drill.environment));
    case "none":
      return words.drillNone;
    case "unknown":
      return words.drillUnknown(escapeCell(drill.why));
  }
}

function describeCosts({ costs }: PullRequestCard, words: CardWords, limit: number): string {
  if (costs.length === 0) return "";
  const rows = costs.map((it) => [
    escapeCell(it.release.replace("@", " ")),
    words.tiers[it.tier],
    describeAmount(it.download, it, words),
    describeAmount(it.memory, it, words),
  ]);
  return `**${words.costs}:**\n\n${toTable(words.costsHeader, rows, limit, words)}`;
}

function describeAmount(
  { bytes, budget, live }: Amount,
  { liveVersion }: CostLine,
  words: CardWords,
): string {
  const share = words.ofBudget(toBytes(bytes), toBytes(budget));
  const beside =
    live === null || liveVersion === null
      ? words.noRelease
      : words.against(escapeCell(liveVersion), toChange(bytes, live));
  return `${bytes > budget ? `**${share}: ${words.tooMuch}**` : share}; ${beside}`;
}

/** "+4 %", "-12 %", "±0 %"; from nothing there is no share. */
function toChange(bytes: number, live: number): string {
  if (live === 0) return `+${toBytes(bytes)}`;
  const percent = Math.round(((bytes - live) * 100) / live);
  return `${percent > 0 ? "+" : percent < 0 ? "-" : "±"}${Math.abs(percent)} %`;
}

/** Nothing here is ever green before somebody has looked. */
function describeSlots({ verdict, compat }: PullRequestCard, words: CardWords): string {
  if (compat.length === 0 || verdict === "closed") return "";
  const slots = [words.previews, words.smoke, words.contactSheet];
  return `**${words.slots}:** ${slots.map((it) => `${it}: *${words.notYet}*`).join(" · ")}\n`;
}

function describeWarnings(card: PullRequestCard, words: CardWords, limit: number): string {
  const waived = card.warnings.filter((it) => it.waiver);
  const others = card.warnings.filter((it) => !it.waiver);
  const waivers = new Set(
    waived.flatMap(({ code, gift = "", version = "", waiver }) =>
      waiver
        ? [
            words.waivedLine(
              escapeCell(code),
              escapeCell(`${gift} ${version}`),
              escapeCell(waiver.ends),
              escapeCell(waiver.owner),
              escapeCell(waiver.reason),
            ),
          ]
        : [],
    ),
  );
  return [
    fold(
      words.warnings,
      others.map((it) => describeFinding(it, card, words)),
      limit,
      words,
    ),
    fold(words.waived, [...waivers], limit, words),
  ]
    .filter(Boolean)
    .join("\n");
}

function describeCompat({ compat }: PullRequestCard, words: CardWords, limit: number): string {
  if (compat.length === 0) return "";
  const rows = compat.map(({ release, apps, tiers }) => [
    escapeCell(release.replace("@", " ")),
    Object.entries(apps)
      .map(([platform, range]) => escapeCell(`${platform} ${range}`))
      .join(", "),
    tiers.map((it) => words.tiers[it]).join(", "),
  ]);
  return foldText(words.compat, toTable(words.compatHeader, rows, limit, words));
}

/** What untrusted code said stands apart and is marked as that. */
function describeOwnRun({ ownRun }: PullRequestCard, words: CardWords, limit: number): string {
  if (!ownRun || ownRun.builds.length + ownRun.variants.length === 0) return "";
  const lines = [
    ...ownRun.builds.map((it) =>
      words.ownRunBuild(escapeCell(it.release), escapeCell(it.message), it.isWrong),
    ),
    ...ownRun.variants.map((it) =>
      words.ownRunCost(
        escapeCell(it.release),
        words.tiers[it.tier],
        toBytes(it.downloadBytes),
        toBytes(it.decodedBytes),
      ),
    ),
  ];
  return foldText(words.ownRun, `${words.ownRunNote}\n\n${toList(lines, limit, words)}`);
}

function describeEngineers({ pullRequest, files, gifts }: PullRequestCard, words: CardWords): string {
  const lines = [
    ...(pullRequest ? [words.factHead(toCode(pullRequest.headSha))] : []),
    words.factFiles(files, gifts.length),
    ...(pullRequest?.merged
      ? [words.factMerged(toCode(pullRequest.merged.commit), escapeCell(pullRequest.merged.at))]
      : []),
  ];
  return foldText(words.engineers, toList(lines, lines.length, words));
}

/** Commits are named in code: GitHub would make a link of some of them, and of others not. */
function toCode(commit: string): string {
  return /^[0-9a-f]+$/.test(commit) ? `\`${commit.slice(0, 10)}\`` : escapeCell(commit);
}

function describeFoot({ people }: PullRequestCard, words: CardWords): string {
  const where = people.help === undefined ? null : escapeCell(people.help);
  return `<sub>${words.help(where)} ${words.updates}</sub>\n`;
}

function toNames(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).map(escapeCell).join(", ");
  return names.length > MOST_NAMES ? `${shown}, …` : shown;
}

/** The invisible space keeps what begins like a list or a rule from becoming one. */
function toList(lines: readonly string[], limit: number, words: CardWords): string {
  if (lines.length === 0) return "";
  const items = lines.slice(0, limit).map((it) => `- \u200b${it}\n`);
  return `${items.join("")}${describeMore(lines.length, limit, words)}`;
}

function toTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  limit: number,
  words: CardWords,
): string {
  return `${toMarkdownTable(header, rows.slice(0, limit))}${describeMore(rows.length, limit, words)}`;
}

function describeMore(length: number, limit: number, words: CardWords): string {
  return length > limit ? `\n${words.more(length - limit)}\n` : "";
}

function fold(title: string, lines: readonly string[], limit: number, words: CardWords): string {
  return lines.length === 0 ? "" : foldText(`${title} (${lines.length})`, toList(lines, limit, words));
}

function foldText(title: string, content: string): string {
  return `<details><summary>${title}</summary>\n\n${content}\n</details>\n`;
}
