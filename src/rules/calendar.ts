import { overlaps, parseDay, parseMoment, type Span, toSpan } from "../model/moment.ts";
import type { Project } from "../model/project.ts";
import { reachedStage, toRollout } from "../model/rollout.ts";
import type { OverrideFile } from "../model/schemas.ts";
import type { Stage } from "../wire/rollout.ts";
import { writtenReleases } from "./written.ts";

export interface FreezeEntry extends Span {
  readonly kind: "freeze";
  readonly name: string;
  /** Ids of the gifts that may reach more viewers all the same. */
  readonly allow: readonly string[];
}

export interface CampaignEntry extends Span {
  readonly kind: "campaign";
  readonly name: string;
  readonly gift: string;
  readonly version: string;
  /** The last stage that counts now; null while the release is closed. */
  readonly stage: Stage | null;
  /** The freezes in its time that keep its release where it is; none when the release reaches everyone already. */
  readonly frozen: readonly (Span & { readonly name: string })[];
}

export interface OverrideEntry {
  readonly kind: "override";
  readonly name: string;
  readonly gifts: OverrideFile["gifts"];
  readonly versions?: string;
  readonly limit: OverrideFile["limit"];
  readonly ends: number;
}

/** Its time is the last day of the waiver, in UTC. */
export interface WaiverEntry extends Span {
  readonly kind: "waiver";
  readonly rule: string;
  readonly gift: string;
  readonly versions?: string;
  /** Who answers for it. */
  readonly owner: string;
}

/** What is planned, in epoch milliseconds. An override has no start: it holds already. */
export type CalendarEntry = FreezeEntry | CampaignEntry | OverrideEntry | WaiverEntry;

/**
 * What holds, or as an override ends, within a span; in the order of starts, or of that end. What cannot be read, or
 * ends before it starts, is left out; `checkCampaigns` says so of campaigns and freezes. So is a waiver that was renewed.
 */
export function calendarOf(project: Project, within: Span): readonly CalendarEntry[] {
  const freezes = freezesOf(project);
  const entries: readonly CalendarEntry[] = [
    ...freezes,
    // A freeze that is over keeps nobody any more.
    ...campaignsOf(
      project,
      freezes.filter((it) => it.ends > within.starts),
    ),
    ...overridesOf(project),
    ...waiversOf(project),
  ];
  return entries
    .filter((it) => it.ends > within.starts && momentOf(it) < within.ends)
    .sort(
      (a, b) => momentOf(a) - momentOf(b) || KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || a.ends - b.ends,
    );
}

/** At one moment, first what holds everything. */
const KINDS: readonly CalendarEntry["kind"][] = ["freeze", "campaign", "override", "waiver"];

/** What an entry is sorted by: when it starts, or for what has no start when it ends. */
export function momentOf(entry: CalendarEntry): number {
  return "starts" in entry ? entry.starts : entry.ends;
}

function freezesOf({ policy }: Project): readonly FreezeEntry[] {
  return (policy?.value.freezes ?? []).flatMap((freeze) => {
    const span = toSpan(freeze);
    return span ? [{ kind: "freeze", name: freeze.name, allow: freeze.allow ?? [], ...span }] : [];
  });
}

function campaignsOf(project: Project, freezes: readonly FreezeEntry[]): readonly CampaignEntry[] {
  return writtenReleases(project).flatMap(({ gift, version, release }) => {
    const { campaign } = release.value;
    const span = campaign ? toSpan(campaign) : null;
    if (!campaign || !span) return [];
    const rollout = toRollout(release.value);
    const stage = reachedStage(rollout);
    const reachesEveryone = stage === "full" && !rollout?.holdback;
    const frozen = freezes
      .filter((it) => !reachesEveryone && !it.allow.includes(gift) && overlaps(it, span))
      .map(({ name, starts, ends }) => ({ name, starts, ends }));
    return [{ kind: "campaign", name: campaign.name, gift, version, stage, ...span, frozen }];
  });
}

function overridesOf({ overrides }: Project): readonly OverrideEntry[] {
  return [...overrides].flatMap(([name, { value }]) => {
    const { gifts, versions, limit } = value;
    const ends = value.ends === undefined ? null : parseMoment(value.ends);
    if (ends === null) return [];
    const forVersions = versions === undefined ? {} : { versions };
    return [{ kind: "override", name, gifts, ...forVersions, limit, ends }];
  });
}

function waiversOf({ policy }: Project): readonly WaiverEntry[] {
  const waivers = policy?.value.waivers ?? [];
  return waivers.flatMap(({ rule, gift, versions, owner, ends }) => {
    const isRenewed = waivers.some(
      (it) => it.rule === rule && it.gift === gift && it.versions === versions && it.ends > ends,
    );
    const day = parseDay(ends);
    if (isRenewed || !day) return [];
    const forVersions = versions === undefined ? {} : { versions };
    return [{ kind: "waiver", rule, gift, ...forVersions, owner, ...day }];
  });
}
