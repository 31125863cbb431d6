import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GiftError, explainError } from "../../src/report/error.ts";
import { generateKeyPem, keyIdOf, signerFromPem } from "../../src/trust/keys.ts";
import { runsOf } from "../support/runs.ts";

describe("a key", () => {
  test("comes back from its PEM as the same key, and what it signs verifies with Node's own library", async () => {
    const pem = generateKeyPem();
    const [signer, again] = [signerFromPem("release", pem), signerFromPem("another name", pem)];
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n[^]+\n-----END PRIVATE KEY-----\n$/);
    expect(again.keyId).toBe(signer.keyId);
    expect(again.publicKey).toEqual(signer.publicKey);

    const content = new TextEncoder().encode("what is signed");
    const signature = await signer.sign(content);
    expect(Buffer.from(await again.sign(content)).toString("hex")).toBe(
      Buffer.from(signature).toString("hex"),
    );
    const publicKey = createPublicKey(createPrivateKey(pem));
    expect(verify(null, content, publicKey, signature)).toBe(true);
    expect(verify(null, new TextEncoder().encode("what is signee"), publicKey, signature)).toBe(false);
  });

  test("has the raw public key in hexadecimal, as RFC 8032 writes it", () => {
    const pem = generateKeyPem();
    const { x = "" } = createPublicKey(createPrivateKey(pem)).export({ format: "jwk" });
    expect(signerFromPem("root", pem).publicKey).toEqual({
      keytype: "ed25519",
      scheme: "ed25519",
      keyval: { public: Buffer.from(x, "base64url").toString("hex") },
    });
  });

  test("is known by the SHA-256 of its canonical form", () => {
    const { keyId, publicKey } = signerFromPem("root", generateKeyPem());
    const canonical = `{"keytype":"ed25519","keyval":{"public":"${publicKey.keyval.public}"},"scheme":"ed25519"}`;
    expect(keyId).toBe(createHash("sha256").update(canonical).digest("hex"));
    expect(keyIdOf({ scheme: "ed25519", keyval: publicKey.keyval, keytype: "ed25519" })).toBe(keyId);
  });

  test("is new each time", () => {
    expect(generateKeyPem()).not.toBe(generateKeyPem());
  });

  test.each(Object.entries(otherKeys()))("that is %s is refused, with what to do", (_, pem) => {
    const error = refusalOf(pem);
    expect(error).toMatchObject({ name: "GiftError", code: "KEY_UNREADABLE" });
    expect(error.message).toMatch(
      /^the release key is (no private key in PEM form|\w+(-\w+)?, not Ed25519 or ECDSA P-256)$/,
    );
    expect(error.fix).not.toBe("");
    expectNoPartOf(pem, error);
  });

  test("that is damaged is refused in words that hold no part of it", () => {
    const pems = [generateKeyPem(), ...Object.values(otherKeys())];
    fc.assert(
      fc.property(
        fc.constantFrom(...pems),
        fc.nat(),
        fc.nat(),
        fc.constantFrom("", "\n", "!", "A", " ", "-----END PRIVATE KEY-----", "\0", "é"),
        (pem, from, length, instead) => {
          const at = from % pem.length;
          const damaged = pem.slice(0, at) + instead + pem.slice(at + (length % (pem.length - at)));
          try {
            signerFromPem("release", damaged);
          } catch (error) {
            if (!(error instanceof GiftError)) throw error;
            expect(error.code).toBe("KEY_UNREADABLE");
            expectNoPartOf(pem, error);
          }
        },
      ),
      runsOf(500, 60),
    );
  });
});

function refusalOf(pem: string): GiftError {
  try {
    signerFromPem("release", pem);
  } catch (error) {
    if (error instanceof GiftError) return error;
    throw error;
  }
  throw new Error("the key was taken");
}

/** Neither what is printed nor anything else that the error carries may give a key away: logs are public. */
function expectNoPartOf(pem: string, error: GiftError): void {
  const told = [error.message, error.fix, error.stack, explainError(error), JSON.stringify(error)].join("\n");
  const body = pem.replace(/-----[^-]*-----/g, "").replace(/\s/g, "");
  const slices = Array.from({ length: Math.max(0, body.length - 7) }, (_, at) => body.slice(at, at + 8));
  expect(slices.filter((slice) => told.includes(slice))).toEqual([]);
}

function otherKeys(): Record<string, string> {
  const ed25519 = generateKeyPairSync("ed25519");
  const pkcs8 = { type: "pkcs8", format: "pem" } as const;
  return {
    "an RSA key": generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export(pkcs8).toString(),
    "an ECDSA key of another curve": generateKeyPairSync("ec", { namedCurve: "secp384r1" })
      .privateKey.export(pkcs8)
      .toString(),
    "an X25519 key": generateKeyPairSync("x25519").privateKey.export(pkcs8).toString(),
    "an Ed448 key": generateKeyPairSync("ed448").privateKey.export(pkcs8).toString(),
    "a public key": ed25519.publicKey.export({ type: "spki", format: "pem" }).toString(),
    "an encrypted key": ed25519.privateKey
      .export({ ...pkcs8, cipher: "aes-256-cbc", passphrase: "secret words" })
      .toString(),
    "a key without its BEGIN and END lines": generateKeyPem().replace(/-----[^-]*-----\n?/g, ""),
    "a key on one line": generateKeyPem().replaceAll("\n", " "),
    "the raw key": ed25519.privateKey.export({ format: "jwk" }).d ?? "",
    "no key at all": "hunter2 hunter2 hunter2",
    empty: "",
  };
}
