import { mkdtemp, rm } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { releaseKey } from "../../model/project.ts";
import type { EnvironmentFile } from "../../model/schemas.ts";
import { SMOKE_HTML } from "../../page/smoke/html.ts";
import { copyObjects, writeGeneration, writeTimestamp } from "../../publish/apply.ts";
import { desired } from "../../publish/desired.ts";
import type { LiveTimestamp } from "../../publish/live.ts";
import { planPublish } from "../../publish/plan.ts";
import { putRoots } from "../../publish/putRoots.ts";
import { GiftError } from "../../report/error.ts";
import { startEdge } from "../../store/edgeServer.ts";
import { fileStore } from "../../store/fileStore.ts";
import type { Store } from "../../store/store.ts";
import { generateKeyPem, type Signer, signerFromPem } from "../../trust/keys.ts";
import { makeRoot, signMetadata } from "../../trust/sign.ts";
import type { Override } from "../../wire/override.ts";
import { compileRange } from "../../model/range.ts";
import { send, sendScript } from "../serve.ts";
import type { Contender } from "./contender.ts";

/** One gift published and served on loopback, for nobody but a browser of ours, with keys that end with it. */
export interface Rehearsal {
  /** Where the page is; with a slash at the end. */
  readonly url: string;
  /** From now on the first answer for each object breaks off half-way, until the server forgets. */
  loseFirstAnswers(): void;
  /** Every answer is whole again. */
  loseNothing(): void;
  /** Publishes an override that stops the release at once, as on-call would. */
  stop(): Promise<void>;
  /** Lifts it again. */
  lift(): Promise<void>;
  close(): Promise<void>;
}

/** Everything in it is open to everyone, and apps ask only when they are told to. */
const EVERYONE: Pick<EnvironmentFile, "rollout"> = { rollout: "testers" };
const POLL_SECONDS = 300;

/**
 * Publishes with the project's own publisher and signatures, so that the client has a real catalog to verify.
 * @throws GiftError `OBJECTS_MISSING`
 */
export async function startRehearsal(contender: Contender, now: () => number): Promise<Rehearsal> {
  const folder = await mkdtemp(join(tmpdir(), "giftwrap-smoke-"));
  try {
    const store = fileStore(folder);
    const release = newSigner();
    const timestamp = newSigner();
    const root = await writeRoot(store, release, timestamp, now());
    const switchboard = await publish(store, contender, { release, timestamp }, now);
    const losses = new Losses();
    const server = await startEdge(store, 0, async (request, response) => {
      const path = request.url ?? "/";
      if (path === "/") return send(response, "text/html; charset=utf-8", SMOKE_HTML);
      if (path === "/root.json") return send(response, "application/json", root);
      return losses.take(request, response) || sendScript(path, response);
    });
    return {
      url: server.url,
      loseFirstAnswers: () => losses.begin(),
      loseNothing: () => losses.end(),
      ...switchboard,
      close: async () => {
        await server.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw cause;
  }
}

function newSigner(): Signer {
  return signerFromPem("rehearsal", generateKeyPem());
}

async function writeRoot(store: Store, release: Signer, timestamp: Signer, now: number): Promise<Uint8Array> {
  const root = newSigner();
  const bytes = await signMetadata(makeRoot({ root, release, timestamp }, now), [root]);
  await putRoots(store, [bytes]);
  return bytes;
}

async function publish(
  store: Store,
  { gift, version, project, objects }: Contender,
  signers: { readonly release: Signer; readonly timestamp: Signer },
  now: () => number,
): Promise<Pick<Rehearsal, "stop" | "lift">> {
  const environment: EnvironmentFile = {
    ...EVERYONE,
    store: { folder: "" },
    edges: {},
    pollSeconds: POLL_SECONDS,
  };
  const plan = planPublish(desired(project, environment, now()), null, new Map());
  const { missing } = await copyObjects(store, plan.objects, objects);
  const [first] = missing;
  if (first !== undefined)
    throw new GiftError(
      "OBJECTS_MISSING",
      `${missing.size} objects that ${releaseKey(gift, version)} needs are neither built here nor in the store, ${first} among them`,
      "run npx giftwrap build, or name an environment that has them with --env",
    );
  const generation = await writeGeneration(
    store,
    null,
    plan,
    { low: [], mid: [], high: [] },
    signers.release,
    now(),
  );
  let live: LiveTimestamp | null = null;
  const write = async (overrides: readonly Override[]) => {
    const content = { snapshot: generation.snapshot, pollSeconds: POLL_SECONDS, commit: "", overrides };
    live = await writeTimestamp(store, live, content, signers.timestamp, now());
  };
  await write([]);
  const versions = compileRange(version);
  return {
    stop: () => write([{ id: "smoke", origin: "git", gifts: [gift], versions, limit: {} }]),
    lift: () => write([]),
  };
}

/** A network that loses answers, the same ones each time: the first for each object breaks off half-way. */
class Losses {
  #isOn = false;
  readonly #lost = new Set<string>();

  begin(): void {
    this.#isOn = true;
    this.#lost.clear();
  }

  end(): void {
    this.#isOn = false;
  }

  /** True when the answer is lost. */
  take(request: IncomingMessage, response: ServerResponse): boolean {
    const path = request.url ?? "";
    if (!this.#isOn || !path.startsWith("/objects/") || this.#lost.has(path)) return false;
    this.#lost.add(path);
    response.writeHead(200).write("the beginning", () => response.destroy());
    return true;
  }
}
