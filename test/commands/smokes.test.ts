import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { gatherSmokes } from "../../src/commands/card/smokes.ts";
import { openEnvironment } from "../../src/commands/environment.ts";
import type { EvidenceFile } from "../../src/model/schemas.ts";
import { fileStore } from "../../src/store/fileStore.ts";
import { makeEvidence, writeEvidence } from "../../src/trust/evidence.ts";
import { generateKeyPem, signerFromPem } from "../../src/trust/keys.ts";
import { digestOf } from "../../src/trust/nodeCrypto.ts";
import { makeRoot, signMetadata } from "../../src/trust/sign.ts";
import { type Files, GOOD, memoryTree } from "../rules/projectOf.ts";

const NOW = Date.parse("2027-01-31T12:00:00Z");
const LOCK_PATH = "releases/rose/1.0.0.lock.json";
const LOCK = digestOf(GOOD[LOCK_PATH] ?? "");
const keyOf = (name: string) => signerFromPem(name, generateKeyPem());
const keys = { root: keyOf("root"), release: keyOf("release"), timestamp: keyOf("timestamp") };

describe("what the card knows of smoke tests", () => {
  let folder: string;
  let files: Files;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "giftwrap-smokes-"));
    const root = await signMetadata(makeRoot(keys, NOW), [keys.root]);
    files = { ...GOOD, "releases/environments/production.root.json": new TextDecoder().decode(root) };
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const record = (
    result: EvidenceFile["result"],
    facts: EvidenceFile["facts"],
    signer = keys.timestamp,
    lock = LOCK,
  ) => {
    const subject = { kind: "smoke", environment: "production", gift: "rose", version: "1.0.0" } as const;
    const evidence = makeEvidence({ ...subject, lock, recorded: NOW, result, facts, tool: "giftwrap" });
    return writeEvidence(fileStore(join(folder, ".giftwrap", "store", "production")), signer, evidence);
  };
  const gather = async (askedIn: string | null = null) => {
    const tree = memoryTree(files);
    const openSmokes = () => openEnvironment({ root: folder, variables: {} }, tree, "production");
    const [line] = await gatherSmokes([{ gift: "rose", version: "1.0.0" }], { tree, askedIn, openSmokes });
    return line?.smoke;
  };

  test("is the record about the lock's very bytes, with the worst share of a limit", async () => {
    const facts = { method: "chromium", reference: "rose@0.9.0", memoryPercent: 81, loadPercent: 40 };
    await record("passed", facts);
    expect(await gather()).toEqual({
      kind: "passed",
      environment: "production",
      at: "2027-01-31T12:00:00Z",
      reference: "rose@0.9.0",
      worstPercent: 81,
      isDecodedOnly: false,
    });
    files = { ...files, [LOCK_PATH]: `${files[LOCK_PATH]}\n` };
    expect(await gather()).toEqual({ kind: "none", command: null });
  });

  test("is a failure as that, and that a browser was missing", async () => {
    await record("failed", { method: "sharp" });
    expect(await gather()).toMatchObject({ kind: "failed", worstPercent: null, isDecodedOnly: true });
  });

  test("is what makes one where the policy asks for it", async () => {
    expect(await gather("production")).toEqual({
      kind: "none",
      command: "npx giftwrap smoke rose@1.0.0 --env production",
    });
  });

  test("is nothing that another key has signed", async () => {
    await record("passed", { method: "chromium" }, keys.release);
    expect(await gather()).toMatchObject({ kind: "unknown", why: expect.stringContaining("0 valid") });
  });
});
