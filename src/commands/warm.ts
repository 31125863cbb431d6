import { lockPath } from "../model/paths.ts";
import { releaseKey } from "../model/project.ts";
import type { LockFile } from "../model/schemas.ts";
import { type Edge, inService, outOfServiceLines } from "../publish/edges.ts";
import { toWarmEvidence, toWarmFacts, type WarmFacts } from "../publish/warmEvidence.ts";
import { warmObjects, type WarmQuestion, type WarmResult } from "../publish/warmObjects.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { count, findingsToText, toBytes } from "../report/text.ts";
import { parseFile } from "../source/readProject.ts";
import { type Tree, workTree } from "../source/tree.ts";
import { writeEvidence } from "../trust/evidence.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { objectKey } from "../wire/keys.ts";
import {
  type Command,
  DEADLINE_OPTION,
  EDGE_OPTION,
  ENVIRONMENT_OPTION,
  EXIT,
  JSON_OPTION,
  parseDeadline,
  parseEdges,
  parseReleaseWord,
} from "./command.ts";
import { type Environment, openEnvironment, readSignerOf } from "./environment.ts";

type Files = readonly WarmQuestion["file"][];

export const command: Command = {
  summary: "fetch a release's objects through every edge, and record that they came right",
  usage: "GIFT@VERSION [--env NAME]",
  example: "giftwrap warm rose@1.1.0 --env production",
  options: {
    env: ENVIRONMENT_OPTION,
    edge: EDGE_OPTION,
    deadline: DEADLINE_OPTION,
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const [word = "", ...rest] = args.words;
    const { gift, version } = parseReleaseWord(word);
    if (gift === "" || version === undefined || rest.length > 0)
      throw new UsageError("name one release, such as: warm rose@1.1.0");
    const deadlineMilliseconds = parseDeadline(args);
    const tree = workTree(io.root);
    const name = args.text("env") ?? "production";
    const environment = await openEnvironment(io, tree, name, parseEdges(args.texts("edge")));
    const edges = edgesOf(environment);
    const { lock, digest } = await readLock(tree, gift, version);
    const files = filesOf(lock);
    await checkStored(environment, releaseKey(gift, version), files);
    const signer = await readSignerOf(io, environment, "timestamp");

    io.progress(`warming ${count(edges.length, "edge")}`);
    const questions = edges.flatMap((edge) => files.map((file) => ({ edge, file })));
    const results = await warmObjects(questions, { deadlineMilliseconds });
    const facts = toWarmFacts(files, results);
    const cold = results.filter((it) => !it.ok);
    await writeEvidence(
      environment.store,
      signer,
      toWarmEvidence(
        { gift, version, lock: digest, facts },
        { environment: name, recorded: io.now(), result: cold.length === 0 ? "passed" : "failed" },
      ),
    );

    if (args.flag("json")) io.line(JSON.stringify({ release: releaseKey(gift, version), facts, cold }));
    else for (const line of toLines(edges, results, facts)) io.line(line);
    for (const line of outOfServiceLines(environment.edges)) io.progress(line);
    if (cold.length > 0) throw toFailure(environment, releaseKey(gift, version), cold);
    io.progress(`recorded for ${releaseKey(gift, version)} in ${name}`);
    return EXIT.ok;
  },
};

function edgesOf({ name, edges }: Environment): readonly Edge[] {
  const serving = inService(edges);
  if (serving.length > 0) return serving;
  throw new GiftError(
    "NO_EDGES",
    `${name} names no edge in service, so nothing can be warmed`,
    `write the addresses that apps read from below "edges" in releases/environments/${name}.yaml`,
  );
}

async function readLock(
  tree: Tree,
  gift: string,
  version: string,
): Promise<{ lock: LockFile; digest: string }> {
  const path = lockPath(gift, version);
  const bytes = (await tree.read([path])).get(path);
  const build = `run npx giftwrap build ${releaseKey(gift, version)} and commit the lock first`;
  if (!bytes) throw new GiftError("LOCK_MISSING", `${path} is not there`, build);
  const { located, findings } = parseFile("lock", path, bytes);
  if (!located)
    throw new GiftError(
      "FILES_BROKEN",
      `${path} cannot be used:\n${findingsToText(findings).trimEnd()}`,
      "take it back from git",
    );
  return { lock: located.value, digest: digestOf(bytes) };
}

/** Of all tiers, each once. */
function filesOf({ tiers }: LockFile): Files {
  const files = Object.values(tiers).flatMap((it) => it.files);
  return [...new Map(files.map((file) => [file.digest, file])).values()];
}

/** An edge cannot serve what nobody published, and would remember for a while that it is not there. */
async function checkStored({ name, store }: Environment, release: string, files: Files): Promise<void> {
  let missing = 0;
  for (const { digest, mediaType } of files) if (!(await store.head(objectKey(digest, mediaType)))) missing++;
  if (missing === 0) return;
  throw new GiftError(
    "OBJECTS_MISSING",
    `${count(missing, "object")} of ${release} ${missing === 1 ? "is" : "are"} not in the store of ${name}, so no edge was asked`,
    `publish the release to ${name} first`,
  );
}

function toLines(
  edges: readonly Edge[],
  results: readonly WarmResult[],
  { objects, bytes }: WarmFacts,
): readonly string[] {
  return edges.map((edge) => {
    const own = results.filter((it) => it.edge.url === edge.url);
    const served = own.filter((it) => it.ok);
    const what =
      served.length === own.length
        ? `${count(objects, "object")} (${toBytes(bytes)})`
        : `${served.length} of ${count(objects, "object")}`;
    const slowest = served.reduce((most, it) => Math.max(most, it.milliseconds), 0);
    return `${edge.region} ${edge.url} serves ${what}, the slowest after ${slowest} ms`;
  });
}

/** Names every edge that failed, each with its first reason. */
function toFailure({ name }: Environment, release: string, cold: readonly WarmResult[]): GiftError {
  const byEdge = new Map<string, WarmResult>();
  for (const it of cold) if (!byEdge.has(it.edge.url)) byEdge.set(it.edge.url, it);
  const reasons = [...byEdge.values()].map(
    ({ edge, why }) => `the ${edge.region} edge ${edge.url} does not serve its bytes: ${why}`,
  );
  return new GiftError(
    "EDGES_COLD",
    `${release} is not warm in ${name}: ${reasons.join("; ")}`,
    `mend the edge, or mark it out of service in releases/environments/${name}.yaml; then run npx giftwrap warm ${release} --env ${name}`,
  );
}
