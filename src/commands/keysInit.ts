import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { environmentPath, rootPath } from "../model/paths.ts";
import { GiftError } from "../report/error.ts";
import { workTree } from "../source/tree.ts";
import { createKeys, keyFolder } from "../trust/keyring.ts";
import { makeRoot, signMetadata } from "../trust/sign.ts";
import { type Command, ENVIRONMENT_OPTION, EXIT, type Io } from "./command.ts";

export const command: Command = {
  summary: "make an environment's keys and its trusted root",
  usage: "[--env NAME]",
  example: "giftwrap keys init --env production",
  options: { env: ENVIRONMENT_OPTION },
  run: async (args, io) => {
    const name = args.text("env") ?? "production";
    const folder = await initKeys(io, name);
    io.line(`private keys: ${relative(io.root, folder)}/ (not in git; keep root.pem offline)`);
    io.line(`trusted root: ${rootPath(name)} (commit it; apps ship it)`);
    io.line("for CI, store release.pem as GIFTWRAP_RELEASE_KEY and timestamp.pem as GIFTWRAP_TIMESTAMP_KEY");
    return EXIT.ok;
  },
};

/** Makes root, release and timestamp keys and the first root, and gives the folder of the private ones. */
export async function initKeys(io: Io, name: string): Promise<string> {
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
  const keys = await createKeys(folder);
  const root = await signMetadata(makeRoot(keys, io.now()), [keys.root]);
  const path = join(io.root, rootPath(name));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, root, { flag: "wx" });
  return folder;
}
