import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openEnvironment } from "../../src/commands/environment.ts";
import { revisionTree } from "../../src/source/tree.ts";
import { startEdge } from "../../src/store/edgeServer.ts";
import { systemPorts } from "../../src/store/s3Client.ts";
import { s3Store } from "../../src/store/s3Store.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import { toViewer } from "../../src/wire/viewer.ts";
import { describeStore } from "../store/describeStore.ts";
import { hasRadosgw, type Radosgw, startRadosgw } from "../support/radosgw.ts";
import { variablesOf } from "../support/s3Double.ts";
import { createWorld, REGIONS, type World } from "../support/world.ts";

const NAME = "a bucket of a real S3 server (Ceph's radosgw)";

// Debian's packages radosgw, ceph-mon, ceph-osd and ceph-mgr bring it; .ci/run installs them.
describe.skipIf(!hasRadosgw())("radosgw", () => {
  let server: Radosgw;
  let bucket: Awaited<ReturnType<Radosgw["makeBucket"]>>;
  let made = 0;

  beforeAll(async () => {
    server = await startRadosgw();
    bucket = await server.makeBucket();
  }, 180_000);
  afterAll(() => server?.stop());

  const freshOptions = () => ({ ...bucket.options, prefix: `test-${made++}/gifts/` });

  describeStore(
    NAME,
    async () => {
      const options = freshOptions();
      return {
        store: s3Store(options, variablesOf(server.account)),
        headersOf: async (key) => {
          const response = await bucket.client.fetch(`${bucket.url}/${options.prefix}${key}`, {
            method: "HEAD",
          });
          return {
            contentType: response.headers.get("content-type"),
            cacheControl: response.headers.get("cache-control"),
          };
        },
        largeBytes: 17 * 1024 * 1024,
        remove: async () => {},
      };
    },
    { losesAnswers: true },
  );

  describe(NAME, () => {
    test("refuses uploads that were damaged on their way, by either checksum, and is sent them again", async () => {
      const options = freshOptions();
      const statuses: number[] = [];
      const store = s3Store(options, variablesOf(server.account), {
        ...systemPorts,
        fetch: async (url, init) => {
          const isDamaged = url.pathname.endsWith("objects/a") && statuses.length === 0;
          const response = await fetch(url, isDamaged ? { ...init, body: bytes("damaged value") } : init);
          if (url.pathname.endsWith("objects/a")) statuses.push(response.status);
          return response;
        },
      });
      expect(await store.putIfAbsent("objects/a", bytes("correct value"))).toBe(true);
      expect(statuses).toEqual([400, 200]);
      expect(new TextDecoder().decode((await store.get("objects/a"))?.bytes)).toBe("correct value");

      const md5 = createHash("md5").update("another value").digest("base64");
      const response = await bucket.client.fetch(`${bucket.url}/md5`, {
        method: "PUT",
        body: "value",
        headers: { "content-md5": md5 },
      });
      expect([response.status, await response.text()]).toEqual([400, expect.stringContaining("BadDigest")]);
    });

    test("with versioning ignores conditions, and is refused", async () => {
      const versioned = await server.makeBucket();
      await versioned.client.fetch(`${versioned.url}?versioning`, {
        method: "PUT",
        body: '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>',
      });
      const store = s3Store(versioned.options, variablesOf(server.account));
      await expect(store.putIfAbsent("a", bytes("x"))).rejects.toMatchObject({
        code: "STORE_UNSAFE",
        fix: expect.stringContaining("turn the bucket's versioning off"),
      });
      expect(await store.list("")).toEqual([]);
    });

    test("says no in the words that the driver knows", async () => {
      const { options } = bucket;
      const account = variablesOf(server.account);
      await expect(s3Store({ ...options, bucket: "nobodys-bucket" }, account).get("a")).rejects.toMatchObject(
        {
          code: "BUCKET_MISSING",
        },
      );
      const wrong = variablesOf({ ...server.account, secretAccessKey: "wrong" });
      await expect(s3Store(options, wrong).get("a")).rejects.toMatchObject({ code: "CREDENTIALS_REFUSED" });
      const unknown = variablesOf({ ...server.account, accessKeyId: "NOBODY" });
      await expect(s3Store(options, unknown).get("a")).rejects.toMatchObject({ code: "CREDENTIALS_REFUSED" });
      const late = { ...systemPorts, now: () => Date.now() - 3_600_000 };
      await expect(s3Store(options, account, late).get("a")).rejects.toMatchObject({ code: "CLOCK_WRONG" });
      const anonymous = await fetch(`${bucket.url}/a`);
      expect(anonymous.status).toBe(403);
    });

    test("lists more keys than one answer holds", async () => {
      const store = s3Store(freshOptions(), variablesOf(server.account));
      const keys = Array.from({ length: 1_005 }, (_, at) => `objects/${String(at).padStart(4, "0")}`);
      for (let at = 0; at < keys.length; at += 15)
        await Promise.all(keys.slice(at, at + 15).map((key) => store.putIfAbsent(key, bytes(key))));
      expect(await store.list("objects/")).toEqual(keys);
    });
  });

  describe("an environment in a bucket", () => {
    const open = async (world: World) => {
      const { prefix, bucket: name, region, endpoint } = freshOptions();
      await world.write({
        "releases/environments/production.yaml": [
          "rollout: as-written",
          `store: { s3: { bucket: ${name}, region: ${region}, endpoint: "${endpoint}", prefix: ${prefix} } }`,
          "pollSeconds: 30",
          "edges: {}\n",
        ].join("\n"),
      });
      const commit = await world.commit("Publish to a bucket");
      const io = { root: world.root, variables: variablesOf(server.account) };
      return openEnvironment(io, revisionTree(world.root, commit), "production");
    };

    test("is published once and stopped, and its edges serve what a viewer verifies", async () => {
      const world = await createWorld();
      try {
        const opened = await open(world);
        const edge = await startEdge(opened.store, 0);
        const environment = { ...opened, edges: REGIONS.map((region) => ({ region, url: edge.url })) };
        await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true });
        await world.release({ gift: "rose", version: "1.1.0", regional: true, full: true });
        await world.commit("Two releases at full");
        const first = await world.publish({ environment });
        expect([first.exit, first.revision]).toEqual([0, 1]);
        expect(first.edges.every((it) => it.ok)).toBe(true);
        const again = await world.publish({ environment });
        expect([again.exit, again.revision]).toEqual([0, first.revision]);

        const viewer = toViewer({
          platform: "web",
          appVersion: "9.0.0",
          tier: "mid",
          region: "SG",
          cohorts: [],
          unitId: "1",
        });
        const app = await world.viewer(viewer, async (key) => {
          const response = await fetch(edge.url + key);
          return response.ok
            ? { kind: "body", bytes: new Uint8Array(await response.arrayBuffer()) }
            : { kind: "missing" };
        });
        await app.refresh();
        expect(app.resolve("rose").chain[0]).toMatchObject({ version: "1.1.0" });

        await world.release({ gift: "rose", version: "1.1.0" });
        await world.commit("Close all but canary of 1.1.0");
        const stopped = await world.publish({ environment });
        expect(stopped.stops).toHaveLength(1);
        await app.refresh();
        expect(app.resolve("rose").chain[0]).toMatchObject({ version: "1.0.0" });
        await edge.close();
      } finally {
        await world.remove();
      }
    });

    test("that two publish to at once has the newer commit in the end, and only the older one may be refused", async () => {
      const world = await createWorld();
      try {
        const environment = await open(world);
        await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true });
        await world.commit("A release");
        await world.publish({ environment });
        for (let round = 0; round < 3; round++) {
          await world.release({ gift: "rose", version: `1.0.${round + 1}`, regional: true, full: true });
          const older = await world.commit("One more");
          await world.release({ gift: "lily", version: `1.0.${round}`, regional: true, full: true });
          const newer = await world.commit("And another");
          const results = await Promise.allSettled([
            world.publish({ environment, commit: older }),
            world.publish({ environment, commit: newer }),
          ]);
          // Who finds something newer live says so; nothing else may fail.
          for (const it of results)
            if (it.status === "rejected") expect(it.reason).toMatchObject({ code: "OLDER_COMMIT" });
          expect(results[1]?.status).toBe("fulfilled");
          const live = await environment.store.get(TIMESTAMP_KEY);
          expect(new TextDecoder().decode(live?.bytes)).toContain(newer);
        }
      } finally {
        await world.remove();
      }
    });
  });
});

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
