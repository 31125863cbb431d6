import { beforeEach, describe, expect, test } from "vitest";
import type { Fetch, FetchOptions, FetchResult, ReadBundled } from "../../src/client/ports.ts";
import { ClientError } from "../../src/client/error.ts";
import { Updater, type UpdaterOptions } from "../../src/client/update/updater.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { makeTimestamp } from "../../src/trust/sign.ts";
import { metadataKey, TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { type Gifts, overrideOf, releaseOf } from "../wire/catalogOf.ts";
import {
  encode,
  HOUR,
  type MemoryStore,
  memoryStore,
  newSigner,
  NOW,
  offline,
  Repository,
  tampered,
} from "./repositoryOf.ts";

const OLD: Gifts = { rose: [releaseOf("1.0.0")] };
const NEW: Gifts = { rose: [releaseOf("1.1.0"), releaseOf("1.0.0")] };
const DAY = 24 * HOUR;
const ROOT_2 = metadataKey("root", 2);

let repository: Repository;
beforeEach(async () => {
  repository = await Repository.create();
  await repository.publish(OLD);
});

function open(options: Partial<UpdaterOptions> = {}): Promise<Updater> {
  return Updater.open({
    tier: "mid",
    root: repository.trustedRoot,
    fetch: repository.fetch,
    crypto: nodeCrypto,
    now: () => NOW,
    ...options,
  });
}

async function opened(options: Partial<UpdaterOptions> = {}): Promise<Updater> {
  const updater = await open(options);
  await updater.refresh();
  repository.forgetQuestions();
  return updater;
}

const newest = (updater: Updater) => updater.state.catalog.get("rose")?.releases[0]?.release.version;

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => (error instanceof ClientError ? error.code : error),
  );

/** An address that says what time it is. */
function dated(now: () => number | undefined, fetch: Fetch = repository.fetch): Fetch {
  return async (key, options) => {
    const result = await fetch(key, options);
    const date = now();
    return result.kind === "missing" || date === undefined ? result : { ...result, date };
  };
}

/** As it was exported at one moment. */
function bundle(root = repository.bytesOf(metadataKey("root", repository.root.version))): ReadBundled {
  const { generation } = repository;
  const files = new Map([
    ["root.json", root],
    ["timestamp.json", repository.bytesOf(TIMESTAMP_KEY)],
    ["snapshot.json", repository.bytesOf(metadataKey("snapshot", generation))],
    ["targets.json", repository.bytesOf(metadataKey("targets", generation))],
    ["catalog.mid.jsonl", repository.bytesOf(repository.catalogKey("mid"))],
  ]);
  return async (name) => files.get(name) ?? null;
}

describe("a device's clock", () => {
  const WRONG = 400 * DAY;

  test.each([
    ["ahead", WRONG],
    ["behind", -WRONG],
  ])("that is %s by a year locks nobody out where the address says what time it is", async (_, wrong) => {
    const updater = await open({ now: () => NOW + wrong, fetch: dated(() => NOW) });
    expect(await updater.refresh()).toBe(true);
    expect(updater.state.expired).toBe(false);
    await repository.publish(NEW);
    expect(await updater.refresh()).toBe(true);
    expect(newest(updater)).toBe("1.1.0");
  });

  test("that is behind lets in nothing that has expired by the address's clock", async () => {
    const updater = await open({ now: () => NOW, fetch: dated(() => NOW + 49 * HOUR) });
    expect(await codeOf(updater.refresh())).toBe("expired");
    expect(updater.state).toMatchObject({ generation: 0, revision: 0, expired: true });
  });

  test("alone counts where the address does not say", async () => {
    const updater = await open({ now: () => NOW + 49 * HOUR, fetch: dated(() => undefined) });
    expect(await codeOf(updater.refresh())).toBe("expired");
  });

  test("goes on from the address's when an answer was stored somewhere and brings its own time along", async () => {
    let now = NOW + WRONG;
    const updater = await open({ now: () => now, fetch: dated(() => NOW) });
    await updater.refresh();
    // The same answer, of the same time, over and over: a freeze.
    now += 49 * HOUR;
    expect(await codeOf(updater.refresh())).toBe("expired");
    expect([newest(updater), updater.state.expired]).toEqual(["1.0.0", true]);
  });

  test("is not put forward for good by an address that is wrong: the next right one is believed", async () => {
    let date = NOW + WRONG;
    const updater = await open({ fetch: dated(() => date) });
    expect(await codeOf(updater.refresh())).toBe("expired");
    date = NOW;
    expect(await updater.refresh()).toBe(true);
    expect(updater.state.expired).toBe(false);
  });

  test("goes by honest addresses again after one that ran ahead was believed once", async () => {
    for (const wrong of [0, -WRONG]) {
      let [real, date] = [NOW, NOW + 40 * HOUR];
      const updater = await open({ now: () => real + wrong, fetch: dated(() => date) });
      await updater.refresh();
      real += 10 * HOUR;
      date = real;
      expect(await updater.refresh()).toBe(false);
      expect(updater.state.expired).toBe(false);
    }
  });

  test("may be changed while the app runs", async () => {
    let [device, real] = [NOW, NOW];
    const updater = await open({ now: () => device, fetch: dated(() => real) });
    await updater.refresh();
    device += WRONG;
    real += HOUR;
    expect(await updater.refresh()).toBe(false);
    device -= 2 * WRONG;
    real += HOUR;
    expect(await updater.refresh()).toBe(false);
  });
});

describe("what has expired", () => {
  test("leaves the last catalog and overrides, lets nothing new in, and is said in the state until it is over", async () => {
    await repository.publishOverrides([overrideOf("rose")]);
    let now = NOW;
    const updater = await opened({ now: () => now });
    const before = updater.state;
    now += 49 * HOUR;
    await repository.publish(NEW, []);
    expect(await codeOf(updater.refresh())).toBe("expired");
    expect(updater.state).toEqual({ ...before, expired: true });
    const { state } = updater;
    expect(await codeOf(updater.refresh())).toBe("expired");
    expect(updater.state).toBe(state);
    await repository.publishOverrides([], now);
    expect(await updater.refresh()).toBe(true);
    expect(updater.state).toMatchObject({ expired: false, generation: 2, overrides: [] });
  });
});

describe("the next root", () => {
  test("is asked for with the first refresh, and then once a day, however wrong the clock goes", async () => {
    let now = NOW;
    await repository.publishOverrides([], NOW + 10 * DAY);
    const updater = await open({ now: () => now });
    const asks = async () => {
      repository.forgetQuestions();
      await updater.refresh();
      return repository.asked.includes(ROOT_2);
    };
    expect(await asks()).toBe(true);
    now += DAY - 1;
    expect(await asks()).toBe(false);
    now += 1;
    expect(await asks()).toBe(true);
    now -= 3 * DAY;
    expect(await asks()).toBe(true);
    expect(await asks()).toBe(false);
  });

  test("is asked for every time when the client is strict, and what is wrong with it ends the refresh", async () => {
    const updater = await opened({ strict: true });
    await updater.refresh();
    expect(repository.asked).toEqual([ROOT_2, TIMESTAMP_KEY]);
    repository.files.set(ROOT_2, encode("<!doctype html>"));
    await repository.publishOverrides([overrideOf("rose")]);
    expect(await codeOf(updater.refresh())).toBe("schema");
    expect(updater.state.revision).toBe(1);
  });

  test("that an address has wrong holds up no override, and is reported", async () => {
    repository.files.set(ROOT_2, encode("<!doctype html>"));
    await repository.publishOverrides([overrideOf("rose")]);
    const updater = await open();
    expect(await codeOf(updater.refresh())).toBe("schema");
    expect(updater.state).toMatchObject({ revision: 2, generation: 1 });
    repository.files.delete(ROOT_2);
    expect(await updater.refresh()).toBe(false);
  });

  test("that cannot be asked for is no reason to fail, and is asked for again some minutes later", async () => {
    let now = NOW;
    const updater = await open({
      now: () => now,
      fetch: (key, options) => {
        repository.asked.push(key);
        return offline(repository.fetch, (it) => it === ROOT_2)(key, options);
      },
    });
    const asks = async () => {
      repository.forgetQuestions();
      await updater.refresh();
      return repository.asked.includes(ROOT_2);
    };
    expect(await asks()).toBe(true);
    now += 10 * 60_000;
    expect(await asks()).toBe(false);
    now += 10 * 60_000;
    expect(await asks()).toBe(true);
    expect(await asks()).toBe(false);
  });

  test("holds up no override after the first refresh, though an address never answers for it", async () => {
    let now = NOW;
    let isAsked = () => {};
    const asked = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    const updater = await opened({
      now: () => now,
      fetch: (key, options) => {
        if (now === NOW || key !== ROOT_2) return repository.fetch(key, options);
        isAsked();
        return new Promise(() => {});
      },
    });
    now += DAY;
    await repository.publishOverrides([overrideOf("rose")], now);
    void updater.refresh();
    await asked;
    expect(updater.state.overrides).toEqual([overrideOf("rose")]);
  });

  test("found once a day has all asked for again that old keys signed", async () => {
    let now = NOW;
    const updater = await opened({ now: () => now });
    await repository.rotate("release");
    repository.revision = 0;
    repository.generation = 0;
    await repository.publish(NEW);
    expect(await updater.refresh()).toBe(false);
    now += DAY;
    expect(await updater.refresh()).toBe(true);
    expect(newest(updater)).toBe("1.1.0");
  });

  test("takes old keys out of trust once a newer root is known; asked for strictly, before what they sign is looked at", async () => {
    const stolen = repository.keys.timestamp;
    await repository.rotate("timestamp");
    await repository.publishOverrides([]);
    const content = { version: 9, snapshot: { version: 1 }, pollSeconds: 60, commit: "", overrides: [] };
    await repository.signTimestamp(makeTimestamp(content, NOW), stolen);
    const updater = await open();
    await updater.refresh();
    expect(await codeOf(updater.refresh())).toBe("signature");
    const strict = await open({ strict: true });
    expect(await codeOf(strict.refresh())).toBe("signature");
    expect(strict.state.revision).toBe(0);
  });
});

describe("an address that is of no use", () => {
  /** The first address answers so; asked again, another one answers as it should. */
  function second(first: (key: string) => FetchResult | null): { fetch: Fetch; attempts: string[] } {
    const attempts: string[] = [];
    const fetch: Fetch = async (key, options: FetchOptions) => {
      if (!options.attempt) return first(key) ?? repository.fetch(key, options);
      attempts.push(key);
      return repository.fetch(key, options);
    };
    return { fetch, attempts };
  }

  test("since it lags behind does not keep a client back when another one does not", async () => {
    const bytes = repository.bytesOf(TIMESTAMP_KEY);
    await repository.publishOverrides([]);
    const store = memoryStore();
    await opened({ store });
    await repository.publishOverrides([overrideOf("rose")]);
    const { fetch, attempts } = second((key) => (key === TIMESTAMP_KEY ? { kind: "body", bytes } : null));
    const updater = await open({ store, fetch });
    expect(await updater.refresh()).toBe(true);
    expect(updater.state.revision).toBe(3);
    expect(attempts).toEqual([TIMESTAMP_KEY]);
  });

  test.each([
    [
      "has a file with one letter changed",
      (bytes: Uint8Array): FetchResult => ({ kind: "body", bytes: tampered(bytes, "1", "2") }),
    ],
    ["has no file at all", (): FetchResult => ({ kind: "missing" })],
    ["answers a page", (): FetchResult => ({ kind: "body", bytes: encode("<!doctype html>") })],
  ])("since it %s is passed over for another one", async (_, answer) => {
    const keys = [
      TIMESTAMP_KEY,
      metadataKey("snapshot", 1),
      metadataKey("targets", 1),
      repository.catalogKey("mid"),
    ];
    for (const wrong of keys) {
      const { fetch, attempts } = second((key) => (key === wrong ? answer(repository.bytesOf(key)) : null));
      const updater = await open({ fetch });
      expect(await updater.refresh()).toBe(true);
      expect([newest(updater), attempts]).toEqual(["1.0.0", [wrong]]);
    }
  });

  test("since it says that nothing changed, to who has nothing, is asked again without an ETag", async () => {
    const { fetch, attempts } = second((key) => (key === TIMESTAMP_KEY ? { kind: "not_modified" } : null));
    const updater = await open({ fetch });
    expect(await updater.refresh()).toBe(true);
    expect([updater.state.revision, attempts]).toEqual([1, [TIMESTAMP_KEY]]);
    expect(repository.etags.every((it) => it === null)).toBe(true);
    const stubborn = await open({
      fetch: async (key, options) =>
        key === TIMESTAMP_KEY ? { kind: "not_modified" } : repository.fetch(key, options),
    });
    expect(await codeOf(stubborn.refresh())).toBe("missing");
  });
});

describe("what an app ships inside", () => {
  test("is begun with, also long after it expired, and the network's newer state is taken up by delta", async () => {
    await repository.publishOverrides([overrideOf("kit")]);
    const bundled = bundle();
    const now = () => NOW + 1_000 * DAY;
    const updater = await open({ bundled, now, fetch: offline(repository.fetch) });
    expect(updater.state).toMatchObject({ generation: 1, revision: 2, expired: false });
    expect([newest(updater), updater.state.overrides.length]).toEqual(["1.0.0", 1]);
    expect(await codeOf(updater.refresh())).toBe("network");
    await repository.publish(NEW, []);
    const online = await open({ bundled });
    repository.forgetQuestions();
    expect(await online.refresh()).toBe(true);
    expect(repository.asked.at(-2)).toBe(repository.deltaKeyTo("mid"));
    expect(online.state).toMatchObject({ generation: 2, revision: 3, overrides: [] });
  });

  test("gives way to a newer stored state, and an older stored state to it", async () => {
    const older = bundle();
    const store = memoryStore();
    await opened({ store });
    await repository.publish(NEW);
    const newer = bundle();
    expect(newest(await open({ store, bundled: newer }))).toBe("1.1.0");
    await opened({ store });
    expect((await open({ store, bundled: older })).state).toMatchObject({ generation: 2, revision: 2 });
  });

  test("stands in for a stored catalog of the same timestamp that was evicted", async () => {
    const bundled = bundle();
    const store = memoryStore();
    await opened({ store });
    store.files.delete("catalog");
    expect((await open({ store })).state).toMatchObject({ generation: 0, revision: 1 });
    expect(newest(await open({ store, bundled }))).toBe("1.0.0");
  });

  test("does not play an older catalog over a newer timestamp, which may have forgotten its stops", async () => {
    const bundled = bundle();
    const store = memoryStore();
    await repository.publish({});
    await opened({ store });
    store.files.delete("catalog");
    const updater = await open({ store, bundled });
    expect(updater.state).toMatchObject({ generation: 0, revision: 2 });
  });

  test("keeps the stops of an older stored state that it does not carry", async () => {
    const store = memoryStore();
    const stop = overrideOf("rose", { id: "stop/rose", origin: "stop", untilGeneration: 3 });
    await repository.publishOverrides([stop]);
    await opened({ store });
    await repository.publish(NEW, []);
    const updater = await open({ store, bundled: bundle() });
    expect(updater.state).toMatchObject({ generation: 2, revision: 3, overrides: [stop] });
  });

  test("brings a newer root along, under which nothing counts that old keys signed", async () => {
    const store = memoryStore();
    await opened({ store });
    await repository.rotate("timestamp", "release");
    repository.generation = 0;
    repository.revision = 0;
    await repository.publish({ rose: [releaseOf("7.0.0")] });
    const updater = await open({ store, bundled: bundle() });
    expect([updater.state.revision, newest(updater)]).toEqual([1, "7.0.0"]);
  });

  test("brings a root along over several rotations when the trusted keys have signed that, too", async () => {
    const first = repository.keys.root;
    await repository.rotate("timestamp");
    await repository.rotate("root");
    await repository.signRoot([first, repository.keys.root]);
    await repository.publish(NEW);
    expect(newest(await open({ bundled: bundle() }))).toBe("1.1.0");
  });

  test("is none of it under a root that the trusted keys have not signed, however new and whole", async () => {
    const other = await Repository.create();
    other.root = { ...other.root, version: 9 };
    await other.signRoot([other.keys.root]);
    await other.publish({ rose: [releaseOf("6.6.6")] });
    const own = repository;
    repository = other;
    const bundled = bundle();
    repository = own;
    const updater = await open({ bundled });
    expect(updater.state).toMatchObject({ generation: 0, revision: 0 });
    expect(await updater.refresh()).toBe(true);
    expect(newest(updater)).toBe("1.0.0");
  });

  test.each(["timestamp.json", "snapshot.json", "targets.json", "catalog.mid.jsonl", "root.json"])(
    "is verified: a changed %s is none of it",
    async (name) => {
      const whole = bundle();
      const bundled: ReadBundled = async (it) => {
        const bytes = await whole(it);
        return bytes && it === name
          ? bytes.map((byte, at) => (at === bytes.length - 9 ? byte ^ 1 : byte))
          : bytes;
      };
      const updater = await open({ bundled });
      // The app's own root is there besides.
      expect(updater.state.generation).toBe(name === "root.json" ? 1 : 0);
      expect(await updater.refresh()).toBe(name !== "root.json");
      expect(newest(updater)).toBe("1.0.0");
    },
  );

  test.each([
    ["only a newer timestamp", () => repository.publishOverrides([overrideOf("rose")])],
    ["a newer generation of the same catalog", () => repository.publish(OLD, [overrideOf("rose")])],
  ])("is there after a restart without it and offline when a refresh brought %s", async (_, publish) => {
    const bundled = bundle();
    const store = memoryStore();
    await publish();
    const { state } = await opened({ store, bundled });
    expect(state.revision).toBe(2);
    const restarted = await open({ store, fetch: offline(repository.fetch) });
    expect({ ...restarted.state, catalog: null }).toEqual({ ...state, catalog: null });
    expect(newest(restarted)).toBe("1.0.0");
    const again = await open({ store, bundled, fetch: offline(repository.fetch) });
    expect(newest(again)).toBe("1.0.0");
  });

  test("may not be there, or not be readable", async () => {
    for (const bundled of [async () => null, () => Promise.reject(new Error("no such asset"))]) {
      const updater = await open({ bundled });
      expect(await updater.refresh()).toBe(true);
    }
  });
});

describe("a storage", () => {
  const stop = overrideOf("rose", { id: "stop/rose", origin: "stop", untilGeneration: 3 });

  test.each([
    ["lost its timestamp", (store: MemoryStore) => store.files.delete("timestamp")],
    ["damaged its timestamp", (store: MemoryStore) => store.files.set("timestamp", encode("{"))],
  ])("that %s has its stops still, over what the app ships inside", async (_, harm) => {
    const bundled = bundle();
    const store = memoryStore();
    await repository.publishOverrides([stop]);
    await opened({ store });
    harm(store);
    const { state } = await open({ store, bundled });
    expect(state).toMatchObject({ generation: 1, revision: 1, overrides: [stop] });
  });

  test("that fails between a stop and its timestamp has the stop", async () => {
    const store = memoryStore();
    const write = async (name: string, bytes: Uint8Array) => {
      if (name === "timestamp") throw new Error("the disk is full");
      await store.write(name, bytes);
    };
    await opened({ store });
    await repository.publishOverrides([stop]);
    await opened({ store: { ...store, write } });
    expect((await open({ store })).state).toMatchObject({ revision: 1, overrides: [stop] });
  });

  test.each([
    ["has lost", null, 0],
    ["cannot read", encode("{"), 0],
    ["has", encode("[]"), 1],
  ])(
    "that %s its stops: an older catalog than the timestamp's is begun with or not",
    async (_, stops, generation) => {
      const store = memoryStore();
      await opened({ store });
      await repository.publish(NEW, []);
      const updater = await open({ store, fetch: offline(repository.fetch, (key) => key !== TIMESTAMP_KEY) });
      await updater.refresh().catch(() => {});
      if (stops) store.files.set("overrides", stops);
      else store.files.delete("overrides");
      expect((await open({ store })).state).toMatchObject({ revision: 2, generation });
    },
  );

  test("that takes nothing, as in private windows, or gives nothing, stops no update", async () => {
    const broken = () => Promise.reject(new Error("the quota is 0"));
    for (const store of [
      { read: broken, write: broken },
      { ...memoryStore(0), read: broken },
    ]) {
      const updater = await open({ store });
      expect(await updater.refresh()).toBe(true);
      await repository.publish(NEW);
      expect(await updater.refresh()).toBe(true);
      expect(newest(updater)).toBe("1.1.0");
    }
  });

  test("whose disk was full for a while has the newest state again once it is not", async () => {
    const store = memoryStore();
    let isFull = false;
    const write = async (name: string, bytes: Uint8Array) => {
      if (isFull) throw new Error("the disk is full");
      await store.write(name, bytes);
    };
    const updater = await opened({ store: { ...store, write } });
    isFull = true;
    await repository.rotate("timestamp", "release");
    await repository.publish(NEW);
    await updater.refresh();
    expect((await open({ store })).state).toMatchObject({ generation: 1, revision: 1 });
    isFull = false;
    await updater.refresh();
    const restarted = await open({ store, fetch: offline(repository.fetch) });
    expect(restarted.state).toMatchObject({ generation: 2, revision: 2 });
  });

  test("with room for small files only keeps the last catalog that fits together", async () => {
    const store = memoryStore();
    await opened({ store });
    await repository.publish(NEW);
    const write = async (name: string, bytes: Uint8Array) => {
      if (name === "catalog") throw new Error("the disk is full");
      await store.write(name, bytes);
    };
    const updater = await opened({ store: { ...store, write } });
    expect(newest(updater)).toBe("1.1.0");
    const restarted = await open({ store, fetch: offline(repository.fetch) });
    expect([restarted.state.generation, newest(restarted)]).toEqual([1, "1.0.0"]);
  });

  test.each(["root", "timestamp", "overrides", "snapshot", "targets", "catalog"])(
    "that lost %s is mended by the next refresh",
    async (name) => {
      const store = memoryStore();
      await repository.rotate("root");
      await opened({ store });
      store.files.delete(name);
      const updater = await open({ store });
      await updater.refresh();
      expect([updater.state.revision, newest(updater)]).toEqual([1, "1.0.0"]);
      const restarted = await open({ store, fetch: offline(repository.fetch) });
      expect(newest(restarted)).toBe("1.0.0");
    },
  );

  test.each(["[null]", '[{"id":1}]', '[{"id":"a","gifts":"*"}]', '{"__proto__":[]}'])(
    "that holds %s for overrides leaves those of the timestamp",
    async (text) => {
      const store = memoryStore();
      await opened({ store });
      store.files.set("overrides", encode(text));
      expect((await open({ store })).state).toMatchObject({ revision: 1, overrides: [] });
    },
  );
});

test("a timestamp whose own field has the wrong shape is refused, signed as it is", async () => {
  const updater = await opened();
  const content = { version: 9, snapshot: { version: 1 }, pollSeconds: 60, commit: "", overrides: [] };
  const good = makeTimestamp(content, NOW);
  const wrong: object[] = [
    { pollSeconds: "60" },
    { commit: 1 },
    { overrides: {} },
    { overrides: [null] },
    { overrides: [{ ...overrideOf("rose"), gifts: "rose" }] },
    { overrides: [{ ...overrideOf("rose"), limit: null }] },
    { overrides: [{ ...overrideOf("rose"), versions: {} }] },
    { overrides: [{ ...overrideOf("rose"), untilGeneration: "2" }] },
  ];
  for (const change of wrong) {
    await repository.signTimestamp(Object.assign({}, good, { giftwrap: { ...good.giftwrap, ...change } }));
    expect(await codeOf(updater.refresh())).toBe("schema");
  }
  await repository.signTimestamp(good, newSigner());
  expect(await codeOf(updater.refresh())).toBe("signature");
  expect(updater.state.revision).toBe(1);
});
