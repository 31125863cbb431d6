import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GiftError } from "../report/error.ts";
import type { Root } from "../wire/metadata.ts";
import { generateKeyPem, KEY_NAMES, type KeyName, shortKeyId, type Signer, signerFromPem } from "./keys.ts";

/** Where `keys init` puts private keys: outside of git. */
export function keyFolder(repository: string, environment: string): string {
  return join(repository, ".giftwrap", "keys", environment);
}

/** A private key that this machine has, and where: the name of a variable or of a file, never what is in it. */
export interface HeldKey {
  readonly from: string;
  readonly signer: Signer;
}

/**
 * The keys of one kind: from the environment variables GIFTWRAP_RELEASE_KEY and GIFTWRAP_RELEASE_KEY_NEXT, as CI has them, or
 * else all from the folder. There are two while a rotation is under way.
 * @throws GiftError `KEY_UNREADABLE`
 */
export async function readHeldKeys(
  name: KeyName,
  folder: string,
  variables: NodeJS.ProcessEnv,
): Promise<readonly HeldKey[]> {
  const variable = variableOf(name);
  // An unset secret reaches a job as an empty variable.
  const given = [variable, `${variable}_NEXT`].flatMap((from) => {
    const pem = variables[from];
    return pem ? [{ from, signer: signerFromPem(name, pem) }] : [];
  });
  if (given.length > 0) return given;
  const files = (await readdir(folder).catch(() => [])).filter((it) => isKeyFile(name, it)).sort();
  return Promise.all(
    files.map(async (from) => ({
      from,
      signer: signerFromPem(from, await readFile(join(folder, from), "utf8")),
    })),
  );
}

/** Whose key is asked for: what the environment is called in messages, and the root that says which keys count. */
export interface KeyOwner {
  readonly environment: string;
  readonly root: Root;
}

/**
 * The key on this machine that the root names for the work: release signs targets and snapshot, timestamp the timestamp.
 * @throws GiftError `KEY_MISSING`, `KEY_UNREADABLE`, or `KEY_WRONG` when no key at hand is the root's
 */
export async function readSigner(
  name: "release" | "timestamp",
  { environment, root }: KeyOwner,
  folder: string,
  variables: NodeJS.ProcessEnv,
): Promise<Signer> {
  const held = await readHeldKeys(name, folder, variables);
  const [first] = held;
  if (!first)
    throw new GiftError(
      "KEY_MISSING",
      `there is no ${name} key for ${environment}`,
      `set ${variableOf(name)}, or make keys with npx giftwrap keys init`,
    );
  const roles = name === "release" ? (["targets", "snapshot"] as const) : (["timestamp"] as const);
  const isNamed = ({ signer }: HeldKey) =>
    roles.every((role) => root.roles[role].keyids.includes(signer.keyId));
  const right = held.find(isNamed);
  if (right) return right.signer;
  const named = root.roles[roles[0]].keyids.map(shortKeyId).join(", ");
  const kept = held.map(({ from, signer }) => `${shortKeyId(signer.keyId)} of ${from}`).join(", ");
  throw new GiftError(
    "KEY_WRONG",
    `this ${name} key, ${kept}, is not one that root ${root.version} of ${environment} names (${named}); nothing was written`,
    `give the key ${named}, or name another in the next root: npx giftwrap keys rotate --env ${environment} --role ${name}`,
  );
}

function variableOf(name: KeyName): string {
  return `GIFTWRAP_${name.toUpperCase()}_KEY`;
}

export interface CreatedKeys extends Record<KeyName, Signer> {
  /** All root keys: `root.pem`, or `root-1.pem` and on when there are several. */
  readonly roots: readonly Signer[];
}

/**
 * Writes a new key for each name, readable by the owner alone.
 * @throws GiftError `KEYS_EXIST`, with nothing written, rather than replace one; `KEYS_UNWRITTEN`
 */
export async function createKeys(folder: string, rootKeys = 1): Promise<CreatedKeys> {
  return explained(folder, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const present = await readdir(folder);
    const taken = present.find((it) => KEY_NAMES.some((name) => isKeyFile(name, it)));
    if (taken) {
      throw new GiftError(
        "KEYS_EXIST",
        `${join(folder, taken)} is there already`,
        "keep it: replacing keys locks every app out; rotate them instead",
      );
    }
    const create = async (file: string): Promise<Signer> => (await writeKey(folder, () => file)).signer;
    const first = await create(rootKeys === 1 ? "root.pem" : "root-1.pem");
    const roots = [first];
    for (let number = 2; number <= rootKeys; number++) roots.push(await create(`root-${number}.pem`));
    return {
      root: first,
      roots,
      release: await create("release.pem"),
      timestamp: await create("timestamp.pem"),
    };
  });
}

/**
 * Writes one more key of a kind beside those that are there, named after its own id, readable by the owner alone.
 * @throws GiftError `KEYS_UNWRITTEN`
 */
export async function createKey(name: KeyName, folder: string): Promise<HeldKey> {
  return explained(folder, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return writeKey(folder, (signer) => `${name}-${shortKeyId(signer.keyId)}.pem`);
  });
}

async function writeKey(folder: string, toFile: (signer: Signer) => string): Promise<HeldKey> {
  const pem = generateKeyPem();
  const signer = signerFromPem("new", pem);
  const from = toFile(signer);
  await writeFile(join(folder, from), pem, { mode: 0o600, flag: "wx" });
  return { from, signer };
}

function isKeyFile(name: KeyName, file: string): boolean {
  return new RegExp(`^${name}(-[A-Za-z0-9]+)?\\.pem$`).test(file);
}

async function explained<T>(folder: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    if (cause instanceof GiftError) throw cause;
    throw new GiftError(
      "KEYS_UNWRITTEN",
      `the keys could not be written to ${folder}`,
      "check that the folder may be written, and that nobody else makes keys in it",
      { cause },
    );
  }
}
