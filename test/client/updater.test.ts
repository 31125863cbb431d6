import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { type ClientOptions, GiftwrapClient } from "../../src/client/client.ts";
import { ClientError } from "../../src/client/error.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { makeTimestamp } from "../../src/trust/sign.ts";
import { metadataKey, TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { type Gifts, overrideOf, releaseOf, stopOf, viewerOf, wordsOf } from "../wire/catalogOf.ts";
import {
  catalogTexts,
  encode,
  HOUR,
  memoryStore,
  newSigner,
  NOW,
  offline,
  Repository,
  tampered,
} from "./repositoryOf.ts";

const OLD: Gifts = { rose: [releaseOf("1.0.0")], kit: [releaseOf("2.0.0")] };
const NEW: Gifts = { rose: [releaseOf("1.1.0"), releaseOf("1.0.0")], kit: [releaseOf("2.0.0")] };
const STOP = stopOf("1.1.0");

let repository: Repository;
beforeEach(async () => {
  repository = await Repository.create();
});

function open(options: Partial<ClientOptions> = {}): Promise<GiftwrapClient> {
  return GiftwrapClient.open({
    viewer: viewerOf(),
    root: repository.trustedRoot,
    fetch: repository.fetch,
    crypto: nodeCrypto,
    now: () => NOW,
    ...options,
  });
}

/** A client that has taken up what is published now. */
async function opened(options: Partial<ClientOptions> = {}): Promise<GiftwrapClient> {
  const client = await open(options);
  await client.refresh();
  repository.forgetQuestions();
  return client;
}

function first(client: GiftwrapClient, gift = "rose"): string | undefined {
  return wordsOf(client.resolve(gift).chain)[0];
}

/** The code that a refresh fails with; the state must be the one from before, but that it says what has expired. */
async function refusal(client: GiftwrapClient): Promise<string> {
  const before = client.state;
  const error: unknown = await client.refresh().catch((thrown: unknown) => thrown);
  if (!(error instanceof ClientError)) throw new Error("it was not refused with a code", { cause: error });
  if (error.code === "expired") expect(client.state).toEqual({ ...before, expired: true });
  else expect(client.state).toBe(before);
  return error.code;
}

describe("the first refresh", () => {
  test("brings the catalog, the overrides, the commit and how often to ask", async () => {
    await repository.publish(OLD, [overrideOf("kit")]);
    const client = await open();
    expect(first(client)).toBe("default");
    expect(await client.refresh()).toBe(true);
    expect(client.state).toMatchObject({ generation: 1, revision: 1, commit: "commit-1", pollSeconds: 60 });
    expect([first(client), first(client, "kit")]).toEqual(["rose@1.0.0", "default"]);
  });

  test("asks for the timestamp, for what it names, each once, for its own tier's catalog, and then for a newer root", async () => {
    await repository.publish(OLD);
    const client = await open({ viewer: viewerOf({ tier: "low" }) });
    await client.refresh();
    expect(repository.asked).toEqual([
      TIMESTAMP_KEY,
      "metadata/1.snapshot.json",
      "metadata/1.targets.json",
      repository.catalogKey("low"),
      "metadata/2.root.json",
    ]);
    expect(client.state.catalog.header.tier).toBe("low");
  });

  test("keeps the poll interval between 30 and 300 seconds, whatever is signed", async () => {
    const polled = async (pollSeconds: number) => {
      await repository.publish(OLD);
      const snapshot = { version: repository.generation };
      const content = { version: 900 + pollSeconds, snapshot, pollSeconds, commit: "", overrides: [] };
      await repository.signTimestamp(makeTimestamp(content, NOW));
      return (await opened()).state.pollSeconds;
    };
    expect([await polled(1), await polled(45), await polled(9_000)]).toEqual([30, 45, 300]);
  });

  test.each([
    ["nothing was ever published", () => repository.files.delete(TIMESTAMP_KEY)],
    ["the snapshot is not there", () => repository.files.delete("metadata/1.snapshot.json")],
    ["the targets are not there", () => repository.files.delete("metadata/1.targets.json")],
    ["the catalog is not there", () => repository.files.delete(repository.catalogKey("mid"))],
  ])("says that a file is missing when %s", async (_, remove) => {
    await repository.publish(OLD);
    remove();
    const client = await open();
    await expect(client.refresh()).rejects.toMatchObject({ code: "missing" });
    expect(first(client)).toBe("default");
  });
});

describe("when nothing is new", () => {
  test("a refresh asks for the timestamp alone, with the ETag of the one at hand, and changes nothing", async () => {
    await repository.publish(OLD);
    const client = await opened();
    const { state } = client;
    expect(await client.refresh()).toBe(false);
    expect(repository.asked).toEqual([TIMESTAMP_KEY]);
    expect(repository.etags[0]).toMatch(/^"[0-9a-f]{64}"$/);
    expect(client.state).toBe(state);
  });

  test("the same timestamp in full changes nothing either", async () => {
    await repository.publish(OLD);
    const client = await opened({ fetch: (key, { maxBytes }) => repository.fetch(key, { maxBytes }) });
    expect(await client.refresh()).toBe(false);
    expect(repository.asked).toEqual([TIMESTAMP_KEY]);
  });

  test("a client that has just started sends no ETag: it could not use an answer without a body", async () => {
    await repository.publish(OLD);
    const store = memoryStore();
    await opened({ store });
    const restarted = await open({ store });
    expect(await restarted.refresh()).toBe(false);
    expect(repository.asked).toEqual([TIMESTAMP_KEY, "metadata/2.root.json"]);
    expect(repository.etags).toEqual([null, null]);
  });

  test("a timestamp that was refused is asked for again in full", async () => {
    await repository.publish(OLD);
    const client = await opened();
    await repository.publishOverrides([STOP]);
    const good = repository.bytesOf(TIMESTAMP_KEY);
    repository.files.set(TIMESTAMP_KEY, tampered(good, '"pollSeconds":60', '"pollSeconds":61'));
    expect(await refusal(client)).toBe("signature");
    expect(await refusal(client)).toBe("signature");
    repository.files.set(TIMESTAMP_KEY, good);
    expect(await client.refresh()).toBe(true);
  });
});

describe("a new catalog", () => {
  test("comes by its delta, and the whole of it is not asked for", async () => {
    await repository.publish(OLD);
    const client = await opened();
    await repository.publish(NEW);
    expect(await client.refresh()).toBe(true);
    expect(repository.asked).toEqual([
      TIMESTAMP_KEY,
      "metadata/2.snapshot.json",
      "metadata/2.targets.json",
      repository.deltaKeyTo("mid"),
    ]);
    expect(client.state.generation).toBe(2);
    expect(first(client)).toBe("rose@1.1.0");
  });

  test("of the same bytes is neither asked for nor lost", async () => {
    await repository.publish(OLD);
    const client = await opened();
    await repository.publish(OLD);
    await client.refresh();
    expect(repository.asked).toHaveLength(3);
    expect([client.state.generation, first(client)]).toEqual([2, "rose@1.0.0"]);
  });

  test.each([
    ["is missing", null],
    ["is empty", encode("")],
    ["is no JSON", encode("<!doctype html>")],
    ["is null", encode("null")],
    ["is a list", encode("[1]")],
    ["leads elsewhere", encode('{"rose":null}')],
    ["holds a line of another gift", encode('{"rose":"{\\"id\\":\\"kit\\"}"}')],
    ["is longer than the catalog that it leads to", encode(`{"rose":"${"x".repeat(100_000)}"}`)],
  ])("is fetched whole when its delta %s", async (_, delta) => {
    await repository.publish(OLD);
    const client = await opened();
    await repository.publish(NEW);
    if (delta) repository.files.set(repository.deltaKeyTo("mid"), delta);
    else repository.files.delete(repository.deltaKeyTo("mid"));
    await client.refresh();
    expect(repository.asked.at(-1)).toBe(repository.catalogKey("mid"));
    expect(first(client)).toBe("rose@1.1.0");
  });

  test("is reached over a missed generation", async () => {
    await repository.publish(OLD);
    const client = await opened();
    await repository.publish({});
    await repository.publish(NEW);
    await client.refresh();
    expect([client.state.generation, first(client)]).toEqual([3, "rose@1.1.0"]);
  });
});

describe("an override", () => {
  test("takes effect even when the catalog beside it cannot be had", async () => {
    await repository.publish(OLD);
    let isDown: (key: string) => boolean = () => false;
    const client = await opened({ fetch: (key, options) => offline(repository.fetch, isDown)(key, options) });
    await repository.publish(NEW, [overrideOf("kit")]);
    isDown = (key) => key !== TIMESTAMP_KEY;
    await expect(client.refresh()).rejects.toMatchObject({ code: "network" });
    expect([first(client), first(client, "kit")]).toEqual(["rose@1.0.0", "default"]);
    expect(client.state).toMatchObject({ generation: 1, revision: 2 });

    isDown = () => false;
    expect(await client.refresh()).toBe(true);
    expect([first(client), first(client, "kit")]).toEqual(["rose@1.1.0", "default"]);
  });

  test("takes effect even when it cannot be stored", async () => {
    await repository.publish(OLD);
    const client = await opened({ store: memoryStore(5) });
    expect(first(client, "kit")).toBe("kit@2.0.0");
    await repository.publishOverrides([overrideOf("kit")]);
    expect(await client.refresh()).toBe(true);
    expect(first(client, "kit")).toBe("default");
  });

  test("from git ends when it is named no more", async () => {
    await repository.publish(OLD, [overrideOf("rose")]);
    const client = await opened();
    await repository.publishOverrides([]);
    await client.refresh();
    expect([client.state.revision, first(client)]).toEqual([2, "rose@1.0.0"]);
  });

  test("is one small file: no catalog is asked for", async () => {
    await repository.publish(OLD);
    const client = await opened();
    await repository.publishOverrides([overrideOf("rose")]);
    await client.refresh();
    expect(repository.asked).toEqual([TIMESTAMP_KEY]);
    expect(first(client)).toBe("default");
  });
});

describe("a stop until generation 2", () => {
  const stop = { ...STOP, untilGeneration: 2 };
  const catalogDown = (key: string) => key !== TIMESTAMP_KEY;

  test("holds over an older catalog and ends with the one that carries it", async () => {
    await repository.publish(NEW);
    const client = await opened();
    await repository.publishOverrides([stop]);
    await client.refresh();
    expect(first(client)).toBe("rose@1.0.0");
    await repository.publish(NEW);
    await client.refresh();
    expect([client.state.generation, first(client)]).toEqual([2, "rose@1.1.0"]);
    expect(client.state.overrides).toEqual([]);
  });

  test("is kept by a client whose catalog is older, though the timestamp names it no more", async () => {
    await repository.publish(NEW);
    let isDown: (key: string) => boolean = () => false;
    const client = await opened({ fetch: (key, options) => offline(repository.fetch, isDown)(key, options) });
    await repository.publishOverrides([stop]);
    await client.refresh();
    await repository.publish(OLD, []);
    isDown = catalogDown;
    await expect(client.refresh()).rejects.toMatchObject({ code: "network" });
    expect([client.state.revision, client.state.generation, first(client)]).toEqual([3, 1, "rose@1.0.0"]);

    isDown = () => false;
    await client.refresh();
    expect(client.state).toMatchObject({ generation: 2, overrides: [] });
  });

  test("is kept over a restart, with and without a network afterwards", async () => {
    await repository.publish(NEW);
    const store = memoryStore();
    const client = await opened({ store });
    await repository.publishOverrides([stop]);
    await client.refresh();
    await repository.publish(OLD, []);
    const halfWay = await open({ store, fetch: offline(repository.fetch, catalogDown) });
    await expect(halfWay.refresh()).rejects.toMatchObject({ code: "network" });

    const restarted = await open({ store, fetch: offline(repository.fetch) });
    expect(restarted.state).toMatchObject({ generation: 1, revision: 3, overrides: [stop] });
    expect(first(restarted)).toBe("rose@1.0.0");
    await expect(restarted.refresh()).rejects.toMatchObject({ code: "network" });
    expect(first(restarted)).toBe("rose@1.0.0");

    const online = await open({ store });
    await online.refresh();
    expect(online.state).toMatchObject({ generation: 2, overrides: [] });
  });
});

describe("what is refused, with the state as it was", () => {
  beforeEach(async () => {
    await repository.publish(OLD);
  });

  test("an older timestamp: at first in silence, since edges lag, and beyond twice their cache time as rollback", async () => {
    const stale = repository.bytesOf(TIMESTAMP_KEY);
    await repository.publishOverrides([overrideOf("rose")]);
    let now = NOW;
    const client = await opened({ now: () => now });
    const { state } = client;
    repository.files.set(TIMESTAMP_KEY, stale);
    expect(await client.refresh()).toBe(false);
    now += 10_000;
    expect(await client.refresh()).toBe(false);
    now += 1;
    expect(await refusal(client)).toBe("rollback");
    expect(client.state).toBe(state);
    expect(first(client)).toBe("default");
  });

  test("an older timestamp after a restart: the same", async () => {
    const stale = repository.bytesOf(TIMESTAMP_KEY);
    await repository.publishOverrides([overrideOf("rose")]);
    const store = memoryStore();
    await opened({ store });
    repository.files.set(TIMESTAMP_KEY, stale);
    let now = NOW;
    const restarted = await open({ store, now: () => now });
    expect(await restarted.refresh()).toBe(false);
    now += 10_001;
    expect(await refusal(restarted)).toBe("rollback");
  });

  test("a newer timestamp over an older snapshot: rollback", async () => {
    await repository.publish(NEW);
    const client = await opened();
    const content = { version: 99, snapshot: { version: 1 }, pollSeconds: 60, commit: "", overrides: [] };
    await repository.signTimestamp(makeTimestamp(content, NOW));
    expect(await refusal(client)).toBe("rollback");
  });

  test("a timestamp that another key signed: signature", async () => {
    const client = await opened();
    const content = { version: 9, snapshot: { version: 1 }, pollSeconds: 60, commit: "", overrides: [] };
    await repository.signTimestamp(makeTimestamp(content, NOW), newSigner());
    expect(await refusal(client)).toBe("signature");
  });

  test("a timestamp that the release key signed: signature, since each key has its own work", async () => {
    const client = await opened();
    const content = { version: 9, snapshot: { version: 1 }, pollSeconds: 60, commit: "", overrides: [] };
    await repository.signTimestamp(makeTimestamp(content, NOW), repository.keys.release);
    expect(await refusal(client)).toBe("signature");
  });

  test("a timestamp with one letter changed: signature", async () => {
    const client = await opened();
    await repository.publishOverrides([STOP]);
    const bytes = repository.bytesOf(TIMESTAMP_KEY);
    repository.files.set(TIMESTAMP_KEY, tampered(bytes, "stop/rose", "stop/nose"));
    expect(await refusal(client)).toBe("signature");
  });

  test("a timestamp longer than any is: too_large, before it is read", async () => {
    const client = await opened();
    repository.files.set(TIMESTAMP_KEY, new Uint8Array(16_385));
    expect(await refusal(client)).toBe("too_large");
  });

  test("a timestamp that expired: expired", async () => {
    expect(await refusal(await open({ now: () => NOW + 48 * HOUR }))).toBe("expired");
    const client = await open({ now: () => NOW + 48 * HOUR - 1 });
    expect(await client.refresh()).toBe(true);
  });

  test("a root that expired: expired, until a newer one is there", async () => {
    repository.root = { ...repository.root, expires: "2000-01-01T00:00:00Z" };
    await repository.signRoot([repository.keys.root]);
    const client = await open();
    expect(await refusal(client)).toBe("expired");
    await repository.rotate();
    expect(await client.refresh()).toBe(true);
  });

  test("a timestamp of a format that this client cannot know: schema", async () => {
    const client = await opened();
    const content = { version: 9, snapshot: { version: 1 }, pollSeconds: 60, commit: "", overrides: [] };
    const timestamp = makeTimestamp(content, NOW);
    await repository.signTimestamp({ ...timestamp, giftwrap: { ...timestamp.giftwrap, format: "2.0" } });
    expect(await refusal(client)).toBe("schema");
    await repository.signTimestamp({ ...timestamp, giftwrap: { ...timestamp.giftwrap, format: "1.7" } });
    expect(await client.refresh()).toBe(true);
  });

  test("another signed file in the timestamp's place: schema", async () => {
    const client = await opened();
    repository.files.set(TIMESTAMP_KEY, repository.bytesOf("metadata/1.snapshot.json"));
    expect(await refusal(client)).toBe("schema");
  });

  test("a timestamp cut anywhere: schema", async () => {
    const client = await opened();
    await repository.publishOverrides([STOP]);
    const bytes = repository.bytesOf(TIMESTAMP_KEY);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
        repository.files.set(TIMESTAMP_KEY, bytes.slice(0, length));
        expect(await refusal(client)).toBe("schema");
      }),
    );
  });

  test("whatever else an edge may answer for it", async () => {
    const client = await opened();
    const signatures = fc.oneof(
      fc.jsonValue(),
      fc.array(
        fc.oneof(
          fc.jsonValue(),
          fc.record({ keyid: fc.constant(repository.keys.timestamp.keyId), sig: fc.jsonValue() }),
        ),
      ),
    );
    const signed = fc.oneof(
      fc.jsonValue(),
      fc.record({
        _type: fc.constant("timestamp"),
        version: fc.jsonValue(),
        expires: fc.jsonValue(),
        meta: fc.jsonValue(),
      }),
      fc.record({
        _type: fc.constant("timestamp"),
        version: fc.constant(9),
        expires: fc.constant("2030-01-01T00:00:00Z"),
        meta: fc.jsonValue(),
      }),
    );
    const body = fc.oneof(
      fc.uint8Array(),
      fc.jsonValue().map((it) => encode(JSON.stringify(it))),
      fc.record({ signatures, signed }).map((it) => encode(JSON.stringify(it))),
      fc.constant(encode("[".repeat(16_000) + "]".repeat(16_000)).slice(0, 16_384)),
    );
    await fc.assert(
      fc.asyncProperty(body, async (bytes) => {
        repository.files.set(TIMESTAMP_KEY, bytes);
        expect(["schema", "signature"]).toContain(await refusal(client));
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["the snapshot", () => metadataKey("snapshot", 2), "hash"],
    ["the targets", () => metadataKey("targets", 2), "hash"],
  ])("swapped bytes of %s: hash", async (_, keyOf, code) => {
    const client = await opened();
    await repository.publish(NEW);
    const key = keyOf();
    repository.files.set(key, tampered(repository.bytesOf(key), '"version":2', '"version":3'));
    await expect(client.refresh()).rejects.toMatchObject({ code });
    expect([client.state.generation, first(client)]).toEqual([1, "rose@1.0.0"]);
  });

  test("swapped bytes of the catalog: hash", async () => {
    const key = repository.catalogKey("mid");
    repository.files.set(key, tampered(repository.bytesOf(key), "1.0.0", "6.6.6"));
    const client = await open();
    await expect(client.refresh()).rejects.toMatchObject({ code: "hash" });
    expect([client.state.generation, first(client)]).toEqual([0, "default"]);
  });

  test("a file that is longer than was signed: too_large, whether or not the network counts", async () => {
    for (const key of [metadataKey("snapshot", 1), metadataKey("targets", 1), repository.catalogKey("mid")]) {
      const bytes = repository.bytesOf(key);
      repository.files.set(key, new Uint8Array([...bytes, 10]));
      await expect((await open()).refresh()).rejects.toMatchObject({ code: "too_large" });
      const uncounted = await open({
        fetch: (it, options) => repository.fetch(it, { ...options, maxBytes: Number.POSITIVE_INFINITY }),
      });
      await expect(uncounted.refresh()).rejects.toMatchObject({ code: "too_large" });
      repository.files.set(key, bytes);
    }
    expect(await (await open()).refresh()).toBe(true);
  });

  test("a snapshot that another key signed, though the timestamp names it: signature", async () => {
    const { keys } = repository;
    repository.keys = { ...keys, release: newSigner() };
    await repository.publish(NEW);
    const client = await open();
    await expect(client.refresh()).rejects.toMatchObject({ code: "signature" });
    expect(client.state.generation).toBe(0);
  });

  test("a catalog of a format that this client cannot know: schema, also after a restart", async () => {
    const store = memoryStore();
    const client = await opened({ store });
    const { mid, ...others } = catalogTexts(NEW);
    await repository.publishTexts({ ...others, mid: mid.replace('"format":"1.0"', '"format":"2.0"') }, [
      STOP,
    ]);
    await expect(client.refresh()).rejects.toMatchObject({ code: "schema" });
    expect([client.state.generation, first(client)]).toEqual([1, "rose@1.0.0"]);

    const restarted = await open({ store, fetch: offline(repository.fetch) });
    expect(restarted.state).toMatchObject({ generation: 1, revision: 2, overrides: [STOP] });
    expect(first(restarted)).toBe("rose@1.0.0");
  });
});

describe("a timestamp that was accepted in time and is answered again after it expired", () => {
  const stopped = overrideOf("rose");

  test.each([
    ["in full", false],
    ["as not modified", true],
  ])("is expired, and what was taken up stands: %s", async (_, usesEtag) => {
    await repository.publish(OLD, [stopped]);
    let now = NOW;
    const client = await opened({
      now: () => now,
      fetch: (key, { etag, ...options }) =>
        repository.fetch(key, { ...options, ...(usesEtag && etag !== undefined && { etag }) }),
    });
    now += 49 * HOUR;
    expect(await refusal(client)).toBe("expired");
    expect([first(client), first(client, "kit")]).toEqual(["default", "kit@2.0.0"]);

    await repository.publishOverrides([], now);
    expect(await client.refresh()).toBe(true);
    expect(first(client)).toBe("rose@1.0.0");
  });

  test("lets no new catalog in", async () => {
    await repository.publish(OLD);
    let isDown = (key: string) => key !== TIMESTAMP_KEY;
    let now = NOW;
    const client = await open({
      now: () => now,
      fetch: (key, options) => offline(repository.fetch, isDown)(key, options),
    });
    await expect(client.refresh()).rejects.toMatchObject({ code: "network" });
    isDown = () => false;
    now += 49 * HOUR;
    expect(await refusal(client)).toBe("expired");
    expect(client.state.generation).toBe(0);
  });
});

describe("new root keys", () => {
  beforeEach(async () => {
    await repository.publish(OLD);
  });

  test("are taken up from the next root when the timestamp no longer fits the old one", async () => {
    const client = await opened();
    await repository.rotate("timestamp");
    await repository.publish(NEW);
    expect(await client.refresh()).toBe(true);
    expect(repository.asked.slice(0, 3)).toEqual([
      TIMESTAMP_KEY,
      "metadata/2.root.json",
      "metadata/3.root.json",
    ]);
    expect(first(client)).toBe("rose@1.1.0");
  });

  test("are taken up when the release key alone is new, which the timestamp does not show", async () => {
    const client = await opened();
    await repository.rotate("release");
    await repository.publish(NEW);
    expect(await client.refresh()).toBe(true);
    expect([client.state.revision, first(client)]).toEqual([2, "rose@1.1.0"]);
  });

  test("are followed over several roots, the root's own key among them, and kept over a restart", async () => {
    const store = memoryStore();
    const client = await opened({ store });
    await repository.rotate("root");
    await repository.rotate("root", "release");
    await repository.rotate("timestamp");
    await repository.publish(NEW);
    await client.refresh();
    expect(first(client)).toBe("rose@1.1.0");

    const restarted = await open({ store, fetch: offline(repository.fetch) });
    expect(restarted.state).toMatchObject({ generation: 2, revision: 2 });
    expect(first(restarted)).toBe("rose@1.1.0");
  });

  test("lead back from version numbers that whoever held the old key ran far ahead", async () => {
    const client = await opened();
    const content = {
      version: 1_000_000,
      snapshot: { version: 1 },
      pollSeconds: 60,
      commit: "",
      overrides: [],
    };
    await repository.signTimestamp(makeTimestamp(content, NOW));
    await client.refresh();
    await repository.rotate("timestamp");
    await repository.publishOverrides([overrideOf("rose")]);
    expect(await client.refresh()).toBe(true);
    expect([client.state.revision, first(client)]).toEqual([2, "default"]);
  });

  test("replace a catalog that a leaked release key signed, under the very same version numbers", async () => {
    await repository.publish({ rose: [releaseOf("6.6.6")] });
    const client = await opened();
    expect(first(client)).toBe("rose@6.6.6");
    await repository.rotate("release", "timestamp");
    repository.generation = 1;
    await repository.publish(NEW);
    await client.refresh();
    expect([client.state.generation, first(client)]).toEqual([2, "rose@1.1.0"]);
  });

  test("are refused when the old root key did not sign them: signature", async () => {
    const client = await opened();
    await repository.rotate("root", "timestamp");
    await repository.signRoot([repository.keys.root]);
    await repository.publish(NEW);
    expect(await refusal(client)).toBe("signature");
  });

  test("are refused when their own key did not sign them: signature", async () => {
    const client = await opened();
    const old = repository.keys.root;
    await repository.rotate("root", "timestamp");
    await repository.signRoot([old]);
    await repository.publish(NEW);
    expect(await refusal(client)).toBe("signature");
  });

  test("are refused when they skip a version: rollback", async () => {
    const client = await opened();
    await repository.rotate("timestamp");
    await repository.rotate("timestamp");
    repository.files.set("metadata/2.root.json", repository.bytesOf("metadata/3.root.json"));
    await repository.publish(NEW);
    expect(await refusal(client)).toBe("rollback");
  });

  test("are not needed to start: a stored root that was damaged gives way to the built-in one", async () => {
    const store = memoryStore();
    await opened({ store });
    store.files.set("root", encode("{"));
    const restarted = await open({ store });
    expect(first(restarted)).toBe("rose@1.0.0");
  });

  test("an app whose own root is broken cannot start", async () => {
    await expect(open({ root: encode("{}") })).rejects.toMatchObject({ code: "schema" });
    const broken = tampered(repository.trustedRoot, '"version":1', '"version":7');
    await expect(open({ root: broken })).rejects.toMatchObject({ code: "signature" });
  });
});

describe("after a restart", () => {
  test("a client plays from its stored state before any network", async () => {
    await repository.publish(NEW, [overrideOf("kit")]);
    const store = memoryStore();
    const before = await opened({ store });
    const restarted = await open({ store });
    expect(repository.asked).toEqual([]);
    expect(restarted.state).toMatchObject({
      generation: 1,
      revision: 1,
      commit: "commit-1",
      pollSeconds: 60,
    });
    expect(restarted.state.overrides).toEqual(before.state.overrides);
    expect([first(restarted), first(restarted, "kit")]).toEqual(["rose@1.1.0", "default"]);
  });

  test("a stored state that has expired since is played from still", async () => {
    await repository.publish(NEW);
    const store = memoryStore();
    await opened({ store });
    expect(first(await open({ store, now: () => NOW + 10_000 * HOUR }))).toBe("rose@1.1.0");
  });

  test("the next catalog comes by delta from the stored one", async () => {
    await repository.publish(OLD);
    const store = memoryStore();
    await opened({ store });
    await repository.publish(NEW);
    const restarted = await open({ store });
    await restarted.refresh();
    expect(repository.asked.at(-2)).toBe(repository.deltaKeyTo("mid"));
  });

  test("a stored timestamp without its snapshot still leads to the snapshot", async () => {
    await repository.publish(NEW);
    const store = memoryStore();
    const client = await open({ store, fetch: offline(repository.fetch, (key) => key !== TIMESTAMP_KEY) });
    await expect(client.refresh()).rejects.toMatchObject({ code: "network" });
    expect([...store.files.keys()]).toEqual(["overrides", "timestamp"]);
    const restarted = await open({ store });
    expect(restarted.state).toMatchObject({ revision: 1, generation: 0 });
    expect(await restarted.refresh()).toBe(true);
    expect(first(restarted)).toBe("rose@1.1.0");
  });

  test("the last whole catalog is played when a newer one was only begun", async () => {
    await repository.publish(OLD);
    const store = memoryStore();
    await opened({ store });
    await repository.publish(NEW, [overrideOf("kit")]);
    const down = [metadataKey("snapshot", 2), metadataKey("targets", 2), repository.catalogKey("mid")];
    repository.files.delete(repository.deltaKeyTo("mid"));
    for (const key of down) {
      const cutOff = await open({ store, fetch: offline(repository.fetch, (it) => it === key) });
      await expect(cutOff.refresh()).rejects.toMatchObject({ code: "network" });
      const restarted = await open({ store, fetch: offline(repository.fetch) });
      expect(restarted.state).toMatchObject({ generation: 1, revision: 2 });
      expect([first(restarted), first(restarted, "kit")]).toEqual(["rose@1.0.0", "default"]);
    }
  });

  test.each(["timestamp", "snapshot", "targets", "catalog"])(
    "a half-written %s is not trusted, and the next refresh mends it",
    async (name) => {
      await repository.publish(NEW);
      const store = memoryStore();
      await opened({ store });
      const bytes = store.files.get(name) ?? new Uint8Array();
      store.files.set(name, bytes.slice(0, bytes.length / 2));
      const restarted = await open({ store });
      expect(first(restarted)).toBe("default");
      expect(await restarted.refresh()).toBe(true);
      expect(first(restarted)).toBe("rose@1.1.0");
    },
  );

  test.each(["", "[{", "null", "{}"])(
    "stored overrides that read %j leave those of the timestamp",
    async (text) => {
      await repository.publish(NEW, [overrideOf("kit")]);
      const store = memoryStore();
      await opened({ store });
      store.files.set("overrides", encode(text));
      const restarted = await open({ store });
      expect(restarted.state).toMatchObject({ revision: 1, generation: 1 });
      expect([first(restarted), first(restarted, "kit")]).toEqual(["rose@1.1.0", "default"]);
    },
  );

  test("a stored catalog that somebody changed is not trusted", async () => {
    await repository.publish(NEW);
    const store = memoryStore();
    await opened({ store });
    const catalog = store.files.get("catalog") ?? new Uint8Array();
    store.files.set("catalog", tampered(catalog, "1.1.0", "6.6.6"));
    expect(first(await open({ store }))).toBe("default");
  });

  test("an app that died at any write has lost no stop, and reaches the newest with its next refresh", async () => {
    await repository.publish(OLD);
    await repository.publishOverrides([]);
    for (let lastWrite = 0; lastWrite <= 5; lastWrite++) {
      const store = memoryStore(lastWrite);
      const dying = await open({ store });
      await dying.refresh().catch(() => {});
      const restarted = await open({
        store: { ...store, write: async (name, bytes) => void store.files.set(name, bytes) },
      });
      expect(["default", "rose@1.0.0"]).toContain(first(restarted));
      await restarted.refresh();
      expect([restarted.state.revision, first(restarted)]).toEqual([2, "rose@1.0.0"]);
    }
  });
});

test("a poll that races a hint is one refresh", async () => {
  await repository.publish(OLD);
  const client = await opened();
  await repository.publish(NEW);
  expect(await Promise.all([client.refresh(), client.refresh()])).toEqual([true, true]);
  expect(repository.asked.filter((key) => key === TIMESTAMP_KEY)).toHaveLength(1);
  expect(first(client)).toBe("rose@1.1.0");
  expect(await client.refresh()).toBe(false);
});
