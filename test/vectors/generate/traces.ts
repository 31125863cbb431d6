import { digestOf, nodeCrypto } from "../../../src/trust/nodeCrypto.ts";
import { canonicalJson } from "../../../src/wire/metadata.ts";
import { fromHex } from "../../../src/wire/digest.ts";
import { BlobList } from "./blobs.ts";
import { namedSigners } from "./fixedRepository.ts";
import { Trace } from "./trace.ts";
import { TRACE_CASES } from "./traceCases.ts";
import type { VectorFile } from "./vectorFile.ts";
import { SOMEONE } from "./worlds.ts";

export async function traceVectors(): Promise<VectorFile> {
  const blobs = new BlobList();
  const traces: object[] = [];
  for (const [name, run] of TRACE_CASES) {
    const trace = await Trace.start(blobs);
    try {
      await run(trace);
    } catch (cause) {
      throw new Error(`${name}: ${String(cause)}`, { cause });
    }
    traces.push({ name, root: trace.rootBlob, steps: trace.steps });
  }
  return {
    about:
      "What a client goes through: what an edge answers, what the client does, what it believes then. Files stand in `blobs`; signatures that hold in `signatures`, every other does not.",
    lists: { viewer: [SOMEONE], traces, signatures: await validSignatures(blobs), blobs: blobs.toLines() },
  };
}

/** SHA-256 of `<public key>:<signature>:<SHA-256 of the signed bytes>`, for every signature in the files that a key of these vectors made. */
async function validSignatures(blobs: BlobList): Promise<string[]> {
  const valid = new Set<string>();
  for (const [, bytes] of blobs.all) {
    const envelope = readEnvelope(bytes);
    if (!envelope) continue;
    const message = new TextEncoder().encode(envelope.canonical);
    for (const sig of envelope.signatures)
      for (const { publicKey } of namedSigners())
        if (await nodeCrypto.verify(publicKey, fromHex(sig), message))
          valid.add(digestOf(`${publicKey.keyval.public}:${sig}:${digestOf(message)}`));
  }
  return [...valid].sort();
}

function readEnvelope(bytes: Uint8Array): { canonical: string; signatures: string[] } | null {
  try {
    const { signed, signatures } = JSON.parse(new TextDecoder().decode(bytes));
    return { canonical: canonicalJson(signed), signatures: signatures.map((it: { sig: string }) => it.sig) };
  } catch {
    return null;
  }
}
