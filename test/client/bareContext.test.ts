import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import vm from "node:vm";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type * as client from "../../src/client/client.ts";
import type { nobleCrypto } from "../../src/client/platform/nobleCrypto.ts";
import { type Gifts, overrideOf, releaseOf, viewerOf, wordsOf } from "../wire/catalogOf.ts";
import { encode, memoryStore, NOW, Repository, tampered } from "./repositoryOf.ts";

/*
 * An app's runtime may be JavaScript and nothing else, as React Native's engine is: no TextEncoder, no URL, no crypto.subtle,
 * no timers, no DOM, nothing of Node. The client is bundled as an app would bundle it, and runs in a context that has only
 * what ECMAScript brings.
 */

interface Bare {
  readonly client: typeof client;
  readonly nobleCrypto: typeof nobleCrypto;
}

const MISSING = [
  "AbortController",
  "AbortSignal",
  "Blob",
  "Buffer",
  "TextDecoder",
  "TextEncoder",
  "URL",
  "atob",
  "clearTimeout",
  "console",
  "crypto",
  "document",
  "fetch",
  "indexedDB",
  "localStorage",
  "navigator",
  "performance",
  "process",
  "queueMicrotask",
  "require",
  "setImmediate",
  "setInterval",
  "setTimeout",
  "structuredClone",
  "window",
];
const OLD: Gifts = { rose: [releaseOf("1.0.0")], kit: [releaseOf("2.0.0")] };
const NEW: Gifts = { rose: [releaseOf("1.1.0"), releaseOf("1.0.0")], kit: [releaseOf("2.0.0")] };

let folder: string;
let script: vm.Script;
let bare: Bare;
/** Bytes as that context's own, which other contexts' are not. */
let own: (bytes: Uint8Array) => Uint8Array;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "giftwrap-bare-"));
  const root = new URL("../../", import.meta.url).pathname;
  const entry = join(folder, "entry.ts");
  await writeFile(
    entry,
    `export * as client from ${JSON.stringify(`${root}src/client/client.ts`)};
     export { nobleCrypto } from ${JSON.stringify(`${root}src/client/platform/nobleCrypto.ts`)};`,
  );
  const bundle = await rolldown({ cwd: root, input: entry, platform: "neutral" });
  const { output } = await bundle.generate({ format: "iife", name: "bare", codeSplitting: false });
  await bundle.close();
  script = new vm.Script(`${output[0].code}\nbare`);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(() => {
  const context = vm.createContext({});
  // V8 gives every context these; other engines do not.
  for (const name of ["console", "SharedArrayBuffer", "WebAssembly"])
    vm.runInContext(`delete globalThis.${name}`, context);
  bare = script.runInContext(context);
  const Bytes: Uint8ArrayConstructor = vm.runInContext("Uint8Array", context);
  own = (bytes) => new Bytes(bytes);
  expect(MISSING.filter((name) => vm.runInContext(`typeof ${name} !== "undefined"`, context))).toEqual([]);
});

async function openBare(repository: Repository, store = memoryStore()): Promise<client.GiftwrapClient> {
  return bare.client.GiftwrapClient.open({
    viewer: viewerOf(),
    root: own(repository.trustedRoot),
    crypto: bare.nobleCrypto(),
    fetch: async (key, options) => {
      const result = await repository.fetch(key, options);
      return result.kind === "body" ? { ...result, bytes: own(result.bytes) } : result;
    },
    store: {
      read: async (name) => {
        const bytes = await store.read(name);
        return bytes && own(bytes);
      },
      write: store.write,
    },
    now: () => NOW,
  });
}

const first = (it: client.GiftwrapClient, gift: string) => wordsOf(it.resolve(gift).chain)[0];

test("in a bare context the client opens, refreshes, resolves, follows a new root and starts again from its store", async () => {
  const repository = await Repository.create();
  await repository.publish(OLD, [overrideOf("kit")]);
  const store = memoryStore();
  const running = await openBare(repository, store);
  expect(first(running, "rose")).toBe("default");
  expect(await running.refresh()).toBe(true);
  expect([first(running, "rose"), first(running, "kit")]).toEqual(["rose@1.0.0", "default"]);

  await repository.rotate("root", "timestamp", "release");
  await repository.publish(NEW, []);
  expect(await running.refresh()).toBe(true);
  expect([first(running, "rose"), first(running, "kit")]).toEqual(["rose@1.1.0", "kit@2.0.0"]);

  const restarted = await openBare(repository, store);
  expect(restarted.state).toMatchObject({ generation: 2, revision: 2 });
  expect(first(restarted, "rose")).toBe("rose@1.1.0");
});

test("in a bare context what is not rightly signed is refused, as anywhere", async () => {
  const repository = await Repository.create();
  await repository.publish(OLD);
  const running = await openBare(repository);
  await running.refresh();
  await repository.publishOverrides([overrideOf("rose")]);
  const key = "metadata/timestamp.json";
  const good = repository.bytesOf(key);
  for (const [bytes, code] of [
    [tampered(good, "commit-2", "commit-3"), "signature"],
    [encode("[".repeat(10_000)), "schema"],
    [Uint8Array.of(0xff), "schema"],
  ] as const) {
    repository.files.set(key, bytes);
    await expect(running.refresh()).rejects.toMatchObject({ name: "ClientError", code });
  }
  repository.files.set(key, good);
  expect(await running.refresh()).toBe(true);
  expect(first(running, "rose")).toBe("default");
});
