import type { Stage } from "../../../wire/rollout.ts";
import type { Tier } from "../../../wire/viewer.ts";
import type { CardKind, CardVerdict, SkipWords } from "../pullRequestCard.ts";

/** What a verdict and its next action may speak of. Texts are Markdown already. */
export interface HeadWords {
  readonly kind: CardKind;
  readonly todos: number;
  readonly warnings: number;
  /** Whom the card names when the fault is not the author's. */
  readonly lead: string | null;
  /** Links of forms; null where there is no GitHub. */
  readonly rollbackForm: string | null;
  /** "1 of gift-release-managers" for each group that is waited for. */
  readonly waitsFor: readonly string[];
  readonly isFork: boolean;
  readonly author: string;
}

/** Whom a rollout reaches, as parts that are Markdown already; percentages are numbers from 0 to 100. */
export interface AudienceWords {
  readonly cohorts: readonly string[];
  /** Of everyone, in the test group. */
  readonly percent: number;
  /** Null while the stage is closed. */
  readonly regions: readonly { readonly region: string; readonly percent: number }[] | null;
  readonly tiers: readonly Tier[];
  readonly exclude: readonly string[];
  readonly isFull: boolean;
  readonly holdback: number;
}

/**
 * A language of the card: all its words and nothing else. Whatever a function is given is Markdown already, and what it gives is; no
 * text begins a line with it.
 */
export interface CardWords {
  readonly signs: {
    readonly colon: string;
    readonly semicolon: string;
    readonly comma: string;
    readonly open: string;
    readonly close: string;
  };
  readonly kinds: Readonly<Record<CardKind, string>>;
  readonly verdicts: Readonly<Record<CardVerdict, (head: HeadWords) => string>>;
  readonly next: string;
  readonly nexts: Readonly<Record<CardVerdict, (head: HeadWords) => string>>;
  /** "rose 1.4.0 and 3 more" */
  andMore(first: string, more: number): string;
  /** Below a list that was cut. */
  more(count: number): string;
  tooLong: string;

  ourFault(message: string, code: string): string;
  ourFaultNext(fix: string, lead: string | null): string;

  viewers(environment: string, isMerged: boolean): string;
  comparedWithLive(revision: number): string;
  comparedWithGit(commit: string): string;
  comparedWithNothing: string;
  unread(message: string, code: string): string;
  nothingChanges: string;
  seeOverrides: string;
  stopsFirst(ids: string): string;
  keptAsLive(gift: string, why: string): string;
  viewersHeader: readonly [release: string, before: string, after: string];
  nobody: string;
  audience(audience: AudienceWords): string;
  alsoChanged(details: string): string;
  /** What a plan calls what differs; anything else is shown as it comes. */
  details: Readonly<Record<string, string>>;
  stages: Readonly<Record<Stage, string>>;

  overridesTitle: string;
  overridesHeader: readonly [name: string, gifts: string, limit: string, why: string];
  allGifts: string;
  limits: Readonly<Record<"none" | "canary" | "regional", string>>;
  overrideEnds(at: string): string;
  overrideGone: string;
  overrideWas(limit: string): string;

  todo: string;
  /** Said above a list of findings, for what the rules say is English. */
  findingsNote: string | null;
  fixAtLine(link: string, line: number): string;
  uploadAgain(link: string): string;
  look(link: string): string;
  skipWords(where: SkipWords["where"], words: string): string;
  conflict(kind: CardKind, form: string | null): string;
  newRelease(gift: string, path: string, link: string | null): string;
  warnings: string;
  waived: string;
  waivedLine(rule: string, release: string, until: string, owner: string, reason: string): string;

  waitsFor: string;
  waitsForTeam(team: string, missing: number, have: number): string;
  teamUnknown(team: string): string;
  waitsForBytes(releases: string, isFork: boolean): string;
  waitsForAuthor(author: string): string;
  approvalsGiven: string;

  back: string;
  /** The same of a rollback. */
  viewersGetBack: string;
  backTo(release: string, to: string): string;
  backToFallback(release: string, gifts: string): string;
  backToNothing(release: string): string;
  bytes: Readonly<Record<"stored" | "missing" | "unknown", string>>;
  drillPassed(at: string, environment: string): string;
  drillFailed(at: string, environment: string): string;
  drillNone: string;
  drillUnknown(why: string): string;
  backHow(form: string | null): string;

  metrics: string;
  /** Said once above verdicts, whose story is English. */
  metricsNote: string | null;
  unjudged(release: string, why: string, next: string): string;

  costs: string;
  costsHeader: readonly [release: string, tier: string, download: string, memory: string];
  tiers: Readonly<Record<Tier, string>>;
  ofBudget(amount: string, budget: string): string;
  tooMuch: string;
  against(version: string, change: string): string;
  noRelease: string;

  compat: string;
  compatHeader: readonly [release: string, apps: string, tiers: string];

  slots: string;
  previews: string;
  previewBy(command: string): string;
  /** What everyone has now. */
  previewNow(version: string): string;
  sheetNote: string;
  smoke: string;
  smokePassed(at: string, environment: string, reference: string): string;
  smokeFailed(at: string, environment: string, reference: string): string;
  smokeWorst(percent: number): string;
  smokeDecodedOnly: string;
  smokeAsked(command: string): string;
  smokeUnknown(why: string): string;
  contactSheet: string;
  notYet: string;

  ownRun: string;
  ownRunNote: string;
  ownRunBuild(release: string, message: string, isWrong: boolean): string;
  ownRunCost(release: string, tier: string, download: string, memory: string): string;

  engineers: string;
  factHead(commit: string): string;
  factFiles(files: number, gifts: number): string;
  factMerged(commit: string, at: string): string;
  help(where: string | null): string;
  updates: string;
}
