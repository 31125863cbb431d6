import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { GiftwrapClient, httpFetch, toViewer } from "../../src/client/client.ts";
import { httpPost, telemetryTo } from "../../src/client/telemetry/telemetry.ts";
import { trustedRootOf } from "../../src/commands/environment.ts";
import { FAMILIES } from "../../src/metrics/families.ts";
import { parseExposition } from "../../src/metrics/parseExposition.ts";
import { prometheusSource } from "../../src/metrics/prometheus.ts";
import { parseRecordedFile, type RecordedSeries } from "../../src/metrics/recordedFile.ts";
import { startEdge, type EdgeServer } from "../../src/store/edgeServer.ts";
import { nodeCrypto } from "../../src/trust/nodeCrypto.ts";
import { type Ended, giftwrap } from "../support/cli.ts";
import { hasPrometheus, type Prometheus, startPrometheus } from "../support/prometheus.ts";
import { createWorld, POLICY, type World } from "../support/world.ts";

const MINUTE = 60;
const HOURS = 2;
const REGIONS = ["SG", "ID"] as const;
/** The device classes of rose's slice. */
const DEVICES = ["mid", "high"] as const;
const VIEWERS = 25;
const ENVIRONMENT = "releases/environments/production.yaml";
const gateOf = (gridMinutes: number) => `${POLICY}
gate:
  gridMinutes: ${gridMinutes}
  latenessMinutes: 0
  staleMinutes: ${2 * gridMinutes}
  stages:
    canary: { soakHours: 1, units: 20 }
    regional: { soakHours: 1, units: 500 }
    full: { soakHours: 1, units: 500 }
  metrics:
    failed: { margin: { points: 2 }, usualPercent: 0.5 }
    crashed: { margin: { points: 1 }, usualPercent: 0.1 }
    slow: { overMilliseconds: 200, margin: { points: 5 }, usualPercent: 5 }
`;

/** What the gate's JSON says of a metric. */
interface Counted {
  readonly name: string;
  readonly trial: { readonly units: number; readonly bad: number };
  readonly baseline: { readonly units: number; readonly bad: number };
  readonly strata: readonly (Omit<Counted, "name" | "strata"> & {
    readonly region: string;
    readonly tier: string;
  })[];
}
interface Judged {
  readonly verdict: string;
  readonly why: string;
  readonly next: { readonly what: string };
  readonly reasons: readonly { readonly kind: string; readonly text: string }[];
  readonly metrics: readonly Counted[];
}

const opened: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of opened.reverse()) await close();
});

/** rose 1.1.0 for half of its slice since some time; what it is judged by is fixed there. */
async function openTrial(startSeconds: number, gridMinutes: number): Promise<World> {
  const world = await createWorld();
  opened.push(() => world.remove());
  await world.write({ "releases/policy.yaml": gateOf(gridMinutes) });
  await world.release({ gift: "rose", version: "1.0.0", regional: true, full: true });
  await world.release({
    gift: "rose",
    version: "1.1.0",
    regional: true,
    regions: { SG: 50, ID: 50 },
    eligible: "{ tiers: [mid, high] }",
  });
  vi.stubEnv("GIT_COMMITTER_DATE", `${startSeconds} +0000`);
  await world.commit("Open the regions");
  vi.unstubAllEnvs();
  return world;
}

async function readFrom(world: World, url: string): Promise<void> {
  const text = await readFile(join(world.root, ENVIRONMENT), "utf8");
  const metrics = `metrics: { prometheus: { url: "${url}", timeoutSeconds: 5 } }\n`;
  await world.write({ [ENVIRONMENT]: text.replace(/metrics:.*\n|$/, metrics) });
  await world.commit("Say where the metrics are");
}

function judge(world: World, seconds: number): Promise<Ended> {
  return giftwrap(
    world.root,
    "gate",
    "rose@1.1.0",
    "--json",
    "--at",
    new Date(1000 * seconds).toISOString().replace(".000", ""),
  );
}

function toJudged({ code, stdout, stderr }: Ended): Judged & { code: number | null } {
  if (!stdout.startsWith("{")) throw new Error(`gate ended with ${code}: ${stdout}${stderr}`);
  const judged: Judged = JSON.parse(stdout);
  return { code, ...judged };
}

/** The compiled command, in a process of its own. */
async function startCollect(root: string) {
  const child = spawn(
    process.execPath,
    [new URL("../../dist/main/cli.js", import.meta.url).pathname, "collect", "--port", "0"],
    {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  opened.push(stop);
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /^metrics (\S+)metrics$/.exec(line)?.[1];
    if (url !== undefined) return { url, stop };
  }
  throw new Error("collect ended before it listened");
}

/** A collector that heard nothing, as a server has it that scraped it from the opening until a moment. */
function idleSeries(fromSeconds: number, toSeconds: number): RecordedSeries {
  const samples: [number, number][] = [];
  for (let at = fromSeconds; at <= toSeconds; at += 30) samples.push([at, fromSeconds - 3_600]);
  return { name: FAMILIES.started, labels: { instance: "before", job: "giftwrap" }, samples };
}

// Debian's package prometheus brings it; .ci/run installs it.
describe.skipIf(!hasPrometheus())("from an app's play to a verdict, all of it real", () => {
  let world: World;
  let edge: EdgeServer;
  let collect: Awaited<ReturnType<typeof startCollect>>;
  let prometheus: Prometheus;
  let startSeconds: number;
  /** The instant of the grid that comes next: its numbers are those that Prometheus has now, so nobody has to wait for it. */
  const nextInstant = () => startSeconds + MINUTE * Math.ceil((Date.now() / 1000 - startSeconds) / MINUTE);
  /** By `arm region/tier`: plays, and those of them whose player threw. */
  const played = new Map<string, { units: number; bad: number }>();

  beforeAll(async () => {
    startSeconds = Math.floor(Date.now() / 1000) - 20 * MINUTE;
    world = await openTrial(startSeconds, 1);
    await world.publish();
    edge = await startEdge(await world.store(), 0);
    opened.push(() => edge.close());
    collect = await startCollect(world.root);
    prometheus = await startPrometheus({
      history: [idleSeries(startSeconds - MINUTE, startSeconds + 19 * MINUTE)],
      target: new URL(collect.url).host,
    });
    opened.push(() => prometheus.stop());
    await readFrom(world, prometheus.url);
    await Promise.all([playAll(), untilScraped("0")]);
    await untilScraped(String(VIEWERS * REGIONS.length * DEVICES.length));
  });

  /** Apps of all kinds, each a device of its own; every fifth with the new release has a player that throws. */
  async function playAll(): Promise<void> {
    const trustedRoot = trustedRootOf((await world.publisher()).environment);
    const kinds = REGIONS.flatMap((region) => DEVICES.map((tier) => ({ region, tier })));
    await Promise.all(
      kinds.map(async ({ region, tier }, kind) => {
        for (let device = 0; device < VIEWERS; device++) {
          const viewer = toViewer({
            platform: "android",
            appVersion: "8.4.0",
            tier,
            region,
            cohorts: [],
            unitId: `${kind}-${device}`,
          });
          const client = await GiftwrapClient.open({
            viewer,
            root: trustedRoot,
            crypto: nodeCrypto,
            fetch: httpFetch({ baseUrl: edge.url }),
            telemetry: telemetryTo(httpPost({ url: `${collect.url}v1/beacons` })),
          });
          await client.refresh();
          let isNew = false;
          let isBad = false;
          await client.play("rose", ({ link }, report) => {
            if (link.kind !== "release") return;
            if (link.version === "1.1.0") {
              isNew = true;
              isBad = device % 5 === 0;
              if (isBad) throw new Error("this player cannot");
            }
            report.firstFrame();
          });
          await client.telemetry?.flush();
          const key = `${isNew ? "trial" : "baseline"} ${region}/${tier}`;
          const so = played.get(key) ?? { units: 0, bad: 0 };
          played.set(key, { units: so.units + 1, bad: so.bad + Number(isBad) });
        }
      }),
    );
  }

  /** Until Prometheus has so many units of rose from the collector; "0" until it has scraped it at all. */
  async function untilScraped(units: string): Promise<void> {
    const source = prometheusSource({ url: prometheus.url, labels: { job: "giftwrap" } });
    const deadline = Date.now() + 60_000;
    for (;;) {
      const now = Math.floor(Date.now() / 1000);
      const range = { startSeconds: now, endSeconds: now, stepSeconds: 1 };
      const name = units === "0" ? FAMILIES.started : FAMILIES.units;
      const labels = units === "0" ? { instance: new URL(collect.url).host } : { gift: "rose" };
      const series = await source.read({ name, labels, ...range });
      const found = series.reduce((sum, it) => sum + (it.samples.at(-1)?.[1] ?? 0), 0);
      if (units === "0" ? series.length > 0 : String(found) === units) return;
      if (Date.now() > deadline) {
        const shown = parseExposition(await (await fetch(`${collect.url}metrics`)).text());
        throw new Error(
          `Prometheus has ${found} units, not ${units}; the collector shows ${JSON.stringify(shown)}`,
        );
      }
      await sleep(100);
    }
  }

  test("the counts are what the apps did, arm by arm and region by region, and so few of them are no proof", async () => {
    const judged = toJudged(await judge(world, nextInstant()));
    const failed = judged.metrics.find((it) => it.name === "failed");
    const counted = failed?.strata.flatMap(({ region, tier, trial, baseline }) => [
      [`trial ${region}/${tier}`, trial],
      [`baseline ${region}/${tier}`, baseline],
    ]);
    expect(Object.fromEntries(counted ?? [])).toEqual(
      Object.fromEntries([...played].map(([key, it]) => [key, { ...it, rate: it.bad / it.units }])),
    );
    expect([...played.values()].reduce((sum, it) => sum + it.bad, 0)).toBeGreaterThan(3);
    expect([judged.code, judged.verdict]).toEqual([1, "hold"]);
    const said = judged.reasons.map((it) => it.text).join(" ");
    expect(said).toMatch(/It has been out for 2\d minutes; it has to be out for at least 1 hour\./);
    expect(said).toMatch(/There are \d+ new plays so far; at least 500 are needed\./);
    expect(said).toMatch(
      /failed to load; today it is 0 %; up to 2\.0 % is allowed\. So far that is more than allowed, but with so few plays it could be chance\./,
    );
  });

  test("without the collector, and without Prometheus, it holds and says what to look at", async () => {
    await collect.stop();
    const later = toJudged(await judge(world, nextInstant() + 4 * MINUTE));
    expect([later.code, later.verdict]).toEqual([1, "hold"]);
    // A collector that is gone takes its counters with it; an instant of the grid may have passed meanwhile, and kept them.
    expect(later.reasons[0]?.text).toMatch(
      /^(No play of rose 1\.1\.0 has been reported\.|The newest numbers are from )/,
    );
    expect(later.next.what).toContain("the collector");

    await prometheus.stop();
    const ended = await judge(world, nextInstant());
    const gone = toJudged(ended);
    expect([gone.code, gone.verdict, ended.stderr]).toEqual([1, "hold", ""]);
    expect(gone.reasons[0]?.kind).toBe("metrics_unavailable");
    expect(gone.why).toContain(`${prometheus.url.replace(/\/$/, "")} did not answer`);
  });
});

describe.skipIf(!hasPrometheus())("from a history that Prometheus has", () => {
  let world: World;
  let startSeconds: number;

  beforeAll(async () => {
    startSeconds = Math.floor(Date.now() / 1000) - (HOURS * 60 + 10) * MINUTE;
    world = await openTrial(startSeconds, 5);
  });

  /** The telemetry that `simulate` makes for this very trial, back-filled, and judged by the compiled command. */
  async function judgeHistory(failure: string): Promise<Ended> {
    const simulated = await giftwrap(
      world.root,
      "simulate",
      "--release=rose@1.1.0",
      "--viewers=8000",
      `--hours=${HOURS}`,
      `--failure=${failure}`,
      "--record=.giftwrap/history.json",
      "--json",
    );
    if (simulated.code !== 0) throw new Error(simulated.stderr);
    const path = join(world.root, ".giftwrap/history.json");
    const { series } = parseRecordedFile(await readFile(path, "utf8"), path);
    const prometheus = await startPrometheus({ history: series });
    try {
      await readFrom(world, prometheus.url);
      return await judge(world, startSeconds + HOURS * 60 * MINUTE);
    } finally {
      await prometheus.stop();
    }
  }

  test("a release that is as good as what is live passes, with 0, and one that fails more often fails, with 1", async () => {
    const healthy = toJudged(await judgeHistory("0.5%:0.5%"));
    expect([healthy.code, healthy.verdict, healthy.reasons.map((it) => it.kind)]).toEqual([
      0,
      "pass",
      ["proven"],
    ]);
    const bad = toJudged(await judgeHistory("0.5%:6%"));
    expect([bad.code, bad.verdict, bad.reasons[0]?.kind]).toEqual([1, "fail", "worse"]);
    expect(bad.why).toContain("failed to load");
  });
});
