import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { GiftwrapClient, type Loaded, type Viewer } from "../../src/client/client.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import type { CatalogRelease } from "../../src/wire/catalog.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { explain } from "../../src/wire/resolve.ts";
import type { Interval } from "../../src/wire/version.ts";
import { TIERS, type Tier } from "../../src/wire/viewer.ts";
import { EVERY_APP, releaseOf, stopOf, viewerOf } from "../wire/catalogOf.ts";
import { ManualTimers } from "./manualTimers.ts";
import { catalogTexts, NOW, Repository } from "./repositoryOf.ts";

const MINUTE = 60_000;
const FROM_8: readonly Interval[] = [[[8, 0, 0], null]];
/** 1.2.0 is on trial, 1.1.0 is for newer phones, and 1.0.0 is for everyone. */
const NEWEST = "1.2.0";
const STOP = stopOf("1.2.0", { untilGeneration: 99 });

let repository: Repository;
let timers: ManualTimers;
beforeEach(async () => {
  repository = await Repository.create();
  timers = new ManualTimers();
  await repository.publishTexts(textsByTier());
});

/** Each tier has files of its own; 1.1.0 has none for low. */
function textsByTier(): Record<Tier, string> {
  const texts = TIERS.map((tier) => {
    const files = (version: string) => [repository.addObject(`rose ${version} for ${tier}`)];
    const releases: readonly CatalogRelease[] = [
      releaseOf(NEWEST, {
        files: files(NEWEST),
        app: { android: FROM_8, ios: FROM_8 },
        rollout: {
          salt: "rose/1.2.0",
          canary: { cohorts: ["staff"] },
          regional: { regions: { SG: 5_000 }, eligible: { tiers: ["mid", "high"], exclude: ["vip"] } },
        },
      }),
      releaseOf("1.1.0", {
        files: tier === "low" ? [] : files("1.1.0"),
        app: { android: FROM_8, ios: EVERY_APP },
      }),
      releaseOf("1.0.0", {
        files: files("1.0.0"),
        app: { android: EVERY_APP, ios: EVERY_APP, web: EVERY_APP },
      }),
    ];
    return [tier, catalogTexts({ rose: releases })[tier]] as const;
  });
  const [low, mid, high] = texts.map(([, text]) => text);
  return { low: low ?? "", mid: mid ?? "", high: high ?? "" };
}

interface Member {
  readonly viewer: Viewer;
  readonly client: GiftwrapClient;
}

async function join(viewer: Viewer): Promise<Member> {
  const client = await GiftwrapClient.open({
    viewer,
    root: repository.trustedRoot,
    fetch: repository.fetch,
    crypto: nodeCrypto,
    now: () => NOW,
    timers,
    random: (bytes) => new Uint8Array(bytes).fill(128),
  });
  await client.refresh();
  client.enterRoom();
  return { viewer, client };
}

const anyViewer: fc.Arbitrary<Viewer> = fc.record({
  platform: fc.constantFrom("android", "ios", "web"),
  app: fc.constantFrom([7, 0, 0], [8, 0, 0], [9, 1, 2]),
  tier: fc.constantFrom(...TIERS),
  region: fc.constantFrom("SG", "ID"),
  cohorts: fc.subarray(["staff", "vip"]),
  unitId: fc.oneof(fc.constant(""), fc.uuid()),
});

const anyRoom = fc.array(anyViewer, { minLength: 2, maxLength: 12 });

/** The versions that cover a member and that its app and tier can play, newest first: what may be opened to it at all. */
function servedTo({ viewer, client }: Member): string[] {
  const { catalog, overrides } = client.state;
  return explain(catalog, overrides, viewer, "rose").flatMap(({ version, verdict }) =>
    verdict.kind === "serves" ? [version] : [],
  );
}

function versionOf(loaded: Loaded | null): string | undefined {
  return loaded?.link.kind === "release" ? loaded.link.version : loaded?.link.kind;
}

describe("in a room of all kinds of viewers, whoever sends", () => {
  test("whom the sender's effect covers sees that one, and everyone else the right one for them", async () => {
    await fc.assert(
      fc.asyncProperty(anyRoom, async (viewers) => {
        const room = await Promise.all(viewers.map(join));
        for (const sender of room) {
          const message = JSON.stringify(sender.client.send("rose"));
          const { version } = sender.client.send("rose");
          for (const member of room) {
            const served = servedTo(member);
            const loaded = await member.client.receive(message);
            const isServed = version !== undefined && served.includes(version);
            expect(versionOf(loaded)).toBe(isServed ? version : (served[0] ?? "default"));
            if (version !== undefined) expect(loaded?.reason).toBe(isServed ? "hint" : "hint_refused");
            // The very bytes of its own tier.
            const [file] = loaded?.files ?? [];
            if (file)
              expect(new TextDecoder().decode(file.content)).toBe(
                `rose ${versionOf(loaded)} for ${member.viewer.tier}`,
              );
          }
        }
        for (const { client } of room) client.close();
      }),
      { numRuns: 25 },
    );
  });

  test("it is one effect where all can show it", async () => {
    await fc.assert(
      fc.asyncProperty(anyRoom, async (viewers) => {
        const room = await Promise.all(viewers.map(join));
        for (const sender of room) {
          const message = sender.client.send("rose");
          const { version } = message;
          if (version === undefined || !room.every((it) => servedTo(it).includes(version))) continue;
          const seen = await Promise.all(room.map(({ client }) => client.receive(message)));
          expect(new Set(seen.map(versionOf))).toEqual(new Set([version]));
        }
        for (const { client } of room) client.close();
      }),
      { numRuns: 25 },
    );
  });
});

describe("after a rollback", () => {
  const STAFF = viewerOf({ app: [8, 0, 0], cohorts: ["staff"] });

  test("a sender who has not heard of it opens nothing: the hint to what was stopped is refused", async () => {
    const sender = await join(STAFF);
    const message = sender.client.send("rose");
    expect(message.version).toBe(NEWEST);
    await repository.publishOverrides([STOP]);
    for (const viewer of [STAFF, viewerOf({ app: [8, 0, 0] }), viewerOf({ platform: "web", tier: "low" })]) {
      const receiver = await join(viewer);
      const loaded = await receiver.client.receive(message);
      expect(loaded?.reason).toBe("hint_refused");
      expect(versionOf(loaded)).toBe(servedTo(receiver)[0]);
      expect(versionOf(loaded)).not.toBe(NEWEST);
    }
  });

  test("one who has heard of it takes the room along: nobody shows what was stopped, and all ask once and have it", async () => {
    const room = await Promise.all(Array.from({ length: 20 }, () => join(STAFF)));
    await timers.pass(10_000);
    await repository.publishOverrides([STOP]);
    const sender = await join(STAFF);
    repository.forgetQuestions();
    const message = sender.client.send("rose");
    expect(message).toMatchObject({ version: "1.1.0", minRevision: repository.revision });
    const seen = await Promise.all(room.map(({ client }) => client.receive(message)));
    expect(new Set(seen.map(versionOf))).toEqual(new Set(["1.1.0"]));
    await timers.pass(2_000);
    expect(repository.asked.filter((key) => key.startsWith("metadata/"))).toEqual(
      Array.from({ length: 20 }, () => TIMESTAMP_KEY),
    );
    for (const member of room) {
      expect(member.client.state.revision).toBe(repository.revision);
      expect(servedTo(member)).not.toContain(NEWEST);
    }
  });
});

describe("a hostile sender", () => {
  const anyMessage = fc.oneof(
    fc.anything(),
    fc.string(),
    fc.record({
      format: fc.constantFrom<unknown>("1.0", "1.9", "2.0", 1, null),
      gift: fc.oneof(fc.constant("rose"), fc.constantFrom("__proto__", "constructor", "lily"), fc.anything()),
      version: fc.oneof(fc.constantFrom(NEWEST, "1.1.0", "1.0.0", "9.9.9", "__proto__"), fc.anything()),
      minRevision: fc.oneof(fc.maxSafeInteger(), fc.constantFrom(2 ** 53, -1, Number.NaN), fc.anything()),
    }),
  );

  test("opens nothing to anyone whom it does not cover, changes nothing that is known, and throws nothing", async () => {
    await fc.assert(
      fc.asyncProperty(anyViewer, fc.array(anyMessage, { maxLength: 20 }), async (viewer, messages) => {
        const member = await join(viewer);
        const { state } = member.client;
        const served = servedTo(member);
        for (const message of messages) {
          const loaded = await member.client.receive(message);
          if (loaded?.link.kind !== "release") continue;
          expect(served).toContain(loaded.link.version);
        }
        expect(member.client.state).toBe(state);
        member.client.close();
      }),
      { numRuns: 60 },
    );
  });

  test("makes no client ask much more than it would: ten messages a second, each of a revision that will never be", async () => {
    const { client } = await join(viewerOf());
    await timers.pass(0);
    repository.forgetQuestions();
    const minutes = 10;
    for (let tenth = 0; tenth < 600 * minutes; tenth++) {
      await client.receive(
        { format: "1.0", gift: "rose", minRevision: Number.MAX_SAFE_INTEGER - tenth },
        () => {},
      );
      if (tenth % 10 === 0) await timers.pass(1_000);
    }
    const questions = repository.asked.filter((key) => key === TIMESTAMP_KEY).length;
    expect(questions).toBeLessThanOrEqual(2 * minutes + 4);
    client.close();
    await timers.pass(10 * MINUTE);
    expect(timers.waiting).toBe(0);
  });
});
