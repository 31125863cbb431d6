import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { ClientError } from "../../src/client/error.ts";
import type { TufClient } from "../../src/client/update/tufClient.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { signMetadata } from "../../src/trust/sign.ts";
import { encode, HOUR, newSigner, NOW, offline } from "./repositoryOf.ts";
import { type MetadataFolder, TufRepository } from "./tufRepository.ts";

const PAST = "2027-01-01T00:00:00Z";

let repository: TufRepository;
let store: MetadataFolder;
beforeEach(async () => {
  repository = await TufRepository.create();
  store = await repository.newStore();
});

/** As a new process with the same folder. */
const refresh = async (now = NOW) => (await repository.client({ store, now: () => now })).refresh();

/** The code that a refresh fails with. */
async function refusal(now = NOW): Promise<string> {
  return codeOf(refresh(now));
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ClientError)) throw new Error("it was not refused with a code", { cause: error });
  return error.code;
}

const versionOf = (role: string): number | undefined => {
  const bytes = store.files.get(role);
  return bytes && JSON.parse(new TextDecoder().decode(bytes)).signed.version;
};
const versions = () => ["root", "timestamp", "snapshot", "targets"].map(versionOf);

describe("roots", () => {
  test("are followed over many versions, expired ones on the way too, and only the last one must be of today", async () => {
    repository.role("root").expires = PAST;
    for (let i = 0; i < 4; i++) {
      repository.role("root").signers = [newSigner(), ...repository.role("root").signers].slice(0, 2);
      await repository.publish("root");
    }
    expect(await refusal()).toBe("expired");
    expect(versions()).toEqual([5, undefined, undefined, undefined]);
    repository.role("root").expires = "2030-01-01T00:00:00Z";
    await repository.publish("root");
    await refresh();
    expect(versions()).toEqual([6, 1, 1, 1]);
  });

  test("stop at the one that is wrong, and those before it are kept", async () => {
    await repository.publish("root");
    await repository.publish("root");
    await repository.sign("root", [newSigner()]);
    expect(await refusal()).toBe("signature");
    expect(versionOf("root")).toBe(2);
  });

  test("cannot go on without end", async () => {
    const { fetch } = repository;
    const signers = repository.role("root").signers;
    let made = 0;
    const endless = await repository.client({
      store,
      fetch: async (key, options) => {
        if (!key.endsWith(".root.json")) return fetch(key, options);
        made++;
        repository.role("root").version = Number.parseInt(key.slice("metadata/".length), 10);
        return { kind: "body", bytes: await signMetadata(repository.signed("root"), signers) };
      },
    });
    await endless.refresh();
    expect(made).toBe(256);
  });
});

describe("a threshold", () => {
  const three = () => [newSigner(), newSigner(), newSigner()];

  test("is met by distinct keys only, whatever their ids: one key under two names is one", async () => {
    const [key] = three();
    if (!key) throw new Error("there is a key");
    const twin = { ...key, keyId: "another name" };
    Object.assign(repository.role("timestamp"), { signers: [key, twin], threshold: 2 });
    await repository.publish("root", "timestamp");
    expect(await refusal()).toBe("signature");
    expect(versionOf("root")).toBe(2);
  });

  test("is met by keys whose ids are any text, such as names that objects have", async () => {
    const signers = three().map((it, at) => ({
      ...it,
      keyId: ["__proto__", "constructor", "a,b"][at] ?? "",
    }));
    Object.assign(repository.role("snapshot"), { signers, threshold: 3 });
    await repository.publish("root");
    const keys = `{"__proto__":${JSON.stringify(signers[0]?.publicKey)},`;
    // An object in a test cannot be given that key plainly; JSON can.
    const root: unknown = JSON.parse(
      JSON.stringify(repository.signed("root")).replace('"keys":{', `"keys":${keys}`),
    );
    repository.put("root", await signMetadata(root, repository.role("root").signers));
    await repository.publishAll();
    await refresh();
    expect(versions()).toEqual([2, 2, 2, 2]);
  });

  test("is not met by a key that is listed twice, nor by keys of types that nobody knows", async () => {
    const [known, unknown] = three();
    if (!known || !unknown) throw new Error("there are keys");
    const strange = { ...unknown, publicKey: { ...unknown.publicKey, keytype: "sphincs", scheme: "x" } };
    Object.assign(repository.role("timestamp"), { signers: [known, strange], threshold: 2 });
    await repository.publish("root", "timestamp");
    expect(await refusal()).toBe("signature");
    repository.role("timestamp").threshold = 1;
    await repository.publish("root", "timestamp");
    await refresh();
    expect(versionOf("timestamp")).toBe(3);
  });

  test("is not met by two signatures of one id, even where one of them is enough", async () => {
    const envelope = JSON.parse(new TextDecoder().decode(repository.bytesOf("timestamp")));
    envelope.signatures.push(envelope.signatures[0]);
    repository.put("timestamp", encode(JSON.stringify(envelope)));
    expect(await refusal()).toBe("schema");
  });
});

describe("what has been seen does not come back", () => {
  test("for any role that the snapshot lists, each must stay and not grow older", async () => {
    repository.delegate("targets", { name: "a", paths: ["*"] });
    await repository.publishAll("a");
    await repository.publishAll("a");
    await refresh();
    repository.meta.set("a", { version: 1 });
    await repository.publish("snapshot", "timestamp");
    expect(await refusal()).toBe("rollback");
    repository.meta.delete("a");
    await repository.publish("snapshot", "timestamp");
    expect(await refusal()).toBe("rollback");
    expect(versionOf("snapshot")).toBe(3);
  });

  test("also where the role is called as members of every object are", async () => {
    for (const name of ["constructor", "toString", "__proto__"]) {
      repository.meta.set(name, { version: 3 });
      await repository.publish("snapshot", "timestamp");
      await refresh();
      repository.meta.delete(name);
      await repository.publish("snapshot", "timestamp");
      expect(await refusal()).toBe("rollback");
      repository.meta.set(name, { version: 3 });
      await repository.publish("snapshot", "timestamp");
      await refresh();
    }
  });

  test("after an expired timestamp was stored, and with its own answered again", async () => {
    await repository.publish("timestamp");
    await refresh();
    const late = Date.parse("2027-03-01T00:00:01Z");
    expect(await refusal(late)).toBe("expired");
    expect(await refusal(late)).toBe("expired");
    expect(versions()).toEqual([1, 2, 1, 1]);
  });

  test("and numbers that ran far ahead are left by new keys for timestamp and snapshot, also over a restart", async () => {
    repository.role("timestamp").version = 1_000_000;
    repository.role("snapshot").version = 1_000_000;
    await repository.publish("snapshot", "timestamp");
    await refresh();
    const [old] = repository.role("snapshot").signers;
    if (!old) throw new Error("there is a key");
    // The old key stays beside the new one: what it signed would still verify.
    repository.role("snapshot").signers = [old, newSigner()];
    repository.role("timestamp").version = 0;
    repository.role("snapshot").version = 0;
    await repository.publish("root");
    const cutOff = await repository.client({
      store,
      fetch: offline(repository.fetch, (key) => key.endsWith("timestamp.json")),
    });
    expect(await codeOf(cutOff.refresh())).toBe("network");
    await repository.publish("snapshot", "timestamp");
    await refresh();
    expect(versions()).toEqual([2, 1, 1, 1]);
  });
});

describe("an update that broke off", () => {
  test.each(["timestamp", "snapshot", "targets"])("before %s is taken up where it ended", async (role) => {
    repository.hasHashes = true;
    await repository.publishAll();
    const file = repository.fileOf(role);
    const cutOff = await repository.client({
      store,
      fetch: offline(repository.fetch, (key) => key === file),
    });
    expect(await codeOf(cutOff.refresh())).toBe("network");
    await refresh();
    expect(versions()).toEqual([1, 2, 2, 2]);
  });

  test.each(["timestamp", "snapshot", "targets"])("and left half of %s does no harm", async (role) => {
    await refresh();
    for (const rest of [0, 10, 100]) {
      store.files.set(role, (store.files.get(role) ?? new Uint8Array()).slice(0, rest));
      await refresh();
      expect(versions()).toEqual([1, 1, 1, 1]);
    }
  });
});

test("a snapshot, targets or a delegated role that expires while nobody changes it is refused", async () => {
  repository.delegate("targets", { name: "a", paths: ["*"] });
  repository.addTarget("a", "one", "1");
  await repository.publishAll("a");
  for (const role of ["snapshot", "targets", "a"]) {
    const { expires } = repository.role(role);
    repository.role(role).expires = PAST;
    await repository.publishAll("a");
    const client = await repository.client({ store });
    expect(await codeOf(client.find("one"))).toBe("expired");
    repository.role(role).expires = expires;
    await repository.publishAll("a");
    await (await repository.client({ store })).find("one");
  }
});

test("time stands still for a whole update: what was of today when it began is so to its end", async () => {
  let now = Date.parse("2027-03-01T00:00:00Z") - 1;
  const client = await repository.client({
    store,
    now: () => now,
    fetch: (key, options) => {
      now += HOUR;
      return repository.fetch(key, options);
    },
  });
  await client.refresh();
  expect(versions()).toEqual([1, 1, 1, 1]);
});

test("files are asked for by version only where the root says so", async () => {
  repository.isConsistent = false;
  repository.delegate("targets", { name: "a/b", paths: ["x/*"] });
  repository.addTarget("a/b", "x/y z", "hello");
  await repository.publish("root");
  await repository.publishAll("a/b");
  repository.files.set("targets/x/y%20z", encode("hello"));
  repository.asked.length = 0;
  const client = await repository.client({ store });
  const bytes = await client.download("x/y z", await client.find("x/y z"));
  expect(new TextDecoder().decode(bytes)).toBe("hello");
  expect(repository.asked).toEqual([
    "metadata/2.root.json",
    "metadata/3.root.json",
    "metadata/timestamp.json",
    "metadata/snapshot.json",
    "metadata/targets.json",
    "metadata/a%2Fb.json",
    "targets/x/y%20z",
  ]);
});

describe("delegations", () => {
  const find = async (path: string) => {
    const client = await repository.client({ store });
    repository.asked.length = 0;
    const found = await client.find(path).then(
      (meta) => meta.length,
      (error: unknown) => (error instanceof ClientError ? error.code : error),
    );
    const roles = repository.asked.flatMap((it) => /^metadata\/\d+\.(.+)\.json$/.exec(it)?.[1] ?? []);
    return { found, roles: roles.filter((it) => !["root", "snapshot", "targets"].includes(it)) };
  };

  test("are asked in their order, each with its own before the next", async () => {
    repository.delegate("targets", { name: "a", paths: ["*"] }, { name: "b", paths: ["*"] });
    repository.delegate("a", { name: "c", paths: ["*"] });
    repository.addTarget("b", "one", "of b");
    await repository.publishAll("a", "b", "c");
    expect(await find("one")).toEqual({ found: 4, roles: ["a", "c", "b"] });
  });

  test("end with a terminating one and what is below it, however deep it stands", async () => {
    repository.delegate("targets", { name: "a", paths: ["*"] }, { name: "b", paths: ["*"] });
    repository.delegate("a", { name: "c", paths: ["x"] }, { name: "d", paths: ["*"], terminating: true });
    repository.addTarget("b", "one", "of b");
    repository.addTarget("b", "x", "of b");
    await repository.publishAll("a", "b", "c", "d");
    expect(await find("one")).toEqual({ found: "missing", roles: ["a", "d"] });
  });

  test("go by the beginning of the path's SHA-256 where they say so", async () => {
    const digest = digestOf("one");
    repository.delegate(
      "targets",
      { name: "a", path_hash_prefixes: [digest.slice(0, 2) === "00" ? "ff" : "00"] },
      { name: "b", path_hash_prefixes: ["zz", digest.slice(0, 3)] },
      { name: "c" },
    );
    repository.addTarget("b", "one", "of b");
    repository.addTarget("c", "one", "and of c");
    await repository.publishAll("a", "b", "c");
    expect(await find("one")).toEqual({ found: 4, roles: ["b"] });
  });

  test("are not followed without end", async () => {
    for (let i = 0; i < 40; i++)
      repository.delegate(i ? `r${i}` : "targets", { name: `r${i + 1}`, paths: ["*"] });
    const names = Array.from({ length: 40 }, (_, i) => `r${i + 1}`);
    repository.addTarget("r40", "one", "1");
    repository.addTarget("r32", "two", "2");
    await repository.publishAll(...names);
    expect(await find("one")).toEqual({ found: "missing", roles: names.slice(0, 32) });
    expect((await find("two")).found).toBe(1);
  });

  test("vouch with their own keys, whoever else delegates to the same role", async () => {
    repository.delegate("targets", { name: "a", paths: ["a/*"] }, { name: "b", paths: ["b/*"] });
    repository.delegate("a", { name: "shared", paths: ["a/*"] });
    repository.delegate("b", { name: "shared", paths: ["b/*"], signers: [newSigner()] });
    repository.addTarget("shared", "a/one", "1");
    repository.addTarget("shared", "b/one", "2");
    await repository.publishAll("shared", "a", "b");
    const client = await repository.client({ store });
    await client.find("a/one");
    expect(await codeOf(client.find("b/one"))).toBe("signature");
    expect(await codeOf((await repository.client({ store })).find("b/one"))).toBe("signature");
  });

  test("end the search where a role on the way cannot be had or trusted", async () => {
    repository.delegate("targets", { name: "a", paths: ["*"] }, { name: "b", paths: ["*"] });
    repository.addTarget("b", "one", "of b");
    await repository.publishAll("a", "b");
    repository.files.delete(repository.fileOf("a"));
    expect((await find("one")).found).toBe("missing");
    await repository.sign("a", [newSigner()]);
    expect((await find("one")).found).toBe("signature");
    expect(versionOf("a")).toBeUndefined();
  });

  test.each(["root", "timestamp", "snapshot", "targets"])("cannot take the name %s", async (name) => {
    const roles = [{ name, keyids: [], threshold: 1, terminating: false, paths: ["*"] }];
    repository.extra.set("targets", { delegations: { keys: {}, roles } });
    await repository.publishAll();
    expect(await refusal()).toBe("schema");
    expect(versionOf("targets")).toBeUndefined();
  });

  test("find a target only where it is named, not where every object has a member of that name", async () => {
    repository.delegate("targets", { name: "constructor", paths: ["*"] });
    await repository.publishAll("constructor");
    for (const path of ["constructor", "__proto__", "toString", "hasOwnProperty"])
      expect(await codeOf((await repository.client({ store })).find(path))).toBe("missing");
  });
});

describe("a target", () => {
  const download = async (client: TufClient, path: string) => client.download(path, await client.find(path));

  test.each([
    ["is longer", (bytes: Uint8Array) => new Uint8Array([...bytes, 1]), "too_large"],
    ["is shorter", (bytes: Uint8Array) => bytes.slice(1), "hash"],
    ["has another letter", (bytes: Uint8Array) => bytes.map((it, i) => (i ? it : it ^ 1)), "hash"],
  ])("that %s than was signed is refused", async (_, change, code) => {
    repository.addTarget("targets", "one", "content");
    await repository.publishAll();
    for (const [key, bytes] of repository.files)
      if (key.startsWith("targets/")) repository.files.set(key, change(bytes));
    expect(await codeOf(download(await repository.client({ store }), "one"))).toBe(code);
  });

  test.each([
    ["one hash is wrong beside a right one", ["sha256", "sha512"]],
    ["one hash cannot be computed here", ["sha256", "blake3"]],
  ])("is refused when %s", async (_, hashes) => {
    repository.addTarget("targets", "one", "content", hashes);
    await repository.publishAll();
    expect(await codeOf(download(await repository.client({ store }), "one"))).toBe("hash");
  });
});

test("what is kept are the very bytes that were received", async () => {
  await repository.publishAll();
  const spaced = encode(
    JSON.stringify(JSON.parse(new TextDecoder().decode(repository.bytesOf("timestamp"))), null, 7),
  );
  repository.put("timestamp", spaced);
  await refresh();
  expect(store.files.get("timestamp")).toEqual(spaced);
});

test("of two members with one name the last one counts, for the signature as for its use", async () => {
  const text = new TextDecoder().decode(repository.bytesOf("timestamp"));
  const doubled = (first: string, last: string) =>
    encode(text.replace(/"version":1,"expires"/, `"version":${first},"version":${last},"expires"`));
  repository.put("timestamp", doubled("9", "1"));
  await refresh();
  expect(versionOf("timestamp")).toBe(1);
  repository.put("timestamp", doubled("1", "9"));
  expect(await refusal()).toBe("signature");
  const withEnvelope = (last: string) =>
    encode(text.replace(/^\{/, '{"signed":{"_type":"timestamp"},').replace(/\}$/, last));
  repository.put("timestamp", withEnvelope("}"));
  await refresh();
  repository.put("timestamp", withEnvelope(',"signed":{}}'));
  expect(await refusal()).toBe("schema");
});

test("half of a character does not pass for the one that was signed", async () => {
  repository.extra.set("timestamp", { note: "\ufffd" });
  await repository.publish("timestamp");
  const text = new TextDecoder().decode(repository.bytesOf("timestamp"));
  repository.put("timestamp", encode(text.replace("\ufffd", "\\ud800")));
  expect(await refusal()).toBe("schema");
});

test("the same repository gives every client the same, wherever it begins", async () => {
  const act = fc.constantFrom("timestamp", "snapshot", "targets", "root", "refresh");
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 12 }), async (acts) => {
      repository = await TufRepository.create();
      store = await repository.newStore();
      for (const it of acts) {
        if (it === "refresh") await refresh();
        else if (it === "root") await repository.publish("root");
        else await repository.publishAll();
      }
      await refresh();
      const fresh = await repository.newStore();
      await (await repository.client({ store: fresh })).refresh();
      expect(store.files).toEqual(fresh.files);
    }),
    { numRuns: 30 },
  );
});
