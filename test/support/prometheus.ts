import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import type { RecordedSeries } from "../../src/metrics/recordedFile.ts";

const run = promisify(execFile);
const START_MILLISECONDS = 60_000;

export interface Prometheus {
  /** With a slash at the end. */
  readonly url: string;
  stop(): Promise<void>;
}

export interface PrometheusOptions {
  /** What it has from the beginning, as if it had scraped it. */
  readonly history?: readonly RecordedSeries[];
  /** `host:port` of a server that it scrapes each second. */
  readonly target?: string;
}

/** Whether Debian's package prometheus is here. */
export function hasPrometheus(): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return ["prometheus", "promtool"].every((program) =>
    folders.some((folder) => {
      try {
        accessSync(join(folder, program), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    }),
  );
}

/** A real Prometheus on loopback, with its data in a temporary folder; `stop` ends and removes it all. */
export async function startPrometheus({ history = [], target }: PrometheusOptions): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), "giftwrap-prometheus-"));
  const data = join(folder, "data");
  if (history.length > 0) {
    await writeFile(join(folder, "history.om"), toOpenMetrics(history));
    await run("promtool", ["tsdb", "create-blocks-from", "openmetrics", join(folder, "history.om"), data]);
  }
  const scrape =
    target === undefined
      ? "[]"
      : `[{ job_name: giftwrap, scrape_interval: 1s, static_configs: [{ targets: ["${target}"] }] }]`;
  await writeFile(join(folder, "prometheus.yml"), `scrape_configs: ${scrape}\n`);
  const url = `http://127.0.0.1:${await freePort()}/`;
  const child = spawn(
    "prometheus",
    [
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=${new URL(url).host}`,
      "--log.level=warn",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, "close");
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const deadline = performance.now() + START_MILLISECONDS;
  while (!(await isReady(url))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error(`prometheus did not start: ${said}`);
    }
    await sleep(50);
  }
  return { url, stop };
}

/** Series of one family have to stand together; a counter's family is its name without `_total`. */
function toOpenMetrics(history: readonly RecordedSeries[]): string {
  const families = new Map<string, string[]>();
  for (const { name, labels, samples } of history) {
    const family = name.replace(/_total$/, "");
    const lines = families.get(family) ?? [`# TYPE ${family} ${family === name ? "unknown" : "counter"}`];
    families.set(family, lines);
    const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    for (const [seconds, value] of samples) lines.push(`${name}{${pairs.join(",")}} ${value} ${seconds}`);
  }
  return `${[...families.values()].flat().join("\n")}\n# EOF\n`;
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}-/ready`)).ok;
  } catch {
    return false;
  }
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
