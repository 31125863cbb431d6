import { constants, createSign, generateKeyPairSync, sign } from "node:crypto";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import { nobleCrypto } from "../../src/client/platform/nobleCrypto.ts";
import { webCrypto } from "../../src/client/platform/webCrypto.ts";
import { signerFromPem } from "../../src/trust/keys.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import type { PublicKey } from "../../src/wire/metadata.ts";
import { encode, newSigner } from "./repositoryOf.ts";

afterEach(() => vi.unstubAllGlobals());

test("a browser's cryptography, Node's and the one in JavaScript say the same of every Ed25519 signature", async () => {
  const [signer, other] = [newSigner(), newSigner()];
  const bytes = encode("what was signed");
  const signature = await signer.sign(bytes);
  const withText = (text: string): PublicKey => ({ ...signer.publicKey, keyval: { public: text } });
  const cases = [
    { key: signer.publicKey, signature, bytes, valid: true },
    { key: withText(signer.publicKey.keyval.public.toUpperCase()), signature, bytes, valid: true },
    { key: other.publicKey, signature, bytes, valid: false },
    { key: signer.publicKey, signature, bytes: encode("what was not"), valid: false },
    { key: signer.publicKey, signature: signature.slice(1), bytes, valid: false },
    { key: signer.publicKey, signature: new Uint8Array(), bytes, valid: false },
    { key: withText(""), signature, bytes, valid: false },
    { key: withText("zz".repeat(32)), signature, bytes, valid: false },
    { key: withText(`${signer.publicKey.keyval.public}00`), signature, bytes, valid: false },
    { key: { ...signer.publicKey, scheme: "rsa" }, signature, bytes, valid: false },
    { key: { ...signer.publicKey, keytype: "rsa" }, signature, bytes, valid: false },
    { key: { ...signer.publicKey, keytype: "__proto__" }, signature, bytes, valid: false },
  ];
  for (const { key, signature, bytes, valid } of cases) {
    for (const crypto of [nodeCrypto, webCrypto(), nobleCrypto()])
      expect(await crypto.verify(key, signature, bytes)).toBe(valid);
  }
  for (const crypto of [webCrypto(), nobleCrypto()]) {
    expect(await crypto.sha256(bytes)).toEqual(new Uint8Array(await nodeCrypto.sha256(bytes)));
    expect(await crypto.sha512?.(bytes)).toEqual(new Uint8Array(await nodeCrypto.sha512(bytes)));
  }
});

test("both platforms verify ECDSA P-256, whose signatures vary in length, as key services make them", async () => {
  const make = () => signerFromPem("test", ecdsaPem());
  const [signer, other] = [make(), make()];
  for (const crypto of [nodeCrypto, webCrypto()]) {
    const lengths = new Set<number>();
    for (let round = 0; round < 60 || lengths.size < 2; round++) {
      const bytes = encode(`what was signed ${round}`);
      const signature = await signer.sign(bytes);
      lengths.add(signature.length);
      const verify = (...changed: [key?: typeof signer.publicKey, sig?: Uint8Array, content?: Uint8Array]) =>
        crypto.verify(changed[0] ?? signer.publicKey, changed[1] ?? signature, changed[2] ?? bytes);
      expect(await verify()).toBe(true);
      // What older repositories call the type.
      expect(await verify({ ...signer.publicKey, keytype: "ecdsa-sha2-nistp256" })).toBe(true);
      expect(await verify(other.publicKey)).toBe(false);
      expect(await verify(undefined, undefined, encode("what was not"))).toBe(false);
      expect(await verify(undefined, signature.slice(0, -1))).toBe(false);
      expect(await verify({ ...signer.publicKey, scheme: "ed25519" })).toBe(false);
    }
    expect(await crypto.verify(signer.publicKey, new Uint8Array(), encode(""))).toBe(false);
  }
});

function ecdsaPem(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

describe("RSA", () => {
  const make = (modulusLength: number) => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength });
    const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
    const key: PublicKey = { keytype: "rsa", scheme: "rsassa-pss-sha256", keyval: { public: pem } };
    const signWith = (bytes: Uint8Array, saltLength: number) =>
      new Uint8Array(
        sign("sha256", bytes, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }),
      );
    const signOldWay = (bytes: Uint8Array) =>
      new Uint8Array(createSign("sha256").update(bytes).sign(privateKey));
    return { key, signWith, signOldWay };
  };
  const bytes = encode("what was signed");
  const platforms = () => [nodeCrypto, webCrypto()];

  test("PSS with SHA-256 is verified by both platforms, with either salt that signers use", async () => {
    for (const bits of [2048, 3072]) {
      const [own, other] = [make(bits), make(bits)];
      for (const crypto of platforms())
        for (const salt of [constants.RSA_PSS_SALTLEN_DIGEST, constants.RSA_PSS_SALTLEN_MAX_SIGN]) {
          const signature = own.signWith(bytes, salt);
          expect(await crypto.verify(own.key, signature, bytes)).toBe(true);
          expect(await crypto.verify(own.key, signature, encode("what was not"))).toBe(false);
          expect(await crypto.verify(other.key, signature, bytes)).toBe(false);
          expect(await crypto.verify({ ...own.key, scheme: "rsa-pkcs1v15-sha256" }, signature, bytes)).toBe(
            false,
          );
        }
    }
  });

  test("of an older padding, or with a key of less than 2,048 bits, is not", async () => {
    const [long, short] = [make(2048), make(1024)];
    for (const crypto of platforms()) {
      expect(await crypto.verify(long.key, long.signOldWay(bytes), bytes)).toBe(false);
      const signature = short.signWith(bytes, constants.RSA_PSS_SALTLEN_DIGEST);
      expect(await crypto.verify(short.key, signature, bytes)).toBe(false);
    }
  });
});

test("keys and signatures of any shape are wrong, and no error", async () => {
  const kinds = [
    ["ed25519", "ed25519"],
    ["ecdsa", "ecdsa-sha2-nistp256"],
    ["rsa", "rsassa-pss-sha256"],
  ] as const;
  const pem = fc.uint8Array().map((it) => {
    const text = Buffer.from(it).toString("base64");
    return `-----BEGIN PUBLIC KEY-----\n${text}\n-----END PUBLIC KEY-----\n`;
  });
  const text = fc.oneof(fc.string(), pem, fc.stringMatching(/^[0-9a-f]{64}$/));
  const signatures = fc.oneof(fc.uint8Array(), fc.uint8Array({ minLength: 64, maxLength: 64 }));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...kinds), text, signatures, async (kind, it, signature) => {
      const [keytype, scheme] = kind;
      for (const crypto of [nodeCrypto, webCrypto(), nobleCrypto()])
        expect(await crypto.verify({ keytype, scheme, keyval: { public: it } }, signature, encode("a"))).toBe(
          false,
        );
    }),
    { numRuns: 200 },
  );
});

describe("where the platform has no Ed25519", () => {
  const old = () => {
    const { subtle } = globalThis.crypto;
    const refuse = async () => {
      throw new DOMException("Unrecognized name", "NotSupportedError");
    };
    const importKey = (...args: readonly unknown[]): unknown =>
      args[2] === "Ed25519" ? refuse() : Reflect.apply(subtle.importKey, subtle, args);
    vi.stubGlobal("crypto", {
      subtle: {
        digest: subtle.digest.bind(subtle),
        verify: subtle.verify.bind(subtle),
        importKey,
      },
    });
  };

  test("the fallback verifies, and is loaded once and only then", async () => {
    old();
    let loaded = 0;
    const crypto = webCrypto({
      fallback: async () => {
        loaded++;
        return nobleCrypto();
      },
    });
    const bytes = encode("what was signed");
    const ecdsa = signerFromPem("test", ecdsaPem());
    expect(await crypto.verify(ecdsa.publicKey, await ecdsa.sign(bytes), bytes)).toBe(true);
    expect(loaded).toBe(0);
    const signer = newSigner();
    const signature = await signer.sign(bytes);
    expect(await crypto.verify(signer.publicKey, signature, bytes)).toBe(true);
    expect(await crypto.verify(signer.publicKey, signature, encode("what was not"))).toBe(false);
    expect(loaded).toBe(1);
  });

  test("and no fallback is given, that is said in words", async () => {
    old();
    const signer = newSigner();
    await expect(
      webCrypto().verify(signer.publicKey, await signer.sign(encode("a")), encode("a")),
    ).rejects.toThrow("this platform knows no ed25519: use a newer one, or give webCrypto a fallback");
  });
});

test("a page that is not secure is told so in words, or served by the fallback", async () => {
  vi.stubGlobal("crypto", {});
  expect(() => webCrypto()).toThrow("serve the page over https or from localhost");
  const crypto = webCrypto({ fallback: async () => nobleCrypto() });
  const signer = newSigner();
  const bytes = encode("what was signed");
  expect(await crypto.verify(signer.publicKey, await signer.sign(bytes), bytes)).toBe(true);
  expect(await crypto.sha256(bytes)).toEqual(new Uint8Array(await nodeCrypto.sha256(bytes)));
});
