import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { GiftQueue, GiftwrapClient, type Loaded, type PlayReport } from "../../src/client/client.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { releaseOf, stopOf, viewerOf, wordsOf } from "../wire/catalogOf.ts";
import { settle } from "./manualTimers.ts";
import { memoryStore, NOW, offline, Repository } from "./repositoryOf.ts";

const STOP = stopOf("1.1.0", { untilGeneration: 2 });

let repository: Repository;
beforeEach(async () => {
  repository = await Repository.create();
  await repository.publish({
    rose: [
      releaseOf("1.1.0", { files: [repository.addObject("newer")] }),
      releaseOf("1.0.0", { files: [repository.addObject("older")] }),
    ],
    lily: [releaseOf("2.0.0", { files: [repository.addObject("lily")] })],
    kite: [releaseOf("3.0.0", { files: [repository.addObject("kite")] })],
  });
});

async function opened(parts: { store?: ReturnType<typeof memoryStore>; isOffline?: boolean } = {}) {
  const { store = memoryStore(), isOffline = false } = parts;
  const client = await GiftwrapClient.open({
    viewer: viewerOf(),
    root: repository.trustedRoot,
    fetch: isOffline ? offline(repository.fetch, (key) => key.startsWith("metadata/")) : repository.fetch,
    crypto: nodeCrypto,
    now: () => NOW,
    store,
  });
  await client.refresh().catch(() => {});
  return client;
}

/** A queue whose plays last until the test ends them, in the order in which they began. */
function queueOf(client: GiftwrapClient, limits: { atOnce?: number; maxWaiting?: number } = {}) {
  /** What is or was on the screen, such as `rose@1.1.0 x3`. */
  const shown: string[] = [];
  const playing: (() => void)[] = [];
  const play = ({ link }: Loaded, _report: PlayReport, times: number) => {
    shown.push(`${wordsOf([link])[0]}${times > 1 ? ` x${times}` : ""}`);
    return new Promise<void>((resolve) => playing.push(resolve));
  };
  const queue = new GiftQueue({ client, play, ...limits });
  const endOne = async () => {
    playing.shift()?.();
    await settle();
  };
  return { queue, shown, playing, endOne };
}

test("gifts wait for their turn, one after the other, each as often as it was sent", async () => {
  const { queue, shown, endOne } = queueOf(await opened());
  const played = ["rose", "lily", "kite", "lily"].map((gift) => queue.add(gift));
  await settle();
  expect([shown, queue.waiting]).toEqual([["rose@1.1.0"], 3]);
  for (let at = 0; at < 4; at++) await endOne();
  expect(shown).toEqual(["rose@1.1.0", "lily@2.0.0", "kite@3.0.0", "lily@2.0.0"]);
  expect((await Promise.all(played)).map((it) => wordsOf(it ? [it.link] : [])[0])).toEqual(shown);
});

test("a gift that is sent again and again is one combo, counted when its turn comes", async () => {
  const { queue, shown, endOne } = queueOf(await opened());
  const first = queue.add("rose");
  const rest = Array.from({ length: 19 }, () => queue.add("rose"));
  await settle();
  await endOne();
  await endOne();
  expect(shown).toEqual(["rose@1.1.0", "rose@1.1.0 x19"]);
  const [second, ...others] = await Promise.all(rest);
  expect(await first).not.toBe(second);
  for (const other of others) expect(other).toBe(second);
});

test("several may be on the screen at once, and no more than that", async () => {
  const { queue, shown, playing, endOne } = queueOf(await opened(), { atOnce: 2 });
  for (const gift of ["rose", "lily", "kite"]) void queue.add(gift);
  await settle();
  expect([shown.length, playing.length]).toEqual([2, 2]);
  await endOne();
  expect([shown.length, playing.length]).toEqual([3, 2]);
});

test("a flood waits nowhere: what is too much is said to be", async () => {
  const { queue, endOne } = queueOf(await opened(), { maxWaiting: 2 });
  const results = ["rose", "lily", "kite", "rose"].map((gift) => queue.add(gift));
  expect([queue.waiting, await results[3]]).toEqual([2, null]);
  queue.clear();
  expect([await results[1], await results[2]]).toEqual([null, null]);
  await settle();
  await endOne();
  expect(wordsOf([(await results[0])?.link ?? { kind: "default" }])).toEqual(["rose@1.1.0"]);
});

test("a gift that cannot be shown at all does not hold up the next", async () => {
  const client = await opened();
  const queue = new GiftQueue({
    client,
    play: () => {
      throw new Error("cannot decode");
    },
  });
  const played = await Promise.all([queue.add("rose"), queue.add("lily")]);
  expect(played.map((it) => it?.link.kind)).toEqual(["default", "default"]);
  expect([queue.waiting, await queue.add("kite")]).toMatchObject([0, { link: { kind: "default" } }]);
});

describe("a stop takes effect on what waits", () => {
  test("while something plays, also on what a message asked for by its version", async () => {
    const client = await opened();
    const { queue, shown, endOne } = queueOf(client);
    void queue.add("lily");
    void queue.add("rose");
    void queue.receive({ format: "1.0", gift: "rose", version: "1.1.0", minRevision: 1 });
    await settle();
    await repository.publishOverrides([STOP]);
    await client.refresh();
    for (let at = 0; at < 3; at++) await endOne();
    expect(shown).toEqual(["lily@2.0.0", "rose@1.0.0", "rose@1.0.0"]);
  });

  test("also offline, and after a restart from what is stored", async () => {
    const store = memoryStore();
    await opened({ store });
    await repository.publishOverrides([STOP]);
    await opened({ store });
    const { queue, shown, endOne } = queueOf(await opened({ store, isOffline: true }));
    void queue.add("lily");
    void queue.add("rose");
    await settle();
    await endOne();
    await endOne();
    expect(shown).toEqual(["lily@2.0.0", "rose@1.0.0"]);
  });
});

test("whatever is sent, each gift is shown as often as it was sent, in order, and at most so many at once", async () => {
  const client = await opened();
  const sent = fc.array(fc.oneof(fc.constantFrom("rose", "lily", "kite"), fc.constant(null)), {
    maxLength: 30,
  });
  await fc.assert(
    fc.asyncProperty(sent, fc.integer({ min: 1, max: 3 }), async (gifts, atOnce) => {
      const { queue, shown, playing, endOne } = queueOf(client, { atOnce });
      for (const gift of gifts) {
        if (gift === null) await endOne();
        else void queue.add(gift);
        await settle();
        expect(playing.length).toBeLessThanOrEqual(atOnce);
      }
      while (playing.length > 0) await endOne();
      const names = shown.flatMap((it) => {
        const [release = "", times = "x1"] = it.split(" ");
        return Array.from({ length: Number(times.slice(1)) }, () => release.split("@")[0]);
      });
      expect(names).toEqual(gifts.filter((it) => it !== null));
    }),
    { numRuns: 40 },
  );
});

test("what is no message is shown nowhere", async () => {
  const { queue, shown } = queueOf(await opened());
  const nonsense: readonly unknown[] = [null, 7, "rose", {}, { format: "2.0", gift: "rose" }];
  expect(await Promise.all(nonsense.map((it) => queue.receive(it)))).toEqual(nonsense.map(() => null));
  expect(shown).toEqual([]);
});
