import { afterEach, expect, test, vi } from "vitest";
import { webCrypto } from "../../src/client/webCrypto.ts";
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

test("a page that is not secure is told so in words", () => {
  vi.stubGlobal("crypto", {});
  expect(() => webCrypto()).toThrow("serve the page over https or from localhost");
});
