import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { idOf, type Left, planRepairs, type Repair } from "../publish/planRepairs.ts";
import { explainError, GiftError } from "../report/error.ts";
import { count } from "../report/text.ts";
import { commitOf } from "../source/git.ts";
import { revisionTree } from "../source/tree.ts";
import {
  type Arguments,
  type Command,
  DEADLINE_OPTION,
  EDGE_OPTION,
  ENVIRONMENT_OPTION,
  EXIT,
  type Exit,
  type Io,
  JSON_OPTION,
} from "./command.ts";
import { openEnvironment, speakingOf } from "./environment.ts";
import { openCommitted } from "./openCommitted.ts";
import { byteFinder } from "./reconcile/findBytes.ts";
import { type Gathered, gatherFacts } from "./reconcile/gatherFacts.ts";
import { repair, type RepairTools } from "./reconcile/repair.ts";

/** What is repaired brings to light what stood behind it: catalogs their objects, metadata the catalogs. */
const MAX_ROUNDS = 8;
const PARALLEL_REPAIRS = 4;
/** Of the world, not of one repair: there is no use in trying the next. */
const WORLD = new Set(["STORE_FAILED", "GIT_FAILED"]);

export const command: Command = {
  summary: "repair what is safe to repair, and say what is left for people",
  usage: "[--env NAME] [--dry-run]",
  example: "giftwrap reconcile --env production",
  options: {
    env: ENVIRONMENT_OPTION,
    from: {
      type: "string",
      value: "NAME",
      help: "another environment whose store objects may be copied from",
    },
    result: {
      type: "string",
      value: "FILE",
      help: "write what --json prints into a file, too, for giftwrap tell",
    },
    "dry-run": { type: "boolean", help: "write nothing; say what would be repaired" },
    edge: EDGE_OPTION,
    deadline: DEADLINE_OPTION,
    json: JSON_OPTION,
  },
  run: (args, io) => {
    const name = args.text("env") ?? "production";
    return speakingOf(name, () => reconcile(args, io, name));
  },
};

/** Ends with 0 when nothing was wrong or all was repaired, 1 when something is left for people, 3 when the world failed. */
async function reconcile(args: Arguments, io: Io, name: string): Promise<Exit> {
  const say = args.flag("json") ? () => {} : io.line;
  const { head, tree, environment } = await openCommitted(args, io, name);
  const from = args.text("from");
  const other = from === undefined ? null : await openEnvironment(io, tree, from);
  const unconfirmed = new Set<string>();
  const failed = new Map<string, string>();
  const done: string[] = [];
  const isDryRun = args.flag("dry-run");

  let left: readonly Left[] = [];
  const attempted = new Set<string>();
  for (let round = 1; ; round++) {
    io.progress(`${name}: reading all that is published`);
    const gathered = await gatherFacts(io, environment, tree, head, failed);
    const plan = planRepairs(gathered.facts);
    left = plan.left;
    if (isDryRun) {
      for (const it of plan.repairs) say(`${name}: would repair: ${describe(it)}`);
      done.push(...plan.repairs.map(describe));
      break;
    }
    if (plan.repairs.length === 0 || round > MAX_ROUNDS) break;
    const live = gathered.timestamp && (await commitOf(io.root, gathered.timestamp.signed.giftwrap.commit));
    const tools: RepairTools = {
      args,
      io,
      environment,
      finder: await byteFinder(
        io,
        environment,
        tree,
        live === null ? null : revisionTree(io.root, live),
        other,
      ),
      say,
      onUnconfirmed: (edge) => unconfirmed.add(edge),
    };
    await repairAll(plan.repairs, gathered, tools, attempted, failed, (what) => {
      done.push(what);
      say(`${name}: repaired: ${what}`);
    });
  }

  for (const { what, fix } of left) say(`${name}: left: ${what}\n  fix: ${fix}`);
  for (const edge of unconfirmed) say(`${name}: the edge ${edge} does not serve what was written`);
  if (done.length === 0 && left.length === 0) say(`${name}: nothing to repair`);
  else if (!isDryRun) say(`${name}: ${count(done.length, "repair")}, ${left.length} left`);
  const result = { environment: name, isDryRun, repaired: done, left, unconfirmed: [...unconfirmed] };
  if (args.flag("json")) io.line(JSON.stringify(result));
  const file = args.text("result");
  if (file !== undefined) {
    await mkdir(dirname(resolve(io.root, file)), { recursive: true });
    await writeFile(resolve(io.root, file), JSON.stringify(result));
  }
  if (unconfirmed.size > 0) return EXIT.failure;
  return left.length > 0 || (isDryRun && done.length > 0) ? EXIT.findings : EXIT.ok;
}

/** What stands alone is done side by side; what moves the timestamp comes after it, one by one. */
async function repairAll(
  repairs: readonly Repair[],
  gathered: Gathered,
  tools: RepairTools,
  attempted: Set<string>,
  failed: Map<string, string>,
  onDone: (what: string) => void,
): Promise<void> {
  const act = async (it: Repair) => {
    const id = idOf(it);
    if (attempted.has(id)) {
      failed.set(id, "it was done and did not help");
      return;
    }
    attempted.add(id);
    try {
      onDone(await repair(it, gathered, tools));
    } catch (error) {
      if (!(error instanceof GiftError) || WORLD.has(error.code)) throw error;
      failed.set(id, [explainError(error), error.fix].filter(Boolean).join("; "));
    }
  };
  const queue = repairs.filter((it) => "key" in it).reverse();
  const work = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) await act(next);
  };
  await Promise.all(Array.from({ length: PARALLEL_REPAIRS }, work));
  for (const it of repairs.filter((each) => !("key" in each))) await act(it);
}

function describe(it: Repair): string {
  if ("key" in it) return it.key;
  return {
    publish: "publish what git says",
    rewrite: "write everything below the timestamp anew from git",
    renew: "sign snapshot and targets anew",
    refresh: "sign the timestamp anew",
  }[it.kind];
}
