import type { EdgeStanding } from "../publish/askEdges.ts";
import { describeExpiry, isExpiring } from "../publish/expiry.ts";
import type { NamedObject } from "../publish/namedObjects.ts";
import { count, toTable } from "../report/text.ts";
import type { Override } from "../wire/override.ts";
import type { Drift, Standing } from "./gatherDrift.ts";

/** One release at one place: percentages of viewers by region, or the stage that reaches everyone there. */
export interface Row {
  readonly gift: string;
  readonly version: string;
  readonly git: string;
  readonly live: string;
}

export interface StatusFacts extends Drift {
  readonly environment: string;
  readonly head: string | null;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly rows: readonly Row[];
  readonly missing: readonly NamedObject[];
  readonly orphans: readonly number[];
  readonly edges: readonly EdgeStanding[];
}

export interface Difference {
  readonly kind:
    | "nothing_published"
    | "not_published"
    | "unfinished"
    | "other_history"
    | "kept"
    | "missing_object"
    | "expiring"
    | "unadopted"
    | "edge";
  readonly message: string;
  readonly fix: string;
}

/** A longer table shows only what differs. */
const MAX_ROWS = 40;
const ROLES = ["timestamp", "snapshot", "targets", "root"] as const;

/** Everything that is not as git says, each with what to do. */
export function differencesOf(facts: StatusFacts): readonly Difference[] {
  const { environment } = facts;
  const reconcile = `npx giftwrap reconcile --env ${environment}`;
  return [
    ...publishDifference(facts),
    ...[...facts.kept].map(([gift, why]) => ({
      kind: "kept" as const,
      message: `${gift} stays as it is live: ${why}`,
      fix: "mend it in git",
    })),
    ...facts.missing.map(({ file, releases }) => ({
      kind: "missing_object" as const,
      message: `object ${file.digest.slice(0, 12)} of ${releases.join(", ")} is not in the store`,
      fix: reconcile,
    })),
    ...ROLES.flatMap((role): Difference[] => {
      const expires = facts.expires[role];
      if (expires === undefined || !isExpiring(role, expires, facts.now)) return [];
      const fix = {
        timestamp: `npx giftwrap refresh --env ${environment}`,
        snapshot: reconcile,
        targets: reconcile,
        root: "sign a new root with the root keys",
      }[role];
      const verb = Date.parse(expires) <= facts.now ? "expired" : "expires";
      return [
        { kind: "expiring", message: `the ${role} ${verb} ${describeExpiry(expires, facts.now)}`, fix },
      ];
    }),
    ...facts.unadopted.map(({ id }) => ({
      kind: "unadopted" as const,
      message: `override ${id} was written with break-glass and is not in git yet`,
      fix: `commit releases/overrides/${id}.yaml as npx giftwrap reconcile --env ${environment} shows it`,
    })),
    ...facts.edges.flatMap(({ region, url, state, behind, why = "" }): Difference[] =>
      state === "behind" || state === "wrong"
        ? [
            {
              kind: "edge",
              message: `edge ${region} ${url}: ${behind === null ? why : `${count(behind, "revision")} behind; ${why}`}`,
              fix: "ask whoever runs it; mark it outOfService while it cannot be mended",
            },
          ]
        : [],
    ),
  ];
}

function publishDifference({ environment, live, standing, isUnfinished }: StatusFacts): Difference[] {
  if (!isUnfinished) return [];
  const fix = `npx giftwrap publish --env ${environment}`;
  if (!live || !standing) return [{ kind: "nothing_published", message: "nothing is published yet", fix }];
  switch (standing.kind) {
    case "same":
      return [{ kind: "unfinished", message: "the publish of this commit was not finished", fix }];
    case "older":
      return [
        {
          kind: "not_published",
          message: `git says more than is live: ${count(standing.commits, "commit")} are not published`,
          fix,
        },
      ];
    default:
      return [
        {
          kind: "other_history",
          message: `what is live differs, and is ${describeStanding(standing)}`,
          fix: "fetch and check out the tip of the main branch first",
        },
      ];
  }
}

/** How it stands, the differences first; short enough to be read on call. */
export function statusToLines(facts: StatusFacts, differences: readonly Difference[]): readonly string[] {
  const { environment, live, rows, edges, orphans } = facts;
  const overrides = live?.timestamp.signed.giftwrap.overrides ?? [];
  return [
    `${environment}: ${differences.length === 0 ? "as git says" : count(differences.length, "difference")}`,
    ...differences.map(({ message, fix }) => `  ${message}\n    fix: ${fix}`),
    ...liveToLines(facts),
    ...rowsToLines(rows),
    ...overrides.map(overrideToLine),
    ...orphans.map((it) => `generation ${it} was written and never named: a publish ended early (harmless)`),
    ...edges.flatMap(({ region, url, state, milliseconds, why }) => {
      if (state === "up_to_date") return [`edge ${region} ${url}: up to date (${milliseconds} ms)`];
      return state === "out_of_service" ? [`edge ${region} ${url}: out of service (${why})`] : [];
    }),
  ];
}

function liveToLines({ live, standing, expires, now }: StatusFacts): readonly string[] {
  if (!live || !standing) return [];
  const { version, giftwrap } = live.timestamp.signed;
  const ends = ROLES.flatMap((role) => {
    const at = expires[role];
    return at === undefined ? [] : [`${role} ${describeExpiry(at, now)}`];
  });
  return [
    `live: revision ${version}, generation ${live.generation}, commit ${giftwrap.commit.slice(0, 10)} (${describeStanding(standing)})`,
    `expires: ${ends.join(", ")}`,
  ];
}

function rowsToLines(rows: readonly Row[]): readonly string[] {
  const shown = rows.length <= MAX_ROWS ? rows : rows.filter((it) => it.git !== it.live);
  const table = toTable([
    ["gift", "version", "in git", "live", ""],
    ...shown.map((it) => [it.gift, it.version, it.git, it.live, it.git === it.live ? "" : "<- differs"]),
  ]);
  const same = rows.length - shown.length;
  return [
    ...(shown.length > 0 ? [table] : []),
    ...(same > 0 ? [`${count(same, "release")} more: live as in git`] : []),
  ];
}

function overrideToLine({ id, origin, limit }: Override): string {
  const stages = Object.keys(limit).filter((key) => key !== "salt");
  return `override ${id} (${origin}): at most ${stages.join(", ") || "nobody"}`;
}

function describeStanding(standing: Standing): string {
  switch (standing.kind) {
    case "same":
      return "the commit checked out here";
    case "older":
      return `${count(standing.commits, "commit")} older than the one checked out here`;
    case "newer":
      return `${count(standing.commits, "commit")} newer than the one checked out here`;
    case "unrelated":
      return "not in the history of the one checked out here";
    case "unknown":
      return "a commit that this clone does not have";
  }
}
