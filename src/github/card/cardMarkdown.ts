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
  type CompatLine,
  type CostLine,
  type MissingRelease,
  type OverrideLine,
  type Picture,
  type PreviewLine,
  type PullRequestCard,
  type Smoke,
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
const LIMITS = [1_000, 300, 100, 60, 30, 10, 3];
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
    if (leastLength(card, limit) >= MAX_LENGTH) continue;
    const text = render(card, words, limit);
    if (text.length < MAX_LENGTH) return text;
  }
  return `${toHead(card, words)}\n${words.tooLong}\n`;
}

/** The verdict and the next action alone: the summary of the check run. */
export function cardToHead(card: PullRequestCard): { readonly title: string; readonly summary: string } {
  const words = card.people.language === "zh" ? ZH : EN;
  return {
    title: toTitle(card, words),
    summary: `**${words.next}${words.signs.colon}** ${toNext(card, words)}`,
  };
}

/** What the rows alone take, even those of one-letter names: what cannot fit is not written out only to be thrown away. */
function leastLength(
  { todos, warnings, viewers, costs, compat, place }: PullRequestCard,
  limit: number,
): number {
  const finding = place === null ? 50 : 150;
  const rows = [
    [todos, finding],
    [warnings, finding],
    [viewers, 40],
    [costs, 70],
    [compat, 25],
  ] as const;
  return rows.reduce((sum, [list, least]) => sum + Math.min(list.length, limit) * least, 0);
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
  return `<!-- ${CARD_MARKER} -->\n### ${MARKS[card.verdict]} ${toTitle(card, words)}\n\n**${words.next}${words.signs.colon}** ${toNext(card, words)}\n`;
}

function toTitle(card: PullRequestCard, words: CardWords): string {
  const subject = describeSubject(card, words);
  // While nobody could look, or a file cannot be read, nobody knows what it is.
  const isUnknown = card.problem !== null || (card.kind === "none" && card.verdict === "to_fix");
  const kind = isUnknown ? "" : words.kinds[card.kind];
  const about = [subject, kind].filter(Boolean).join(" · ");
  const verdict = words.verdicts[card.verdict](toHeadWords(card, words));
  return about === "" ? verdict : `${about} — ${verdict}`;
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
    waitsFor: (card.approvals?.missing ?? []).map((it) =>
      words.waitsForTeam(escapeCell(it.team), it.needed - it.have, it.have),
    ),
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
  const note = todos.some((it) => it.kind === "finding") ? describeNote(words.findingsNote) : "";
  return `#### ${words.todo}\n\n${note}${items.join("")}${describeMore(todos.length, limit, words)}`;
}

/** Said above what is not in the card's own language. */
function describeNote(note: string | null): string {
  return note === null ? "" : `${note}\n\n`;
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

function describeFinding(finding: Finding, card: PullRequestCard, words: CardWords): string {
  const { code, place, message, fix } = finding;
  const where = escapeCell(`${place.file}:${place.line}`);
  const links = [
    describeUpload(finding, card, words),
    describeFindingLink(place.file, place.line, card, words),
  ]
    .filter(Boolean)
    .join(" · ");
  return `**${escapeCell(message)}** (${where}) → ${escapeCell(fix)}. ${links}${links === "" ? "" : " "}*(${escapeCell(code)})*`;
}

/** What is wrong with the art is told where the files name it, and mended by uploading the art again. */
function describeUpload(
  { code, gift, place: { file } }: Finding,
  { place }: PullRequestCard,
  words: CardWords,
): string {
  const isOfArt = /^(?:SOURCE|STILL|FRAME|BUDGET)_/.test(code) && !file.includes("/source/");
  const link = place && gift !== undefined && isOfArt ? uploadLink(place, `gifts/${gift}/source`) : null;
  return link === null ? "" : words.uploadAgain(link);
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
  const describe = ({ gift, path, text }: MissingRelease) =>
    words.newRelease(escapeCell(gift), escapeCell(path), place && newFileLink(place, path, text));
  return toList(missingReleases, describe, limit, words);
}

function describeWaits(card: PullRequestCard, words: CardWords): string {
  const { verdict, pullRequest, unbuilt, approvals } = card;
  if (["merged", "rolled_back", "closed"].includes(verdict)) return "";
  const names = unbuilt.slice(0, MOST_NAMES).map((it) => escapeCell(it.replace("@", " ")));
  const releases =
    unbuilt.length > MOST_NAMES
      ? `${names.join(words.signs.comma)}${words.signs.comma}…`
      : names.join(words.signs.comma);
  const waits = [
    ...(unbuilt.length > 0 ? [words.waitsForBytes(releases, pullRequest?.isFork ?? false)] : []),
    ...(pullRequest?.isDraft ? [words.waitsForAuthor(escapeCell(pullRequest.author))] : []),
    ...describeApprovals(card, words),
  ];
  const given = approvals?.state === "success" && approvals.asked > 0 ? `\n${words.approvalsGiven}\n` : "";
  if (waits.length === 0) return given.trimStart();
  return `**${words.waitsFor}${words.signs.colon}**\n\n${toList(waits, asIs, waits.length, words)}${given}`;
}

function describeViewers(card: PullRequestCard, words: CardWords, limit: number): string {
  const { environment, compared, viewers, stops, kept, unread, verdict } = card;
  const isMerged = verdict === "merged" || verdict === "rolled_back";
  if (card.problem && viewers.length === 0) return "";
  const title = `**${words.viewers(escapeCell(environment), isMerged)}**${words.signs.open}${describeComparison(card, words)}${words.signs.close}${words.signs.colon}`;
  return [
    `${title}${viewers.length > 0 ? "" : ` ${card.overrides.length > 0 ? words.seeOverrides : words.nothingChanges}`}\n`,
    ...(viewers.length > 0
      ? [toTable(words.viewersHeader, viewers, (it) => describeViewerLine(it, words), limit, words)]
      : []),
    ...(stops.length > 0 ? [`${words.stopsFirst(toNames(stops, words))}\n`] : []),
    toList(
      Object.entries(kept),
      ([gift, why]) => words.keptAsLive(escapeCell(gift), escapeCell(why)),
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
  const also =
    details.length > 0
      ? `${words.signs.semicolon}${words.alsoChanged(details.map((it) => words.details[it] ?? escapeCell(it)).join(words.signs.comma))}`
      : "";
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
  const rows = toTable(words.overridesHeader, overrides, (it) => describeOverride(it, words), limit, words);
  return `**${words.overridesTitle}${words.signs.colon}**\n\n${rows}`;
}

function describeOverride({ name, before, after }: OverrideLine, words: CardWords): string[] {
  const file = after ?? before;
  const gifts = !file || file.gifts === "*" ? words.allGifts : toNames(file.gifts, words);
  const versions = file?.versions === undefined ? "" : ` ${escapeCell(file.versions)}`;
  const limit = after
    ? [
        `**${words.limits[after.limit]}**`,
        ...(before && before.limit !== after.limit
          ? [`(${words.overrideWas(words.limits[before.limit])})`]
          : []),
        ...(after.ends === undefined ? [] : [words.overrideEnds(toTime(after.ends))]),
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
    words.metricsNote === null ? "" : `${words.metricsNote}\n`,
    toList(
      unjudged,
      (it) => words.unjudged(escapeCell(it.release), escapeCell(it.why), escapeCell(it.next)),
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
  const lines = toList(waysBack, (it) => describeWayBack(it, words), limit, words);
  const how = kind === "rollback" || verdict === "closed" ? "" : `${words.backHow(toRollbackForm(card))}\n`;
  return `**${kind === "rollback" ? words.viewersGetBack : words.back}${words.signs.colon}**\n\n${lines}${how === "" ? "" : `\n${how}`}`;
}

function describeWayBack(it: WayBack, words: CardWords): string {
  const release = escapeCell(`${it.gift} ${it.version}`);
  const parts = [
    it.to === null
      ? it.fallback.length > 0
        ? words.backToFallback(release, toNames(it.fallback, words))
        : words.backToNothing(release)
      : words.backTo(release, escapeCell(it.to)),
    ...(it.to === null ? [] : [words.bytes[it.bytes]]),
    describeDrill(it.drill, words),
  ];
  return parts.join(words.signs.semicolon);
}

function describeDrill(drill: WayBack["drill"], words: CardWords): string {
  switch (drill.kind) {
    case "passed":
      return words.drillPassed(toTime(drill.at), escapeCell(drill.environment));
    case "failed":
      return words.drillFailed(toTime(drill.at), escapeCell(drill.environment));
    case "none":
      return words.drillNone;
    case "unknown":
      return words.drillUnknown(escapeCell(drill.why));
  }
}

function describeCosts({ costs }: PullRequestCard, words: CardWords, limit: number): string {
  if (costs.length === 0) return "";
  const describe = (it: CostLine) => [
    escapeCell(it.release.replace("@", " ")),
    words.tiers[it.tier],
    describeAmount(it.download, it, words),
    describeAmount(it.memory, it, words),
  ];
  return `**${words.costs}${words.signs.colon}**\n\n${toTable(words.costsHeader, costs, describe, limit, words)}`;
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
  return `${bytes > budget ? `**${share}${words.signs.comma}${words.tooMuch}**` : share}${words.signs.semicolon}${beside}`;
}

/** "+4 %", "-12 %", "±0 %"; from nothing there is no share. */
function toChange(bytes: number, live: number): string {
  if (live === 0) return `+${toBytes(bytes)}`;
  const percent = Math.round(((bytes - live) * 100) / live);
  return `${percent > 0 ? "+" : percent < 0 ? "-" : "±"}${Math.abs(percent)} %`;
}

/** Nothing here is ever green before somebody has looked. */
function describeSlots(card: PullRequestCard, words: CardWords): string {
  if (card.compat.length === 0 || card.verdict === "closed") return "";
  const { colon } = words.signs;
  const line = `**${words.slots}${colon}** ${[...describeMissingPreviews(card, words), describeSmokes(card, words)].join(" · ")}\n`;
  const shown = card.previews.filter((it) => it.pictures !== null).slice(0, MOST_PREVIEWS);
  return [line, ...shown.map((it) => describePreview(it, words))].join("\n");
}

/** Each picture is fetched by everybody who opens the pull request. */
const MOST_PREVIEWS = 4;

function describeMissingPreviews({ previews }: PullRequestCard, words: CardWords): readonly string[] {
  const { colon } = words.signs;
  const missing = previews.filter((it) => it.pictures === null);
  const [first] = missing;
  if (!first) return [];
  if (missing.length < previews.length || missing.length > 1)
    return [`${words.previews}${colon} *${words.notYet}*`];
  return [`${words.previews}${colon} ${words.previewBy(toCommand(`npx giftwrap preview ${first.release}`))}`];
}

/** Before and after beside each other: moving, and as frames that hold still. */
function describePreview({ release, pictures, before }: PreviewLine, words: CardWords): string {
  const name = escapeCell(release.replace("@", " "));
  const sides = [
    ...(before ? [{ title: words.previewNow(escapeCell(before.version)), ...before.pictures }] : []),
    { title: name, ...pictures },
  ];
  const motions = sides.flatMap(({ title, motion }) =>
    motion ? [{ title, cell: toImage(motion, title) }] : [],
  );
  const sheets = sides.flatMap(({ title, sheet }) =>
    sheet ? [`${title}\n\n${toImage(sheet, title)}\n`] : [],
  );
  const table =
    motions.length > 0
      ? `${toRow(motions.map((it) => it.title))}\n${toRow(motions.map(() => "---"))}\n${toRow(motions.map((it) => it.cell))}\n`
      : `${name}\n`;
  const frames =
    sheets.length > 0
      ? `\n<details><summary>${words.contactSheet}${words.signs.colon} ${words.sheetNote}</summary>\n\n${sheets.join("\n")}\n</details>\n`
      : "";
  return `${table}${frames}`;
}

function toRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** No more than its own width, so that nothing is blown up. */
function toImage({ url, width }: Picture, title: string): string {
  return `<img src="${escapeAttribute(url)}" alt="${escapeAttribute(title)}" width="${Math.min(width, MAX_PICTURE_WIDTH)}">`;
}

const MAX_PICTURE_WIDTH = 800;

function escapeAttribute(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

const MOST_SMOKES = 5;

function describeSmokes({ smokes }: PullRequestCard, words: CardWords): string {
  const { colon, semicolon } = words.signs;
  const told = smokes.filter(({ smoke }) => smoke.kind !== "none" || smoke.command !== null);
  if (told.length === 0) return `${words.smoke}${colon} *${words.notYet}*`;
  const lines = told.slice(0, MOST_SMOKES).map(({ release, smoke }) => {
    const name = smokes.length > 1 ? `${escapeCell(release.replace("@", " "))}, ` : "";
    return `${name}${describeSmoke(smoke, words)}`;
  });
  const more = told.length - lines.length;
  return `${words.smoke}${colon} ${lines.join(semicolon)}${more > 0 ? `${semicolon}+${more}` : ""}`;
}

function describeSmoke(smoke: Smoke, words: CardWords): string {
  switch (smoke.kind) {
    case "passed":
    case "failed": {
      const { at, environment, reference, worstPercent, isDecodedOnly } = smoke;
      const say = smoke.kind === "passed" ? words.smokePassed : words.smokeFailed;
      return [
        say(toTime(at), escapeCell(environment), escapeCell(reference)),
        ...(worstPercent === null ? [] : [words.smokeWorst(worstPercent)]),
        ...(isDecodedOnly ? [words.smokeDecodedOnly] : []),
      ].join(words.signs.comma);
    }
    case "none":
      return smoke.command === null ? `*${words.notYet}*` : words.smokeAsked(toCommand(smoke.command));
    case "unknown":
      return words.smokeUnknown(escapeCell(smoke.why));
  }
}

/** A command to be copied; one that holds more than plain words is shown as any other text. */
function toCommand(command: string): string {
  return /^[\w .@-]+$/.test(command) ? `\`${command}\`` : escapeCell(command);
}

function describeWarnings(card: PullRequestCard, words: CardWords, limit: number): string {
  const waived = card.warnings.filter((it) => it.waiver);
  const others = card.warnings.filter((it) => !it.waiver);
  const waivers = waived.flatMap(({ code, gift = "", version = "", waiver }) =>
    waiver ? [{ code, release: `${gift} ${version}`, ...waiver }] : [],
  );
  // One waiver forgives all device tiers together.
  const once = [...new Map(waivers.map((it) => [JSON.stringify(it), it])).values()];
  const describe = (it: (typeof once)[number]) =>
    words.waivedLine(
      escapeCell(it.code),
      escapeCell(it.release),
      escapeCell(it.ends),
      escapeCell(it.owner),
      escapeCell(it.reason),
    );
  return [
    fold(
      words.warnings,
      others,
      (it) => describeFinding(it, card, words),
      limit,
      words,
      describeNote(words.findingsNote),
    ),
    fold(words.waived, once, describe, limit, words),
  ]
    .filter(Boolean)
    .join("\n");
}

function describeCompat({ compat }: PullRequestCard, words: CardWords, limit: number): string {
  if (compat.length === 0) return "";
  const describe = ({ release, apps, tiers }: CompatLine) => [
    escapeCell(release.replace("@", " ")),
    Object.entries(apps)
      .map(([platform, range]) => escapeCell(`${platform} ${range}`))
      .join(words.signs.comma),
    tiers.map((it) => words.tiers[it]).join(words.signs.comma),
  ];
  return foldText(words.compat, toTable(words.compatHeader, compat, describe, limit, words));
}

/** What untrusted code said stands apart and is marked as that. */
function describeOwnRun({ ownRun }: PullRequestCard, words: CardWords, limit: number): string {
  if (!ownRun || ownRun.builds.length + ownRun.variants.length === 0) return "";
  const lines = [
    ...ownRun.builds
      .slice(0, limit)
      .map((it) =>
        words.ownRunBuild(escapeCell(it.release.replace("@", " ")), escapeCell(it.message), it.isWrong),
      ),
    ...ownRun.variants
      .slice(0, limit)
      .map((it) =>
        words.ownRunCost(
          escapeCell(it.release.replace("@", " ")),
          words.tiers[it.tier],
          toBytes(it.downloadBytes),
          toBytes(it.decodedBytes),
        ),
      ),
  ];
  return foldText(words.ownRun, `${words.ownRunNote}\n\n${toList(lines, asIs, limit, words)}`);
}

function describeEngineers({ pullRequest, files, gifts }: PullRequestCard, words: CardWords): string {
  const lines = [
    ...(pullRequest ? [words.factHead(toCode(pullRequest.headSha))] : []),
    words.factFiles(files, gifts.length),
    ...(pullRequest?.merged
      ? [words.factMerged(toCode(pullRequest.merged.commit), escapeCell(pullRequest.merged.at))]
      : []),
  ];
  return foldText(words.engineers, toList(lines, asIs, lines.length, words));
}

/** "2026-11-24 09:12 UTC" of a time as machines write it; anything else as it is. */
function toTime(text: string): string {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?Z$/.exec(text) ?? [];
  return day === undefined ? escapeCell(text) : `${day} ${time} UTC`;
}

/** Commits are named in code: GitHub would make a link of some of them, and of others not. */
function toCode(commit: string): string {
  return /^[0-9a-f]+$/.test(commit) ? `\`${commit.slice(0, 10)}\`` : escapeCell(commit);
}

function describeFoot({ people }: PullRequestCard, words: CardWords): string {
  const where = people.help === undefined ? null : escapeCell(people.help);
  return `<sub>${words.help(where)} ${words.updates}</sub>\n`;
}

function toNames(names: readonly string[], { signs }: CardWords): string {
  const shown = names.slice(0, MOST_NAMES).map(escapeCell).join(signs.comma);
  return names.length > MOST_NAMES ? `${shown}${signs.comma}…` : shown;
}

/** What is shown alone is written out. The invisible space keeps what begins like a list or a rule from becoming one. */
function toList<T>(
  items: readonly T[],
  describe: (item: T) => string,
  limit: number,
  words: CardWords,
): string {
  if (items.length === 0) return "";
  const lines = items.slice(0, limit).map((it) => `- \u200b${describe(it)}\n`);
  return `${lines.join("")}${describeMore(items.length, limit, words)}`;
}

function asIs(line: string): string {
  return line;
}

function toTable<T>(
  header: readonly string[],
  items: readonly T[],
  describe: (item: T) => readonly string[],
  limit: number,
  words: CardWords,
): string {
  return `${toMarkdownTable(header, items.slice(0, limit).map(describe))}${describeMore(items.length, limit, words)}`;
}

function describeMore(length: number, limit: number, words: CardWords): string {
  return length > limit ? `\n${words.more(length - limit)}\n` : "";
}

function fold<T>(
  title: string,
  items: readonly T[],
  describe: (item: T) => string,
  limit: number,
  words: CardWords,
  note = "",
): string {
  return items.length === 0
    ? ""
    : foldText(
        `${title}${words.signs.open}${items.length}${words.signs.close}`,
        `${note}${toList(items, describe, limit, words)}`,
      );
}

function foldText(title: string, content: string): string {
  return `<details><summary>${title}</summary>\n\n${content}\n</details>\n`;
}
