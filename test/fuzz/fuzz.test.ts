import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixtures } from "../formats/fixtures.ts";
import { runsOf } from "../support/runs.ts";

const run = promisify(execFile);
const CHILD = new URL("child.mjs", import.meta.url).pathname;

/** Of each file. In CI's slow run ten times as often. */
const { numRuns: TIMES } = runsOf(2_000, 200);
/** Of these. */
const { numRuns: DRAWN } = runsOf(200, 10);
/** `GIFTWRAP_FUZZ_SEED=7 npx vitest run --config test/vitest.config.ts test/fuzz` tries others. */
const SEED = process.env["GIFTWRAP_FUZZ_SEED"] ?? "1";
/** A file that takes longer hangs: the dearest takes a few hundred milliseconds. */
const HANG_MILLISECONDS = 20_000;
const MOST_MEGABYTES = 300;

interface Outcome {
  readonly outcomes: Readonly<
    Record<string, { readonly read: number; readonly refused: number; readonly drawn: number }>
  >;
  readonly failures: readonly { readonly name: string; readonly number: number; readonly error: string }[];
  readonly megabytes: number;
}

describe(`files that were damaged ${TIMES} times each (seed ${SEED})`, () => {
  let folder: string;
  let inspected: Outcome;
  let drawn: Outcome;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "giftwrap-fuzz-"));
    const files = join(folder, "files");
    await mkdir(files);
    for (const { name, bytes } of fixtures()) await writeFile(join(files, name), bytes);
    inspected = await tryDamaged(files, join(folder, "now"), TIMES, 0);
    drawn = await tryDamaged(files, join(folder, "now-drawn"), TIMES / 5, DRAWN);
  }, 600_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("are read or refused in words, and never anything else", () => {
    const again = [...inspected.failures, ...drawn.failures].map(
      ({ name, number, error }) => `${name} ${number} (seed ${SEED}): ${error}`,
    );
    expect(again).toEqual([]);
  });

  test("are drawn where they can be read", () => {
    const files = Object.entries(drawn.outcomes).filter(([, it]) => it.drawn > 0);
    expect(files.length).toBeGreaterThanOrEqual(8);
  });

  test("are of every format, and most of each are refused while some can still be read", () => {
    const each = Object.entries(inspected.outcomes);
    expect(each.length).toBeGreaterThanOrEqual(20);
    for (const [name, { read, refused }] of each) {
      expect(read + refused, name).toBe(TIMES);
      expect(refused, `${name}: refused`).toBeGreaterThan(0);
      expect(read, `${name}: read`).toBeGreaterThan(0);
    }
  });

  test(`take no more than ${MOST_MEGABYTES} MB to be read, Node's own included`, () => {
    expect(inspected.megabytes).toBeLessThan(MOST_MEGABYTES);
  });
});

/** In a process of its own, which is ended when one file takes too long. */
async function tryDamaged(files: string, now: string, times: number, draws: number): Promise<Outcome> {
  const running = run(process.execPath, [CHILD, files, String(times), String(draws), SEED, now], {
    maxBuffer: 1 << 26,
  });
  let last = { at: "", since: Date.now() };
  const watch = setInterval(() => {
    void readFile(now, "utf8")
      .then((at) => {
        if (at !== last.at) last = { at, since: Date.now() };
        else if (Date.now() - last.since > HANG_MILLISECONDS) running.child.kill("SIGKILL");
      })
      .catch(() => {});
  }, 1_000);
  try {
    const { stdout } = await running;
    return JSON.parse(stdout);
  } catch (cause) {
    throw new Error(`it hung or died at ${last.at.trim()} (seed ${SEED})`, { cause });
  } finally {
    clearInterval(watch);
  }
}
