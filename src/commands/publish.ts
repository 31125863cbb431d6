import type { TrustedMetadata } from "../client/update/trusted.ts";
import { checkAncestry } from "../publish/ancestry.ts";
import {
  contentOf,
  copyObjects,
  type ObjectSource,
  type Signers,
  writeGeneration,
  writeTimestamp,
} from "../publish/apply.ts";
import { type Announcement, openAnnouncement } from "../publish/announce.ts";
import type { Desired } from "../publish/desired.ts";
import type { EdgeResult } from "../publish/edges.ts";
import { readEarlierDigests } from "../publish/earlier.ts";
import {
  checkNeverPublished,
  type Live,
  type LiveTimestamp,
  readCatalogs,
  readLiveHead,
  readLiveTimestamp,
} from "../publish/live.ts";
import { isAsWanted } from "../publish/asWanted.ts";
import { isEmptyPlan, overridesAfter, type Plan, planPublish } from "../publish/plan.ts";
import { putRoots } from "../publish/putRoots.ts";
import { planToLines } from "../publish/planText.ts";
import { readChanges } from "../publish/readChanges.ts";
import { edgesFor } from "../publish/reach.ts";
import { toLogRecord, writeLog } from "../publish/record.ts";
import { needsRefresh } from "../publish/refreshTimestamp.ts";
import { readReplacement, type Replacement } from "../publish/replaceLive.ts";
import { signAnew } from "../publish/signAnew.ts";
import { addStops, planStops } from "../publish/stops.ts";
import { GiftError } from "../report/error.ts";
import type { Finding } from "../report/finding.ts";
import { count, findingsToText } from "../report/text.ts";
import { commitOf, isDirty } from "../source/git.ts";
import { revisionTree } from "../source/tree.ts";
import { canonicalJson, type Timestamp } from "../wire/metadata.ts";
import {
  accountOf,
  type Arguments,
  type Command,
  DEADLINE_OPTION,
  EDGE_OPTION,
  ENVIRONMENT_OPTION,
  EXIT,
  type Exit,
  type Io,
  JSON_OPTION,
  parseDeadline,
  parseEdges,
} from "./command.ts";
import type { WarmedRelease } from "../publish/warmEvidence.ts";
import {
  type Environment,
  isLiveBroken,
  objectSource,
  openEnvironment,
  readLeakedTimestamp,
  readSignerOf,
  speakingOf,
  trustedRootOf,
  trustEnvironment,
} from "./environment.ts";

/** Two publishers at once settle within a few rounds; more means that something else is wrong. */
const MAX_ROUNDS = 5;

const NO_CATALOGS = { low: [], mid: [], high: [] };

export interface Publisher {
  readonly root: string;
  readonly commit: string;
  readonly environment: Environment;
  readonly trustedRoot: Uint8Array;
  readonly signers: Signers;
  readonly source: ObjectSource;
  readonly edgeDeadlineMilliseconds: number;
  readonly replaceHistory: string | undefined;
  /** Nothing of what is live is believed, but its overrides; `whole`: only if every gift can be written anew from git. */
  readonly replaceLive?: boolean | "whole";
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
  usage: "[--env NAME] [--commit REVISION] [--stops-only]",
  example: "giftwrap publish --env production",
  options: {
    env: ENVIRONMENT_OPTION,
    commit: { type: "string", value: "REVISION", help: "the commit to publish (default: HEAD)" },
    "stops-only": {
      type: "boolean",
      help: "write only what takes viewers away, from the files that differ; the publish that follows does the rest",
    },
    edge: EDGE_OPTION,
    deadline: DEADLINE_OPTION,
    "replace-history": {
      type: "string",
      value: "COMMIT",
      help: "the live commit, when its history was replaced on purpose",
    },
    "replace-live": {
      type: "boolean",
      help: "believe nothing of what is live but its overrides, when it is damaged or somebody else's; see .github/RUNBOOK.md",
    },
    json: JSON_OPTION,
  },
  run: (args, io) =>
    speakingOf(args.text("env") ?? "production", async () => {
      const publisher = await prepare(args, io);
      const quiet = args.flag("json");
      const act = args.flag("stops-only") ? stopOnly : publish;
      const result = await act(publisher, quiet ? () => {} : io.line);
      if (quiet) io.line(JSON.stringify(result));
      if (args.text("commit") === undefined) await warnIfDirty(io);
      return result.exit;
    }),
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
    // A stop moves no bytes, and does not wait for another environment's files.
    source: args.flag("stops-only")
      ? async () => null
      : await objectSource(io, environment, revisionTree(root, commit)),
    edgeDeadlineMilliseconds: parseDeadline(args),
    replaceHistory: args.text("replace-history"),
    replaceLive: args.flag("replace-live"),
    io,
  };
}

/** One run, and what it has learnt so far. */
interface Run {
  readonly say: (line: string) => void;
  /** Ids of the stops that went out. */
  readonly stops: string[];
  /** The last answer of each edge that was asked for something just written, by address. */
  readonly answers: Map<string, EdgeResult>;
  /** What still goes on beside. */
  readonly purging: Promise<void>[];
  /** Whether it was said what "done" leaves out. */
  saidWhatFollows: boolean;
}

export async function publish(publisher: Publisher, say: (line: string) => void): Promise<PublishResult> {
  const run: Run = { say, stops: [], answers: new Map(), purging: [], saidWhatFollows: false };
  const result = await publishInRounds(publisher, run);
  await Promise.all(run.purging);
  if (result.edges.length > 0 || run.stops.length === 0) return result;
  // Nothing followed the stop: then its own answers are the last ones.
  const edges = [...run.answers.values()];
  return { ...result, edges, exit: edges.some((it) => !it.ok) ? EXIT.failure : result.exit };
}

/**
 * Only what narrows, confirmed at the edges: no tree is read and no byte moved, so nothing that is wrong there holds it up. A
 * publish of the same commit then finds the stop done.
 */
export async function stopOnly(publisher: Publisher, say: (line: string) => void): Promise<PublishResult> {
  const run: Run = { say, stops: [], answers: new Map(), purging: [], saidWhatFollows: false };
  const { name } = publisher.environment;
  const result = await inRounds(
    publisher,
    run,
    async () => {
      const stopped = await publishStops(publisher, run);
      if (stopped === "lost_race") return stopped;
      const { live, replacement } = stopped;
      if (replacement)
        say(`nothing to stop in ${name}: what is live is not believed, and the publish replaces it`);
      else if (!live) say(`nothing to stop in ${name}: nothing is published`);
      else if (run.stops.length === 0)
        say(
          `nothing to stop in ${name}: ${publisher.commit.slice(0, 10)} takes nobody a release away that revision ${live.signed.version} gives`,
        );
      return nothingMore(publisher, run, live);
    },
    1,
  );
  await Promise.all(run.purging);
  const edges = [...run.answers.values()];
  return { ...result, edges, exit: edges.some((it) => !it.ok) ? EXIT.failure : EXIT.ok };
}

function nothingMore({ commit }: Publisher, { stops }: Run, live: LiveTimestamp | null): PublishResult {
  return {
    exit: EXIT.ok,
    commit,
    revision: live?.signed.version ?? 0,
    generation: live?.signed.meta["snapshot.json"].version ?? 0,
    stops,
    changes: [],
    kept: {},
    findings: [],
    edges: [],
  };
}

async function publishInRounds(publisher: Publisher, run: Run): Promise<PublishResult> {
  return inRounds(publisher, run, async () => {
    const stopped = await publishStops(publisher, run);
    if (stopped === "lost_race") return stopped;
    const nothing = stopped.live && (await sayNothingToDo(publisher, stopped.live, run));
    if (nothing) return nothing;
    return announced(publisher, (announcement) => publishTree(publisher, stopped, announcement, run));
  });
}

/** @param overtakenFrom the round from which on it is no failure when a newer commit is live: before, an old one was asked for */
async function inRounds(
  publisher: Publisher,
  run: Run,
  act: () => Promise<PublishResult | "lost_race">,
  overtakenFrom = 2,
): Promise<PublishResult> {
  for (let round = 1; round <= MAX_ROUNDS; round++) {
    const result = await act().catch((error: unknown) => {
      if (round >= overtakenFrom && error instanceof GiftError && error.code === "OLDER_COMMIT")
        return "overtaken" as const;
      throw error;
    });
    if (result === "overtaken") return sayOvertaken(publisher, run);
    if (result !== "lost_race") return result;
    publisher.io.progress("somebody else published meanwhile: reading again");
  }
  throw new GiftError(
    "RACE_LOST",
    `somebody else kept publishing for ${MAX_ROUNDS} rounds`,
    "run the command again when they are done",
  );
}

/** A newer commit's stop goes out beside what is done for an older one, and holds all that the older one would have stopped. */
async function sayOvertaken(publisher: Publisher, run: Run): Promise<PublishResult> {
  const { environment, commit } = publisher;
  const live = await readLiveTimestamp(environment.store, await trustEnvironment(environment));
  const newer = live?.signed.giftwrap.commit ?? "";
  run.say(
    `${commit.slice(0, 10)} was overtaken in ${environment.name}: ${newer.slice(0, 10)} is live, and its own publish does the rest`,
  );
  return nothingMore(publisher, run, live);
}

/**
 * The live timestamp may say itself that nothing is left to do for this commit: then the tree is not read, however large it is.
 * That what it names is there is asked all the same.
 */
async function sayNothingToDo(
  publisher: Publisher,
  live: LiveTimestamp,
  run: Run,
): Promise<PublishResult | null> {
  const { root, commit, environment, io } = publisher;
  if (needsTimestamp(live, publisher)) return null;
  // Loaded only now, as what it needs: a stop does not wait for it.
  const { isSettled } = await import("../publish/settled.ts");
  if (!(await isSettled(live.signed, revisionTree(root, commit), io.now()))) return null;
  const trusted = await trustEnvironment(environment);
  await trusted.updateTimestamp(live.bytes, Number.NEGATIVE_INFINITY);
  const { generation } = await readLiveHead(environment.store, trusted, live);
  run.say(nothingToDoLine(publisher, live));
  return { ...nothingMore(publisher, run, live), generation };
}

function nothingToDoLine({ environment, commit }: Publisher, { signed }: LiveTimestamp): string {
  return `nothing to do in ${environment.name}: revision ${signed.version} is what ${commit.slice(0, 10)} says`;
}

interface Stopped {
  readonly live: LiveTimestamp | null;
  /** What to go on from instead, when what is live is not believed. */
  readonly replacement?: Replacement;
}

/** What the act covers is kept from being collected until the act is over. */
async function announced<T>(
  { environment, edgeDeadlineMilliseconds, io }: Publisher,
  act: (announcement: Announcement) => Promise<T>,
): Promise<T> {
  const announcement = openAnnouncement(environment.store, io.now, edgeDeadlineMilliseconds);
  try {
    return await act(announcement);
  } finally {
    await announcement.end();
  }
}

/** What narrows goes out first and by itself, from nothing but the files that differ. */
async function publishStops(publisher: Publisher, run: Run): Promise<Stopped | "lost_race"> {
  const { root, commit, environment, signers, io } = publisher;
  const started = performance.now();
  const trusted = await trustEnvironment(environment);
  const published = await readPublished(publisher, trusted);
  if ("replacement" in published) {
    const { replacement } = published;
    const { commit: before } = replacement.live.timestamp.signed.giftwrap;
    if (before !== "") await checkAncestry(root, before, commit, publisher.replaceHistory);
    // The catalogs that follow are git's alone, so there is nothing to stop in what they replace.
    return { live: null, replacement };
  }
  const { live: found } = published;
  if (!found) {
    await checkNeverPublished(environment.store);
    return { live: null };
  }
  const { commit: liveCommit } = found.signed.giftwrap;
  await checkAncestry(root, liveCommit, commit, publisher.replaceHistory);
  const live = await signAnewIn(publisher, trusted, found, run.say);
  if (!live) return "lost_race";
  const present = live.signed.giftwrap.overrides;

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
  if (canonicalJson(overrides) === canonicalJson(present)) return { live };

  const snapshot = live.signed.meta["snapshot.json"];
  const content = { snapshot, pollSeconds: environment.file.pollSeconds, commit, overrides };
  const at = io.now();
  const written = await writeTimestamp(environment.store, live, content, signers.timestamp, at);
  if (!written) return "lost_race";
  const { say } = run;
  const ids = additions.map((it) => it.id);
  run.stops.push(...ids);
  say(`stop in ${environment.name}: ${ids.join(", ")} (revision ${written.signed.version})`);
  const edges = await confirm(publisher, written, run);
  say(
    `stop confirmed at ${count(edges.filter((it) => it.ok).length, "edge")} after ${Math.round(performance.now() - started)} ms`,
  );
  await writeLog(
    environment.store,
    toLogRecord({ now: written, before: live, kind: "stop", by: accountOf(io), at, edges }),
  );
  return { live: written };
}

/** Objects, catalogs, signed metadata, and last the one name that moves. */
async function publishTree(
  publisher: Publisher,
  { live: timestamp, replacement }: Stopped,
  announcement: Announcement,
  run: Run,
): Promise<PublishResult | "lost_race"> {
  const { root, commit, environment, signers, io } = publisher;
  const { say, stops } = run;
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
    say(`nothing more was published to ${environment.name}: these files concern every gift`);
    const live = {
      revision: timestamp?.signed.version ?? 0,
      generation: timestamp?.signed.meta["snapshot.json"].version ?? 0,
    };
    return { ...soFar, ...live, exit: EXIT.findings };
  }

  const trusted = await trustEnvironment(environment);
  const fresh = replacement ? null : await readLiveTimestamp(environment.store, trusted);
  if (fresh?.tag !== timestamp?.tag) return "lost_race";
  const head = fresh && (await readLiveHead(environment.store, trusted, fresh));
  if (head && isAsWanted(tree.wanted, head, tree.kept) && !needsTimestamp(head.timestamp, publisher)) {
    const { version: revision } = head.timestamp.signed;
    say(nothingToDoLine(publisher, head.timestamp));
    return { ...soFar, exit: EXIT.ok, revision, generation: head.generation };
  }
  const present = head ? await readCatalogs(environment.store, trusted, head) : (replacement?.live ?? null);
  const settled = await settle(publisher, tree.wanted, present, tree.kept, {
    run,
    announcement,
    isBelieved: head !== null,
  });
  if (settled === "lost_race") return settled;
  const { plan, live, failed, warmed, found } = settled;

  const [keptFirst] = plan.kept;
  if (publisher.replaceLive === "whole" && keptFirst)
    throw new GiftError(
      "GIFT_LOST",
      `${keptFirst[0]} cannot be written anew, and its live entry is lost: ${keptFirst[1]}; nothing was named`,
      "mend that first: without it, it would be gone for viewers",
    );
  for (const line of planToLines(plan)) say(line);
  const exit = failed ? EXIT.failure : tree.kept.size > 0 ? EXIT.findings : EXIT.ok;
  const result = { ...soFar, exit, changes: plan.changes, kept: Object.fromEntries(plan.kept) };
  if (live && isEmptyPlan(plan) && !needsTimestamp(live.timestamp, publisher)) {
    say(nothingToDoLine(publisher, live.timestamp));
    return { ...result, revision: live.timestamp.signed.version, generation: live.generation };
  }

  const { store } = environment;
  const generation =
    live && !plan.changesCatalogs
      ? live.timestamp.signed.meta["snapshot.json"]
      : await writeGeneration(
          store,
          live,
          plan,
          live ? await readEarlierDigests(store, live.timestamp.signed.version) : NO_CATALOGS,
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
    settled: plan.kept.size === 0,
  };
  if (!fresh) await putRoots(store, rootsOf(publisher));
  const at = io.now();
  const written = await writeTimestamp(store, live?.timestamp ?? null, content, signers.timestamp, at);
  if (!written) return "lost_race";
  say(
    `published ${commit.slice(0, 10)} to ${environment.name} as revision ${written.signed.version}, generation ${generation.version}`,
  );
  // Whatever takes objects away without asking: what is live must be there.
  const { missing } = await copyObjects(store, found, publisher.source);
  for (const digest of missing)
    say(`  ALARM: object ${digest} is live and was taken away: run npx giftwrap build and publish again`);
  const recording = recordWarm(publisher, warmed);
  const edges = await confirm(publisher, written, run);
  await recording;
  const record = {
    now: written,
    before: live?.timestamp ?? null,
    by: accountOf(io),
    at,
    plan,
    edges,
  };
  await writeLog(
    store,
    replacement
      ? toLogRecord({ ...record, kind: "repair", why: "what was live was not believed" })
      : toLogRecord({ ...record, kind: "publish" }),
  );
  const unconfirmed = edges.some((it) => !it.ok);
  return {
    ...result,
    // Done means the configured addresses: an edge that still serves the old is no success, whatever was written.
    exit: unconfirmed || missing.size > 0 ? EXIT.failure : exit,
    revision: written.signed.version,
    generation: generation.version,
    edges,
  };
}

/**
 * What is live; or where to go on from when it is not believed, by a person's word or because a key signed it that the root
 * calls leaked.
 */
async function readPublished(
  { environment, replaceLive = false, io }: Publisher,
  trusted: TrustedMetadata,
): Promise<{ live: LiveTimestamp | null } | { replacement: Replacement }> {
  const { store, name } = environment;
  let live: LiveTimestamp | null = null;
  let leaked: Timestamp | null = null;
  try {
    live = await readLiveTimestamp(store, trusted);
    if (!replaceLive) return { live };
  } catch (error) {
    if (!isLiveBroken(error)) throw error;
    leaked = await readLeakedTimestamp(environment);
    if (!leaked && !replaceLive) throw error;
  }
  const replacement = await readReplacement(store, live, leaked);
  const why = leaked ? ": a key signed it that the root calls leaked" : "";
  io.progress(`what is live in ${name} is not believed${why}; catalogs come from git alone`);
  for (const { id, from } of replacement.carried) io.progress(`override ${id} is carried on, from ${from}`);
  return { replacement };
}

/** After a rotation what is live is signed with the new keys before anything else, whatever git says. */
async function signAnewIn(
  publisher: Publisher,
  trusted: TrustedMetadata,
  live: LiveTimestamp,
  say: Run["say"],
): Promise<LiveTimestamp | null> {
  const { environment, signers, io } = publisher;
  const roots = rootsOf(publisher);
  const now = await signAnew(environment.store, trusted, live, { roots, signers, now: io.now() });
  if (!now || now === live) return now;
  const why = `signed anew with the keys of root ${trusted.root.version}`;
  say(`${why} in ${environment.name} (revision ${now.signed.version})`);
  // No edge is waited for: a stop may come next, and the commit that brought the root is still to be confirmed.
  await writeLog(
    environment.store,
    toLogRecord({ now, before: live, kind: "refresh", why, by: accountOf(io), at: io.now(), edges: [] }),
  );
  return now;
}

function rootsOf({ environment, trustedRoot }: Publisher): readonly Uint8Array[] {
  return [...environment.formerRoots, trustedRoot];
}

interface Settled {
  readonly plan: Plan;
  readonly live: Live | null;
  /** Whether gifts stay as they are live because the world failed. */
  readonly failed: boolean;
  readonly warmed: readonly WarmedRelease[];
  /** Objects that the plan names and that were in the store already. */
  readonly found: Plan["objects"];
}

/**
 * Plans, brings the objects to the store and the edges and sees whether these follow, and plans again without the gifts for
 * which any of that failed.
 */
async function settle(
  publisher: Publisher,
  wanted: Desired,
  live: Live | null,
  kept: ReadonlyMap<string, string>,
  {
    run,
    announcement,
    isBelieved,
  }: { readonly run: Run; readonly announcement: Announcement; readonly isBelieved: boolean },
): Promise<Settled | "lost_race"> {
  const { environment, io, source, root, commit, edgeDeadlineMilliseconds } = publisher;
  const plan = planPublish(wanted, live, kept);
  const { bringObjects, digestsToName } = await import("../publish/bringObjects.ts");
  const [brought, followed] = await Promise.all([
    bringObjects(plan, {
      store: environment.store,
      edges: environment.edges,
      source,
      cover: announcement.cover,
      readLocks: (paths) => revisionTree(root, commit).read(paths),
      edgeDeadlineMilliseconds,
      progress: (text) => io.progress(`${environment.name}: ${text}`),
    }),
    // What is not believed is not signed anew.
    isBelieved ? seeWhoFollows(publisher, plan, live, run) : { live, failures: new Map<string, string>() },
  ]);
  if (followed === "lost_race") return followed;
  const failures = new Map([...followed.failures, ...brought.failures]);
  const warmed = brought.warmed.filter((it) => !failures.has(it.gift));
  const { found } = brought;
  if (failures.size === 0) return { plan, live: followed.live, failed: false, warmed, found };
  const settled = planPublish(wanted, followed.live, new Map([...kept, ...failures]));
  if (settled.changesCatalogs) await announcement.cover(digestsToName(settled));
  const named = new Set(settled.objects.map((it) => it.file.digest));
  return {
    plan: settled,
    live: followed.live,
    failed: true,
    warmed,
    found: found.filter((it) => named.has(it.file.digest)),
  };
}

/**
 * An edge that is stuck on an old timestamp serves objects as well as any other. So before anything widens, the timestamp is
 * signed anew as it is, and an edge that does not come to serve it keeps the gifts that need it. Where a stop went out just
 * now, its answers say the same.
 */
async function seeWhoFollows(
  publisher: Publisher,
  { changes }: Plan,
  live: Live | null,
  run: Run,
): Promise<{ live: Live | null; failures: ReadonlyMap<string, string> } | "lost_race"> {
  const { environment, signers, io } = publisher;
  const needed = changes.flatMap(({ gift, widens, reach }) =>
    widens ? edgesFor(reach, environment.edges).map((edge) => ({ gift, edge })) : [],
  );
  let after = live;
  if (live && needed.length > 0 && run.answers.size === 0) {
    const at = io.now();
    const same = contentOf(live.timestamp);
    const now = await writeTimestamp(environment.store, live.timestamp, same, signers.timestamp, at);
    if (!now) return "lost_race";
    after = { ...live, timestamp: now };
    const addresses = new Set(needed.map((it) => it.edge.url));
    const { confirmEdges } = await import("./confirmEdges.ts");
    const { edges, purging } = await confirmEdges(
      publisher,
      now,
      environment.edges.filter((it) => addresses.has(it.url)),
    );
    run.purging.push(purging);
    for (const it of edges) run.answers.set(it.edge.url, it);
    const record = { now, before: live.timestamp, kind: "refresh", at, edges } as const;
    await writeLog(environment.store, toLogRecord({ ...record, by: accountOf(io) }));
  }
  const failures = new Map<string, string>();
  for (const { gift, edge } of needed) {
    const answer = run.answers.get(edge.url);
    if (answer && !answer.ok && !failures.has(gift))
      failures.set(gift, `the ${edge.region} edge ${edge.url} does not follow: ${answer.why}`);
  }
  return { live: after, failures };
}

/** Asks every edge, and says what it answered. */
async function confirm(
  publisher: Publisher,
  written: LiveTimestamp,
  run: Run,
): Promise<readonly EdgeResult[]> {
  const { say, answers } = run;
  const { confirmEdges, toEdgeLines, behindEdgesLine } = await import("./confirmEdges.ts");
  const failedBefore = new Set([...answers.values()].flatMap(({ ok, edge }) => (ok ? [] : [edge.url])));
  const { environment } = publisher;
  const { edges, purging } = await confirmEdges(publisher, written, environment.edges, failedBefore);
  run.purging.push(purging);
  for (const line of toEdgeLines(edges, publisher)) say(line);
  if (edges.length > 0 && !run.saidWhatFollows) say(behindEdgesLine());
  run.saidWhatFollows = true;
  for (const it of edges) answers.set(it.edge.url, it);
  return edges;
}

/** A release that was not recorded stays at canary until somebody warms it by hand, so that much is said. */
async function recordWarm(
  { environment, signers, io }: Publisher,
  warmed: readonly WarmedRelease[],
): Promise<void> {
  if (warmed.length === 0) return;
  const { recordWarmed } = await import("./recordWarmed.ts");
  const failed = await recordWarmed(environment, signers.timestamp, warmed, io.now());
  for (const { release, why } of failed)
    io.progress(
      `nothing records that ${release} is warm: ${why}; run npx giftwrap warm ${release} --env ${environment.name}`,
    );
}

function needsTimestamp(live: LiveTimestamp, { commit, environment, io }: Publisher): boolean {
  const { giftwrap } = live.signed;
  if (giftwrap.commit !== commit || giftwrap.pollSeconds !== environment.file.pollSeconds) return true;
  return needsRefresh(live, io.now());
}

/** Uncommitted changes are the usual reason why a publish does not do what somebody expects. */
async function warnIfDirty(io: Io): Promise<void> {
  if (await isDirty(io.root, ["gifts", "releases"]))
    io.progress("note: uncommitted changes below gifts/ and releases/ are not published");
}
