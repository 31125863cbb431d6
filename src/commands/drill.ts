import { GiftwrapClient, httpFetch } from "../client/client.ts";
import { lockPath, POLICY_PATH } from "../model/paths.ts";
import { releaseKey } from "../model/project.ts";
import { compileRange, InvalidRange } from "../model/range.ts";
import { reachedStage, toRollout } from "../model/rollout.ts";
import { inService } from "../publish/edges.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { count } from "../report/text.ts";
import type { DrillPorts } from "../rollout/drillPorts.ts";
import { type DrillResult, runDrill } from "../rollout/runDrill.ts";
import { runSwitchDrill } from "../rollout/runSwitchDrill.ts";
import { parseFile, readProject } from "../source/readProject.ts";
import { type Tree, workTree } from "../source/tree.ts";
import { makeEvidence, writeEvidence } from "../trust/evidence.ts";
import { digestOf, nodeCrypto } from "../trust/nodeCrypto.ts";
import { lockKey } from "../wire/keys.ts";
import type { Interval } from "../wire/version.ts";
import {
  accountOf,
  type Command,
  EDGE_OPTION,
  EXIT,
  type Io,
  JSON_OPTION,
  parseEdges,
  parseReleaseWord,
  parseWholeNumber,
} from "./command.ts";
import { logWritten } from "./logWritten.ts";
import { behindEdgesLine, confirmEdges, toEdgeLines } from "./confirmEdges.ts";
import {
  type Environment,
  openEnvironment,
  readSignerOf,
  trustedRootOf,
  trustEnvironment,
} from "./environment.ts";

/** A release whose drill goes on record. */
interface Subject {
  readonly gift: string;
  readonly version: string;
  /** SHA-256 of its lock's bytes. */
  readonly lock: string;
}

export const command: Command = {
  summary: "rehearse a rollback through the real edges, and put on record how long it took",
  usage: "GIFT@VERSION [--env NAME] | --switch [GIFT@VERSION]",
  example: "giftwrap drill rose@1.1.0 --env staging",
  options: {
    env: {
      type: "string",
      value: "NAME",
      help: "the environment (default: staging; with --switch production)",
    },
    switch: {
      type: "boolean",
      help: "prove the switch on a hidden gift, for one release or for all that are open at canary only",
    },
    edge: EDGE_OPTION,
    deadline: {
      type: "string",
      value: "SECONDS",
      help: "how long edges and viewers may take at each step (default: 60)",
    },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const isSwitch = args.flag("switch");
    const [word, ...rest] = args.words;
    if (rest.length > 0 || (word === undefined && !isSwitch))
      throw new UsageError("name one release, such as: giftwrap drill rose@1.1.0 --env staging");
    const tree = workTree(io.root);
    const name = args.text("env") ?? (isSwitch ? "production" : "staging");
    const environment = await openEnvironment(io, tree, name, parseEdges(args.texts("edge")));
    const [first, ...others] =
      word === undefined
        ? await readCanaries(tree, environment)
        : [await readSubject(tree, environment, word)];
    if (!first)
      throw new UsageError("no release is open at canary only, so name one: drill rose@1.1.0 --switch");
    if (!isSwitch && environment.file.rollout === "as-written")
      throw new UsageError(
        `in ${name} a drill would take ${releaseKey(first.gift, first.version)} from its viewers: prove the switch there with --switch, and drill in an environment of testers`,
      );

    const quiet = args.flag("json");
    const deadlineMilliseconds = 1000 * parseWholeNumber("deadline", args.text("deadline"), 60);
    const ports = await openPorts(io, environment, deadlineMilliseconds, quiet ? () => {} : io.line);
    const result = isSwitch
      ? await runSwitchDrill(ports)
      : await runDrill(ports, first.gift, first.version, await readPlatforms(tree));

    const kind = isSwitch ? "switch" : "drill";
    for (const subject of [first, ...others]) await record(io, environment, ports, kind, subject, result);
    if (quiet) io.line(JSON.stringify({ environment: name, kind, releases: [first, ...others], ...result }));
    else {
      const { stopMilliseconds, fallbackMilliseconds, restoreMilliseconds } = result;
      io.line(
        `stopped at every edge after ${stopMilliseconds} ms, every viewer on the fallback after ${fallbackMilliseconds} ms, back after ${restoreMilliseconds} ms`,
      );
      io.line(behindEdgesLine());
      for (const { gift, version } of [first, ...others])
        io.line(`"${kind}" is on record for ${gift} ${version} in ${name}`);
    }
    return EXIT.ok;
  },
};

async function readSubject(tree: Tree, environment: Environment, word: string): Promise<Subject> {
  const { gift, version } = parseReleaseWord(word);
  if (version === undefined)
    throw new UsageError(`${word}: name a release with its version, such as ${gift}@1.1.0`);
  const path = lockPath(gift, version);
  const bytes = (await tree.read([path])).get(path);
  if (!bytes)
    throw new GiftError(
      "LOCK_MISSING",
      `${path} is not there`,
      `run npx giftwrap build ${releaseKey(gift, version)} and commit the lock first`,
    );
  const lock = digestOf(bytes);
  const published = await environment.store.get(lockKey(gift, version));
  if (published && new TextDecoder().decode(published.bytes) !== lock)
    throw new GiftError(
      "LOCK_DIFFERS",
      `${releaseKey(gift, version)} was published to ${environment.name} with another lock than ${path}`,
      "check out what is published, or make the other bytes a new version",
    );
  return { gift, version, lock };
}

/** The releases that have only canary left to leave, as far as they are built. */
async function readCanaries(tree: Tree, environment: Environment): Promise<readonly Subject[]> {
  const { project } = await readProject(tree);
  const found: Subject[] = [];
  for (const [key, { value }] of project.releases)
    if (reachedStage(toRollout(value)) === "canary" && project.locks.has(key))
      found.push(await readSubject(tree, environment, key));
  return found;
}

/** App versions in use, by platform. */
async function readPlatforms(tree: Tree): Promise<Readonly<Record<string, readonly Interval[]>>> {
  const { located } = parseFile("policy", POLICY_PATH, (await tree.read([POLICY_PATH])).get(POLICY_PATH));
  try {
    if (located)
      return Object.fromEntries(
        Object.entries(located.value.platforms).map(([name, { apps }]) => [name, compileRange(apps)]),
      );
  } catch (error) {
    if (!(error instanceof InvalidRange)) throw error;
  }
  throw new GiftError("FILES_BROKEN", `${POLICY_PATH} cannot be used`, "run npx giftwrap validate");
}

async function openPorts(
  io: Io,
  environment: Environment,
  deadlineMilliseconds: number,
  say: (line: string) => void,
): Promise<DrillPorts> {
  const { name, store } = environment;
  const edges = inService(environment.edges);
  const away = environment.edges.length - edges.length;
  if (away > 0) say(`${count(away, "edge")} out of service: no viewer is there`);
  if (edges.length === 0)
    throw new GiftError(
      "EDGES_MISSING",
      `${name} names no edge that is in service, and a drill goes through real edges`,
      "name edges in the environment's file, or with --edge SG=http://127.0.0.1:4601/",
    );
  const root = trustedRootOf(environment);
  const confirming = {
    environment: { ...environment, edges },
    edgeDeadlineMilliseconds: deadlineMilliseconds,
    io,
  };
  let isInterrupted = false;
  void io.untilInterrupted().then(() => {
    isInterrupted = true;
  });
  return {
    environment: name,
    store,
    trust: () => trustEnvironment(environment),
    signers: {
      release: await readSignerOf(io, environment, "release"),
      timestamp: await readSignerOf(io, environment, "timestamp"),
    },
    edges,
    openViewer: (viewer, { url }) =>
      GiftwrapClient.open({
        viewer,
        root,
        crypto: nodeCrypto,
        fetch: httpFetch({ baseUrl: url, sendEtag: true }),
      }),
    now: io.now,
    deadlineMilliseconds,
    isInterrupted: () => isInterrupted,
    say,
    confirm: async (written) => {
      const confirmed = await confirmEdges(confirming, written);
      for (const line of toEdgeLines(confirmed.edges, confirming)) say(line);
      return confirmed.edges;
    },
    log: (written) => logWritten(store, { ...written, kind: "drill", by: accountOf(io) }, io.progress),
  };
}

/** Signed evidence about the lock's very bytes. */
async function record(
  io: Io,
  { name, store }: Environment,
  { signers }: DrillPorts,
  kind: "drill" | "switch",
  subject: Subject,
  { fallbacks, ...facts }: DrillResult,
): Promise<void> {
  const evidence = makeEvidence({
    ...subject,
    kind,
    environment: name,
    recorded: io.now(),
    result: "passed",
    facts: { ...facts, fallbacks: fallbacks.join(", ") },
    tool: "giftwrap",
  });
  if (!(await writeEvidence(store, signers.timestamp, evidence)))
    io.progress(`a newer record of "${kind}" stands for ${subject.gift} ${subject.version}`);
}
