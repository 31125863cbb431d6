import { escapeCell, toMarkdownTable } from "../../report/github.ts";
import { isNarrowed } from "../../publish/stops.ts";
import { isOpenToAll, type Rollout } from "../../wire/rollout.ts";
import type { SeenRelease, Timeline, TimelineStep } from "./timeline.ts";
import { TIMELINE_MARKER } from "./timeline.ts";
import { type AfterWords, afterWords } from "./words.ts";

/** Where the comment stands, and what it points to. */
export interface TimelinePlace {
  readonly webUrl: string;
  readonly owner: string;
  readonly repo: string;
  /** The pull request that was merged as the commit; null where there was none. */
  readonly own: number | null;
  /** Those that opened what is taken back now. */
  readonly originals: readonly number[];
  readonly language: "en" | "zh";
  /** It stands on one of the originals, not on its own pull request. */
  readonly isOnOriginal: boolean;
}

const MAX_ROWS = 20;
const MAX_LENGTH = 60_000;

/** One comment, its marker's line first: what viewers get, each step with its time, and what comes next. */
export function timelineToMarkdown(timeline: Timeline, place: TimelinePlace): string {
  const words = afterWords(place.language);
  const { kind, gifts, closed, kept, moves, overrides, commit, mergedAt } = timeline;
  const title =
    moves.length > 0 ? toShortList(moves, nameOf) : toShortList(overrides, (it) => escapeCell(it.name));
  const taken = new Set(moves.filter((it) => isNarrowed(it.before, it.after)).map((it) => it.gift));
  const closedGifts = [...new Set(closed.map((it) => it.gift))];
  const parts = [
    `<!-- ${TIMELINE_MARKER} -->\n${toStamp(mergedAt, commit)}`,
    `### ${words.title(kind, title)}\n`,
    ...gifts.slice(0, MAX_ROWS).map((it) => `${describeSeen(words, it.gift, it.seen, taken.has(it.gift))}\n`),
    toMarkdownTable(
      words.header,
      timeline.steps.map((it) => toRow(words, it, mergedAt)),
    ),
    ...kept.slice(0, MAX_ROWS).map((it) => `⚠️ ${words.kept(escapeCell(it.gift), escapeCell(it.why))}\n`),
    ...(closed.length > 0 ? [`${words.promotionOff(toShortList(closed, nameOf))}\n`] : []),
    ...closedGifts
      .slice(0, 3)
      .map((gift) => `${words.nextVersion(escapeCell(gift), toFormLink(place, gift))}\n`),
    `<sub>${toFooter(words, timeline, place)}</sub>\n`,
  ];
  const text = parts.join("\n");
  // Everything in it is counted, so this is only ever reached by reasons that are very long.
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH)}…\n`;
}

/** Hidden in the comment: of which merge it is, so that an old job that runs again does not overwrite a newer story. */
export function toStamp(mergedAt: number, commit: string): string {
  return `<!-- merged ${mergedAt} ${commit} -->`;
}

/** Whether a comment tells of a later merge than this one. */
export function isLater(body: string, mergedAt: number, commit: string): boolean {
  const [, at, of] = /^<!-- [^\n]* -->\r?\n<!-- merged (\d+) ([0-9a-f]+) -->/.exec(body) ?? [];
  return at !== undefined && of !== commit && Number(at) > mergedAt;
}

function describeSeen(
  words: AfterWords,
  gift: string,
  seen: readonly SeenRelease[],
  isBack: boolean,
): string {
  if (seen.length === 0) return words.seesNothing(`**${escapeCell(gift)}**`);
  const versions = seen
    .slice(0, 4)
    .map((it) => `**${escapeCell(it.version)}** (${describeAudience(words, it.rollout)})`);
  return words.seesNow(escapeCell(gift), versions.join(words.comma), isBack);
}

function describeAudience(words: AfterWords, rollout: Rollout): string {
  const { canary, regional, full, holdback } = rollout;
  return escapeCell(
    words.audience({
      isEveryone: isOpenToAll(rollout) || (regional !== undefined && full === true),
      cohorts: canary?.cohorts ?? [],
      canaryPercent: canary?.basisPoints ? canary.basisPoints / 100 : null,
      regions: Object.entries(regional?.regions ?? {}).map(([region, share]) => [region, share / 100]),
      heldPercent: holdback ? holdback.basisPoints / 100 : null,
    }),
  );
}

function toRow(words: AfterWords, step: TimelineStep, mergedAt: number): readonly string[] {
  const { kind, at, seconds, seen, unseen, revision, generation } = step;
  const name =
    kind === "edges" && seen.length > 0 ? words.edges(escapeCell(seen.join(", "))) : words.steps[kind];
  if (kind === "edges") {
    const counted = words.seenIn(seen.length, seen.length + unseen.length);
    const after = seconds === null ? "" : `${words.comma}${words.after(words.duration(seconds))}`;
    const left = unseen.length > 0 ? `${words.comma}${words.unseenIn(escapeCell(unseen.join(", ")))}` : "";
    return [
      name,
      at === null ? "" : toTime(at, mergedAt),
      `${unseen.length > 0 ? "⚠️" : "✅"} ${counted}${after}${left}`,
    ];
  }
  if (at === null || seconds === null) return [name, "", `⏳ ${words.notYet}`];
  const when =
    kind === "merged"
      ? []
      : [seconds < 0 ? words.before(words.duration(-seconds)) : words.after(words.duration(seconds))];
  const which = revision === null ? [] : [words.revision(revision, generation)];
  return [
    name,
    toTime(at, kind === "merged" ? null : mergedAt),
    `✅ ${[...when, ...which].join(words.comma)}`.trim(),
  ];
}

/** With its day, unless that is the merge's own. */
function toTime(at: number, mergedAt: number | null): string {
  const text = new Date(at).toISOString().slice(0, 19).replace("T", " ");
  return mergedAt !== null && text.slice(0, 10) === new Date(mergedAt).toISOString().slice(0, 10)
    ? text.slice(11)
    : text;
}

function toFooter(words: AfterWords, { overrides }: Timeline, place: TimelinePlace): string {
  const { own, originals, isOnOriginal } = place;
  const originalsText = originals.map((it) => `#${it}`).join(", ");
  return [
    ...overrides
      .slice(0, 3)
      .flatMap(({ reason, incident }) => [
        words.reason(escapeCell(reason)),
        ...(incident === null ? [] : [words.incident(toIncident(incident))]),
      ]),
    ...(isOnOriginal && own !== null ? [words.takenBackBy(own)] : []),
    ...(!isOnOriginal && originals.length > 0 ? [words.originalChange(originalsText)] : []),
    words.updates,
  ].join(words.separator);
}

/** An address is a link only where it is as plain as can be. */
function toIncident(text: string): string {
  return /^https:\/\/[\w.-]+(?:\/[\w.~%/-]*)?$/.test(text) && text.length < 300
    ? `[${escapeCell(text.replace(/^https:\/\//, ""))}](${text})`
    : escapeCell(text);
}

function toFormLink({ webUrl, owner, repo }: TimelinePlace, gift: string): string {
  const to = encodeURIComponent;
  return `${webUrl}/${to(owner)}/${to(repo)}/issues/new?template=new-release.yml&gift=${to(gift)}`;
}

function nameOf({ gift, version }: { readonly gift: string; readonly version: string }): string {
  return `${escapeCell(gift)} ${escapeCell(version)}`;
}

function toShortList<T>(items: readonly T[], toText: (item: T) => string): string {
  const shown = items.slice(0, 5).map(toText).join(", ");
  return items.length > 5 ? `${shown} (+${items.length - 5})` : shown;
}
