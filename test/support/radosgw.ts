import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { accessSync, constants } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { AwsClient } from "aws4fetch";
import type { S3Options } from "../../src/store/s3Address.ts";
import type { Account } from "./verifySignature.ts";

const run = promisify(execFile);
const PROGRAMS = ["radosgw", "radosgw-admin", "ceph", "ceph-mon", "ceph-mgr", "ceph-osd"];
/** Started by root, Ceph's daemons would become a user that may not write here. */
const AS_SELF = process.getuid?.() === 0 ? ["--setuser", "root", "--setgroup", "root"] : [];
const ACCOUNT: Account = { accessKeyId: "GIFTWRAPTESTACCOUNT1", secretAccessKey: "not-a-secret-of-anybody" };
const START_MILLISECONDS = 90_000;

export interface Radosgw {
  readonly account: Account;
  /** A new bucket, and the client that made it, for what the driver never does. */
  makeBucket(): Promise<{ readonly options: S3Options; readonly client: AwsClient; readonly url: string }>;
  stop(): Promise<void>;
}

/** Whether Debian's packages radosgw, ceph-mon, ceph-osd and ceph-mgr are here. */
export function hasRadosgw(): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return PROGRAMS.every((program) => folders.some((folder) => isExecutable(join(folder, program))));
}

/**
 * A real S3 server: Ceph's gateway over a cluster of one node that keeps its objects in memory. Everything listens on loopback
 * and lives in a temporary folder; `stop` ends and removes it all.
 */
export async function startRadosgw(): Promise<Radosgw> {
  const folder = await mkdtemp(join(tmpdir(), "giftwrap-radosgw-"));
  const daemons: ChildProcess[] = [];
  const killAll = () => daemons.forEach((it) => it.kill("SIGKILL"));
  process.once("exit", killAll);
  const stop = async () => {
    process.removeListener("exit", killAll);
    await Promise.all(daemons.map(end));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    return { ...(await start(folder, daemons)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(folder: string, daemons: ChildProcess[]): Promise<Omit<Radosgw, "stop">> {
  const [monitorPort, port] = [await freePort(), await freePort()];
  const configuration = join(folder, "ceph.conf");
  const cluster = randomUUID();
  for (const it of ["mon", "osd", "mgr", "run", "log"]) await mkdir(join(folder, it));
  await writeFile(configuration, toConfiguration(folder, cluster, monitorPort));
  const call = (program: string, args: readonly string[]) =>
    run(program, ["-c", configuration, ...args], { timeout: START_MILLISECONDS });
  const spawnDaemon = (program: string, args: readonly string[]) =>
    daemons.push(spawn(program, ["-c", configuration, "-f", ...args, ...AS_SELF], { stdio: "ignore" }));

  const [monitorKeys, adminKeys] = [join(folder, "keys.mon"), join(folder, "keys.admin")];
  const newKeys = (path: string, name: string, parts: readonly string[]) => {
    const allowed = parts.flatMap((part) => ["--cap", part, "allow *"]);
    return run("ceph-authtool", ["--create-keyring", path, "--gen-key", "-n", name, ...allowed]);
  };
  await newKeys(monitorKeys, "mon.", ["mon"]);
  await newKeys(adminKeys, "client.admin", ["mon", "osd", "mgr"]);
  await run("ceph-authtool", [monitorKeys, "--import-keyring", adminKeys]);
  const map = join(folder, "monmap");
  const address = `[v2:127.0.0.1:${monitorPort}]`;
  await run("monmaptool", ["--create", "--fsid", cluster, "--addv", "a", address, "--clobber", map]);
  await call("ceph-mon", ["--mkfs", "-i", "a", "--monmap", map, "--keyring", monitorKeys, ...AS_SELF]);
  spawnDaemon("ceph-mon", ["-i", "a"]);

  const [managerKeys, diskKeys] = [join(folder, "mgr", "keyring"), join(folder, "osd", "keyring")];
  const allow = (name: string, path: string, allowed: readonly string[]) =>
    call("ceph", ["auth", "get-or-create", name, ...allowed, "-o", path]);
  await allow("mgr.x", managerKeys, ["mon", "allow profile mgr", "osd", "allow *"]);
  spawnDaemon("ceph-mgr", ["-i", "x", "--keyring", managerKeys]);
  const disk = randomUUID();
  await call("ceph", ["osd", "new", disk]);
  await allow("osd.0", diskKeys, ["mon", "allow profile osd", "osd", "allow *", "mgr", "allow profile osd"]);
  await call("ceph-osd", ["-i", "0", "--mkfs", "--osd-uuid", disk, ...AS_SELF]);
  spawnDaemon("ceph-osd", ["-i", "0"]);

  spawnDaemon("radosgw", ["-n", "client.admin", `--rgw-frontends=beast endpoint=127.0.0.1:${port}`]);
  const { accessKeyId, secretAccessKey } = ACCOUNT;
  await untilAnswers(`http://127.0.0.1:${port}`);
  const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`];
  await call("radosgw-admin", [
    "-n",
    "client.admin",
    "user",
    "create",
    "--uid=test",
    "--display-name=test",
    ...keys,
  ]);
  const client = new AwsClient({
    accessKeyId,
    secretAccessKey,
    service: "s3",
    region: "us-east-1",
    retries: 5,
  });
  return {
    account: ACCOUNT,
    makeBucket: async () => {
      const bucket = `test-${randomUUID()}`;
      const url = `http://127.0.0.1:${port}/${bucket}`;
      const made = await client.fetch(url, { method: "PUT" });
      if (!made.ok) throw new Error(`no bucket: ${made.status} ${await made.text()}`);
      const options: S3Options = { bucket, region: "us-east-1", endpoint: `http://127.0.0.1:${port}` };
      return { options, client, url };
    },
  };
}

function toConfiguration(folder: string, cluster: string, monitorPort: number): string {
  return `[global]
fsid = ${cluster}
mon host = v2:127.0.0.1:${monitorPort}/0
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = ${folder}/run
pid file = ${folder}/run/$name.pid
log file = ${folder}/log/$name.log
admin socket = ${folder}/run/$name.asok
mon data = ${folder}/mon
mgr data = ${folder}/mgr
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail warn = 1
mon data avail crit = 1
mgr initial modules =
[client.admin]
keyring = ${folder}/keys.admin
`;
}

async function untilAnswers(url: string): Promise<void> {
  const deadline = Date.now() + START_MILLISECONDS;
  for (;;) {
    try {
      await (await fetch(url, { signal: AbortSignal.timeout(2_000) })).arrayBuffer();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function end(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null || daemon.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    daemon.once("exit", () => resolve());
    // Nothing here outlives the test, so nothing has to be put away properly.
    daemon.kill("SIGKILL");
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === "object"
          ? resolve(address.port)
          : reject(new Error("no port")),
      );
    });
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
