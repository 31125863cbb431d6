import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GiftError } from "../report/error.ts";
import { generateKeyPem, KEY_NAMES, type KeyName, type Signer, signerFromPem } from "./keys.ts";

/** Where `keys init` puts private keys: outside of git. */
export function keyFolder(repository: string, environment: string): string {
  return join(repository, ".giftwrap", "keys", environment);
}

/**
 * A key from the environment variable (GIFTWRAP_RELEASE_KEY, GIFTWRAP_TIMESTAMP_KEY), as CI has it, or else from the folder.
 * @throws GiftError `KEY_MISSING` or `KEY_UNREADABLE`
 */
export async function readSigner(
  name: KeyName,
  folder: string,
  variables: NodeJS.ProcessEnv,
): Promise<Signer> {
  const variable = `GIFTWRAP_${name.toUpperCase()}_KEY`;
  // An unset secret reaches a job as an empty variable.
  const pem = variables[variable] || (await readFile(join(folder, `${name}.pem`), "utf8").catch(() => null));
  if (!pem) {
    throw new GiftError(
      "KEY_MISSING",
      `there is no ${name} key`,
      `set ${variable}, or make keys with npx giftwrap keys init`,
    );
  }
  return signerFromPem(name, pem);
}

/** Writes a new key for each name, readable by the owner alone. @throws GiftError `KEYS_EXIST` rather than replace one */
export async function createKeys(folder: string): Promise<Record<KeyName, Signer>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const create = async (name: KeyName): Promise<Signer> => {
    const pem = generateKeyPem();
    try {
      await writeFile(join(folder, `${name}.pem`), pem, { mode: 0o600, flag: "wx" });
    } catch (cause) {
      throw new GiftError(
        "KEYS_EXIST",
        `${join(folder, `${name}.pem`)} is there already`,
        "keep it: replacing keys locks every app out; rotate them instead",
        { cause },
      );
    }
    return signerFromPem(name, pem);
  };
  const [root, release, timestamp] = [
    await create(KEY_NAMES[0]),
    await create(KEY_NAMES[1]),
    await create(KEY_NAMES[2]),
  ];
  return { root, release, timestamp };
}
