import { describe, expect, test } from "vitest";
import { GiftwrapClient } from "../../src/client/client.ts";
import { ClientError } from "../../src/client/error.ts";
import { type Loaded, Loader, type LoaderOptions, type Play } from "../../src/client/load/loader.ts";
import type { Fetch, FetchOptions, ObjectCache } from "../../src/client/ports.ts";
import { digestOf, nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import type { ObjectFile, Role } from "../../src/wire/catalog.ts";
import { objectKey } from "../../src/wire/keys.ts";
import { type Resolution, resolve } from "../../src/wire/resolve.ts";
import { catalogOf, EVERY_APP, type Gifts, releaseOf, viewerOf, wordsOf } from "../wire/catalogOf.ts";
import { encode, NOW, Repository } from "./repositoryOf.ts";

const TYPES: Record<Role, string> = { animation: "image/webp", sound: "audio/wav", still: "image/png" };

/** Objects by key, as an edge has them. */
function edge() {
  const files = new Map<string, Uint8Array>();
  const asked: { key: string; maxBytes: number }[] = [];
  const fetch: Fetch = async (key, { maxBytes }: FetchOptions) => {
    asked.push({ key, maxBytes });
    const bytes = files.get(key);
    if (!bytes) return { kind: "missing" };
    if (bytes.length > maxBytes)
      throw new ClientError("too_large", `${key} is longer than ${maxBytes} bytes`);
    return { kind: "body", bytes };
  };
  const add = (content: string, role: Role = "animation"): ObjectFile => {
    const bytes = encode(content);
    const file = { role, mediaType: TYPES[role], digest: digestOf(bytes), bytes: bytes.length };
    files.set(keyOf(file), bytes);
    return file;
  };
  return { files, asked, fetch, add };
}

function keyOf({ digest, mediaType }: ObjectFile): string {
  return objectKey(digest, mediaType);
}

function memoryCache() {
  const files = new Map<string, Uint8Array>();
  const cache: ObjectCache = {
    get: async (digest) => files.get(digest) ?? null,
    put: async (digest, bytes) => void files.set(digest, bytes),
  };
  return { files, cache };
}

function resolutionOf(gifts: Gifts, gift = "rose") {
  return resolve(catalogOf(gifts), [], viewerOf(), gift);
}

function contents({ files }: Loaded): string[] {
  return files.map(({ gift, role, content }) => `${gift} ${role}: ${new TextDecoder().decode(content)}`);
}

/** One play of a resolution that stays as it is. */
function playChain(options: LoaderOptions, resolution: Resolution, play?: Play): Promise<Loaded> {
  return new Loader(options).play(() => resolution, play);
}

/** 1.1.0 over 1.0.0, each with an animation and a still of its own. */
function rose() {
  const cdn = edge();
  const newer = cdn.add("newer");
  const older = cdn.add("older");
  const still = cdn.add("still", "still");
  const chain = resolutionOf({
    rose: [releaseOf("1.1.0", { files: [newer, still] }), releaseOf("1.0.0", { files: [older] })],
  });
  return { cdn, newer, older, still, chain };
}

describe("what is loaded", () => {
  test("is the first link, verified, and nothing of the others", async () => {
    const { cdn, chain, newer } = rose();
    const loaded = await playChain({ fetch: cdn.fetch, crypto: nodeCrypto }, chain);
    expect(contents(loaded)).toEqual(["rose animation: newer"]);
    expect(loaded).toMatchObject({
      reason: "full",
      failed: [],
      files: [{ digest: newer.digest, mediaType: "image/webp" }],
    });
    expect(cdn.asked).toEqual([{ key: keyOf(newer), maxBytes: newer.bytes }]);
  });

  test("is the sound and what the release requires with it, without anyone's still", async () => {
    const cdn = edge();
    const chain = resolutionOf({
      rose: [
        releaseOf("1.0.0", {
          files: [cdn.add("moves"), cdn.add("rings", "sound"), cdn.add("stands", "still")],
          requires: { kit: EVERY_APP },
        }),
      ],
      kit: [releaseOf("2.0.0", { files: [cdn.add("sparkles"), cdn.add("kit stands", "still")] })],
    });
    const loaded = await playChain({ fetch: cdn.fetch, crypto: nodeCrypto }, chain);
    expect(contents(loaded)).toEqual([
      "rose animation: moves",
      "rose sound: rings",
      "kit animation: sparkles",
    ]);
  });

  test("is nothing for the default: the app shows its own", async () => {
    const cdn = edge();
    const loaded = await playChain({ fetch: cdn.fetch, crypto: nodeCrypto }, resolutionOf({}));
    expect(loaded).toMatchObject({ link: { kind: "default" }, files: [], reason: "default", failed: [] });
    expect(cdn.asked).toEqual([]);
  });
});

describe("the next link is tried, with the reason", () => {
  test("when bytes are not the ones that were signed", async () => {
    const { cdn, chain, newer } = rose();
    cdn.files.set(keyOf(newer), encode("nower"));
    const loaded = await playChain({ fetch: cdn.fetch, crypto: nodeCrypto }, chain);
    expect(contents(loaded)).toEqual(["rose animation: older"]);
    expect(loaded.failed).toMatchObject([{ link: { version: "1.1.0" }, error: { code: "hash" } }]);
  });

  test("when the bytes are longer than the catalog says", async () => {
    const { cdn, chain, newer } = rose();
    cdn.files.set(keyOf(newer), encode("newer, and a lot more"));
    const loaded = await playChain({ fetch: cdn.fetch, crypto: nodeCrypto }, chain);
    expect(loaded.failed).toMatchObject([{ error: { code: "too_large" } }]);
  });

  test("when an object is not there", async () => {
    const { cdn, chain, newer } = rose();
    cdn.files.delete(keyOf(newer));
    const loaded = await playChain({ fetch: cdn.fetch, crypto: nodeCrypto }, chain);
    expect(loaded).toMatchObject({ link: { version: "1.0.0" }, failed: [{ error: { code: "missing" } }] });
  });

  test("when one of several files cannot be had, also one of a required gift", async () => {
    const cdn = edge();
    const kit = cdn.add("sparkles");
    const chain = resolutionOf({
      rose: [
        releaseOf("1.1.0", { files: [cdn.add("newer")], requires: { kit: EVERY_APP } }),
        releaseOf("1.0.0", { files: [cdn.add("older")] }),
      ],
      kit: [releaseOf("2.0.0", { files: [kit] })],
    });
    cdn.files.delete(keyOf(kit));
    const loaded = await playChain({ fetch: cdn.fetch, crypto: nodeCrypto }, chain);
    expect(loaded).toMatchObject({ link: { version: "1.0.0" }, failed: [{ link: { version: "1.1.0" } }] });
  });

  test("when the player cannot decode it, until one can: release, release, still", async () => {
    const { cdn, chain } = rose();
    const shown: string[] = [];
    const loaded = await playChain({ fetch: cdn.fetch, crypto: nodeCrypto }, chain, async (it) => {
      shown.push(...contents(it));
      if (it.link.kind === "release") throw new Error("cannot decode");
    });
    expect(shown).toEqual(["rose animation: newer", "rose animation: older", "rose still: still"]);
    expect(loaded.link).toMatchObject({ kind: "still", version: "1.1.0" });
    expect(wordsOf(loaded.failed.map(({ link }) => link))).toEqual(["rose@1.1.0", "rose@1.0.0"]);
  });

  test("and each time the player is told what failed before", async () => {
    const { cdn, chain } = rose();
    const told: number[] = [];
    await playChain({ fetch: cdn.fetch, crypto: nodeCrypto }, chain, ({ failed }) => {
      told.push(failed.length);
      throw new Error("cannot decode");
    });
    expect(told).toEqual([0, 1, 2, 3]);
  });
});

describe("the default always ends it", () => {
  test("when nothing at all can be downloaded", async () => {
    const { chain } = rose();
    const fetch: Fetch = async () => {
      throw new ClientError("network", "no answer");
    };
    const loaded = await playChain({ fetch, crypto: nodeCrypto }, chain);
    expect([loaded.link.kind, loaded.failed.length]).toEqual(["default", 3]);
  });

  test("even when the app cannot show its own", async () => {
    const { cdn, chain } = rose();
    const loaded = await playChain({ fetch: cdn.fetch, crypto: nodeCrypto }, chain, () => {
      throw new Error("no screen");
    });
    expect([loaded.link.kind, loaded.files, loaded.failed.length]).toEqual(["default", [], 4]);
  });
});

describe("bytes that were damaged on the way", () => {
  /** What the platform's own cache holds for the newer release; an answer past that cache is right. */
  const damagedInCache = (cdn: ReturnType<typeof edge>, newer: ObjectFile): Fetch => {
    return async (key, options) =>
      key === keyOf(newer) && !options.revalidate
        ? { kind: "body", bytes: encode("wrong") }
        : cdn.fetch(key, options);
  };

  test("are asked for once more, past the platform's cache, which would keep them for a year", async () => {
    const { cdn, chain, newer } = rose();
    const loaded = await playChain({ fetch: damagedInCache(cdn, newer), crypto: nodeCrypto }, chain);
    expect([contents(loaded), loaded.failed]).toEqual([["rose animation: newer"], []]);
  });

  test("are not asked for a third time", async () => {
    const { cdn, chain, newer } = rose();
    cdn.files.set(keyOf(newer), encode("nower"));
    await playChain({ fetch: cdn.fetch, crypto: nodeCrypto }, chain);
    expect(cdn.asked.filter(({ key }) => key === keyOf(newer))).toHaveLength(2);
  });
});

describe("a cache", () => {
  test("saves the second download", async () => {
    const { cdn, chain } = rose();
    const { cache } = memoryCache();
    await playChain({ fetch: cdn.fetch, crypto: nodeCrypto, cache }, chain);
    const loaded = await playChain({ fetch: cdn.fetch, crypto: nodeCrypto, cache }, chain);
    expect(cdn.asked).toHaveLength(1);
    expect(contents(loaded)).toEqual(["rose animation: newer"]);
  });

  test("whose entry was damaged is not believed: the object is fetched again, and the entry mended", async () => {
    const { cdn, chain, newer } = rose();
    const { files, cache } = memoryCache();
    files.set(newer.digest, encode("wrong"));
    const loaded = await playChain({ fetch: cdn.fetch, crypto: nodeCrypto, cache }, chain);
    expect(contents(loaded)).toEqual(["rose animation: newer"]);
    expect(files.get(newer.digest)).toEqual(encode("newer"));
  });

  test("never takes in bytes that are not verified", async () => {
    const { cdn, chain, newer } = rose();
    const { files, cache } = memoryCache();
    cdn.files.set(keyOf(newer), encode("nower"));
    await playChain({ fetch: cdn.fetch, crypto: nodeCrypto, cache }, chain);
    expect([...files.values()]).toEqual([encode("older")]);
  });

  test("that is full or broken costs no gift", async () => {
    const { cdn, chain } = rose();
    const refuse = async () => {
      throw new Error("quota exceeded");
    };
    const loaded = await playChain(
      { fetch: cdn.fetch, crypto: nodeCrypto, cache: { get: refuse, put: refuse } },
      chain,
    );
    expect([contents(loaded), loaded.failed]).toEqual([["rose animation: newer"], []]);
  });
});

test("a client plays what it resolves, from published bytes to the player", async () => {
  const repository = await Repository.create();
  const bytes = encode("published");
  const file: ObjectFile = {
    role: "animation",
    mediaType: "image/webp",
    digest: digestOf(bytes),
    bytes: bytes.length,
  };
  repository.files.set(keyOf(file), bytes);
  await repository.publish({
    rose: [releaseOf("1.1.0", { files: [] }), releaseOf("1.0.0", { files: [file] })],
  });
  const client = await GiftwrapClient.open({
    viewer: viewerOf(),
    root: repository.trustedRoot,
    fetch: repository.fetch,
    crypto: nodeCrypto,
    now: () => NOW,
  });
  await client.refresh();
  const played: string[] = [];
  const loaded = await client.play("rose", (it) => void played.push(...contents(it)), "1.0.0");
  expect(played).toEqual(["rose animation: published"]);
  expect(loaded.reason).toBe("hint");
});

test("a client tells its cache what each newer catalog names", async () => {
  const repository = await Repository.create();
  const file = (name: string): ObjectFile => ({
    role: "animation",
    mediaType: "image/webp",
    digest: digestOf(name),
    bytes: 1,
  });
  let isNamed: (digest: string) => boolean = () => false;
  const { cache } = memoryCache();
  const client = await GiftwrapClient.open({
    viewer: viewerOf(),
    root: repository.trustedRoot,
    fetch: repository.fetch,
    crypto: nodeCrypto,
    cache: { ...cache, retain: (next) => void (isNamed = next) },
    now: () => NOW,
  });
  for (const name of ["first", "second"]) {
    await repository.publish({ rose: [releaseOf("1.0.0", { files: [file(name)] })] });
    await client.refresh();
    expect(["first", "second"].filter((it) => isNamed(digestOf(it)))).toEqual([name]);
  }
});
