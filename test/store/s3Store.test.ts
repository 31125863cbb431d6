import { afterEach, describe, expect, test } from "vitest";
import { type S3Ports, systemPorts } from "../../src/store/s3Client.ts";
import { s3Credentials } from "../../src/store/s3Credentials.ts";
import { PROBE_KEY } from "../../src/store/s3Probe.ts";
import { s3Store } from "../../src/store/s3Store.ts";
import type { Store } from "../../src/store/store.ts";
import { TIMESTAMP_KEY } from "../../src/wire/keys.ts";
import {
  type Dialect,
  type DoubleOptions,
  type S3Double,
  startS3Double,
  variablesOf,
} from "../support/s3Double.ts";
import { describeStore } from "./describeStore.ts";

/** As the driver's own, but small enough for many tests. */
const SMALL_PARTS = { fromBytes: 50_000, partBytes: 16_384 };
const LARGE_BYTES = 100_000;
/** Waits no longer than the test's own server needs. */
const QUICK: S3Ports = { ...systemPorts, sleep: () => new Promise(setImmediate) };

function openStore(double: S3Double, ports: S3Ports = QUICK): Store {
  const credentials = s3Credentials(variablesOf(double.account));
  return s3Store(double.options, {}, ports, credentials, SMALL_PARTS);
}

// How Ceph takes conditions is tried below, and by the suite against the real server among the slow tests.
const KINDS: readonly [string, DoubleOptions][] = [
  ["a bucket that speaks S3 as AWS does", {}],
  [
    "a bucket of Google's, below a prefix and with short pages",
    { dialect: "generation", prefix: "gifts/production/", pageSize: 2 },
  ],
];

for (const [name, kind] of KINDS) {
  describeStore(name, async () => {
    const double = await startS3Double({ minPartBytes: SMALL_PARTS.partBytes, ...kind });
    return {
      store: openStore(double, systemPorts),
      headersOf: async (key) => {
        const kept = double.objects.get((kind.prefix ?? "") + key);
        return { contentType: kept?.headers["content-type"], cacheControl: kept?.headers["cache-control"] };
      },
      largeBytes: LARGE_BYTES,
      remove: () => double.close(),
    };
  });
}

describe("a bucket", () => {
  const doubles: S3Double[] = [];
  const start = async (options: DoubleOptions = {}): Promise<S3Double> => {
    const double = await startS3Double({ minPartBytes: SMALL_PARTS.partBytes, ...options });
    doubles.push(double);
    return double;
  };
  afterEach(async () => {
    for (const double of doubles.splice(0)) await double.close();
  });

  const textAt = (double: S3Double, key: string) => double.objects.get(key)?.bytes.toString();

  test("is asked once how it takes conditions; a later process reads one small key before its first write", async () => {
    const double = await start();
    const first = openStore(double);
    const tag = await first.replace(TIMESTAMP_KEY, bytes("one"), null);
    await first.replace(TIMESTAMP_KEY, bytes("two"), tag);
    const asked = double.requests.splice(0);
    expect(asked.filter((it) => it.startsWith(`GET ${PROBE_KEY}`))).toHaveLength(2);
    expect(asked.filter((it) => it.includes(TIMESTAMP_KEY))).toEqual([
      `PUT ${TIMESTAMP_KEY} 200`,
      `PUT ${TIMESTAMP_KEY} 200`,
    ]);

    const later = openStore(double);
    const live = await later.get(TIMESTAMP_KEY);
    await later.replace(TIMESTAMP_KEY, bytes("stop"), live?.tag ?? null);
    await later.putIfAbsent("log/7.json", bytes("{}"));
    expect(double.requests).toEqual([
      `GET ${TIMESTAMP_KEY} 200`,
      `GET ${PROBE_KEY} 200`,
      `PUT ${TIMESTAMP_KEY} 200`,
      "PUT log/7.json 200",
    ]);
  });

  test("is asked nothing about conditions by one who only reads", async () => {
    const double = await start();
    const store = openStore(double);
    await store.get("a");
    await store.head("a");
    await store.list("");
    expect(double.requests).toEqual(["GET a 404", "HEAD a 404", "GET  200"]);
  });

  test("is asked again when what it remembers came from another bucket, or is no outcome", async () => {
    for (const note of [
      JSON.stringify({ service: "http://elsewhere.example/bucket", conditions: "If-Match, quoted" }),
      JSON.stringify({ service: "", conditions: null }),
      "half a not",
    ]) {
      const double = await start({ dialect: "plain" });
      const store = openStore(double);
      await store.replace("name", bytes("x"), null);
      const kept = double.objects.get(PROBE_KEY);
      if (kept) double.objects.set(PROBE_KEY, { ...kept, bytes: Buffer.from(note), etag: "0123456789" });
      const later = openStore(double);
      const tag = (await later.get("name"))?.tag ?? null;
      expect(await later.replace("name", bytes("y"), tag)).not.toBeNull();
      expect(textAt(double, PROBE_KEY)).toContain("not quoted");
    }
  });

  test.each(["quoted", "plain", "generation"] satisfies Dialect[])(
    "tells twelve processes that ask it at once the same (%s)",
    async (dialect) => {
      const double = await start({ dialect });
      const won = await Promise.all(
        Array.from({ length: 12 }, (_, at) => openStore(double).replace("name", bytes(`value ${at}`), null)),
      );
      expect(won.filter((tag) => tag !== null)).toHaveLength(1);
      expect(textAt(double, "name")).toBe(`value ${won.findIndex((tag) => tag !== null)}`);
    },
  );

  test.each([
    ["ignores all", /does not honour conditions.*if-none-match: \*.*was accepted/, /versioning off/],
    ["ignores If-Match", /does not honour conditions.*if-match.*was accepted/, /versioning off/],
    ["refuses If-Match", /refuses If-Match.*also with the right tag/, /takes conditional writes/],
  ] as const)("that %s is refused in words, before anything is written", async (dialect, message, fix) => {
    const double = await start({ dialect });
    const store = openStore(double);
    const refusal = {
      code: "STORE_UNSAFE",
      message: expect.stringMatching(message),
      fix: expect.stringMatching(fix),
    };
    await expect(store.putIfAbsent("objects/a", bytes("x"))).rejects.toMatchObject(refusal);
    await expect(store.replace(TIMESTAMP_KEY, bytes("x"), null)).rejects.toMatchObject(refusal);
    await expect(store.replace(TIMESTAMP_KEY, bytes("x"), null)).rejects.toThrow(double.options.endpoint);
    expect([...double.objects.keys()]).toEqual([PROBE_KEY]);
    await expect(openStore(double).putIfAbsent("objects/a", bytes("x"))).rejects.toMatchObject(refusal);
  });

  test("of Google's that is written down without its conditions is refused, with the line to write", async () => {
    const double = await start({ dialect: "generation" });
    const { conditions, ...options } = double.options;
    expect(conditions).toBe("generation");
    const store = s3Store(options, variablesOf(double.account), QUICK);
    await expect(store.putIfAbsent("a", bytes("x"))).rejects.toMatchObject({
      code: "STORE_UNSAFE",
      fix: expect.stringContaining("conditions: generation"),
    });
  });

  describe("whose answers are lost", () => {
    const LOST = [{ kind: "lost" }, { kind: "denied knowledge" }] as const;

    test.each(LOST)("keeps one write, and its writer hears that it was theirs ($kind)", async (fault) => {
      const double = await start();
      const store = openStore(double);
      double.fail(/^PUT name/, fault, fault);
      const tag = await store.replace("name", bytes("one"), null);
      expect(tag).toBe((await store.get("name"))?.tag);
      double.fail(/^PUT name/, fault);
      const next = await store.replace("name", bytes("two"), tag);
      expect(next).toBe((await store.get("name"))?.tag);
      double.fail(/^PUT objects\/a/, fault);
      expect(await store.putIfAbsent("objects/a", bytes("a"))).toBe(true);
      expect([textAt(double, "name"), textAt(double, "objects/a")]).toEqual(["two", "a"]);
    });

    test.each([{ kind: "status", status: 500 }, { kind: "cut" }, { kind: "hang" }] as const)(
      "does not give another's value to one who lost a race and heard nothing of it ($kind)",
      async (fault) => {
        const double = await start();
        const store = openStore(double, { ...QUICK, silenceMilliseconds: 500 });
        const before = await store.replace("name", bytes("before"), null);
        await store.replace("name", bytes("theirs"), before);
        double.fail(/^PUT name/, fault);
        expect(await store.replace("name", bytes("ours"), before)).toBeNull();
        await store.putIfAbsent("objects/a", bytes("theirs"));
        double.fail(/^PUT objects\/a/, fault);
        expect(await store.putIfAbsent("objects/a", bytes("ours"))).toBe(false);
        expect([textAt(double, "name"), textAt(double, "objects/a")]).toEqual(["theirs", "theirs"]);
      },
    );

    test("asks nothing further when it was refused without a doubt", async () => {
      const double = await start();
      const store = openStore(double);
      await store.replace("name", bytes("same"), null);
      double.requests.splice(0);
      expect(await store.replace("name", bytes("same"), null)).toBeNull();
      expect(double.requests).toEqual(["PUT name 412"]);
    });

    test("can be asked how it takes conditions all the same", async () => {
      const double = await start({ dialect: "plain" });
      double.fail(/^PUT log/, ...LOST, ...LOST, ...LOST);
      expect(await openStore(double).replace("name", bytes("x"), null)).not.toBeNull();
      expect(textAt(double, PROBE_KEY)).toContain("not quoted");
    });
  });

  describe("that is given a large value", () => {
    const large = new Uint8Array(LARGE_BYTES).fill(3);

    test("takes it in parts, of which a lost one alone is sent again", async () => {
      const double = await start();
      double.fail(/partNumber=3/, { kind: "cut" }, { kind: "status", status: 503 });
      expect(await openStore(double).putIfAbsent("objects/large", large)).toBe(true);
      // Seven parts of 16 KiB, and two more tries for one of them.
      expect(double.requests.filter((it) => it.startsWith("PUT objects/large"))).toHaveLength(9);
      expect(double.objects.get("objects/large")?.bytes.equals(large)).toBe(true);
      expect(double.openUploads()).toBe(0);
    });

    test("is not sent what is there already", async () => {
      const double = await start();
      const store = openStore(double);
      await store.putIfAbsent("objects/large", bytes("small"));
      double.requests.splice(0);
      expect(await store.putIfAbsent("objects/large", large)).toBe(false);
      expect(double.requests).toEqual(["HEAD objects/large 200"]);
    });

    test("lets one of several writers at once win, where the end of an upload takes a condition", async () => {
      const double = await start();
      const stores = [1, 2, 3].map(() => openStore(double));
      const won = await Promise.all(
        stores.map((store, at) => store.putIfAbsent("objects/large", new Uint8Array(LARGE_BYTES).fill(at))),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      expect(double.objects.get("objects/large")?.bytes[0]).toBe(won.indexOf(true));
      expect(double.openUploads()).toBe(0);
    });

    test("takes it also where the end of an upload takes no condition", async () => {
      const double = await start({ refusesConditionalComplete: true });
      expect(await openStore(double).putIfAbsent("objects/large", large)).toBe(true);
      expect(double.objects.get("objects/large")?.bytes.equals(large)).toBe(true);
    });

    test.each([{ kind: "lost" }, { kind: "denied knowledge" }] as const)(
      "says whose it is when the end of the upload was lost ($kind)",
      async (fault) => {
        const double = await start();
        double.fail(/^POST .*uploadId/, fault);
        expect(await openStore(double).putIfAbsent("objects/large", large)).toBe(true);
      },
    );

    test("leaves no parts behind when they cannot be put together", async () => {
      const double = await start();
      double.fail(/partNumber=2/, { kind: "status", status: 403, code: "AccessDenied" });
      await expect(openStore(double).putIfAbsent("objects/large", large)).rejects.toMatchObject({
        code: "STORE_DENIED",
        message: expect.stringContaining("s3:PutObject"),
      });
      expect(double.openUploads()).toBe(0);
      expect(double.objects.has("objects/large")).toBe(false);
    });

    test("is asked again when it says 200 and means an error", async () => {
      const double = await start();
      double.fail(/^POST .*uploadId/, { kind: "status", status: 200, code: "InternalError" });
      expect(await openStore(double).putIfAbsent("objects/large", large)).toBe(true);
      expect(double.requests.filter((it) => it === "POST objects/large 200")).toHaveLength(3);
    });
  });

  test.each(["../theirs/", "ours/../../theirs/", "./", ".ours/"])(
    "is not opened below %s, which leads elsewhere",
    async (prefix) => {
      const double = await start();
      expect(() => s3Store({ ...double.options, prefix }, {})).toThrow(/prefix/);
    },
  );

  test("lists over pages what are keys, and passes over what others keep there", async () => {
    const double = await start({ pageSize: 3, prefix: "ours/" });
    const store = openStore(double);
    for (let at = 0; at < 10; at++) await store.putIfAbsent(`a/${at}`, bytes(""));
    const kept = double.objects.get("ours/a/0");
    for (const key of ["ours/a b", "ours/ü&<>+%", "ours/.hidden", "ours/x//y", "theirs/a/1"])
      if (kept) double.objects.set(key, kept);
    double.requests.splice(0);
    expect(await store.list("")).toEqual(Array.from({ length: 10 }, (_, at) => `a/${at}`));
    // Ten keys, four strange ones and the note, three to a page.
    expect(double.requests).toHaveLength(5);
  });

  test("refuses an upload that was damaged on its way, and is sent it again", async () => {
    const double = await start();
    let sent = 0;
    const store = openStore(double, {
      ...QUICK,
      fetch: async (url, init) => {
        const isDamaged = url.pathname.endsWith("/objects/a") && ++sent === 1;
        return fetch(url, isDamaged ? { ...init, body: bytes("damaged value") } : init);
      },
    });
    expect(await store.putIfAbsent("objects/a", bytes("correct value"))).toBe(true);
    expect(double.requests.slice(-2)).toEqual(["PUT objects/a 400", "PUT objects/a 200"]);
    expect(textAt(double, "objects/a")).toBe("correct value");
  });
});

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
