import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fileCache, fileStore, readBundled } from "../../src/client/node/node.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { encode } from "./repositoryOf.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "giftwrap-client-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a folder as the client's store", () => {
  test("gives back what was written, also to the next process, and null for what never was", async () => {
    const store = fileStore(join(folder, "state"));
    expect(await store.read("timestamp")).toBeNull();
    await store.write("timestamp", encode("one"));
    await store.write("timestamp", encode("two"));
    expect(await fileStore(join(folder, "state")).read("timestamp")).toEqual(encode("two"));
  });

  test("takes any name as that of one file of its own", async () => {
    const store = fileStore(join(folder, "state"));
    for (const name of ["..", ".", "../outside", "a/b", "é 玫瑰"]) {
      await store.write(name, encode(name));
      expect(await store.read(name)).toEqual(encode(name));
    }
    expect(await readdir(folder)).toEqual(["state"]);
  });

  test("has the last of many writes, whole, and nothing beside it", async () => {
    const store = fileStore(folder);
    const texts = Array.from({ length: 20 }, (_, at) => String(at).repeat(1_000 - at));
    await Promise.all(texts.map((text) => store.write("timestamp", encode(text))));
    expect(await store.read("timestamp")).toEqual(encode(texts.at(-1) ?? ""));
    expect(await readdir(folder)).toEqual(["timestamp"]);
  });

  test("says when the disk takes nothing, and goes on when it does again", async () => {
    await writeFile(join(folder, "state"), "a file where the folder should be");
    const store = fileStore(join(folder, "state"));
    await expect(store.write("timestamp", encode("one"))).rejects.toThrow();
    await rm(join(folder, "state"));
    await store.write("timestamp", encode("one"));
    expect(await store.read("timestamp")).toEqual(encode("one"));
  });
});

describe("a folder as the client's cache", () => {
  const object = encode("rose");
  const digest = digestOf(object);

  test("keeps objects across a restart, within its bytes", async () => {
    const cache = fileCache(join(folder, "objects"), { maxBytes: 10 });
    await cache.put(digest, object);
    expect(await fileCache(join(folder, "objects"), { maxBytes: 10 }).get(digest)).toEqual(object);
    const again = fileCache(join(folder, "objects"), { maxBytes: 10 });
    await again.put(digestOf("crowns"), encode("crowns!!"));
    expect(await again.get(digest)).toBeNull();
  });

  test("clears up what a process left that died while it wrote", async () => {
    await writeFile(join(folder, `${digest}.1.tmp`), "ro");
    const cache = fileCache(folder, { maxBytes: 10 });
    expect(await cache.get(digest)).toBeNull();
    expect(await readdir(folder)).toEqual([]);
  });

  test("throws nothing where there can be no folder", async () => {
    await writeFile(join(folder, "taken"), "");
    const cache = fileCache(join(folder, "taken"), { maxBytes: 10 });
    await cache.put(digest, object);
    expect(await cache.get(digest)).toBeNull();
  });

  test("finds out that somebody emptied the folder under it", async () => {
    const cache = fileCache(folder, { maxBytes: 10 });
    await cache.put(digest, object);
    await rm(folder, { recursive: true });
    expect(await cache.get(digest)).toBeNull();
    await cache.put(digest, object);
    expect(await readFile(join(folder, digest))).toEqual(Buffer.from(object));
  });
});

test("what an app ships is read by name, from nowhere else", async () => {
  await mkdir(join(folder, "app", "objects"), { recursive: true });
  await writeFile(join(folder, "app", "objects", "a"), "object");
  await writeFile(join(folder, "secret"), "secret");
  const read = readBundled(join(folder, "app"));
  expect(await read("objects/a")).toEqual(encode("object"));
  expect(await read("objects/b")).toBeNull();
  expect(await read("../secret")).toBeNull();
});
