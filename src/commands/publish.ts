import { checkAncestry } from "../publish/ancestry.ts";
import { type ObjectSource, type Signers, writeGeneration, writeTimestamp } from "../publish/apply.ts";
import { bringObjects } from "../publish/bringObjects.ts";
import type { Desired } from "../publish/desired.ts";
import { confirmTimestamp, type EdgeResult } from "../publish/edges.ts";
import { readEarlierCatalogs } from "../publish/earlier.ts";
import {
  type Live,
  type LiveTimestamp,
  readCatalogs,
  readLiveHead,
  readLiveTimestamp,
} from "../publish/live.ts";
import { isAsWanted } from "../publish/asWanted.ts";
import { isEmptyPlan, overridesAfter, type Plan, planPublish } from "../publish/plan.ts";
import { planToLines } from "../publish/planText.ts";
import { readChanges } from "../publish/readChanges.ts";
import { toLogRecord, writeLog } from "../publish/record.ts";
import { addStops, planStops } from "../publish/stops.ts";
import { GiftError } from "../report/error.ts";
import type { Finding } from "../report/finding.ts";
import { count, findingsToText } from "../report/text.ts";
import { commitOf, isDirty } from "../source/git.ts";
import { revisionTree } from "../source/tree.ts";
import { metadataKey } from "../wire/keys.ts";
import { canonicalJson } from "../wire/metadata.ts";
import {
  accountOf,
  type Arguments,
  type Command,
  EDGE_OPTION,
  ENVIRONMENT_OPTION,
  EXIT,
  type Exit,
  type Io,
  JSON_OPTION,
  parseEdges,
  parseWholeNumber,
} from "./command.ts";
import {
  type Environment,
  objectSource,
  openEnvironment,
  readSignerOf,
  trustedRootOf,
  trustEnvironment,
} from "./environment.ts";

/** Two publishers at once settle within a few rounds; more means that something else is wrong. */
const MAX_ROUNDS = 5;
/** A timestamp that lives shorter than this is signed anew even when nothing else changed. */
const RENEW_BELOW_MILLISECONDS = 36 * 3_600_000;

export interface Publisher {
  readonly root: string;
  readonly commit: string;
  readonly environment: Environment;
  readonly trustedRoot: Uint8Array;
  readonly signers: Signers;
  readonly source: ObjectSource;
  readonly edgeDeadlineMilliseconds: number;
  readonly replaceHistory: string | undefined;
  readonly io: Io;
}

export interface PublishResult {
  readonly exit: Exit;
  readonly commit: string;
  readonly revision: number;
  readonly generation: number;
  /** Ids of the overrides that went out before everything else. */
  readonly stops: readonly string[];
  readonly changes: Plan["changes"];
  /** Gifts whose live entry stays, and why. */
  readonly kept: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
  readonly edges: readonly EdgeResult[];
}

export const command: Command = {
  summary: "make the CDN what git says: stops first, names last",
  usage: "[--env NAME] [--commit REVISION]",
  example: "giftwrap publish --env production",
  options: {
    env: ENVIRONMENT_OPTION,
    commit: { type: "string", value: "REVISION", help: "the commit to publish (default: HEAD)" },
    edge: EDGE_OPTION,
    deadline: {
      type: "string",
      value: "SECONDS",
      help: "how long an edge may take to serve what was written (default: 30)",
    },
    "replace-history": {
      type: "string",
      value: "COMMIT",
      help: "the live commit, when its history was replaced on purpose",
    },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const publisher = await prepare(args, io);
    const quiet = args.flag("json");
    const result = await publish(publisher, quiet ? () => {} : io.line);
    if (quiet) io.line(JSON.stringify(result));
    if (args.text("commit") === undefined) await warnIfDirty(io);
    return result.exit;
  },
};

export async function prepare(args: Arguments, io: Io): Promise<Publisher> {
  const { root } = io;
  const commit = await commitOf(root, args.text("commit") ?? "HEAD");
  if (commit === null)
    throw new GiftError(
      "COMMIT_MISSING",
      `${args.text("commit") ?? "HEAD"} is no commit here`,
      "commit first, or fetch it",
    );
  const name = args.text("env") ?? "production";
  const environment = await openEnvironment(
    io,
    revisionTree(root, commit),
    name,
    parseEdges(args.texts("edge")),
  );
  return {
    root,
    commit,
    environment,
    trustedRoot: trustedRootOf(environment),
    signers: {
      release: await readSignerOf(io, environment, "release"),
      timestamp: await readSignerOf(io, environment, "timestamp"),
    },
    source: await objectSource(io, environment, revisionTree(root, commit)),
    edgeDeadlineMilliseconds: 1000 * parseWholeNumber("deadline", args.text("deadline"), 30),
    replaceHistory: args.text("replace-history"),
    io,
  };
}

type Say = (line: string) => void;

export async function publish(publisher: Publisher, say: Say): Promise<PublishResult> {
  const stops: string[] = [];
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const stopped = await publishStops(publisher, say);
    if (stopped === "lost_race") continue;
    stops.push(...stopped.ids);
    const result = await publishTree(publisher, stopped.live, stops, say);
    if (result !== "lost_race") return result;
    publisher.io.progress("somebody else published meanwhile: reading again");
  }
  throw new GiftError(
    "RACE_LOST",
    `somebody else kept publishing for ${MAX_ROUNDS} rounds`,
    "run the command again when they are done",
  );
}

/** What narrows goes out first and by itself, from nothing but the files that differ. */
async function publishStops(
  publisher: Publisher,
  say: Say,
): Promise<{ ids: readonly string[]; live: LiveTimestamp | null } | "lost_race"> {
  const { root, commit, environment, signers, io } = publisher;
  const started = performance.now();
  const live = await readLiveTimestamp(environment.store, await trustEnvironment(environment));
  if (!live) return { ids: [], live };
  const { commit: liveCommit, overrides: present } = live.signed.giftwrap;
  await checkAncestry(root, liveCommit, commit, publisher.replaceHistory);

  // A replaced history may have no common files to compare: what it narrows goes out with the catalogs.
  const isComparable = publisher.replaceHistory !== liveCommit || (await commitOf(root, liveCommit)) !== null;
  const changes = isComparable
    ? await readChanges(root, liveCommit, commit, environment.file.rollout, io.now())
    : { rollouts: [], overrides: [] };
  const additions = [
    ...planStops(changes.rollouts, live.signed.meta["snapshot.json"].version + 1),
    ...changes.overrides,
  ];
  const overrides = addStops(present, additions);
  if (canonicalJson(overrides) === canonicalJson(present)) return { ids: [], live };

  const snapshot = live.signed.meta["snapshot.json"];
  const content = { snapshot, pollSeconds: environment.file.pollSeconds, commit, overrides };
  const at = io.now();
  const written = await writeTimestamp(environment.store, live, content, signers.timestamp, at);
  if (!written) return "lost_race";
  const ids = additions.map((it) => it.id);
  say(`stop in ${environment.name}: ${ids.join(", ")} (revision ${written.signed.version})`);
  const edges = await confirm(publisher, written, say);
  say(
    `stop confirmed at ${count(edges.filter((it) => it.ok).length, "edge")} after ${Math.round(performance.now() - started)} ms`,
  );
  await writeLog(
    environment.store,
    toLogRecord({ now: written, before: live, kind: "stop", by: accountOf(io), at, edges }),
  );
  return { ids, live: written };
}

/** Objects, catalogs, signed metadata, and last the one name that moves. */
async function publishTree(
  publisher: Publisher,
  timestamp: LiveTimestamp | null,
  stops: readonly string[],
  say: Say,
): Promise<PublishResult | "lost_race"> {
  const { root, commit, environment, signers, io } = publisher;
  // Loaded only now: a stop does not wait for the rules and what they need.
  const { readDesired } = await import("./readDesired.ts");
  const tree = await readDesired(revisionTree(root, commit), environment, io.now());
  const soFar = { commit, stops, findings: tree.findings, changes: [], kept: {}, edges: [] };
  if (!tree.wanted) {
    say(
      findingsToText(
        tree.findings.filter((it) => it.severity === "error" && it.gift === undefined),
      ).trimEnd(),
    );
    say("nothing more was published: these files concern every gift");
    const live = {
      revision: timestamp?.signed.version ?? 0,
      generation: timestamp?.signed.meta["snapshot.json"].version ?? 0,
    };
    return { ...soFar, ...live, exit: EXIT.findings };
  }

  const trusted = await trustEnvironment(environment);
  const fresh = await readLiveTimestamp(environment.store, trusted);
  if (fresh?.tag !== timestamp?.tag) return "lost_race";
  const head = fresh && (await readLiveHead(environment.store, trusted, fresh));
  if (head && isAsWanted(tree.wanted, head, tree.kept) && !needsTimestamp(head.timestamp, publisher)) {
    const { version: revision } = head.timestamp.signed;
    say(`nothing to do in ${environment.name}: revision ${revision} is what ${commit.slice(0, 10)} says`);
    return { ...soFar, exit: EXIT.ok, revision, generation: head.generation };
  }
  const live = head && (await readCatalogs(environment.store, trusted, head));
  const { plan, failed } = await settle(publisher, tree.wanted, live, tree.kept);

  for (const line of planToLines(plan)) say(line);
  const exit = failed ? EXIT.failure : tree.kept.size > 0 ? EXIT.findings : EXIT.ok;
  const result = { ...soFar, exit, changes: plan.changes, kept: Object.fromEntries(plan.kept) };
  if (live && isEmptyPlan(plan) && !needsTimestamp(live.timestamp, publisher)) {
    say(
      `nothing to do in ${environment.name}: revision ${live.timestamp.signed.version} is what ${commit.slice(0, 10)} says`,
    );
    return { ...result, revision: live.timestamp.signed.version, generation: live.generation };
  }

  const { store } = environment;
  await store.putIfAbsent(metadataKey("root", 1), publisher.trustedRoot);
  const generation =
    live && !plan.changesCatalogs
      ? live.timestamp.signed.meta["snapshot.json"]
      : await writeGeneration(
          store,
          live,
          plan,
          await readEarlierCatalogs(store, live),
          signers.release,
          io.now(),
        );
  const content = {
    snapshot: generation,
    pollSeconds: environment.file.pollSeconds,
    commit,
    overrides: overridesAfter(
      tree.wanted.overrides,
      live?.timestamp.signed.giftwrap.overrides ?? [],
      generation.version,
      plan.kept,
    ),
  };
  const at = io.now();
  const written = await writeTimestamp(store, live?.timestamp ?? null, content, signers.timestamp, at);
  if (!written) return "lost_race";
  say(
    `published ${commit.slice(0, 10)} to ${environment.name} as revision ${written.signed.version}, generation ${generation.version}`,
  );
  const edges = await confirm(publisher, written, say);
  const before = live?.timestamp ?? null;
  await writeLog(
    store,
    toLogRecord({ now: written, before, kind: "publish", by: accountOf(io), at, plan, edges }),
  );
  const unconfirmed = edges.some((it) => !it.ok);
  return {
    ...result,
    // Done means the configured addresses: an edge that still serves the old is no success, whatever was written.
    exit: unconfirmed ? EXIT.failure : exit,
    revision: written.signed.version,
    generation: generation.version,
    edges,
  };
}

/** Plans, brings the objects to the store and the edges, and plans again without the gifts for which that failed. */
async function settle(
  publisher: Publisher,
  wanted: Desired,
  live: Live | null,
  keptAtFirst: ReadonlyMap<string, string>,
): Promise<{ plan: Plan; failed: boolean }> {
  const kept = new Map(keptAtFirst);
  for (;;) {
    const plan = planPublish(wanted, live, kept);
    const failures = await bringObjects(plan, {
      store: publisher.environment.store,
      edges: publisher.environment.edges,
      source: publisher.source,
      readLocks: (paths) => revisionTree(publisher.root, publisher.commit).read(paths),
      edgeDeadlineMilliseconds: publisher.edgeDeadlineMilliseconds,
      progress: publisher.io.progress,
    });
    if (failures.size === 0) return { plan, failed: kept.size > keptAtFirst.size };
    for (const [gift, why] of failures) kept.set(gift, why);
  }
}

async function confirm(
  publisher: Publisher,
  written: LiveTimestamp,
  say: Say,
): Promise<readonly EdgeResult[]> {
  const { environment, edgeDeadlineMilliseconds: deadlineMilliseconds } = publisher;
  const results = await confirmTimestamp(
    environment.edges,
    { bytes: written.bytes, revision: written.signed.version },
    { deadlineMilliseconds },
  );
  for (const { edge, ok, milliseconds, why } of results) {
    say(
      ok
        ? `  ${edge.region} ${edge.url} serves it after ${milliseconds} ms`
        : `  ALARM: ${edge.region} ${edge.url} does not serve it: ${why}`,
    );
  }
  return results;
}

function needsTimestamp(live: LiveTimestamp, { commit, environment, io }: Publisher): boolean {
  const { giftwrap, expires } = live.signed;
  if (giftwrap.commit !== commit || giftwrap.pollSeconds !== environment.file.pollSeconds) return true;
  return Date.parse(expires) - io.now() < RENEW_BELOW_MILLISECONDS;
}

/** Uncommitted changes are the usual reason why a publish does not do what somebody expects. */
async function warnIfDirty(io: Io): Promise<void> {
  if (await isDirty(io.root, ["gifts", "releases"]))
    io.progress("note: uncommitted changes below gifts/ and releases/ are not published");
}
