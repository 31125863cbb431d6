import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, open, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileStore } from "../../src/store/fileStore.ts";
import { newOwner } from "../../src/store/lockOwner.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { describeStore } from "./describeStore.ts";

const run = promisify(execFile);
const PROGRAM = new URL("../../dist/store/fileStore.js", import.meta.url).href;

describeStore("a store in a folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "giftwrap-store-"));
  return {
    store: fileStore(join(folder, "store")),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
});

describe("a store in a folder", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "giftwrap-store-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Every file below the folder, whatever its name. */
  const files = async () =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((it) => it.isFile())
      .map((it) => join(it.parentPath, it.name).slice(folder.length + 1))
      .sort();

  test("leaves no temporary file and no lock, whoever wins", async () => {
    const store = fileStore(folder);
    const tag = await store.replace("metadata/name", bytes("one"), null);
    await store.replace("metadata/name", bytes("two"), tag);
    await store.replace("metadata/name", bytes("three"), tag);
    await Promise.all(
      ["1", "2", "3"].map((value) =>
        Promise.all([store.putIfAbsent("objects/a", bytes(value)), swap(value)]),
      ),
    );
    await expect(store.putIfAbsent("../outside", bytes("x"))).rejects.toThrow();
    await expect(store.replace("../outside", bytes("x"), null)).rejects.toThrow();
    expect(await files()).toEqual(["metadata/name", "metadata/swapped", "objects/a"]);

    function swap(value: string) {
      return store.replace("metadata/swapped", bytes(value), null);
    }
  });

  test("lists nothing that a process which died has left: no half-written value, no lock", async () => {
    const store = fileStore(folder);
    await store.putIfAbsent("metadata/name", bytes("one"));
    await mkdir(join(folder, ".writing"), { recursive: true });
    await writeFile(join(folder, ".writing", "left"), "half");
    await writeFile(lockOf("metadata/name"), "");
    expect(await store.list("")).toEqual(["metadata/name"]);
  });

  test("breaks a swap lock that a dead process has left, and loses no swap over it", async () => {
    const store = fileStore(folder);
    const before = await store.replace("metadata/name", bytes("before"), null);
    for (let round = 0; round < 5; round++) {
      await leaveLock("metadata/name");
      const tags = await Promise.all(
        Array.from({ length: 20 }, (_, at) => store.replace("metadata/name", bytes(`value ${at}`), before)),
      );
      expect(tags.filter((tag) => tag !== null)).toHaveLength(1);
      const won = tags.find((tag) => tag !== null) ?? null;
      expect(await store.replace("metadata/name", bytes("before"), won)).toBe(before);
    }
    expect(await files()).toEqual(["metadata/name"]);
  });

  test("breaks the lock of a process that was killed a moment ago, and not that of one elsewhere", async () => {
    const store = fileStore(folder);
    const { pid } = await ended();
    await writeFile(lockOf("name"), newOwner().replace(/ \d+ /, ` ${pid} `));
    const started = performance.now();
    const one = await store.replace("name", bytes("one"), null);
    expect(performance.now() - started).toBeLessThan(5_000);

    await writeFile(lockOf("name"), newOwner().replace(/^\S+ \d+ /, `elsewhere ${pid} `));
    let isSwapped = false;
    const swapping = store.replace("name", bytes("two"), one).finally(() => {
      isSwapped = true;
    });
    for (let turn = 0; turn < 20; turn++) await store.get("name");
    expect(isSwapped).toBe(false);
    await rm(lockOf("name"));
    expect(await swapping).not.toBeNull();
  });

  test("does not write after another has broken its lock: who slept too long has lost", async () => {
    // The value is a pipe: who reads it with the lock in hand sleeps until something is written into it.
    await run("mkfifo", [join(folder, "name")]);
    const swapping = fileStore(folder).replace("name", bytes("the sleeper's"), digestOf(bytes("before")));
    const pipe = await open(join(folder, "name"), "w");
    await writeFile(lockOf("name"), newOwner());
    await pipe.writeFile("before");
    await pipe.close();
    expect(await swapping).toBeNull();
    expect((await stat(join(folder, "name"))).isFIFO()).toBe(true);
    expect(await files()).toEqual([".name.lock"]);
  });

  test("takes away what was left half-written an hour ago, and nothing that is younger", async () => {
    const folderOfParts = join(folder, ".writing");
    await mkdir(folderOfParts, { recursive: true });
    for (const name of ["old", "young"]) await writeFile(join(folderOfParts, name), "half");
    const longAgo = new Date(Date.now() - 2 * 3_600_000);
    await utimes(join(folderOfParts, "old"), longAgo, longAgo);
    await fileStore(folder).putIfAbsent("name", bytes("one"));
    expect(await readdir(folderOfParts)).toEqual(["young"]);
  });

  test("breaks also the lock of one who died while breaking a lock", async () => {
    const store = fileStore(folder);
    await leaveLock("name");
    await leaveLock("name", ".breaking");
    expect(await store.replace("name", bytes("one"), null)).not.toBeNull();
    expect(await files()).toEqual(["name"]);
  });

  test("lets one of several processes win a swap, although a lock was left behind", async () => {
    await fileStore(folder).replace("name", bytes("before"), null);
    await leaveLock("name");
    const program = `
      const { fileStore } = await import(${JSON.stringify(PROGRAM)});
      const store = fileStore(process.argv[1]);
      const before = await store.get("name");
      const isFirst = new TextDecoder().decode(before.bytes) === "before";
      const tag = isFirst ? await store.replace("name", new TextEncoder().encode(process.argv[2]), before.tag) : null;
      console.log(tag === null ? "" : process.argv[2]);
    `;
    const said = await Promise.all(
      ["one", "two", "three", "four"].map((value) =>
        run(process.execPath, ["--input-type=module", "--eval", program, folder, value]),
      ),
    );
    const won = said.map(({ stdout }) => stdout.trim()).filter((value) => value !== "");
    expect(won).toHaveLength(1);
    expect(new TextDecoder().decode((await fileStore(folder).get("name"))?.bytes)).toBe(won[0]);
  });

  test("says in words what it could not do and why, with a code", async () => {
    const store = fileStore(folder);
    await store.putIfAbsent("a", bytes("value"));
    const failure = { name: "GiftError", code: "STORE_FAILED", message: expect.stringContaining("a/b") };
    // A folder cannot have the name of a file; saying "it is there already" would hide that nothing was written.
    await expect(store.putIfAbsent("a/b", bytes("x"))).rejects.toMatchObject(failure);
    await expect(store.replace("a/b", bytes("x"), null)).rejects.toMatchObject(failure);
    expect(await files()).toEqual(["a"]);
  });

  /** Where the driver keeps the lock of a key: beside it, under a name that cannot be a key. */
  function lockOf(key: string, more = ""): string {
    const path = join(folder, key);
    return join(dirname(path), `.${key.split("/").at(-1)}.lock${more}`);
  }

  /** A process that has been and is no more. */
  async function ended(): Promise<{ pid: number | undefined }> {
    const child = spawn(process.execPath, ["-e", "0"], { stdio: "ignore" });
    await once(child, "close");
    return { pid: child.pid };
  }

  async function leaveLock(key: string, more = ""): Promise<void> {
    const lock = lockOf(key, more);
    await writeFile(lock, "");
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
  }
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
