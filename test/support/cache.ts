import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A real cache in a process of its own, before an origin. */
export interface Cache {
  /** With a slash at the end. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface CacheOptions {
  /** Keeps the first timestamp that it sees for an hour, and cannot be told to forget it. */
  readonly stuck?: boolean;
}

/** Starts a cache before the origin at that address. */
export type StartCache = (originUrl: string, options?: CacheOptions) => Promise<Cache>;

/** What to run, once its files are in the folder; it must stay in the foreground and end on SIGTERM. */
export type Prepare = (folder: string, port: number) => Promise<readonly [string, ...string[]]>;

const START_MILLISECONDS = 30_000;

/** Runs a cache on a free port and in a folder of its own, and waits until it takes connections. */
export async function runCache(prepare: Prepare): Promise<Cache> {
  const folder = await mkdtemp(join(tmpdir(), "giftwrap-cache-"));
  const port = await freePort();
  const [program, ...args] = await prepare(folder, port);
  // Servers are kept where only root looks.
  const env = { ...process.env, PATH: `${process.env["PATH"] ?? ""}:/usr/sbin` };
  const child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, "close");
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilListening(port, child);
  } catch (cause) {
    await stop();
    throw new Error(`${program} did not start: ${said}`, { cause });
  }
  return { url: `http://127.0.0.1:${port}/`, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new TypeError("a listening server has a port");
  return address.port;
}

async function untilListening(port: number, child: ChildProcess): Promise<void> {
  const started = performance.now();
  while (performance.now() - started < START_MILLISECONDS) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    if (await isListening(port)) return;
    await sleep(20);
  }
  throw new Error(`nobody listens on port ${port}`);
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const end = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
