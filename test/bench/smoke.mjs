// How often `giftwrap smoke` errs: a gift against itself, as many times as asked for, and how near to its limit each measure came.
// `npm run build && node test/bench/smoke.mjs [RUNS] [TIER]`; needs Chromium, and takes minutes for each run of all scenarios.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const [runs = "20", tier = "low", ...scenarios] = process.argv.slice(2);
const RELEASE = "rose@1.0.0";

const results = { passed: 0, failed: 0, held: 0 };
const worst = new Map();
let rounds = 0;
for (let run = 1; run <= Number(runs); run++) {
  const words = ["smoke", RELEASE, "--reference", RELEASE, "--tier", tier, "--no-record", "--json"];
  for (const it of scenarios) words.push("--scenario", it);
  const { stdout, stderr } = spawnSync(process.execPath, ["dist/main/cli.js", ...words], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 1e8,
  });
  if (!stdout) throw new Error(stderr);
  const { result, why, run: measured } = JSON.parse(stdout);
  results[result]++;
  for (const { scenario, subject, reference } of measured.runs) {
    rounds += subject.length;
    for (const measure of Object.keys(subject[0] ?? {})) {
      const [own, other] = [subject, reference].map((samples) => medianOf(samples.map((it) => it[measure])));
      const name = `${scenario} ${measure}`;
      const known = worst.get(name) ?? { times: 0, more: 0 };
      worst.set(name, {
        times: Math.max(known.times, own / other, other / own),
        more: Math.max(known.more, Math.abs(own - other)),
      });
    }
  }
  console.log(`run ${run}: ${result}${result === "passed" ? "" : `: ${why.join("; ")}`}`);
}
console.log(`${RELEASE} against itself on ${tier}: ${JSON.stringify(results)}, ${rounds} rounds`);
for (const [name, { times, more }] of worst)
  console.log(`  ${name}: medians differ by ${times.toFixed(2)} times, ${more.toFixed(1)} at most`);

function medianOf(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}
