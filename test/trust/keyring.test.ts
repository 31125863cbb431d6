import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createKeys, keyFolder, readHeldKeys, readSigner } from "../../src/trust/keyring.ts";
import { generateKeyPem, KEY_NAMES, type KeyName, type Signer, signerFromPem } from "../../src/trust/keys.ts";
import { makeRoot } from "../../src/trust/sign.ts";

/** An environment whose root names these keys. */
const ownerOf = (keys: Record<KeyName, Signer>) => ({
  environment: "production",
  root: makeRoot(keys, Date.parse("2026-01-01T00:00:00Z")),
});

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
    expect(new Set(KEY_NAMES.map((name) => made[name].keyId)).size).toBe(3);
    expect((await readdir(folder)).sort()).toEqual(["release.pem", "root.pem", "timestamp.pem"]);
    for (const name of KEY_NAMES) expect((await stat(join(folder, `${name}.pem`))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  test("makes a file for each of several root keys, to be handed to their holders", async () => {
    const made = await createKeys(folder, 3);
    expect(new Set(made.roots.map((it) => it.keyId)).size).toBe(3);
    expect((await readdir(folder)).sort()).toEqual([
      "release.pem",
      "root-1.pem",
      "root-2.pem",
      "root-3.pem",
      "timestamp.pem",
    ]);
    await expect(createKeys(folder)).rejects.toMatchObject({ code: "KEYS_EXIST" });
  });

  test("reads back the keys that it made", async () => {
    const made = await createKeys(folder);
    for (const name of KEY_NAMES)
      expect((await readHeldKeys(name, folder, {})).map((it) => [it.from, it.signer.keyId])).toEqual([
        [`${name}.pem`, made[name].keyId],
      ]);
    for (const name of ["release", "timestamp"] as const)
      expect((await readSigner(name, ownerOf(made), folder, {})).keyId).toBe(made[name].keyId);
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
    expect((await readHeldKeys(name, folder, {}))[0]?.signer.keyId).toBe(made[name].keyId);
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
      const given = signerFromPem(name, pem);
      const owner = ownerOf({ ...made, [name]: given });
      const variables = { [`GIFTWRAP_${name.toUpperCase()}_KEY`]: pem };
      expect((await readSigner(name, owner, folder, variables)).keyId).toBe(given.keyId);
      const other = name === "release" ? "timestamp" : "release";
      expect((await readSigner(other, owner, folder, variables)).keyId).toBe(made[other].keyId);
    },
  );

  test.each(["release", "timestamp"] as const)(
    "refuses a %s key that the root does not name, and says which is which, but no secret",
    async (name) => {
      const made = await createKeys(folder);
      const pem = generateKeyPem();
      const given = signerFromPem(name, pem).keyId.slice(0, 8);
      const variable = `GIFTWRAP_${name.toUpperCase()}_KEY`;
      const reading = readSigner(name, ownerOf(made), folder, { [variable]: pem });
      await expect(reading).rejects.toMatchObject({
        name: "GiftError",
        code: "KEY_WRONG",
        message: `this ${name} key, ${given} of ${variable}, is not one that root 1 of production names (${made[name].keyId.slice(0, 8)}); nothing was written`,
        fix: expect.stringContaining(`--env production --role ${name}`),
      });
      const secret = pem.split("\n")[1] ?? "";
      expect(await reading.catch((error: unknown) => String(error))).not.toContain(secret);
    },
  );

  test("refuses the timestamp key in the place of the release key", async () => {
    const made = await createKeys(folder);
    const swapped = { GIFTWRAP_RELEASE_KEY: await readFile(join(folder, "timestamp.pem"), "utf8") };
    await expect(readSigner("release", ownerOf(made), folder, swapped)).rejects.toMatchObject({
      code: "KEY_WRONG",
    });
  });

  test.each([1, 2])(
    "holds the old key and the new one while keys change, and takes the one that root %i names",
    async (version) => {
      const made = await createKeys(folder);
      const pem = generateKeyPem();
      const next = signerFromPem("release", pem);
      const owner = ownerOf(version === 1 ? made : { ...made, release: next });
      const expected = version === 1 ? made.release.keyId : next.keyId;
      const old = await readFile(join(folder, "release.pem"), "utf8");
      const variables = { GIFTWRAP_RELEASE_KEY: old, GIFTWRAP_RELEASE_KEY_NEXT: pem };
      expect((await readSigner("release", owner, folder, variables)).keyId).toBe(expected);
      await writeFile(join(folder, "release-1a2b3c4d.pem"), pem);
      expect((await readSigner("release", owner, folder, {})).keyId).toBe(expected);
    },
  );

  test("takes a secret that is not set, which a job sees as an empty variable, for none", async () => {
    const made = await createKeys(folder);
    const signer = await readSigner("release", ownerOf(made), folder, { GIFTWRAP_RELEASE_KEY: "" });
    expect(signer.keyId).toBe(made.release.keyId);
  });

  test("does not fall back to the folder when the job's key cannot be read", async () => {
    const made = await createKeys(folder);
    const reading = readSigner("release", ownerOf(made), folder, { GIFTWRAP_RELEASE_KEY: "no key" });
    await expect(reading).rejects.toMatchObject({ code: "KEY_UNREADABLE" });
  });

  test("names the variable and the command when there is no key", async () => {
    const owner = ownerOf(await createKeys(join(repository, "elsewhere")));
    await expect(readSigner("timestamp", owner, folder, {})).rejects.toMatchObject({
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
