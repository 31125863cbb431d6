import { ClientError, type ClientErrorCode } from "../client/error.ts";
import type { Loaded } from "../client/load/loader.ts";
import type { Override } from "../wire/override.ts";
import type { Link, Reason, Verdict } from "../wire/resolve.ts";
import type { Interval } from "../wire/version.ts";

/** A link's short name, for scripts and chips: `rose@1.0.0`, `rose@1.0.0/still` or `default`. */
export function nameOf(link: Link): string {
  if (link.kind === "default") return "default";
  return `${link.gift}@${link.version}${link.kind === "still" ? "/still" : ""}`;
}

export function describeLink(link: Link): string {
  if (link.kind === "default") return "The app’s own default";
  return link.kind === "still" ? `Still of ${link.gift} ${link.version}` : `${link.gift} ${link.version}`;
}

/** What is on the screen, in a few words. */
export function titleOf(link: Link): string {
  return link.kind === "default" ? "The app shows its own default" : `${describeLink(link)} plays`;
}

/** How a link is shown, and with what else. */
export function describePlayer(link: Link): string {
  if (link.kind === "default") return "drawn by the app, nothing is downloaded";
  if (link.kind === "still") return "a picture";
  const needs = link.requires.map(({ gift, version }) => `${gift} ${version}`);
  const player = `${link.player.name} ${link.player.version}`.trim();
  return needs.length > 0 ? `${player}, with ${needs.join(", ")}` : player;
}

const REASONS: Readonly<Record<Reason, (gift: string, first: string, hint: string) => string>> = {
  canary: (_gift, first) => `This viewer is in the canary of ${first}, the first small group that gets it.`,
  regional: (_gift, first) => `This viewer is in the share of the region that gets ${first}.`,
  full: (_gift, first) => `${first} is open to everyone.`,
  hint: (_gift, first) => `The gift message asks for ${first}, and this viewer may have it.`,
  hint_refused: (gift, first, hint) =>
    `The gift message asks for ${gift} ${hint}, which this viewer may not have, so ${first} was chosen as usual.`,
  fallback: (gift, first) => `Nothing of ${gift} is for this viewer, so its fallback ${first} was chosen.`,
  default: (gift) => `Nothing of ${gift} is for this viewer, and no fallback gift is either.`,
};

export interface ReleaseVerdict {
  readonly version: string;
  readonly verdict: Verdict;
}

/** Why this plays, in a few sentences. `verdicts` are those on the gift's releases, newest first. */
export function explainReason(
  gift: string,
  hint: string,
  { link, reason, failed }: Loaded,
  verdicts: readonly ReleaseVerdict[],
): string {
  const first = failed[0]?.link ?? link;
  const name = first.kind === "default" ? "the app’s own default" : `${first.gift} ${first.version}`;
  const chosen = REASONS[reason](gift, name, hint);
  const isAnother = first.kind === "default" || first.gift !== gift;
  const why = isAnother ? `${chosen} ${explainAbsence(gift, verdicts)}` : chosen;
  if (failed.length === 0) return why;
  return `${why} ${failed.length === 1 ? name : `The first ${failed.length} links`} could not be played, so the next in the chain plays.`;
}

function explainAbsence(gift: string, [newest]: readonly ReleaseVerdict[]): string {
  if (!newest) return `The catalog has no open release of ${gift}.`;
  return `${gift} ${newest.version}: ${explainVerdict(newest.verdict)}.`;
}

export function explainVerdict(verdict: Verdict): string {
  switch (verdict.kind) {
    case "serves":
      return `serves this viewer (${verdict.stage})`;
    case "not_covered":
      return "its open stages do not reach this viewer";
    case "limited":
      return `stopped for this viewer by the override ${verdict.override}`;
    case "held_back":
      return "this viewer is in its holdback";
    case "app_version":
      return "not for this platform and app version";
    case "tier":
      return "has nothing for this device tier";
    case "requires":
      return `needs ${verdict.gift}, which does not serve this viewer in the range it asks for`;
    case "conflict":
      return `needs two versions of ${verdict.gift} at once: ${verdict.paths.map((path) => path.join(" -> ")).join(", and ")}`;
  }
}

const LOAD_FAILURES: Readonly<Record<ClientErrorCode, string>> = {
  network: "the edge did not answer",
  missing: "the edge does not have its bytes",
  too_large: "the edge sent more bytes than were signed",
  hash: "its bytes are not the ones that were signed, so no player got them",
  signature: "it is not signed by the trusted keys",
  rollback: "it is older than what is trusted already",
  expired: "its signature is out of date",
  schema: "this version of the client cannot read it",
};

/** Why a link of the chain could not be used. */
export function explainLinkFailure(error: unknown): string {
  return error instanceof ClientError ? LOAD_FAILURES[error.code] : "the player could not decode it";
}

const REFRESH_FAILURES: Readonly<Record<ClientErrorCode, string>> = {
  network: "The edge did not answer",
  missing: "The edge has nothing published, or only a part of it",
  too_large: "The edge sent more than was signed",
  hash: "The edge sent something else than was signed",
  signature: "What the edge sent is not signed by the trusted keys",
  rollback: "The edge is stale: it sent something older than was seen before",
  expired: "What the edge sent is signed, but too long ago",
  schema: "What the edge sent cannot be read by this version of the client",
};

export function explainRefreshFailure(error: unknown): string {
  return error instanceof ClientError ? REFRESH_FAILURES[error.code] : "The refresh failed";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const ORIGINS: Readonly<Record<Override["origin"], string>> = {
  git: "an override file in git",
  "break-glass": "written by on-call with the break-glass command",
  stop: "derived from a commit, until the catalog that carries it is read",
  drill: "a rollback drill",
};

/** What an override does to whom, and where it comes from. */
export function explainOverride({ gifts, versions, scope, limit, origin }: Override): {
  what: string;
  from: string;
} {
  const which = gifts === "*" ? "all gifts" : gifts.join(", ");
  const range = versions ? ` ${describeRange(versions)}` : "";
  const where = [
    scope?.regions && `in ${scope.regions.join(", ")}`,
    scope?.platforms && `on ${scope.platforms.join(", ")}`,
    scope?.tiers && `on ${scope.tiers.join(", ")} tier`,
    scope?.app &&
      `for apps ${Object.entries(scope.app)
        .map(([platform, apps]) => `${platform} ${describeRange(apps)}`)
        .join(", ")}`,
  ].filter(Boolean);
  const what = `${describeLimit(limit)} ${which}${range}${where.length > 0 ? ` ${where.join(" ")}` : ""}`;
  return { what, from: ORIGINS[origin] };
}

function describeLimit(limit: Override["limit"]): string {
  if (!limit.canary) return "Stops";
  if (!limit.regional) return "Keeps to canary:";
  return limit.full ? "Narrows:" : "Keeps to canary and regional:";
}

function describeRange(intervals: readonly Interval[]): string {
  return intervals
    .map(([from, to]) => (to ? `from ${toText(from)} to before ${toText(to)}` : `from ${toText(from)}`))
    .join(" or ");
}

/** `[9, 0, 0, 0]` is the smallest version called 9.0.0; people know it as 9.0.0. */
function toText([major, minor, patch, ...rest]: Interval[0]): string {
  const pre = rest.length === 1 && rest[0] === 0 ? [] : rest;
  return `${major}.${minor}.${patch}${pre.length > 0 ? `-${pre.join(".")}` : ""}`;
}

export function describeBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function describeAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3600)} h ago`;
}
