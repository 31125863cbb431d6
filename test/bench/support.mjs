import { execFileSync } from "node:child_process";
import { cpSync, existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const ROOT = new URL("../..", import.meta.url).pathname;
/** Below dist, which git ignores, so that packages are found from there. */
const COMPILED = join(ROOT, "dist", "bench");

/**
 * Something of test/support, which is TypeScript, compiled for Node.
 * @param {string} name such as `radosgw`
 */
export async function importSupport(name) {
  const flags = ["--rootDir", ".", "--outDir", COMPILED, "--noCheck", "--rewriteRelativeImportExtensions"];
  const options = ["--target", "es2022", "--module", "nodenext", "--skipLibCheck", "--ignoreConfig"];
  execFileSync(
    process.execPath,
    ["node_modules/typescript/bin/tsc", `test/support/${name}.ts`, ...flags, ...options],
    { cwd: ROOT, stdio: "inherit" },
  );
  cpSync(join(ROOT, "test/support/edge.vcl"), join(COMPILED, "test/support/edge.vcl"));
  return import(join(COMPILED, "test", "support", `${name}.js`));
}

/**
 * Whether a program is installed.
 * @param {string} program
 */
export function isHere(program) {
  return `${process.env["PATH"]}${delimiter}/usr/sbin`
    .split(delimiter)
    .some((folder) => existsSync(join(folder, program)));
}
