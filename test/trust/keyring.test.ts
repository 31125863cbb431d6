import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createKeys, keyFolder, readSigner } from "../../src/trust/keyring.ts";
import { generateKeyPem, KEY_NAMES, signerFromPem } from "../../src/trust/keys.ts";

describe("the keyring", () => {
  let repository: string;
  let folder: string;

  beforeEach(async () => {
    repository = await mkdtemp(join(tmpdir(), "giftwrap-keys-"));
    folder = keyFolder(repository, "production");
  });
  afterEach(() => rm(repository, { recursive: true, force: true }));

  test("makes three different keys, which only their owner may read", async () => {
    const made = await createKeys(folder);
    expect(new Set(Object.values(made).map((it) => it.keyId)).size).toBe(3);
    expect((await readdir(folder)).sort()).toEqual(["release.pem", "root.pem", "timestamp.pem"]);
    for (const name of KEY_NAMES) expect((await stat(join(folder, `${name}.pem`))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  test("reads back the keys that it made", async () => {
    const made = await createKeys(folder);
    for (const name of KEY_NAMES) expect((await readSigner(name, folder, {})).keyId).toBe(made[name].keyId);
  });

  test("never makes a key over another: all files stay as they were", async () => {
    await createKeys(folder);
    const before = await contents();
    await expect(createKeys(folder)).rejects.toMatchObject({ name: "GiftError", code: "KEYS_EXIST" });
    expect(await contents()).toEqual(before);
  });

  test.each(KEY_NAMES)("makes no half set beside a %s key that is there already", async (name) => {
    const made = await createKeys(folder);
    for (const other of KEY_NAMES) if (other !== name) await rm(join(folder, `${other}.pem`));
    await expect(createKeys(folder)).rejects.toMatchObject({
      code: "KEYS_EXIST",
      message: expect.stringContaining(`${name}.pem is there already`),
    });
    expect(await readdir(folder)).toEqual([`${name}.pem`]);
    expect((await readSigner(name, folder, {})).keyId).toBe(made[name].keyId);
  });

  test("says so when the folder cannot be written, rather than that the keys are there", async () => {
    await writeFile(join(repository, ".giftwrap"), "in the way");
    await expect(createKeys(folder)).rejects.toMatchObject({ name: "GiftError", code: "KEYS_UNWRITTEN" });
  });

  test.each(["release", "timestamp"] as const)(
    "takes the %s key of the job before that of the folder",
    async (name) => {
      const made = await createKeys(folder);
      const pem = generateKeyPem();
      const variables = { [`GIFTWRAP_${name.toUpperCase()}_KEY`]: pem };
      expect((await readSigner(name, folder, variables)).keyId).toBe(signerFromPem(name, pem).keyId);
      const other = name === "release" ? "timestamp" : "release";
      expect((await readSigner(other, folder, variables)).keyId).toBe(made[other].keyId);
    },
  );

  test("takes a secret that is not set, which a job sees as an empty variable, for none", async () => {
    const made = await createKeys(folder);
    const signer = await readSigner("release", folder, { GIFTWRAP_RELEASE_KEY: "" });
    expect(signer.keyId).toBe(made.release.keyId);
  });

  test("does not fall back to the folder when the job's key cannot be read", async () => {
    await createKeys(folder);
    const reading = readSigner("release", folder, { GIFTWRAP_RELEASE_KEY: "no key" });
    await expect(reading).rejects.toMatchObject({ code: "KEY_UNREADABLE" });
  });

  test("names the variable and the command when there is no key", async () => {
    await expect(readSigner("timestamp", folder, {})).rejects.toMatchObject({
      name: "GiftError",
      code: "KEY_MISSING",
      fix: expect.stringMatching(/GIFTWRAP_TIMESTAMP_KEY.*keys init/),
    });
  });

  async function contents(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const name of await readdir(folder)) found[name] = await readFile(join(folder, name), "utf8");
    return found;
  }
});
