import { resolve } from "node:path";
import { chooseShipped, type Part, type Shipped, type ShippedObject } from "../publish/chooseShipped.ts";
import { readLive, readLiveTimestamp } from "../publish/live.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { count, toBytes } from "../report/text.ts";
import type { Store } from "../store/store.ts";
import { digestOf } from "../trust/nodeCrypto.ts";
import { catalogLines } from "../wire/catalog.ts";
import { metadataKey, objectKey } from "../wire/keys.ts";
import { type Override, overridesFor } from "../wire/override.ts";
import { TIERS, type Tier } from "../wire/viewer.ts";
import { type Command, ENVIRONMENT_OPTION, EXIT, JSON_OPTION, parseTier } from "./command.ts";
import { type Environment, trustedRootOf, trustEnvironment } from "./environment.ts";
import { openCommitted } from "./openCommitted.ts";
import { checkReplaceable, type NamedBytes, replaceFolder } from "./replaceFolder.ts";

/** Also the mark of a folder that may be replaced, so it is a name that no app has for a file of its own. */
const INDEX_NAME = "giftwrap-app.json";

export const command: Command = {
  summary:
    "write the folder that an app ships inside: catalogs, trusted root and the objects that matter most",
  usage: "[--env NAME] [--budget SIZE] [--out DIR] [--tier TIER ...] [--gift GIFT ...]",
  example: "giftwrap export-app --budget 5MB --out app/assets/gifts",
  options: {
    env: ENVIRONMENT_OPTION,
    budget: {
      type: "string",
      value: "SIZE",
      help: "the most that the app may grow by, such as 500kB or a number of bytes (default: 5MB)",
    },
    out: { type: "string", value: "DIR", help: "the folder, replaced whole (default: .giftwrap/app)" },
    tier: {
      type: "string",
      multiple: true,
      value: "TIER",
      help: "a tier of the devices that the app runs on; may be given several times (default: all)",
    },
    gift: {
      type: "string",
      multiple: true,
      value: "GIFT",
      help: "a gift to ship before all others; may be given several times",
    },
    json: JSON_OPTION,
  },
  run: async (args, io) => {
    const budget = parseBudget(args.text("budget") ?? "5MB");
    const tiers = parseTiers(args.texts("tier"));
    const folder = resolve(io.root, args.text("out") ?? ".giftwrap/app");
    await checkReplaceable(folder, INDEX_NAME);
    const name = args.text("env") ?? "production";
    const { environment } = await openCommitted(args, io, name);

    const published = await readPublished(environment, tiers);
    const left = budget - published.files.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (left < 0)
      throw new GiftError(
        "BUDGET_TOO_SMALL",
        `the catalogs and their signatures alone take ${toBytes(budget - left)}, more than --budget allows`,
        "allow more, or name fewer tiers with --tier",
      );
    const gifts = args.texts("gift");
    checkGifts(gifts, tiers, published);
    const shipped = chooseShipped(published.catalogs, published.overrides, { tiers, gifts, maxBytes: left });
    io.progress(`reading ${count(shipped.objects.length, "object")}`);
    const index = toIndex(name, tiers, budget, published, shipped);
    const objects = readObjects(environment.store, shipped.objects);
    await replaceFolder(folder, INDEX_NAME, [...published.files, toFile(index)], objects);

    if (args.flag("json")) io.line(JSON.stringify({ folder, ...index }));
    else for (const line of toLines(folder, index)) io.line(line);
    return EXIT.ok;
  },
};

/** `5MB`, `500kB` (thousands, as downloads are counted), or a number of bytes. @throws UsageError */
export function parseBudget(text: string): number {
  const [, digits, unit = "b"] = /^(\d{1,9}(?:\.\d{1,3})?)(B|kB|MB)?$/i.exec(text) ?? [];
  const bytes = Math.round(Number(digits) * 1_000 ** ["b", "kb", "mb"].indexOf(unit.toLowerCase()));
  if (Number.isNaN(bytes)) throw new UsageError(`--budget ${text}: write it as 5MB, 500kB or 500000`);
  return bytes;
}

function parseTiers(texts: readonly string[]): readonly Tier[] {
  const named = texts.map(parseTier);
  return named.length === 0 ? TIERS : TIERS.filter((tier) => named.includes(tier));
}

/** What is live, every part of it verified from the trusted root on. */
interface Published {
  readonly revision: number;
  readonly generation: number;
  readonly commit: string;
  readonly overrides: readonly Override[];
  readonly catalogs: Readonly<Record<Tier, string>>;
  /** By the names that a client looks for in what its app ships. */
  readonly files: readonly NamedBytes[];
}

async function readPublished(environment: Environment, tiers: readonly Tier[]): Promise<Published> {
  const { name, store } = environment;
  const trusted = await trustEnvironment(environment);
  const timestamp = await readLiveTimestamp(store, trusted);
  if (!timestamp)
    throw new GiftError(
      "NOT_PUBLISHED",
      `${name} has nothing published that an app could ship`,
      `publish first with npx giftwrap publish --env ${name}`,
    );
  if (trusted.vouchedBy.timestamp !== trusted.root.version)
    throw new GiftError(
      "ROOT_UNPUBLISHED",
      `root ${trusted.root.version} of ${name} names another timestamp key and is not published yet: an app with it would believe nothing`,
      `publish it with npx giftwrap publish --env ${name}, which signs everything anew`,
    );
  const live = await readLive(store, trusted, timestamp);
  const { signed } = timestamp;
  const metadata = async (role: "snapshot" | "targets", version: number): Promise<NamedBytes> => ({
    name: `${role}.json`,
    bytes: await readKey(store, metadataKey(role, version)),
  });
  return {
    revision: signed.version,
    generation: live.generation,
    commit: signed.giftwrap.commit,
    overrides: overridesFor(live.generation, signed.giftwrap.overrides),
    catalogs: live.catalogs,
    files: [
      { name: "root.json", bytes: trustedRootOf(environment) },
      { name: "timestamp.json", bytes: timestamp.bytes },
      await metadata("snapshot", live.generation),
      await metadata("targets", live.targetsMeta.version),
      ...tiers
        .filter((tier) => live.catalogs[tier] !== "")
        .map((tier) => ({ name: `catalog.${tier}.jsonl`, bytes: Buffer.from(live.catalogs[tier]) })),
    ],
  };
}

function checkGifts(gifts: readonly string[], tiers: readonly Tier[], { catalogs }: Published): void {
  const known = new Set(tiers.flatMap((tier) => [...catalogLines(catalogs[tier]).keys()]));
  const unknown = gifts.find((gift) => !known.has(gift));
  if (unknown !== undefined)
    throw new UsageError(`--gift ${unknown}: no such gift is published for these tiers`);
}

/** Each object as it is needed: one is in memory at a time. @throws GiftError for one that is not there or not itself */
async function* readObjects(store: Store, objects: readonly ShippedObject[]): AsyncGenerator<NamedBytes> {
  for (const { digest, mediaType } of objects) {
    const key = objectKey(digest, mediaType);
    const bytes = await readKey(store, key);
    if (digestOf(bytes) !== digest)
      throw new GiftError(
        "LIVE_BROKEN",
        `${key} has other bytes than its name says`,
        "run npx giftwrap reconcile",
      );
    yield { name: `objects/${digest}`, bytes };
  }
}

async function readKey(store: Store, key: string): Promise<Uint8Array> {
  const stored = await store.get(key);
  if (stored) return stored.bytes;
  throw new GiftError(
    "LIVE_BROKEN",
    `${key} is named by what is live but is not in the store`,
    "run npx giftwrap reconcile, or put the file back from a copy of the store",
  );
}

/** What is in the folder and why, for people and build scripts; no client reads it. */
interface Index {
  readonly format: "1.0";
  readonly environment: string;
  readonly revision: number;
  readonly generation: number;
  readonly commit: string;
  readonly tiers: readonly Tier[];
  readonly budget: number;
  /** Of everything but this index. */
  readonly bytes: number;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  readonly objects: readonly (Omit<ShippedObject, "parts"> & { readonly for: readonly string[] })[];
  readonly leftOut: readonly string[];
}

function toIndex(
  environment: string,
  tiers: readonly Tier[],
  budget: number,
  { revision, generation, commit, files }: Published,
  { objects, leftOut }: Shipped,
): Index {
  const sizes = files.map(({ name, bytes }) => ({ name, bytes: bytes.length }));
  const bytes = [...sizes, ...objects].reduce((sum, it) => sum + it.bytes, 0);
  return {
    format: "1.0",
    environment,
    revision,
    generation,
    commit,
    tiers,
    budget,
    bytes,
    files: sizes,
    objects: objects.map(({ parts, ...object }) => ({ ...object, for: parts.map(describePart) })),
    leftOut: leftOut.map(describePart),
  };
}

/** "rose@1.0.0 animation, mid: open to everyone" */
function describePart({ release, shows, tier, why }: Part): string {
  return `${release} ${shows}, ${tier}: ${why}`;
}

function toFile(index: Index): NamedBytes {
  return { name: INDEX_NAME, bytes: Buffer.from(`${JSON.stringify(index, null, 2)}\n`) };
}

function toLines(
  folder: string,
  { environment, revision, bytes, budget, objects, leftOut }: Index,
): readonly string[] {
  const what = `${environment}, revision ${revision}: ${count(objects.length, "object")}`;
  return [
    `${what}, ${toBytes(bytes)} of ${toBytes(budget)}, in ${folder}`,
    ...(leftOut.length === 0
      ? []
      : [
          `did not fit: ${leftOut.slice(0, MOST_TOLD).join("; ")}${leftOut.length > MOST_TOLD ? `; and ${leftOut.length - MOST_TOLD} more, in ${INDEX_NAME}` : ""}`,
        ]),
  ];
}

const MOST_TOLD = 4;
