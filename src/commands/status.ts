import { askEdges } from "../publish/askEdges.ts";
import { isSignedTimestamp, type Live } from "../publish/live.ts";
import { type NamedObject, namedObjects } from "../publish/namedObjects.ts";
import type { Kept } from "../publish/plan.ts";
import { type CatalogGift, catalogLines } from "../wire/catalog.ts";
import type { Rollout } from "../wire/rollout.ts";
import { TIERS } from "../wire/viewer.ts";
import {
  type Arguments,
  type Command,
  EDGE_OPTION,
  ENVIRONMENT_OPTION,
  EXIT,
  type Exit,
  type Io,
  JSON_OPTION,
} from "./command.ts";
import { type Environment, speakingOf, trustEnvironment } from "./environment.ts";
import { openCommitted } from "./openCommitted.ts";
import { type Drift, gatherDrift } from "./gatherDrift.ts";
import { readTimestampOf } from "./plan.ts";
import { saveState } from "./saveState.ts";
import { type Difference, differencesOf, type Row, type StatusFacts, statusToLines } from "./statusText.ts";

/** Edges are asked once, not waited for. */
const EDGE_PATIENCE_MILLISECONDS = 2_000;

export const command: Command = {
  summary: "compare git with the store and every edge, per gift, region and stage",
  usage: "[--env NAME]",
  example: "giftwrap status --env production",
  options: {
    env: ENVIRONMENT_OPTION,
    edge: EDGE_OPTION,
    save: {
      type: "string",
      value: "FILE",
      help: "keep a copy of what is live, for giftwrap override --state FILE",
    },
    json: JSON_OPTION,
  },
  run: (args, io) => {
    const name = args.text("env") ?? "production";
    return speakingOf(name, () => status(args, io, name));
  },
};

/** Ends with 0 when the environment is what git says, and 1 when anything differs: for cron. */
async function status(args: Arguments, io: Io, name: string): Promise<Exit> {
  const { head, tree, environment } = await openCommitted(args, io, name);
  const copy = args.text("save");
  if (copy !== undefined) {
    const timestamp = await readTimestampOf(environment);
    await saveState(copy, tree, environment, timestamp, io.now());
    io.progress(`the state of ${name} is kept in ${copy}`);
  }
  const drift = await gatherDrift(io, environment, tree, head);
  const { live } = drift;
  const rows = compare(
    rolloutsOf(TIERS.flatMap((tier) => [...drift.wanted.lines[tier].values()])),
    rolloutsOf(liveLines(live)),
    drift.kept,
  );
  const facts: StatusFacts = {
    environment: name,
    head,
    now: io.now(),
    ...drift,
    rows,
    missing: await findMissing(environment, drift),
    orphans: live ? await findOrphans(environment, live.generation) : [],
    edges: live
      ? await askEdges(environment.edges, live.timestamp, {
          deadlineMilliseconds: EDGE_PATIENCE_MILLISECONDS,
          isSigned: async (body) => isSignedTimestamp(await trustEnvironment(environment), body),
        })
      : [],
  };
  const differences = differencesOf(facts);
  if (args.flag("json")) io.line(JSON.stringify(toJson(facts, differences)));
  else for (const line of statusToLines(facts, differences)) io.line(line);
  return differences.length === 0 ? EXIT.ok : EXIT.findings;
}

/** What the wanted catalogs name and the store does not have, by one listing, without reading any of it. */
async function findMissing({ store }: Environment, { plan }: Drift): Promise<readonly NamedObject[]> {
  const present = new Set(await store.list("objects/"));
  return [...namedObjects(plan.catalogs)].flatMap(([key, named]) => (present.has(key) ? [] : [named]));
}

/** Generations that a publish wrote and then did not name. */
async function findOrphans({ store }: Environment, generation: number): Promise<readonly number[]> {
  return (await store.list("metadata/")).flatMap((key) => {
    const number = Number(/^metadata\/(\d+)\.snapshot\.json$/.exec(key)?.[1]);
    return number > generation ? [number] : [];
  });
}

function toJson(facts: StatusFacts, differences: readonly Difference[]) {
  const { environment, head, live, standing, rows, expires, missing, orphans, edges, kept } = facts;
  const { version: revision = null, giftwrap } = live?.timestamp.signed ?? {};
  return {
    environment,
    inSync: differences.length === 0,
    differences,
    head,
    revision,
    commit: giftwrap?.commit ?? null,
    standing,
    generation: live?.generation ?? null,
    expires,
    releases: rows,
    kept: Object.fromEntries(kept),
    overrides: giftwrap?.overrides ?? [],
    missing: missing.map(({ file, releases }) => ({ digest: file.digest, releases })),
    orphans,
    edges,
  };
}

function liveLines(live: Live | null): readonly string[] {
  return live ? TIERS.flatMap((tier) => [...catalogLines(live.catalogs[tier]).values()]) : [];
}

/** By `gift@version`; tiers share their rollouts. */
function rolloutsOf(lines: readonly string[]): ReadonlyMap<string, Rollout> {
  const rollouts = new Map<string, Rollout>();
  for (const line of lines) {
    const gift: CatalogGift = JSON.parse(line);
    for (const release of gift.releases) rollouts.set(`${gift.id}@${release.version}`, release.rollout);
  }
  return rollouts;
}

/** What git says of a kept gift may be unreadable: that is not the same as closed. */
function compare(
  git: ReadonlyMap<string, Rollout>,
  live: ReadonlyMap<string, Rollout>,
  kept: Kept,
): readonly Row[] {
  return [...new Set([...git.keys(), ...live.keys()])].sort().map((key) => {
    const [gift = "", version = ""] = key.split("@");
    const isUnknown = kept.has(gift) && !git.has(key);
    return {
      gift,
      version,
      git: isUnknown ? "?" : describeRollout(git.get(key)),
      live: describeRollout(live.get(key)),
    };
  });
}

/** "canary staff, qa; regional SG 5 %, ID 10 % (mid, high; not vip)", or "full". */
export function describeRollout(rollout: Rollout | undefined): string {
  if (!rollout?.canary) return "closed";
  const held = rollout.holdback ? ` (${rollout.holdback.basisPoints / 100} % held back)` : "";
  if (rollout.full) return `full${held}`;
  const { cohorts = [], basisPoints } = rollout.canary;
  const canary = `canary ${[...cohorts, ...(basisPoints ? [`${basisPoints / 100} %`] : [])].join(", ")}`;
  if (!rollout.regional) return canary;
  const { regions, eligible } = rollout.regional;
  const shares = Object.entries(regions).map(([region, share]) => `${region} ${share / 100} %`);
  const only = [...(eligible?.tiers ?? []), ...(eligible?.exclude ?? []).map((cohort) => `not ${cohort}`)];
  return `${canary}; regional ${shares.join(", ")}${only.length > 0 ? ` (${only.join(", ")})` : ""}${held}`;
}
