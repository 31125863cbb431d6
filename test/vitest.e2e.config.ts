import { defineConfig } from "vitest/config";

/** The slow tests: the compiled program, real servers on loopback and a real browser. */
export default defineConfig({
  test: {
    root: new URL("..", import.meta.url).pathname,
    include: ["test/e2e/**/*.e2e.test.ts"],
    globalSetup: ["test/compile.ts"],
    // Some wait for a cache to forget while others compute.
    maxWorkers: 3,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
