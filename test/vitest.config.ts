import { defineConfig } from "vitest/config";
import { withOfficialParser } from "./support/withOfficialParser.ts";

/** The fast tests: no server but their own on loopback, nothing on the network. */
export default defineConfig({
  plugins: withOfficialParser.plugins,
  test: {
    server: withOfficialParser.server,
    root: new URL("..", import.meta.url).pathname,
    include: ["test/**/*.test.ts"],
    exclude: ["test/e2e/**"],
    globalSetup: ["test/compile.ts"],
    maxWorkers: 2,
    // No test leaves anything behind in its process, and loading the same modules for each file took a third of the time.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
