// npm run bench [-- --json FILE] [-- --full]: figures of one run, measured side by side; nothing is asserted, for machines differ. The
// gate is simulated in a tenth of the runs that its figures are stated for, or in all of them with --full.
import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";

const ROOT = new URL("../..", import.meta.url).pathname;
const { values } = parseArgs({
  options: { json: { type: "string" }, full: { type: "boolean", default: false } },
});

execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "src/tsconfig.json"], {
  cwd: ROOT,
  stdio: "inherit",
});
// Loaded after that: they are about the compiled program.
const { figureToText } = await import("./measure.mjs");
const { measureBuild } = await import("./build.mjs");
const { measureBucket } = await import("./bucket.mjs");
const { measureClient } = await import("./client.mjs");
const { measureCollect } = await import("./collect.mjs");
const { claimsToText, measureGate } = await import("./gate.mjs");
const { measureEngines } = await import("./compareEngines.mjs");
const { measureGitHub } = await import("./github.mjs");
const { measurePoll } = await import("./poll.mjs");
const { measurePublish } = await import("./publish.mjs");
const { measureResolve } = await import("./resolve.mjs");
const { measureStop } = await import("./stop.mjs");
const { measureStopAtScale } = await import("./stopAtScale.mjs");
const { measureValidate } = await import("./validate.mjs");
const { measureWatch } = await import("./watch.mjs");

const machine = `Node ${process.versions.node}, ${availableParallelism()} x ${cpus()[0]?.model ?? "processor"}, load ${loadavg()[0]?.toFixed(1)} before`;
console.log(`${machine}\n`);
const figures = [];
const show = (figure) => {
  figures.push(figure);
  console.log(figureToText(figure));
};

for (const figure of await measureGate({ full: values.full })) {
  figures.push(figure);
  console.log(claimsToText(figure));
}
for await (const figure of measureBuild()) show(figure);
measureResolve().forEach(show);
(await measureEngines()).forEach(show);
for await (const figure of measureClient()) show(figure);
show(await measurePoll());
show(await measureCollect());
show(await measureWatch(1_000, 48));
show(await measureWatch(1_000, 288, 1));
show(await measureStop(1));
show(await measureStop(200));
for (const gifts of [100, 1_000, 10_000]) show(await measurePublish(gifts));
show(await measureBucket(1_000));
show(await measureStopAtScale(10_000));
for await (const figure of measureGitHub({ gifts: 200, pulls: 100 })) show(figure);
show(await measureValidate(334, 5));
show(await measureValidate(3_334, 3));
show(await measureValidate(10_000, 1));
if (values.json) await writeFile(values.json, `${JSON.stringify({ machine, figures }, null, 2)}\n`);
