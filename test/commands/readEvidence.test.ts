import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openEnvironment } from "../../src/commands/environment.ts";
import { gatherEvidence } from "../../src/commands/readEvidence.ts";
import { GiftError } from "../../src/report/error.ts";
import { evidenceName } from "../../src/rules/checkChecklist.ts";
import type { Widened } from "../../src/rules/checkFreezes.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import { makeEvidence, writeEvidence } from "../../src/trust/evidence.ts";
import { generateKeyPem, signerFromPem } from "../../src/trust/keys.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { makeRoot, signMetadata } from "../../src/trust/sign.ts";
import { type Files, GOOD, memoryTree, projectOf } from "../rules/projectOf.ts";

const NOW = Date.parse("2027-01-31T12:00:00Z");
const LOCK = digestOf(GOOD["releases/rose/1.0.0.lock.json"] ?? "");
const LEAVING: Widened = {
  gift: "rose",
  version: "1.0.0",
  place: { file: "releases/rose/1.0.0.yaml", line: 17, column: 11 },
};
const ROOT_PATH = "releases/environments/production.root.json";
const CHECKLIST = `checklist:
  - { evidence: matrix, environment: production }
  - { evidence: drill, environment: production }
`;

const keyOf = (name: string) => signerFromPem(name, generateKeyPem());
const keys = { root: keyOf("root"), release: keyOf("release"), timestamp: keyOf("timestamp") };
const record = makeEvidence({
  kind: "matrix",
  environment: "production",
  gift: "rose",
  version: "1.0.0",
  lock: LOCK,
  recorded: NOW,
  result: "passed",
  facts: { cells: 108 },
  tool: "giftwrap 0.1.0",
});

describe("what is on record of a release that leaves canary", () => {
  let folder: string;
  let files: Files;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "giftwrap-evidence-"));
    const root = await signMetadata(makeRoot(keys, NOW), [keys.root]);
    files = {
      ...GOOD,
      "releases/policy.yaml": `${GOOD["releases/policy.yaml"]}${CHECKLIST}`,
      [ROOT_PATH]: new TextDecoder().decode(root),
    };
    await writeEvidence(fileStore(join(folder, ".giftwrap", "store", "production")), keys.timestamp, record);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const opened = (tree: Files) => (name: string) =>
    openEnvironment({ root: folder, variables: {} }, memoryTree(tree), name);
  const gather = async (tree = files, leaving = [LEAVING], open = opened(tree)) =>
    gatherEvidence(memoryTree(tree), await projectOf(tree), leaving, open);

  test("is what its lock's bytes are on record for; what is not there is left out", async () => {
    expect(await gather()).toEqual({
      locks: new Map([["rose@1.0.0", LOCK]]),
      records: new Map([[evidenceName(LOCK, "production", "matrix"), record]]),
    });
  });

  test("is nothing once a byte of its lock is another", async () => {
    const path = "releases/rose/1.0.0.lock.json";
    const { records } = await gather({ ...files, [path]: `${files[path]}\n` });
    expect(records.size).toBe(0);
  });

  test("has no digest when it was not built", async () => {
    const { locks, records } = await gather(files, [{ ...LEAVING, version: "1.1.0" }]);
    expect([...locks, ...records]).toEqual([]);
  });

  test("opens nothing when nothing leaves or nothing is asked", async () => {
    const open = async () => {
      throw new Error("nobody asked");
    };
    expect((await gather(files, [], open)).records.size).toBe(0);
    expect((await gather(GOOD, [LEAVING], open)).records.size).toBe(0);
  });

  test("is a problem in words where there is no root, or a broken one", async () => {
    const { [ROOT_PATH]: _, ...rootless } = files;
    expect([...(await gather(rootless)).records.values()]).toEqual(
      twice({
        problem: "production has no trusted root: run npx giftwrap keys init --env production",
      }),
    );
    const { records } = await gather({ ...files, [ROOT_PATH]: "{}" });
    expect(records.get(evidenceName(LOCK, "production", "drill"))).toEqual({
      problem: expect.stringContaining("root.json is not a root"),
    });
  });

  test("is a problem in words where the environment or its store cannot be opened or read", async () => {
    const open = opened(files);
    const failing = async (name: string) => {
      const environment = await open(name);
      const get = async () => {
        throw new GiftError("STORE_FAILED", "the store did not answer", "try again", {
          cause: new Error("timeout"),
        });
      };
      return { ...environment, store: { ...environment.store, get } };
    };
    expect([...(await gather(files, [LEAVING], failing)).records.values()]).toEqual(
      twice({ problem: "the store did not answer: timeout; try again" }),
    );
    const absent = opened({});
    expect([...(await gather(files, [LEAVING], absent)).records.values()]).toEqual(
      twice({ problem: expect.stringContaining("production.yaml is not there") }),
    );
  });

  test("is no problem in words where the fault is our own", async () => {
    const broken = async () => {
      throw new TypeError("our bug");
    };
    await expect(gather(files, [LEAVING], broken)).rejects.toThrow("our bug");
  });
});

/** Both items of the checklist have the same problem. */
function twice<T>(fact: T): T[] {
  return [fact, fact];
}
