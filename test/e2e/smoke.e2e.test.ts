import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { giftwrap, giftwrapWith } from "../support/cli.ts";
import { findChromium } from "./chromium.ts";

const run = promisify(execFile);
const isSkipped = findChromium() === null && !process.env["CI"];
if (isSkipped) console.warn("giftwrap smoke is not tried in a browser: no Chromium is installed");

const POLICY = `platforms:
  web:
    apps: "*"
    players:
      - { name: webp, apps: "*", formats: "*" }
      - { name: svga, apps: "*", formats: "^2.0.0" }

tiers:
  low: &tier
    frames: { longSide: 2400, fps: 24, quality: 80 }
    budget: { downloadBytes: 50000000, decodedBytes: 500000000 }
  mid: *tier
  high: *tier

smoke:
  references: { webp: plain@1.0.0 }
  scenarios: [single]
  burst: 6
`;

const ENVIRONMENT = `rollout: testers
store: { folder: store }
pollSeconds: 30
edges: {}
`;

function giftText(id: string): string {
  return `id: ${id}\nname: ${id}\nowner: "@acme/gift-art"\nanimation: source/frames\nfps: 24\n`;
}

function releaseText(gift: string, fallback = ""): string {
  return `gift: ${gift}
version: 1.0.0
title: Planted

compat:
  app: { web: "*" }
  tiers: [low]
${fallback && `\nfallback:\n  - gift: ${fallback}\n`}
rollout:
  canary:
    open: true
    cohorts:
      - staff

  regional:
    open: false
    regions:
      SG: 100

  full:
    open: false
`;
}

/** A square of noise, which is expensive to decode, or of one colour, which is not; each frame differs from the one before. */
function drawFrame(side: number, at: number, isNoise: boolean): Promise<Buffer> {
  const create = {
    width: side,
    height: side,
    channels: 4,
    background: { r: 9 * at, g: 80, b: 160, alpha: 1 },
  };
  const noise = { type: "gaussian", mean: 128, sigma: 60 + at } as const;
  return sharp({ create: isNoise ? { ...create, channels: 3, noise } : { ...create, channels: 4 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

interface Told {
  readonly result: string;
  readonly why: readonly string[];
  readonly basis: string;
  readonly rows: readonly { scenario: string; what: string; verdict: string }[];
}

describe("giftwrap smoke", () => {
  let folder: string;

  const write = async (path: string, content: string | Buffer) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  };
  const plant = async (gift: string, side: number, frames: number, isNoise: boolean, fallback?: string) => {
    await write(`gifts/${gift}/gift.yaml`, giftText(gift));
    await write(`releases/${gift}/1.0.0.yaml`, releaseText(gift, fallback));
    for (let at = 0; at < frames; at++)
      await write(
        `gifts/${gift}/source/frames/${String(at).padStart(3, "0")}.png`,
        await drawFrame(side, at, isNoise),
      );
  };
  const smoke = async (...words: string[]): Promise<{ code: number | null; told: Told; said: string }> => {
    const { code, stdout, stderr } = await giftwrap(folder, "smoke", ...words, "--json");
    if (stdout === "") throw new Error(stderr);
    return { code, told: JSON.parse(stdout), said: stderr };
  };
  const evidenceOf = async (gift: string): Promise<{ result: string; facts: Record<string, unknown> }[]> => {
    const paths = await readdir(join(folder, "store/evidence"), { recursive: true }).catch(() => []);
    const records = await Promise.all(
      paths
        .filter((it) => it.endsWith("smoke.json"))
        .map(async (it) => JSON.parse(await readFile(join(folder, "store/evidence", it), "utf8")).signed),
    );
    return records.filter((it) => it.gift === gift);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "giftwrap-smoke-test-"));
    await write("releases/policy.yaml", POLICY);
    await write("releases/environments/staging.yaml", ENVIRONMENT);
    await plant("plain", 160, 12, true);
    await plant("slow", 720, 12, true);
    await plant("hungry", 2400, 6, false, "plain");
    await run("git", ["init", "--quiet", "--initial-branch", "main"], { cwd: folder });
    expect((await giftwrap(folder, "keys", "init", "--env", "staging")).code).toBe(0);
    const built = await giftwrap(folder, "build");
    expect(built.code, built.stdout + built.stderr).toBe(0);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.skipIf(isSkipped)("passes the reference against itself, and signs that", async () => {
    const { code, told, said } = await smoke("plain@1.0.0");
    expect(told.why).toEqual(["Nothing of it is heavier than its limit, and every play showed it."]);
    expect([code, told.result]).toEqual([0, "passed"]);
    expect(said).toContain("recorded for plain@1.0.0 in staging");
    expect(await evidenceOf("plain")).toMatchObject([
      { result: "passed", facts: { method: "chromium", reference: "plain@1.0.0", tiers: "low", rounds: 3 } },
    ]);
  });

  test.skipIf(isSkipped)("leaves a record alone when less was tried than the policy asks for", async () => {
    const before = await evidenceOf("plain");
    const { told, said } = await smoke("plain@1.0.0", "--scenario", "kill");
    expect(told.result).toBe("passed");
    expect(said).toContain("this is not put on record for plain@1.0.0");
    expect(said).toContain("without single");
    expect(await evidenceOf("plain")).toEqual(before);
  });

  test.skipIf(isSkipped)("fails a planted gift that is slow to decode, says so and signs it", async () => {
    const { code, told } = await smoke("slow@1.0.0", "--scenario", "single");
    expect([code, told.result]).toEqual([1, "failed"]);
    const failed = told.rows.filter((it) => it.verdict === "FAILED").map((it) => it.what);
    expect(failed).toContain("frame, p50");
    expect(await evidenceOf("slow")).toMatchObject([{ result: "failed" }]);
  });

  test.skipIf(isSkipped)(
    "fails a planted gift that is hungry for memory, with charts and screenshots",
    async () => {
      const { code, told } = await smoke(
        "hungry@1.0.0",
        "--scenario",
        "burst",
        "--no-record",
        "--out",
        "seen",
      );
      expect([code, told.result]).toEqual([1, "failed"]);
      const failed = told.rows.filter((it) => it.verdict === "FAILED").map((it) => it.what);
      expect(failed).toContain("memory");
      expect(await readdir(join(folder, "seen"))).toEqual([
        "low-burst.png",
        "low-single.png",
        "smoke-low-dark.png",
        "smoke-low-dark.svg",
        "smoke-low-light.png",
        "smoke-low-light.svg",
      ]);
      expect(await evidenceOf("hungry")).toEqual([]);
    },
  );

  test.skipIf(isSkipped)(
    "tries that a stop in mid-play leaves nothing of the release for the next",
    async () => {
      const { code, told } = await smoke("hungry@1.0.0", "--scenario", "kill", "--no-record");
      expect([code, told.result, told.why]).toEqual([
        0,
        "passed",
        ["Nothing of it is heavier than its limit, and every play showed it."],
      ]);
    },
  );

  test("says without a browser that it is weaker, and that in evidence, too", async () => {
    const nowhere = { CHROMIUM: "/nowhere/chromium" };
    const words = ["smoke", "slow@1.0.0", "--reference", "slow@1.0.0", "--env", "staging"];
    const { code, stdout, stderr } = await giftwrapWith(nowhere, folder, ...words);
    expect(stderr).toContain("no Chromium here");
    expect(stdout).toContain("There was no browser: only decoding was measured");
    expect(stdout).toContain("This is weaker");
    expect(code).toBe(0);
    expect((await evidenceOf("slow")).map((it) => it.facts["method"])).toEqual(["sharp"]);

    const heavy = await giftwrapWith(nowhere, folder, "smoke", "slow@1.0.0", "--no-record");
    expect(heavy.stdout).toContain("slow@1.0.0 failed the smoke test");
    expect(heavy.code).toBe(1);
  });

  test.each([
    [["smoke", "plain"], "name one release"],
    [["smoke", "plain@1.0.0", "--tier", "huge"], "write low, mid or high"],
    [["smoke", "plain@1.0.0", "--scenario", "party"], "write one of single, combo"],
    [["smoke", "plain@1.0.0", "--rounds", "1"], "from 3 to 15"],
  ])("refuses %j", async (words, why) => {
    const { code, stderr } = await giftwrap(folder, ...words);
    expect([code, stderr]).toEqual([2, expect.stringContaining(why)]);
  });

  test("says what is missing", async () => {
    const unbuilt = await giftwrap(folder, "smoke", "plain@2.0.0");
    expect([unbuilt.code, unbuilt.stderr]).toEqual([
      3,
      expect.stringContaining("run npx giftwrap build plain@2.0.0"),
    ]);
    const strange = await giftwrap(folder, "smoke", "plain@1.0.0", "--reference", "rose@9.0.0");
    expect([strange.code, strange.stderr]).toEqual([
      3,
      expect.stringContaining("rose@9.0.0 cannot be the reference"),
    ]);
  });
});
