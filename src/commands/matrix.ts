import { lockPath } from "../model/paths.ts";
import { type Project, releaseKey } from "../model/project.ts";
import type { PolicyFile } from "../model/schemas.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { escapeCell, toMarkdownTable } from "../report/github.ts";
import { nearestWord } from "../report/nearest.ts";
import { count, toTable } from "../report/text.ts";
import { TooManyAudiences } from "../rules/matrix/audiences.ts";
import { failuresOf } from "../rules/matrix/failures.ts";
import { type Matrix, matrixOf } from "../rules/matrix/matrix.ts";
import { MATRIX_HEADER, titleOf, toRows } from "../rules/matrix/matrixRows.ts";
import { closureOf, toWorld, type World } from "../rules/matrix/world.ts";
import { readProject } from "../source/readProject.ts";
import { revisionTree, workTree } from "../source/tree.ts";
import { makeEvidence, writeEvidence } from "../trust/evidence.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { objectKey } from "../wire/keys.ts";
import { type Command, EXIT, type Exit, type Io, JSON_OPTION, parseReleaseWord } from "./command.ts";
import { openEnvironment, readSignerOf } from "./environment.ts";
import { requireBase } from "./gatherFacts.ts";

export const command: Command = {
  summary: "show who gets what of a gift, for every viewer there is",
  usage: "GIFT[@VERSION] [--base REVISION]",
  example: "giftwrap matrix rose --base origin/main",
  options: {
    base: { type: "string", value: "REVISION", help: "mark what differs from this revision" },
    env: {
      type: "string",
      value: "NAME",
      help: "whose rollout counts, and with --record where (default: production)",
    },
    record: { type: "boolean", help: "write signed evidence that it was looked at; needs the timestamp key" },
    markdown: { type: "boolean", help: "print Markdown tables" },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const [word, ...rest] = args.words;
    if (word === undefined || rest.length > 0) throw new UsageError("name one gift, such as: matrix rose");
    const { gift, version } = parseReleaseWord(word);
    const name = args.text("env") ?? "production";
    const base = args.text("base");
    const { project, policy, matrix, world } = await readMatrix(io, gift, name, base);

    if (args.flag("json")) io.line(JSON.stringify(matrix));
    else for (const line of args.flag("markdown") ? toMarkdown(matrix) : toText(matrix)) io.line(line);
    const failures = failuresOf(world, policy, gift).filter((it) => isError(it.flaw.kind));
    if (args.flag("record")) {
      if (version === undefined) throw new UsageError("--record needs a release, such as: matrix rose@1.1.0");
      await record(io, project, matrix, { gift, version, environment: name, failures: failures.length });
      io.progress(`recorded for ${releaseKey(gift, version)} in ${name}`);
    }
    return failures.length > 0 ? EXIT.findings : EXIT.ok;
  },
};

interface ReadMatrix {
  readonly project: Project;
  readonly policy: PolicyFile;
  readonly world: World;
  readonly matrix: Matrix;
}

async function readMatrix(io: Io, gift: string, name: string, base: string | undefined): Promise<ReadMatrix> {
  const tree = workTree(io.root);
  const { project } = await readProject(tree);
  const { policy } = project;
  if (!policy)
    throw new GiftError("FILES_BROKEN", "there is no policy that can be read", "run npx giftwrap validate");
  if (!project.gifts.has(gift)) {
    const near = nearestWord(gift, [...project.gifts.keys()]);
    throw new UsageError(`there is no gift "${gift}"${near ? `; did you mean "${near}"?` : ""}`);
  }
  const { file } = await openEnvironment(io, tree, name);
  const options = { mode: file.rollout, now: io.now() };
  const world = toWorld(project, options);
  const before =
    base === undefined
      ? null
      : toWorld(
          (await readProject(revisionTree(io.root, await requireBase(io.root, base)))).project,
          options,
        );
  try {
    return { project, policy: policy.value, world, matrix: matrixOf(world, policy.value, gift, before) };
  } catch (error) {
    if (!(error instanceof TooManyAudiences)) throw error;
    throw new GiftError(
      "MATRIX_TOO_LARGE",
      `${closureOf(world, gift).join(", ")} are on their way in too many shares and cohorts at once`,
      "bring some of their releases to full, or close them",
      { cause: error },
    );
  }
}

function toText(matrix: Matrix): readonly string[] {
  return matrix.stages.flatMap((stage) => {
    const rows = toRows(matrix, stage);
    return [
      `${titleOf(matrix, stage)} (${count(stage.cells.length, "cell")})`,
      "",
      toTable([MATRIX_HEADER, ...rows]),
      "",
    ];
  });
}

function toMarkdown(matrix: Matrix): readonly string[] {
  return matrix.stages.flatMap((stage) => {
    const rows = toRows(matrix, stage).map((row) => row.map(escapeCell));
    return [`**${escapeCell(titleOf(matrix, stage))}**`, "", toMarkdownTable(MATRIX_HEADER, rows)];
  });
}

/** The kinds that stop a gift; the others are warnings. */
function isError(kind: string): boolean {
  return kind === "unplayable" || kind === "unresolved" || kind === "conflict";
}

interface Recorded {
  readonly gift: string;
  readonly version: string;
  readonly environment: string;
  readonly failures: number;
}

/** Signed evidence about the lock's very bytes. Everything that viewers may be sent back to must be in the store, too. */
async function record(
  io: Io,
  project: Project,
  matrix: Matrix,
  { gift, version, environment: name, failures }: Recorded,
): Promise<Exit> {
  const tree = workTree(io.root);
  const path = lockPath(gift, version);
  const lock = (await tree.read([path])).get(path);
  if (!lock)
    throw new GiftError(
      "LOCK_MISSING",
      `${path} is not there`,
      `run npx giftwrap build ${releaseKey(gift, version)} and commit the lock first`,
    );
  const environment = await openEnvironment(io, tree, name);
  const signer = await readSignerOf(io, environment, "timestamp");
  const objects = objectsOf(project, matrix);
  const missing = [];
  for (const key of objects) if (!(await environment.store.head(key))) missing.push(key);
  const cells = matrix.stages.reduce((sum, it) => sum + it.cells.length, 0);
  const result = failures === 0 && missing.length === 0 ? "passed" : "failed";
  await writeEvidence(
    environment.store,
    signer,
    makeEvidence({
      kind: "matrix",
      environment: name,
      gift,
      version,
      lock: digestOf(lock),
      recorded: io.now(),
      result,
      facts: { cells, failures, objects: objects.length, missing: missing.length },
      tool: "giftwrap",
    }),
  );
  if (result === "passed") return EXIT.ok;
  throw new GiftError(
    "EVIDENCE_FAILED",
    `the matrix of ${releaseKey(gift, version)} did not pass: ${count(failures, "failure")}, ${count(missing.length, "object")} not in the store of ${name}`,
    missing.length > 0
      ? `publish to ${name} first, then record again`
      : "run npx giftwrap validate, and mend what it says",
  );
}

/** The objects of every release that any viewer may get now, or may be sent back to. */
function objectsOf(project: Project, { stages }: Matrix): readonly string[] {
  const releases = new Set(stages.flatMap((it) => it.cells.flatMap((cell) => cell.outcome.chain)));
  const keys = new Set<string>();
  for (const release of releases) {
    for (const { files } of Object.values(project.locks.get(release)?.value.tiers ?? {}))
      for (const { digest, mediaType } of files) keys.add(objectKey(digest, mediaType));
  }
  return [...keys].sort();
}
