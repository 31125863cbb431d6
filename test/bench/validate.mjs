import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { writeLargeRepository } from "./largeRepository.mjs";
import { against, toRow } from "./measure.mjs";

const run = promisify(execFile);
const RELEASES_PER_GIFT = 3;
/** The one that is changed, and what a person changes in it. */
const CHANGED = "releases/rose-00000/1.2.0.yaml";

/**
 * `giftwrap validate` as a process of its own, over everything and over one change, beside the yaml package alone.
 * @param {number} gifts how many the repository holds, three releases each
 * @param {number} runs of everything, in turn
 * @returns {Promise<import("./measure.mjs").Figure>}
 */
export async function measureValidate(gifts, runs) {
  const root = await mkdtemp(join(tmpdir(), "giftwrap-bench-"));
  try {
    await writeLargeRepository(root, gifts);
    const parsed = [];
    const cold = [];
    const again = [];
    const changes = [];
    for (let at = 0; at < runs; at++) {
      parsed.push(await timeOfParsing(root));
      await forget(root);
      cold.push(await timeOfValidate(root));
      await retitle(root, `Another title ${at}`);
      again.push(await timeOfValidate(root));
      await forget(root);
      changes.push(await timeOfValidate(root, "--base", "HEAD"));
      await run("git", ["checkout", "--quiet", "--", CHANGED], { cwd: root });
    }
    const parsing = toRow(
      "the yaml package alone",
      "ms",
      parsed.map((it) => it.milliseconds),
    );
    const row = (what, measured) =>
      against(
        toRow(
          what,
          "ms",
          measured.map((it) => it.milliseconds),
        ),
        parsing,
      );
    const memory = (what, measured) =>
      toRow(
        what,
        "MB",
        measured.map((it) => it.megabytes),
      );
    return {
      title: `validate: ${gifts * RELEASES_PER_GIFT} releases of ${gifts} gifts, each with its lock`,
      about: `${parsed[0].files} files of YAML; Node's start included; for the yaml package alone the texts are in memory already`,
      rows: [
        parsing,
        row("giftwrap validate, nothing known", cold),
        memory("giftwrap validate, memory at its peak", cold),
        row("giftwrap validate again, one title changed", again),
        row("giftwrap validate --base HEAD, one title changed, nothing known", changes),
        memory("giftwrap validate --base HEAD, memory at its peak", changes),
      ],
    };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function timeOfParsing(root) {
  const { stdout } = await run(process.execPath, [pathOf("./parseYaml.mjs"), root]);
  return JSON.parse(stdout);
}

/** From the start of the process to its end. Everything must be in order: whoever finds nothing to say has looked. */
async function timeOfValidate(root, ...options) {
  const started = performance.now();
  const { stdout, stderr } = await run(
    process.execPath,
    [pathOf("./cliWithMemory.mjs"), "validate", ...options],
    { cwd: root },
  );
  const milliseconds = performance.now() - started;
  if (!stdout.includes("0 errors")) throw new Error(`giftwrap validate said:\n${stdout}`);
  return { milliseconds, ...JSON.parse(stderr) };
}

function forget(root) {
  return rm(join(root, ".giftwrap", "cache"), { recursive: true, force: true });
}

async function retitle(root, title) {
  const path = join(root, CHANGED);
  await writeFile(path, (await readFile(path, "utf8")).replace(/^title: .*$/m, `title: ${title}`));
}

function pathOf(module) {
  return new URL(module, import.meta.url).pathname;
}
