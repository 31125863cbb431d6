import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryBlobs } from "../../src/client/cache/blobs.ts";
import { boundedCache } from "../../src/client/cache/boundedCache.ts";
import { ClientError } from "../../src/client/error.ts";
import { addresses } from "../../src/client/load/addresses.ts";
import { type ChainWatch, type Loaded, Loader } from "../../src/client/load/loader.ts";
import type { Network } from "../../src/client/load/prefetch.ts";
import type { Fetch, FetchOptions, FetchResult, ObjectCache } from "../../src/client/ports.ts";
import { digestOf, nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import type { ObjectFile } from "../../src/wire/catalog.ts";
import { objectKey } from "../../src/wire/keys.ts";
import { type Resolution, resolve } from "../../src/wire/resolve.ts";
import { catalogOf, EVERY_APP, releaseOf, viewerOf } from "../wire/catalogOf.ts";
import { ManualTimers, settle } from "./manualTimers.ts";
import { encode } from "./repositoryOf.ts";

/** What an address does with one question. */
type Behaviour = (right: Uint8Array, options: FetchOptions) => Promise<FetchResult>;

const cut = (message: string) => new ClientError("network", message);

/** Right as far as it goes, with the part that was asked for, and a break after so many more bytes. */
const breaksAfter =
  (more: number): Behaviour =>
  async (right, { from = 0, onPiece }) => {
    onPiece?.(right.slice(from, from + more), from);
    throw cut("it broke off");
  };

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  right: async (bytes) => ({ kind: "body", bytes }),
  rest: async (bytes, { from = 0 }) => ({ kind: "body", bytes: bytes.slice(from), from }),
  restFromElsewhere: async (bytes, { from = 0 }) => ({ kind: "body", bytes: bytes.slice(1), from: from + 1 }),
  wrong: async (bytes) => ({ kind: "body", bytes: bytes.map((it) => it ^ 1) }),
  wrongRest: async (bytes, { from = 0 }) => ({
    kind: "body",
    bytes: bytes.slice(from).map((it) => it ^ 1),
    from,
  }),
  longer: async (bytes) => ({ kind: "body", bytes: new Uint8Array([...bytes, 1, 2, 3]) }),
  shorter: async (bytes) => ({ kind: "body", bytes: bytes.slice(1) }),
  empty: async () => ({ kind: "body", bytes: new Uint8Array() }),
  garbagePieces: async (_, { onPiece }) => {
    for (const [length, at] of [
      [3, 0],
      [9_000, 2],
      [3, -1],
      [3, Number.NaN],
      [3, 0.5],
    ] as const)
      onPiece?.(new Uint8Array(length).fill(7), at);
    throw cut("it broke off");
  },
  breaksEarly: breaksAfter(1),
  breaksLate: breaksAfter(1_000),
  missing: async () => ({ kind: "missing" }),
  notModified: async () => ({ kind: "not_modified" }),
  tooLarge: async () => {
    throw new ClientError("too_large", "longer than it may be");
  },
  down: async () => {
    throw cut("no answer");
  },
  broken: () => Promise.reject(new TypeError("the app's own fetch fails")),
  throws: () => {
    throw new TypeError("at once");
  },
};

function objectOf(text: string): { file: ObjectFile; bytes: Uint8Array } {
  const bytes = encode(text);
  const file = {
    role: "animation",
    mediaType: "image/webp",
    digest: digestOf(bytes),
    bytes: bytes.length,
  } as const;
  return { file, bytes };
}

function resolutionOf(...files: readonly ObjectFile[]): Resolution {
  const releases = files.map((file, at) => releaseOf(`1.0.${files.length - at}`, { files: [file] }));
  return resolve(catalogOf({ rose: releases }), [], viewerOf(), "rose");
}

/** An edge that does one thing after the other, and then what is right; and what it was asked. */
function edgeOf(
  objects: readonly { file: ObjectFile; bytes: Uint8Array }[],
  script: readonly Behaviour[] = [],
) {
  const asked: FetchOptions[] = [];
  const byKey = new Map(objects.map(({ file, bytes }) => [objectKey(file.digest, file.mediaType), bytes]));
  const steps = [...script];
  const fetch: Fetch = (key, options) => {
    asked.push(options);
    const next = steps.shift() ?? BEHAVIOURS["rest"];
    const right = byKey.get(key);
    if (!next || !right) return Promise.resolve({ kind: "missing" });
    return next(right, options);
  };
  return { asked, fetch };
}

describe("whatever the network does", () => {
  test("a player gets only bytes with the right digest, the cache keeps no others, and every load ends", async () => {
    const anyName = fc.constantFrom(...Object.keys(BEHAVIOURS));
    await fc.assert(
      fc.asyncProperty(fc.array(anyName, { maxLength: 24 }), anyName, async (names, forEver) => {
        const objects = ["the newer animation", "the older one"].map(objectOf);
        const behaviours = names.flatMap((name) => BEHAVIOURS[name] ?? []);
        const always = BEHAVIOURS[forEver] ?? breaksAfter(1);
        const { asked, fetch } = edgeOf(objects, [
          ...behaviours,
          ...Array.from({ length: 50 }, () => always),
        ]);
        const blobs = memoryBlobs();
        const cache = boundedCache(blobs, { maxBytes: 1_000 });
        const loader = new Loader({ fetch, crypto: nodeCrypto, cache });
        const loaded = await loader.load(resolutionOf(...objects.map(({ file }) => file)));

        for (const { digest, content } of loaded.files) expect(digestOf(content)).toBe(digest);
        await settle();
        for (const { name } of await blobs.list())
          if (name !== "order") expect(digestOf((await blobs.read(name)) ?? "")).toBe(name);
        expect(asked.length).toBeLessThanOrEqual(2 * 6);
        if (loaded.link.kind === "default") expect(loaded.failed).toHaveLength(2);
        else expect(loaded.files).toHaveLength(1);
      }),
      { numRuns: 400 },
    );
  });

  test("a cache and what the app ships may hold anything: only the object itself is taken from them", async () => {
    const anyBytes = fc.option(fc.constantFrom("rose", "nose", "", "rose and more"));
    await fc.assert(
      fc.asyncProperty(anyBytes, anyBytes, async (cached, shipped) => {
        const object = objectOf("rose");
        const { asked, fetch } = edgeOf([object]);
        const cache: ObjectCache = {
          get: async () => (cached === null ? null : encode(cached)),
          put: async () => {},
        };
        const bundled = async (name: string) => {
          expect(name).toBe(`objects/${object.file.digest}`);
          return shipped === null ? null : encode(shipped);
        };
        const loader = new Loader({ fetch, crypto: nodeCrypto, cache, bundled });
        const { files } = await loader.load(resolutionOf(object.file));
        expect(files[0]?.content).toEqual(object.bytes);
        expect(asked).toHaveLength(cached === "rose" || shipped === "rose" ? 0 : 1);
      }),
    );
  });
});

describe("an answer that breaks off", () => {
  test("is gone on with where it ended, and no byte is asked for twice", async () => {
    const object = objectOf("0123456789");
    const { asked, fetch } = edgeOf([object], [breaksAfter(4), breaksAfter(3)]);
    const { files } = await new Loader({ fetch, crypto: nodeCrypto }).load(resolutionOf(object.file));
    expect(files[0]?.content).toEqual(object.bytes);
    expect(asked.map(({ from }) => from)).toEqual([undefined, 4, 7]);
  });

  test("is begun again when its beginning was wrong, past the caches, and nobody is blamed who only gave the rest", async () => {
    const object = objectOf("0123456789");
    const wrongBeginning: Behaviour = async (_, { onPiece }) => {
      onPiece?.(encode("xxxx"), 0);
      throw cut("it broke off");
    };
    const { asked, fetch } = edgeOf([object], [wrongBeginning]);
    const { files } = await new Loader({ fetch, crypto: nodeCrypto }).load(resolutionOf(object.file));
    expect(files[0]?.content).toEqual(object.bytes);
    expect(asked.map(({ from, revalidate, attempt }) => [from, revalidate, attempt])).toEqual([
      [undefined, undefined, undefined],
      [4, undefined, undefined],
      [undefined, true, undefined],
    ]);
  });

  test("with a wrong beginning, time after time, keeps no one from the object that another address has", async () => {
    const object = objectOf("0123456789");
    let asked = 0;
    const hostile: Fetch = async (_, { onPiece }) => {
      asked++;
      onPiece?.(encode("xxxx"), 0);
      throw cut("it broke off");
    };
    const { fetch: good } = edgeOf([object], []);
    for (const list of [
      [hostile, good],
      [good, hostile],
    ]) {
      const fetch = addresses(list, { timers: new ManualTimers(), random: () => 0 });
      const { files } = await new Loader({ fetch, crypto: nodeCrypto }).load(resolutionOf(object.file));
      expect(files[0]?.content).toEqual(object.bytes);
    }
    expect(asked).toBeGreaterThan(0);
  });

  test("again and again, with a little each time, is given up", async () => {
    const object = objectOf("0123456789".repeat(10));
    const { asked, fetch } = edgeOf(
      [object],
      Array.from({ length: 50 }, () => breaksAfter(1)),
    );
    const { link, failed } = await new Loader({ fetch, crypto: nodeCrypto }).load(resolutionOf(object.file));
    expect([link.kind, asked.length]).toEqual(["default", 6]);
    expect(failed).toMatchObject([{ error: { code: "network" } }]);
  });
});

describe("many at once", () => {
  test("1,000 loads of 50 objects download each once, and everyone has bytes of their own", async () => {
    const objects = Array.from({ length: 50 }, (_, at) => objectOf(`gift ${at}`));
    const { asked, fetch } = edgeOf(objects);
    const loader = new Loader({ fetch, crypto: nodeCrypto });
    const loads = await Promise.all(
      Array.from({ length: 1_000 }, (_, at) => {
        const object = objects[at % 50];
        if (!object) throw new Error("there is no such object");
        return loader.load(resolutionOf(object.file));
      }),
    );
    expect(asked).toHaveLength(50);
    const contents = loads.map(({ files }) => files[0]?.content);
    contents[0]?.fill(0);
    expect(contents[50]).toEqual(objects[0]?.bytes);
    expect(new Set(contents.map((it) => it?.buffer)).size).toBe(1_000);
  });

  test("share the error too, which is not remembered", async () => {
    const object = objectOf("rose");
    const { down } = BEHAVIOURS;
    if (!down) throw new Error("there is no such behaviour");
    const { asked, fetch } = edgeOf([object], [down, down]);
    const loader = new Loader({ fetch, crypto: nodeCrypto });
    const load = () => loader.load(resolutionOf(object.file));
    const both = await Promise.all([load(), load()]);
    expect(both.map(({ link }) => link.kind)).toEqual(["default", "default"]);
    expect(asked).toHaveLength(2);
    expect((await load()).link.kind).toBe("release");
  });

  test("the files of one link come beside each other", async () => {
    const objects = ["moves", "sparkles"].map(objectOf);
    const [moves, sparkles] = objects;
    if (!moves || !sparkles) throw new Error("there are two objects");
    const catalog = catalogOf({
      rose: [releaseOf("1.0.0", { files: [moves.file], requires: { kit: EVERY_APP } })],
      kit: [releaseOf("1.0.0", { files: [sparkles.file] })],
    });
    let under = 0;
    let most = 0;
    const { fetch } = edgeOf(objects);
    const watched: Fetch = async (key, options) => {
      most = Math.max(most, ++under);
      await settle();
      under--;
      return fetch(key, options);
    };
    const { files } = await new Loader({ fetch: watched, crypto: nodeCrypto }).load(
      resolve(catalog, [], viewerOf(), "rose"),
    );
    expect([files.length, most]).toEqual([2, 2]);
  });
});

describe("the next link", () => {
  const [newer, older] = [objectOf("newer"), objectOf("older")];
  const chain = resolutionOf(newer.file, older.file);
  const versionOf = ({ link }: Loaded) => (link.kind === "default" ? "default" : link.version);

  test("comes without asking again, to the default, and goes on saying the default", async () => {
    const { asked, fetch } = edgeOf([newer, older]);
    const first = await new Loader({ fetch, crypto: nodeCrypto }).load(chain);
    const second = await first.next(new Error("cannot decode"));
    const third = await second.next(new Error("cannot decode"));
    const last = await third.next(new Error("no screen"));
    expect([first, second, third, last].map(versionOf)).toEqual(["1.0.2", "1.0.1", "default", "default"]);
    expect(third.failed).toMatchObject([
      { link: { version: "1.0.2" }, error: { message: "cannot decode" } },
      { link: { version: "1.0.1" } },
    ]);
    expect(asked).toHaveLength(2);
    expect(await first.next(new Error("again"))).toBe(second);
  });

  test("is what is left when an override came while the bytes were on their way", async () => {
    const { fetch } = edgeOf([newer, older]);
    let answer = chain;
    const slow: Fetch = async (key, options) => {
      const result = await fetch(key, options);
      answer = resolutionOf(older.file);
      return result;
    };
    const shown: string[] = [];
    const told: unknown[] = [];
    const loaded = await new Loader({ fetch: slow, crypto: nodeCrypto }).play(
      () => answer,
      (it) => void shown.push(versionOf(it)),
      watchInto(told),
    );
    expect(shown).toEqual(["1.0.1"]);
    expect(versionOf(loaded)).toBe("1.0.1");
    expect(told.at(-1)).toEqual(["shown", 1]);
  });

  test("is never one that failed before, even where a new answer begins with it", async () => {
    const { fetch } = edgeOf([newer, older]);
    const shown: string[] = [];
    await new Loader({ fetch, crypto: nodeCrypto }).play(
      () => chain,
      (it) => {
        shown.push(versionOf(it));
        throw new Error("cannot decode");
      },
    );
    expect(shown).toEqual(["1.0.2", "1.0.1", "default"]);
  });

  test("stays the one that is loaded while it still is among what the viewer may see", async () => {
    const newest = objectOf("newest");
    const { asked, fetch } = edgeOf([newest, newer, older]);
    const answers = [chain, resolutionOf(newest.file, newer.file, older.file)];
    const same = (it: Resolution): Resolution => ({
      ...it,
      chain: it.chain.map((link) => (link.kind === "release" ? { ...link, version: "1.0.0" } : link)),
    });
    const loaded = await new Loader({ fetch, crypto: nodeCrypto }).play(() => same(answers.shift() ?? chain));
    expect([loaded.files[0]?.digest, asked.length]).toEqual([newer.file.digest, 1]);
  });

  test("is the default where the answer never stays the same", async () => {
    const { fetch } = edgeOf([newer, older]);
    let turn = 0;
    const loaded = await new Loader({ fetch, crypto: nodeCrypto }).play(() =>
      turn++ % 2 === 0 ? resolutionOf(newer.file) : resolutionOf(older.file, older.file),
    );
    expect(versionOf(loaded)).toBe("default");
  });

  test("is told with its place in the first chain", async () => {
    const { fetch } = edgeOf([newer, older]);
    const told: unknown[] = [];
    await new Loader({ fetch, crypto: nodeCrypto }).play(
      () => chain,
      ({ failed }, report) => {
        if (failed.length === 0) throw new Error("cannot decode");
        report.firstFrame();
        report.frames(10, 1);
      },
      watchInto(told),
    );
    expect(told).toEqual([
      ["loaded", 0],
      ["failed", 0, "play"],
      ["loaded", 1],
      ["firstFrame", 1],
      ["frames", 1, 10, 1],
      ["shown", 1],
    ]);
  });
});

function watchInto(told: unknown[]): ChainWatch {
  return {
    loaded: (at) => void told.push(["loaded", at]),
    failed: (at, phase) => void told.push(["failed", at, phase]),
    shown: (at) => void told.push(["shown", at]),
    firstFrame: (at) => void told.push(["firstFrame", at]),
    frames: (at, frames, dropped) => void told.push(["frames", at, frames, dropped]),
  };
}

describe("fetching ahead", () => {
  const small = objectOf("s");
  const middle = objectOf("mmmmm");
  const large = objectOf("llllllllll");
  const all = [large, middle, small];
  const wanted = all.map(({ file }) => ({ resolution: resolutionOf(file) }));

  function world(script: readonly Behaviour[] = []) {
    const { asked, fetch } = edgeOf(all, script);
    const blobs = memoryBlobs();
    const cache = boundedCache(blobs, { maxBytes: 1_000 });
    const held = async () => {
      await settle();
      return all
        .filter((_, at) => names.includes(all[at]?.file.digest ?? ""))
        .map(({ bytes }) => bytes.length);
    };
    let names: string[] = [];
    const heldSizes = async () => {
      await settle();
      names = (await blobs.list()).map(({ name }) => name);
      return held();
    };
    return { asked, loader: new Loader({ fetch, crypto: nodeCrypto, cache }), heldSizes };
  }

  test("brings what is wanted most first, and passes over what does not fit", async () => {
    const { loader, heldSizes } = world();
    const withPriority = wanted.map((it, at) => ({ ...it, priority: at === 1 ? 9 : 0 }));
    expect(await loader.prefetch(withPriority, { maxBytes: 7 })).toEqual({
      ready: 2,
      bytes: 6,
      ended: "done",
    });
    expect(await heldSizes()).toEqual([5, 1]);
  });

  test("takes nothing again that is at hand", async () => {
    const { asked, loader } = world();
    await loader.prefetch(wanted, { maxBytes: 100 });
    expect(await loader.prefetch(wanted, { maxBytes: 0 })).toEqual({ ready: 3, bytes: 0, ended: "done" });
    expect(asked).toHaveLength(3);
  });

  test.each<[Network, number]>([
    ["wifi", 16],
    ["cellular", 0],
    ["saver", 0],
    ["offline", 0],
  ])("on %s takes %i bytes, unless the app says otherwise", async (network, bytes) => {
    const { loader } = world();
    expect(await loader.prefetch(wanted, { maxBytes: 100, network: () => network })).toMatchObject({ bytes });
    const own = { maxBytes: 100, network: () => network, maxBytesOn: () => 1 };
    expect((await world().loader.prefetch(wanted, own)).bytes).toBe(1);
  });

  test("stops when it is told, and when there is no network", async () => {
    const signal = { aborted: false };
    const { asked, loader } = world([
      async (bytes) => {
        signal.aborted = true;
        return { kind: "body", bytes };
      },
    ]);
    expect(await loader.prefetch(wanted, { maxBytes: 100, signal })).toMatchObject({ ended: "stopped" });
    expect(asked).toHaveLength(1);
    const { down } = BEHAVIOURS;
    const offline = world(down ? [down, down] : []);
    expect(await offline.loader.prefetch(wanted, { maxBytes: 100 })).toEqual({
      ready: 0,
      bytes: 0,
      ended: "network",
    });
  });

  test("waits while a play is loaded", async () => {
    let release = () => {};
    const held: Behaviour = async (bytes) => {
      await new Promise<void>((resolve) => (release = resolve));
      return { kind: "body", bytes };
    };
    const { asked, loader } = world([held]);
    const play = loader.load(resolutionOf(large.file));
    await settle();
    const ahead = loader.prefetch([{ resolution: resolutionOf(small.file) }], { maxBytes: 100 });
    await settle();
    expect(asked).toHaveLength(1);
    release();
    await Promise.all([play, ahead]);
    expect(asked).toHaveLength(2);
  });
});
