import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { environmentPath, rootPath } from "../model/paths.ts";
import { GiftError, UsageError } from "../report/error.ts";
import { workTree } from "../source/tree.ts";
import { createKeys, keyFolder } from "../trust/keyring.ts";
import { makeRoot, signMetadata } from "../trust/sign.ts";
import { type Command, ENVIRONMENT_OPTION, EXIT, type Io, parseWholeNumber } from "./command.ts";

export const command: Command = {
  summary: "make an environment's keys and its trusted root",
  usage: "[--env NAME] [--root-keys NUMBER --threshold NUMBER]",
  example: "giftwrap keys init --env production --root-keys 3 --threshold 2",
  options: {
    env: ENVIRONMENT_OPTION,
    "root-keys": { type: "string", value: "NUMBER", help: "how many root keys to make (default: 1)" },
    threshold: {
      type: "string",
      value: "NUMBER",
      help: "how many of them must sign the next root (default: 1)",
    },
  },
  run: async (args, io) => {
    const name = args.text("env") ?? "production";
    const rootKeys = parseWholeNumber("root-keys", args.text("root-keys"), 1);
    const threshold = parseWholeNumber("threshold", args.text("threshold"), 1);
    if (rootKeys < 1 || rootKeys > 20)
      throw new UsageError(`--root-keys ${rootKeys}: from 1 to 20, one for each holder`);
    if (threshold < 1 || threshold > rootKeys)
      throw new UsageError(`--threshold ${threshold}: from 1 to ${rootKeys}, the number of root keys`);
    const folder = await initKeys(io, name, rootKeys, threshold);
    const offline =
      rootKeys === 1
        ? "keep root.pem offline"
        : `move root-1.pem to root-${rootKeys}.pem to their holders, offline, and delete them here`;
    io.line(`private keys: ${relative(io.root, folder)}/ (not in git; ${offline})`);
    io.line(`trusted root: ${rootPath(name)} (commit it; apps ship it)`);
    io.line("for CI, store release.pem as GIFTWRAP_RELEASE_KEY and timestamp.pem as GIFTWRAP_TIMESTAMP_KEY");
    return EXIT.ok;
  },
};

/** Makes root, release and timestamp keys and the first root, and gives the folder of the private ones. */
export async function initKeys(io: Io, name: string, rootKeys = 1, threshold = 1): Promise<string> {
  const known = await workTree(io.root).read([environmentPath(name), rootPath(name)]);
  if (!known.has(environmentPath(name)))
    throw new GiftError(
      "ENVIRONMENT_MISSING",
      `${environmentPath(name)} is not there`,
      "name an environment that exists with --env",
    );
  if (known.has(rootPath(name)))
    throw new GiftError(
      "KEYS_EXIST",
      `${rootPath(name)} is there already`,
      "keep it: apps trust it, and another root would lock them out",
    );
  const folder = keyFolder(io.root, name);
  const keys = await createKeys(folder, rootKeys);
  const content = makeRoot({ ...keys, root: keys.roots }, io.now(), threshold);
  const root = await signMetadata(content, keys.roots);
  const path = join(io.root, rootPath(name));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, root, { flag: "wx" });
  return folder;
}
