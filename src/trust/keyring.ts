import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
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

/**
 * Writes a new key for each name, readable by the owner alone.
 * @throws GiftError `KEYS_EXIST`, with nothing written, rather than replace one; `KEYS_UNWRITTEN`
 */
export async function createKeys(folder: string): Promise<Record<KeyName, Signer>> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const present = await readdir(folder);
    const taken = KEY_NAMES.find((name) => present.includes(`${name}.pem`));
    if (taken) {
      throw new GiftError(
        "KEYS_EXIST",
        `${join(folder, `${taken}.pem`)} is there already`,
        "keep it: replacing keys locks every app out; rotate them instead",
      );
    }
    const create = async (name: KeyName): Promise<Signer> => {
      const pem = generateKeyPem();
      await writeFile(join(folder, `${name}.pem`), pem, { mode: 0o600, flag: "wx" });
      return signerFromPem(name, pem);
    };
    return {
      root: await create("root"),
      release: await create("release"),
      timestamp: await create("timestamp"),
    };
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
