import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { rolldown } from "rolldown";

const ROOT = new URL("../..", import.meta.url).pathname;
/** Below dist, which git ignores, so that packages are found from there. */
const FOLDER = join(ROOT, "dist", "bench");

/**
 * A module of the tests, which are TypeScript, made one file that Node runs. Files beside its parts are found as if these were where they are.
 * @param {string} path from the project's root, such as `test/github/double/startGitHub.ts`
 */
export async function importTyped(path) {
  const bundle = await rolldown({
    cwd: ROOT,
    input: path,
    platform: "node",
    external: (id) => !id.startsWith(".") && !id.startsWith("/") && !id.startsWith(path),
    plugins: [
      {
        name: "places",
        transform: (code, id) =>
          code.includes("import.meta.url")
            ? code.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href))
            : null,
      },
    ],
  });
  await mkdir(FOLDER, { recursive: true });
  const file = join(FOLDER, `${path.replaceAll("/", "-").replace(/\.ts$/, "")}.mjs`);
  await bundle.write({ file, format: "esm", codeSplitting: false });
  await bundle.close();
  return import(pathToFileURL(file).href);
}
