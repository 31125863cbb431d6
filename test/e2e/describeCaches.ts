import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { httpFetch } from "../../src/client/client.ts";
import { lockPath } from "../../src/model/paths.ts";
import { trustRoot } from "../../src/publish/live.ts";
import type { Purge } from "../../src/publish/purgeTimestamp.ts";
import { revisionTree } from "../../src/source/tree.ts";
import type { Route } from "../../src/store/edgeServer.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import { readEvidence } from "../../src/trust/evidence.ts";
import { digestOf, nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { objectKey, TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { seenByNewcomers } from "../support/audience.ts";
import type { Cache, CacheOptions, StartCache } from "../support/cache.ts";
import { onlyFor, serves, startTestEdge, type TestEdge } from "../support/edges.ts";
import { createWorld, REGIONS, type World } from "../support/world.ts";

/** For edges that are well and keep a timestamp for its five seconds. */
const PATIENTLY = 30_000;
/** For an edge that never comes right: longer than a purged one takes, however busy the machine is. */
const SHORTLY = 4_000;

interface Regional {
  readonly region: string;
  /** What stands behind the cache: the real origin, or what a test makes of it. */
  readonly origin: TestEdge;
  readonly cache: Cache;
}

const started: { world: World; regionals: readonly Regional[] }[] = [];
afterEach(async () => {
  for (const { world, regionals } of started.splice(0)) {
    await Promise.all(regionals.flatMap(({ cache, origin }) => [cache.stop(), origin.close()]));
    await world.remove();
  }
});

/** Three regional caches, each a process of its own, before the origin of one store. */
async function createCachedWorld(
  start: StartCache,
  purge: Purge | null,
  options: Readonly<Record<string, CacheOptions>> = {},
) {
  let root = "";
  const storeOf = () => fileStore(join(root, ".giftwrap", "store", "production"));
  const regionals = await Promise.all(
    REGIONS.map(async (region) => {
      const origin = await startTestEdge(region, storeOf);
      return { region, origin, cache: await start(origin.edge.url, options[region]) };
    }),
  );
  const world = await createWorld(regionals.map(({ region, cache }) => ({ region, url: cache.url })));
  root = world.root;
  started.push({ world, regionals });
  const progress: string[] = [];
  return {
    world,
    regionals,
    progress,
    regionalOf: (region: string) =>
      regionals.find((it) => it.region === region) ?? expect.fail(`there is no cache in ${region}`),
    publish: async (edgeDeadlineMilliseconds: number) => {
      const { environment, io } = await world.publisher();
      const file = { ...environment.file, ...(purge && { purge }) };
      return world.publish({
        edgeDeadlineMilliseconds,
        environment: { ...environment, file },
        io: { ...io, progress: (text) => progress.push(text) },
      });
    },
    /** What newcomers behind a cache are shown, each once. */
    seenThrough: async ({ cache }: Regional, gift: string) => [
      ...new Set(await seenByNewcomers(world, [gift], httpFetch({ baseUrl: cache.url }))),
    ],
  };
}

async function warmEvidence(world: World, gift: string, version: string) {
  const { commit, trustedRoot, environment } = await world.publisher();
  const path = lockPath(gift, version);
  const lock = (await revisionTree(world.root, commit).read([path])).get(path);
  const { root } = await trustRoot(trustedRoot, nodeCrypto);
  const subject = { lock: digestOf(lock ?? ""), environment: "production", kind: "warm" } as const;
  return readEvidence(environment.store, root, nodeCrypto, subject);
}

const everyone = { regional: true, full: true };

/** What a publish and a stop do before three regional caches of one kind; `purge` is how its timestamp is asked away. */
export function describeCaches(name: string, start: StartCache, purge: Purge): void {
  describe(`three regional caches of ${name} before one origin`, () => {
    test.each([
      ["with a purge", purge],
      ["without a purge", null],
    ])("serve a publish and a revert, %s", async (_, purge) => {
      const { world, regionals, progress, publish, seenThrough } = await createCachedWorld(start, purge);
      await world.release({ gift: "anchor", version: "1.0.0", ...everyone });
      await world.commit("Release 1.0.0");
      expect((await publish(PATIENTLY)).exit).toBe(0);

      await world.release({ gift: "anchor", version: "1.1.0", ...everyone });
      await world.commit("Release 1.1.0");
      const widened = await publish(PATIENTLY);
      expect([widened.exit, widened.edges.map((it) => it.ok)]).toEqual([0, [true, true, true]]);
      for (const it of regionals) expect(await seenThrough(it, "anchor")).toEqual(["anchor 1.1.0"]);
      expect(await warmEvidence(world, "anchor", "1.1.0")).toMatchObject({
        result: "passed",
        facts: { edges: 3, objects: 2 },
      });

      await world.git("revert", "--no-edit", "HEAD");
      const asked = regionals.map(({ origin }) => origin.asked.length);
      const reverted = await publish(PATIENTLY);
      expect([reverted.exit, reverted.stops]).toEqual([0, ["stop/anchor/1.1.0"]]);
      expect(reverted.said).toContainEqual(expect.stringMatching(/^stop confirmed at 3 edges after \d+ ms$/));
      for (const it of regionals) expect(await seenThrough(it, "anchor")).toEqual(["anchor 1.0.0"]);
      for (const [at, { origin }] of regionals.entries())
        expect(origin.asked.slice(asked[at]).filter((key) => key.startsWith("objects/"))).toEqual([]);
      expect(progress.filter((line) => line.includes("purged"))).toEqual([]);
    });

    const slow: Route = async () => {
      // After everything here: an answer on its way from one publish must not come right in the next.
      await sleep(20 * SHORTLY, undefined, { ref: false });
      return false;
    };
    const damagedObject = onlyFor((key) => key.startsWith("objects/"), serves(new Uint8Array(7)));
    const damagedTimestamp = onlyFor((key) => key === TIMESTAMP_KEY, serves(new Uint8Array(7)));
    const faults: Readonly<
      Record<
        string,
        {
          readonly options?: CacheOptions;
          readonly whenWidening?: Route;
          readonly whenStopping?: Route;
          readonly isDown?: true;
          readonly why: RegExp;
          readonly alarm: RegExp;
        }
      >
    > = {
      "is down": { isDown: true, why: /ECONNREFUSED/, alarm: /ECONNREFUSED/ },
      "answers after the deadline": {
        whenWidening: slow,
        whenStopping: slow,
        why: /did not answer in time/,
        alarm: /did not answer in time/,
      },
      "is stuck on an old copy": {
        options: { stuck: true },
        why: /does not follow: it still serves revision 1$/,
        alarm: /it still serves revision 1$/,
      },
      "serves damaged bytes": {
        whenWidening: damagedObject,
        whenStopping: damagedTimestamp,
        why: /it serves other bytes than were published/,
        // Its copy may be fresh still when the purge is slow.
        alarm: /it serves what is no timestamp|it still serves revision \d+$/,
      },
    };

    test.each(Object.entries(faults))(
      "an edge that %s holds back what needs it, and no stop",
      async (_, fault) => {
        const { world, regionalOf, publish, seenThrough } = await createCachedWorld(
          start,
          purge,
          fault.options && { ID: fault.options },
        );
        await world.release({ gift: "anchor", version: "1.0.0", ...everyone });
        await world.release({ gift: "anchor", version: "1.1.0", ...everyone });
        await world.release({ gift: "balloon", version: "1.0.0" });
        await world.release({ gift: "clock", version: "1.0.0", ...everyone });
        await world.commit("Release");
        expect((await publish(PATIENTLY)).exit).toBe(0);

        const broken = regionalOf("ID");
        if (fault.isDown) await broken.cache.stop();
        if (fault.whenWidening) broken.origin.behave(fault.whenWidening);
        await world.release({ gift: "balloon", version: "1.0.0", regional: true, regions: { SG: 50 } });
        await world.release({ gift: "clock", version: "1.1.0", ...everyone });
        await world.commit("Widen one gift in SG and another everywhere");
        const widened = await publish(SHORTLY);
        expect([widened.exit, widened.kept]).toEqual([3, { clock: expect.stringMatching(fault.why) }]);
        expect(widened.kept["clock"]).toMatch(/^the ID edge /);
        expect(widened.changes.map((it) => [it.gift, it.after])).toEqual([["balloon", "regional"]]);
        expect(await seenThrough(regionalOf("SG"), "clock")).toEqual(["clock 1.0.0"]);
        expect(await warmEvidence(world, "clock", "1.1.0")).toBeNull();
        expect(await warmEvidence(world, "balloon", "1.0.0")).toMatchObject({ facts: { edges: 1 } });

        if (fault.whenStopping) broken.origin.behave(fault.whenStopping);
        await world.release({ gift: "anchor", version: "1.1.0", canary: false });
        await world.commit("Take anchor back");
        const stopped = await publish(SHORTLY);
        expect([stopped.exit, stopped.stops]).toEqual([3, ["stop/anchor/1.1.0"]]);
        const alarms = stopped.said.filter((line) => line.startsWith("  ALARM"));
        expect(alarms.length).toBeGreaterThan(0);
        for (const alarm of alarms) {
          expect(alarm).toContain(`ID ${broken.cache.url} does not serve it`);
          expect(alarm).toMatch(fault.alarm);
        }
        for (const region of ["SG", "BR"])
          expect(await seenThrough(regionalOf(region), "anchor")).toEqual(["anchor 1.0.0"]);
      },
    );

    test("come right after they have learnt that a gift is not there", async () => {
      const { world, regionals, publish, seenThrough } = await createCachedWorld(start, null);
      const store = fileStore(join(world.root, ".giftwrap", "store", "production"));
      for (const { origin } of regionals)
        origin.behave(async (request, response) => {
          if (await store.head((request.url ?? "").slice(1))) return false;
          response.writeHead(404, { "cache-control": "public, max-age=4" }).end();
          return true;
        });
      const keys = [TIMESTAMP_KEY, objectKey(digestOf("anchor 1.0.0"), "application/vnd.lottie+json")];
      for (const { cache, origin } of regionals) {
        for (const key of [...keys, ...keys]) expect((await fetch(cache.url + key)).status).toBe(404);
        expect(origin.asked).toEqual(keys);
      }
      await world.release({ gift: "anchor", version: "1.0.0", ...everyone });
      await world.commit("Release");
      const { exit, kept } = await publish(PATIENTLY);
      expect([exit, kept]).toEqual([0, {}]);
      for (const it of regionals) expect(await seenThrough(it, "anchor")).toEqual(["anchor 1.0.0"]);
    });

    test("show no old timestamp beyond its age, unless their origin is down", async () => {
      const { world, regionals, publish, regionalOf } = await createCachedWorld(start, null);
      await world.release({ gift: "anchor", version: "1.0.0", ...everyone });
      await world.commit("Release");
      expect((await publish(PATIENTLY)).exit).toBe(0);
      const ask = async ({ cache }: Regional) => {
        const response = await fetch(cache.url + TIMESTAMP_KEY);
        return { status: response.status, digest: digestOf(new Uint8Array(await response.arrayBuffer())) };
      };
      const { digest } = await ask(regionalOf("SG"));
      await world.commit("Nothing but another commit");
      // Nobody asks in between, so that the first question after the old one's age is the one that counts.
      const written = await world.publish({
        environment: { ...(await world.publisher()).environment, edges: [] },
      });
      expect(written.revision).toBe(2);
      await regionalOf("ID").origin.close();
      // A cache that counts whole seconds, as nginx does, may take an age of 5 s for almost 6.
      await sleep(6_500);
      for (const it of regionals) {
        const answer = await ask(it);
        expect([it.region, answer.status, answer.digest === digest]).toEqual([
          it.region,
          200,
          it.region === "ID",
        ]);
      }
    });
  });
}
