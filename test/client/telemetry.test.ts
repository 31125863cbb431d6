import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { GiftwrapClient, type Play } from "../../src/client/client.ts";
import type { Fetch, StateStore } from "../../src/client/ports.ts";
import {
  httpPost,
  type PostBatch,
  Telemetry,
  type TelemetryOptions,
  telemetryTo,
} from "../../src/client/telemetry/telemetry.ts";
import { Collector } from "../../src/metrics/collector.ts";
import { type CollectServer, startCollectServer } from "../../src/metrics/collectServer.ts";
import { FAMILIES } from "../../src/metrics/families.ts";
import { KnownReleases } from "../../src/metrics/knownReleases.ts";
import { parseBatch } from "../../src/metrics/parseBatch.ts";
import { digestOf, nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { isInSlice } from "../../src/wire/bucket.ts";
import type { ObjectFile } from "../../src/wire/catalog.ts";
import { objectKey } from "../../src/wire/keys.ts";
import { resolve } from "../../src/wire/resolve.ts";
import { scrape, sumOf } from "../metrics/beacons.ts";
import { catalogOf, releaseOf, unitIdWhere, viewerOf } from "../wire/catalogOf.ts";
import { ManualTimers, settle } from "./manualTimers.ts";
import { encode, memoryStore, NOW, offline, Repository } from "./repositoryOf.ts";

const ROLLOUT = { salt: "rose/1.1.0", canary: {}, regional: { regions: { SG: 5_000 } } };
const IN_TRIAL = unitIdWhere((id) => isInSlice(ROLLOUT.salt, id, 5_000));
const IN_BASELINE = unitIdWhere((id) => !isInSlice(ROLLOUT.salt, id, 5_000));
const servers: CollectServer[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

/** A published rose with 1.1.0 on trial for half of SG over 1.0.0, a lily that stands alone, and a collector that knows them. */
async function start() {
  const repository = await Repository.create();
  const add = (content: string, role: ObjectFile["role"] = "animation"): ObjectFile => {
    const bytes = encode(content);
    const mediaType = role === "still" ? "image/png" : "image/webp";
    const file = { role, mediaType, digest: digestOf(bytes), bytes: bytes.length };
    repository.files.set(keyOf(file), bytes);
    return file;
  };
  const [newer, older, lily, still] = [add("newer"), add("older"), add("lily"), add("still", "still")];
  await repository.publish({
    rose: [
      releaseOf("1.1.0", { rollout: ROLLOUT, files: [newer, still], fallback: ["lily"] }),
      releaseOf("1.0.0", { files: [older] }),
    ],
    lily: [releaseOf("2.0.0", { files: [lily] })],
  });
  const collector = new Collector({
    releases: new KnownReleases([
      { gift: "rose", version: "1.1.0", build: "aaaaaaaaaaaa", digests: [newer.digest] },
      { gift: "rose", version: "1.0.0", build: "bbbbbbbbbbbb", digests: [older.digest] },
      { gift: "lily", version: "2.0.0", build: "cccccccccccc", digests: [lily.digest] },
    ]),
    regions: new Set(["SG"]),
    platforms: new Set(["android"]),
    secret: new Uint8Array(32),
    startedMilliseconds: NOW,
    limits: { seenKeys: 1_000 },
  });
  const server = await startCollectServer(collector, { port: 0, now: () => NOW });
  servers.push(server);
  const timers = new ManualTimers();
  const open = async ({
    unitId = IN_TRIAL,
    store = memoryStore(),
    fetch = repository.fetch,
    post = httpPost({ url: `${server.url}v1/beacons` }),
    telemetry = {},
  }: {
    unitId?: string;
    store?: StateStore;
    fetch?: Fetch;
    post?: PostBatch;
    telemetry?: TelemetryOptions;
  } = {}) => {
    const client = await GiftwrapClient.open({
      viewer: viewerOf({ unitId }),
      root: repository.trustedRoot,
      fetch,
      crypto: nodeCrypto,
      now: () => NOW,
      store,
      telemetry: telemetryTo(post, { timers, ...telemetry }),
    });
    await client.refresh().catch(() => {});
    return client;
  };
  /** The counters of units that are not 0. */
  const units = (...labels: readonly string[]) => {
    const found = scrape(collector);
    const names = ["units", "failed", "crashed", "fellBack", "mismatched"] as const;
    const counts = names.map((name) => [name, sumOf(found, FAMILIES[name], ...labels)] as const);
    return Object.fromEntries(counts.filter(([, value]) => value !== 0));
  };
  const count = (name: string, ...labels: readonly string[]) => sumOf(scrape(collector), name, ...labels);
  return { repository, collector, timers, open, units, count, newer, older, lily };
}

function keyOf({ digest, mediaType }: ObjectFile): string {
  return objectKey(digest, mediaType);
}

async function playAndSend(client: GiftwrapClient, play?: Play, gift = "rose"): Promise<void> {
  await client.play(gift, play);
  await client.telemetry?.flush();
}

describe("an app that passes the option, and nothing else, is counted", () => {
  test("in the trial and in its baseline, with the chance that put it there", async () => {
    const { open, units, count, collector } = await start();
    await playAndSend(await open({ unitId: IN_TRIAL }));
    await playAndSend(await open({ unitId: IN_BASELINE }));
    expect(units('arm="trial"', 'version="1.1.0"', 'trial="1.1.0"', 'play="first"')).toEqual({ units: 1 });
    expect(units('arm="baseline"', 'version="1.0.0"', 'trial="1.1.0"', 'play="first"')).toEqual({ units: 1 });
    expect(count(FAMILIES.devices, 'share="500000"')).toBe(2);
    expect(count(FAMILIES.apps, 'app="8.2"')).toBe(2);
    expect([count(FAMILIES.refused), collector.pendingPlays]).toEqual([0, 0]);
  });

  test("as live where nothing is on trial", async () => {
    const { open, units } = await start();
    await playAndSend(await open(), undefined, "lily");
    expect(units('arm="live"', 'gift="lily"', 'trial=""')).toEqual({ units: 1 });
  });

  test("with the first frame and dropped frames when its player tells of them", async () => {
    const { open, count, timers } = await start();
    await playAndSend(await open(), async (_loaded, report) => {
      await timers.pass(130);
      report.firstFrame();
      report.firstFrame();
      await timers.pass(2_000);
      report.frames(100, 15);
    });
    expect(count(`${FAMILIES.decode}_bucket`, 'le="125"')).toBe(0);
    expect(count(`${FAMILIES.decode}_bucket`, 'le="150"')).toBe(1);
    expect(count(`${FAMILIES.decode}_sum`)).toBe(130);
    expect(count(`${FAMILIES.dropped}_bucket`, 'le="0.1"')).toBe(0);
    expect(count(`${FAMILIES.dropped}_bucket`, 'le="0.2"')).toBe(1);
  });

  test("as a first play once, also after a restart, and then as a repeated one", async () => {
    const { open, units } = await start();
    const store = memoryStore();
    const client = await open({ store });
    await playAndSend(client);
    await playAndSend(client);
    await playAndSend(await open({ store }));
    expect(units('play="first"')).toEqual({ units: 1 });
    expect(units('play="repeat"')).toEqual({ units: 1 });
    expect(JSON.parse(new TextDecoder().decode(store.files.get("telemetry")))).toEqual({
      device: expect.stringMatching(/^[0-9a-f]{32}$/),
      played: [expect.stringMatching(/^[0-9a-f]{16}$/)],
    });
  });

  test("as a crash when the app is gone before the play is over: its exposure was sent before the player had the bytes", async () => {
    const { open, units, collector } = await start();
    const client = await open();
    let pending = -1;
    void client.play("rose", async () => {
      await client.telemetry?.flush();
      pending = collector.pendingPlays;
      await new Promise(() => {});
    });
    await expect.poll(() => pending).toBe(1);
    collector.tick(NOW + 120_000);
    expect(units('arm="trial"')).toEqual({ units: 1, crashed: 1 });
  });

  test("not as a crash when the app goes away in good order", async () => {
    const { open, units, collector, count } = await start();
    const client = await open();
    void client.play("rose", () => new Promise<void>(() => {}));
    await client.telemetry?.flush();
    client.telemetry?.leave();
    await expect.poll(() => units()).toEqual({ units: 1 });
    expect([collector.pendingPlays, count(FAMILIES.refused)]).toEqual([0, 0]);
  });
});

describe("what goes wrong is told by its cause and by what was shown instead", () => {
  const cannot: Play = () => {
    throw new Error("cannot decode");
  };
  const cannotPlayNewer: Play = ({ link }) => {
    if (link.kind === "release" && link.version === "1.1.0") throw new Error("cannot decode");
  };

  test("bytes that are not the ones that were signed, or more of them", async () => {
    const { open, units, count, repository, newer } = await start();
    for (const bytes of ["nower", "newer and more"]) {
      repository.files.set(keyOf(newer), encode(bytes));
      await playAndSend(await open());
    }
    expect(units('arm="trial"')).toEqual({ units: 2, failed: 2, fellBack: 2, mismatched: 2 });
    expect(count(FAMILIES.causes, 'version="1.1.0"', 'cause="hash"')).toBe(2);
    expect(count(FAMILIES.fallbacks, 'to="release"')).toBe(2);
  });

  test("an object that is not there, and a network that is down", async () => {
    const { open, units, count, repository, newer, older } = await start();
    await playAndSend(await open({ fetch: offline(repository.fetch, (key) => key === keyOf(newer)) }));
    repository.files.delete(keyOf(newer));
    repository.files.delete(keyOf(older));
    await playAndSend(await open());
    expect(units('arm="trial"')).toEqual({ units: 2, failed: 2, fellBack: 2 });
    expect([count(FAMILIES.causes, 'cause="network"'), count(FAMILIES.causes, 'cause="missing"')]).toEqual([
      1, 1,
    ]);
    expect([count(FAMILIES.fallbacks, 'to="release"'), count(FAMILIES.fallbacks, 'to="gift"')]).toEqual([
      1, 1,
    ]);
  });

  test("a player that cannot decode, down to the app's own default", async () => {
    const { open, units, count } = await start();
    await playAndSend(await open(), cannotPlayNewer);
    await playAndSend(await open(), cannot);
    const stillOnly: Play = ({ link }) => {
      if (link.kind !== "still") throw new Error("cannot decode");
    };
    await playAndSend(await open(), stillOnly);
    expect(units('arm="trial"')).toEqual({ units: 3, failed: 3, fellBack: 3 });
    expect(count(FAMILIES.causes, 'cause="decode"')).toBe(3);
    const shown = ["release", "default", "still"].map((to) => count(FAMILIES.fallbacks, `to="${to}"`));
    expect(shown).toEqual([1, 1, 1]);
  });

  test("and the frames of what was shown instead are nobody's", async () => {
    const { open, count } = await start();
    await playAndSend(await open(), (loaded, report) => {
      report.frames(100, 50);
      void cannotPlayNewer(loaded, report);
      report.firstFrame();
    });
    expect([count(`${FAMILIES.decode}_count`), count(`${FAMILIES.dropped}_count`)]).toEqual([0, 0]);
  });
});

describe("telemetry stands in nobody's way", () => {
  test("when its network hangs: the play is over before", async () => {
    const { open } = await start();
    const client = await open({ post: () => new Promise(() => {}) });
    const shown: string[] = [];
    for (let at = 0; at < 30; at++) await client.play("rose", ({ link }) => void shown.push(link.kind));
    expect(shown).toHaveLength(30);
  });

  test("when its parts are broken: what they throw stays in it", async () => {
    const { repository } = await start();
    const fail = () => {
      throw new Error("broken");
    };
    const broken: readonly TelemetryOptions[] = [
      {},
      { random: fail },
      { store: { read: fail, write: fail } },
      { store: { read: async () => encode("{"), write: async () => fail() } },
      { timers: { now: fail, after: fail } },
      { timers: { now: () => Number.NaN, after: fail } },
    ];
    for (const options of broken) {
      const client = await GiftwrapClient.open({
        viewer: viewerOf(),
        root: repository.trustedRoot,
        fetch: repository.fetch,
        crypto: nodeCrypto,
        now: () => NOW,
        telemetry: telemetryTo(fail, options),
      });
      await client.refresh();
      const loaded = await client.play("rose", (_loaded, report) => {
        report.firstFrame();
        report.frames(Number.NaN, Number.POSITIVE_INFINITY);
      });
      expect(loaded.failed).toEqual([]);
      await client.telemetry?.flush();
      client.telemetry?.leave();
      await settle();
    }
  });

  test("when nobody asked for it: no request is made", async () => {
    const { repository } = await start();
    const client = await GiftwrapClient.open({
      viewer: viewerOf(),
      root: repository.trustedRoot,
      fetch: repository.fetch,
      crypto: nodeCrypto,
      now: () => NOW,
    });
    await client.refresh();
    await client.play("rose");
    expect(client.telemetry).toBeNull();
  });
});

test("whatever an app reports, every batch is one that the collector reads", async () => {
  const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, -1, 1e300));
  const time = fc.double({ min: 0, max: 1e12, noNaN: true });
  const catalog = catalogOf({ rose: [releaseOf("1.0.0")] });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(time, number, number, fc.constantFrom("", "SG", "sg", "Singapore")), {
        maxLength: 8,
      }),
      async (reports) => {
        const bodies: string[] = [];
        for (const [time, frames, dropped, region] of reports) {
          let now = 0;
          const viewer = viewerOf({ region, app: [8, 2, 0, "beta", 1] });
          const telemetry = await Telemetry.open(
            async (body) => {
              bodies.push(body);
              return { kind: "taken" };
            },
            viewer,
            { timers: { now: () => (now += time), after: () => () => {} } },
          );
          const resolution = resolve(catalog, [], viewer, "rose");
          const watch = telemetry?.begin({ catalog, overrides: [] }, viewer, "rose", resolution);
          watch?.loaded(0);
          watch?.firstFrame(0);
          watch?.frames(0, frames, dropped);
          watch?.shown(0, resolution.chain[0] ?? { kind: "default" });
          await telemetry?.flush();
        }
        expect(bodies.length).toBeGreaterThanOrEqual(reports.length > 0 ? 1 : 0);
        for (const body of bodies) expect(parseBatch(body)).toMatchObject({ ok: true });
      },
    ),
    { numRuns: 100 },
  );
});

describe("over HTTP", () => {
  test.each<[number, Record<string, string>, object]>([
    [202, {}, { kind: "taken" }],
    [400, {}, { kind: "refused" }],
    [413, {}, { kind: "refused" }],
    [429, { "retry-after": "7" }, { kind: "later", afterMilliseconds: 7_000 }],
    [503, {}, { kind: "later" }],
    [503, { "retry-after": "soon" }, { kind: "later" }],
    [
      503,
      { date: "Sun, 31 Jan 2027 12:00:00 GMT", "retry-after": "Sun, 31 Jan 2027 12:01:00 GMT" },
      { kind: "later", afterMilliseconds: 60_000 },
    ],
  ])("%i with %o is understood", async (status, headers, result) => {
    const server = createServer((_request, response) => {
      response.writeHead(status, headers).end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await httpPost({ url: `http://127.0.0.1:${port}/` })("{}", false)).toEqual(result);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await httpPost({ url: `http://127.0.0.1:${port}/` })("{}", true)).toEqual({ kind: "later" });
  });
});
