import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";

const ROOT = new URL("../../", import.meta.url).pathname;
/** Within the package, so that it finds itself by its name as an app would; git ignores dist. */
const FOLDER = join(ROOT, "dist", "examples");
const STRICT = ["--strict", "--noEmit", "--skipLibCheck", "--target", "es2022", "--lib", "es2023,dom"];
const MODULES = ["--module", "nodenext", "--moduleResolution", "nodenext", "--types", "node"];

afterAll(() => rm(FOLDER, { recursive: true, force: true }));

test("every example on the page for app teams compiles against the package's own entries", async () => {
  const page = await readFile(join(ROOT, ".github/APPS.md"), "utf8");
  const examples = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");
  expect(examples.length).toBeGreaterThanOrEqual(2);
  await mkdir(FOLDER, { recursive: true });
  const files = examples.map((_, at) => join(FOLDER, `example${at + 1}.ts`));
  for (const [at, file] of files.entries()) await writeFile(file, examples[at] ?? "");
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const run = promisify(execFile)(
    process.execPath,
    [tsc, ...STRICT, ...MODULES, "--ignoreConfig", ...files],
    {
      cwd: ROOT,
    },
  );
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  expect(stdout).toBe("");
});
