import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { isRecord } from "../wire/isRecord.ts";
import { applyCollection, KEPT } from "../publish/applyCollection.ts";
import { type CollectionPlan, planCollection } from "../publish/collect.ts";
import { openReachable, type Surroundings } from "../publish/reachable.ts";
import { explainError, GiftError, UsageError } from "../report/error.ts";
import { count, toBytes } from "../report/text.ts";
import { workTree } from "../source/tree.ts";
import { fileStore } from "../store/fileStore.ts";
import type { Store } from "../store/store.ts";
import {
  type Arguments,
  type Command,
  ENVIRONMENT_OPTION,
  EXIT,
  type Exit,
  type Io,
  parseWholeNumber,
} from "./command.ts";
import { openEnvironment, trustEnvironment } from "./environment.ts";

const RETENTION_DAYS = 180;
const CATALOG_DAYS = 30;
const HOUR_MILLISECONDS = 3_600_000;
/** A publish that began before the plan is over by then. */
const YOUNGEST_PLAN_MILLISECONDS = HOUR_MILLISECONDS;
const OLDEST_PLAN_MILLISECONDS = 7 * 24 * HOUR_MILLISECONDS;
const PARALLEL_HEADS = 16;
const MOST_LINES = 20;

/** What a plan file holds. */
interface PlanFile {
  readonly format: 1;
  readonly environment: string;
  readonly revision: number;
  /** The live commit. */
  readonly commit: string;
  /** The tip of the main branch. */
  readonly main: string;
  /** ISO 8601. */
  readonly madeAt: string;
  readonly retentionDays: number;
  readonly catalogDays: number;
  readonly keys: readonly { readonly key: string; readonly why: string }[];
}

export const command: Command = {
  summary: "show which bytes nothing names any more, and take them away in a second run",
  usage: "[--env NAME] [--retention-days N] [--plan FILE] | --apply FILE [--env NAME]",
  example: "giftwrap gc --env production",
  options: {
    env: ENVIRONMENT_OPTION,
    "retention-days": {
      type: "string",
      value: "N",
      help: `objects stay that a lock in main's history named within N days (default: ${RETENTION_DAYS})`,
    },
    "catalog-days": {
      type: "string",
      value: "N",
      help: `catalogs stay that were live within N days, and what they name (default: ${CATALOG_DAYS})`,
    },
    branch: { type: "string", value: "NAME", help: "the branch that is published (default: main)" },
    plan: { type: "string", value: "FILE", help: "where the plan goes (default: .giftwrap/gc-NAME.json)" },
    apply: {
      type: "string",
      value: "FILE",
      help: "take away what this plan names and still nothing else does; it must be an hour to a week old",
    },
  },
  run: async (args, io) => {
    if (args.words.length > 0) throw new UsageError(`gc takes no words: ${args.words.join(" ")}`);
    const file = args.text("apply");
    return file === undefined ? await plan(args, io) : await apply(args, io, file);
  },
};

async function plan(args: Arguments, io: Io): Promise<Exit> {
  const around = await openSurroundings(args, io, {
    retentionDays: parseDays(args, "retention-days", RETENTION_DAYS),
    catalogDays: parseDays(args, "catalog-days", CATALOG_DAYS),
  });
  const { store, environment, retentionDays, catalogDays } = around;
  // Listed first: what is put later is not in the plan.
  const keys = [...(await store.list("objects/")), ...(await store.list("targets/"))];
  const look = await openReachable(around)();
  const collection = planCollection(keys, look.reachable);

  const path = resolve(io.root, args.text("plan") ?? join(".giftwrap", `gc-${environment}.json`));
  const { revision, commit, main } = look;
  const madeAt = new Date(io.now()).toISOString();
  const made: PlanFile = {
    format: 1,
    environment,
    revision,
    commit,
    main,
    madeAt,
    retentionDays,
    catalogDays,
    keys: collection.remove,
  };
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(made, null, 2)}\n`);
  for (const line of await planToLines(store, collection)) io.line(line);
  io.line(
    collection.remove.length === 0
      ? `nothing in ${environment} would go (revision ${revision})`
      : `nothing was taken away. After an hour, and within a week: npx giftwrap gc --env ${environment} --apply ${path}`,
  );
  return EXIT.ok;
}

async function apply(args: Arguments, io: Io, file: string): Promise<Exit> {
  for (const option of ["retention-days", "catalog-days", "plan"])
    if (args.text(option) !== undefined)
      throw new UsageError(`--${option} belongs to the plan, not to --apply`);
  const planned = await readPlan(resolve(io.root, file));
  const around = await openSurroundings(args, io, planned);
  checkPlan(planned, file, around.environment, io.now());

  const collected = await applyCollection(
    planned.keys.map((it) => it.key),
    {
      store: around.store,
      environment: around.environment,
      trash: fileStore(join(io.root, ".giftwrap", "trash", around.environment)),
      look: openReachable(around),
      now: io.now,
      progress: io.progress,
    },
  );
  const { deleted, bytes, stayed, restored } = collected;
  for (const { key, why } of stayed) io.line(`stays: ${key}, because ${why}`);
  for (const key of restored) io.line(`put back: ${key}, because it was named meanwhile`);
  io.line(`${count(deleted.length, "key")} taken away from ${around.environment} (${toBytes(bytes)})`);
  return EXIT.ok;
}

async function openSurroundings(
  args: Arguments,
  io: Io,
  days: Pick<Surroundings, "retentionDays" | "catalogDays">,
): Promise<Surroundings> {
  const environment = await openEnvironment(io, workTree(io.root), args.text("env") ?? "production");
  return {
    root: io.root,
    store: environment.store,
    environment: environment.name,
    branch: args.text("branch") ?? "main",
    trust: () => trustEnvironment(environment),
    now: io.now,
    retentionDays: days.retentionDays,
    catalogDays: days.catalogDays,
    progress: io.progress,
  };
}

function parseDays(args: Arguments, name: string, otherwise: number): number {
  const days = parseWholeNumber(name, args.text(name), otherwise);
  if (days < 1) throw new UsageError(`--${name} ${days}: write a number from 1 on`);
  return days;
}

/** @throws GiftError `PLAN_UNREADABLE` */
async function readPlan(path: string): Promise<PlanFile> {
  const unreadable = (why: string, cause?: unknown) =>
    new GiftError(
      "PLAN_UNREADABLE",
      `${path} cannot be used: ${why}`,
      "make a new plan with npx giftwrap gc",
      {
        cause,
      },
    );
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw unreadable(explainError(cause), cause);
  }
  if (!isRecord(value) || value["format"] !== 1) throw unreadable("it is no plan of this program's format");
  const { environment, revision, commit, main, madeAt, retentionDays, catalogDays, keys } = value;
  if (
    typeof environment !== "string" ||
    typeof revision !== "number" ||
    typeof commit !== "string" ||
    typeof main !== "string" ||
    typeof madeAt !== "string" ||
    typeof retentionDays !== "number" ||
    typeof catalogDays !== "number" ||
    !Array.isArray(keys)
  )
    throw unreadable("a part of it is missing");
  const list: readonly unknown[] = keys;
  if (!list.every(isPlannedKey)) throw unreadable("its list of keys is damaged");
  return { format: 1, environment, revision, commit, main, madeAt, retentionDays, catalogDays, keys: list };
}

/** @throws GiftError `PLAN_ELSEWHERE`, `PLAN_TOO_YOUNG`, `PLAN_TOO_OLD` */
function checkPlan(
  { environment: planned, madeAt }: PlanFile,
  file: string,
  environment: string,
  now: number,
): void {
  if (planned !== environment)
    throw new GiftError(
      "PLAN_ELSEWHERE",
      `${file} is a plan for ${planned}, not for ${environment}`,
      `name its environment with --env ${planned}, or make a plan for ${environment}`,
    );
  const age = now - Date.parse(madeAt);
  if (!(age >= YOUNGEST_PLAN_MILLISECONDS))
    throw new GiftError(
      "PLAN_TOO_YOUNG",
      `${file} for ${environment} was made at ${madeAt}, less than an hour ago`,
      "a publish that began before it may still be under way: wait for an hour, and read meanwhile what would go",
    );
  if (age > OLDEST_PLAN_MILLISECONDS)
    throw new GiftError(
      "PLAN_TOO_OLD",
      `${file} for ${environment} was made at ${madeAt}, more than a week ago`,
      "make a new plan with npx giftwrap gc, and read it",
    );
}

function isPlannedKey(value: unknown): value is PlanFile["keys"][number] {
  return isRecord(value) && typeof value["key"] === "string" && typeof value["why"] === "string";
}

/** What would go, by why, and what stays, by reason. */
async function planToLines(store: Store, { remove, keep }: CollectionPlan): Promise<readonly string[]> {
  const sizes = new Map<string, number>();
  const queue = remove.map((it) => it.key);
  const work = async () => {
    for (let key = queue.shift(); key !== undefined; key = queue.shift())
      sizes.set(key, (await store.head(key))?.bytes ?? 0);
  };
  await Promise.all(Array.from({ length: PARALLEL_HEADS }, work));
  const bytesOf = (keys: readonly { readonly key: string }[]) =>
    keys.reduce((sum, { key }) => sum + (sizes.get(key) ?? 0), 0);
  const whys = [...new Set(remove.map((it) => it.why))];
  const reasons = [...new Set(keep.map((it) => it.reason))];
  return [
    ...remove
      .slice(0, MOST_LINES)
      .map(({ key, why }) => `would go: ${key} (${toBytes(sizes.get(key) ?? 0)}; ${why})`),
    ...(remove.length > MOST_LINES ? [`and ${remove.length - MOST_LINES} more, as the plan lists them`] : []),
    ...whys.map((why) => {
      const keys = remove.filter((it) => it.why === why);
      return `${count(keys.length, "key")} would go (${toBytes(bytesOf(keys))}): ${why}`;
    }),
    ...reasons.map(
      (reason) =>
        `${count(keep.filter((it) => it.reason === reason).length, "key")} would stay: ${KEPT[reason]}`,
    ),
  ];
}
