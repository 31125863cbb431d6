import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { type ClientOptions, followPage, GiftwrapClient, type Play } from "../../src/client/client.ts";
import { type TelemetryOptions, telemetryTo } from "../../src/client/telemetry/telemetry.ts";
import { Collector } from "../../src/metrics/collector.ts";
import { FAMILIES } from "../../src/metrics/families.ts";
import { KnownReleases } from "../../src/metrics/knownReleases.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import type { BeaconBatch, BeaconEvent } from "../../src/wire/beacon.ts";
import { isInSlice } from "../../src/wire/bucket.ts";
import type { ObjectFile } from "../../src/wire/catalog.ts";
import type { Viewer } from "../../src/wire/viewer.ts";
import { scrape, sumOf } from "../metrics/beacons.ts";
import { overrideOf, releaseOf, unitIdWhere, viewerOf } from "../wire/catalogOf.ts";
import { ManualTimers, settle } from "./manualTimers.ts";
import { encode, memoryStore, NOW, Repository } from "./repositoryOf.ts";

const HOUR = 3_600_000;
const ROLLOUT = { salt: "rose/1.1.0", canary: {}, regional: { regions: { SG: 5_000 } } };
const IN_TRIAL = unitIdWhere((id) => isInSlice(ROLLOUT.salt, id, 5_000));
const IN_BASELINE = unitIdWhere((id) => !isInSlice(ROLLOUT.salt, id, 5_000));

let repository: Repository;
let timers: ManualTimers;
let files: Readonly<Record<"newer" | "older" | "lily", ObjectFile>>;
/** Every batch that was posted, and whether it was to outlive the app. */
let posted: { batch: BeaconBatch; body: string; isLast: boolean }[];

/** rose 1.1.0 is on trial for half of SG over 1.0.0, and lily stands alone. */
beforeEach(async () => {
  repository = await Repository.create();
  timers = new ManualTimers();
  posted = [];
  files = {
    newer: repository.addObject("newer"),
    older: repository.addObject("older"),
    lily: repository.addObject("lily"),
  };
  await repository.publish({
    rose: [
      releaseOf("1.1.0", { rollout: ROLLOUT, files: [files.newer] }),
      releaseOf("1.0.0", { files: [files.older] }),
    ],
    lily: [releaseOf("2.0.0", { files: [files.lily] })],
  });
});

async function open({
  device = 0,
  options = {},
  ...parts
}: Partial<Omit<ClientOptions, "telemetry">> & { device?: number; options?: TelemetryOptions } = {}) {
  const store = memoryStore();
  const id = device.toString(16).padStart(8, "0").padEnd(32, "0");
  store.files.set("telemetry", encode(JSON.stringify({ device: id, played: [] })));
  const client = await GiftwrapClient.open({
    viewer: viewerOf({ unitId: IN_TRIAL }),
    root: repository.trustedRoot,
    fetch: repository.fetch,
    crypto: nodeCrypto,
    now: () => NOW,
    store,
    timers,
    telemetry: telemetryTo(async (body, isLast) => {
      posted.push({ batch: JSON.parse(body), body, isLast });
      return { kind: "taken" };
    }, options),
    ...parts,
  });
  await client.refresh();
  return client;
}

function events(): BeaconEvent[] {
  return posted.flatMap(({ batch }) => batch.events);
}

/** The plays that were told of, each with the kinds of its events. */
function toldPlays(): string[] {
  const plays = new Map<string, string[]>();
  for (const { play, kind } of events()) plays.set(play, [...(plays.get(play) ?? []), kind]);
  return [...plays.values()].map((kinds) => kinds.join(" "));
}

function collectorFor(): Collector {
  return new Collector({
    releases: new KnownReleases([
      { gift: "rose", version: "1.1.0", build: "aaaaaaaaaaaa", digests: [files.newer.digest] },
      { gift: "rose", version: "1.0.0", build: "bbbbbbbbbbbb", digests: [files.older.digest] },
      { gift: "lily", version: "2.0.0", build: "cccccccccccc", digests: [files.lily.digest] },
    ]),
    regions: new Set(["SG"]),
    platforms: new Set(["android"]),
    secret: new Uint8Array(32),
    startedMilliseconds: NOW,
    limits: { seenKeys: 10_000 },
  });
}

/** The counters that a collector has of all that was posted, crashes included. */
function counted(...labels: readonly string[]): Record<string, number> {
  const collector = collectorFor();
  for (const { batch } of posted) collector.take(batch, NOW);
  collector.tick(NOW + HOUR);
  const found = scrape(collector);
  const names = ["units", "failed", "crashed", "fellBack"] as const;
  const counts = names.map((name) => [name, sumOf(found, FAMILIES[name], ...labels)] as const);
  return Object.fromEntries(counts.filter(([, value]) => value !== 0));
}

describe("a part of the plays that belong to no trial", () => {
  /** So many devices, spread evenly over all ids; each plays both gifts twice. */
  async function playOnDevices(livePart: number, count = 40) {
    for (let at = 0; at < count; at++) {
      const device = Math.floor((at / count) * 2 ** 32);
      const viewer = viewerOf({ unitId: at % 2 === 0 ? IN_TRIAL : IN_BASELINE });
      const client = await open({ device, viewer, options: { livePart } });
      for (const gift of ["rose", "lily", "rose", "lily"]) await client.play(gift);
      await client.telemetry?.flush();
    }
  }

  test.each([
    [1, 40],
    [0.25, 10],
    [0, 0],
  ])("is told by whole devices, %d of them, and trials are told by all", async (livePart, live) => {
    await playOnDevices(livePart);
    const devices = (arm: string) =>
      posted.filter(({ batch }) => batch.events.some((it) => it.kind === "exposed" && it.arm === arm)).length;
    expect(devices("live")).toBe(live);
    expect(counted('arm="live"', 'play="first"')["units"] ?? 0).toBe(live);
    expect(counted('arm="live"', 'play="repeat"')["units"] ?? 0).toBe(live);
    for (const arm of ["trial", "baseline"])
      expect([counted(`arm="${arm}"`, 'play="first"'), counted(`arm="${arm}"`, 'play="repeat"')]).toEqual([
        { units: 20 },
        { units: 20 },
      ]);
  });

  test("leaves a first play one: what was played untold was played", async () => {
    const store = memoryStore();
    const quiet = await open({ store, options: { livePart: 0 } });
    await quiet.play("lily");
    await settle();
    const telling = await open({ store });
    await telling.play("lily");
    await telling.telemetry?.flush();
    expect(events().filter((it) => it.kind === "exposed")).toMatchObject([{ gift: "lily", first: false }]);
  });
});

describe("a device tells of so many plays", () => {
  test("in an hour, and never of half a play", async () => {
    const client = await open({ options: { maxPlaysPerHour: 60 } });
    /** The minute of each play that was told of. */
    const at: number[] = [];
    for (let minute = 0; minute < 180; minute++) {
      for (let play = 0; play < 3; play++) {
        const before = events().length;
        await client.play("lily");
        await client.telemetry?.flush();
        if (events().length > before) at.push(minute);
      }
      await timers.pass(60_000);
    }
    for (let minute = 0; minute < 180; minute++)
      expect(at.filter((it) => it >= minute && it < minute + 60).length).toBeLessThanOrEqual(60);
    expect(at.length).toBeGreaterThan(90);
    expect(new Set(toldPlays())).toEqual(new Set(["exposed loaded ended"]));
  });

  test("in a minute that the collector takes them all, whatever goes wrong with them", async () => {
    const client = await open({ options: { maxPlaysPerHour: 10_000 } });
    const cannot: Play = (_loaded, report) => {
      report.firstFrame();
      throw new Error("cannot decode");
    };
    for (let play = 0; play < 100; play++) await client.play("lily", cannot);
    client.background();
    await settle();
    expect(toldPlays()).toHaveLength(40);
    expect(events().length).toBe(40 * 6);
    expect(counted()).toEqual({ units: 2, failed: 2, fellBack: 2 });
    const collector = collectorFor();
    for (const { batch } of posted) collector.take(batch, NOW);
    expect(sumOf(scrape(collector), FAMILIES.refused)).toBe(0);
  });

  test("alike in both arms, although a play that fails has more to tell", async () => {
    const told: number[] = [];
    for (const unitId of [IN_TRIAL, IN_BASELINE]) {
      posted = [];
      const client = await open({ viewer: viewerOf({ unitId }), options: { maxPlaysPerHour: 30 } });
      for (let play = 0; play < 50; play++)
        await client.play("rose", ({ link }) => {
          if (link.kind === "release" && link.version === "1.1.0") throw new Error("cannot decode");
        });
      await client.telemetry?.flush();
      told.push(toldPlays().length);
    }
    expect(told[0]).toBe(told[1]);
  });

  test("and yet of each first play in a trial, which the gate counts", async () => {
    const client = await open({ options: { maxPlaysPerHour: 4 } });
    for (let play = 0; play < 30; play++) await client.play("lily");
    await client.play("rose");
    await client.telemetry?.flush();
    expect(counted('arm="trial"', 'play="first"')).toEqual({ units: 1 });
    expect(counted('arm="live"')["units"]).toBeLessThanOrEqual(2);
  });
});

test("nothing that names a person is told: no unit id, no cohort, no place but a country", async () => {
  const name = fc.string({ minLength: 1, maxLength: 20 }).map((it) => `person ${it}`);
  const anyone: fc.Arbitrary<Viewer> = fc.record({
    platform: fc.constant("android"),
    app: fc.constantFrom([8, 2, 0], [8, 2, 0, "person"]),
    tier: fc.constant("mid" as const),
    region: fc.oneof(fc.constantFrom("SG", "ID", ""), name),
    cohorts: fc.array(name, { maxLength: 3 }),
    unitId: name,
  });
  const ways: readonly Play[] = [
    () => {},
    (_loaded, report) => report.frames(100, 3),
    () => {
      throw new Error("person cannot decode");
    },
  ];
  await fc.assert(
    fc.asyncProperty(anyone, fc.constantFrom(...ways), async (viewer, play) => {
      posted = [];
      const client = await open({ viewer });
      await client.play("rose", play);
      await client.play("lily", play);
      client.background();
      await settle();
      expect(posted.length).toBeGreaterThan(0);
      for (const { body } of posted) expect(body).not.toContain("person");
    }),
    { numRuns: 60 },
  );
});

describe("a play that an override takes away while it loads", () => {
  test("is neither a failure nor a crash: the older release is shown in good order", async () => {
    let letGo = () => {};
    const client = await open({
      fetch: async (key, options) => {
        if (key.startsWith("objects/") && key.includes(files.newer.digest))
          await new Promise<void>((resolve) => {
            letGo = resolve;
          });
        return repository.fetch(key, options);
      },
    });
    const shown: unknown[] = [];
    const played = client.play("rose", ({ link }) => void shown.push(link));
    await settle();
    await repository.publishOverrides([overrideOf("rose", { versions: [[[1, 1, 0], null]] })]);
    await client.refresh();
    letGo();
    expect((await played).link).toMatchObject({ version: "1.0.0" });
    await client.telemetry?.flush();
    expect([shown, counted()]).toMatchObject([[{ version: "1.0.0" }], { units: 1 }]);
    expect(counted()).toEqual({ units: 1 });
  });
});

describe("a page that goes away", () => {
  /** As much of a window as is listened to. */
  function newPage() {
    const listeners = new Map<string, Set<() => void>>();
    const add = (type: string, listener: unknown) => {
      if (typeof listener !== "function") return;
      const own = listeners.get(type) ?? new Set();
      listeners.set(type, own.add(listener as () => void));
    };
    const remove = (type: string, listener: unknown) => {
      listeners.get(type)?.delete(listener as () => void);
    };
    const document = {
      visibilityState: "visible" as DocumentVisibilityState,
      addEventListener: add,
      removeEventListener: remove,
    };
    const say = (type: string) => {
      for (const listener of listeners.get(type) ?? []) listener();
    };
    const turn = (state: DocumentVisibilityState) => {
      document.visibilityState = state;
      say("visibilitychange");
    };
    const left = () => [...listeners.values()].reduce((sum, it) => sum + it.size, 0);
    return { page: { document, addEventListener: add, removeEventListener: remove }, say, turn, left };
  }

  test.each(["hidden", "pagehide"])("says what it has to say when it is told by %s, once", async (how) => {
    const client = await open();
    const { page, say, turn, left } = newPage();
    const end = followPage(client, page);
    void client.play("rose", () => new Promise<void>(() => {}));
    await settle();
    if (how === "hidden") turn("hidden");
    say("pagehide");
    await settle();
    expect(toldPlays()).toEqual(["exposed loaded ended"]);
    expect(posted.at(-1)?.isLast).toBe(true);
    expect(counted()).toEqual({ units: 1 });
    end();
    expect(left()).toBe(0);
  });

  test("asks for nothing while it is hidden, and when it is seen again", async () => {
    const client = await open();
    const { page, turn } = newPage();
    followPage(client, page);
    client.enterRoom();
    await timers.pass(HOUR);
    turn("hidden");
    repository.forgetQuestions();
    await timers.pass(HOUR);
    expect([repository.asked, timers.waiting]).toEqual([[], 0]);
    turn("visible");
    await settle();
    expect(repository.asked).toHaveLength(1);
    client.close();
  });

  test("and never says so, because it crashed, leaves an exposure without an end", async () => {
    const client = await open();
    void client.play("rose", () => new Promise<void>(() => {}));
    await settle();
    expect(counted('arm="trial"')).toEqual({ units: 1, crashed: 1 });
    expect(client.telemetry?.dropped).toBe(0);
  });
});
