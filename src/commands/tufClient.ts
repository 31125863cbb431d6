import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ClientError } from "../client/error.ts";
import { httpFetch } from "../client/platform/httpFetch.ts";
import type { Fetch } from "../client/ports.ts";
import { checkFile } from "../client/update/checks.ts";
import { encodeName } from "../client/update/encodeName.ts";
import { type MetadataStore, TufClient } from "../client/update/tufClient.ts";
import { UsageError } from "../report/error.ts";
import { nodeCrypto } from "../trust/nodeCrypto.ts";
import type { TargetMeta } from "../wire/metadata.ts";
import { type Arguments, type Command, EXIT, type Io } from "./command.ts";

/**
 * The client's side of The Update Framework on its own, for any repository. It speaks the command line that the public
 * conformance suite for TUF clients asks for, so nothing of this project is in it, and its exit code is 0 or 1.
 */
export const command: Command = {
  summary: "follow any TUF repository as the public conformance suite for TUF clients asks",
  usage: "--metadata-dir FOLDER (init ROOT | refresh | download)",
  example:
    "npx giftwrap tuf-client --metadata-dir metadata --metadata-url https://gifts.example.com/metadata refresh",
  options: {
    "metadata-dir": { type: "string", value: "FOLDER", help: "where trusted metadata is kept" },
    "metadata-url": { type: "string", value: "URL", help: "where the repository's metadata is read from" },
    "target-name": {
      type: "string",
      multiple: true,
      value: "PATH",
      help: "a target to download; may be given several times",
    },
    "target-base-url": { type: "string", value: "URL", help: "where the repository's targets are read from" },
    "target-dir": { type: "string", value: "FOLDER", help: "where downloaded targets are kept" },
  },
  async run(args, io) {
    try {
      await act(args, io);
      return EXIT.ok;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const code = error instanceof ClientError ? ` [${error.code}]` : "";
      io.progress(`${error.message}${code}`);
      return EXIT.findings;
    }
  },
};

async function act(args: Arguments, io: Io): Promise<void> {
  const [word, root] = args.words;
  const store = folderStore(demandText(args, "metadata-dir"));
  if (word === "init" && root !== undefined) return store.write("root", await readFile(root));
  if (word !== "refresh" && word !== "download") throw new UsageError("say init ROOT, refresh or download");
  const client = await TufClient.open({
    store,
    fetch: fetchFrom({
      metadata: demandText(args, "metadata-url"),
      targets: args.text("target-base-url") ?? "",
    }),
    crypto: nodeCrypto,
    now: io.now,
  });
  await client.refresh();
  if (word === "refresh") return;
  const folder = demandText(args, "target-dir");
  await mkdir(folder, { recursive: true });
  for (const path of args.texts("target-name")) await download(client, path, folder);
}

/** In a folder of many targets each has a file of its own, named after its whole path. */
async function download(client: TufClient, path: string, folder: string): Promise<void> {
  const meta = await client.find(path);
  const file = join(folder, encodeName(path));
  if (await isKept(file, path, meta)) return;
  await writeWhole(file, await client.download(path, meta));
}

async function isKept(file: string, path: string, meta: TargetMeta): Promise<boolean> {
  const bytes = await readIfThere(file);
  if (!bytes) return false;
  try {
    await checkFile(path, bytes, meta, nodeCrypto);
    return true;
  } catch (error) {
    if (error instanceof ClientError) return false;
    throw error;
  }
}

function folderStore(folder: string): MetadataStore {
  const pathOf = (role: string) => join(folder, `${encodeName(role)}.json`);
  return {
    read: (role) => readIfThere(pathOf(role)),
    write: async (role, bytes) => {
      await mkdir(folder, { recursive: true });
      await writeWhole(pathOf(role), bytes);
    },
    remove: (role) => rm(pathOf(role), { force: true }),
  };
}

function fetchFrom(urls: { readonly metadata: string; readonly targets: string }): Fetch {
  const [metadata, targets] = [httpFetch({ baseUrl: urls.metadata }), httpFetch({ baseUrl: urls.targets })];
  return (key, options) => {
    const slash = key.indexOf("/") + 1;
    return (key.startsWith("metadata/") ? metadata : targets)(key.slice(slash), options);
  };
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** Nobody ever finds half of a file. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const draft = `${path}.${process.pid}.part`;
  await writeFile(draft, bytes);
  await rename(draft, path);
}

function demandText(args: Arguments, name: string): string {
  const text = args.text(name);
  if (text === undefined || text === "") throw new UsageError(`--${name} is missing`);
  return text;
}
