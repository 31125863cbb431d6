import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { OWN_SHAPES, TrustedMetadata } from "../../src/client/update/trusted.ts";
import { webCrypto } from "../../src/client/platform/webCrypto.ts";
import { generateKeyPem, type Signer, signerFromPem } from "../../src/trust/keys.ts";
import { digestOf, nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import {
  makeRoot,
  makeSnapshot,
  makeTargets,
  makeTimestamp,
  signMetadata,
  toFileMeta,
} from "../../src/trust/sign.ts";
import { fromHex } from "../../src/wire/digest.ts";
import { canonicalJson } from "../../src/wire/metadata.ts";
import type { Override } from "../../src/wire/override.ts";

const NOW = Date.parse("2026-02-03T04:05:06.789Z");
const LIBRARIES = { "Node's library": nodeCrypto, "the platform's Web Crypto": webCrypto() };

const root = signerFromPem("root", generateKeyPem());
const release = signerFromPem("release", generateKeyPem());
const timestamp = signerFromPem("timestamp", generateKeyPem());

const OVERRIDE: Override = { id: 'über "quoted" \\ 🎁', origin: "git", gifts: "*", limit: {} };

const SIGNED = {
  root: makeRoot({ root, release, timestamp }, NOW),
  targets: makeTargets(7, { "catalog/mid.jsonl": { length: 3, hashes: { sha256: digestOf("abc") } } }, NOW),
  snapshot: makeSnapshot(8, toFileMeta(7, new TextEncoder().encode("targets")), NOW),
  timestamp: makeTimestamp(
    {
      version: 9,
      snapshot: toFileMeta(8, new TextEncoder().encode("snapshot")),
      pollSeconds: 30,
      commit: "c".repeat(40),
      overrides: [OVERRIDE],
    },
    NOW,
  ),
};

for (const [library, crypto] of Object.entries(LIBRARIES)) {
  describe(`what is signed, verified by ${library},`, () => {
    test.each(Object.entries(SIGNED))(
      "%s has a valid signature over its canonical form",
      async (_, signed) => {
        const { signatures, parsed } = await envelopeOf(signed, [release]);
        expect(signatures.map((it) => it.keyid)).toEqual([release.keyId]);
        expect(parsed).toEqual(JSON.parse(JSON.stringify(signed)));
        const over = new TextEncoder().encode(canonicalJson(parsed));
        const signature = fromHex(signatures[0]?.sig ?? "");
        expect(await crypto.verify(release.publicKey, signature, over)).toBe(true);
        expect(await crypto.verify(timestamp.publicKey, signature, over)).toBe(false);
      },
    );

    test("no bit of content or signature can be turned", async () => {
      const { signatures, parsed } = await envelopeOf(SIGNED.timestamp, [timestamp]);
      const over = new TextEncoder().encode(canonicalJson(parsed));
      const signature = fromHex(signatures[0]?.sig ?? "");
      await fc.assert(
        fc.asyncProperty(fc.boolean(), fc.nat(), fc.nat(7), async (inContent, at, bit) => {
          const bytes = Uint8Array.from(inContent ? over : signature);
          bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << bit);
          const [turnedSignature, turnedContent] = inContent ? [signature, bytes] : [bytes, over];
          expect(await crypto.verify(timestamp.publicKey, turnedSignature, turnedContent)).toBe(false);
        }),
        { numRuns: 60 },
      );
    });

    test("each signer's signature is there, in order", async () => {
      const { signatures, parsed } = await envelopeOf(SIGNED.root, [root, release]);
      expect(signatures.map((it) => it.keyid)).toEqual([root.keyId, release.keyId]);
      const over = new TextEncoder().encode(canonicalJson(parsed));
      for (const [at, { publicKey }] of [root, release].entries())
        expect(await crypto.verify(publicKey, fromHex(signatures[at]?.sig ?? ""), over)).toBe(true);
    });

    test("a key of another kind, or one that is no key, verifies nothing", async () => {
      const { signatures, parsed } = await envelopeOf(SIGNED.root, [root]);
      const over = new TextEncoder().encode(canonicalJson(parsed));
      const signature = fromHex(signatures[0]?.sig ?? "");
      for (const kind of [{ keytype: "rsa" }, { scheme: "ecdsa-sha2-nistp256" }])
        expect(await crypto.verify({ ...root.publicKey, ...kind }, signature, over)).toBe(false);
      expect(await crypto.verify(root.publicKey, signature.slice(1), over)).toBe(false);
    });

    test("the root is trusted by its own signature, and by no other key's", async () => {
      const trusted = await TrustedMetadata.from(await signMetadata(SIGNED.root, [root]), crypto, OWN_SHAPES);
      expect(trusted.root).toEqual(SIGNED.root);
      const byAnother = await signMetadata(SIGNED.root, [release]);
      await expect(TrustedMetadata.from(byAnother, crypto, OWN_SHAPES)).rejects.toMatchObject({
        code: "signature",
      });
    });

    test("a SHA-256 is the known one", async () => {
      const digest = Buffer.from(await crypto.sha256(new TextEncoder().encode("abc"))).toString("hex");
      expect(digest).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
      expect(digestOf("abc")).toBe(digest);
    });
  });
}

describe("what is signed", () => {
  test.each(Object.entries(SIGNED))(
    "%s expires in whole seconds of UTC, as every TUF client reads it",
    (_, it) => {
      expect(it.expires).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    },
  );

  test("only the timestamp is short-lived: two days", () => {
    const days = (expires: string) => Math.round((Date.parse(expires) - NOW) / 86_400_000);
    expect(Object.values(SIGNED).map((it) => days(it.expires))).toEqual([730, 365, 365, 2]);
  });

  test("the release key may not say when, and the timestamp key may not say what", () => {
    const { roles, keys, consistent_snapshot } = SIGNED.root;
    expect(roles).toEqual({
      root: { keyids: [root.keyId], threshold: 1 },
      targets: { keyids: [release.keyId], threshold: 1 },
      snapshot: { keyids: [release.keyId], threshold: 1 },
      timestamp: { keyids: [timestamp.keyId], threshold: 1 },
    });
    expect(Object.keys(keys).sort()).toEqual([root, release, timestamp].map((it) => it.keyId).sort());
    expect(consistent_snapshot).toBe(true);
  });

  test("the same content signed twice is the same bytes", async () => {
    expect(await signMetadata(SIGNED.targets, [release])).toEqual(
      await signMetadata(SIGNED.targets, [release]),
    );
  });

  test("what canonical JSON cannot carry is not signed", async () => {
    await expect(signMetadata({ share: 0.5 }, [release])).rejects.toThrow("integers");
  });
});

async function envelopeOf(signed: object, signers: readonly Signer[]) {
  const text = new TextDecoder().decode(await signMetadata(signed, signers));
  const envelope: { signatures: { keyid: string; sig: string }[]; signed: unknown } = JSON.parse(text);
  return { signatures: envelope.signatures, parsed: envelope.signed };
}
