import { generateKeyPairSync } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import { webCrypto } from "../../src/client/platform/webCrypto.ts";
import { signerFromPem } from "../../src/trust/keys.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { encode, newSigner } from "./repositoryOf.ts";

afterEach(() => vi.unstubAllGlobals());

test("a browser's cryptography and Node's say the same of every signature", async () => {
  const [signer, other] = [newSigner(), newSigner()];
  const bytes = encode("what was signed");
  const signature = await signer.sign(bytes);
  const cases = [
    { key: signer.publicKey, signature, bytes, valid: true },
    { key: other.publicKey, signature, bytes, valid: false },
    { key: signer.publicKey, signature, bytes: encode("what was not"), valid: false },
    { key: signer.publicKey, signature: signature.slice(1), bytes, valid: false },
    { key: signer.publicKey, signature: new Uint8Array(), bytes, valid: false },
    { key: { ...signer.publicKey, scheme: "rsa" }, signature, bytes, valid: false },
    { key: { ...signer.publicKey, keytype: "rsa" }, signature, bytes, valid: false },
  ];
  for (const { key, signature, bytes, valid } of cases) {
    expect(await nodeCrypto.verify(key, signature, bytes)).toBe(valid);
    expect(await webCrypto().verify(key, signature, bytes)).toBe(valid);
  }
  expect(await webCrypto().sha256(bytes)).toEqual(new Uint8Array(await nodeCrypto.sha256(bytes)));
});

test("both verify ECDSA P-256, whose signatures vary in length, as key services make them", async () => {
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

test("a page that is not secure is told so in words", () => {
  vi.stubGlobal("crypto", {});
  expect(() => webCrypto()).toThrow("serve the page over https or from localhost");
});
