import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EvidenceFile } from "../../src/model/schemas.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import type { Store } from "../../src/store/store.ts";
import {
  type EvidenceContent,
  type EvidenceSubject,
  makeEvidence,
  readEvidence,
  signEvidence,
  writeEvidence,
} from "../../src/trust/evidence.ts";
import { generateKeyPem, type Signer, signerFromPem } from "../../src/trust/keys.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { makeRoot, makeSnapshot, signMetadata, toFileMeta } from "../../src/trust/sign.ts";
import { evidenceKey } from "../../src/wire/keys.ts";
import type { Root } from "../../src/wire/metadata.ts";
import { failingStore } from "../support/failingStore.ts";

const NOON = Date.parse("2027-01-31T12:00:00.789Z");
const HOUR = 3_600_000;
const LOCK = "a1".repeat(32);
const OTHER_LOCK = "b2".repeat(32);

const keyOf = (name: string) => signerFromPem(name, generateKeyPem());
const keys = { root: keyOf("root"), release: keyOf("release"), timestamp: keyOf("timestamp") };
const second = keyOf("second");
const stranger = keyOf("stranger");
const ROOT = makeRoot(keys, NOON);

const SUBJECT: EvidenceSubject = { lock: LOCK, environment: "production", kind: "matrix" };
const KEY = evidenceKey(LOCK, "production", "matrix");

const recordOf = (changes: Partial<EvidenceContent> = {}) =>
  makeEvidence({
    ...SUBJECT,
    gift: "rose",
    version: "1.1.0",
    recorded: NOON,
    result: "passed",
    facts: { cells: 108, worst: "android 8.0.0" },
    tool: "giftwrap 0.1.0",
    ...changes,
  });

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "giftwrap-evidence-"));
  store = fileStore(folder);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const read = (subject = SUBJECT, root: Root = ROOT) => readEvidence(store, root, nodeCrypto, subject);
const put = (bytes: Uint8Array, key = KEY) => store.putIfAbsent(key, bytes);
const problemOf = (words: string) => ({ problem: expect.stringContaining(words) });

describe("a record of a check", () => {
  test("is read as it was written, with its date in whole seconds of UTC", async () => {
    expect(await writeEvidence(store, keys.timestamp, recordOf())).toBe(true);
    expect(await store.list("")).toEqual([KEY]);
    expect(await read()).toEqual({
      _type: "evidence",
      format: "1.0",
      kind: "matrix",
      environment: "production",
      gift: "rose",
      version: "1.1.0",
      lock: LOCK,
      recorded: "2027-01-31T12:00:00Z",
      result: "passed",
      facts: { cells: 108, worst: "android 8.0.0" },
      tool: "giftwrap 0.1.0",
    });
  });

  test("tells of a failure as well", async () => {
    await writeEvidence(store, keys.timestamp, recordOf({ result: "failed" }));
    expect(await read()).toMatchObject({ result: "failed" });
  });

  test("is none where nothing was recorded: for other bytes, elsewhere, of another kind", async () => {
    await writeEvidence(store, keys.timestamp, recordOf());
    expect(await read({ ...SUBJECT, lock: OTHER_LOCK })).toBeNull();
    expect(await read({ ...SUBJECT, environment: "staging" })).toBeNull();
    expect(await read({ ...SUBJECT, kind: "smoke" })).toBeNull();
  });

  test("signed twice is the same bytes", async () => {
    const again = await signEvidence(recordOf(), keys.timestamp);
    expect(again).toEqual(await signEvidence(recordOf(), keys.timestamp));
  });

  test("can only carry what can be signed", async () => {
    const record = recordOf({ facts: { share: 0.5 } });
    await expect(writeEvidence(store, keys.timestamp, record)).rejects.toThrow("integers");
    expect(await store.list("")).toEqual([]);
  });
});

describe("a record never counts, and says why in words,", () => {
  test("when any bit of what was signed was turned; one of the signature never changes what it says", async () => {
    const bytes = await signEvidence(recordOf(), keys.timestamp);
    const content = new TextDecoder().decode(bytes).indexOf('"signed":');
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (at, bit) => {
        const turned = Uint8Array.from(bytes);
        turned[at] = (turned[at] ?? 0) ^ (1 << bit);
        const own = fileStore(join(folder, String(run++)));
        await own.putIfAbsent(KEY, turned);
        const it = await readEvidence(own, ROOT, nodeCrypto, SUBJECT);
        // Some bits of hexadecimal text say nothing, such as the one that makes a digit a capital.
        const isSame = at < content && it !== null && !("problem" in it);
        expect(it).toEqual(isSame ? recordOf() : problemOf(""));
      }),
      { numRuns: 200 },
    );
  });

  test("when a failure was rewritten to a success under its signature", async () => {
    const failed = new TextDecoder().decode(
      await signEvidence(recordOf({ result: "failed" }), keys.timestamp),
    );
    await put(encode(failed.replace('"failed"', '"passed"')));
    expect(await read()).toEqual(
      problemOf("the record has 0 valid signatures of the 1 that the root asks of the timestamp key"),
    );
  });

  test.each<[string, Signer]>([
    ["a stranger's", stranger],
    ["the release", keys.release],
    ["the root", keys.root],
  ])("when %s key signed it", async (_, signer) => {
    await put(await signEvidence(recordOf(), signer));
    expect(await read()).toEqual(problemOf("0 valid signatures"));
  });

  test("when a stranger signed it in the name of the timestamp key", async () => {
    const posing = { ...stranger, keyId: keys.timestamp.keyId };
    await put(await signEvidence(recordOf(), posing));
    expect(await read()).toEqual(problemOf("0 valid signatures"));
  });

  test.each([
    ["nothing", ""],
    ["no JSON", "passed"],
    ["no text", "\u00ff"],
    ["a list", "[]"],
    ["null", "null"],
    ["the bare record", JSON.stringify(recordOf())],
    ["nothing signed", '{"signatures":[]}'],
    ["a number that nobody can sign", '{"signatures":[],"signed":{"facts":{"share":0.5}}}'],
    ["nesting without end", `{"signatures":[],"signed":${"[".repeat(100_000)}${"]".repeat(100_000)}}`],
  ])("when it is %s", async (_, text) => {
    await put(text === "\u00ff" ? Uint8Array.of(0xff) : encode(text));
    expect(await read()).toEqual({ problem: "the record is not signed" });
  });

  test.each([
    ["none", []],
    ["no list", "none"],
    ["no signatures", [null, 1, "sig", {}, { keyid: 1, sig: 2 }, { keyid: keys.timestamp.keyId }]],
    ["names of what every object has", [{ keyid: "constructor", sig: "00" }]],
    ["no hexadecimal digits", [{ keyid: keys.timestamp.keyId, sig: "signed, honestly" }]],
  ])("when its signatures are %s", async (_, signatures) => {
    await put(encode(JSON.stringify({ signatures, signed: recordOf() })));
    expect(await read()).toEqual(problemOf("0 valid signatures"));
  });

  test("when it lies under a key that is not its own: no record serves a second time", async () => {
    const bytes = await signEvidence(recordOf(), keys.timestamp);
    const others: EvidenceSubject[] = [
      { ...SUBJECT, lock: OTHER_LOCK },
      { ...SUBJECT, environment: "staging" },
      { ...SUBJECT, kind: "drill" },
    ];
    for (const subject of others) {
      await put(bytes, evidenceKey(subject.lock, subject.environment, subject.kind));
      expect(await read(subject)).toEqual({
        problem: `the record is about something else: it belongs to ${KEY}`,
      });
    }
  });

  test.each([
    ["2.0", '"2.0", not 1.0'],
    ["0.9", '"0.9", not 1.0'],
    [undefined, "missing, not 1.0"],
    [1, "1, not 1.0"],
  ])("when its format is %s", async (format, words) => {
    await put(await signMetadata({ ...recordOf(), format }, [keys.timestamp]));
    expect(await read()).toEqual(problemOf(`the record's format is ${words}`));
  });

  test("when the timestamp key has signed something else", async () => {
    await put(await signMetadata(makeSnapshot(1, toFileMeta(1, encode("")), NOON), [keys.timestamp]));
    expect(await read()).toEqual(problemOf("format"));
    await store.replace(
      KEY,
      await signMetadata("matrix passed", [keys.timestamp]),
      (await store.get(KEY))?.tag ?? null,
    );
    expect(await read()).toEqual(problemOf("format"));
  });

  test.each([
    [{ _type: "timestamp" }, "_type"],
    [{ result: "skipped" }, '"skipped"'],
    [{ kind: "hope" }, '"hope"'],
    [{ facts: { seen: true } }, "seen"],
    [{ lock: undefined }, '"lock" is missing'],
    [{ approved: "yes" }, '"approved" is not known here'],
    [{ recorded: "yesterday" }, '"yesterday"'],
    [{ recorded: "2027-13-41T12:00:00Z" }, "2027-13-41T12:00:00Z, which is none"],
  ])("when it is signed but misshapen: %j", async (changes, words) => {
    await put(await signMetadata({ ...recordOf(), ...changes }, [keys.timestamp]));
    expect(await read()).toEqual(problemOf(words));
  });
});

describe("how many must sign", () => {
  const twoOf = (threshold: number): Root => ({
    ...ROOT,
    keys: { ...ROOT.keys, [second.keyId]: second.publicKey },
    roles: { ...ROOT.roles, timestamp: { keyids: [keys.timestamp.keyId, second.keyId], threshold } },
  });

  test("is what the root says of its timestamp role", async () => {
    await put(await signMetadata(recordOf(), [keys.timestamp, second]));
    expect(await read(SUBJECT, twoOf(2))).toEqual(recordOf());
    expect(await read(SUBJECT, twoOf(1))).toEqual(recordOf());
    expect(await read(SUBJECT, ROOT)).toEqual(recordOf());
  });

  test("counts no key twice, and no stranger", async () => {
    await put(await signMetadata(recordOf(), [second, second, stranger]));
    expect(await read(SUBJECT, twoOf(1))).toEqual(recordOf());
    expect(await read(SUBJECT, twoOf(2))).toEqual(
      problemOf("the record has 1 valid signature of the 2 that the root asks of the timestamp key"),
    );
  });

  test("is never none, whatever a root says", async () => {
    await put(await signMetadata(recordOf(), [stranger]));
    expect(await read(SUBJECT, twoOf(0))).toEqual(problemOf("0 valid signatures"));
  });

  test("follows the root to a new key, and leaves what the old one signed behind", async () => {
    await writeEvidence(store, keys.timestamp, recordOf());
    const rotated = makeRoot({ ...keys, timestamp: second }, NOON);
    expect(await read(SUBJECT, rotated)).toEqual(problemOf("0 valid signatures"));
    expect(await writeEvidence(store, second, recordOf({ recorded: NOON - HOUR }))).toBe(true);
    expect(await read(SUBJECT, rotated)).toEqual(recordOf({ recorded: NOON - HOUR }));
  });
});

describe("of two records of the same", () => {
  const earlier = recordOf({ result: "passed" });
  const later = recordOf({ result: "failed", recorded: NOON + HOUR });

  test("the newer replaces the older", async () => {
    await writeEvidence(store, keys.timestamp, earlier);
    expect(await writeEvidence(store, keys.timestamp, later)).toBe(true);
    expect(await read()).toEqual(later);
  });

  test("the older never replaces the newer", async () => {
    await writeEvidence(store, keys.timestamp, later);
    expect(await writeEvidence(store, keys.timestamp, earlier)).toBe(false);
    expect(await read()).toEqual(later);
  });

  test("of the same second the one written last stands", async () => {
    await writeEvidence(store, keys.timestamp, earlier);
    expect(await writeEvidence(store, keys.timestamp, recordOf({ result: "failed" }))).toBe(true);
    expect(await read()).toMatchObject({ result: "failed" });
  });

  test("the newer stands when both are written at once, whoever is first", async () => {
    for (const [at, records] of [
      [earlier, later],
      [later, earlier],
    ].entries()) {
      const own = fileStore(join(folder, String(at)));
      await Promise.all(records.map((record) => writeEvidence(own, keys.timestamp, record)));
      expect(await readEvidence(own, ROOT, nodeCrypto, SUBJECT)).toEqual(later);
    }
  });

  test("the newer stands when it comes between the other's look and its write", async () => {
    const overtaken = overtakenStore(async () => {
      await writeEvidence(store, keys.timestamp, later);
    });
    expect(await writeEvidence(overtaken, keys.timestamp, earlier)).toBe(false);
    expect(await read()).toEqual(later);
  });

  test("the newer is written in the end when an older one comes between", async () => {
    const overtaken = overtakenStore(async () => {
      await writeEvidence(store, keys.timestamp, earlier);
    });
    expect(await writeEvidence(overtaken, keys.timestamp, later)).toBe(true);
    expect(await read()).toEqual(later);
  });

  test("a true one replaces a forged one, whatever date that bears", async () => {
    await put(await signEvidence(recordOf({ recorded: NOON + 1_000 * HOUR }), stranger));
    expect(await writeEvidence(store, keys.timestamp, earlier)).toBe(true);
    expect(await read()).toEqual(earlier);
  });

  test("nothing is said to be written when others keep writing, or when the store fails", async () => {
    const busy: Store = { ...store, replace: async () => null };
    await expect(writeEvidence(busy, keys.timestamp, earlier)).rejects.toMatchObject({ code: "RACE_LOST" });
    const failing = failingStore(store, 1, "before");
    await expect(writeEvidence(failing, keys.timestamp, earlier)).rejects.toMatchObject({
      code: "STORE_FAILED",
    });
    expect(await read()).toBeNull();
  });

  /** Something else happens once, after the first look and before the first write. */
  function overtakenStore(meanwhile: () => Promise<void>): Store {
    let isFirst = true;
    return {
      ...store,
      replace: async (key, bytes, expected) => {
        if (isFirst) {
          isFirst = false;
          await meanwhile();
        }
        return store.replace(key, bytes, expected);
      },
    };
  }
});

test("kinds of evidence are kept apart", async () => {
  const kinds: EvidenceFile["kind"][] = ["matrix", "smoke", "warm", "drill", "switch"];
  for (const kind of kinds) await writeEvidence(store, keys.timestamp, recordOf({ kind }));
  for (const kind of kinds) expect(await read({ ...SUBJECT, kind })).toEqual(recordOf({ kind }));
});

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
