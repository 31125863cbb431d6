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
/** A process keeps what it once had: so that a file's own need is seen, not every file is of the same one. */
const PROCESSES = 5;

interface Outcome {
  readonly outcomes: Readonly<
    Record<string, { readonly read: number; readonly refused: number; readonly drawn: number }>
  >;
  readonly failures: readonly { readonly name: string; readonly number: number; readonly error: string }[];
  readonly megabytes: number;
}

describe(`files that were damaged ${TIMES} times each (seed ${SEED})`, () => {
  let folder: string;
  let outcome: Outcome;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "giftwrap-fuzz-"));
    const parts: Outcome[] = [];
    for (let part = 0; part < PROCESSES; part++) {
      const files = join(folder, String(part));
      await mkdir(files);
      for (const { name, bytes } of fixtures().filter((_, at) => at % PROCESSES === part))
        await writeFile(join(files, name), bytes);
      parts.push(await inspectDamaged(files, join(folder, `now-${part}`)));
    }
    outcome = {
      outcomes: Object.assign({}, ...parts.map((it) => it.outcomes)),
      failures: parts.flatMap((it) => it.failures),
      megabytes: Math.max(...parts.map((it) => it.megabytes)),
    };
  }, 600_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("are read or refused in words, and never anything else", () => {
    const again = outcome.failures.map(
      ({ name, number, error }) => `${name} ${number} (seed ${SEED}): ${error}`,
    );
    expect(again).toEqual([]);
  });

  test("are drawn where they can be read", () => {
    const drawn = Object.entries(outcome.outcomes).filter(([, it]) => it.drawn > 0);
    expect(drawn.length).toBeGreaterThanOrEqual(8);
  });

  test("are of every format, and most of each are refused while some can still be read", () => {
    const each = Object.entries(outcome.outcomes);
    expect(each.length).toBeGreaterThanOrEqual(20);
    for (const [name, { read, refused }] of each) {
      expect(read + refused, name).toBe(TIMES);
      expect(refused, `${name}: refused`).toBeGreaterThan(0);
      expect(read, `${name}: read`).toBeGreaterThan(0);
    }
  });

  test(`take no more than ${MOST_MEGABYTES} MB, Node's own included`, () => {
    expect(outcome.megabytes).toBeLessThan(MOST_MEGABYTES);
  });
});

/** In a process of its own, which is ended when one file takes too long. */
async function inspectDamaged(files: string, now: string): Promise<Outcome> {
  const running = run(process.execPath, [CHILD, files, String(TIMES), String(DRAWN), SEED, now], {
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
