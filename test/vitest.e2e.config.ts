import { defineConfig } from "vitest/config";
import { LongestFirst } from "./support/longestFirst.ts";
import { withOfficialParser } from "./support/withOfficialParser.ts";

/** Laws that the fast tests try a few times only; here they are tried as often as they should be. */
const LAWS = [
  "commands/verify",
  "fuzz/fuzz",
  "laws/log",
  "laws/publish",
  "metrics/collector",
  "publish/overrideFile",
  "rollout/gate/toCounts",
  "rules/layout",
  "rules/neverThrows",
  "source/plainYaml",
  "trust/keys",
  "wire/resolveLaws",
  "wire/trial",
].map((name) => `test/${name}.test.ts`);

/** The slow tests: the compiled program, real servers on loopback and a real browser. */
export default defineConfig({
  plugins: withOfficialParser.plugins,
  test: {
    server: withOfficialParser.server,
    root: new URL("..", import.meta.url).pathname,
    include: ["test/e2e/**/*.e2e.test.ts", ...LAWS],
    env: { GIFTWRAP_WHOLE_LAWS: "1" },
    globalSetup: ["test/compile.ts"],
    // Some wait for a cache to forget while others compute.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
