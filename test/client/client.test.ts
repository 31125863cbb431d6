import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type ClientOptions, GiftwrapClient } from "../../src/client/client.ts";
import type { Fetch } from "../../src/client/ports.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { type Gifts, overrideOf, releaseOf, stopOf, viewerOf, wordsOf } from "../wire/catalogOf.ts";
import { ManualTimers, settle } from "./manualTimers.ts";
import { encode, HOUR, memoryStore, NOW, offline, Repository } from "./repositoryOf.ts";

const MINUTE = 60_000;
/** No bytes are published for it: every load of it goes on to the app's default. */
const OLD: Gifts = { rose: [releaseOf("1.0.0")] };
const NEW: Gifts = { rose: [releaseOf("1.1.0"), releaseOf("1.0.0")] };
const STOP = stopOf("1.1.0", { untilGeneration: 2 });

let repository: Repository;
let timers: ManualTimers;
beforeEach(async () => {
  repository = await Repository.create();
  timers = new ManualTimers();
});

afterEach(() => vi.unstubAllGlobals());

/** Chance is always the middle, so that the timer is due after the signed 60 seconds. */
function open(options: Partial<ClientOptions> = {}): Promise<GiftwrapClient> {
  return GiftwrapClient.open({
    viewer: viewerOf(),
    root: repository.trustedRoot,
    fetch: repository.fetch,
    crypto: nodeCrypto,
    now: () => NOW + timers.now(),
    timers,
    random: (bytes) => new Uint8Array(bytes).fill(128),
    ...options,
  });
}

function first(client: GiftwrapClient): string | undefined {
  return wordsOf(client.resolve("rose").chain)[0];
}

function questions(): number {
  return repository.asked.filter((key) => key === TIMESTAMP_KEY).length;
}

describe("at its start", () => {
  test("an app plays from what is stored while the network hangs", async () => {
    await repository.publish(OLD);
    const store = memoryStore();
    await (await open({ store })).refresh();
    const client = await open({ store, fetch: () => new Promise(() => {}) });
    client.foreground();
    client.enterRoom();
    await timers.pass(MINUTE);
    expect(first(client)).toBe("rose@1.0.0");
    client.close();
    expect(timers.waiting).toBe(0);
  });

  test("it asks for news behind what it plays", async () => {
    await repository.publish(OLD);
    const client = await open();
    client.foreground();
    expect(first(client)).toBe("default");
    await timers.pass(0);
    expect(first(client)).toBe("rose@1.0.0");
  });
});

test("a runtime with neither timers, nor a fine clock, nor cryptography of its own can be asked by hand", async () => {
  await repository.publish(OLD);
  for (const missing of ["setTimeout", "performance", "crypto"]) vi.stubGlobal(missing, undefined);
  const client = await GiftwrapClient.open({
    viewer: viewerOf(),
    root: repository.trustedRoot,
    fetch: repository.fetch,
    crypto: nodeCrypto,
    now: () => NOW,
  });
  expect([await client.refresh(), await client.refresh(), first(client)]).toEqual([
    true,
    false,
    "rose@1.0.0",
  ]);
  client.close();
});

describe("a stop", () => {
  test("reaches a phone in a room within the interval, a fifth, and what an edge may keep: the stated bound", async () => {
    await repository.publish(NEW);
    for (const chance of [0, 255])
      for (const sinceAsked of [0, 1, 30_000, 47_000, 59_999]) {
        // An edge that keeps each answer for its five seconds.
        let kept: { readonly at: number; readonly bytes: Uint8Array } | undefined;
        const edge: Fetch = async (key, options) => {
          if (key !== TIMESTAMP_KEY) return repository.fetch(key, options);
          if (!kept || timers.now() - kept.at >= 5_000)
            kept = { at: timers.now(), bytes: repository.bytesOf(TIMESTAMP_KEY) };
          return { kind: "body", bytes: kept.bytes };
        };
        await repository.publishOverrides([]);
        const client = await open({ fetch: edge, random: (bytes) => new Uint8Array(bytes).fill(chance) });
        client.foreground();
        client.enterRoom();
        await timers.pass(sinceAsked);
        await repository.publishOverrides([STOP]);
        await timers.pass(5_000 + 1.2 * MINUTE);
        expect(first(client)).toBe("rose@1.0.0");
        client.close();
      }
  });

  test("that a message tells of takes one question and two seconds at most", async () => {
    await repository.publish(NEW);
    const client = await open();
    client.enterRoom();
    await timers.pass(10_000);
    await repository.publishOverrides([STOP]);
    const before = questions();
    client.heard({ minRevision: repository.revision });
    client.heard({ minRevision: repository.revision });
    await timers.pass(2_000);
    expect([first(client), questions() - before]).toEqual(["rose@1.0.0", 1]);
  });

  test("that is heard of while a poll is under way is one question more, and only because that one missed it", async () => {
    await repository.publish(NEW);
    for (const isMissed of [false, true]) {
      await repository.publishOverrides([]);
      const letGo: (() => void)[] = [];
      let isSlow = false;
      const slow: Fetch = async (key, options) => {
        const answer = await repository.fetch(key, options);
        if (isSlow && key === TIMESTAMP_KEY) await new Promise<void>((resolve) => letGo.push(resolve));
        return answer;
      };
      const client = await open({ fetch: slow });
      client.enterRoom();
      await timers.pass(MINUTE / 2);
      isSlow = true;
      if (!isMissed) await repository.publishOverrides([STOP]);
      await timers.pass(MINUTE / 2);
      isSlow = false;
      if (isMissed) await repository.publishOverrides([STOP]);
      const before = questions();
      client.heard({ minRevision: repository.revision });
      letGo[0]?.();
      await timers.pass(10_000);
      expect([first(client), questions() - before]).toEqual(["rose@1.0.0", isMissed ? 1 : 0]);
      client.close();
    }
  });

  test("that came while the phone was offline holds from its first answer on, over the old catalog, and over a restart", async () => {
    await repository.publish(NEW);
    const store = memoryStore();
    let isOffline = false;
    const fetch: Fetch = (key, options) =>
      isOffline ? offline(repository.fetch)(key, options) : repository.fetch(key, options);
    const client = await open({ store, fetch });
    client.enterRoom();
    await timers.pass(0);
    isOffline = true;
    await repository.publishOverrides([STOP]);
    await timers.pass(HOUR);
    expect([first(client), client.failure]).toMatchObject(["rose@1.1.0", { code: "network" }]);

    isOffline = false;
    await timers.pass(1.2 * MINUTE);
    expect([first(client), client.failure]).toEqual(["rose@1.0.0", undefined]);

    // The publisher need not say it any more, yet this phone's catalog does not carry it: it never came to the new one.
    repository.overrides = [];
    await repository.publish(OLD, []);
    const cutOff = offline(repository.fetch, (key) => key !== TIMESTAMP_KEY);
    const restarted = await open({ store, fetch: cutOff });
    restarted.foreground();
    await timers.pass(0);
    expect(restarted.state).toMatchObject({ revision: repository.revision, generation: 1 });
    expect([first(restarted), restarted.failure]).toMatchObject(["rose@1.0.0", { code: "network" }]);
    const again = await open({ store, fetch: offline(repository.fetch) });
    expect([again.state.generation, first(again)]).toEqual([1, "rose@1.0.0"]);

    // With the catalog that carries it, it is gone, so that a later opening works at once.
    const caughtUp = await open({ store });
    await caughtUp.refresh();
    expect(caughtUp.state).toMatchObject({ generation: 2, overrides: [] });
  });
});

describe("a client never goes back", () => {
  test.each([
    ["the same revision", 0],
    ["one before", 1],
    ["one long before", 5],
  ])("to %s, whatever a stale edge answers to a poll or a hint", async (_, behind) => {
    await repository.publish(OLD);
    const timestamps: Uint8Array[] = [];
    for (let at = 0; at < 6; at++) {
      await repository.publishOverrides(at === 5 ? [overrideOf("rose")] : []);
      timestamps.push(repository.bytesOf(TIMESTAMP_KEY));
    }
    const client = await open();
    client.enterRoom();
    await timers.pass(0);
    const { state } = client;
    repository.files.set(TIMESTAMP_KEY, timestamps.at(-1 - behind) ?? new Uint8Array());
    client.heard({ minRevision: state.revision + 1 });
    await timers.pass(10 * MINUTE);
    expect([client.state, first(client)]).toEqual([state, "default"]);
    expect(client.failure).toEqual(behind === 0 ? undefined : expect.objectContaining({ code: "rollback" }));
  });

  test("when its clock is a year ahead: what it has is played on, and each poll asks once more, elsewhere", async () => {
    await repository.publish(OLD);
    const store = memoryStore();
    await (await open({ store })).refresh();
    repository.forgetQuestions();
    let now = NOW + 365 * 24 * HOUR;
    const client = await open({ store, now: () => now });
    client.enterRoom();
    await timers.pass(10 * MINUTE);
    expect([first(client), client.failure]).toMatchObject(["rose@1.0.0", { code: "expired" }]);
    // One question each 48 seconds at most, and the one after it.
    expect(questions()).toBeLessThan(2 * 14);
    now = NOW;
    await repository.publish(NEW);
    await timers.pass(1.2 * MINUTE);
    expect([first(client), client.failure]).toEqual(["rose@1.1.0", undefined]);
  });
});

describe("whoever listens", () => {
  test("hears of each change, of each failure, and that all is well again", async () => {
    await repository.publish(OLD);
    const told: unknown[] = [];
    let isOffline = false;
    const client = await open({
      fetch: (key, options) =>
        isOffline ? offline(repository.fetch)(key, options) : repository.fetch(key, options),
    });
    const end = client.onChange((state, failure) => told.push([state.revision, failure !== undefined]));
    client.onChange(() => client.close())();
    client.enterRoom();
    await timers.pass(5 * MINUTE);
    expect(told).toEqual([[1, false]]);
    isOffline = true;
    await timers.pass(MINUTE);
    isOffline = false;
    await timers.pass(MINUTE);
    expect(told.slice(1)).toEqual([
      [1, true],
      [1, false],
    ]);
    await repository.publish(NEW);
    end();
    await timers.pass(5 * MINUTE);
    expect([told.length, client.state.revision]).toEqual([3, 2]);
  });

  test("hears of a stop whose catalog cannot be had: it holds", async () => {
    await repository.publish(NEW);
    const down = new Set<string>();
    const client = await open({ fetch: offline(repository.fetch, (key) => down.has(key)) });
    await client.refresh();
    await repository.publish(OLD, [STOP]);
    down.add("metadata/2.snapshot.json");
    const told: unknown[] = [];
    client.onChange((state, failure) => told.push([state.revision, failure]));
    client.foreground();
    await client.refresh().catch(() => {});
    await settle();
    expect(told).toMatchObject([[2, { code: "network" }]]);
    expect(first(client)).toBe("rose@1.0.0");
  });

  test("hears nothing after the end, and no timer is left", async () => {
    await repository.publish(OLD);
    const client = await open();
    const told: unknown[] = [];
    client.onChange((state) => told.push(state));
    client.enterRoom();
    client.close();
    client.enterRoom();
    client.foreground();
    client.heard({ minRevision: 99 });
    await timers.pass(HOUR);
    expect([told, timers.waiting, questions()]).toEqual([[], 0, 1]);
  });
});

describe("verified bytes without playing them", () => {
  async function withBytes() {
    const file = repository.addObject("a rose");
    await repository.publish({
      rose: [
        releaseOf("1.1.0", { files: [file], rollout: { salt: "s", canary: { cohorts: ["staff"] } } }),
        releaseOf("1.0.0", { files: [file] }),
      ],
    });
    const client = await open();
    await client.refresh();
    return { client, bytes: encode("a rose") };
  }

  test("are of the release that this viewer gets, or another one of the tier, or a message names", async () => {
    const { client, bytes } = await withBytes();
    const staff = viewerOf({ cohorts: ["staff"] });
    const loaded = [
      await client.load("rose"),
      await client.load("rose", staff),
      await client.load("rose", staff, "1.0.0"),
      await client.load("rose", undefined, "1.1.0"),
    ];
    expect(loaded.map(({ link, reason }) => [wordsOf([link])[0], reason])).toEqual([
      ["rose@1.0.0", "full"],
      ["rose@1.1.0", "canary"],
      ["rose@1.0.0", "hint"],
      ["rose@1.0.0", "hint_refused"],
    ]);
    for (const { files } of loaded) expect(files.map((it) => it.content)).toEqual([bytes]);
  });

  test("are refused in words for a viewer of another tier: this client has not its catalog", async () => {
    const { client } = await withBytes();
    await expect(client.load("rose", viewerOf({ tier: "low" }))).rejects.toThrow(
      new TypeError("this client has the catalog of tier mid: open another one for a viewer of tier low"),
    );
  });
});
