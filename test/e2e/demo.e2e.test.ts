import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { giftwrap } from "../support/cli.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

test("the demo lives its day: the bad release is stopped, everyone is back, and nothing is left behind", async () => {
  const left = async () =>
    (await readdir(tmpdir())).filter((name) => name.startsWith("giftwrap-demo-")).sort();
  const before = await left();
  const { code, stdout } = await giftwrap(ROOT, "demo", "--viewers", "200");
  expect(code).toBe(0);
  expect(stdout).toMatch(/stop in \w+: stop\/\w+\/1\.1\.0/);
  expect(stdout).toMatch(/^after the revert +200 +0 +0 +0$/m);
  expect(stdout).toMatch(
    /^From git revert to the stop at each edge: \w\w \d+ ms, \w\w \d+ ms, \w\w \d+ ms\.$/m,
  );
  expect(await left()).toEqual(before);
  // A clone without a build cache encodes every gift first.
}, 400_000);
